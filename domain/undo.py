"""Taking back the reply that stopped the assistant, as long as nobody has begun to send it."""

from sqlmodel import Session, col, func, select, update

from domain import access, conversations, last_line, rollup
from domain.access import Actor
from domain.conversations import Verb
from illumichat_app.clock import now
from illumichat_app.errors import Conflict
from models import Conversation, ConversationEvent, Direction, Message, MessageStatus, State

TAKEN_BACK = "Not sent: it was taken back in time."


def undo_take_over(session: Session, actor: Actor, conversation_id: int) -> Conversation:
    """Cancel what the person queued since they took over, and let the assistant go on.

    Raises NotFound, or Conflict when a message is on its way or this was no take-over of theirs.
    """
    conversation = access.conversation(session, actor, conversation_id)
    take_over = _take_over(session, conversation, actor)
    _take_back(session, take_over)
    conversations.given_back(session, conversation, actor, take_over)
    last_line.renew(session, conversation)
    return conversation


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


def _take_back(session: Session, take_over: ConversationEvent) -> None:
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
        .values(status=MessageStatus.FAILED, status_at=now(), error=TAKEN_BACK)
        .returning(col(Message.id))
        .execution_options(synchronize_session=False)
    ).all()
    gone = select(func.count()).where(*mine, col(Message.status) != MessageStatus.FAILED)
    if session.exec(gone).one():
        raise Conflict(
            "Your message is already on its way to the customer, so it cannot be taken back. "
            "Resume the AI to let the assistant go on."
        )
    _count(session, [row[0] for row in cancelled])


def _count(session: Session, cancelled: list[int]) -> None:
    rows = session.exec(
        select(Message)
        .where(col(Message.id).in_(cancelled))
        .execution_options(populate_existing=True)
    )
    for message in rows:
        rollup.status_changed(session, message, MessageStatus.QUEUED)
