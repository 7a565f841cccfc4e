"""A conversation that is written by hand, and how a person reads it."""

from datetime import timedelta
from typing import Any

from domain import thread
from domain.thread_lines import Item
from illumichat_app.clock import now
from models import Author, Conversation, ConversationEvent, Direction, Message, MessageStatus
from tests import factories
from tests.inbox.conftest import Desk

MINUTE = timedelta(minutes=1)


def say(desk: Desk, into: Conversation, text: str, minutes_ago: float, **facts: Any) -> Message:
    return factories.message(
        desk.session, into, text, sent_at=now() - minutes_ago * MINUTE, **facts
    )


def answer(desk: Desk, into: Conversation, text: str, minutes_ago: float, **facts: Any) -> Message:
    given = {
        "direction": Direction.OUT,
        "author": Author.ASSISTANT,
        "status": MessageStatus.READ,
    }
    return say(desk, into, text, minutes_ago, **given | facts)


def happen(desk: Desk, to: Conversation, kind: str, minutes_ago: float, **facts: Any) -> None:
    row = ConversationEvent(
        workspace_id=to.workspace_id,
        conversation_id=to.id,
        kind=kind,
        created_at=now() - minutes_ago * MINUTE,
        **facts,
    )
    desk.session.add(row)
    desk.session.flush()


def read(desk: Desk, of: Conversation, **more: Any) -> thread.ThreadPage:
    return thread.thread(desk.session, desk.ana, of.id, **more)


def words(page: thread.ThreadPage) -> list[str]:
    return [item.text for item in page.items]


def only(page: thread.ThreadPage) -> Item:
    [item] = [item for item in page.items if item.kind == "message"]
    return item


def open_conversation(desk: Desk, **facts: Any) -> Conversation:
    return desk.conversation(**{"window_ends_at": now() + timedelta(hours=20)} | facts)
