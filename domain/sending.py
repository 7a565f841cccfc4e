"""What everything a person sends passes before it is queued, and how it is queued."""

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, select

from domain import access, channels, conversations, messages, window
from domain.access import Actor
from illumichat_app import jobs
from illumichat_app.clock import now
from illumichat_app.errors import Conflict, Invalid
from models import Author, Channel, Conversation, Direction, Message, MessageStatus, State

# The message that stops the assistant can be taken back for so long; nobody sends it before.
HOLD = timedelta(seconds=5)

# May be sent at any time; anything else is free-form (Meta: customer service windows).
ANY_TIME = frozenset({"template"})


def require_sendable(session: Session, conversation: Conversation, kind: str) -> None:
    """Raises ChannelOff, or WindowClosed for whatever is no template."""
    channels.require_sendable(session, session.get_one(Channel, conversation.channel_id))
    require_window(conversation, kind)


def require_window(conversation: Conversation, kind: str) -> None:
    """Raises WindowClosed for whatever is no template."""
    if kind not in ANY_TIME:
        window.require_open(conversation, now())


def require_may_send(session: Session, conversation: Conversation, actor: Actor, kind: str) -> None:
    """Every check that needs no look at the content. Raises ChannelOff, WindowClosed, Conflict."""
    require_sendable(session, conversation, kind)
    conversations.require_may_reply(session, conversation, actor)


def already_queued(session: Session, actor: Actor, send_key: object) -> Message | None:
    """What this key has queued before. Raises Invalid for a key that no page makes."""
    if not isinstance(send_key, str) or not 8 <= len(send_key) <= 64:
        raise Invalid("This page is out of date. Reload it and send again.")
    return session.exec(
        select(Message).where(
            Message.workspace_id == actor.workspace_id,
            Message.send_key == _key(actor, send_key),
        )
    ).first()


def require_same_words(sent: Message, text: str) -> None:
    """Raises Conflict for other words under a key that is taken: they would be lost silently."""
    if sent.text != text:
        raise Conflict("Something else was sent from this box just before. Send this once more.")


def queue(
    session: Session,
    conversation: Conversation,
    actor: Actor,
    text: str,
    send_key: str,
    **fields: Any,
) -> Message:
    """Queue a person's message; it takes the conversation over in the same transaction.

    One that stops the assistant is held for a moment, so that it can be taken back.
    """
    held = conversation.state is State.ASSISTANT
    conversations.taken_over_by(session, conversation, actor)
    message = messages.outgoing(
        session,
        conversation,
        Author.AGENT,
        text,
        user_id=actor.user_id,
        send_key=_key(actor, send_key),
        **fields,
    )
    if held:
        message.next_attempt_at = _held_until(conversation, message.kind)
    conversation.unread = 0
    jobs.wake_after(session, "outbox")
    return message


def _held_until(conversation: Conversation, kind: str) -> datetime:
    """Not so long that the window closes on it."""
    moment, ends = now(), conversation.window_ends_at
    if kind in ANY_TIME or ends is None:
        return moment + HOLD
    return max(moment, min(moment + HOLD, ends - HOLD))


def _key(actor: Actor, send_key: str) -> str:
    return f"{actor.user_id}:{send_key}"


def quoted(
    session: Session, actor: Actor, conversation: Conversation, message_id: int | None
) -> str | None:
    """The wamid of the message that is answered. Raises NotFound, or Invalid if Meta lacks it."""
    return target(session, actor, conversation, message_id).wamid if message_id else None


def target(session: Session, actor: Actor, conversation: Conversation, message_id: int) -> Message:
    """The message of this conversation that a reply or a reaction is about."""
    message = access.message(session, actor, message_id)
    if message.conversation_id != conversation.id or message.direction is Direction.NOTE:
        raise Invalid("That message is not part of this conversation with the customer.")
    if not message.wamid or message.deleted_at:
        raise Invalid("WhatsApp does not have that message, so nothing can refer to it.")
    return message


def failed(session: Session, message: Message, reason: str, code: int | None = None) -> None:
    """It did not go out, and why."""
    message.error, message.error_code, message.lease_until = reason, code, None
    messages.moved_on(session, message, MessageStatus.FAILED)
    conversation = session.get_one(Conversation, message.conversation_id)
    if code == window.REFUSED_BY_META:
        window.closed_by_meta(conversation, now())
    if message.kind == "reaction":  # it has no line of its own that could say so
        conversations.record(session, conversation, "reaction_not_sent", reason=reason)
