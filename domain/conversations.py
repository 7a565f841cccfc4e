"""Who answers a conversation, and every way that can change.

One table says which verb is possible in which state; each change writes one conversation_event in
the same transaction. The thread, the audit and the live view read those events.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, select, update

from domain import access, rollup, waiting
from domain.access import Actor
from illumichat_app import jobs, nudges
from illumichat_app.clock import now
from illumichat_app.errors import BadTransition, Conflict, NotAllowed
from models import (
    NEVER_SENT,
    Conversation,
    ConversationEvent,
    Direction,
    Message,
    State,
    User,
    Workspace,
)


class Verb(StrEnum):
    TAKE_OVER = "taken_over"
    HAND_OVER = "handed_over"
    RESUME = "resumed"
    CLOSE = "closed"
    REOPEN = "reopened"
    WRITE_AGAIN = "written_again"  # the customer writes into a closed conversation
    UNDO = "take_over_undone"  # the message that took over was taken back before it was sent


class HandOver(StrEnum):
    """Why the assistant asks for a person."""

    ASKED_FOR_PERSON = "asked_for_person"
    NO_ANSWER = "no_answer"
    TOO_MANY_TURNS = "too_many_turns"
    MODEL_FAILURE = "model_failure"
    RESTORED = "restored"  # from a backup: it may have been answered since


_OPEN = (State.ASSISTANT, State.NEEDS_HUMAN, State.HUMAN)

TRANSITIONS: dict[tuple[State, Verb], State] = {
    **{(state, Verb.TAKE_OVER): State.HUMAN for state in State},
    (State.ASSISTANT, Verb.HAND_OVER): State.NEEDS_HUMAN,
    (State.NEEDS_HUMAN, Verb.RESUME): State.ASSISTANT,
    (State.HUMAN, Verb.RESUME): State.ASSISTANT,
    **{(state, Verb.CLOSE): State.CLOSED for state in _OPEN},
    (State.CLOSED, Verb.REOPEN): State.HUMAN,
    (State.CLOSED, Verb.WRITE_AGAIN): State.ASSISTANT,
    (State.HUMAN, Verb.UNDO): State.ASSISTANT,
}

_REFUSALS = {
    Verb.HAND_OVER: "A person already looks after this conversation.",
    Verb.RESUME: "The assistant already answers here.",
    Verb.CLOSE: "This conversation is already closed.",
    Verb.REOPEN: "This conversation is already open.",
    Verb.WRITE_AGAIN: "This conversation is already open.",
    Verb.UNDO: "There is no take-over to undo here.",
}


def require_may_reply(session: Session, conversation: Conversation, actor: Actor) -> None:
    """Raises NotAllowed where only the claimer may reply and a colleague is the claimer."""
    if conversation.claimed_by in (None, actor.user_id):
        return
    if session.get_one(Workspace, conversation.workspace_id).only_claimer_replies:
        name = _holder_name(session, conversation)
        raise NotAllowed(
            f"{name} has claimed this conversation, and only the person who claimed it may reply. "
            "Take over first, then send your message."
        )


def take_over(session: Session, actor: Actor, conversation_id: int) -> Conversation:
    """The assistant stops, the person answers and claims. Raises BadTransition, NotFound."""
    conversation = access.conversation(session, actor, conversation_id)
    taken_over_by(session, conversation, actor)
    return conversation


def taken_over_by(session: Session, conversation: Conversation, actor: Actor) -> None:
    """Take over a conversation that is already in hand; a person's reply enters here too.

    The workspace's timer starts; one that runs already goes on with the new holder.
    """
    if conversation.state is State.HUMAN and conversation.claimed_by == actor.user_id:
        return
    if conversation.state is not State.HUMAN:
        _start_timer(session, conversation)
    before = {
        "held_by": conversation.claimed_by,
        "held_since": _iso(conversation.claimed_at),
        "until": _iso(conversation.ai_resumes_at),
        "waiting_since": _iso(conversation.waiting_since),
    }
    _change(session, conversation, Verb.TAKE_OVER, user_id=actor.user_id, **before)
    conversation.claimed_by, conversation.claimed_at = actor.user_id, now()
    _stop_answering(conversation)


def _start_timer(session: Session, conversation: Conversation) -> None:
    minutes = session.get_one(Workspace, conversation.workspace_id).auto_resume_minutes
    conversation.ai_resumes_at = now() + timedelta(minutes=minutes) if minutes else None


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(iso: str | None) -> datetime | None:
    return datetime.fromisoformat(iso) if iso else None


def given_back(
    session: Session, conversation: Conversation, actor: Actor, take_over: ConversationEvent
) -> None:
    """Undo a take-over: the assistant answers, and whoever had claimed it has it again."""
    _change(session, conversation, Verb.UNDO, user_id=actor.user_id)
    conversation.claimed_by = take_over.data.get("held_by")
    conversation.claimed_at = _moment(take_over.data.get("held_since"))
    conversation.waiting_since = _moment(take_over.data.get("waiting_since"))
    conversation.ai_resumes_at = None
    _answer_if_awaited(session, conversation)


def hand_over(session: Session, conversation: Conversation, reason: str) -> None:
    """The assistant asks for a person; `reason` is a HandOver."""
    _change(session, conversation, Verb.HAND_OVER, reason=reason)
    conversation.hand_over_reason = reason
    waiting.asked(conversation, now())
    rollup.handed_over(session, conversation)
    _stop_answering(conversation)


def resume_ai(session: Session, actor: Actor, conversation_id: int) -> Conversation:
    """The assistant answers again; at once, if the customer is waiting for an answer."""
    conversation = access.conversation(session, actor, conversation_id)
    resumed(session, conversation, actor.user_id)
    return conversation


def resumed(session: Session, conversation: Conversation, user_id: int | None = None) -> None:
    """Resume in a conversation that is already in hand; without a person the timer did it."""
    _change(session, conversation, Verb.RESUME, user_id=user_id)
    conversation.claimed_by = conversation.claimed_at = conversation.ai_resumes_at = None
    conversation.hand_over_reason = ""
    _answer_if_awaited(session, conversation)


def set_ai(session: Session, actor: Actor, conversation_id: int, on: bool) -> Conversation:
    """Whether the assistant may answer in this conversation. Off, messages are only shown."""
    conversation = access.conversation(session, actor, conversation_id)
    if conversation.ai_enabled == on:
        return conversation
    conversation.ai_enabled = on
    record(session, conversation, "ai_on" if on else "ai_off", user_id=actor.user_id)
    if not on:
        _stop_answering(conversation)
    elif conversation.state is State.ASSISTANT:
        _answer_if_awaited(session, conversation)
    return conversation


def claim(session: Session, actor: Actor, conversation_id: int) -> Conversation:
    """Say that you handle it. Raises Conflict with the name of whoever was faster."""
    conversation = access.conversation(session, actor, conversation_id)
    if conversation.claimed_by != actor.user_id:
        claimed_for(session, conversation, actor)
    return conversation


def claimed_for(session: Session, conversation: Conversation, actor: Actor) -> None:
    """Claim a conversation that is already in hand."""
    if conversation.claimed_by is not None:
        name = _holder_name(session, conversation)
        raise Conflict(f"{name} has already claimed this. You can still take over.")
    if conversation.state is State.CLOSED:
        raise BadTransition("This conversation is closed. Reopen it first.")
    conversation.claimed_by, conversation.claimed_at = actor.user_id, now()
    record(session, conversation, "claimed", user_id=actor.user_id)


def _holder_name(session: Session, conversation: Conversation) -> str:
    holder = session.get(User, conversation.claimed_by)
    return holder.name if holder else "A colleague"


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
    closed_by(session, conversation, actor)
    return conversation


def closed_by(session: Session, conversation: Conversation, actor: Actor) -> None:
    """Close a conversation that is already in hand."""
    _change(session, conversation, Verb.CLOSE, user_id=actor.user_id)
    conversation.claimed_by = conversation.claimed_at = conversation.ai_resumes_at = None
    waiting.over(conversation)
    _stop_answering(conversation)


def reopen(session: Session, actor: Actor, conversation_id: int) -> Conversation:
    """Back to the person who reopens it, with the workspace's timer. Raises BadTransition."""
    conversation = access.conversation(session, actor, conversation_id)
    _start_timer(session, conversation)
    until = _iso(conversation.ai_resumes_at)
    _change(session, conversation, Verb.REOPEN, user_id=actor.user_id, until=until)
    conversation.claimed_by, conversation.claimed_at = actor.user_id, now()
    return conversation


