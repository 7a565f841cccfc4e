"""One line for what a message holds, for lists and notifications."""

from collections.abc import Callable
from typing import Any

from integrations.whatsapp.fields import optional_record, optional_text, records

_Content = dict[str, Any]


def describe(kind: str, text: str | None, content: dict[str, Any]) -> str:
    """The preview of a message of Meta's type `kind`: its words, else what it is."""
    if kind in _LABELS:
        return ": ".join(filter(None, (_LABELS[kind](content), _one_line(text))))
    return _one_line(text) or "Message"


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def _audio(content: _Content) -> str:
    return "🎤 Voice message" if content.get("voice") else "🎵 Audio"


def _location(content: _Content) -> str:
    place = optional_text(content, "name") or optional_text(content, "address")
    return f"📍 {place or 'Location'}"


def _contacts(content: _Content) -> str:
    cards = records(content.get("contacts"))
    name = optional_text(optional_record(cards[0].get("name")), "formatted_name") if cards else None
    more = f" and {len(cards) - 1} more" if len(cards) > 1 else ""
    return f"👤 {name or 'Contact'}{more}"


def _order(content: _Content) -> str:
    count = len(records(content.get("product_items")))
    return f"🛒 Order, {count} item{'' if count == 1 else 's'}"


def _labelled(symbol: str, words: str) -> Callable[[_Content], str]:
    return lambda content: f"{symbol} {optional_text(content, 'filename') or words}"


_LABELS: dict[str, Callable[[_Content], str]] = {
    "image": lambda _: "📷 Photo",
    "video": lambda _: "🎬 Video",
    "audio": _audio,
    "document": _labelled("📄", "Document"),
    "sticker": lambda _: "Sticker",
    "location": _location,
    "contacts": _contacts,
    "order": _order,
    "unsupported": lambda _: "Unsupported message",
    "revoke": lambda _: "🚫 Deleted message",
}
