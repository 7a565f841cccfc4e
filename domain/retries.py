"""Sending a failed message once more: a new line; the old one stays and says so."""

from collections.abc import Callable
from typing import Any

from sqlmodel import Session

from domain import access, outgoing_media, sending, template_messages
from domain.access import Actor
from domain.outbox import FILE_REFUSED
from illumichat_app.clock import now
from illumichat_app.errors import Conflict, Invalid
from models import Conversation, Direction, Message, MessageStatus

_FILES = frozenset({"image", "video", "audio", "document", "sticker"})
_AGAIN = frozenset({"text", "template"}) | _FILES


def retry(
    session: Session, actor: Actor, message_id: int, send_key: str, i_checked: bool = False
) -> Message:
    """The same content as a new message of this person, under today's checks.

    An unconfirmed one may have arrived: it goes again only if the person says so (`i_checked`).
    A message is sent again once; asked again, that attempt is returned.
    Raises NotFound, Invalid, Conflict, WindowClosed, ChannelOff, NotAllowed.
    """
    number = access.message(session, actor, message_id).conversation_id
    conversation = access.conversation(session, actor, number)
    # The lock on the conversation is what a second click waits for.
    failed = session.get_one(Message, message_id, populate_existing=True)
    if sent := sending.already_queued(session, actor, send_key) or _again(session, failed):
        return sent
    _require_undelivered(failed, i_checked)
    sending.require_may_send(session, conversation, actor, failed.kind)
    if failed.kind == "template":
        template_messages.require_approved(session, conversation, failed.content)
    return _sent_again(session, conversation, actor, failed, send_key)


def may_retry(message: Message) -> bool:
    """Whether the thread offers to send it again; the window and the rest are asked then."""
    ended = message.status in (MessageStatus.FAILED, MessageStatus.UNKNOWN)
    return ended and _is_ours(message) and not message.content.get("again")


def _is_ours(message: Message) -> bool:
    return message.direction is Direction.OUT and message.kind in _AGAIN


def _again(session: Session, failed: Message) -> Message | None:
    again: dict[str, Any] = failed.content.get("again") or {}
    return session.get(Message, again["message_id"]) if again else None


def _require_undelivered(message: Message, i_checked: bool) -> None:
    if not _is_ours(message):
        raise Invalid("This message cannot be sent again from here.")
    if message.content.get("again"):
        raise Conflict("This was sent again already; that message is not kept any more.")
    if message.status is MessageStatus.UNKNOWN and i_checked is not True:
        raise Conflict(
            "This message may have arrived. Ask the customer or wait for a tick first, "
            "then say that you checked."
        )
    if message.status not in (MessageStatus.FAILED, MessageStatus.UNKNOWN):
        raise Conflict("This message did not fail, so there is nothing to send again.")


def _sent_again(
    session: Session, conversation: Conversation, actor: Actor, failed: Message, send_key: str
) -> Message:
    attach = _file_of(session, failed)
    message = sending.queue(
        session,
        conversation,
        actor,
        failed.text,
        send_key,
        kind=failed.kind,
        content=dict(failed.content),
        reply_to=failed.reply_to,
    )
    attach(message)
    note = {"message_id": message.id, "at": now().isoformat(), "user_id": actor.user_id}
    failed.content = failed.content | {"again": note}
    return message


def _file_of(session: Session, failed: Message) -> Callable[[Message], None]:
    """How the new message gets the file of the old one. Raises Invalid when it is gone."""
    media = outgoing_media.of(session, failed)
    if media is None and failed.kind in _FILES:
        raise Invalid(outgoing_media.GONE)
    if media is None:
        return lambda message: None  # noqa: ARG005
    outgoing_media.require_here(media)
    refused = failed.error_code in FILE_REFUSED
    return lambda message: outgoing_media.attach_again(session, message, media, refused=refused)
