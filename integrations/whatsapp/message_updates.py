"""Items of `messages` and `message_echoes`: what was said, reacted to, edited or deleted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from integrations.whatsapp.fields import (
    Json,
    MalformedError,
    flag,
    load_json,
    moment,
    optional_record,
    optional_text,
    record,
    records,
    storable,
    text,
)
from integrations.whatsapp.people import sender_of
from integrations.whatsapp.update_types import (
    Echo,
    Edit,
    InboundMessage,
    MediaRef,
    NumberChanged,
    Reaction,
    Revoke,
    Unknown,
    Update,
    UserIdChanged,
)

_MEDIA = frozenset({"image", "video", "audio", "document", "sticker"})
_SIBLINGS = ("referral", "group_id", "errors")


@dataclass(frozen=True, slots=True)
class Said:
    """The words, file and facts of a message."""

    text: str | None = None
    media: MediaRef | None = None
    content: dict[str, Any] = field(default_factory=dict[str, Any])


def read_message(origin: dict[str, Any], value: Json, message: Json) -> Update:
    """One item of `messages`; MalformedError when its kind's needs are not met."""
    kind = text(message, "type")
    reader = _PATCHES.get(kind, _inbound)
    return reader(origin, value, message)


def read_echo(origin: dict[str, Any], _value: Json, message: Json) -> Update:
    """One item of `message_echoes`: sent by the business from its phone app."""
    kind = text(message, "type")
    body = optional_record(message.get(kind))
    target = optional_text(body, "original_message_id") or optional_text(body, "message_id")
    known, said = _say_echo(kind, message)
    return Echo(
        **origin,
        wamid=text(message, "id"),
        to_wa_id=optional_text(message, "to"),
        to_user_id=optional_text(message, "to_user_id"),
        sent_at=moment(message),
        kind=known,
        text=said.text,
        media=said.media,
        content=said.content,
        reply_to=_reply_to(message),
        target=target,
    )


def _inbound(origin: dict[str, Any], value: Json, message: Json) -> Update:
    kind, said = say(message)
    context = optional_record(message.get("context"))
    return InboundMessage(
        **origin,
        sender=sender_of(value, message),
        wamid=text(message, "id"),
        sent_at=moment(message),
        kind=kind,
        text=said.text,
        media=said.media,
        content=said.content | _siblings(message),
        reply_to=_reply_to(message),
        forwarded=flag(context, "forwarded") or flag(context, "frequently_forwarded"),
        opens_window=kind != "system",
    )


def say(message: Json) -> tuple[str, Said]:
    """The kind, and what was said; a type Meta added later becomes `unsupported`."""
    kind = text(message, "type")
    if kind in _MEDIA:
        return kind, _say_media(record(message.get(kind), kind))
    if kind in _SAY:
        return kind, _SAY[kind](message)
    return "unsupported", Said(content={"type": kind, "raw": storable(message)})


def _say_echo(kind: str, message: Json) -> tuple[str, Said]:
    if kind == "edit":
        return kind, _edited(message)[1]
    if kind == "revoke":
        return kind, Said()
    if kind == "reaction":
        return kind, Said(optional_text(optional_record(message.get(kind)), "emoji"))
    return say(message)


def _say_text(message: Json) -> Said:
    return Said(text(record(message.get("text"), "text"), "body"))


def _say_media(body: Json) -> Said:
    mime_type = (optional_text(body, "mime_type") or "").split(";")[0].strip().lower()
    caption = optional_text(body, "caption")
    media = MediaRef(
        id=text(body, "id"),
        mime_type=mime_type or None,
        sha256=optional_text(body, "sha256"),
        filename=optional_text(body, "filename"),
        caption=caption,
        voice=flag(body, "voice"),
        animated=flag(body, "animated"),
    )
    # `url` dies after five minutes and opens only with the token.
    return Said(caption, media, storable({k: v for k, v in body.items() if k != "url"}))


def _say_location(message: Json) -> Said:
    return Said(content=storable(record(message.get("location"), "location")))


def _say_contacts(message: Json) -> Said:
    cards = records(message.get("contacts"))
    if not cards:
        raise MalformedError("contacts is empty")
    return Said(content=storable({"contacts": cards}))


def _say_button(message: Json) -> Said:
    body = record(message.get("button"), "button")
    return Said(optional_text(body, "text"), content=storable(body))


def _say_interactive(message: Json) -> Said:
    body = record(message.get("interactive"), "interactive")
    answer = optional_record(body.get(text(body, "type")))
    words = (optional_text(answer, name) for name in ("title", "body", "response"))
    content = storable(body)
    if "response_json" in answer:
        content["response"] = _form_answers(answer)
    return Said(next(filter(None, words), None), content=content)


