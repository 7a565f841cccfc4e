"""What became of what we sent: forward only, joined when early, settled when lost."""

from datetime import timedelta
from typing import Any

import pytest

from domain import outbox
from illumichat_app import clock, db
from models import AttemptOutcome, Message, MessageDaily, MessageStatus, ParkedUpdate, SendAttempt
from tests.conftest import NOON
from tests.flows.stack import Stack, apply_events, conversation, rows

pytestmark = pytest.mark.anyio

S = MessageStatus


@pytest.fixture
async def sent(stack: Stack) -> Message:
    """Ana's reply, accepted by Meta; its statuses have not been delivered."""
    stack.says("Hello")
    await stack.settle()
    with db.transaction() as session:
        outbox.queue_text(session, stack.ana, conversation().id, "Good morning", "key-00001")
    await stack.drain()
    return newest()


def newest() -> Message:
    return rows(Message)[-1]


def status(message: Message, word: str, seconds: int = 0, **more: Any) -> dict[str, Any]:
    at = int(NOON.timestamp()) + seconds
    item = {
        "id": message.wamid,
        "status": word,
        "timestamp": str(at),
        "recipient_id": "34612555014",
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "442079460991", "phone_number_id": "310000000000007"},
        "statuses": [item | more],
    }
    change = {"field": "messages", "value": value}
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}


async def tell(stack: Stack, *payloads: dict[str, Any]) -> None:
    for payload in payloads:
        assert await stack.deliver(payload) == 200
        apply_events()


@pytest.mark.parametrize(
    ("words", "ends"),
    [
        (("sent", "delivered", "read"), S.READ),
        (("read", "delivered", "sent"), S.READ),
        (("read",), S.READ),
        (("sent", "failed"), S.FAILED),
        (("delivered", "failed"), S.DELIVERED),
        (("failed", "delivered"), S.DELIVERED),
        (("read", "played", "read"), S.PLAYED),
        (("delivered", "delivered"), S.DELIVERED),
        (("teleported",), S.ACCEPTED),
        (("queued",), S.ACCEPTED),
    ],
)
async def test_statuses_only_move_forward(
    stack: Stack, sent: Message, words: tuple[str, ...], ends: MessageStatus
) -> None:
    for second, word in enumerate(words):
        await tell(stack, status(sent, word, second))
    assert newest().status is ends


async def test_counts_move_with_the_status(stack: Stack, sent: Message) -> None:
    await tell(stack, status(sent, "read"), status(sent, "delivered"), status(sent, "read", 9))
    (day,) = rows(MessageDaily)
    assert (day.inbound, day.by_assistant, day.by_agents) == (1, 1, 1)
    assert (day.accepted, day.delivered, day.read, day.failed) == (2, 2, 2, 0)


async def test_a_failure_keeps_its_reason_in_words(stack: Stack, sent: Message) -> None:
    errors = [{"code": 131026, "title": "Message undeliverable"}]
    await tell(stack, status(sent, "sent"), status(sent, "failed", errors=errors))
    assert newest().error_code == 131026
    assert "WhatsApp" in newest().error


async def test_meta_closing_the_window_closes_it_here_too(stack: Stack, sent: Message) -> None:
    errors = [{"code": 131047, "title": "Re-engagement message"}]
    await tell(stack, status(sent, "failed", errors=errors))
    assert conversation().window_ends_at == NOON


async def test_a_status_before_our_own_commit_waits_and_joins(stack: Stack) -> None:
    """The status names a wamid that is not ours yet, and Meta left our key out."""
    stack.says("Hello")
    await stack.settle()
    with db.transaction() as session:
        outbox.queue_text(session, stack.ana, conversation().id, "Good morning", "key-00001")
    with db.transaction() as session:
        (sending,) = outbox.claim(session, 10)
    early = newest()
    early.wamid = "wamid.EARLY"
    await tell(stack, status(early, "delivered"))
    assert len(rows(ParkedUpdate)) == 1
    with db.transaction() as session:
        outbox.record(session, sending, outbox.Sent("wamid.EARLY", None, None, None))
    assert newest().status is S.DELIVERED
    assert rows(ParkedUpdate) == []


async def test_a_status_for_anybody_elses_message_is_no_error(stack: Stack) -> None:
    await stack.receive("04_unknown_wamid")
    assert rows(Message) == []


async def test_parked_statuses_are_forgotten_after_a_week(stack: Stack) -> None:
    from domain import parked

    await stack.receive("04_unknown_wamid")
    clock.freeze(NOON + timedelta(days=8))
    with db.transaction() as session:
        parked.forget_old(session)
    assert rows(ParkedUpdate) == []


async def test_a_lost_answer_is_settled_by_the_key_that_comes_back(stack: Stack) -> None:
    stack.says("Hello")
    await stack.settle()
    stack.simulator.faults.update({"timeout_after_accept": 1})
    with db.transaction() as session:
        outbox.queue_text(session, stack.ana, conversation().id, "Good morning", "key-00001")
    await stack.drain()
    assert newest().status is S.UNKNOWN
    assert rows(SendAttempt)[-1].outcome is AttemptOutcome.UNKNOWN
    await stack.settle()
    assert newest().status in (S.DELIVERED, S.READ)
    assert rows(SendAttempt)[-1].outcome is AttemptOutcome.ACCEPTED
    assert stack.on_phone().count("Good morning") == 1


async def test_another_channel_cannot_settle_our_attempt(stack: Stack, sent: Message) -> None:
    from tests import factories

    with db.transaction() as session:
        place = factories.workspace(session, "Blue Kite")
        factories.channel(
            session,
            place,
            factories.assistant(session, place),
            phone_number_id="320000000000001",
            waba_id="220000000000001",
        )
    key = rows(SendAttempt)[-1].key
    stolen = status(sent, "failed", biz_opaque_callback_data=key)
    metadata = stolen["entry"][0]["changes"][0]["value"]["metadata"]
    metadata["phone_number_id"] = "320000000000001"
    await tell(stack, stolen)
    assert newest().status is S.ACCEPTED


async def test_a_refused_call_is_not_tried_again(stack: Stack) -> None:
    stack.says("Hello")
    await stack.settle()
    stack.simulator.change_customer("lucia", fail_code=131026)
    with db.transaction() as session:
        outbox.queue_text(session, stack.ana, conversation().id, "Good morning", "key-00001")
    await stack.settle()
    assert newest().status is S.FAILED
    assert newest().attempts == 1
