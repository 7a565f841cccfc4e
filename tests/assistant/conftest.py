"""A conversation that waits for the assistant; no test ever asks a real model."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pydantic_ai.models
import pytest
from sqlmodel import Session, col, select

from domain import assistant
from domain.access import Actor
from domain.assistant import Lease, Prepared, Silent
from illumichat_app import clock, db
from models import (
    AssistantTrace,
    Author,
    Conversation,
    Direction,
    Message,
    MessageStatus,
    Workspace,
)
from tests import factories

pydantic_ai.models.ALLOW_MODEL_REQUESTS = False


@dataclass
class Shop:
    """One conversation on one channel, and the steps of its assistant."""

    session: Session
    conversation: Conversation
    ana: Actor
    place: Workspace

    def says(self, text: str = "When are you open?", **facts: Any) -> Message:
        """The customer writes, and it is due at once."""
        message = factories.message(self.session, self.conversation, text, **facts)
        self.conversation.last_customer_message_id = message.id
        self.conversation.window_ends_at = message.sent_at + timedelta(hours=24)
        self.conversation.needs_reply = True
        self.conversation.reply_due_at = clock.now()
        self.session.flush()
        return message

    def answered(self, text: str, author: Author = Author.ASSISTANT, **facts: Any) -> Message:
        given = {"direction": Direction.OUT, "author": author, "status": MessageStatus.SENT}
        return factories.message(self.session, self.conversation, text, **given | facts)

    def lease(self) -> Lease:
        (lease,) = assistant.due(self.session, clock.now(), 10)
        self.session.refresh(self.conversation)
        return lease

    def prepare(self) -> Prepared:
        (prepared,) = assistant.prepare(self.session, [self.lease()], clock.now())
        assert isinstance(prepared, Prepared)
        return prepared

    def stays_silent(self) -> str:
        (silent,) = assistant.prepare(self.session, [self.lease()], clock.now())
        assert isinstance(silent, Silent)
        return silent.reason

    def queued(self) -> list[str]:
        """What is on its way to the customer."""
        rows = self.session.exec(
            select(Message).where(Message.status == MessageStatus.QUEUED).order_by(col(Message.id))
        )
        return [row.text for row in rows]

    def traces(self) -> list[tuple[str, str]]:
        self.session.flush()
        rows = self.session.exec(select(AssistantTrace).order_by(col(AssistantTrace.id)))
        return [(row.decision.value, row.reason) for row in rows]


@pytest.fixture
def shop(database: str, noon: datetime) -> Iterator[Shop]:
    with Session(db.engine(), expire_on_commit=False) as session:
        place = factories.workspace(session)
        helper = factories.assistant(
            session, place, opening_hours="We are open from 9 to 17.", returns="Within 30 days."
        )
        helper.instructions = "Be kind."
        on = factories.channel(session, place, helper)
        talk = factories.conversation(session, on, last_customer_message_id=None)
        yield Shop(session, talk, factories.person(session, place), place)
