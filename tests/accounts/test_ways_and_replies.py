"""How we work and the saved replies in the settings, through the real guard and handlers."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from reflex_base.utils.format import format_event_handler

from domain import saved_replies, ways_of_working
from domain.access import Actor
from domain.ways_of_working import WaysOfWorking
from illumichat_app import db
from models import AuditEntry, SavedReply, Workspace
from state.how_we_work import HowWeWork
from state.saved_replies import SavedReplies
from tests.accounts.conftest import Team
from tests.flows.stack import rows
from tests.security import pipeline

pytestmark = pytest.mark.anyio


@pytest.fixture
async def server() -> AsyncIterator[pipeline.Server]:
    async with pipeline.server() as running:
        yield running


class Page:
    """The settings page as one person sees it."""

    def __init__(self, server: pipeline.Server, team: Team, who: Actor) -> None:
        self.tab = server.tab(team.signed_in(who), path="/settings/")
        self.wire = server.wire

    async def do(self, state: Any, handler: str, **payload: object) -> str:
        """Call a handler; returns what the browser is told besides the vars."""
        self.wire.updates.clear()
        await self.tab.send(format_event_handler(state.event_handlers[handler]), **payload)
        return self.wire.events[-1] if self.wire.events else ""

    async def shown(self, state: Any, *names: str) -> list[Any]:
        """The values of a state's vars."""
        await self.do(state, "load")
        return [self.wire.var_values.get(f"{_own(state)}.{name}_rx_state_") for name in names]

    def var(self, state: Any, name: str) -> Any:
        return self.wire.var_values.get(f"{_own(state)}.{name}_rx_state_")


def _own(state: Any) -> str:
    return state.get_full_name().rpartition(".")[2]


@pytest.fixture
async def admin(server: pipeline.Server, team: Team) -> Page:
    return Page(server, team, team.admin)


@pytest.fixture
async def agent(server: pipeline.Server, team: Team) -> Page:
    return Page(server, team, team.agent)


# ---- how we work


def ways(team: Team) -> WaysOfWorking:
    with db.reading() as session:
        return ways_of_working.read(session, team.admin)


def given(resume: str, amount: str = "", unit: str = "minutes", **more: object) -> dict[str, Any]:
    return {"resume": resume, "amount": amount, "unit": unit, **more}


