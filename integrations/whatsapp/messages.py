"""Bodies for POST /{phone_number_id}/messages (Meta: Send messages). Pure."""

from typing import Any, NamedTuple

_CAPTIONED = frozenset({"image", "video", "document"})


class Recipient(NamedTuple):
    """The customer to write to; at least one id."""

    wa_id: str | None
    user_id: str | None


def text(
    to: Recipient, body: str, *, reply_to: str | None = None, preview_url: bool = True
) -> dict[str, Any]:
    """Words, at most 4,096 characters; `reply_to` quotes that wamid."""
    content = {"body": body, "preview_url": preview_url}
    return _message(to, "text", content, reply_to)


def media(
    to: Recipient,
    kind: str,
    media_id: str,
    *,
    caption: str | None = None,
    filename: str | None = None,
    voice: bool = False,
    reply_to: str | None = None,
) -> dict[str, Any]:
    """An uploaded file. Caption: image, video, document; filename: document; voice: audio."""
    content = {
        "id": media_id,
        "caption": caption if kind in _CAPTIONED else None,
        "filename": filename if kind == "document" else None,
        "voice": (voice or None) if kind == "audio" else None,
    }
    return _message(to, kind, {k: v for k, v in content.items() if v is not None}, reply_to)


def template(
    to: Recipient, name: str, language: str, components: list[dict[str, Any]]
) -> dict[str, Any]:
    """An approved template; `language` is the exact stored code (en is not en_US)."""
    content: dict[str, Any] = {"name": name, "language": {"code": language}}
    if components:
        content["components"] = components
    return _message(to, "template", content, None)


def reaction(to: Recipient, target: str, emoji: str | None) -> dict[str, Any]:
    """A reaction to the wamid `target`; None takes ours away."""
    return _message(to, "reaction", {"message_id": target, "emoji": emoji or ""}, None)


def _message(
    to: Recipient, kind: str, content: dict[str, Any], reply_to: str | None
) -> dict[str, Any]:
    body = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **_address(to),
        "type": kind,
        kind: content,
    }
    return body | ({"context": {"message_id": reply_to}} if reply_to else {})


def _address(to: Recipient) -> dict[str, str]:
    if to.wa_id:
        # Without the plus Meta may put the business's own country code in front.
        return {"to": f"+{to.wa_id.removeprefix('+')}"}
    if not to.user_id:
        raise ValueError("a recipient needs a phone or a user id")
    # A user id in `to` is answered with 200 and the message is dropped without a word.
    return {"recipient": to.user_id}
