"""Whether the assistant answers, what it is asked, and what becomes of its answer.

The conversation row is the queue: `needs_reply` and a lease. No row is read or held while the model
thinks, so what was true before is checked again after. Each decision, silence included, leaves one
AssistantTrace.

Conversations come in sets: what a set needs is read in one statement for each table, and written in
one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Integer, Table, bindparam, insert
from sqlmodel import Session, UTCDateTime, and_, case, col, exists, or_, select, text, update

from domain import (
    channels,
    conversations,
    gates,
    outbox,
    questions,
    receipts,
    splitting,
    transcript,
    waiting,
)
from domain.channels import Linked
from domain.conversations import HandOver
from domain.gates import Gate
from domain.questions import MOST_ATTEMPTS, Asked, Talk
from domain.queueing import Answers
from domain.receipts import Receipt
from illumichat_app import clock, jobs, nudges
from illumichat_app.errors import ChannelOff, WindowClosed
from integrations.llm import OFFLINE, Answer, ModelFailure, Question
from models import AssistantTrace, Channel, Conversation, Decision
from models.columns import BigId

# Twice the model's 20 s time-out: both transactions around the call may wait for other writers. If
# it ends earlier than its worker, the worker's answer is dropped, never sent twice.
LEASE = timedelta(seconds=45)
# As the partial index has it: SQLite does not use that for `needs_reply = 1`.
ASKED = text("conversation.needs_reply")


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

    @property
    def is_at_once(self) -> bool:
        """Whether there is no model that needs time."""
        return self.ready is not None or self.model == OFFLINE


Outcome = Answer | ModelFailure


@dataclass(frozen=True, slots=True)
class Silent:
    """The assistant says nothing, and why."""

    reason: str


def due(session: Session, now: datetime, limit: int) -> list[Lease]:
    """Lease those that wait longest. A killed worker's come back when its lease ends."""
    until = now + LEASE
    leased = session.exec(_CLAIM, params={"now": now, "until": until, "most": limit})
    return [Lease(number, workspace_id, until) for number, workspace_id in leased]


def next_due(session: Session) -> datetime | None:
    """When the next conversation may be answered."""
    return session.exec(_NEXT_DUE).first()


# Built once: naming the columns takes longer than reading the rows.
_DUE, _LEASE = col(Conversation.reply_due_at), col(Conversation.reply_lease_until)
_NOW = bindparam("now", type_=UTCDateTime)
_FREE = or_(_LEASE.is_(None), _LEASE <= _NOW)
# Materialised: PostgreSQL may run a subquery with LIMIT again and lock more rows than asked.
_WAITING = (
    select(Conversation.id)
    .where(ASKED, _DUE <= _NOW, _FREE)
    .order_by(_DUE)
    .limit(bindparam("most", type_=Integer))  # type: ignore[arg-type]
    .with_for_update(skip_locked=True)
    .cte("waiting")
)
_CLAIM = (
    update(Conversation)
    .where(col(Conversation.id).in_(select(_WAITING.c.id)), _FREE)
    .values(
        reply_lease_until=bindparam("until"), reply_attempts=col(Conversation.reply_attempts) + 1
    )
    .returning(col(Conversation.id), col(Conversation.workspace_id))
    .execution_options(synchronize_session=False)
)
_READY_AT = case((and_(_LEASE.is_not(None), _LEASE > _DUE), _LEASE), else_=_DUE)
_NEXT_DUE = select(_READY_AT).where(ASKED).order_by(_READY_AT).limit(1)


@dataclass(slots=True)
class _Held:
    """The conversations of some leases, locked, their channels, and what is decided of them."""

    conversations: dict[int, Conversation]
    linked: dict[int, Linked]
    silent: dict[Lease, Silent] = field(default_factory=dict[Lease, Silent])
    traces: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def leased(self, lease: Lease) -> Conversation | None:
        """The conversation, if this lease still holds it."""
        conversation = self.conversations.get(lease.conversation_id)
        if conversation is None or conversation.reply_lease_until != lease.until:
            return None
        return conversation

    def shut_gate(self, conversation: Conversation, now: datetime) -> Gate | None:
        return gates.shut(conversation, self.linked[conversation.channel_id], now)


def _hold(session: Session, leases: Iterable[Lease]) -> _Held:
    numbers = sorted({lease.conversation_id for lease in leases})
    rows = {row.id: row for row in session.exec(_LOCKED, params={"conversations": numbers})}
    return _Held(rows, channels.linked(session, {row.channel_id for row in rows.values()}))


