"""The assistants' pages, through the real guard and the real handlers."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from reflex_base.event import Event
from reflex_base.utils.format import format_event_handler
from sqlmodel import select

from domain.access import Actor
from illumichat_app import db
from integrations import llm
from models import Assistant, AssistantTrace, KnowledgePassage, Message
from state import assistants as pages
from state.assistants import Assistants, Editor, Knowledge, Playground
from tests import factories
from tests.accounts.conftest import Team, _nobody_is_remembered, _quick_hashes, team
from tests.security import pipeline
from tests.security.pipeline import database_rows

__all__ = ["_nobody_is_remembered", "_quick_hashes", "team"]

pytestmark = pytest.mark.anyio


class Browser:
    """A tab at the page of one assistant."""

    def __init__(self, server: pipeline.Server, cookie: str, assistant: object) -> None:
        self.server, self.cookie, self.assistant = server, cookie, str(assistant)
        self.tab = server.tab(cookie, "/assistants/[assistant]")

    async def do(self, state: Any, handler: str, **payload: Any) -> None:
        await (await self.start(state, handler, **payload)).wait_all()

    async def start(self, state: Any, handler: str, **payload: Any) -> Any:
        data = {"pathname": self.tab.path, "asPath": "/assistants", "token": self.tab.token}
        query, headers = {"assistant": self.assistant}, {"cookie": self.cookie}
        event = Event(
            name=format_event_handler(state.event_handlers[handler]),
            payload=payload,
            router_data=data | {"query": query, "headers": headers},
        )
        return await self.server.processor.enqueue(self.tab.token, event)

    async def open(self) -> None:
        await self.do(Editor, "load")

    async def ask(self, question: str) -> None:
        await self.do(Playground, "ask", form_data={"question": question})

    def var(self, state: Any, name: str) -> Any:
        """The value the browser saw last."""
        own = state.get_full_name().rpartition(".")[2]
        return self.server.wire.var_values.get(f"{own}.{name}_rx_state_")

    @property
    def told(self) -> str:
        return self.server.wire.events[-1] if self.server.wire.events else ""


@pytest.fixture
async def server() -> AsyncIterator[pipeline.Server]:
    async with pipeline.server() as running:
        yield running


@pytest.fixture
def helper(team: Team) -> int:
    """The admin's assistant, which knows one thing."""
    with db.transaction() as session:
        place = session.get_one(factories.Workspace, team.admin.workspace_id)
        made = factories.assistant(
            session, place, returns="You can return unused items within 30 days."
        )
        return made.id


def browser(server: pipeline.Server, team: Team, who: Actor, assistant: object) -> Browser:
    return Browser(server, team.signed_in(who), assistant)


@pytest.fixture
async def admin(server: pipeline.Server, team: Team, helper: int) -> Browser:
    opened = browser(server, team, team.admin, helper)
    await opened.open()
    return opened


@pytest.fixture
async def agent(server: pipeline.Server, team: Team, helper: int) -> Browser:
    return browser(server, team, team.agent, helper)


def stored(assistant_id: int) -> Assistant:
    with db.reading() as session:
        return session.get_one(Assistant, assistant_id)


def titles() -> list[str]:
    with db.reading() as session:
        query = select(KnowledgePassage.title).order_by(KnowledgePassage.title)
        return list(session.exec(query).all())


async def test_everybody_reads_the_list(admin: Browser, agent: Browser, helper: int) -> None:
    for tab in (admin, agent):
        await tab.do(Assistants, "load")
        assert [row.id for row in tab.var(Assistants, "rows")] == [helper]


async def test_a_new_assistant_opens_its_page(admin: Browser) -> None:
    await admin.do(Assistants, "ask_name", shown=True)
    await admin.do(Assistants, "create", form_data={"name": "Night shift"})
    assert admin.var(Assistants, "naming") is False
    with db.reading() as session:
        made = session.exec(select(Assistant).where(Assistant.name == "Night shift")).one()
    assert f"/assistants/{made.id}/" in admin.told


async def test_a_taken_name_keeps_the_dialog_and_says_why(admin: Browser) -> None:
    await admin.do(Assistants, "ask_name", shown=True)
    await admin.do(Assistants, "create", form_data={"name": "Harbour assistant"})
    assert admin.var(Assistants, "naming") is True
    assert "already an assistant named" in admin.var(Assistants, "problem")


