"""Taking back the reply that stopped the assistant, as long as nobody has begun to send it."""

from math import ceil

from sqlmodel import Session, col, func, select, update

from domain import access, conversations, last_line, rollup, sending
from domain.access import Actor
from domain.conversations import Verb
from illumichat_app.clock import now
from illumichat_app.errors import Conflict
from models import (
    NEVER_SENT,
    Conversation,
    ConversationEvent,
    Direction,
    Message,
    MessageStatus,
    State,
)

TAKEN_BACK = "Taken back, not sent."


def seconds_left(session: Session, actor: Actor, conversation_id: int) -> int:
    """For how long the person's take-over can still be undone; 0 if it cannot. Raises NotFound."""
    conversation = access.conversation(session, actor, conversation_id)
    try:
        began = _take_over(session, conversation, actor).created_at
    except Conflict:
        return 0
    return max(0, ceil((began + sending.HOLD - now()).total_seconds()))


def undo_take_over(session: Session, actor: Actor, conversation_id: int) -> str:
    """Cancel what the person queued since they took over, and let the assistant go on.

    Returns the words they wrote, for their reply box.
    Raises NotFound, or Conflict when a message is on its way or this was no take-over of theirs.
    """
    conversation = access.conversation(session, actor, conversation_id)
    take_over = _take_over(session, conversation, actor)
    words = _take_back(session, take_over)
    conversations.given_back(session, conversation, actor, take_over)
    last_line.renew(session, conversation)
    return words


def _take_over(session: Session, conversation: Conversation, actor: Actor) -> ConversationEvent:
    """The person's take-over from the assistant, if nothing else has changed who answers since."""
    last = session.exec(
        select(ConversationEvent)
        .where(
            ConversationEvent.conversation_id == conversation.id,
            col(ConversationEvent.kind).in_([*Verb, "claimed", "released"]),
        )
        .order_by(col(ConversationEvent.id).desc())
        .limit(1)
    ).first()
    if last is None or (last.kind, last.user_id, last.data.get("from")) != (
        Verb.TAKE_OVER,
        actor.user_id,
        State.ASSISTANT,
    ):
        raise Conflict("There is no take-over of yours to undo here.")
    return last


def _take_back(session: Session, take_over: ConversationEvent) -> str:
    """One UPDATE: whoever claims a message for sending at this moment has it, or we have it."""
    mine = (
        col(Message.conversation_id) == take_over.conversation_id,
        col(Message.user_id) == take_over.user_id,
        col(Message.direction) == Direction.OUT,
        col(Message.kind) != "reaction",  # it takes nothing over
        col(Message.created_at) >= take_over.created_at,
    )
    unsent = (col(Message.status) == MessageStatus.QUEUED, col(Message.attempts) == 0)
    cancelled = session.exec(
        update(Message)
        .where(*mine, *unsent)
        .values(status=MessageStatus.CANCELLED, status_at=now(), error=TAKEN_BACK)
        .returning(col(Message.id))
        .execution_options(synchronize_session=False)
    ).all()
    gone = select(func.count()).where(*mine, col(Message.status).not_in(NEVER_SENT))
    if session.exec(gone).one():
        raise Conflict(
            "Your message is already on its way to the customer, so it cannot be taken back. "
            "Resume the AI to let the assistant go on."
        )
    return _uncounted(session, [row[0] for row in cancelled])


def _uncounted(session: Session, cancelled: list[int]) -> str:
    """Take them out of the counts; returns their words. A template's are not the person's."""
    rows = session.exec(
        select(Message)
        .where(col(Message.id).in_(cancelled))
        .order_by(col(Message.id))
        .execution_options(populate_existing=True)
    ).all()
    for message in rows:
        rollup.status_changed(session, message, MessageStatus.QUEUED)
    return "\n".join(row.text for row in rows if row.text and row.kind != "template")
