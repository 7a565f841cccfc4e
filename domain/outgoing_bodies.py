"""The call that sends a queued message: its row in Meta's words."""

from collections.abc import Iterable
from typing import Any

from integrations.whatsapp import messages as bodies
from integrations.whatsapp.messages import Recipient
from models import CustomerIdentity, Media, Message

_WITHOUT_FILE = frozenset({"text", "reaction"})


def with_file(messages: Iterable[Message]) -> list[int]:
    """The ids of those that may have a file, which `of` needs."""
    return [message.id for message in messages if message.kind not in _WITHOUT_FILE]


def of(identity: CustomerIdentity, message: Message, media: Media | None) -> dict[str, Any]:
    """The body for this customer."""
    to = Recipient(wa_id=identity.wa_id, user_id=identity.bsuid)
    if message.kind == "text":
        return bodies.text(to, message.text, reply_to=message.reply_to)
    if message.kind == "reaction":
        return bodies.reaction(to, message.reply_to or "", message.content["emoji"])
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