async def test_an_agent_opens_nothing_but_the_list(agent: Browser, helper: int) -> None:
    await agent.open()
    assert agent.var(Editor, "loaded") is True
    assert not agent.var(Editor, "name")
    assert not agent.var(Knowledge, "rows")
    for state, handler, payload in (
        (Assistants, "create", {"form_data": {"name": "Forged"}}),
        (Editor, "save", {"form_data": {"name": "Forged"}}),
        (Knowledge, "save", {"form_data": {"title": "Forged", "body": "Forged"}}),
        (Knowledge, "delete", {"passage": 1}),
        (Playground, "ask", {"form_data": {"question": "Returns?"}}),
    ):
        await agent.do(state, handler, **payload)
        assert "does not allow" in agent.told, handler
    assert (stored(helper).name, titles()) == ("Harbour assistant", ["Returns"])


@pytest.mark.parametrize("address", ["", "0", "-1", "x", "9" * 30, "424242"])
async def test_an_address_without_an_assistant(
    server: pipeline.Server, team: Team, helper: int, address: str
) -> None:
    tab = browser(server, team, team.admin, address)
    await tab.open()
    assert tab.var(Editor, "missing") is True


async def test_a_stranger_finds_nothing(server: pipeline.Server, team: Team, helper: int) -> None:
    tab = browser(server, team, team.stranger, helper)
    await tab.open()
    assert tab.var(Editor, "missing") is True
    assert "Returns" not in server.wire.text


# ---- unsaved changes


async def test_save_waits_for_a_change(admin: Browser) -> None:
    assert not admin.var(Editor, "changed")
    await admin.do(Editor, "change", field="name", words="Harbour")
    assert admin.var(Editor, "changed") is True
    await admin.do(Editor, "change", field="name", words="Harbour assistant")
    assert admin.var(Editor, "changed") is False


@pytest.mark.parametrize(
    ("handler", "payload"),
    [
        ("change", {"field": "instructions", "words": "Be kind."}),
        ("change", {"field": "model", "words": "offline"}),
        ("add_guidance", {}),
    ],
    ids=["instructions", "model", "guidance"],
)
async def test_each_change_counts_and_can_be_discarded(
    admin: Browser, helper: int, handler: str, payload: dict[str, str]
) -> None:
    await admin.do(Editor, handler, **payload)
    assert admin.var(Editor, "changed") is True
    await admin.do(Editor, "discard")
    assert admin.var(Editor, "changed") is False
    assert stored(helper).instructions == ""


async def test_saving_ends_the_change(admin: Browser, helper: int) -> None:
    await admin.do(Editor, "change", field="name", words="Night")
    form = {"name": "Night shift", "instructions": "Be kind.", "model": "offline"}
    await admin.do(Editor, "save", form_data=form)
    assert admin.var(Editor, "changed") is False
    assert (stored(helper).name, stored(helper).model) == ("Night shift", "offline")
    assert "saved" in admin.told


async def test_a_refusal_keeps_what_was_typed(admin: Browser, helper: int) -> None:
    await admin.do(Editor, "change", field="model", words="gpt")
    form = {"name": "Harbour assistant", "instructions": "", "model": "gpt"}
    await admin.do(Editor, "save", form_data=form)
    assert "model is not known" in admin.var(Editor, "problem")
    assert (admin.var(Editor, "model"), admin.var(Editor, "changed")) == ("gpt", True)
    assert stored(helper).model == ""


async def test_a_broken_line_keeps_the_draft_and_leaving_does_not(admin: Browser) -> None:
    await admin.do(Editor, "change", field="name", words="Draft")
    await admin.open()
    assert (admin.var(Editor, "name"), admin.var(Editor, "changed")) == ("Draft", True)
    await admin.do(Editor, "leave")
    await admin.open()
    assert (admin.var(Editor, "name"), admin.var(Editor, "changed")) == ("Harbour assistant", False)


# ---- knowledge


async def test_a_passage_is_written_found_changed_and_deleted(admin: Browser) -> None:
    await admin.do(Knowledge, "write", shown=True)
    await admin.do(Knowledge, "save", form_data={"title": "Opening", "body": "From 9."})
    assert (admin.var(Knowledge, "writing"), titles()) == (False, ["Opening", "Returns"])
    await admin.do(Knowledge, "search_for", words="from 9")
    (row,) = admin.var(Knowledge, "rows")
    await admin.do(Knowledge, "edit", passage=row.id)
    assert (admin.var(Knowledge, "title"), admin.var(Knowledge, "body")) == ("Opening", "From 9.")
    await admin.do(Knowledge, "save", form_data={"title": "Opening hours", "body": "From 9."})
    assert titles() == ["Opening hours", "Returns"]
    await admin.do(Knowledge, "delete", passage=row.id)
    assert (titles(), admin.var(Knowledge, "total")) == (["Returns"], 1)


async def test_a_refused_passage_stays_in_its_dialog(admin: Browser) -> None:
    await admin.do(Knowledge, "write", shown=True)
    await admin.do(Knowledge, "save", form_data={"title": "returns", "body": "Forged"})
    assert admin.var(Knowledge, "writing") is True
    assert "already a passage" in admin.var(Knowledge, "problem")
    assert titles() == ["Returns"]


