"""The list pane's events: the window over the rows, filters of the address, bulk, menu, search."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import update

from domain import sessions, unread
from illumichat_app import db
from illumichat_app.clock import now
from models import Channel, Conversation, Direction, Membership, State
from state import live
from state.attention import Attention
from state.bulk import Bulk
from state.command import Command
from state.filtering import Filtering
from state.inbox import Inbox
from state.row_menu import RowMenu
from state.search import Search
from state.session import Session
from state.thread import Thread
from tests import factories
from tests.accounts.conftest import Team, _nobody_is_remembered, _quick_hashes, team
from tests.inbox.tabs import InboxTab, tab
from tests.security import pipeline

__all__ = ["_nobody_is_remembered", "_quick_hashes", "team"]

pytestmark = pytest.mark.anyio
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def server() -> AsyncIterator[pipeline.Server]:
    live.viewers.clear()
    async with pipeline.server() as running:
        yield running
    live.viewers.clear()


@pytest.fixture
def shop(team: Team) -> int:
    """The number of the channel of the admin's workspace, where everybody joined long ago."""
    with db.transaction() as session:
        session.exec(update(Membership).values(created_at=now() - timedelta(days=90)))
        place = session.get_one(factories.Workspace, team.admin.workspace_id)
        return factories.channel(session, place, factories.assistant(session, place)).id


@pytest.fixture
def ana(server: pipeline.Server, team: Team, shop: int) -> InboxTab:
    return tab(server, team, team.admin)


def talks(shop: int, count: int, first: int = 0, **facts: Any) -> list[int]:
    """Conversations, the newest first."""
    with db.transaction() as session:
        on = session.get_one(Channel, shop)
        return [
            factories.conversation(
                session,
                on,
                **{"title": f"C{number}", "last_at": now() - number * MINUTE} | facts,
            ).id
            for number in range(first, first + count)
        ]


def stored(number: int) -> Conversation:
    with db.reading() as session:
        return session.get_one(Conversation, number)


def change(number: int, **facts: Any) -> None:
    with db.transaction() as session:
        session.get_one(Conversation, number).sqlmodel_update(facts)


def numbers(first: int, end: int) -> list[str]:
    return [f"C{number}" for number in range(first, end)]


# ---- the window over the rows


async def test_scrolling_down_and_up_holds_three_pages_without_gap(
    ana: InboxTab, shop: int
) -> None:
    talks(shop, 260)
    await ana.open()
    for _ in range(10):
        await ana.do(Inbox, "more")
    assert ana.titles() == numbers(150, 260)
    assert (ana.var(Inbox, "above"), ana.var(Inbox, "has_more")) == (150, False)
    await ana.do(Inbox, "earlier")
    assert ana.titles() == numbers(100, 250)
    assert (ana.var(Inbox, "above"), ana.var(Inbox, "has_more")) == (100, True)
    for _ in range(5):
        await ana.do(Inbox, "earlier")
    assert (ana.titles(), ana.var(Inbox, "above")) == (numbers(0, 150), 0)


async def test_what_comes_in_above_leaves_the_window_alone(ana: InboxTab, shop: int) -> None:
    talks(shop, 220)
    await ana.open()
    for _ in range(3):
        await ana.do(Inbox, "more")
    talks(shop, 70, first=-70)
    await ana.do(Inbox, "refresh")
    assert ana.titles() == numbers(50, 200)
    await ana.do(Inbox, "earlier")
    assert (ana.titles(), ana.var(Inbox, "above")) == (numbers(0, 150), 50)
    await ana.do(Inbox, "earlier")
    await ana.do(Inbox, "earlier")
    assert (ana.titles()[0], ana.var(Inbox, "above")) == ("C-70", 0)
    await ana.do(Inbox, "more")
    await ana.do(Inbox, "top")
    assert ana.titles() == numbers(-70, -20)


async def test_another_view_or_filter_starts_at_its_top(ana: InboxTab, shop: int) -> None:
    talks(shop, 220)
    await ana.open(view="unclaimed")
    for _ in range(3):
        await ana.do(Inbox, "more")
    await ana.open(view="unclaimed", handler="ai")
    assert (ana.titles(), ana.var(Inbox, "above")) == (numbers(0, 50), 0)


