"""A team at its inbox; each step is a transaction of its own, as a click is."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain import thread
from domain.access import Actor
from illumichat_app import db
from illumichat_app.errors import AppError
from models import Channel, Conversation, ConversationEvent, Message, Role, State, Workspace
from tests import factories
from tests.conftest import NOON
from tests.flows.stack import rows

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass
class Team:
    """An admin, two agents, and somebody of another company."""

    place: Workspace
    channel: Channel
    ana: Actor
    sam: Actor
    lee: Actor
    stranger: Actor

    def talk(self, **facts: Any) -> int:
        """A conversation; returns its number."""
        given = {"window_ends_at": NOON + 20 * HOUR} | facts
        with db.transaction() as session:
            return factories.conversation(session, self.channel, **given).id

    def says(self, number: int, text: str = "Hello?", **facts: Any) -> int:
        """The customer writes; returns the message's number."""
        with db.transaction() as session:
            row = session.get_one(Conversation, number)
            message = factories.message(session, row, text, **facts)
            row.inbound_count += 1
            row.unread += 1
            row.last_customer_message_id = message.id
            return message.id

    def set(self, kind: type[Any], number: int, **facts: Any) -> None:
        with db.transaction() as session:
            row = session.get_one(kind, number)
            for name, value in facts.items():
                setattr(row, name, value)

    def lines(self, number: int) -> list[str]:
        """The system lines of the thread, as people read them."""
        with db.reading() as session:
            page = thread.thread(session, self.ana, number)
        return [item.text for item in page.items if item.kind == "system"]

    def at_once(self, *steps: Callable[[], Any]) -> list[Any]:
        """Each step in a thread; a refusal counts as what it returned."""

        async def race() -> list[Any]:
            return await asyncio.gather(*(asyncio.to_thread(_told, step) for step in steps))

        return asyncio.run(race())


def _told(step: Callable[[], Any]) -> Any:
    try:
        return step()
    except AppError as refusal:
        return refusal


def do(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """One click: `work(session, …)` in one transaction."""
    with db.transaction() as session:
        return work(session, *args, **kwargs)


def now(number: int) -> Conversation:
    (row,) = rows(Conversation, id=number)
    return row


def kinds(number: int) -> list[str]:
    return [event.kind for event in rows(ConversationEvent, conversation_id=number)]


def message(number: int) -> Message:
    (row,) = rows(Message, id=number)
    return row


@pytest.fixture
def team(database: str, redis: None, noon: datetime) -> Team:
    with db.transaction() as session:
        place = factories.workspace(session, time_zone="Europe/Madrid")
        helper = factories.assistant(session, place, opening_hours="We are open from 9 to 17.")
        other = factories.workspace(session, "Hill Bakery")
        return Team(
            place,
            factories.channel(session, place, helper),
            factories.person(session, place, "Ana Ruiz", Role.ADMIN),
            factories.person(session, place, "Sam Okafor"),
            factories.person(session, place, "Sam Lee"),
            factories.person(session, other, "Kim Vale", Role.ADMIN),
        )


@pytest.fixture
def held(team: Team) -> int:
    """A conversation that Sam handles."""
    facts = {"state": State.HUMAN, "claimed_by": team.sam.user_id, "claimed_at": NOON}
    return team.talk(**facts)
