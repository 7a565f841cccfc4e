"""Who answers a conversation, and every way that can change.

One table says which verb is possible in which state; each change writes one conversation_event in
the same transaction. The thread, the audit and the live view read those events.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, select

from domain import access
from domain.access import Actor
from illumichat_app import jobs, nudges
from illumichat_app.clock import now
from illumichat_app.errors import BadTransition, Conflict
from models import (
    Conversation,
    ConversationEvent,
    Direction,
    Message,
    MessageStatus,
    State,
    User,
)


class Verb(StrEnum):
    TAKE_OVER = "taken_over"
    HAND_OVER = "handed_over"
    RESUME = "resumed"
    CLOSE = "closed"
    REOPEN = "reopened"
    WRITE_AGAIN = "written_again"  # the customer writes into a closed conversation


class HandOver(StrEnum):
    """Why the assistant asks for a person."""

    ASKED_FOR_PERSON = "asked_for_person"
    NO_ANSWER = "no_answer"
    TOO_MANY_TURNS = "too_many_turns"
    MODEL_FAILURE = "model_failure"


_OPEN = (State.ASSISTANT, State.NEEDS_HUMAN, State.HUMAN)

TRANSITIONS: dict[tuple[State, Verb], State] = {
    **{(state, Verb.TAKE_OVER): State.HUMAN for state in State},
    (State.ASSISTANT, Verb.HAND_OVER): State.NEEDS_HUMAN,
    (State.NEEDS_HUMAN, Verb.RESUME): State.ASSISTANT,
    (State.HUMAN, Verb.RESUME): State.ASSISTANT,
    **{(state, Verb.CLOSE): State.CLOSED for state in _OPEN},
    (State.CLOSED, Verb.REOPEN): State.HUMAN,
    (State.CLOSED, Verb.WRITE_AGAIN): State.ASSISTANT,
}

_REFUSALS = {
    Verb.HAND_OVER: "A person already looks after this conversation.",
    Verb.RESUME: "The assistant already answers here.",
    Verb.CLOSE: "This conversation is already closed.",
    Verb.REOPEN: "This conversation is already open.",
    Verb.WRITE_AGAIN: "This conversation is already open.",
}


def take_over(session: Session, actor: Actor, conversation_id: int) -> Conversation:
    """The assistant stops, the person answers and claims. Raises BadTransition, NotFound."""
    conversation = access.conversation(session, actor, conversation_id)
    taken_over_by(session, conversation, actor)
    return conversation


def taken_over_by(session: Session, conversation: Conversation, actor: Actor) -> None:
    """Take over a conversation that is already in hand; a person's reply enters here too."""
    if conversation.state is State.HUMAN and conversation.claimed_by == actor.user_id:
        return
    _change(session, conversation, Verb.TAKE_OVER, user_id=actor.user_id)
    conversation.claimed_by, conversation.claimed_at = actor.user_id, now()
    _stop_answering(conversation)


def hand_over(session: Session, conversation: Conversation, reason: str) -> None:
    """The assistant asks for a person; `reason` is a HandOver."""
    _change(session, conversation, Verb.HAND_OVER, reason=reason)
    conversation.hand_over_reason = reason
    _stop_answering(conversation)


def resume_ai(session: Session, actor: Actor, conversation_id: int) -> Conversation:
    """The assistant answers again; at once, if the customer is waiting for an answer."""
    conversation = access.conversation(session, actor, conversation_id)
    _change(session, conversation, Verb.RESUME, user_id=actor.user_id)
    conversation.claimed_by = conversation.claimed_at = conversation.ai_resumes_at = None
    conversation.hand_over_reason = ""
    if _customer_waits(session, conversation):
        reply_soon(session, conversation, now())
    return conversation


