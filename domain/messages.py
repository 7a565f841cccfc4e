"""Putting a message into its conversation: the row, the list's last line, the counts."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from domain import rollup, waiting
from illumichat_app import nudges
from illumichat_app.clock import now
from integrations.whatsapp.wording import describe
from models import NEVER_SENT, Author, Conversation, Direction, Message, MessageStatus


def outgoing(
    session: Session, conversation: Conversation, author: Author, text: str, **fields: Any
) -> Message:
    """Queue a message: the row is its own outbox entry."""
    message = Message(**queued(session, conversation, author, text), **fields)
    waiting.answered(conversation, message)
    session.add(message)
    session.flush()
    rollup.added(session, message)
    last_line(session, conversation, message)
    return message


def queued(
    session: Session, conversation: Conversation, author: Author, text: str
) -> dict[str, Any]:
    """The columns of a message that waits to be sent."""
    moment = now()
    return {
        "workspace_id": conversation.workspace_id,
        "channel_id": conversation.channel_id,
        "conversation_id": conversation.id,
        "direction": Direction.OUT,
        "author": author,
        "text": text,
        "status": MessageStatus.QUEUED,
        "sent_at": moment,
        "next_attempt_at": moment,
        "day": rollup.day_of(session, conversation.workspace_id, moment),
        "hour": rollup.hour_of(session, conversation.workspace_id, moment),
    }


def last_line(session: Session, conversation: Conversation, message: Message) -> None:
    """Show the message as the conversation's last line, unless a newer one is already there.

    Meta's times are whole seconds: a message of the same second counts as newer.
    """
    nudges.after(session, conversation.workspace_id, conversation.id)
    if message.sent_at < conversation.last_at.replace(microsecond=0):
        return
    conversation.last_at = max(message.sent_at, conversation.last_at)
    conversation.last_preview = describe(message.kind, message.text, message.content)[:200]
    conversation.last_author = message.author


def moved_on(
    session: Session, message: Message, status: MessageStatus, at: datetime | None = None
) -> None:
    """Set a status and move the counts with it."""
    before = message.status
    message.status, message.status_at = status, at or now()
    rollup.status_changed(session, message, before)
    if status in NEVER_SENT and message.waited is not None:
        waiting.goes_on(session.get_one(Conversation, message.conversation_id), message)
    nudges.after(session, message.workspace_id, message.conversation_id)


def touched(session: Session, message: Message) -> None:
    """A message changed in place: show it, and renew the list's last line if it stands there."""
    nudges.after(session, message.workspace_id, message.conversation_id)
    conversation = session.get_one(Conversation, message.conversation_id)
    if message.sent_at >= conversation.last_at.replace(microsecond=0):
        gone = "Message deleted" if message.deleted_at else ""
        words = gone or describe(message.kind, message.text, message.content)
        conversation.last_preview = words[:200]
