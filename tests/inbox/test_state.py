"""The page's events through the real processor and guard."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from reflex_base.event import Event
from reflex_base.utils.format import format_event_handler
from sqlmodel import select

from illumichat_app import db
from illumichat_app.clock import now
from models import Conversation, Message, State
from state import live
from state.handling import Handling
from state.inbox import Inbox
from state.reply import Reply
from state.thread import Thread
from tests import factories
from tests.accounts.conftest import Team, _nobody_is_remembered, _quick_hashes, team
from tests.security import pipeline

__all__ = ["_nobody_is_remembered", "_quick_hashes", "team"]

KEY = "0123456789abcdef"


class Browser:
    """A tab at an address of the inbox."""

    def __init__(self, server: pipeline.Server, cookie: str, view: str, conversation: str) -> None:
        self.tab = server.tab(cookie, "/inbox/[[view]]/[[conversation]]")
        self.server = server
        self.query = {"view": view, "conversation": conversation}

    async def do(self, state: Any, handler: str, **payload: Any) -> None:
        data = {"pathname": self.tab.path, "asPath": "/inbox", "token": self.tab.token}
        event = Event(
            name=format_event_handler(state.event_handlers[handler]),
            payload=payload,
            router_data=data | {"query": self.query, "headers": {"cookie": self.tab.cookie}},
        )
        await (await self.server.processor.enqueue(self.tab.token, event)).wait_all()

    async def open(self) -> None:
        await self.do(Inbox, "load")
        await self.do(Thread, "open")

    def var(self, state: Any, name: str) -> Any:
        """The value the browser saw last."""
        own = state.get_full_name().rpartition(".")[2]
        return self.server.wire.var_values[f"{own}.{name}_rx_state_"]


@pytest.fixture
async def server() -> AsyncIterator[pipeline.Server]:
    live.viewers.clear()
    async with pipeline.server() as running:
        yield running
    live.viewers.clear()


@pytest.fixture
def talk(team: Team) -> int:
    """A conversation of the admin's workspace with 60 messages, the last unread."""
    with db.transaction() as session:
        place = session.get_one(factories.Workspace, team.admin.workspace_id)
        on = factories.channel(session, place, factories.assistant(session, place))
        made = factories.conversation(
            session, on, window_ends_at=now() + timedelta(hours=5), unread=1, inbound_count=1
        )
        for number in range(60):
            sent_at = now() - timedelta(minutes=60 - number)
            factories.message(session, made, f"Line {number}", sent_at=sent_at)
        return made.id


def browser(
    server: pipeline.Server,
    team: Team,
    conversation: object,
    who: str = "admin",
    view: str = "open",
) -> Browser:
    return Browser(server, team.signed_in(getattr(team, who)), view, str(conversation))


def stored(conversation_id: int) -> Conversation:
    with db.reading() as session:
        return session.get_one(Conversation, conversation_id)


def replies(text: str) -> list[Message]:
    with db.reading() as session:
        return list(session.exec(select(Message).where(Message.text == text)).all())


@pytest.mark.anyio
async def test_opening_shows_the_list_and_the_thread(
    server: pipeline.Server, team: Team, talk: int
) -> None:
    tab = browser(server, team, talk)
    await tab.open()
    assert [row.id for row in tab.var(Inbox, "rows")] == [talk]
    assert tab.var(Inbox, "page_title").startswith("(1) ")
    texts = [item.text for item in tab.var(Thread, "items")]
    assert texts[-2:] == ["New messages", "Line 59"]
    assert stored(talk).unread == 1  # until somebody sees it
    assert live.viewers[tab.tab.token].conversation_id == talk


@pytest.mark.anyio
async def test_a_stranger_gets_nothing(server: pipeline.Server, team: Team, talk: int) -> None:
    tab = browser(server, team, talk, "stranger")
    await tab.open()
    assert tab.var(Thread, "missing") is True
    await tab.do(Reply, "send", text="Hello", send_key=KEY)
    await tab.do(Thread, "refresh")
    assert "Line" not in server.wire.text
    assert (replies("Hello"), stored(talk).unread) == ([], 1)


@pytest.mark.parametrize("address", ["", "abc", "-1", "٣", "9" * 30])
@pytest.mark.anyio
async def test_an_odd_address_opens_nothing(
    server: pipeline.Server, team: Team, talk: int, address: str
) -> None:
    tab = browser(server, team, address, view="../etc")
    await tab.open()
    assert "Line" not in server.wire.text
    assert tab.var(Inbox, "view") == "open"
    assert live.viewers[tab.tab.token].conversation_id is None


