"""What a tab shows of a thread: two pages, the way between them, and having read."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from domain import unread
from domain.access import Actor
from domain.receipts import Receipt
from illumichat_app import db
from illumichat_app.clock import now
from illumichat_app.errors import NotFound
from models import Channel, Conversation, Message, ReadReceipts
from state import courtesies
from state.thread import Thread
from tests import factories
from tests.accounts.conftest import Team
from tests.inbox.test_state import (
    Browser,
    _nobody_is_remembered,
    _quick_hashes,
    browser,
    server,
    stored,
    talk,
    team,
)
from tests.security import pipeline

__all__ = ["_nobody_is_remembered", "_quick_hashes", "server", "talk", "team"]
pytestmark = pytest.mark.anyio


@pytest.fixture
def long(talk: int) -> int:
    """The conversation with 180 messages, the last unread."""
    with db.transaction() as session:
        into = session.get_one(Conversation, talk)
        for number in range(120):
            sent_at = now() - timedelta(minutes=200 - number)
            factories.message(session, into, f"Before {number}", sent_at=sent_at)
    return talk


@pytest.fixture
async def tab(server: pipeline.Server, team: Team, long: int) -> Browser:
    opened = browser(server, team, long)
    await opened.open()
    return opened


def write(into: int, text: str = "News", **facts: Any) -> int:
    """The customer writes."""
    with db.transaction() as session:
        conversation = session.get_one(Conversation, into)
        conversation.inbound_count += 1
        conversation.unread += 1
        message = factories.message(session, conversation, text, **facts)
        conversation.last_customer_message_id = message.id
        return message.id


def lines(tab: Browser) -> list[str]:
    items = tab.var(Thread, "older_items") + tab.var(Thread, "items")
    return [item.text for item in items if item.kind == "message"]


def all_lines() -> list[str]:
    before = [f"Before {number}" for number in range(120)]
    return before + [f"Line {number}" for number in range(60)]


def unread_of(who: Actor, conversation: int) -> int:
    with db.reading() as session:
        return unread.of(session, who, conversation)


def sent(tab: Browser) -> set[str]:
    """The vars of the thread that the last update carried."""
    _, update = tab.server.wire.updates[-1]
    return {
        name.removesuffix("_rx_state_")
        for state, delta in (update.delta or {}).items()
        if state.endswith("thread____thread")
        for name in delta
    }


# ---- two pages and the way between them


async def test_a_reader_goes_to_the_beginning_and_back(tab: Browser) -> None:
    everything = all_lines()
    assert lines(tab) == everything[-50:]
    for last, first in ((180, 80), (130, 30), (80, 0)):
        await tab.do(Thread, "older")
        assert lines(tab) == everything[first:last]
    assert (tab.var(Thread, "has_older"), tab.var(Thread, "has_newer")) == (False, True)
    assert tab.var(Thread, "newest") == 0
    await tab.do(Thread, "older")  # there is nothing above
    assert lines(tab) == everything[:80]
    await tab.do(Thread, "newer")
    assert lines(tab) == everything[30:130]
    await tab.do(Thread, "newer")
    assert lines(tab) == everything[80:]
    assert tab.var(Thread, "has_newer") is False
    assert tab.var(Thread, "newest") > 0
    await tab.do(Thread, "newer")  # nor below
    assert lines(tab) == everything[80:]


async def test_a_day_has_one_line_though_it_began_on_the_page_above(tab: Browser) -> None:
    await tab.do(Thread, "older")
    items = tab.var(Thread, "older_items") + tab.var(Thread, "items")
    days = [item.key for item in items if item.kind == "day"]
    assert len(days) == len(set(days))


async def test_the_page_above_is_sent_again_only_when_it_changed(tab: Browser, long: int) -> None:
    await tab.do(Thread, "older")
    write(long)
    await tab.do(Thread, "refresh")
    assert "items" in sent(tab)
    assert "older_items" not in sent(tab)
    above = tab.var(Thread, "older_items")[10]
    with db.transaction() as session:
        session.get_one(Message, above.id).reactions = {"customer": {"emoji": "❤️", "at": "x"}}
    await tab.do(Thread, "refresh")
    assert "items" not in sent(tab)
    assert tab.var(Thread, "older_items")[10].reactions == "❤️"


async def test_who_reads_above_is_told_of_news_and_goes_to_them(tab: Browser, long: int) -> None:
    await tab.do(Thread, "older")
    await tab.do(Thread, "older")
    write(long)
    await tab.do(Thread, "refresh")
    assert "News" not in lines(tab)
    assert tab.var(Thread, "unread") == 2
    await tab.do(Thread, "latest")
    assert lines(tab)[-1] == "News"
    assert (tab.var(Thread, "aim"), tab.var(Thread, "has_newer")) == ("end", False)


async def test_a_message_of_the_address_is_gone_to(
    server: pipeline.Server,
    team: Team,
    long: int,
) -> None:
    tab = browser(server, team, long)
    with db.reading() as session:
        number = session.exec(select(Message.id).where(Message.text == "Before 40")).one()
    tab.query["message"] = str(number)
    await tab.open()
    assert "Before 40" in lines(tab)
    assert tab.var(Thread, "aim") == f"m{number}"
    assert tab.var(Thread, "has_newer") is True
    aimed = tab.var(Thread, "aimed")
    await tab.do(Thread, "open")  # the browser came back
    assert tab.var(Thread, "aimed") == aimed
    assert "Before 40" in lines(tab)


@pytest.mark.parametrize("message", ["999999999", "-1", "abc"])
async def test_an_address_with_a_foreign_message_opens_the_end(
    server: pipeline.Server,
    team: Team,
    long: int,
    message: str,
) -> None:
    tab = browser(server, team, long)
    tab.query["message"] = message
    await tab.open()
    assert lines(tab)[-1] == "Line 59"
    told = any("not here any more" in event for event in server.wire.events)
    assert told is (message == "999999999")


async def test_a_jump_to_a_foreign_message_changes_nothing(tab: Browser, team: Team) -> None:
    before = lines(tab)
    with db.transaction() as session:
        place = session.get_one(factories.Workspace, team.stranger.workspace_id)
        on = factories.channel(
            session, place, factories.assistant(session, place), phone_number_id="31", waba_id="21"
        )
        foreign = factories.message(session, factories.conversation(session, on), "Secret").id
    with pytest.raises(NotFound):
        await tab.do(Thread, "jump", message_id=foreign)
    assert "Secret" not in tab.server.wire.text
    assert (lines(tab), tab.var(Thread, "missing")) == (before, False)


# ---- having read


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The customer's messages whose receipts were posted."""
    wamids: list[str] = []

    async def post(receipt: Receipt | None) -> None:
        if receipt:
            wamids.append(receipt.wamid)

    monkeypatch.setattr(courtesies, "post", post)
    return wamids


