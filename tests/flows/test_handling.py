"""A person in the middle of a conversation, with every lane and the simulated Meta around them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

import workers.inbound
import workers.replies
from domain import (
    assistant,
    auto_resume,
    conversations,
    notes,
    outbox,
    reactions,
    receipts,
    transcript,
    undo,
    unread,
)
from illumichat_app import clock, db
from illumichat_app.errors import WindowClosed
from integrations import llm
from integrations.llm import Speaker
from integrations.whatsapp import process_client
from models import (
    AssistantTrace,
    Channel,
    Conversation,
    ConversationEvent,
    Decision,
    Direction,
    Message,
    MessageStatus,
    ReadReceipts,
    State,
    Workspace,
)
from tests.conftest import NOON
from tests.flows.stack import Stack, conversation, rows, texts
from tests.flows.test_resilience import Race, race  # noqa: F401  a fixture
from workers import upkeep

pytestmark = pytest.mark.anyio

OPENING = "What are your opening hours?"
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=24)


def do(work: Callable[..., Any], *args: Any) -> Any:
    with db.transaction() as session:
        return work(session, *args)


def reply(stack: Stack, text: str, key: str = "key-00001") -> Message:
    return do(outbox.queue_text, stack.sam, conversation().id, text, key)


def traces() -> list[tuple[Decision, str]]:
    return [(trace.decision, trace.reason) for trace in rows(AssistantTrace)]


@pytest.fixture
async def asked(stack: Stack) -> Stack:
    """A customer whose question is stored and waits for an answer."""
    stack.says(OPENING)
    await stack.simulator.settle()
    assert workers.inbound.step()
    return stack


# ---- the assistant never talks over a person


def while_it_thinks(monkeypatch: pytest.MonkeyPatch, work: Callable[[], Any]) -> None:
    """The model answers, but first somebody does this."""

    async def think(question: llm.Question, model: str) -> llm.Answer:
        work()
        return llm.Answer("From 9 to 17.", None, "", model)

    monkeypatch.setattr(llm, "answer", think)


@pytest.mark.parametrize(
    ("step", "gate"),
    [
        (lambda stack: reply(stack, "Let me look"), "person_answers"),
        (
            lambda stack: do(conversations.take_over, stack.sam, conversation().id),
            "person_answers",
        ),
        (lambda stack: do(conversations.close, stack.sam, conversation().id), "closed"),
        (
            lambda stack: do(conversations.set_ai, stack.sam, conversation().id, False),
            "conversation_ai_off",
        ),
    ],
)
async def test_what_a_person_does_while_the_model_thinks_counts(
    asked: Stack,
    monkeypatch: pytest.MonkeyPatch,
    step: Callable[[Stack], Any],
    gate: str,
) -> None:
    while_it_thinks(monkeypatch, lambda: step(asked))
    await asked.settle()
    assert [text for text in asked.on_phone() if "9 to 17" in text] == []
    assert traces() == [(Decision.DROPPED, gate)]


async def test_a_reply_taken_back_while_the_model_thinks_lets_its_answer_through(
    asked: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changes_their_mind() -> None:
        reply(asked, "Let me look")
        do(undo.undo_take_over, asked.sam, conversation().id)

    while_it_thinks(monkeypatch, changes_their_mind)
    await asked.settle()
    assert asked.on_phone() == ["From 9 to 17."]


async def test_a_held_reply_keeps_the_assistant_silent_and_goes_out(
    asked: Stack, monkeypatch: pytest.MonkeyPatch, hold: timedelta
) -> None:
    while_it_thinks(monkeypatch, lambda: reply(asked, "Let me look"))
    await asked.settle()
    assert asked.on_phone() == []
    clock.freeze(NOON + hold)
    await asked.settle()
    assert asked.on_phone() == ["Let me look"]


async def test_a_held_reply_that_is_taken_back_lets_the_assistant_answer(
    asked: Stack, hold: timedelta
) -> None:
    reply(asked, "Let me look")
    await asked.settle()
    clock.freeze(NOON + hold - SECOND)
    do(undo.undo_take_over, asked.sam, conversation().id)
    clock.freeze(NOON + hold)
    await asked.settle()
    (said,) = asked.on_phone()
    assert "9:00 to 17:00" in said


async def test_with_the_ai_off_everything_is_shown_and_nothing_answered(asked: Stack) -> None:
    do(conversations.set_ai, asked.sam, conversation().id, False)
    asked.says("Hello?")
    await asked.settle()
    assert (texts("in"), asked.on_phone()) == ([OPENING, "Hello?"], [])
    do(conversations.set_ai, asked.sam, conversation().id, True)
    await asked.settle()
    assert len(asked.on_phone()) == 1


# ---- the pause


@pytest.fixture
async def paused(stack: Stack) -> Stack:
    """Sam answered at 12:01 and the AI resumes at 12:15."""
    with db.transaction() as session:
        session.get_one(Workspace, stack.workspace.id).auto_resume_minutes = 14
    stack.says("Can I talk to a person?")
    await stack.simulator.settle()
    workers.inbound.step()
    clock.freeze(NOON + MINUTE)
    reply(stack, "I am Sam. Your parcel is on its way.")
    await stack.settle()
    return stack


async def test_a_pause_that_ends_lets_the_assistant_answer_who_waits(paused: Stack) -> None:
    clock.freeze(NOON + 10 * MINUTE)
    paused.says(OPENING)
    await paused.settle()
    assert len(paused.on_phone()) == 1
    clock.freeze(NOON + 15 * MINUTE)
    upkeep.resume_paused()
    await paused.settle()
    assert len(paused.on_phone()) == 2
    assert "9:00 to 17:00" in paused.on_phone()[-1]
    assert conversation().state is State.ASSISTANT


async def test_nobody_is_written_to_who_does_not_wait(paused: Stack) -> None:
    clock.freeze(NOON + 15 * MINUTE)
    upkeep.resume_paused()
    await paused.settle()
    assert len(paused.on_phone()) == 1
    assert conversation().state is State.ASSISTANT


async def test_a_window_that_closed_meanwhile_stays_closed_to_the_assistant(stack: Stack) -> None:
    stack.says(OPENING)
    await stack.simulator.settle()
    workers.inbound.step()
    number = conversation().id
    do(conversations.take_over, stack.sam, number)
    do(auto_resume.set_timer, stack.sam, number, 2 * 24 * 60)
    clock.freeze(NOON + 2 * DAY)
    upkeep.resume_paused()
    await stack.settle()
    assert conversation().state is State.ASSISTANT
    assert stack.on_phone() == []
    assert traces() == [(Decision.SILENT, "window_closed")]


def heard() -> list[tuple[Speaker, str]]:
    """What the model is told now."""
    with db.reading() as session:
        said = transcript.read(session, session.get_one(Conversation, conversation().id))
    return [(turn.role, turn.text) for turn in said.turns]


TOOK_OVER = (Speaker.EVENT, "A colleague of the company took over here.")
ENDED = (
    Speaker.EVENT,
    "The colleague's part has ended; the assistant answers again from here on.",
)


async def test_the_model_is_told_what_was_said_and_that_it_ended(paused: Stack) -> None:
    do(notes.add, paused.sam, conversation().id, "Angry customer", "note-key-1")
    clock.freeze(NOON + 10 * MINUTE)
    paused.says(OPENING)
    await paused.simulator.settle()
    workers.inbound.step()
    clock.freeze(NOON + 15 * MINUTE)
    upkeep.resume_paused()
    assert heard() == [
        (Speaker.CUSTOMER, "Can I talk to a person?"),
        TOOK_OVER,
        (Speaker.HUMAN, "I am Sam. Your parcel is on its way."),
        ENDED,
        (Speaker.CUSTOMER, OPENING),
    ]


@pytest.mark.parametrize("end", ["resume", "undo", "close"])
async def test_it_is_told_even_if_the_person_said_nothing(asked: Stack, end: str) -> None:
    number = conversation().id
    clock.freeze(NOON + MINUTE)
    do(conversations.take_over, asked.sam, number)
    clock.freeze(NOON + 2 * MINUTE)
    if end == "resume":
        do(conversations.resume_ai, asked.sam, number)
    elif end == "undo":
        do(undo.undo_take_over, asked.sam, number)
    else:
        do(conversations.close, asked.sam, number)
        asked.says("One more thing")
        await asked.simulator.settle()
        workers.inbound.step()
    closed = (Speaker.EVENT, "The conversation was closed; the assistant answers from here on.")
    asked_again = [(Speaker.CUSTOMER, "One more thing")] if end == "close" else []
    expected = [TOOK_OVER, closed if end == "close" else ENDED, (Speaker.CUSTOMER, OPENING)]
    assert heard() == expected + asked_again


async def test_a_reaction_of_ours_leaves_the_question_unanswered(asked: Stack) -> None:
    do(reactions.queue_reaction, asked.sam, conversation().id, rows(Message)[0].id, "👍")
    await asked.settle()
    assert "9:00 to 17:00" in asked.on_phone()[-1]


async def test_a_pause_made_longer_while_the_sweep_looks_goes_on(
    paused: Stack,
    race: Race,  # noqa: F811
) -> None:
    clock.freeze(NOON + 15 * MINUTE)
    number = conversation().id
    race.at(
        conversations,
        "resumed",
        lambda: do(auto_resume.extend, paused.sam, number, 15),
    )
    upkeep.resume_paused()
    with pytest.raises(Exception, match="Take over first"):
        race.finish()
    kinds = [event.kind for event in rows(ConversationEvent)]
    assert kinds == ["taken_over", "resumed"]


# ---- the window, to the second


@pytest.mark.parametrize(
    ("after", "is_open"),
    [(DAY - SECOND, True), (DAY, False), (DAY + SECOND, False)],
)
async def test_the_window_closes_for_people_and_assistant_at_the_same_second(
    asked: Stack, after: timedelta, is_open: bool
) -> None:
    clock.freeze(NOON + after)
    (lease,) = await workers.replies.claim(10)
    (prepared,) = do(assistant.prepare, [lease], clock.now())
    assert isinstance(prepared, assistant.Prepared) is is_open
    calls = len(asked.sends())
    try:
        reply(asked, "In time?")
        queued = True
    except WindowClosed:
        queued = False
    await asked.settle()
    assert queued is is_open
    assert len(asked.sends()) - calls == int(is_open)
    do(notes.add, asked.sam, conversation().id, "A note always works", "note-key-1")


@pytest.mark.parametrize(
    ("after", "is_sent"),
    [(DAY - SECOND, True), (DAY, False), (DAY + SECOND, False)],
)
async def test_what_was_queued_in_time_is_checked_again_when_it_is_sent(
    asked: Stack, after: timedelta, is_sent: bool
) -> None:
    reply(asked, "In time?")
    clock.freeze(NOON + after)
    await asked.settle()
    assert asked.on_phone() == (["In time?"] if is_sent else [])


# ---- what never reaches the phone, and what does


async def test_a_note_never_reaches_the_phone(asked: Stack) -> None:
    do(notes.add, asked.sam, conversation().id, "A regular", "note-key-1")
    await asked.settle()
    assert "A regular" not in str(asked.sends())
    assert [row.status for row in rows(Message, direction=Direction.NOTE)] == [
        MessageStatus.RECEIVED
    ]
    assert len(asked.on_phone()) == 1  # the assistant's answer: a note takes nothing over


async def test_a_reply_taken_back_never_reaches_the_phone(asked: Stack) -> None:
    reply(asked, "Wrong chat")
    do(undo.undo_take_over, asked.sam, conversation().id)
    await asked.settle()
    assert len(asked.on_phone()) == 1
    assert "9:00 to 17:00" in asked.on_phone()[0]


async def test_a_reply_that_reached_it_cannot_be_taken_back(asked: Stack) -> None:
    reply(asked, "Hello")
    await asked.settle()
    with pytest.raises(Exception, match="already on its way"):
        do(undo.undo_take_over, asked.sam, conversation().id)
    assert asked.on_phone() == ["Hello"]


async def test_each_message_of_the_customer_counts_as_unread_for_each_agent(stack: Stack) -> None:
    for text in ("One", "Two", "Three"):
        stack.says(text)
    await stack.simulator.settle()
    workers.inbound.step()
    number = conversation().id
    do(unread.mark_read, stack.sam, number)
    stack.says("Four")
    await stack.simulator.settle()
    workers.inbound.step()
    assert conversation().inbound_count == 4
    assert [do(unread.of, who, number) for who in (stack.ana, stack.sam)] == [4, 1]


def seen(stack: Stack) -> list[bool]:
    """The blue ticks on the customer's phone."""
    return [m.seen for m in stack.simulator.thread("lucia").messages if m.inbound]


