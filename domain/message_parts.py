"""What hangs on a message or stands around its words: file, place, cards, template, choices."""

from typing import Any

from domain import outgoing_media, webhook_words
from domain.thread_lines import Card
from integrations.whatsapp.fields import optional_record, optional_text, records
from models import Direction, Media, MediaState, Message

SHOWN_APART = frozenset({"image", "video", "audio", "document", "sticker", "location", "contacts"})
MOST_CARDS = 10
_PLAYERS = frozenset({"image", "sticker", "video", "audio"})
_NAMES = {
    "image": "Photo",
    "sticker": "Sticker",
    "video": "Video",
    "audio": "Audio",
    "voice": "Voice message",
}
# Meta: webhooks, unsupported messages. `type` says what it was.
_UNSUPPORTED = {
    "poll_creation": "a poll",
    "poll_update": "a vote in a poll",
    "gif": "a GIF",
    "pin": "a pinned message",
    "group_invite": "an invitation to a group",
    "keep_in_chat": "a kept message",
    "link_preview": "a link with a preview",
    "edit": "a change to an earlier message",
    "media_placeholder": "a file from before this number was connected",
}
_ANSWERS = {
    "button_reply": "Pressed a button",
    "list_reply": "Chose from a list",
    "nfm_reply": "Filled in a form",
    "call_permission_reply": "Answered about calls",
}


def of(message: Message, media: Media | None) -> dict[str, Any]:
    """The fields of its line."""
    label = {"label": _label(message)}
    if message.kind == "location":
        return label | _place(message.content)
    if message.kind == "contacts":
        return label | {"cards": _cards(message.content)}
    parts = _template(message.content) if message.kind == "template" else {}
    return label | parts | (_file(message, media) if media else {})


def unsupported(content: dict[str, Any]) -> str:
    """What came that cannot be shown, and what to do about it."""
    what = _UNSUPPORTED.get(optional_text(content, "type") or "", "something")
    return f"The customer sent {what} that WhatsApp does not pass on. Ask them to write it instead."


def form_answers(content: dict[str, Any]) -> str:
    """The answers of a form, one in a line."""
    answers = optional_record(content.get("response"))
    shown = [(name, optional_text(answers, name)) for name in answers if name != "flow_token"]
    return "\n".join(f"{_plain(name)}: {value}" for name, value in shown if value)


def _plain(name: str) -> str:
    return name.replace("_", " ").strip().capitalize()


def _label(message: Message) -> str:
    content = message.content
    if message.kind == "template":
        return f"Template · {content.get('name', '')}".removesuffix(" · ")
    if message.kind == "button" and message.direction is Direction.IN:
        return "Pressed a button"
    if message.kind == "interactive":
        return _ANSWERS.get(optional_text(content, "type") or "", "")
    return "Forwarded" if content.get("forwarded") else ""


def _template(content: dict[str, Any]) -> dict[str, Any]:
    buttons = [optional_text(each, "text") for each in records(content.get("buttons"))]
    return {
        "heading": optional_text(content, "header") or "",
        "footer": optional_text(content, "footer") or "",
        "buttons": [words for words in buttons if words],
    }


# ---- files


def _file(message: Message, media: Media) -> dict[str, Any]:
    player = _player(message, media)
    return {
        "media": player,
        "media_state": _state(message, media),
        "media_url": f"/api/media/{media.id}" if _is_here(media) else "",
        "media_name": _file_name(player, media.filename),
        "media_size": webhook_words.size(media.size) if media.size else "",
        "media_problem": media.error if media.state is MediaState.FAILED else "",
    }


def _file_name(player: str, given: str) -> str:
    """The name of a recording is ours, nobody chose it."""
    return given if given and player != "voice" else _NAMES.get(player, "Document")


def _player(message: Message, media: Media) -> str:
    header = str(message.content.get("header_kind"))
    kind = header if message.kind == "template" else message.kind
    if kind == "audio" and media.voice:
        return "voice"
    return kind if kind in _PLAYERS else "document"


def _state(message: Message, media: Media) -> str:
    sending = media.state is MediaState.PENDING and message.direction is Direction.OUT
    return "sending" if sending and outgoing_media.is_ours(media) else media.state.value


def _is_here(media: Media) -> bool:
    """What people send is here before Meta has it."""
    ours = outgoing_media.is_ours(media) and media.path != ""
    return media.state is MediaState.READY or ours


# ---- places and cards


def _place(content: dict[str, Any]) -> dict[str, Any]:
    words = [str(content[name]) for name in ("name", "address") if content.get(name)]
    spot = f"{_number(content, 'latitude')},{_number(content, 'longitude')}"
    return {
        "place": ", ".join(words) or spot,
        "place_url": f"https://www.openstreetmap.org/?mlat={spot.replace(',', '&mlon=')}",
    }


def _number(content: dict[str, Any], name: str) -> float:
    try:
        return float(content.get(name) or 0)
    except (TypeError, ValueError):
        return 0.0


def _cards(content: dict[str, Any]) -> list[Card]:
    cards = [_card(card) for card in records(content.get("contacts"))[:MOST_CARDS]]
    return cards or [Card("Contact")]


def _card(card: Any) -> Card:
    name = optional_text(optional_record(card.get("name")), "formatted_name")
    phones = [
        optional_text(phone, "phone") or optional_text(phone, "wa_id")
        for phone in records(card.get("phones"))
    ]
    mails = [optional_text(mail, "email") for mail in records(card.get("emails"))]
    known = [detail for detail in (*phones, *mails) if detail]
    return Card(name or "Contact", " · ".join(known[:3]))