def _form_answers(answer: Json) -> dict[str, Any]:
    """A flow's answers: Meta sends them as a JSON text inside the JSON."""
    try:
        return storable(optional_record(load_json(text(answer, "response_json"))))
    except (ValueError, RecursionError, MalformedError):
        return {}


def _say_order(message: Json) -> Said:
    body = record(message.get("order"), "order")
    return Said(optional_text(body, "text"), content=storable(body))


def _say_system(message: Json) -> Said:
    body = record(message.get("system"), "system")
    identity = {"identity": message["identity"]} if "identity" in message else {}
    return Said(optional_text(body, "body"), content=storable({**body, **identity}))


def _say_unsupported(message: Json) -> Said:
    return Said(content=storable(optional_record(message.get("unsupported"))))


_SAY: dict[str, Callable[[Json], Said]] = {
    "text": _say_text,
    "location": _say_location,
    "contacts": _say_contacts,
    "button": _say_button,
    "interactive": _say_interactive,
    "order": _say_order,
    "system": _say_system,
    "unsupported": _say_unsupported,
}


def _siblings(message: Json) -> dict[str, Any]:
    found = {name: message[name] for name in _SIBLINGS if name in message}
    product = optional_record(message.get("context")).get("referred_product")
    return storable(found | ({"referred_product": product} if product else {}))


def _reply_to(message: Json) -> str | None:
    return optional_text(optional_record(message.get("context")), "id")


def _reaction(origin: dict[str, Any], value: Json, message: Json) -> Update:
    body = record(message.get("reaction"), "reaction")
    # A removed reaction has no emoji, or an empty one.
    return Reaction(
        **_patch(origin, value, message),
        target=text(body, "message_id"),
        emoji=optional_text(body, "emoji"),
    )


def _edit(origin: dict[str, Any], value: Json, message: Json) -> Update:
    kind, said = _edited(message)
    return Edit(
        **_patch(origin, value, message),
        target=text(record(message.get("edit"), "edit"), "original_message_id"),
        kind=kind,
        text=said.text,
        media=said.media,
    )


def _edited(message: Json) -> tuple[str, Said]:
    edit = record(message.get("edit"), "edit")
    return say(record(edit.get("message"), "edit.message"))


def _revoke(origin: dict[str, Any], value: Json, message: Json) -> Update:
    body = record(message.get("revoke"), "revoke")
    return Revoke(**_patch(origin, value, message), target=text(body, "original_message_id"))


def _patch(origin: dict[str, Any], value: Json, message: Json) -> dict[str, Any]:
    return {
        **origin,
        "sender": sender_of(value, message),
        "wamid": text(message, "id"),
        "sent_at": moment(message),
    }


def _system(origin: dict[str, Any], value: Json, message: Json) -> Update:
    body = optional_record(message.get("system"))
    change = optional_text(body, "type")
    # Both names of the number change are documented.
    if change in ("user_changed_number", "customer_changed_number"):
        return _number_changed(origin, message, body)
    if change == "user_changed_user_id":
        return _user_id_changed(origin, message, body)
    return _inbound(origin, value, message)


def _number_changed(origin: dict[str, Any], message: Json, body: Json) -> NumberChanged:
    old = optional_text(body, "customer") or optional_text(message, "from")
    return NumberChanged(
        **origin,
        wamid=text(message, "id"),
        sent_at=moment(message),
        old_wa_id=old,
        new_wa_id=optional_text(body, "new_wa_id") or text(body, "wa_id"),
        user_id=optional_text(body, "user_id"),
        body=optional_text(body, "body"),
    )


def _user_id_changed(origin: dict[str, Any], message: Json, body: Json) -> UserIdChanged:
    current = text(body, "user_id")
    previous = optional_text(message, "from_user_id")
    return UserIdChanged(
        **origin,
        at=moment(message),
        previous=None if previous == current else previous,
        current=current,
        wa_id=optional_text(body, "wa_id") or optional_text(message, "from"),
    )


def _welcome(origin: dict[str, Any], _value: Json, message: Json) -> Update:
    """The chat was opened, nothing was said (Meta: conversational components)."""
    return Unknown(**origin, field=text(message, "type"))


_PATCHES: dict[str, Callable[[dict[str, Any], Json, Json], Update]] = {
    "reaction": _reaction,
    "edit": _edit,
    "revoke": _revoke,
    "system": _system,
    "request_welcome": _welcome,
}