async def test_the_open_row_stays_until_another_one_is_opened(ana: InboxTab, shop: int) -> None:
    first, second, _ = talks(shop, 3)
    await ana.open(view="unclaimed", conversation=str(first))
    change(first, claimed_by=None, state=State.CLOSED)
    await ana.do(Inbox, "refresh")
    await ana.do(Inbox, "refresh")
    assert ana.titles() == numbers(0, 3)
    await ana.open(view="unclaimed", conversation=str(second))
    assert ana.titles() == numbers(1, 3)
    await ana.open(view="mine", conversation=str(second))
    assert ana.titles() == []


async def test_an_unread_row_stays_while_it_is_read(ana: InboxTab, shop: int) -> None:
    [number] = talks(shop, 1, inbound_count=2)
    await ana.open(unread="1")
    await ana.open(unread="1", conversation=str(number))
    with db.transaction() as session:
        unread.mark_read(session, sessions.principal(ana.cookie), number)
    await ana.do(Inbox, "refresh")
    assert ana.titles() == ["C0"]


# ---- filters


async def test_the_address_filters_and_the_page_says_so(
    ana: InboxTab, shop: int, team: Team
) -> None:
    talks(shop, 2)
    [mine] = talks(shop, 1, first=2, claimed_by=team.admin.user_id, state=State.HUMAN)
    await ana.open(handler="me", channel=str(shop))
    assert ana.titles() == ["C2"]
    assert (ana.var(Inbox, "active"), ana.var(Inbox, "handler")) == (2, "me")
    assert ana.var(Inbox, "query") == f"?channel={shop}&handler=me"
    await ana.open(handler="me", conversation=str(mine))
    await ana.do(Filtering, "choose", name="channel", value=str(shop))
    assert f"/inbox/open/{mine}/?channel={shop}&handler=me" in ana.told
    await ana.do(Filtering, "only_unread", wanted=True)
    assert f"/inbox/open/{mine}/?handler=me&unread=1" in ana.told
    await ana.do(Filtering, "clear")
    assert f'"/inbox/open/{mine}/"' in ana.told


@pytest.mark.parametrize(
    "wrong",
    [
        {"channel": "x"},
        {"channel": "-1"},
        {"channel": "999999"},
        {"assistant": "1 OR 1=1"},
        {"assistant": "999999"},
        {"handler": "everybody"},
        {"handler": "999999"},
        {"unread": "maybe"},
    ],
)
async def test_a_wrong_filter_of_the_address_is_refused_in_words(
    ana: InboxTab, shop: int, wrong: dict[str, str]
) -> None:
    talks(shop, 1)
    await ana.open(**wrong)
    assert "out of date" in ana.var(Inbox, "problem")
    assert (ana.var(Inbox, "query"), ana.var(Inbox, "active")) == ("", 0)
    await ana.open()
    assert (ana.var(Inbox, "problem"), ana.titles()) == ("", ["C0"])


async def test_a_filter_of_another_workspace_is_refused(
    ana: InboxTab, shop: int, team: Team
) -> None:
    with db.transaction() as session:
        place = session.get_one(factories.Workspace, team.stranger.workspace_id)
        foreign = factories.channel(
            session, place, factories.assistant(session, place), phone_number_id="31"
        ).id
    await ana.open(channel=str(foreign))
    assert "out of date" in ana.var(Inbox, "problem")
    for name, value in (
        ("channel", str(foreign)),
        ("assistant", "abc"),
        ("handler", str(team.stranger.user_id)),
    ):
        await ana.refused(Filtering, "choose", "out of date", name=name, value=value)


async def test_the_menus_are_read_when_they_open(ana: InboxTab) -> None:
    await ana.do(Filtering, "open", shown=False)
    await ana.do(Filtering, "open", shown=True)
    assert [each.label for each in ana.var(Filtering, "channels")] == ["Harbour Support"]
    assert [each.value for each in ana.var(Filtering, "handlers")][:3] == ["ai", "me", "nobody"]


# ---- bulk


async def test_a_range_is_chosen_and_claimed_with_one_sentence(
    ana: InboxTab, shop: int, team: Team
) -> None:
    ids = talks(shop, 5)
    change(ids[2], claimed_by=team.agent.user_id, state=State.HUMAN)
    await ana.open()
    await ana.do(Bulk, "choose", conversation=ids[1], whole_range=True)
    await ana.do(Bulk, "choose", conversation=ids[3], whole_range=True)
    assert ana.var(Bulk, "chosen") == ids[1:4]
    await ana.do(Bulk, "choose", conversation=ids[3], whole_range=False)
    await ana.do(Bulk, "choose", conversation=ids[4], whole_range=False)
    await ana.do(Bulk, "claim")
    assert "2 claimed, 1 was claimed by a colleague." in ana.told
    assert [stored(each).claimed_by == team.admin.user_id for each in ids] == [
        False, True, False, False, True,
    ]  # fmt: skip
    assert ana.var(Bulk, "chosen") == []


