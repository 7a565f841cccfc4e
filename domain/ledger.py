"""What became of one message, try by try, and why the assistant said it or said nothing."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from domain import access, labels, outgoing_media, thread_lines
from domain.access import Actor
from domain.composer import why_asked_for
from domain.gates import Gate
from domain.retries import may_retry
from models import (
    Assistant,
    AssistantTrace,
    AttemptOutcome,
    Author,
    Conversation,
    Decision,
    Direction,
    Message,
    MessageStatus,
    SendAttempt,
    User,
    Workspace,
)


@dataclass(frozen=True)
class Attempt:
    """One call to Meta. Times are of the workspace."""

    number: int = 0
    started: str = ""
    ended: str = ""
    outcome: str = ""
    wamid: str = ""
    code: str = ""
    problem: str = ""
    trace_id: str = ""  # what Meta's support asks for


@dataclass(frozen=True)
class Ledger:
    message_id: int = 0
    sent_by: str = ""
    status: str = ""
    problem: str = ""
    wamid: str = ""
    times: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])  # what, and when
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    sent_again: str = ""  # when it was sent once more, or nothing
    can_retry: bool = False
    must_check: bool = False  # it may have arrived: a retry needs the person's word


@dataclass(frozen=True)
class Why:
    """What was behind an answer, or a silence; all empty but `decision` when nothing is known."""

    decision: str = ""
    reason: str = ""
    passages: list[str] = field(default_factory=list[str])
    model: str = ""
    time: str = ""
    tokens: str = ""
    at: str = ""


# ---- what became of it


def of(session: Session, actor: Actor, message_id: int) -> Ledger:
    """Every attempt to send a message. Raises NotFound."""
    message = access.message(session, actor, message_id)
    tz = _zone(session, message)
    attempts = session.exec(
        select(SendAttempt)
        .where(SendAttempt.message_id == message.id)
        .order_by(col(SendAttempt.id))
    ).all()
    again: dict[str, Any] = message.content.get("again") or {}
    can_retry = may_retry(message)
    return Ledger(
        message_id=message.id,
        sent_by=_sent_by(session, message),
        status=labels.tick(message.status)[1] or "Received",
        problem=message.error,
        wamid=message.wamid or "",
        times=_times(session, message, tz),
        attempts=[_attempt(each, tz) for each in attempts],
        sent_again=_when(datetime.fromisoformat(again["at"]), tz) if again else "",
        can_retry=can_retry,
        must_check=can_retry and message.status is MessageStatus.UNKNOWN,
    )


def _zone(session: Session, message: Message) -> ZoneInfo:
    return labels.zone(session.get_one(Workspace, message.workspace_id).time_zone)


def _sent_by(session: Session, message: Message) -> str:
    if message.direction is Direction.IN:
        return "The customer"
    if message.author is Author.ASSISTANT:
        conversation = session.get_one(Conversation, message.conversation_id)
        return session.get_one(Assistant, conversation.assistant_id).name
    person = session.get(User, message.user_id) if message.user_id else None
    phone = "The WhatsApp Business app" if message.content.get("source") else "Your team"
    return person.name if person else phone


def _times(session: Session, message: Message, tz: ZoneInfo) -> list[tuple[str, str]]:
    if message.direction is Direction.IN:
        return [
            ("Sent by the customer", _when(message.sent_at, tz)),
            ("Received here", _when(message.created_at, tz)),
        ]
    media = outgoing_media.of(session, message)
    status = labels.tick(message.status)[1]
    known = [
        ("Written", message.created_at),
        ("File given to WhatsApp", media.uploaded_at if media else None),
        (status, message.status_at),
    ]
    return [(words, _when(at, tz)) for words, at in known if at]


def _attempt(attempt: SendAttempt, tz: ZoneInfo) -> Attempt:
    return Attempt(
        number=attempt.number,
        started=_when(attempt.created_at, tz),
        ended=_when(attempt.finished_at, tz) if attempt.finished_at else "",
        outcome=_OUTCOMES[attempt.outcome],
        wamid=attempt.wamid or "",
        code=str(attempt.error_code or ""),
        problem=attempt.error,
        trace_id=attempt.fbtrace_id,
    )


_OUTCOMES = {
    AttemptOutcome.STARTED: "Under way",
    AttemptOutcome.ACCEPTED: "WhatsApp has it",
    AttemptOutcome.REFUSED: "WhatsApp refused it",
    AttemptOutcome.RETRY: "Not taken, so it is tried again",
    AttemptOutcome.UNKNOWN: "The answer was lost, so nobody knows",
}


def _when(at: datetime, tz: ZoneInfo) -> str:
    local = at.astimezone(tz)
    return f"{local.day} {local:%b %Y %H:%M:%S}"


# ---- why it was said


def why(session: Session, actor: Actor, message_id: int) -> Why:
    """The decision behind a message of the assistant, or after a customer's. Raises NotFound."""
    message = access.message(session, actor, message_id)
    if message.author is Author.ASSISTANT:
        trace = _behind(session, message)
    elif message.direction is Direction.IN:
        trace = _after(session, message)
    else:
        return Why("A person wrote this.")
    if trace is None:
        return Why("Nothing is recorded about this.", _no_trace(session, message))
    return _in_words(trace, _zone(session, message))