# In the order in which all lock theirs.
_LOCKED = (
    select(Conversation)
    .where(col(Conversation.id).in_(bindparam("conversations", expanding=True, type_=BigId)))
    .order_by(col(Conversation.id))
    .with_for_update()
    .execution_options(populate_existing=True)
)


# ---- before the model is asked


def prepare(session: Session, leases: Sequence[Lease], now: datetime) -> list[Prepared | Silent]:
    """What to ask the model, or why to stay silent, for each of the leases."""
    held = _hold(session, leases)
    talks = _talks(session, held, leases, now)
    asked = _asked(session, held, talks, now)
    prepared = _prepared(session, held, talks, asked)
    _write(session, held)
    return [prepared.get(lease) or held.silent[lease] for lease in leases]


def _talks(
    session: Session, held: _Held, leases: Iterable[Lease], now: datetime
) -> dict[Lease, Talk]:
    """Those in which the assistant may speak."""
    speaking: dict[Lease, Conversation] = {}
    for lease in leases:
        conversation = held.leased(lease)
        if conversation is None:
            held.silent[lease] = Silent(Gate.LEASE_LOST)
        elif gate := held.shut_gate(conversation, now):
            _silent(held, lease, gate)
        else:
            speaking[lease] = conversation
    said = transcript.read_all(session, list(speaking.values()))
    return {lease: (talk, said[talk.id]) for lease, talk in speaking.items()}


def _asked(
    session: Session, held: _Held, talks: dict[Lease, Talk], now: datetime
) -> dict[Lease, Asked]:
    """Those in which there is something to answer, and not with the words that were said last."""
    open_ = {lease: talk for lease, talk in talks.items() if talk[1].waits}
    asked = dict(zip(open_, questions.ask(session, list(open_.values()), now), strict=True))
    for lease, (_, said) in talks.items():
        each = asked.get(lease)
        if each is None or (each.ready and each.ready.text == said.last_words):
            _silent(held, lease, Gate.NOTHING_TO_ANSWER)
            asked.pop(lease, None)
    return asked


def _silent(held: _Held, lease: Lease, gate: Gate) -> None:
    conversation = held.conversations[lease.conversation_id]
    _done(conversation)
    if gate is Gate.NOTHING_TO_ANSWER:
        waiting.over(conversation)
    _trace(held, conversation, Decision.SILENT, gate)
    held.silent[lease] = Silent(gate)


def _prepared(
    session: Session, held: _Held, talks: dict[Lease, Talk], asked: dict[Lease, Asked]
) -> dict[Lease, Prepared]:
    newest = {lease: talks[lease][1].unanswered[-1] for lease in asked}
    shown = [(held.linked[talks[lease][0].channel_id], line) for lease, line in newest.items()]
    typing = receipts.answering(session, shown)
    return {
        lease: Prepared(
            lease=lease,
            seen_message_id=talks[lease][0].last_customer_message_id or line.id,
            wamid=line.wamid or "",
            typing=receipt,
            question=asked[lease].question,
            model=asked[lease].model,
            ready=asked[lease].ready,
        )
        for (lease, line), receipt in zip(newest.items(), typing, strict=True)
    }


# ---- after


def settle(session: Session, outcomes: Sequence[tuple[Prepared, Outcome]], now: datetime) -> None:
    """Send each answer on its way or hand over; drop it if the world moved on meanwhile.

    What failed is tried again after a pause; the third time, or when trying cannot help, a person
    is called.
    """
    held = _hold(session, [prepared.lease for prepared, _ in outcomes])
    answers = Answers(session, held.linked)
    lost: list[Prepared] = []
    with session.no_autoflush:  # what changes is written once, at the end
        for prepared, outcome in outcomes:
            conversation = held.leased(prepared.lease)
            if conversation is None:
                lost.append(prepared)
            elif _still_wanted(session, held, conversation, prepared, now):
                answer = _answer(session, held, conversation, prepared, outcome, now)
                if answer:
                    _apply(session, held, conversation, prepared, answer, answers)
    answers.write()
    receipts.note(session, [each.typing for each, _ in outcomes if each.typing])
    _write(session, held)
    _lost(session, held, lost)


