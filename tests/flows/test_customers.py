"""One customer is one conversation, whatever Meta calls them."""

import pytest

from domain import deliveries
from models import Conversation, ConversationEvent, CustomerIdentity, Message, MessageDaily
from tests import payloads
from tests.flows.stack import Stack, apply_events, conversation, rows

pytestmark = pytest.mark.anyio


def identity() -> CustomerIdentity:
    (only,) = rows(CustomerIdentity)
    return only


async def test_a_hidden_phone_is_no_obstacle(stack: Stack) -> None:
    stack.says("Hola", "jorge")
    await stack.settle()
    assert identity().wa_id is None
    assert identity().bsuid.startswith("ES.")
    assert stack.on_phone("jorge")


async def test_a_hidden_phone_that_shows_later_is_the_same_customer(stack: Stack) -> None:
    await stack.receive("01_phone_hidden", "01_phone_shown")
    assert (identity().bsuid is not None, identity().wa_id is not None) == (True, True)
    assert len(rows(Message)) == 2
    assert conversation().unread == 2


async def test_a_phone_known_before_is_merged_by_a_message_with_both_ids(stack: Stack) -> None:
    from illumichat_app import db
    from tests import factories

    shown = payloads.load("01_phone_shown")["entry"][0]["changes"][0]["value"]["contacts"][0]
    with db.transaction() as session:
        old = factories.conversation(session, stack.channel, wa_id=shown["wa_id"])
        factories.message(session, old, "From the years of the phone")
    await stack.receive("01_phone_hidden")
    assert len(rows(Conversation)) == 2
    await stack.receive("01_phone_shown")
    assert len(rows(Message, conversation_id=conversation().id)) == 3
    assert identity().wa_id == shown["wa_id"]


@pytest.mark.parametrize("together", [True, False], ids=["together", "one by one"])
async def test_who_becomes_one_within_a_batch_keeps_the_words_of_both(
    stack: Stack, together: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "domain.deliveries")
    if not together:
        monkeypatch.setattr(deliveries, "_apply_together", lambda *_: False)
    by_phone = payloads.load("01_phone_shown")
    value = by_phone["entry"][0]["changes"][0]["value"]
    del value["contacts"][0]["user_id"], value["messages"][0]["from_user_id"]
    value["messages"][0]["id"] = "wamid.PHONE"
    shown = payloads.load("01_phone_shown")
    for payload in (by_phone, payloads.load("01_phone_hidden"), shown, shown | {"again": True}):
        assert await stack.deliver(payload) == 200
    apply_events()
    assert (conversation().unread, conversation().inbound_count) == (3, 3)
    assert len(rows(Message, conversation_id=conversation().id)) == 3
    assert conversation().last_customer_message_id == rows(Message)[-1].id
    assert [day.inbound for day in rows(MessageDaily)] == [3]
    assert "one by one" not in caplog.text


async def test_a_number_with_a_new_owner_is_a_new_customer(stack: Stack) -> None:
    await stack.receive("03_text")
    stranger = payloads.load("03_text")
    value = stranger["entry"][0]["changes"][0]["value"]
    value["contacts"][0]["user_id"] = value["messages"][0]["from_user_id"] = "GB.NEWOWNER"
    value["messages"][0]["id"] = "wamid.STRANGER"
    assert await stack.deliver(stranger) == 200
    await stack.drain()
    before, after = rows(CustomerIdentity)
    assert before.wa_id is None
    assert after.bsuid == "GB.NEWOWNER"
    assert len(rows(Conversation)) == 2


async def test_a_number_change_keeps_the_history(stack: Stack) -> None:
    stack.says("Before")
    await stack.settle()
    stack.simulator.change_number("lucia", "+34 699 000 111")
    await stack.settle()
    stack.says("After")
    await stack.settle()
    assert identity().wa_id == "34699000111"
    assert len(rows(Conversation)) == 1
    assert "number_changed" in [event.kind for event in rows(ConversationEvent)]


async def test_a_new_user_id_keeps_the_history(stack: Stack) -> None:
    stack.says("Before", "jorge")
    await stack.settle()
    old = identity().bsuid
    stack.simulator.change_user_id("jorge")
    await stack.settle()
    stack.says("After", "jorge")
    await stack.settle()
    assert identity().bsuid != old
    assert len(rows(Conversation)) == 1


async def test_a_new_user_id_told_late_merges_what_came_between(stack: Stack) -> None:
    from illumichat_app import db
    from tests import factories

    change = payloads.load("user_id_update")["entry"][0]["changes"][0]["value"]
    previous = change["user_id_update"][0]["user_id"]["previous"]
    current = change["user_id_update"][0]["user_id"]["current"]
    with db.transaction() as session:
        for bsuid in (previous, current):
            row = factories.conversation(session, stack.channel)
            session.get_one(CustomerIdentity, row.identity_id).bsuid = bsuid
            factories.message(session, row, bsuid)
    await stack.receive("user_id_update")
    assert identity().bsuid == current
    assert len(rows(Message, conversation_id=conversation().id)) == 2


async def test_a_marketing_stop_is_a_line_in_the_thread(stack: Stack) -> None:
    await stack.receive("user_preferences")
    assert "preference" in [event.kind for event in rows(ConversationEvent)]