async def test_more_passages_come_below(admin: Browser, helper: int) -> None:
    with db.transaction() as session:
        for number in range(60):
            session.add(KnowledgePassage(assistant_id=helper, title=f"T{number}", body="b"))
    await admin.do(Knowledge, "load")
    assert (len(admin.var(Knowledge, "rows")), admin.var(Knowledge, "has_more")) == (50, True)
    await admin.do(Knowledge, "more")
    assert (len(admin.var(Knowledge, "rows")), admin.var(Knowledge, "has_more")) == (61, False)
    await admin.do(Knowledge, "more")
    assert len(admin.var(Knowledge, "rows")) == 61


# ---- the playground


async def test_it_answers_offline_and_shows_why(admin: Browser) -> None:
    before = database_rows()
    await admin.ask("Can I return unused items?")
    outcome = admin.var(Playground, "outcome")
    assert outcome.answer == "You can return unused items within 30 days."
    assert (outcome.hand_over, outcome.failure) == ("", "")
    assert outcome.facts.startswith("offline · ")
    ((title, score),) = [(each.title, each.score) for each in admin.var(Playground, "found")]
    assert title == "Returns"
    assert float(score) > 0
    assert admin.var(Playground, "asking") is False
    assert database_rows() == before
    with db.reading() as session:
        assert session.exec(select(AssistantTrace)).all() == []
        assert session.exec(select(Message)).all() == []


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Do you repair sails?", "not in its passages"),
        ("I want to talk to a person", "asks for a person"),
    ],
)
async def test_it_says_when_it_would_hand_over(admin: Browser, question: str, words: str) -> None:
    await admin.ask(question)
    assert words in admin.var(Playground, "outcome").hand_over


async def test_it_answers_with_the_saved_settings(admin: Browser, helper: int) -> None:
    await admin.do(Editor, "change", field="model", words="google:gemini-2.5-flash")
    await admin.ask("Can I return unused items?")
    assert admin.var(Playground, "outcome").facts.startswith("offline")


async def test_a_model_without_key_is_named(admin: Browser, helper: int) -> None:
    with db.transaction() as session:
        session.get_one(Assistant, helper).model = "google:gemini-2.5-flash"
    await admin.ask("Can I return unused items?")
    outcome = admin.var(Playground, "outcome")
    assert "GOOGLE_API_KEY is not set" in outcome.failure
    assert (outcome.answer, admin.var(Playground, "asking")) == ("", False)


async def test_an_empty_question_is_refused_in_words(admin: Browser) -> None:
    await admin.ask(" ")
    assert "The question is empty" in admin.var(Playground, "problem")
    assert not admin.var(Playground, "asking")


class SlowModel:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.asked, self.go, self.calls = asyncio.Event(), asyncio.Event(), 0

    async def answer(self, question: llm.Question, model: str) -> llm.Answer:
        self.calls += 1
        self.asked.set()
        await self.go.wait()
        return llm.Answer("Late", None, "")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> SlowModel:
    model = SlowModel()
    monkeypatch.setattr(llm, "answer", model.answer)
    return model


async def test_the_page_is_free_while_the_model_thinks(admin: Browser, slow: SlowModel) -> None:
    asking = await admin.start(Playground, "ask", form_data={"question": "Returns?"})
    await slow.asked.wait()
    assert admin.var(Playground, "asking") is True
    await admin.do(Editor, "show", section="knowledge")
    assert admin.var(Editor, "section") == "knowledge"
    await admin.ask("And again?")
    slow.go.set()
    await asking.wait_all()
    assert (slow.calls, admin.var(Playground, "outcome").answer) == (1, "Late")


async def test_an_answer_to_a_page_that_was_opened_anew_is_dropped(
    admin: Browser, slow: SlowModel
) -> None:
    asking = await admin.start(Playground, "ask", form_data={"question": "Returns?"})
    await slow.asked.wait()
    await admin.open()
    slow.go.set()
    await asking.wait_all()
    assert not admin.var(Playground, "answered")
    assert admin.var(Playground, "asking") is False


async def test_a_model_that_never_answers_is_given_up(
    admin: Browser, slow: SlowModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PATIENCE", 0.01)
    await admin.ask("Returns?")
    assert "did not answer in time" in admin.var(Playground, "outcome").failure


async def test_a_bug_leaves_no_button_spinning(
    admin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> llm.Answer:
        raise RuntimeError("broken")

    monkeypatch.setattr(llm, "answer", broken)
    with pytest.raises(RuntimeError):
        await admin.ask("Returns?")
    assert admin.var(Playground, "asking") is False
    assert "went wrong" in admin.var(Playground, "outcome").failure
