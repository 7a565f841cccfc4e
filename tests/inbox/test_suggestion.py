"""The assistant's draft for a person's reply, through the real processor and guard."""

import pytest
from sqlmodel import select

from illumichat_app import db
from integrations import llm
from models import AssistantTrace, Conversation, KnowledgePassage, Message, State
from state.reply import Reply
from state.suggestion import Suggestion
from tests.accounts.conftest import _nobody_is_remembered, _quick_hashes, team
from tests.flows.stack import rows
from tests.inbox.boxes import OTHER, foreign, sent, tab, told
from tests.inbox.test_state import KEY, Browser, server, stored, talk

__all__ = ["_nobody_is_remembered", "_quick_hashes", "foreign", "server", "tab", "talk", "team"]

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("redis")]


async def test_the_assistants_draft_is_only_a_draft(tab: Browser, talk: int) -> None:
    with db.transaction() as session:
        row = session.get_one(Conversation, talk)
        body = "The shop is open from Monday to Friday, 9:00 to 17:00."
        session.add(
            KnowledgePassage(assistant_id=row.assistant_id, title="Opening hours", body=body)
        )
        last = session.exec(select(Message).order_by(Message.id.desc())).first()
        last.text = "What are your opening hours?"
    await tab.do(Suggestion, "ask", key=KEY)
    assert "9:00 to 17:00" in tab.var(Suggestion, "words")
    assert tab.var(Suggestion, "answered") == KEY
    assert (sent(), rows(AssistantTrace)) == ([], [])
    assert stored(talk).state is State.ASSISTANT


async def test_without_an_answer_there_is_no_draft(tab: Browser) -> None:
    await tab.do(Suggestion, "ask", key=KEY)
    assert (tab.var(Suggestion, "words"), tab.var(Suggestion, "answered")) == ("", KEY)
    assert told(tab, "would hand over")


async def test_a_model_that_fails_says_so(tab: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(_question: llm.Question, _model: str) -> llm.Answer:
        raise llm.ModelFailure("the key is not accepted", retryable=False)

    monkeypatch.setattr(llm, "answer", fails)
    await tab.do(Suggestion, "ask", key=KEY)
    assert told(tab, "the key is not accepted")


async def test_what_is_answered_needs_no_draft(tab: Browser, talk: int) -> None:
    await tab.do(Reply, "send", text="Of course", send_key=KEY)
    await tab.do(Suggestion, "ask", key=OTHER)
    assert told(tab, "nothing to answer")


async def test_a_stranger_gets_no_draft(foreign: Browser) -> None:
    await foreign.do(Suggestion, "ask", key=KEY)
    assert foreign.var(Suggestion, "words") == ""


async def test_who_lost_the_conversation_meanwhile_gets_no_draft(
    tab: Browser, talk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(_question: llm.Question, model: str) -> llm.Answer:
        with db.transaction() as session:
            session.delete(session.get_one(Conversation, talk))
        return llm.Answer("Too late", None, "", model)

    monkeypatch.setattr(llm, "answer", slow)
    await tab.do(Suggestion, "ask", key=KEY)
    assert "Too late" not in tab.server.wire.text
