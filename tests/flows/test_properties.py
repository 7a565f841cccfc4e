"""Whatever signed delivery comes, in whatever order and however often: one state, never an error.

The first tests damage the payloads of tests/payloads at random, the same at every run.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import SQLModel

from domain import customers, deliveries, window
from illumichat_app import clock, db, ingest
from models import (
    Conversation,
    ConversationEvent,
    CustomerIdentity,
    EventState,
    Media,
    Message,
    MessageDaily,
    MessageStatus,
    ParkedUpdate,
    State,
    Template,
    WebhookEvent,
)
from tests import factories, payloads
from tests.conftest import NOON
from tests.flows import stack as flows
from tests.flows.stack import Stack, apply_events, conversation, rows
from tests.flows.test_resilience import received, reply, text
from tests.flows.test_statuses import status
from tests.security.fuzz import damaged

pytestmark = pytest.mark.anyio

bounded = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

KEPT = (
    Message,
    Conversation,
    ConversationEvent,
    CustomerIdentity,
    Media,
    MessageDaily,
    ParkedUpdate,
    Template,
)

# Changes of who a customer is mean what they say only in their order.
ANY_ORDER = [
    name
    for name in payloads.names()
    if name.startswith(("03_", "04_", "08_", "09_")) and name != "04_callback_data"
] + ["kinds", "02_batch", "group_status"]


def state() -> str:
    """All that the product knows, as text."""
    kept = {kind.__name__: [row.model_dump(mode="json") for row in rows(kind)] for kind in KEPT}
    return json.dumps(kept, sort_keys=True)


def replay_all() -> None:
    with db.transaction() as session:
        deliveries.replay(session, 1, 2**31)
    apply_events()


@bounded
@given(payload=damaged())
async def test_a_damaged_delivery_gets_its_200_and_ends_in_one_state(
    stack: Stack, payload: dict[str, Any]
) -> None:
    assert await stack.deliver(payload) == 200
    apply_events()
    event = rows(WebhookEvent)[-1]
    assert event.state in (EventState.PROCESSED, EventState.FAILED)
    once = state()
    with db.transaction() as session:
        deliveries.replay(session, event.id, event.id)
    apply_events()
    assert state() == once


@bounded
@given(body=st.binary(max_size=200))
async def test_signed_noise_gets_its_200(stack: Stack, body: bytes) -> None:
    from integrations.whatsapp import signature
    from tests.conftest import PLATFORM_SECRET

    assert await stack.post(body, signature.sign(PLATFORM_SECRET, body)) == 200
    apply_events()


@settings(bounded, max_examples=4)
@given(order=st.permutations(ANY_ORDER), repeated=st.lists(st.sampled_from(ANY_ORDER), max_size=5))
async def test_every_order_ends_in_the_same_thread(
    stack: Stack, order: list[str], repeated: list[str]
) -> None:
    expected = await _thread_after(stack, ANY_ORDER)
    assert await _thread_after(stack, [*order, *repeated]) == expected
    replay_all()
    assert _thread() == expected


async def _thread_after(stack: Stack, names: list[str]) -> object:
    _begin_again()
    for name in names:
        assert await stack.deliver(payloads.load(name)) == 200
    apply_events()
    return _thread()


def _begin_again() -> None:
    with db.engine().begin() as connection:
        for table in reversed(SQLModel.metadata.sorted_tables):
            connection.execute(table.delete())
    with db.transaction() as session:
        _, channel, _, _ = flows.seed(session)
        talk = factories.conversation(session, channel, wa_id="447700900900")
        for wamid in ("wamid.OUT1", "wamid.OUT2"):
            factories.message(
                session, talk, direction="out", author="agent", status="accepted", wamid=wamid
            )


def _thread() -> object:
    messages = {
        row.wamid: (row.text, row.status, row.reactions, row.edited_at, row.deleted_at, row.sent_at)
        for row in rows(Message)
    }
    talks = sorted((row.title, row.unread, row.window_ends_at) for row in rows(Conversation))
    counts = [(day.inbound, day.delivered, day.read, day.failed) for day in rows(MessageDaily)]
    return messages, talks, counts


def test_two_intakes_with_the_same_deliveries_are_no_deadlock(database: str, redis: None) -> None:
    arrivals = [ingest.Arrival("s", f"{n}".encode(), {}, NOON) for n in range(400)]
    start = Barrier(2)

    def write(batch: list[ingest.Arrival]) -> None:
        start.wait()
        ingest.store(batch)

    with ThreadPoolExecutor() as pool:
        list(pool.map(write, (arrivals, arrivals[::-1])))
    assert {row.copies for row in rows(WebhookEvent)} == {2}


class TestRepetition:
    """What comes late, twice or from another time."""

    async def test_a_refusal_told_late_leaves_the_window_the_customer_opened(
        self, stack: Stack
    ) -> None:
        await received(stack, text("wamid.1"))
        message = reply(stack, conversation().id)
        await stack.drain()
        wamid = rows(Message, id=message.id)[0].wamid
        later = NOON + timedelta(minutes=5)
        clock.freeze(later)
        await received(stack, text("wamid.2", timestamp=str(int(later.timestamp()))))
        message.wamid = wamid
        await stack.deliver(status(message, "failed", errors=[{"code": 131047, "title": "closed"}]))
        apply_events()
        assert rows(Message, id=message.id)[0].status is MessageStatus.FAILED
        assert conversation().window_ends_at == later + window.LENGTH

    @pytest.mark.parametrize("name", ["calls", "user_preferences", "number_changed"])
    async def test_news_repeated_or_replayed_adds_no_second_line(
        self, stack: Stack, name: str
    ) -> None:
        await stack.receive(name)
        before = [(line.kind, line.data) for line in rows(ConversationEvent)]
        assert before
        with db.transaction() as session:
            deliveries.replay(session, 1, 1)
        apply_events()
        assert [(line.kind, line.data) for line in rows(ConversationEvent)] == before

    async def test_a_message_from_the_future_opens_no_endless_window(self, stack: Stack) -> None:
        await received(stack, text("wamid.1", timestamp="95617584000"), text("wamid.2"))
        assert conversation().window_ends_at == NOON + window.LENGTH
        assert conversation().last_at == NOON
        assert len(rows(Message)) == 2

    async def test_a_message_two_hours_late_changes_neither_list_nor_window(
        self, stack: Stack
    ) -> None:
        late = str(int((NOON - timedelta(hours=2)).timestamp()))
        await received(stack, text("wamid.new"), text("wamid.late", timestamp=late))
        assert conversation().last_preview == "wamid.new"
        assert conversation().window_ends_at == NOON + window.LENGTH
        assert conversation().unread == 2

    async def test_a_number_change_that_brings_a_new_user_id_keeps_the_history(
        self, stack: Stack
    ) -> None:
        await received(stack, text("wamid.1", from_user_id="ES.OLD"))
        system = {"type": "user_changed_number", "wa_id": "34699000111", "user_id": "ES.NEW"}
        item = text("wamid.2") | {"type": "system", "system": system}
        await received(stack, item, text("wamid.3", "34699000111", from_user_id="ES.NEW"))
        assert len(rows(Message, conversation_id=conversation().id)) == 2


class TestMerges:
    @pytest.mark.parametrize("kept", list(State))
    @pytest.mark.parametrize("lost", list(State))
    async def test_whoever_is_nearer_to_a_person_keeps_the_word(
        self, stack: Stack, kept: State, lost: State
    ) -> None:
        await self._merged(stack, {"state": kept}, {"state": lost})
        order = [State.CLOSED, State.ASSISTANT, State.NEEDS_HUMAN, State.HUMAN]
        assert conversation().state is max(kept, lost, key=order.index)

    async def test_a_claim_moves_with_its_conversation(self, stack: Stack) -> None:
        claimed = {"state": State.HUMAN, "claimed_by": stack.ana.user_id, "claimed_at": NOON}
        await self._merged(stack, {}, claimed)
        assert conversation().claimed_by == stack.ana.user_id

    async def test_a_conversation_without_words_takes_no_words_away(self, stack: Stack) -> None:
        heard = {"last_customer_message_id": 7, "last_preview": "Hello", "needs_reply": True}
        await self._merged(stack, heard, {"last_at": NOON + timedelta(minutes=1)})
        assert (conversation().last_customer_message_id, conversation().last_preview) == (
            7,
            "Hello",
        )

    async def _merged(self, stack: Stack, kept: dict[str, Any], lost: dict[str, Any]) -> None:
        with db.transaction() as session:
            both = [factories.conversation(session, stack.channel, **row) for row in (kept, lost)]
            for row in both:
                factories.message(session, row)
            keep, gone = (session.get_one(CustomerIdentity, row.identity_id) for row in both)
            customers.merge(session, keep=keep, gone=gone)
        assert len(rows(Message, conversation_id=conversation().id)) == 2
