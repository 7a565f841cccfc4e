"""The call that sends a queued message: its row in Meta's words."""

from typing import Any

from sqlmodel import Session

from domain import outgoing_media
from integrations.whatsapp import messages as bodies
from integrations.whatsapp.messages import Recipient
from models import Conversation, CustomerIdentity, Media, Message


def of(session: Session, conversation: Conversation, message: Message) -> dict[str, Any]:
    """The body for the customer of this conversation."""
    identity = session.get_one(CustomerIdentity, conversation.identity_id)
    to = Recipient(wa_id=identity.wa_id, user_id=identity.bsuid)
    if message.kind == "text":
        return bodies.text(to, message.text, reply_to=message.reply_to)
    if message.kind == "reaction":
        return bodies.reaction(to, message.reply_to or "", message.content["emoji"])
    media = outgoing_media.of(session, message)
    if message.kind == "template":
        return _template(to, message.content, media)
    assert media is not None  # noqa: S101  queued together with it
    return bodies.media(
        to,
        message.kind,
        media.meta_id,
        caption=message.text or None,
        filename=media.filename,
        voice=media.voice,
        reply_to=message.reply_to,
    )


def _template(to: Recipient, content: dict[str, Any], media: Media | None) -> dict[str, Any]:
    header = [_header(content["header_kind"], media)] if media else []
    parts = [*header, *content["components"]]
    return bodies.template(to, content["name"], content["language"], parts)


def _header(kind: str, media: Media) -> dict[str, Any]:
    file = {"id": media.meta_id} | ({"filename": media.filename} if kind == "document" else {})
    return {"type": "header", "parameters": [{"type": kind, kind: file}]}
