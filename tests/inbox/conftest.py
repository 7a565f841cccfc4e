from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, update
from sqlmodel import Session

from domain.access import Actor
from illumichat_app import db
from illumichat_app.clock import now
from models import Channel, Conversation, Membership
from tests import factories


@dataclass
class Desk:
    """A workspace with two people and a channel, and a stranger from another workspace."""

    session: Session
    ana: Actor
    sam: Actor
    stranger: Actor
    channel: Channel

    def conversation(self, **facts: Any) -> Conversation:
        return factories.conversation(self.session, self.channel, **facts)


@pytest.fixture
def desk(database: str, noon: datetime) -> Iterator[Desk]:
    with Session(db.engine(), expire_on_commit=False) as session:
        place = factories.workspace(session, time_zone="Europe/Madrid")
        other = factories.workspace(session, "Hill Bakery")
        helper = factories.assistant(session, place)
        yield Desk(
            session,
            factories.person(session, place, "Ana Ruiz"),
            factories.person(session, place, "Sam Okoro"),
            factories.person(session, other, "Kim Vale"),
            factories.channel(session, place, helper),
        )


def joined_long_ago(desk: Desk) -> None:
    """So that what customers wrote in the last days is unread to everybody."""
    desk.session.execute(update(Membership).values(created_at=now() - timedelta(days=90)))


@pytest.fixture
def statements(desk: Desk) -> Iterator[list[str]]:
    """The statements the database gets."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    desk.session.flush()
    event.listen(db.engine(), "before_cursor_execute", note)
    yield seen
    event.remove(db.engine(), "before_cursor_execute", note)
