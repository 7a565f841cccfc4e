"""Sending: in order, once, within the window, and never over a person."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import select

from domain import access, conversations, outbox, window
from domain.access import Actor
from illumichat_app import clock, db
from illumichat_app.errors import ChannelOff, Invalid, NotFound, WindowClosed
from models import (
    Author,
    Channel,
    Conversation,
    ConversationEvent,
    Message,
    MessageStatus,
    Role,
    SendAttempt,
    State,
)
from tests import factories
from tests.conftest import NOON
from tests.flows.stack import Stack, conversation, rows

pytestmark = pytest.mark.anyio

S = MessageStatus


@pytest.fixture
async def greeted(stack: Stack) -> Stack:
    """Lucía has written and the assistant has answered."""
    stack.says("Hello")
    await stack.settle()
    return stack


def reply(actor: Actor, text: str, key: str = "key-00001") -> Message:
    with db.transaction() as session:
        return outbox.queue_text(session, actor, conversation().id, text, key)


def ours() -> list[Message]:
    return [message for message in rows(Message) if message.author is Author.AGENT]


async def test_a_reply_reaches_the_phone_and_takes_over(greeted: Stack) -> None:
    reply(greeted.ana, "Good morning 😀")
    await greeted.settle()
    assert greeted.on_phone()[-1] == "Good morning 😀"
    assert conversation().state is State.HUMAN
    assert conversation().claimed_by == greeted.ana.user_id
    assert rows(ConversationEvent)[-1].kind == "taken_over"


async def test_our_attempts_key_travels_with_it(greeted: Stack) -> None:
    reply(greeted.ana, "Good morning")
    await greeted.settle()
    assert greeted.sends()[-1]["biz_opaque_callback_data"] == rows(SendAttempt)[-1].key


async def test_a_double_click_is_one_message(greeted: Stack) -> None:
    first = reply(greeted.ana, "Good morning")
    again = reply(greeted.ana, "Good morning")
    await greeted.settle()
    assert first.id == again.id
    assert greeted.on_phone().count("Good morning") == 1


async def test_two_clicks_at_the_same_moment_are_one_message(greeted: Stack) -> None:
    async def click() -> None:
        await asyncio.to_thread(reply, greeted.ana, "Good morning")

    await asyncio.gather(click(), click(), return_exceptions=True)
    assert len(ours()) == 1


@pytest.mark.parametrize("text", ["", "   \n", "x" * 4097, {"not": "text"}])
async def test_what_whatsapp_would_refuse_is_refused_first(greeted: Stack, text: str) -> None:
    with pytest.raises(Invalid):
        reply(greeted.ana, text)
    assert ours() == []


async def test_a_key_nobody_made_is_refused(greeted: Stack) -> None:
    with pytest.raises(Invalid):
        reply(greeted.ana, "Good morning", "1")


async def test_another_workspace_finds_no_conversation(greeted: Stack) -> None:
    with db.transaction() as session:
        stranger = factories.person(session, factories.workspace(session, "Other"), role=Role.ADMIN)
    with pytest.raises(NotFound):
        reply(stranger, "Good morning")


@pytest.mark.parametrize("number", [0, -1, True, "1", {"id": 1}, None, 2**70])
async def test_a_number_that_is_none_finds_nothing(greeted: Stack, number: object) -> None:
    with db.reading() as session, pytest.raises(NotFound):
        access.conversation(session, greeted.ana, number)  # type: ignore[arg-type]


class TestWindow:
    @pytest.mark.parametrize(
        ("after", "is_open"),
        [
            (timedelta(0), True),
            (timedelta(hours=23, minutes=59, seconds=59), True),
            (timedelta(hours=24), False),
            (timedelta(days=3), False),
        ],
    )
    def test_it_lasts_24_hours_from_metas_timestamp(self, after: timedelta, is_open: bool) -> None:
        row = Conversation(last_at=NOON)
        window.opened_by(row, NOON)
        assert window.is_open(row, NOON + after) is is_open

    def test_an_older_message_does_not_shorten_it(self) -> None:
        row = Conversation(last_at=NOON)
        window.opened_by(row, NOON)
        window.opened_by(row, NOON - timedelta(hours=5))
        assert row.window_ends_at == NOON + timedelta(hours=24)

    def test_before_the_first_message_it_is_closed(self) -> None:
        assert not window.is_open(Conversation(last_at=NOON), NOON)

    async def test_outside_it_nothing_is_queued_and_meta_is_not_called(
        self, greeted: Stack
    ) -> None:
        calls = len(greeted.simulator.traffic.entries)
        clock.freeze(NOON + timedelta(hours=25))
        with pytest.raises(WindowClosed, match="template"):
            reply(greeted.ana, "Too late")
        await greeted.drain()
        assert len(greeted.simulator.traffic.entries) == calls

    async def test_a_queued_message_that_waited_too_long_is_not_sent(self, greeted: Stack) -> None:
        reply(greeted.ana, "Just in time?")
        calls = len(greeted.sends())
        clock.freeze(NOON + timedelta(hours=25))
        await greeted.drain()
        assert ours()[0].status is S.FAILED
        assert "24-hour window" in ours()[0].error
        assert len(greeted.sends()) == calls

    async def test_the_customers_next_message_opens_it_again(self, greeted: Stack) -> None:
        clock.freeze(NOON + timedelta(hours=25))
        greeted.says("Are you there?")
        await greeted.settle()
        reply(greeted.ana, "Yes")
        await greeted.settle()
        assert greeted.on_phone()[-1] == "Yes"


async def test_messages_keep_their_order(greeted: Stack) -> None:
    for number in range(5):
        reply(greeted.ana, f"Part {number}", f"key-{number:05}")
    await greeted.settle()
    assert greeted.on_phone()[-5:] == [f"Part {number}" for number in range(5)]


async def test_a_message_that_waits_holds_back_the_next_one(greeted: Stack) -> None:
    greeted.simulator.faults.update({"pair_limit": 1})
    reply(greeted.ana, "First", "key-00001")
    reply(greeted.ana, "Second", "key-00002")
    await greeted.drain()
    await greeted.drain()
    assert [message.status for message in ours()] == [S.QUEUED, S.QUEUED]
    clock.freeze(clock.now() + timedelta(minutes=1))
    await greeted.settle()
    assert greeted.on_phone()[-2:] == ["First", "Second"]


async def test_the_pair_limit_is_waited_out(greeted: Stack) -> None:
    """Meta: 4^n seconds after attempt n."""
    greeted.simulator.faults.update({"pair_limit": 2})
    reply(greeted.ana, "Patience")
    await greeted.drain()
    assert ours()[0].next_attempt_at == NOON + timedelta(seconds=4)
    clock.freeze(NOON + timedelta(seconds=4))
    await greeted.drain()
    assert ours()[0].next_attempt_at == NOON + timedelta(seconds=4 + 16)
    clock.freeze(NOON + timedelta(seconds=20))
    await greeted.settle()
    assert [attempt.outcome for attempt in rows(SendAttempt)][-3:] == ["retry", "retry", "accepted"]


async def test_a_500_is_unknown_and_never_repeated(greeted: Stack) -> None:
    greeted.simulator.faults.update({"send_500": 1})
    reply(greeted.ana, "Once only")
    await greeted.settle()
    clock.freeze(clock.now() + timedelta(hours=1))
    await greeted.settle()
    assert ours()[0].status is S.UNKNOWN
    assert ours()[0].attempts == 1


async def test_a_worker_that_died_leaves_an_unknown(greeted: Stack) -> None:
    reply(greeted.ana, "Interrupted")
    with db.transaction() as session:
        assert len(outbox.claim(session, 10)) == 1
    with db.transaction() as session:
        assert outbox.give_up_expired(session) == 0
    clock.freeze(NOON + timedelta(minutes=1))
    with db.transaction() as session:
        assert outbox.give_up_expired(session) == 1
    assert ours()[0].status is S.UNKNOWN


async def test_two_senders_never_claim_the_same_message(greeted: Stack) -> None:
    reply(greeted.ana, "Mine")

    def claim() -> int:
        with db.transaction() as session:
            return len(outbox.claim(session, 10))

    claims = await asyncio.gather(*(asyncio.to_thread(claim) for _ in range(4)))
    assert sum(claims) == 1


async def answered(stack: Stack) -> None:
    """Lucía has asked, and the assistant's answer is queued."""
    import workers.inbound
    import workers.replies

    stack.says("What are your opening hours?")
    await stack.simulator.settle()
    workers.inbound.step()
    for lease in await workers.replies.claim(10):
        await workers.replies.reply(lease)


