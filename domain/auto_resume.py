"""How long the assistant stays paused while a person answers.

The moment stands on the conversation's row: the row is the timer, so a restart loses none.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Session, col, select

from domain import access, conversations
from domain.access import Actor
from illumichat_app.clock import now
from illumichat_app.errors import BadTransition, Conflict, Invalid
from models import Conversation, ConversationEvent, State

NEVER = 0
CHOICES = (5, 15, 60, 4 * 60, 24 * 60, 7 * 24 * 60)  # minutes
SHORTEST, LONGEST = CHOICES[0], CHOICES[-1]
MOST_AT_ONCE = 100

_STARTED = ("ai_paused", "taken_over", "reopened")
_EXTENDED = "ai_pause_extended"
_MOST_LOOKED_AT = 20


class Unit(StrEnum):
    """How a person writes a length of their own."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"


_MINUTES = {Unit.MINUTES: 1, Unit.HOURS: 60, Unit.DAYS: 24 * 60}


def clean_minutes(minutes: object) -> int:
    """The minutes as they are kept; 0 is never. Raises Invalid outside 5 minutes to 7 days."""
    if isinstance(minutes, int) and (minutes == NEVER or SHORTEST <= minutes <= LONGEST):
        return int(minutes)
    raise Invalid("The AI can resume after 5 minutes at the earliest and 7 days at the latest.")


def written_minutes(amount: str, unit: Unit) -> int:
    """The minutes of a length as a person wrote it: 90 minutes, 1.5 hours. Raises Invalid."""
    try:
        number = float(amount.strip().replace(",", "."))
    except ValueError:
        raise Invalid("Write how long as a number, for example 45.") from None
    # The comparison is false for "nan", and no product of "inf" is within the bounds.
    minutes = number * _MINUTES[unit]
    return clean_minutes(round(minutes) if SHORTEST <= minutes <= LONGEST else -1)


def duration(minutes: int) -> str:
    """never, 5 minutes, 4 hours, 7 days: a length as a person says it."""
    if minutes == NEVER:
        return "never"
    for name, size in (("day", 24 * 60), ("hour", 60)):
        if minutes % size == 0:
            count = minutes // size
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{minutes} minutes"


def set_timer(session: Session, actor: Actor, conversation_id: int, minutes: int) -> Conversation:
    """The assistant resumes so many minutes from now; 0 stops the timer.

    Raises NotFound, Invalid, or BadTransition unless a person handles the conversation.
    """
    conversation = _handled(session, actor, conversation_id)
    if clean_minutes(minutes) == NEVER:
        return _stop(session, actor, conversation)
    until = now() + timedelta(minutes=minutes)
    return _set(session, actor, conversation, "ai_paused", until)


def extend(session: Session, actor: Actor, conversation_id: int, minutes: int) -> Conversation:
    """So many minutes more. Raises like set_timer, and Conflict when no timer runs."""
    conversation = _handled(session, actor, conversation_id)
    if conversation.ai_resumes_at is None:
        raise Conflict("No timer runs here. Set one first.")
    if clean_minutes(minutes) == NEVER:
        raise Invalid("Say by how many minutes the pause gets longer.")
    until = max(conversation.ai_resumes_at, now()) + timedelta(minutes=minutes)
    if until > now() + timedelta(minutes=LONGEST):
        raise Invalid("The AI can be paused for 7 days at most from now. Choose a shorter time.")
    return _set(session, actor, conversation, "ai_pause_extended", until)


def stop(session: Session, actor: Actor, conversation_id: int) -> Conversation:
    """The assistant stays paused until somebody resumes it. Raises NotFound, BadTransition."""
    return _stop(session, actor, _handled(session, actor, conversation_id))


def chosen(session: Session, conversation: Conversation) -> int | None:
    """The minutes that the running pause was set to; None if it was extended, or none runs.

    A colleague's take-over keeps the pause as it is, so its first line counts.
    """
    if conversation.ai_resumes_at is None:
        return None
    newest = session.exec(
        select(ConversationEvent)
        .where(
            ConversationEvent.conversation_id == conversation.id,
            col(ConversationEvent.kind).in_((*_STARTED, _EXTENDED)),
        )
        .order_by(col(ConversationEvent.created_at).desc(), col(ConversationEvent.id).desc())
        .limit(_MOST_LOOKED_AT)
    ).all()
    started = [event for event in newest if _until(event) == conversation.ai_resumes_at]
    if not started or started[-1].kind == _EXTENDED:
        return None
    return round((conversation.ai_resumes_at - started[-1].created_at) / timedelta(minutes=1))


def _until(event: ConversationEvent) -> datetime | None:
    until = event.data.get("until")
    return datetime.fromisoformat(until) if until else None


def _handled(session: Session, actor: Actor, conversation_id: int) -> Conversation:
    conversation = access.conversation(session, actor, conversation_id)
    if conversation.state is not State.HUMAN:
        raise BadTransition("No person answers here, so the AI is not paused. Take over first.")
    return conversation


def _stop(session: Session, actor: Actor, conversation: Conversation) -> Conversation:
    if conversation.ai_resumes_at is not None:
        conversation.ai_resumes_at = None
        conversations.record(session, conversation, "timer_stopped", user_id=actor.user_id)
    return conversation


def _set(
    session: Session, actor: Actor, conversation: Conversation, kind: str, until: datetime
) -> Conversation:
    conversation.ai_resumes_at = until
    told = until.isoformat()
    conversations.record(session, conversation, kind, user_id=actor.user_id, until=told)
    return conversation


def next_due(session: Session) -> datetime | None:
    """When the next pause ends."""
    return session.exec(
        select(Conversation.ai_resumes_at)
        .where(col(Conversation.ai_resumes_at).is_not(None))
        .order_by(col(Conversation.ai_resumes_at))
        .limit(1)
    ).first()


def resume_due(session: Session, limit: int = MOST_AT_ONCE) -> int:
    """Resume where the time has come, the earliest first; returns how many rows were due.

    A row that another worker or a person holds is left to them: the next sweep looks again.
    """
    due = session.exec(
        select(Conversation)
        .where(col(Conversation.ai_resumes_at) <= now())
        .order_by(col(Conversation.ai_resumes_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for conversation in due:
        conversation.ai_resumes_at = None
        if conversation.state is State.HUMAN:
            conversations.resumed(session, conversation)
    return len(due)