@pytest.mark.parametrize(
    ("form", "kept", "shown"),
    [
        (given("240"), WaysOfWorking(240), ("240", "4 hours")),
        (given("0"), WaysOfWorking(0), ("0", "")),
        (given("10080"), WaysOfWorking(10_080), ("10080", "7 days")),
        (given("other", "90"), WaysOfWorking(90), ("other", "90 minutes")),
        (given("other", " 3 ", "hours"), WaysOfWorking(180), ("other", "3 hours")),
        (given("other", "2", "days"), WaysOfWorking(2880), ("other", "2 days")),
        (given("other", "60"), WaysOfWorking(60), ("60", "1 hour")),
        (
            given("15", only_claimer="on"),
            WaysOfWorking(15, only_claimer_replies=True),
            ("15", "15 minutes"),
        ),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_an_admin_says_how_we_work(
    admin: Page, team: Team, form: dict[str, Any], kept: WaysOfWorking, shown: tuple[str, str]
) -> None:
    with db.transaction() as session:
        ways_of_working.save(session, team.admin, WaysOfWorking(5))
    await admin.do(HowWeWork, "load")
    assert "Saved." in await admin.do(HowWeWork, "save", form_data=form)
    assert ways(team) == kept
    assert (admin.var(HowWeWork, "choice"), admin.var(HowWeWork, "resumes")) == shown
    assert rows(AuditEntry)[-1].actor_id == team.admin.user_id


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (given("other", "4"), "5 minutes at the earliest"),
        (given("other", "8", "days"), "7 days at the latest"),
        (given("other", "0"), "5 minutes at the earliest"),
        (given("other", "soon"), "whole number"),
        (given("other", "1.5", "hours"), "whole number"),
        (given("other", "-60"), "whole number"),
        (given("other", "9", "weeks"), "minutes, hours or days"),
        (given("3"), "5 minutes at the earliest"),
        ({}, "whole number"),
        ({"resume": 5}, "whole number"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_length_that_does_not_fit_is_said(
    admin: Page, team: Team, form: dict[str, Any], words: str
) -> None:
    await admin.do(HowWeWork, "save", form_data=form)
    assert words in admin.var(HowWeWork, "problem")
    assert ways(team) == WaysOfWorking()


async def test_the_form_starts_anew_only_when_others_saved(admin: Page, team: Team) -> None:
    await admin.do(HowWeWork, "load")
    await admin.do(HowWeWork, "choose", choice="other")
    before = admin.var(HowWeWork, "shown")
    await admin.do(HowWeWork, "load")
    assert (before, admin.var(HowWeWork, "shown")) == (None, None)  # nothing was sent
    with db.transaction() as session:
        ways_of_working.save(session, team.admin, WaysOfWorking(120))
    await admin.do(HowWeWork, "load")
    assert [admin.var(HowWeWork, name) for name in ("amount", "unit")] == [2, "hours"]


async def test_an_agent_reads_the_rules_and_changes_none(agent: Page, team: Team) -> None:
    with db.transaction() as session:
        ways_of_working.save(session, team.admin, WaysOfWorking(60, only_claimer_replies=True))
    assert await agent.shown(HowWeWork, "resumes", "only_claimer") == ["1 hour", True]
    for handler, payload in (
        ("save", {"form_data": given("0")}),
        ("choose", {"choice": "0"}),
    ):
        assert "does not allow" in await agent.do(HowWeWork, handler, **payload)
    assert ways(team) == WaysOfWorking(60, only_claimer_replies=True)
    assert {row.auto_resume_minutes for row in rows(Workspace)} == {60, 0}


# ---- saved replies


def reply(team: Team, who: Actor, shortcut: str, text: str = "Hello {name}") -> int:
    with db.transaction() as session:
        return saved_replies.save(session, who, shortcut=shortcut, text=text).id


async def test_everybody_lists_and_finds_them(agent: Page, team: Team) -> None:
    mine, other = reply(team, team.agent, "hello"), reply(team, team.admin, "hours", "From nine")
    reply(team, team.stranger, "secret")
    (listed,) = await agent.shown(SavedReplies, "rows")
    assert [(row.id, row.may_change) for row in listed] == [(mine, True), (other, False)]
    await agent.do(SavedReplies, "search_for", words="/NINE")
    assert [row.shortcut for row in agent.var(SavedReplies, "rows")] == ["hours"]


async def test_one_is_added_changed_and_deleted(agent: Page, team: Team) -> None:
    await agent.do(SavedReplies, "load")
    await agent.do(SavedReplies, "write_new")
    form = {"shortcut": "/hello", "text": "Hello {first_name}"}
    assert "saved" in await agent.do(SavedReplies, "save", form_data=form)
    assert agent.var(SavedReplies, "shown") is False
    (row,) = agent.var(SavedReplies, "rows")
    await agent.do(SavedReplies, "edit", saved_reply=row.id)
    assert agent.var(SavedReplies, "open_one") == row
    await agent.do(SavedReplies, "save", form_data=form | {"text": "Hi"})
    assert [(each.shortcut, each.text) for each in rows(SavedReply)] == [("hello", "Hi")]
    assert "deleted" in await agent.do(SavedReplies, "delete", saved_reply=row.id)
    assert rows(SavedReply) == []


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"shortcut": "Two words", "text": "x"}, "lower-case letters"),
        ({"shortcut": "fine", "text": " "}, "Write the words"),
        ({"shortcut": "taken", "text": "x"}, "already a saved reply /taken"),
        ({}, "lower-case letters"),
    ],
)
async def test_what_does_not_fit_is_said_in_the_dialog(
    agent: Page, team: Team, form: dict[str, Any], words: str
) -> None:
    reply(team, team.admin, "taken")
    await agent.do(SavedReplies, "write_new")
    await agent.do(SavedReplies, "save", form_data=form)
    assert words in agent.var(SavedReplies, "problem")
    assert len(rows(SavedReply)) == 1


async def test_another_persons_reply_is_changed_by_an_admin_only(
    admin: Page, agent: Page, team: Team
) -> None:
    number = reply(team, team.admin, "hello")
    await agent.do(SavedReplies, "load")
    assert "not yours" in await agent.do(SavedReplies, "edit", saved_reply=number)
    assert "can change it" in await agent.do(SavedReplies, "delete", saved_reply=number)
    assert len(rows(SavedReply)) == 1
    theirs = reply(team, team.agent, "mine")
    await admin.do(SavedReplies, "load")
    assert "deleted" in await admin.do(SavedReplies, "delete", saved_reply=theirs)


async def test_a_reply_of_another_workspace_is_not_found(agent: Page, team: Team) -> None:
    number = reply(team, team.stranger, "secret")
    await agent.do(SavedReplies, "load")
    for handler in ("edit", "delete"):
        assert "not yours" in await agent.do(SavedReplies, handler, saved_reply=number)
    assert len(rows(SavedReply)) == 1
