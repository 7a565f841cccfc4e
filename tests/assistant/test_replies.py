"""The replies lane: typing shown, model asked with no transaction open, answer queued."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from domain import assistant
from illumichat_app import db
from integrations import llm
from integrations.whatsapp import process_client
from models import Assistant, AssistantTrace, Channel, ReadReceipts
from tests.assistant.conftest import Shop
from workers import replies

pytestmark = pytest.mark.anyio


class Meta:
    """Stands where the Graph client stands; knows who was shown ticks, and who "typing…" too."""

    def __init__(self) -> None:
        self.ticked: list[str] = []
        self.typed: list[str] = []
        self.error: Exception | None = None
        self.types = asyncio.Event()

    async def mark_read(self, credentials: Any, wamid: str, *, typing: bool) -> None:
        if self.error:
            raise self.error
        assert credentials.phone_number_id == "310000000000007"
        self.ticked.append(wamid)
        if typing:
            self.typed.append(wamid)
            self.types.set()


@pytest.fixture
def meta(monkeypatch: pytest.MonkeyPatch) -> Meta:
    stand_in = Meta()

    async def graph() -> Meta:
        return stand_in

    monkeypatch.setattr(process_client, "graph", graph)
    monkeypatch.setattr("illumichat_app.jobs.wake", lambda lane: None)
    monkeypatch.setattr("illumichat_app.nudges.publish", lambda changes: None)
    return stand_in


@pytest.fixture
def slow_model(shop: Shop, meta: Meta, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has its answer when the customer sees it type, and not before."""

    async def think(question: llm.Question, model: str) -> llm.Answer:
        await asyncio.wait_for(meta.types.wait(), 10)
        return await _thinks(question, model)

    monkeypatch.setattr(llm, "answer", think)
    shop.session.exec(select(Assistant)).one().model = "slow:model"


@pytest.fixture
def works(shop: Shop) -> Callable[[], Any]:
    """Work everything that is due, as the lane would."""

    async def work() -> None:
        shop.session.commit()
        for lease in await replies.claim(10):
            await replies.reply(lease)
        shop.session.expire_all()

    return work


async def test_an_answer_that_is_there_at_once_shows_ticks_and_no_typing(
    shop: Shop, meta: Meta, works: Callable[[], Any]
):
    message = shop.says("When are you open?")
    await works()

    assert shop.queued() == ["We are open from 9 to 17."]
    assert (meta.ticked, meta.typed) == ([message.wamid], [])
    assert await replies.next_due() is None


async def test_while_a_model_thinks_the_customer_sees_it_type(
    shop: Shop, meta: Meta, works: Callable[[], Any], slow_model: None
):
    message = shop.says()
    await works()

    assert meta.typed == [message.wamid]
    assert shop.queued() == ["Thought."]


@pytest.mark.parametrize("model", ["offline", "slow:model"])
async def test_no_ticks_where_read_receipts_are_off(
    shop: Shop,
    meta: Meta,
    works: Callable[[], Any],
    monkeypatch: pytest.MonkeyPatch,
    model: str,
):
    monkeypatch.setattr(llm, "answer", _thinks)
    shop.session.exec(select(Assistant)).one().model = model
    shop.session.exec(select(Channel)).one().read_receipts = ReadReceipts.NEVER
    shop.says()
    await works()

    assert meta.ticked == []
    assert shop.queued() == ["Thought."]


@pytest.mark.parametrize("model", ["offline", "slow:model"])
async def test_a_broken_receipt_never_stops_the_answer(
    shop: Shop,
    meta: Meta,
    works: Callable[[], Any],
    monkeypatch: pytest.MonkeyPatch,
    model: str,
):
    monkeypatch.setattr(llm, "answer", _thinks)
    shop.session.exec(select(Assistant)).one().model = model
    meta.error = RuntimeError("Meta is away")
    shop.says()
    await works()

    assert shop.queued() == ["Thought."]


async def test_silence_neither_types_nor_asks(
    shop: Shop, meta: Meta, works: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(llm, "answer", _must_not_be_asked)
    shop.says()
    shop.conversation.ai_enabled = False
    await works()

    assert meta.ticked == []
    assert shop.traces() == [("silent", "conversation_ai_off")]


async def test_the_database_is_free_while_the_model_thinks(
    shop: Shop, meta: Meta, works: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
):
    async def think(question: llm.Question, model: str) -> llm.Answer:
        await db.run(assistant.due, shop.conversation.last_at, 1)  # SQLite would wait for 30 s
        return llm.Answer("Thought.", None, "", model)

    monkeypatch.setattr(llm, "answer", think)
    shop.says()
    await works()

    assert shop.queued() == ["Thought."]


async def test_a_failure_of_the_model_is_kept_for_the_next_try(
    shop: Shop, meta: Meta, works: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
):
    async def fail(question: llm.Question, model: str) -> llm.Answer:
        raise llm.ModelFailure("The AI model did not answer in time", retryable=True)

    monkeypatch.setattr(llm, "answer", fail)
    shop.says()
    await works()
    trace = shop.session.exec(select(AssistantTrace)).one()

    assert (trace.decision, trace.reason) == ("failed", "The AI model did not answer in time")
    assert shop.queued() == []
    assert await replies.next_due() == shop.conversation.reply_due_at


async def _thinks(question: llm.Question, model: str) -> llm.Answer:
    return llm.Answer("Thought.", None, "", model)


async def _must_not_be_asked(question: llm.Question, model: str) -> llm.Answer:
    raise AssertionError