async def test_all_shown_are_closed_and_the_open_thread_says_so(ana: InboxTab, shop: int) -> None:
    ids = talks(shop, 3)
    await ana.open(conversation=str(ids[0]))
    await ana.do(Bulk, "choose_shown")
    await ana.do(Bulk, "close")
    assert "3 closed." in ana.told
    assert {stored(each).state for each in ids} == {State.CLOSED}
    assert ana.var(Thread, "header").state == "closed"


async def test_marking_read_is_the_persons_own(ana: InboxTab, shop: int, team: Team) -> None:
    ids = talks(shop, 2, inbound_count=1)
    await ana.open()
    await ana.do(Bulk, "choose_shown")
    await ana.do(Bulk, "mark_read")
    assert "2 marked as read." in ana.told
    with db.reading() as session:
        assert [unread.of(session, team.agent, each) for each in ids] == [1, 1]


async def test_nothing_chosen_is_refused(ana: InboxTab) -> None:
    await ana.open()
    await ana.refused(Bulk, "close", "between 1 and 200")


async def test_what_is_not_in_the_list_cannot_be_chosen(
    ana: InboxTab, server: pipeline.Server, shop: int, team: Team
) -> None:
    [number] = talks(shop, 1)
    kim = tab(server, team, team.stranger)
    await kim.open()
    await kim.do(Bulk, "choose", conversation=number, whole_range=False)
    await kim.refused(Bulk, "close", "between 1 and 200")
    assert stored(number).state is State.ASSISTANT


async def test_one_that_went_meanwhile_refuses_all(ana: InboxTab, shop: int) -> None:
    kept, gone = talks(shop, 2)
    await ana.open()
    await ana.do(Bulk, "choose_shown")
    with db.transaction() as session:
        session.delete(session.get_one(Conversation, gone))
    await ana.refused(Bulk, "close", "Nothing was changed")
    assert stored(kept).state is State.ASSISTANT


async def test_another_view_starts_with_nothing_chosen(ana: InboxTab, shop: int) -> None:
    talks(shop, 2)
    await ana.open()
    await ana.do(Bulk, "choose_shown")
    await ana.open()
    assert len(ana.var(Bulk, "chosen")) == 2
    await ana.do(Bulk, "clear")
    assert ana.var(Bulk, "chosen") == []
    await ana.do(Bulk, "choose_shown")
    await ana.open(view="unclaimed")
    assert ana.var(Bulk, "chosen") == []


# ---- the menu of one row


async def test_unread_again_leaves_the_open_conversation(ana: InboxTab, shop: int) -> None:
    [number] = talks(shop, 1, inbound_count=1)
    await ana.open(handler="ai", conversation=str(number))
    await ana.do(RowMenu, "mark_read", conversation=number)
    await ana.do(RowMenu, "mark_unread", conversation=number)
    assert '"/inbox/open/?handler=ai"' in ana.told
    await ana.do(Thread, "refresh")
    await ana.do(Inbox, "refresh")
    assert [row.unread for row in ana.var(Inbox, "rows")] == [1]
    assert ana.var(Attention, "unread") == "1"


async def test_unread_again_elsewhere_stays_where_one_is(ana: InboxTab, shop: int) -> None:
    one, other = talks(shop, 2, inbound_count=1)
    await ana.open(conversation=str(one))
    await ana.do(RowMenu, "mark_read", conversation=other)
    await ana.do(RowMenu, "mark_unread", conversation=other)
    assert "_redirect" not in ana.told
    assert ana.var(Thread, "conversation") == one


async def test_one_row_is_claimed_and_closed(ana: InboxTab, shop: int, team: Team) -> None:
    [number] = talks(shop, 1)
    await ana.open(conversation=str(number))
    await ana.do(RowMenu, "claim", conversation=number)
    assert stored(number).claimed_by == team.admin.user_id
    await ana.do(RowMenu, "close", conversation=number)
    assert stored(number).state is State.CLOSED
    assert ana.var(Thread, "header").state == "closed"
    await ana.refused(RowMenu, "close", "already closed", conversation=number)


