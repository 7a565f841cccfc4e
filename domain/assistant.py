"""Whether the assistant answers, what it is asked, and what becomes of its answer.

The conversation row is the queue: `needs_reply` and a lease. No row is read or held while the model
thinks, so what was true before is checked again after. Each decision, silence included, leaves one
AssistantTrace.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, bindparam
from sqlmodel import Session, and_, case, col, exists, func, or_, select, text, update

from domain import (
    channels,
    conversations,
    knowledge,
    outbox,
    receipts,
    splitting,
    transcript,
    waiting,
    window,
)
from domain.conversations import HandOver
from domain.receipts import Receipt
from domain.transcript import Transcript
from illumichat_app import jobs, nudges
from illumichat_app.config import settings
from illumichat_app.errors import ChannelOff, WindowClosed
from integrations.llm import Answer, ModelFailure, Passage, Question
from integrations.llm.phrases import Phrase, phrase
from models import (
    Assistant,
    AssistantTrace,
    Channel,
    ConnectionStatus,
    Conversation,
    Decision,
    KnowledgePassage,
    Message,
    State,
)
from models.columns import BigId

# Twice the model's 20 s time-out: both transactions around the call may wait for other writers. If
# it ends earlier than its worker, the worker's answer is dropped, never sent twice.
LEASE = timedelta(seconds=45)
MOST_ATTEMPTS = 3
# As the partial index has it: SQLite does not use that for `needs_reply = 1`.
ASKED = text("conversation.needs_reply")
# Two machines talking to each other never stop by themselves.
MOST_TURNS = 20
TURNS_WITHIN = timedelta(hours=1)


class Gate(StrEnum):
    """Why the assistant stays silent, or why its answer was dropped."""

    CHANNEL_OFF = "channel_off"
    NOT_CONNECTED = "not_connected"
    CHANNEL_AI_OFF = "channel_ai_off"
    CONVERSATION_AI_OFF = "conversation_ai_off"
    WAITS_FOR_PERSON = "waits_for_person"
    PERSON_ANSWERS = "person_answers"
    CLOSED = "closed"
    WINDOW_CLOSED = "window_closed"
    NOTHING_TO_ANSWER = "nothing_to_answer"
    NEWER_MESSAGE = "newer_message"
    LEASE_LOST = "lease_lost"


@dataclass(frozen=True, slots=True)
class Lease:
    """One run's right to answer a conversation. Its end is also its name: no two are alike."""

    conversation_id: int
    workspace_id: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything the model call needs. `ready` is an answer that needs no model."""

    lease: Lease
    seen_message_id: int
    wamid: str
    typing: Receipt | None
    question: Question
    model: str
    ready: Answer | None = None


@dataclass(frozen=True, slots=True)
class Silent:
    """The assistant says nothing, and why."""

    reason: str


def due(session: Session, now: datetime, limit: int) -> list[Lease]:
    """Lease those that wait longest. A killed worker's come back when its lease ends."""
    until = now + LEASE
    # Materialised: PostgreSQL may run a subquery with LIMIT again and lock more rows than asked.
    waiting = (
        select(Conversation.id)
        .where(ASKED, col(Conversation.reply_due_at) <= now, _free(now))
        .order_by(col(Conversation.reply_due_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("waiting")
    )
    leased = session.exec(
        update(Conversation)
        .where(col(Conversation.id).in_(select(waiting.c.id)), _free(now))
        .values(reply_lease_until=until, reply_attempts=Conversation.reply_attempts + 1)
        .returning(col(Conversation.id), col(Conversation.workspace_id))
        .execution_options(synchronize_session=False)
    )
    return [Lease(number, workspace_id, until) for number, workspace_id in leased]


def next_due(session: Session) -> datetime | None:
    """When the next conversation may be answered."""
    due_at, lease = col(Conversation.reply_due_at), col(Conversation.reply_lease_until)
    ready_at = case((and_(lease.is_not(None), lease > due_at), lease), else_=due_at)
    return session.exec(select(ready_at).where(ASKED).order_by(ready_at).limit(1)).first()


def prepare(session: Session, lease: Lease, now: datetime) -> Prepared | Silent:
    """What to ask the model, or why to stay silent."""
    conversation = _leased(session, lease)
    if conversation is None:
        return Silent(Gate.LEASE_LOST)
    if gate := _shut_gate(session, conversation, now):
        return _silent(session, conversation, gate)
    said = transcript.read(session, conversation)
    if not said.unanswered or not (said.answerable or said.lost_message):
        return _silent(session, conversation, Gate.NOTHING_TO_ANSWER)
    prepared = _prepared(session, conversation, lease, said, now)
    if prepared.ready and prepared.ready.text == _last_words(said):
        return _silent(session, conversation, Gate.NOTHING_TO_ANSWER)
    return prepared


def apply(session: Session, prepared: Prepared, answer: Answer, now: datetime) -> None:
    """Send the answer on its way or hand over; drop it if the world moved on meanwhile."""
    conversation = _still_wanted(session, prepared, now)
    if conversation is None:
        return
    try:
        with session.begin_nested():
            _queue(session, conversation, answer)
    except (WindowClosed, ChannelOff) as refusal:
        shut = Gate.WINDOW_CLOSED if isinstance(refusal, WindowClosed) else Gate.CHANNEL_OFF
        _done(conversation)
        _trace(session, conversation, Decision.DROPPED, shut, prepared, answer)
        return
    _done(conversation)
    decision = Decision.ANSWERED
    reason = answer.reason
    if answer.hand_over:
        conversations.hand_over(session, conversation, HandOver(answer.hand_over))
        decision, reason = Decision.HANDED_OVER, f"{answer.hand_over}: {answer.reason}"
    _trace(session, conversation, decision, reason, prepared, answer)


def fail(session: Session, prepared: Prepared, failure: ModelFailure, now: datetime) -> None:
    """Try again after a pause; the third time, or when trying cannot help, call a person."""
    conversation = _still_wanted(session, prepared, now)
    if conversation is None:
        return
    if not failure.retryable or conversation.reply_attempts >= MOST_ATTEMPTS:
        answer = _apology(prepared.question, failure.message, prepared.model)
        apply(session, prepared, answer, now)
        return
    pause = timedelta(seconds=2 * 4 ** (conversation.reply_attempts - 1))
    conversation.reply_due_at, conversation.reply_lease_until = now + pause, None
    jobs.wake_after(session, "replies")
    _trace(session, conversation, Decision.FAILED, failure.message, prepared)


def _free(now: datetime) -> ColumnElement[bool]:
    lease = col(Conversation.reply_lease_until)
    return or_(lease.is_(None), lease <= now)


def _leased(session: Session, lease: Lease) -> Conversation | None:
    """The conversation, locked, if this lease still holds it."""
    conversation = session.get(
        Conversation, lease.conversation_id, with_for_update=True, populate_existing=True
    )
    if conversation is None or conversation.reply_lease_until != lease.until:
        return None
    return conversation


def _shut_gate(session: Session, conversation: Conversation, now: datetime) -> Gate | None:
    """The first reason, in this order, why the assistant must not speak."""
    channel = session.get_one(Channel, conversation.channel_id)
    connection = channels.connection_of(session, channel.id)
    connected = connection is not None and connection.status is ConnectionStatus.CONNECTED
    gates = (
        (channel.enabled, Gate.CHANNEL_OFF),
        (connected, Gate.NOT_CONNECTED),
        (channel.ai_replies, Gate.CHANNEL_AI_OFF),
        (conversation.ai_enabled, Gate.CONVERSATION_AI_OFF),
        (conversation.state is not State.NEEDS_HUMAN, Gate.WAITS_FOR_PERSON),
        (conversation.state is not State.HUMAN, Gate.PERSON_ANSWERS),
        (conversation.state is not State.CLOSED, Gate.CLOSED),
        (window.is_open(conversation, now), Gate.WINDOW_CLOSED),
    )
    return next((gate for is_open, gate in gates if not is_open), None)


def _prepared(
    session: Session, conversation: Conversation, lease: Lease, said: Transcript, now: datetime
) -> Prepared:
    channel = session.get_one(Channel, conversation.channel_id)
    assistant = session.get_one(Assistant, conversation.assistant_id)
    question = question_of(session, assistant, said)
    newest = said.unanswered[-1]
    return Prepared(
        lease=lease,
        seen_message_id=conversation.last_customer_message_id or newest.id,
        wamid=newest.wamid or "",
        typing=receipts.answering(session, channel, newest),
        question=question,
        model=assistant.model or settings().ai_model,
        ready=_ready_answer(session, conversation, said, question, now),
    )


def question_of(session: Session, assistant: Assistant, said: Transcript) -> Question:
    """What the model is asked, with the passages that fit."""
    passages = session.exec(_PASSAGES, params={"assistant": assistant.id}).all()
    return Question(
        instructions=assistant.instructions,
        assistant_name=assistant.name,
        history=said.turns,
        passages=[
            Passage(found.title, found.body, found.score)
            for found in knowledge.rank(passages, said.query)
        ],
        # The channel's limit is for one message: a longer answer becomes several.
        max_length=outbox.LONGEST_TEXT,
    )


def _limit(channel: Channel) -> int:
    return min(channel.max_message_length, outbox.LONGEST_TEXT)


def _ready_answer(
    session: Session,
    conversation: Conversation,
    said: Transcript,
    question: Question,
    now: datetime,
) -> Answer | None:
    """An answer for which no model is needed."""
    if conversation.reply_attempts > MOST_ATTEMPTS:
        return _apology(question, "the answer was interrupted again and again")
    if _turns(session, conversation, now) >= MOST_TURNS:
        sentence = phrase(Phrase.PERSON, question.language)
        reason = f"{MOST_TURNS} answers within an hour"
        return Answer(sentence, HandOver.TOO_MANY_TURNS, reason)
    if not said.answerable:
        return Answer(phrase(Phrase.RESEND, question.language), None, "message unavailable")
    return None


def _apology(question: Question, reason: str, model: str = "") -> Answer:
    return Answer(phrase(Phrase.FAILURE, question.language), HandOver.MODEL_FAILURE, reason, model)


def _turns(session: Session, conversation: Conversation, now: datetime) -> int:
    """How often the assistant answered lately, since it last called a person."""
    since = {"conversation": conversation.id, "since": now - TURNS_WITHIN}
    return session.exec(_ANSWERS, params=since).one()


# Built once: naming the columns takes longer than reading the rows.
_PASSAGES = (
    select(KnowledgePassage)
    .where(KnowledgePassage.assistant_id == bindparam("assistant", type_=BigId))
    .order_by(col(KnowledgePassage.id))
)
_MINE = AssistantTrace.conversation_id == bindparam("conversation", type_=BigId)
_HANDED_OVER = select(func.coalesce(func.max(AssistantTrace.id), 0)).where(
    _MINE, AssistantTrace.decision == Decision.HANDED_OVER
)
_ANSWERS = select(func.count()).where(
    _MINE,
    AssistantTrace.decision == Decision.ANSWERED,
    col(AssistantTrace.created_at) > bindparam("since"),
    col(AssistantTrace.id) > _HANDED_OVER.scalar_subquery(),
)


def _last_words(said: Transcript) -> str:
    answered = said.turns[: len(said.turns) - len(said.unanswered)]
    return answered[-1].text if answered else ""


def _silent(session: Session, conversation: Conversation, gate: Gate) -> Silent:
    _done(conversation)
    if gate is Gate.NOTHING_TO_ANSWER:
        waiting.over(conversation)
    _trace(session, conversation, Decision.SILENT, gate)
    return Silent(gate)


def _still_wanted(session: Session, prepared: Prepared, now: datetime) -> Conversation | None:
    """The conversation, if nothing came between; else the answer is dropped here."""
    conversation = _leased(session, prepared.lease)
    if conversation is None:
        _lost(session, prepared)
        return None
    if gate := _shut_gate(session, conversation, now):
        _done(conversation)
        _trace(session, conversation, Decision.DROPPED, gate, prepared)
        return None
    if conversation.last_customer_message_id != prepared.seen_message_id:
        # It stays due, so that one answer covers both messages.
        conversation.reply_lease_until, conversation.reply_attempts = None, 0
        jobs.wake_after(session, "replies")
        _trace(session, conversation, Decision.DROPPED, Gate.NEWER_MESSAGE, prepared)
        return None
    return conversation


def _lost(session: Session, prepared: Prepared) -> None:
    """The lease ended or another run used it up; that run has left its own trace."""
    lease = prepared.lease
    decided = session.exec(
        select(
            exists().where(
                col(AssistantTrace.conversation_id) == lease.conversation_id,
                col(AssistantTrace.seen_message_id) == prepared.seen_message_id,
                col(AssistantTrace.created_at) >= lease.until - LEASE,
            )
        )
    ).one()
    conversation = session.get(Conversation, lease.conversation_id)
    if conversation and not decided:
        _trace(session, conversation, Decision.DROPPED, Gate.LEASE_LOST, prepared)


def _queue(session: Session, conversation: Conversation, answer: Answer) -> list[Message]:
    limit = _limit(session.get_one(Channel, conversation.channel_id))
    texts = splitting.split(answer.text or "", limit)
    if not texts:
        return []
    return outbox.queue_answer(session, conversation, texts)


def _done(conversation: Conversation) -> None:
    conversation.needs_reply = False
    conversation.reply_due_at = conversation.reply_lease_until = None
    conversation.reply_attempts = 0


def _trace(
    session: Session,
    conversation: Conversation,
    decision: Decision,
    reason: str,
    prepared: Prepared | None = None,
    answer: Answer | None = None,
) -> None:
    trace = AssistantTrace(
        workspace_id=conversation.workspace_id,
        conversation_id=conversation.id,
        seen_message_id=conversation.last_customer_message_id,
        decision=decision,
        reason=reason,
    )
    if prepared:
        trace.seen_message_id, trace.model = prepared.seen_message_id, prepared.model
        trace.passages = [
            {"title": passage.title, "score": passage.score}
            for passage in prepared.question.passages
        ]
    if answer:
        trace.model, trace.milliseconds = answer.model, answer.milliseconds
        trace.input_tokens, trace.output_tokens = answer.input_tokens, answer.output_tokens
    session.add(trace)
    nudges.after(session, conversation.workspace_id, conversation.id)