def _still_wanted(
    session: Session, held: _Held, conversation: Conversation, prepared: Prepared, now: datetime
) -> bool:
    """Whether nothing came between; else the answer is dropped here."""
    if gate := held.shut_gate(conversation, now):
        _done(conversation)
        _trace(held, conversation, Decision.DROPPED, gate, prepared)
        return False
    if conversation.last_customer_message_id != prepared.seen_message_id:
        # It stays due, so that one answer covers both messages.
        conversation.reply_lease_until, conversation.reply_attempts = None, 0
        jobs.wake_after(session, "replies")
        _trace(held, conversation, Decision.DROPPED, Gate.NEWER_MESSAGE, prepared)
        return False
    return True


def _answer(
    session: Session,
    held: _Held,
    conversation: Conversation,
    prepared: Prepared,
    outcome: Outcome,
    now: datetime,
) -> Answer | None:
    """What to tell the customer; nothing while a failure may pass."""
    if isinstance(outcome, Answer):
        return outcome
    if not outcome.retryable or conversation.reply_attempts >= MOST_ATTEMPTS:
        return questions.apology(prepared.question, outcome.message, prepared.model)
    pause = timedelta(seconds=2 * 4 ** (conversation.reply_attempts - 1))
    conversation.reply_due_at, conversation.reply_lease_until = now + pause, None
    jobs.wake_after(session, "replies")
    _trace(held, conversation, Decision.FAILED, outcome.message, prepared)
    return None


def _apply(
    session: Session,
    held: _Held,
    conversation: Conversation,
    prepared: Prepared,
    answer: Answer,
    answers: Answers,
) -> None:
    _done(conversation)
    try:
        answers.add(conversation, _texts(held.linked[conversation.channel_id].channel, answer))
    except (WindowClosed, ChannelOff) as refusal:
        shut = Gate.WINDOW_CLOSED if isinstance(refusal, WindowClosed) else Gate.CHANNEL_OFF
        _trace(held, conversation, Decision.DROPPED, shut, prepared, answer)
        return
    decision = Decision.ANSWERED
    reason = answer.reason
    if answer.hand_over:
        conversations.hand_over(session, conversation, HandOver(answer.hand_over))
        decision, reason = Decision.HANDED_OVER, f"{answer.hand_over}: {answer.reason}"
    _trace(held, conversation, decision, reason, prepared, answer)


def _texts(channel: Channel, answer: Answer) -> list[str]:
    limit = min(channel.max_message_length, outbox.LONGEST_TEXT)
    return splitting.split(answer.text or "", limit)


def _done(conversation: Conversation) -> None:
    conversation.needs_reply = False
    conversation.reply_due_at = conversation.reply_lease_until = None
    conversation.reply_attempts = 0


def _lost(session: Session, held: _Held, lost: Iterable[Prepared]) -> None:
    """The lease ended or another run used it up; that run has left its own trace."""
    for prepared in lost:
        conversation = held.conversations.get(prepared.lease.conversation_id)
        if conversation and not _is_decided(session, prepared):
            _trace(held, conversation, Decision.DROPPED, Gate.LEASE_LOST, prepared)
            _write(session, held)


def _is_decided(session: Session, prepared: Prepared) -> bool:
    return session.exec(
        select(
            exists().where(
                col(AssistantTrace.conversation_id) == prepared.lease.conversation_id,
                col(AssistantTrace.seen_message_id) == prepared.seen_message_id,
                col(AssistantTrace.created_at) >= prepared.lease.until - LEASE,
            )
        )
    ).one()


# ---- what each decision leaves


def _trace(
    held: _Held,
    conversation: Conversation,
    decision: Decision,
    reason: str,
    prepared: Prepared | None = None,
    answer: Answer | None = None,
) -> None:
    passages = prepared.question.passages if prepared else []
    held.traces.append(
        {
            "created_at": clock.now(),
            "workspace_id": conversation.workspace_id,
            "conversation_id": conversation.id,
            "seen_message_id": prepared.seen_message_id
            if prepared
            else conversation.last_customer_message_id,
            "decision": decision,
            "reason": reason,
            "passages": [{"title": each.title, "score": each.score} for each in passages],
            "model": answer.model if answer else prepared.model if prepared else "",
            "milliseconds": answer.milliseconds if answer else 0,
            "input_tokens": answer.input_tokens if answer else 0,
            "output_tokens": answer.output_tokens if answer else 0,
        }
    )


def _write(session: Session, held: _Held) -> None:
    """The traces, with one INSERT; the browsers that show these conversations learn of it."""
    if held.traces:
        session.connection().execute(_INSERT, held.traces)
    for trace in held.traces:
        nudges.after(session, trace["workspace_id"], trace["conversation_id"])
    held.traces = []


_INSERT = insert(cast(Table, AssistantTrace.__table__))  # type: ignore[attr-defined]
