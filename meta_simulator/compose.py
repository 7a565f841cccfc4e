"""How something a customer does looks as a `messages[]` item."""

from collections.abc import Callable
from typing import Any

from meta_simulator import media
from meta_simulator.core import Core
from meta_simulator.shapes import child, children
from meta_simulator.world import Json, Message, Thread

MEDIA_TYPES = {
    "image": "image/jpeg",
    "video": "video/mp4",
    "audio": "audio/ogg; codecs=opus",
    "document": "application/pdf",
    "sticker": "image/webp",
}


def compose(core: Core, thread: Thread, kind: str, fields: Json) -> Json:
    """The content of a message of this type. Raises ValueError if the fields do not fit."""
    if "content" in fields:
        return dict(fields["content"])
    if kind in MEDIA_TYPES:
        return _media(core, thread, kind, fields)
    maker = _MAKERS.get(kind)
    if maker is None:
        raise ValueError(f"type {kind!r} needs its content")
    return maker(thread, fields)


def _media(core: Core, thread: Thread, kind: str, fields: Json) -> Json:
    data: bytes = fields.get("data") or b""
    mime = str(fields.get("mime_type") or MEDIA_TYPES[kind])
    name = str(fields.get("filename") or "")
    stored = media.store(core, thread.number_id, data, mime, name, media.WEBHOOK_DAYS)
    part = media.webhook_part(core, stored)
    if fields.get("caption"):
        part["caption"] = fields["caption"]
    if kind == "document":
        part["filename"] = name or "document"
    if kind == "audio":
        part["voice"] = bool(fields.get("voice", True))
    if kind == "sticker":
        part["animated"] = bool(fields.get("animated", False))
    return part


def _text(thread: Thread, fields: Json) -> Json:
    del thread
    return {"body": str(fields["text"])}


def _location(thread: Thread, fields: Json) -> Json:
    del thread
    place: Json = {"latitude": float(fields["latitude"]), "longitude": float(fields["longitude"])}
    return place | {k: fields[k] for k in ("name", "address", "url") if fields.get(k)}


def _contacts(thread: Thread, fields: Json) -> Json:
    del thread
    return {"contacts": list(fields["contacts"])}


def _reaction(thread: Thread, fields: Json) -> Json:
    target = thread.message(str(fields["message_id"]))
    emoji = str(fields.get("emoji") or "")
    if target is not None:
        target.reactions["customer"] = emoji
    part: Json = {"message_id": str(fields["message_id"])}
    return part | ({"emoji": emoji} if emoji else {})


def _edit(thread: Thread, fields: Json) -> Json:
    target = thread.message(str(fields["message_id"]))
    words = str(fields["text"])
    key = "body" if target is None or target.type == "text" else "caption"
    kind = target.type if target else "text"
    if target is not None:
        target.content[key], target.edited = words, True
        inner = dict(target.content)
    else:
        inner = {"body": words}
    original = str(fields["message_id"])
    return {"original_message_id": original, "message": {"type": kind, kind: inner}}


def _revoke(thread: Thread, fields: Json) -> Json:
    target = thread.message(str(fields["message_id"]))
    if target is not None:
        target.revoked = True
    return {"original_message_id": str(fields["message_id"])}


def _button(thread: Thread, fields: Json) -> Json:
    del thread
    words = str(fields["text"])
    return {"payload": str(fields.get("payload") or words), "text": words}


def _interactive(thread: Thread, fields: Json) -> Json:
    if "interactive" in fields:
        return dict(fields["interactive"])
    asked = thread.message(str(fields.get("message_id") or fields.get("reply_to") or ""))
    wanted = str(fields["id"])
    for kind, choice in choices(asked):
        if choice["id"] == wanted:
            return {"type": kind, kind: choice}
    kind = str(fields.get("reply_type") or "button_reply")
    return {"type": kind, kind: {"id": wanted, "title": str(fields.get("title") or wanted)}}


def choices(message: Message | None) -> list[tuple[str, Json]]:
    """What can be tapped in an interactive message."""
    if message is None or message.type != "interactive":
        return []
    action = child(message.content, "action")
    buttons = [b["reply"] for b in children(action, "buttons") if "reply" in b]
    rows = [row for section in children(action, "sections") for row in children(section, "rows")]
    return [("button_reply", b) for b in buttons] + [("list_reply", r) for r in rows]


def _unsupported(thread: Thread, fields: Json) -> Json:
    del thread
    return {"type": str(fields.get("unsupported") or "poll_creation")}


def _order(thread: Thread, fields: Json) -> Json:
    del thread
    return {
        "catalog_id": str(fields.get("catalog_id") or "700000000000001"),
        "text": str(fields.get("text") or ""),
        "product_items": list(fields["product_items"]),
    }


_MAKERS: dict[str, Callable[[Thread, Json], Json]] = {
    "text": _text,
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "edit": _edit,
    "revoke": _revoke,
    "button": _button,
    "interactive": _interactive,
    "unsupported": _unsupported,
    "order": _order,
}


def siblings(kind: str, fields: Json) -> Json:
    """What stands beside the typed object: errors of unsupported messages, referral, extras."""
    found: dict[str, Any] = dict(child(fields, "extra"))
    if kind == "unsupported":
        found["errors"] = [_unsupported_error(int(fields.get("code") or 131051))]
    return found


def _unsupported_error(code: int) -> Json:
    title = "Message type unknown" if code == 131051 else "Message unavailable"
    details = "Message type is currently not supported."
    if code == 131060:
        details = "This message is currently unavailable. Ask the customer to send it again."
    return {"code": code, "title": title, "message": title, "error_data": {"details": details}}
