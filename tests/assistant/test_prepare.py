"""When the assistant speaks, what it is asked, and what it says without a model."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from domain import assistant, conversations
from domain.questions import MOST_TURNS
from illumichat_app import clock
from integrations.llm.phrases import Phrase, phrase
from models import (
    Author,
    Decision,
    MessageStatus,
    ReadReceipts,
)
from tests.assistant.conftest import Shop
from tests.assistant.steps import GATES, channel_of, later, take_over, traced, turn_off_channel

# ---- silence


@pytest.mark.parametrize(("shut", "reason"), GATES)
def test_a_shut_gate_means_silence_with_its_reason(
    shop: Shop, shut: Callable[[Shop], None], reason: str
):
    shop.says()
    shut(shop)

    assert shop.stays_silent() == reason
    assert shop.traces() == [("silent", reason)]
    assert not shop.conversation.needs_reply
    assert shop.conversation.reply_lease_until is None


def test_of_two_shut_gates_the_first_is_named(shop: Shop):
    shop.says()
    take_over(shop)
    turn_off_channel(shop)

    assert shop.stays_silent() == "channel_off"


@pytest.mark.parametrize(
    "facts",
    [
        {"kind": "unsupported", "content": {"errors": [{"code": 131051}]}},
        {"kind": "unsupported", "content": {"type": "gif"}},
        {"kind": "system", "text": "changed number"},
        {"deleted_at": "now"},
    ],
)
def test_nothing_to_answer_means_silence(shop: Shop, facts: dict[str, object]):
    if "deleted_at" in facts:
        facts = {"deleted_at": clock.now()}
    shop.says(**{"text": ""} | facts)

    assert shop.stays_silent() == "nothing_to_answer"


def test_an_answered_message_is_not_answered_again(shop: Shop):
    shop.says()
    shop.answered("From 9 to 17.")

    assert shop.stays_silent() == "nothing_to_answer"


# ---- what is asked


def test_a_burst_is_one_question(shop: Shop):
    shop.says("Hi")
    shop.says("two things")
    last = shop.says("opening hours? and returns?")
    prepared = shop.prepare()

    assert [turn.text for turn in prepared.question.burst] == [
        "Hi",
        "two things",
        "opening hours? and returns?",
    ]
    assert {p.title for p in prepared.question.passages} == {"Opening hours", "Returns"}
    assert prepared.typing
    assert (prepared.seen_message_id, prepared.typing.wamid) == (last.id, last.wamid)
    assert (prepared.model, prepared.question.instructions) == ("offline", "Be kind.")


def test_the_history_holds_what_was_said_and_nothing_else(shop: Shop):
    shop.says("first", kind="image", content={"caption": "first"})
    shop.answered("never sent", status=MessageStatus.FAILED)
    shop.answered("a note", direction="note", author=Author.AGENT)
    shop.says("gone", deleted_at=clock.now())
    shop.says("", kind="system")
    shop.answered("answer")
    shop.says("", kind="audio", content={"voice": True})
    turns = shop.prepare().question.history

    assert [(turn.role.value, turn.text, turn.attachment) for turn in turns] == [
        ("customer", "first", "📷 Photo"),
        ("assistant", "answer", ""),
        ("customer", "", "🎤 Voice message"),
    ]


def test_only_the_last_thirty_messages_are_told(shop: Shop):
    for number in range(35):
        shop.says(str(number))

    assert [turn.text for turn in shop.prepare().question.history] == [
        str(number) for number in range(5, 35)
    ]


def test_a_message_that_meta_delivered_late_is_still_asked(shop: Shop):
    shop.says("now")
    shop.answered("answer")
    shop.says("late", sent_at=clock.now() - timedelta(hours=2))

    assert [turn.text for turn in shop.prepare().question.burst] == ["late"]


def test_a_persons_part_is_marked_where_it_ended(shop: Shop):
    shop.says("help")
    later(minutes=1)
    conversations.take_over(shop.session, shop.ana, shop.conversation.id)
    shop.session.flush()
    later(minutes=2)
    shop.answered("Ana here", Author.AGENT)
    later(minutes=3)
    conversations.resume_ai(shop.session, shop.ana, shop.conversation.id)
    shop.session.flush()
    later(minutes=4)
    shop.says("and the hours?")
    turns = shop.prepare().question.history

    assert [turn.role.value for turn in turns] == [
        "customer",
        "event",
        "human",
        "event",
        "customer",
    ]
    assert "ended" in turns[3].text


@pytest.mark.parametrize(
    ("receipts", "typing"),
    [(ReadReceipts.NEVER, False), (ReadReceipts.ON_OPEN, True), (ReadReceipts.ON_REPLY, True)],
)
def test_typing_shows_unless_read_receipts_are_off(
    shop: Shop, receipts: ReadReceipts, typing: bool
):
    channel_of(shop).read_receipts = receipts
    shop.says()

    assert (shop.prepare().typing is not None) is typing


# ---- answers without a model


def test_a_message_lost_at_meta_is_asked_for_again_once(shop: Shop):
    lost = {"kind": "unsupported", "content": {"errors": [{"code": 131060}]}}
    shop.says("", **lost)
    prepared = shop.prepare()
    assert prepared.ready
    assistant.settle(shop.session, [(prepared, prepared.ready)], clock.now())
    shop.says("", **lost)

    assert shop.queued() == [phrase(Phrase.RESEND)]
    assert shop.stays_silent() == "nothing_to_answer"


def test_endless_turns_call_a_person(shop: Shop):
    traced(shop, Decision.ANSWERED, MOST_TURNS)
    shop.says()
    prepared = shop.prepare()
    assert prepared.ready
    assistant.settle(shop.session, [(prepared, prepared.ready)], clock.now())

    assert shop.conversation.hand_over_reason == "too_many_turns"
    assert shop.queued() == [phrase(Phrase.PERSON)]


def test_turns_count_anew_after_a_person_was_called(shop: Shop):
    traced(shop, Decision.ANSWERED, MOST_TURNS)
    traced(shop, Decision.HANDED_OVER, 1)
    shop.says()

    assert shop.prepare().ready is None


def test_turns_of_long_ago_do_not_count(shop: Shop):
    traced(shop, Decision.ANSWERED, MOST_TURNS)
    later(hours=2)
    shop.says()

    assert shop.prepare().ready is None
