from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlmodel import Session, col, select

from domain.access import Actor
from illumichat_app import db
from models import Assistant, Channel, KnowledgePassage, Role, Workspace
from tests import factories


class Shop:
    """A workspace with an assistant that knows one thing, and an admin from elsewhere."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.place: Workspace = factories.workspace(session)
        other = factories.workspace(session, "Hill Bakery")
        self.admin: Actor = factories.person(session, self.place, "Ana Ruiz", Role.ADMIN)
        self.agent: Actor = factories.person(session, self.place, "Sam Okoro")
        self.stranger: Actor = factories.person(session, other, "Kim Vale", Role.ADMIN)
        self.assistant: Assistant = factories.assistant(
            session, self.place, returns="You can return unused items within 30 days."
        )
        self.channel: Channel = factories.channel(session, self.place, self.assistant)

    @property
    def passage(self) -> KnowledgePassage:
        return self.session.exec(
            select(KnowledgePassage).order_by(col(KnowledgePassage.id))
        ).first()


@pytest.fixture
def shop(database: str, noon: datetime) -> Iterator[Shop]:
    with Session(db.engine(), expire_on_commit=False) as session:
        yield Shop(session)
