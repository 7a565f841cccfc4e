"""Moving stored secrets to the newest encryption key."""

from sqlalchemy import update
from sqlmodel import Session, SQLModel, select

from models.columns import Encrypted


def reencrypt(session: Session) -> int:
    """Write every encrypted value again; afterwards the old keys can be taken away.

    Returns the number of rows. Raises SecretLost when a value opens with none of the keys.
    """
    changed = 0
    for table in SQLModel.metadata.sorted_tables:
        secret = [column for column in table.columns if isinstance(column.type, Encrypted)]
        if not secret:
            continue
        for row in session.execute(select(table.c.id, *secret)).all():  # pyright: ignore[reportDeprecated]
            values = dict(zip(secret, row[1:], strict=True))
            session.execute(update(table).where(table.c.id == row[0]).values(values))  # pyright: ignore[reportDeprecated]
            changed += 1
    return changed
