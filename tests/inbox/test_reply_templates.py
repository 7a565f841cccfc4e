"""The template picker below the messages, through the real processor and guard."""

from datetime import timedelta

import pytest

from illumichat_app import db
from illumichat_app.errors import NotFound
from models import State, Template
from state.reply import Reply
from state.template import Templates
from state.thread import Thread
from tests.accounts.conftest import Team, _nobody_is_remembered, _quick_hashes, team
from tests.inbox.boxes import OTHER, close_window, foreign, of_kind, tab, told
from tests.inbox.test_state import KEY, Browser, server, stored, talk

__all__ = ["_nobody_is_remembered", "_quick_hashes", "foreign", "server", "tab", "talk", "team"]

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("redis")]


@pytest.fixture
def templates(team: Team, talk: int) -> list[int]:
    """One that can be sent, in Spanish, and one that Meta rejected."""
    body = {"type": "BODY", "text": "Hola {{1}}, ¿seguimos?"}
    facts = {"workspace_id": team.admin.workspace_id, "waba_id": "210000000000001"}
    with db.transaction() as session:
        made = [
            Template(**facts, name=name, language=language, category="UTILITY", status=status)
            for name, language, status in (
                ("we_missed_you", "es", "APPROVED"),
                ("free_gift", "en_GB", "REJECTED"),
            )
        ]
        for row in made:
            row.components = [body]
            session.add(row)
        session.flush()
        return [row.id for row in made]


async def test_a_template_goes_out_when_the_window_is_closed(
    tab: Browser, talk: int, templates: list[int]
) -> None:
    close_window(talk)
    await tab.do(Templates, "search", words="", language="")
    good, bad = tab.var(Templates, "choices")
    assert (good.id, good.problem, good.variables[0].value) == (templates[0], "", "Lucía")
    assert "rejected" in bad.problem
    assert tab.var(Templates, "languages") == ["en_GB", "es"]
    assert tab.var(Templates, "loaded_for") == talk
    call = {"template_id": good.id, "values": {"body.1": "Marta"}, "header_file": ""}
    for _ in range(2):
        await tab.do(Templates, "send", **call, send_key=KEY)
    (row,) = of_kind("template")
    assert (row.text, tab.var(Templates, "taken")) == ("Hola Marta, ¿seguimos?", KEY)
    assert tab.var(Thread, "items")[-1].text == "Hola Marta, ¿seguimos?"


@pytest.mark.parametrize(
    ("words", "language", "names"),
    [("missed", "", ["we_missed_you"]), ("", "en_GB", ["free_gift"]), ("missed", "en_GB", [])],
)
async def test_templates_by_words_and_language(
    tab: Browser, templates: list[int], words: str, language: str, names: list[str]
) -> None:
    await tab.do(Templates, "search", words=words, language=language)
    assert [each.name for each in tab.var(Templates, "choices")] == names


@pytest.mark.parametrize(
    ("which", "values", "words"),
    [
        (1, {"body.1": "Marta"}, "rejected"),
        (0, {}, "Fill this in"),
        (0, {"body.1": "x" * 1025}, "characters"),
        (None, {"body.1": "Marta"}, "not here any more"),
    ],
)
async def test_templates_that_are_refused(
    tab: Browser, templates: list[int], which: int | None, values: dict[str, str], words: str
) -> None:
    number = 999 if which is None else templates[which]
    call = {"template_id": number, "values": values, "send_key": KEY, "header_file": ""}
    await tab.do(Templates, "send", **call)
    assert (tab.var(Templates, "answered"), told(tab, words)) == (KEY, True)
    assert of_kind("template") == []


async def test_a_stranger_sends_no_template(foreign: Browser, templates: list[int]) -> None:
    with pytest.raises(NotFound):
        await foreign.do(Templates, "search", words="", language="")
    call = {"template_id": templates[0], "values": {"body.1": "Marta"}, "header_file": ""}
    await foreign.do(Templates, "send", **call, send_key=KEY)
    assert of_kind("template") == []
    assert "we_missed_you" not in foreign.server.wire.text


async def test_a_template_that_takes_over_can_be_taken_back(
    tab: Browser, talk: int, templates: list[int], hold: timedelta
) -> None:
    call = {"template_id": templates[0], "values": {"body.1": "Marta"}, "header_file": ""}
    await tab.do(Templates, "send", **call, send_key=KEY)
    assert tab.var(Reply, "undo_key") == KEY
    await tab.do(Reply, "undo", key=OTHER)
    assert tab.var(Reply, "given_back_key") == OTHER
    assert (stored(talk).state, tab.var(Reply, "undo_seconds")) == (State.ASSISTANT, 5)