async def see(tab: Browser) -> None:
    await tab.do(Thread, "seen", newest=tab.var(Thread, "newest"))


async def test_only_what_somebody_sees_is_read(
    tab: Browser,
    team: Team,
    long: int,
    told: list[str],
) -> None:
    await tab.do(Thread, "refresh")
    assert unread_of(team.admin, long) == 1
    await see(tab)
    assert (unread_of(team.admin, long), tab.var(Thread, "unread")) == (0, 0)
    write(long)
    await tab.do(Thread, "refresh")
    assert tab.var(Thread, "unread") == 1
    assert [item.kind for item in tab.var(Thread, "items")].count("unread") == 1
    await tab.do(Thread, "seen", newest=5)  # it says what is not so
    assert unread_of(team.admin, long) == 1
    assert told == []


async def test_what_was_marked_unread_stays_so_until_there_is_news(
    tab: Browser,
    team: Team,
    long: int,
) -> None:
    await see(tab)
    with db.transaction() as session:
        unread.mark_unread(session, team.admin, long)
    await tab.do(Thread, "refresh")
    await tab.do(Thread, "seen", newest=0)
    await see(tab)
    assert unread_of(team.admin, long) == 1
    write(long)
    await tab.do(Thread, "refresh")
    await see(tab)
    assert unread_of(team.admin, long) == 0


async def test_the_divider_stands_above_what_came_while_nobody_looked(
    tab: Browser, long: int
) -> None:
    def below() -> list[str]:
        items = tab.var(Thread, "items")
        at = next((at for at, item in enumerate(items) if item.kind == "unread"), len(items))
        return [item.text for item in items[at + 1 :]]

    assert below() == ["Line 59"]
    await see(tab)
    await tab.do(Thread, "seen", newest=0)
    write(long, "While away")
    await tab.do(Thread, "refresh")
    assert below() == ["While away"]
    await see(tab)
    write(long, "While here")
    await tab.do(Thread, "refresh")
    assert below() == ["While away", "While here"]


@pytest.mark.parametrize(
    ("policy", "posted"), [(ReadReceipts.ON_OPEN, True), (ReadReceipts.ON_REPLY, False)]
)
async def test_the_customers_phone_is_told_as_the_channel_wants(
    tab: Browser, long: int, told: list[str], policy: ReadReceipts, posted: bool
) -> None:
    with db.transaction() as session:
        session.get_one(Channel, stored(long).channel_id).read_receipts = policy
    newest = write(long)
    await tab.do(Thread, "refresh")
    await see(tab)
    await asyncio.sleep(0)
    with db.reading() as session:
        wamid = session.get_one(Message, newest).wamid
    assert told == ([wamid] if posted else [])


async def test_each_read_is_counted(tab: Browser) -> None:
    before = tab.var(Thread, "read_at")
    await tab.do(Thread, "refresh")
    assert tab.var(Thread, "read_at") == before + 1
