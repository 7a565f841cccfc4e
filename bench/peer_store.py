"""How both peers store a message: look for a duplicate, add, commit, with one SQLModel session."""

import os

from sqlmodel import Field, Session, SQLModel, select

from illumichat_app.db import build_engine


class StoredMessage(SQLModel, table=True):
    """A table of the peers' own, with the same guard against duplicates."""

    __tablename__ = "peer_message"  # type: ignore[assignment]

    id: int | None = Field(default=None, primary_key=True)
    wamid: str = Field(unique=True)
    wa_id: str
    text: str


# The same durable settings as ours: WAL with synchronous FULL, or a pool on PostgreSQL.
engine = build_engine(os.environ["DATABASE_URL"])
SQLModel.metadata.create_all(engine, tables=[StoredMessage.__table__])  # type: ignore[attr-defined]


def store(message: StoredMessage) -> None:
    with Session(engine) as session:
        known = session.exec(
            select(StoredMessage.id).where(StoredMessage.wamid == message.wamid)
        ).first()
        if known is None:
            session.add(message)
            session.commit()
