"""What many read at once is what each would read alone."""

from datetime import timedelta

import pytest
from sqlmodel import col, update

from domain import attention, inbox, thread
from domain.inbox import Row
from domain.thread_rows import Span
from illumichat_app.clock import now
from illumichat_app.errors import NotFound
from models import Author, Conversation, ConversationSeen, Direction, Membership, Mention, State
from tests import factories
from tests.inbox.conftest import Desk

DAY = timedelta(days=1)


@pytest.fixture
def talks(desk: Desk) -> list[Conversation]:
    """Sam joined two days ago, Ana before all that was said."""
    _joined(desk)
    old, replied = {"last_at": now() - 3 * DAY}, {"last_at": now() - DAY}
    made = [
        desk.conversation(inbound_count=3),
        desk.conversation(inbound_count=0),
        desk.conversation(inbound_count=5, **old),
        _silent_since(desk, desk.conversation(inbound_count=4, **replied), 3 * DAY),
        _silent_since(desk, desk.conversation(inbound_count=4, **replied), DAY),
        desk.conversation(inbound_count=2, claimed_by=desk.sam.user_id, state=State.HUMAN),
        desk.conversation(inbound_count=7, claimed_by=desk.ana.user_id, state=State.HUMAN),
    ]
    for talk, counts in zip(made, ((2, 3), (0, 0), (5, 4), (1, None), (4, None)), strict=False):
        for who, count in zip((desk.ana, desk.sam), counts, strict=True):
            _saw(desk, who.user_id, talk, count)
    _name(desk, made[0], desk.sam.user_id)
    desk.session.flush()
    return made


def _joined(desk: Desk) -> None:
    for who, ago in ((desk.ana, 90 * DAY), (desk.sam, 2 * DAY)):
        whose = col(Membership.user_id) == who.user_id
        desk.session.exec(update(Membership).where(whose).values(created_at=now() - ago))


def _silent_since(desk: Desk, talk: Conversation, ago: timedelta) -> Conversation:
    """What the customer said last is so old; the company wrote later."""
    said = factories.message(desk.session, talk, sent_at=now() - ago)
    talk.last_customer_message_id = said.id
    return talk


def _saw(desk: Desk, person: int, talk: Conversation, count: int | None) -> None:
    if count is not None:
        seen = ConversationSeen(user_id=person, conversation_id=talk.id, inbound_count=count)
        desk.session.add(seen)


def _name(desk: Desk, talk: Conversation, person: int) -> None:
    note = {"direction": Direction.NOTE, "author": Author.AGENT}
    for _ in range(2):
        message = factories.message(desk.session, talk, "@Sam", **note)
        desk.session.add(
            Mention(
                workspace_id=talk.workspace_id,
                conversation_id=talk.id,
                message_id=message.id,
                user_id=person,
            )
        )


def _unread(rows: list[Row]) -> list[int]:
    return [row.unread for row in sorted(rows, key=lambda row: row.id)]


def test_the_rows_of_each(desk: Desk, talks: list[Conversation]) -> None:
    board = inbox.board(desk.session, desk.ana, "open")
    told = inbox.pages_of(desk.session, [desk.ana, desk.sam], board)
    for who in (desk.ana, desk.sam):
        assert told[who.user_id] == inbox.page(desk.session, who, "open")
    assert _unread(told[desk.ana.user_id].rows) == [1, 0, 0, 3, 0, 2, 7]
    assert _unread(told[desk.sam.user_id].rows) == [0, 0, 1, 0, 4, 2, 7]


def test_the_badge_counts_the_same_rows(desk: Desk, talks: list[Conversation]) -> None:
    news = attention.news_of(desk.session, [desk.ana, desk.sam])
    for who in (desk.ana, desk.sam):
        unread = [
            number for number in _unread(inbox.page(desk.session, who, "open").rows) if number
        ]
        assert news[who.user_id].unread == len(unread) == 4
        assert news[who.user_id] == attention.news(desk.session, who)


def test_what_just_came_is_told_to_whom_it_concerns(desk: Desk, talks: list[Conversation]) -> None:
    asks = desk.conversation(state=State.NEEDS_HUMAN)
    news = attention.news_of(desk.session, [desk.ana, desk.sam])
    told = [
        [(a.kind, a.conversation) for a in news[who.user_id].alerts] for who in (desk.ana, desk.sam)
    ]
    assert told == [
        [("human", asks.id), ("mine", talks[6].id)],
        [("human", asks.id), ("mine", talks[5].id), *[("mention", talks[0].id)] * 2],
    ]


def test_the_counts_of_each(desk: Desk, talks: list[Conversation]) -> None:
    counts = inbox.counts_of(desk.session, [desk.ana, desk.sam])
    shown = [
        (counts[who.user_id].mine, counts[who.user_id].mentions) for who in (desk.ana, desk.sam)
    ]
    assert shown == [(1, 0), (1, 1)]
    assert {each.open for each in counts.values()} == {len(talks)}


def test_two_companies_are_not_asked_for_together(desk: Desk) -> None:
    with pytest.raises(ValueError, match="too many values"):
        attention.news_of(desk.session, [desk.ana, desk.stranger])


def test_the_thread_of_each(desk: Desk, talks: list[Conversation]) -> None:
    talk = talks[5]
    for by in (None, desk.sam.user_id, None):
        author = Author.AGENT if by else Author.CUSTOMER
        factories.message(
            desk.session,
            talk,
            author=author,
            user_id=by,
            direction=Direction.OUT if by else Direction.IN,
        )
    span = Span(None, None)
    told = thread.again_of(desk.session, [desk.ana, desk.sam], talk.id, span)
    for who in (desk.ana, desk.sam):
        assert told[who.user_id] == thread.again(desk.session, who, talk.id, span)
    [mine, theirs] = [told[who.user_id] for who in (desk.sam, desk.ana)]
    assert (mine.header.can_release, theirs.header.can_release) == (True, False)
    assert [item.mine for item in mine.items if item.side == "out"] == [True]
    assert [item.mine for item in theirs.items if item.side == "out"] == [False]
    assert (mine.unread, theirs.unread) == (2, 2)


def test_a_foreign_thread_is_told_to_nobody(desk: Desk, talks: list[Conversation]) -> None:
    with pytest.raises(NotFound):
        thread.again_of(desk.session, [desk.stranger], talks[0].id, Span(None, None))