def written_again(session: Session, conversation: Conversation) -> None:
    """The customer wrote: a closed conversation goes on, with the assistant."""
    if conversation.state is State.CLOSED:
        _change(session, conversation, Verb.WRITE_AGAIN)
        conversation.hand_over_reason = ""


def reply_soon(session: Session, conversation: Conversation, due: datetime) -> None:
    """Put the conversation before the assistant at this moment."""
    conversation.needs_reply = True
    conversation.reply_due_at = due
    conversation.reply_attempts = 0
    jobs.wake_after(session, "replies")


def answer_waiting(session: Session, workspace_id: int, channel_id: int) -> None:
    """The channel works again: whoever wrote meanwhile is put before the assistant now."""
    moment = now()
    session.exec(
        update(Conversation)
        .where(
            col(Conversation.workspace_id) == workspace_id,
            col(Conversation.channel_id) == channel_id,
            col(Conversation.state) == State.ASSISTANT,
            col(Conversation.ai_enabled),
            col(Conversation.waiting_since).is_not(None),
            col(Conversation.needs_reply).is_(False),
            col(Conversation.window_ends_at) > moment,
        )
        .values(needs_reply=True, reply_due_at=moment, reply_attempts=0)
    )
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
        data={name: value for name, value in data.items() if value is not None},
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


def _answer_if_awaited(session: Session, conversation: Conversation) -> None:
    if _customer_waits(session, conversation):
        reply_soon(session, conversation, now())


def _customer_waits(session: Session, conversation: Conversation) -> bool:
    """Whether the customer had the last word; what was never sent is not theirs to know."""
    last = session.exec(
        select(Message.direction)
        .where(
            Message.conversation_id == conversation.id,
            Message.direction != Direction.NOTE,
            col(Message.status).not_in(NEVER_SENT),
            Message.kind != "reaction",  # ours answers nothing
        )
        .order_by(col(Message.sent_at).desc(), col(Message.id).desc())
        .limit(1)
    ).first()
    return last is Direction.IN


def _stop_answering(conversation: Conversation) -> None:
    conversation.needs_reply = False
    conversation.reply_due_at = None
