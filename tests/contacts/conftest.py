from datetime import datetime

import pytest
from sqlmodel import Session

from domain import contact_edit
from domain.access import Actor
from illumichat_app import db
from models import Channel, Contact, Conversation, CustomerIdentity, Role, Workspace
from tests import factories


class Shop:
    """A workspace with an admin, an agent and a channel, and an admin from elsewhere."""

    def __init__(self, session: Session) -> None:
        self.place: Workspace = factories.workspace(session)
        self.other: Workspace = factories.workspace(session, "Hill Bakery")
        self.admin: Actor = factories.person(session, self.place, "Ana Ruiz", Role.ADMIN)
        self.agent: Actor = factories.person(session, self.place, "Sam Okoro")
        self.stranger: Actor = factories.person(session, self.other, "Kim Vale", Role.ADMIN)
        self.channel: Channel = factories.channel(
            session, self.place, factories.assistant(session, self.place)
        )

    def contact(self, name: str = "", phone: str = "", email: str = "", **fields: Actor) -> int:
        """Add one as a person does."""
        who = fields.get("who", self.agent)
        with db.transaction() as session:
            return contact_edit.save(session, who, 0, name=name, phone=phone, email=email)

    def talk(self, contact_id: int, **facts: object) -> Conversation:
        """A conversation of the contact."""
        with db.transaction() as session:
            made = factories.conversation(session, self.channel, contact_id=contact_id, **facts)
            session.get_one(CustomerIdentity, made.identity_id).contact_id = contact_id
            return made


@pytest.fixture
def shop(database: str, redis: None, noon: datetime) -> Shop:
    with db.transaction() as session:
        return Shop(session)


def stored(contact_id: int) -> Contact | None:
    with db.reading() as session:
        return session.get(Contact, contact_id)
