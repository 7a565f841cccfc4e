"""Lists of one company, refreshed together: one read of the rows, each person's own marks."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import update

from domain import unread
from illumichat_app import db
from illumichat_app.clock import now
from models import Author, Conversation, Membership, Mention, State
from state import live, together
from state.attention import Attention
from state.handling import Handling
from state.inbox import Inbox
from tests import factories
from tests.accounts.conftest import Team, _nobody_is_remembered, _quick_hashes, team
from tests.inbox.tabs import InboxTab, tab
from tests.security import pipeline

__all__ = ["_nobody_is_remembered", "_quick_hashes", "team"]

pytestmark = pytest.mark.anyio


@pytest.fixture
async def server() -> AsyncIterator[pipeline.Server]:
    live.viewers.clear()
    async with pipeline.server() as running:
        yield running
    live.viewers.clear()


@pytest.fixture
def here(team: Team) -> Iterator[int]:
    """A conversation of the team, with two messages that nobody has read."""
    with db.transaction() as session:
        session.exec(update(Membership).values(created_at=now() - timedelta(days=90)))
        place = session.get_one(factories.Workspace, team.admin.workspace_id)
        channel = factories.channel(session, place, factories.assistant(session, place))
        row = factories.conversation(
            session,
            channel,
            title="Lucía",
            state=State.HUMAN,
            claimed_by=team.admin.user_id,
            claimed_at=now(),
            inbound_count=2,
            last_author=Author.AGENT,
        )
    yield row.id
    together.forget(team.admin.workspace_id)


@pytest.fixture
def reads() -> Iterator[list[str]]:
    """The queries of rows that were run: those that ask for the last message of each."""
    with _statements("last_preview", "LIMIT") as seen:
        yield seen


@pytest.fixture
def personal() -> Iterator[list[str]]:
    """The queries for what people have seen."""
    with _statements("conversation_seen", "AS member") as seen:
        yield seen


@contextmanager
def _statements(*words: str) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if all(word in statement for word in words):
            seen.append(statement)

    event.listen(db.engine(), "before_cursor_execute", note)
    yield seen
    event.remove(db.engine(), "before_cursor_execute", note)


async def both(server: pipeline.Server, team: Team) -> tuple[InboxTab, InboxTab]:
    ana, sam = tab(server, team, team.admin), tab(server, team, team.agent)
    for each in (ana, sam):
        await each.open()
    return ana, sam


def announce() -> None:
    """What the hub does before it tells all open lists to read again."""
    together.begin(viewer.asking["list"] for viewer in live.viewers.values())


async def test_the_rows_are_read_once_and_told_to_each(
    server: pipeline.Server, team: Team, here: int, reads: list[str]
) -> None:
    ana, sam = await both(server, team)
    with db.transaction() as session:
        unread.mark_read(session, team.agent, here)
        session.get_one(Conversation, here).last_preview = "See you"
    announce()
    reads.clear()
    told = []
    for each in (ana, sam):
        await each.do(Inbox, "refresh")
        [row] = each.var(Inbox, "rows")
        told.append((row.unread, row.preview.endswith("See you"), row.mark, row.who_tone))
    assert told == [(2, True, "you", "jade"), (0, True, "agent", "gray")]
    assert len(reads) == 1


async def test_what_is_personal_reaches_nobody_else(
    server: pipeline.Server, team: Team, here: int, personal: list[str]
) -> None:
    """Two people of one company and one of another, told by the same flush."""
    people = (team.admin, team.agent, team.stranger)
    tabs = [tab(server, team, who) for who in people]
    for each in tabs:
        await each.open()
    _news(team, here)
    announce()
    personal.clear()
    for each in tabs:
        await each.do(Inbox, "refresh")
    assert [_told(each) for each in tabs] == [
        ("Lucía", 2, False, "1", "(1) Inbox · IllumiChat", 1, 0),
        ("Lucía", 0, True, "", "Inbox · IllumiChat", 0, 1),
        ("Jorge", 3, False, "1", "(1) Inbox · IllumiChat", 0, 0),
    ]
    assert len(personal) == 2 * STATEMENTS  # for each company, not for each person


STATEMENTS = 3  # of who has seen what: the marks, the badge and what is new


def _news(team: Team, here: int) -> None:
    """Sam has read the conversation and is named in it; the other company has one of its own."""
    with db.transaction() as session:
        unread.mark_read(session, team.agent, here)
        note = factories.message(session, session.get_one(Conversation, here), "@Sam")
        session.add(
            Mention(
                workspace_id=team.admin.workspace_id,
                conversation_id=here,
                message_id=note.id,
                user_id=team.agent.user_id,
            )
        )
        place = session.get_one(factories.Workspace, team.stranger.workspace_id)
        helper = factories.assistant(session, place)
        channel = factories.channel(session, place, helper, phone_number_id="31", waba_id="21")
        factories.conversation(session, channel, title="Jorge", inbound_count=3)


def _told(each: InboxTab) -> tuple[str, int, bool, str, str, int, int]:
    [row], counts = each.var(Inbox, "rows"), each.var(Inbox, "counts")
    title, badge = each.var(Inbox, "page_title"), each.var(Attention, "unread")
    return row.title, row.unread, row.mentioned, badge, title, counts.mine, counts.mentions


async def test_what_somebody_here_writes_is_seen_at_once(
    server: pipeline.Server, team: Team, here: int
) -> None:
    ana, sam = await both(server, team)
    announce()
    await sam.do(Inbox, "refresh")
    await ana.open(conversation=str(here))
    await ana.do(Handling, "release")
    server.wire.var_values.clear()  # what the other tab was sent
    await sam.do(Inbox, "refresh")
    assert sam.var(Inbox, "rows")[0].who == "Unclaimed"


async def test_a_view_of_ones_own_is_read_by_each(
    server: pipeline.Server, team: Team, here: int
) -> None:
    ana, sam = tab(server, team, team.admin), tab(server, team, team.agent)
    for each in (ana, sam):
        await each.open(view="mine")
    announce()
    with db.transaction() as session:
        session.get_one(Conversation, here).title = "Lucía R"
    told = []
    for each in (sam, ana):
        await each.do(Inbox, "refresh")
        told.append(each.titles())
    assert told == [[], ["Lucía R"]]


async def test_another_company_reads_its_own_rows(
    server: pipeline.Server, team: Team, here: int
) -> None:
    ana, other = tab(server, team, team.admin), tab(server, team, team.stranger)
    for each in (ana, other):
        await each.open()
    announce()
    with db.transaction() as session:
        session.get_one(Conversation, here).title = "Lucía R"
    told = []
    for each in (other, ana):
        await each.do(Inbox, "refresh")
        told.append(each.titles())
    assert told == [[], ["Lucía R"]]


async def test_the_open_row_stays_when_it_leaves_the_view(
    server: pipeline.Server, team: Team, here: int
) -> None:
    ana, _ = await both(server, team)
    await ana.open(conversation=str(here))
    with db.transaction() as session:
        row = session.get_one(Conversation, here)
        row.state, row.title = State.CLOSED, "Lucía R"
    announce()
    await ana.do(Inbox, "refresh")
    assert ana.titles() == ["Lucía R"]
