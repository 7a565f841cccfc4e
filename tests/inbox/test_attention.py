"""The number in the frame of every page, and what just came."""

from datetime import timedelta
from typing import Any

import pytest

from domain import attention
from illumichat_app.clock import now
from models import Author, Conversation, Direction, Mention, State
from tests import factories
from tests.inbox.conftest import Desk, joined_long_ago

MINUTE = timedelta(minutes=1)


def alerts(desk: Desk) -> list[tuple[str, str]]:
    news = attention.news(desk.session, desk.ana)
    return [(alert.kind, alert.title) for alert in news.alerts]


def named(desk: Desk, talk: Conversation, **facts: Any) -> None:
    note = {"direction": Direction.NOTE, "author": Author.AGENT}
    message = factories.message(desk.session, talk, "@Ana", **note)
    row = Mention(
        workspace_id=talk.workspace_id,
        conversation_id=talk.id,
        message_id=message.id,
        user_id=desk.ana.user_id,
        **facts,
    )
    desk.session.add(row)
    desk.session.flush()


@pytest.mark.parametrize(
    ("count", "unread", "shown"), [(0, 0, ""), (1, 1, "1"), (99, 99, "99"), (120, 100, "99+")]
)
def test_the_number_is_of_unread_open_conversations_and_stops(
    desk: Desk, count: int, unread: int, shown: str
) -> None:
    joined_long_ago(desk)
    for _ in range(count):
        desk.conversation(inbound_count=1)
    desk.conversation(inbound_count=0)
    desk.conversation(inbound_count=1, state=State.CLOSED)
    news = attention.news(desk.session, desk.ana)
    assert (news.unread, news.shown) == (unread, shown)


def test_what_came_just_now_is_told(desk: Desk) -> None:
    joined_long_ago(desk)
    mine = {"claimed_by": desk.ana.user_id, "state": State.HUMAN}
    desk.conversation(title="Waits", state=State.NEEDS_HUMAN)
    desk.conversation(title="Wrote to me", inbound_count=1, **mine)
    named(desk, desk.conversation(title="Names me"))
    assert alerts(desk) == [
        ("human", "Waits"),
        ("mine", "Wrote to me"),
        ("mention", "Names me"),
    ]


def test_what_is_old_read_or_a_colleagues_is_not(desk: Desk) -> None:
    joined_long_ago(desk)
    old = {"last_at": now() - 20 * MINUTE}
    sams = {"claimed_by": desk.sam.user_id, "state": State.HUMAN}
    desk.conversation(state=State.NEEDS_HUMAN, **old)
    desk.conversation(inbound_count=1, **sams)
    desk.conversation(claimed_by=desk.ana.user_id, state=State.HUMAN)
    named(desk, desk.conversation(), seen_at=now())
    named(desk, desk.conversation(), created_at=now() - 20 * MINUTE)
    assert alerts(desk) == []


def test_another_message_is_another_alert(desk: Desk) -> None:
    joined_long_ago(desk)
    talk = desk.conversation(inbound_count=1, claimed_by=desk.ana.user_id, state=State.HUMAN)
    [first] = attention.news(desk.session, desk.ana).alerts
    [again] = attention.news(desk.session, desk.ana).alerts
    talk.inbound_count = 2
    desk.session.flush()
    [second] = attention.news(desk.session, desk.ana).alerts
    assert first == again
    assert first.key != second.key


def test_a_stranger_is_told_nothing(desk: Desk) -> None:
    joined_long_ago(desk)
    desk.conversation(state=State.NEEDS_HUMAN, inbound_count=1)
    assert attention.news(desk.session, desk.stranger) == attention.News(0, [])


def test_it_is_two_statements_however_much_there_is(desk: Desk, statements: list[str]) -> None:
    for _ in range(30):
        desk.conversation(state=State.NEEDS_HUMAN, inbound_count=1)
    statements.clear()
    attention.news(desk.session, desk.ana)
    assert len(statements) == 2