def _behind(session: Session, message: Message) -> AssistantTrace | None:
    """The first answering decision that is not older than the message: both are of one commit,
    the message first. What it answered came before the message."""
    return session.exec(
        select(AssistantTrace)
        .where(
            AssistantTrace.conversation_id == message.conversation_id,
            col(AssistantTrace.decision).in_((Decision.ANSWERED, Decision.HANDED_OVER)),
            col(AssistantTrace.seen_message_id) < message.id,
            AssistantTrace.created_at >= message.created_at,
        )
        .order_by(col(AssistantTrace.id))
        .limit(1)
    ).first()


def _after(session: Session, message: Message) -> AssistantTrace | None:
    """The last decision about the first turn that this message was part of."""
    return session.exec(
        select(AssistantTrace)
        .where(
            AssistantTrace.conversation_id == message.conversation_id,
            col(AssistantTrace.seen_message_id) >= message.id,
            AssistantTrace.reason != Gate.NEWER_MESSAGE,
        )
        .order_by(col(AssistantTrace.seen_message_id), col(AssistantTrace.id).desc())
        .limit(1)
    ).first()


def _no_trace(session: Session, message: Message) -> str:
    if message.author is Author.ASSISTANT:
        return "It was written before decisions were kept."
    if session.get_one(Conversation, message.conversation_id).needs_reply:
        return "The assistant is about to look at it."
    return "The assistant was not asked, because a person looked after the conversation."


def _in_words(trace: AssistantTrace, tz: ZoneInfo) -> Why:
    tokens = trace.input_tokens + trace.output_tokens
    return Why(
        decision=_DECISIONS[trace.decision],
        reason=_reason(trace),
        passages=[str(passage.get("title", "")) for passage in trace.passages],
        model=trace.model,
        time=thread_lines.spent(trace.milliseconds) if trace.model else "",
        tokens=f"{trace.input_tokens} read, {trace.output_tokens} written" if tokens else "",
        at=_when(trace.created_at, tz),
    )


def _reason(trace: AssistantTrace) -> str:
    if trace.decision is Decision.HANDED_OVER:
        code, _, words = trace.reason.partition(": ")
        return f"{why_asked_for(code)} {words}".strip()
    return _GATES.get(trace.reason, trace.reason)


_DECISIONS = {
    Decision.ANSWERED: "The assistant answered.",
    Decision.HANDED_OVER: "The assistant asked for a person.",
    Decision.SILENT: "The assistant stayed silent.",
    Decision.DROPPED: "The assistant's answer was left out.",
    Decision.FAILED: "The assistant could not answer.",
}
_GATES: dict[str, str] = {
    Gate.CHANNEL_OFF: "The channel is switched off.",
    Gate.NOT_CONNECTED: "The WhatsApp number was not connected.",
    Gate.CHANNEL_AI_OFF: "AI replies are switched off for this channel.",
    Gate.CONVERSATION_AI_OFF: "AI replies are switched off for this conversation.",
    Gate.WAITS_FOR_PERSON: "It had asked for a person before, and waited for one.",
    Gate.PERSON_ANSWERS: "A person answered this conversation.",
    Gate.CLOSED: "The conversation was closed.",
    Gate.WINDOW_CLOSED: "The 24-hour window was closed.",
    Gate.NOTHING_TO_ANSWER: "There was nothing to answer.",
    Gate.NEWER_MESSAGE: "The customer wrote again meanwhile; the next answer covers both.",
    Gate.LEASE_LOST: "It took too long, so another try went on instead.",
}