def claim(session: Session, actor: Actor, conversation_id: int) -> Conversation:
    """Say that you handle it. Raises Conflict with the name of whoever was faster."""
    conversation = access.conversation(session, actor, conversation_id)
    if conversation.claimed_by == actor.user_id:
        return conversation
    if conversation.claimed_by is not None:
        holder = session.get(User, conversation.claimed_by)
        raise Conflict(f"{holder.name if holder else 'A colleague'} has already claimed this.")
    conversation.claimed_by, conversation.claimed_at = actor.user_id, now()
    record(session, conversation, "claimed", user_id=actor.user_id)
    return conversation


def release(session: Session, actor: Actor, conversation_id: int) -> Conversation:
    """Give up one's claim. Raises Conflict when it is somebody else's."""
    conversation = access.conversation(session, actor, conversation_id)
    if conversation.claimed_by != actor.user_id:
        raise Conflict("You have not claimed this conversation.")
    conversation.claimed_by = conversation.claimed_at = None
    record(session, conversation, "released", user_id=actor.user_id)
    return conversation


def close(session: Session, actor: Actor, conversation_id: int) -> Conversation:
    """Done. It opens again when the customer writes. Raises BadTransition."""
    conversation = access.conversation(session, actor, conversation_id)
    _change(session, conversation, Verb.CLOSE, user_id=actor.user_id)
    conversation.claimed_by = conversation.claimed_at = conversation.ai_resumes_at = None
    _stop_answering(conversation)
    return conversation


def reopen(session: Session, actor: Actor, conversation_id: int) -> Conversation:
    """Back to the person who reopens it. Raises BadTransition."""
    conversation = access.conversation(session, actor, conversation_id)
    _change(session, conversation, Verb.REOPEN, user_id=actor.user_id)
    conversation.claimed_by, conversation.claimed_at = actor.user_id, now()
    return conversation


def written_again(session: Session, conversation: Conversation) -> None:
    """The customer wrote: a closed conversation goes on, with the assistant."""
    if conversation.state is State.CLOSED:
        _change(session, conversation, Verb.WRITE_AGAIN)
        conversation.hand_over_reason = ""


def mark_read(session: Session, actor: Actor, conversation_id: int) -> Conversation:
    """Nothing is unread any more."""
    conversation = access.conversation(session, actor, conversation_id)
    if conversation.unread:
        conversation.unread = 0
        nudges.after(session, conversation.workspace_id, conversation.id)
    return conversation


def reply_soon(session: Session, conversation: Conversation, due: datetime) -> None:
    """Put the conversation before the assistant at this moment."""
    conversation.needs_reply = True
    conversation.reply_due_at = due
    conversation.reply_attempts = 0
    jobs.wake_after(session, "replies")


def record(
    session: Session,
    conversation: Conversation,
    kind: str,
    *,
    user_id: int | None = None,
    **data: Any,
) -> ConversationEvent:
    """Write the line and tell the browsers."""
    event = ConversationEvent(
        workspace_id=conversation.workspace_id,
        conversation_id=conversation.id,
        kind=kind,
        user_id=user_id,
        data=data,
    )
    session.add(event)
    nudges.after(session, conversation.workspace_id, conversation.id)
    return event


def _change(
    session: Session,
    conversation: Conversation,
    verb: Verb,
    *,
    user_id: int | None = None,
    **data: Any,
) -> None:
    target = TRANSITIONS.get((conversation.state, verb))
    if target is None:
        raise BadTransition(_REFUSALS[verb])
    data["from"] = conversation.state
    conversation.state = target
    record(session, conversation, verb, user_id=user_id, **data)


def _customer_waits(session: Session, conversation: Conversation) -> bool:
    """Whether the customer had the last word; what failed never reached them."""
    last = session.exec(
        select(Message.direction)
        .where(
            Message.conversation_id == conversation.id,
            Message.direction != Direction.NOTE,
            Message.status != MessageStatus.FAILED,
        )
        .order_by(col(Message.sent_at).desc(), col(Message.id).desc())
        .limit(1)
    ).first()
    return last is Direction.IN


def _stop_answering(conversation: Conversation) -> None:
    conversation.needs_reply = False
    conversation.reply_due_at = None
