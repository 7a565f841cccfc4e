"""What becomes of an answer or of a failure, on real rows."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import select

from domain import assistant, conversations
from domain.assistant import LEASE, Silent
from illumichat_app import clock
from integrations.llm import Answer, ModelFailure
from integrations.llm.phrases import Phrase, phrase
from models import (
    AssistantTrace,
    Conversation,
    ConversationEvent,
    State,
)
from tests.assistant.conftest import Shop
from tests.assistant.steps import GATES, channel_of, later, take_over

ANSWER = Answer("From 9 to 17.", None, "passage", "fake:m", 11, 5, 40)
BROKEN = ModelFailure("The AI provider could not answer", retryable=True)


# ---- what becomes of an answer


def test_an_answer_is_queued_and_its_reasons_kept(shop: Shop):
    message = shop.says("opening hours?")
    assistant.settle(shop.session, [(shop.prepare(), ANSWER)], clock.now())
    shop.session.flush()
    trace = shop.session.exec(select(AssistantTrace)).one()

    assert shop.queued() == ["From 9 to 17."]
    assert (trace.decision, trace.reason, trace.model) == ("answered", "passage", "fake:m")
    assert (trace.milliseconds, trace.input_tokens, trace.output_tokens) == (40, 11, 5)
    assert trace.seen_message_id == message.id
    assert trace.passages[0]["title"] == "Opening hours"
    assert trace.passages[0]["score"] > 0
    assert not shop.conversation.needs_reply
    assert shop.conversation.reply_lease_until is None


def test_a_long_answer_becomes_several_messages_in_order(shop: Shop):
    channel_of(shop).max_message_length = 20
    shop.says()
    long = Answer("First part here.\n\nSecond part here.", None, "")
    assistant.settle(shop.session, [(shop.prepare(), long)], clock.now())

    assert shop.queued() == ["First part here.", "Second part here."]


def test_a_hand_over_tells_the_customer_once_and_the_team_why(shop: Shop):
    shop.says("a human please")
    over = Answer("A colleague comes.", "asked_for_person", "asked", "fake:m")
    assistant.settle(shop.session, [(shop.prepare(), over)], clock.now())
    event = shop.session.exec(select(ConversationEvent)).one()

    assert shop.queued() == ["A colleague comes."]
    assert shop.conversation.state is State.NEEDS_HUMAN
    assert event.data["reason"] == "asked_for_person"
    assert shop.traces() == [("handed_over", "asked_for_person: asked")]


def test_a_hand_over_may_be_wordless(shop: Shop):
    shop.says()
    assistant.settle(shop.session, [(shop.prepare(), Answer(None, "no_answer", ""))], clock.now())

    assert shop.queued() == []
    assert shop.conversation.state is State.NEEDS_HUMAN


@pytest.mark.parametrize(("shut", "reason"), GATES)
def test_an_answer_is_dropped_when_a_gate_shut_meanwhile(
    shop: Shop, shut: Callable[[Shop], None], reason: str
):
    shop.says()
    prepared = shop.prepare()
    shut(shop)
    assistant.settle(shop.session, [(prepared, ANSWER)], clock.now())

    assert shop.queued() == []
    assert shop.traces() == [("dropped", reason)]
    assert not shop.conversation.needs_reply


def test_an_answer_is_dropped_when_a_person_took_over(shop: Shop):
    shop.says()
    prepared = shop.prepare()
    conversations.take_over(shop.session, shop.ana, shop.conversation.id)
    assistant.settle(shop.session, [(prepared, ANSWER)], clock.now())

    assert shop.queued() == []
    assert shop.traces() == [("dropped", "person_answers")]


def test_a_newer_message_drops_the_answer_and_both_are_answered_together(shop: Shop):
    shop.says("opening hours?")
    prepared = shop.prepare()
    shop.says("and returns?")
    assistant.settle(shop.session, [(prepared, ANSWER)], clock.now())
    assert shop.queued() == []
    assert shop.traces() == [("dropped", "newer_message")]

    assert len(shop.prepare().question.burst) == 2


def test_a_window_that_closes_at_the_last_moment_drops_the_answer(shop: Shop):
    shop.says()
    prepared, before = shop.prepare(), clock.now()
    later(hours=24)
    assistant.settle(shop.session, [(prepared, ANSWER)], before)

    assert shop.queued() == []
    assert shop.traces() == [("dropped", "window_closed")]
    assert not shop.conversation.needs_reply


def test_a_second_run_of_the_same_lease_changes_nothing(shop: Shop):
    shop.says()
    prepared = shop.prepare()
    for _ in range(2):
        assistant.settle(shop.session, [(prepared, ANSWER)], clock.now())

    assert shop.queued() == ["From 9 to 17."]
    assert shop.traces() == [("answered", "passage")]


def test_an_answer_that_comes_after_its_lease_gives_way_to_the_next_run(shop: Shop):
    shop.says()
    slow = shop.prepare()
    later(seconds=LEASE.total_seconds())
    quick = shop.prepare()
    assistant.settle(shop.session, [(slow, Answer("too late", None, ""))], clock.now())
    assistant.settle(shop.session, [(quick, ANSWER)], clock.now())

    assert shop.queued() == ["From 9 to 17."]
    assert shop.traces() == [("dropped", "lease_lost"), ("answered", "passage")]


def test_a_conversation_that_is_gone_is_let_go(shop: Shop):
    shop.says()
    prepared = shop.prepare()
    shop.session.expunge_all()
    shop.session.delete(shop.session.get_one(Conversation, shop.conversation.id))
    shop.session.flush()
    assistant.settle(shop.session, [(prepared, ANSWER)], clock.now())
    (gone,) = assistant.prepare(shop.session, [prepared.lease], clock.now())

    assert gone == Silent("lease_lost")
    assert shop.traces() == []


# ---- failures


def test_a_failure_is_tried_again_with_growing_pauses_then_a_person_is_called(shop: Shop):
    shop.says()
    for pause in (2, 8):
        assistant.settle(shop.session, [(shop.prepare(), BROKEN)], clock.now())
        assert shop.conversation.reply_due_at == clock.now() + timedelta(seconds=pause)
        assert assistant.due(shop.session, clock.now(), 10) == []
        later(seconds=pause)
    assistant.settle(shop.session, [(shop.prepare(), BROKEN)], clock.now())

    assert shop.conversation.state is State.NEEDS_HUMAN
    assert shop.conversation.hand_over_reason == "model_failure"
    assert shop.queued() == [phrase(Phrase.FAILURE)]
    assert [decision for decision, _ in shop.traces()] == ["failed", "failed", "handed_over"]
    assert shop.traces()[-1][1] == "model_failure: The AI provider could not answer"


def test_a_failure_that_cannot_pass_calls_a_person_at_once(shop: Shop):
    shop.says()
    failure = ModelFailure("OPENAI_API_KEY is not set", retryable=False)
    assistant.settle(shop.session, [(shop.prepare(), failure)], clock.now())

    assert shop.conversation.state is State.NEEDS_HUMAN
    assert shop.traces() == [("handed_over", "model_failure: OPENAI_API_KEY is not set")]


def test_a_failure_after_a_take_over_is_forgotten(shop: Shop):
    shop.says()
    prepared = shop.prepare()
    take_over(shop)
    assistant.settle(shop.session, [(prepared, BROKEN)], clock.now())

    assert shop.traces() == [("dropped", "person_answers")]


def test_work_that_kills_its_worker_again_and_again_calls_a_person(shop: Shop):
    shop.says()
    for _ in range(3):
        assert shop.prepare().ready is None
        later(seconds=LEASE.total_seconds())
    prepared = shop.prepare()

    assert prepared.ready
    assert prepared.ready.hand_over == "model_failure"