@pytest.mark.anyio
async def test_a_reply_sent_twice_is_one_message_and_takes_over(
    server: pipeline.Server, team: Team, talk: int
) -> None:
    tab = browser(server, team, talk)
    await tab.open()
    await tab.do(Reply, "send", text="Of course", send_key=KEY)
    await tab.do(Reply, "send", text="Of course", send_key=KEY)
    assert len(replies("Of course")) == 1
    assert stored(talk).state is State.HUMAN
    assert tab.var(Reply, "taken") == KEY
    last = tab.var(Thread, "items")[-1]
    assert (last.text, last.tick) == ("Of course", "◷")


@pytest.mark.anyio
async def test_a_refused_reply_keeps_the_draft_and_says_why(
    server: pipeline.Server, team: Team, talk: int
) -> None:
    tab = browser(server, team, talk)
    await tab.open()
    with db.transaction() as session:
        session.get_one(Conversation, talk).window_ends_at = now() - timedelta(hours=1)
    await tab.do(Reply, "send", text="Too late", send_key=KEY)
    assert replies("Too late") == []
    assert tab.var(Reply, "answered") == KEY
    assert tab.var(Thread, "composer").mode == "closed_window"
    assert any("24-hour window is closed" in event for event in server.wire.events)


@pytest.mark.anyio
async def test_the_buttons(server: pipeline.Server, team: Team, talk: int) -> None:
    tab = browser(server, team, talk)
    await tab.open()
    for handler, state in (
        ("take_over", State.HUMAN),
        ("resume_ai", State.ASSISTANT),
        ("close", State.CLOSED),
        ("reopen", State.HUMAN),
    ):
        await tab.do(Handling, handler)
        assert stored(talk).state is state, handler
        assert tab.var(Thread, "header").state == state.value


@pytest.mark.anyio
async def test_older_lines_come_above_without_gap(
    server: pipeline.Server, team: Team, talk: int
) -> None:
    tab = browser(server, team, talk)
    await tab.open()
    assert tab.var(Thread, "has_older") is True
    await tab.do(Thread, "older")
    assert tab.var(Thread, "has_older") is False
    items = tab.var(Thread, "older_items") + tab.var(Thread, "items")
    lines = [item.text for item in items if item.text.startswith("Line")]
    assert lines == [f"Line {number}" for number in range(60)]


@pytest.mark.anyio
async def test_more_rows(server: pipeline.Server, team: Team, talk: int) -> None:
    with db.transaction() as session:
        on = session.get_one(factories.Channel, stored(talk).channel_id)
        for number in range(59):
            factories.conversation(session, on, title=f"Customer {number}")
    tab = browser(server, team, "")
    await tab.open()
    assert (len(tab.var(Inbox, "rows")), tab.var(Inbox, "has_more")) == (50, True)
    await tab.do(Inbox, "more")
    assert (len(tab.var(Inbox, "below")), tab.var(Inbox, "has_more")) == (10, False)
    ids = [row.id for name in ("rows", "below") for row in tab.var(Inbox, name)]
    assert len(set(ids)) == 60


@pytest.mark.anyio
async def test_another_view_starts_at_its_top(
    server: pipeline.Server, team: Team, talk: int
) -> None:
    tab = browser(server, team, "")
    await tab.open()
    await tab.do(Inbox, "more")  # there is no more
    tab.query["view"] = "mine"
    await tab.do(Inbox, "load")
    assert tab.var(Inbox, "rows") == []
    tab.query["view"] = "unclaimed"
    await tab.do(Inbox, "load")
    assert len(tab.var(Inbox, "rows")) == 1


@pytest.mark.anyio
async def test_a_conversation_that_went_away_is_missing(
    server: pipeline.Server, team: Team, talk: int
) -> None:
    tab = browser(server, team, talk)
    await tab.open()
    with db.transaction() as session:
        session.delete(session.get_one(Conversation, talk))
    await tab.do(Thread, "refresh")
    assert (tab.var(Thread, "missing"), tab.var(Thread, "items")) == (True, [])


@pytest.mark.anyio
async def test_leaving_the_page_ends_the_refreshes(
    server: pipeline.Server, team: Team, talk: int
) -> None:
    tab = browser(server, team, talk)
    await tab.open()
    await tab.do(Inbox, "leave")
    assert live.viewers[tab.tab.token].refreshers == {}
