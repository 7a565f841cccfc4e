"""A tab at a conversation, whose boxes below the messages are used, and what came of it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from illumichat_app import db
from illumichat_app.clock import now
from models import Conversation, Direction, Message
from tests.accounts.conftest import Team
from tests.flows.stack import rows
from tests.inbox.test_state import Browser, browser
from tests.security import pipeline

OTHER = "fedcba9876543210"


@pytest.fixture
async def tab(server: pipeline.Server, team: Team, talk: int) -> Browser:
    opened = browser(server, team, talk)
    await opened.open()
    return opened


@pytest.fixture
async def foreign(server: pipeline.Server, team: Team, talk: int) -> Browser:
    """A person of another company, at this conversation's address."""
    opened = browser(server, team, talk, "stranger")
    await opened.open()
    return opened


def told(tab: Browser, words: str) -> bool:
    return any(words in event for event in tab.server.wire.events)


def change(kind: type[Any], number: int, **facts: Any) -> None:
    with db.transaction() as session:
        row = session.get_one(kind, number)
        for name, value in facts.items():
            setattr(row, name, value)


def close_window(talk: int) -> None:
    change(Conversation, talk, window_ends_at=now() - timedelta(hours=1))


def of_kind(kind: str) -> list[Message]:
    return [row for row in rows(Message) if row.kind == kind]


def sent() -> list[tuple[str, str]]:
    with db.reading() as session:
        found = session.exec(select(Message).where(Message.direction == Direction.OUT))
        return [(row.kind, row.text) for row in found]