async def test_an_answer_queued_before_a_take_over_is_not_sent(stack: Stack) -> None:
    await answered(stack)
    with db.transaction() as session:
        conversations.take_over(session, stack.ana, conversation().id)
    await stack.settle()
    assert stack.on_phone() == []
    answer = rows(Message)[-1]
    assert (answer.author, answer.status) == (Author.ASSISTANT, S.FAILED)
    assert "person took over" in answer.error


@pytest.mark.postgres
async def test_while_a_person_takes_over_nothing_is_claimed(database: str, stack: Stack) -> None:
    if not database.startswith("postgresql"):
        pytest.skip("on SQLite one writes at a time")
    await answered(stack)
    with db.transaction() as session:
        conversations.take_over(session, stack.ana, conversation().id)
        session.flush()
        with db.transaction() as beside:
            assert outbox.claim(beside, 50) == []
    await stack.settle()
    assert stack.on_phone() == []


async def test_a_channel_that_is_off_sends_nothing(greeted: Stack) -> None:
    with db.transaction() as session:
        session.get_one(Channel, greeted.channel.id).enabled = False
    with pytest.raises(ChannelOff, match="switched off"):
        reply(greeted.ana, "Hello?")


async def test_a_hidden_phone_is_answered_by_user_id(stack: Stack) -> None:
    stack.says("Hola", "jorge")
    await stack.settle()
    assert all("to" not in body for body in stack.sends())
    assert stack.sends()[0]["recipient"].startswith("ES.")


async def test_a_number_whose_secret_is_lost_does_not_stop_the_others(greeted: Stack) -> None:
    with db.transaction() as session:
        other = factories.channel(
            session,
            greeted.workspace,
            factories.assistant(session, greeted.workspace),
            phone_number_id="320000000000001",
            waba_id="220000000000001",
        )
        theirs = factories.conversation(session, other, window_ends_at=NOON + timedelta(hours=1))
        outbox.queue_text(session, greeted.ana, theirs.id, "Locked out", "key-00009")
        session.execute(
            text("UPDATE whatsapp_connection SET access_token = 'x' WHERE channel_id = :id"),
            {"id": other.id},
        )
        (mine,) = session.exec(select(Conversation).where(Conversation.id != theirs.id))
        outbox.queue_text(session, greeted.ana, mine.id, "Still goes out", "key-00010")
    await greeted.settle()
    assert greeted.on_phone()[-1] == "Still goes out"
    failed, sent = ours()
    assert (failed.status, sent.status) == (S.FAILED, S.READ)
    assert "ENCRYPTION_KEYS" in failed.error