@pytest.mark.parametrize("entry", ["mark_unread", "mark_read", "claim", "close"])
async def test_a_strangers_menu_finds_nothing(
    server: pipeline.Server, team: Team, shop: int, entry: str
) -> None:
    [number] = talks(shop, 1, inbound_count=1)
    kim = tab(server, team, team.stranger)
    await kim.refused(RowMenu, entry, "not here any more", conversation=number)


# ---- search


@pytest.fixture
def said(shop: int) -> list[int]:
    """Thirty conversations with a parcel in each, one of them closed."""
    ids = talks(shop, 30)
    change(ids[0], state=State.CLOSED)
    with db.transaction() as session:
        for number in ids:
            into = session.get_one(Conversation, number)
            factories.message(session, into, f"My parcel {number}", direction=Direction.IN)
    return ids


async def test_words_find_people_and_messages_page_by_page(ana: InboxTab, said: list[int]) -> None:
    await ana.open()
    await ana.do(Search, "look_for", words="parcel")
    assert (len(ana.var(Search, "hits")), ana.var(Search, "people")) == (20, [])
    await ana.do(Search, "show_more_messages")
    hits = ana.var(Search, "hits")
    assert (len({hit.id for hit in hits}), ana.var(Search, "more_hits")) == (30, False)
    assert {hit.view for hit in hits} == {"open", "closed"}
    await ana.do(Search, "show_more_messages")
    assert len(ana.var(Search, "hits")) == 30
    await ana.do(Search, "look_for", words="c")
    assert (len(ana.var(Search, "people")), ana.var(Search, "more_people")) == (10, True)
    for _ in range(3):
        await ana.do(Search, "show_more_people")
    assert (len(ana.var(Search, "people")), ana.var(Search, "more_people")) == (30, False)


async def test_a_search_is_live_until_it_is_cleared(ana: InboxTab, said: list[int]) -> None:
    await ana.open()
    await ana.do(Search, "look_for", words="C7")
    assert "search" in live.viewers[ana.token].refreshers
    change(said[7], state=State.NEEDS_HUMAN)
    await ana.do(Search, "refresh")
    assert [row.who for row in ana.var(Search, "people")] == ["Wants a human"]
    await ana.do(Search, "clear")
    assert (ana.var(Search, "words"), ana.var(Search, "people")) == ("", [])
    assert "search" not in live.viewers[ana.token].refreshers
    await ana.do(Search, "look_for", words="nobody")
    await ana.do(Search, "look_for", words="  ")
    assert ana.var(Search, "words") == ""


async def test_a_stranger_finds_nothing(
    server: pipeline.Server, team: Team, said: list[int]
) -> None:
    kim = tab(server, team, team.stranger)
    await kim.do(Search, "look_for", words="parcel")
    await kim.do(Search, "show_more_messages")
    await kim.do(Command, "look_for", words="C7")
    assert "My parcel" not in server.wire.text
    assert kim.var(Command, "found") == []


async def test_the_command_bar_finds_people(ana: InboxTab, said: list[int]) -> None:
    await ana.do(Command, "look_for", words="C7")
    assert [each.id for each in ana.var(Command, "found")] == [said[7]]
    await ana.do(Command, "look_for", words=" ")
    assert ana.var(Command, "found") == []


# ---- attention


async def test_other_pages_are_told_of_what_came(ana: InboxTab, shop: int) -> None:
    ana.path, ana.address = "/contacts", "/contacts/"
    await ana.do(Session, "load")
    assert (ana.var(Attention, "unread"), ana.var(Attention, "alerts")) == ("", [])
    assert "badge" in live.viewers[ana.token].refreshers
    [number] = talks(shop, 1, inbound_count=1, state=State.NEEDS_HUMAN)
    await ana.do(Attention, "refresh")
    assert ana.var(Attention, "unread") == "1"
    [alert] = ana.var(Attention, "alerts")
    assert (alert.kind, alert.conversation, alert.title) == ("human", number, "C0")


async def test_at_the_inbox_the_list_brings_the_news(ana: InboxTab, shop: int) -> None:
    await ana.do(Session, "load")
    assert ana.token not in live.viewers
    talks(shop, 1, inbound_count=1)
    await ana.open()
    assert (ana.var(Attention, "unread"), ana.var(Inbox, "page_title")[:4]) == ("1", "(1) ")
    await ana.do(Inbox, "leave")
    assert live.viewers[ana.token].refreshers == {}