async def wants(stack: Stack, policy: ReadReceipts, step: Callable[..., Any]) -> None:
    def told(session: Session) -> receipts.Receipt | None:
        session.get_one(Channel, stack.channel.id).read_receipts = policy
        session.flush()
        return step(session, stack.sam, conversation().id)

    await receipts.tell(await process_client.graph(), do(told))


@pytest.mark.parametrize(
    ("policy", "step", "blue"),
    [
        (ReadReceipts.ON_OPEN, receipts.opened, True),
        (ReadReceipts.ON_REPLY, receipts.opened, False),
        (ReadReceipts.ON_REPLY, receipts.replied, True),
        (ReadReceipts.NEVER, receipts.replied, False),
    ],
)
async def test_the_customer_sees_blue_ticks_when_the_channel_wants_it(
    asked: Stack, policy: ReadReceipts, step: Callable[..., Any], blue: bool
) -> None:
    await wants(asked, policy, step)
    assert seen(asked) == [blue]


async def test_the_customer_sees_a_person_typing(asked: Stack) -> None:
    await wants(asked, ReadReceipts.ON_REPLY, receipts.typing)
    assert asked.simulator.thread("lucia").typing_until > NOON.timestamp()


async def test_the_assistants_typing_is_a_receipt_too(asked: Stack) -> None:
    await asked.settle()
    assert seen(asked) == [True]
    assert do(receipts.replied, asked.sam, conversation().id) is None
