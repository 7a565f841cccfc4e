"""The lines of a thread: messages, events, separators, each in words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from domain import labels
from domain.composer import why_asked_for
from integrations.whatsapp.fields import optional_record, optional_text, records
from integrations.whatsapp.wording import describe
from models import (
    AssistantTrace,
    Author,
    Conversation,
    ConversationEvent,
    Decision,
    Direction,
    Media,
    MediaState,
    Message,
    MessageStatus,
)


@dataclass(frozen=True)
class Item:
    """One line; `kind` is day, unread, system or message, and the rest is for messages."""

    key: str = ""
    kind: str = "message"
    id: int = 0
    text: str = ""
    side: str = "in"  # in, out, note
    author: str = ""
    by_assistant: bool = False
    time: str = ""
    time_iso: str = ""
    tick: str = ""
    tick_label: str = ""
    read: bool = False
    failed: bool = False
    problem: str = ""
    quote_author: str = ""
    quote: str = ""
    reactions: str = ""
    edited: bool = False
    deleted: bool = False
    media: str = ""  # image, video, audio, document
    media_state: str = ""
    media_url: str = ""
    media_name: str = ""
    place: str = ""
    place_url: str = ""
    card: str = ""
    card_detail: str = ""


class Line(NamedTuple):
    """An item and its place: Meta's time, then messages before events, then arrival."""

    place: tuple[datetime, int, int]
    item: Item


# ---- messages


def message_line(
    message: Message,
    media: Media | None,
    person: str | None,
    assistant: str,
    quotes: dict[str, Message],
    tz: ZoneInfo,
) -> Line:
    by_assistant = message.author is Author.ASSISTANT
    item = Item(
        key=f"m{message.id}",
        id=message.id,
        text=_words(message),
        side=message.direction.value,
        author=assistant if by_assistant else _author(message, person),
        by_assistant=by_assistant,
        time=labels.time_of_day(message.sent_at, tz),
        time_iso=message.sent_at.isoformat(),
        edited=message.edited_at is not None,
        deleted=message.deleted_at is not None,
        reactions=_reactions(message),
        **_status(message),
        **_quote(message, quotes, assistant),
        **({} if message.deleted_at else _attachment(message, media)),
    )
    return Line((message.sent_at, 0, message.id), item)


def _words(message: Message) -> str:
    if message.deleted_at:
        return "The customer deleted this message."
    if message.kind in _SHOWN_APART:
        return message.text
    return message.text or describe(message.kind, None, message.content)


def _author(message: Message, person: str | None) -> str:
    if message.direction is Direction.IN:
        return ""
    if message.direction is Direction.NOTE:
        return f"Internal note · {labels.first_name(person or '') or 'Your team'}"
    return person or {Author.SYSTEM: "IllumiChat"}.get(message.author, "Your team")


def _status(message: Message) -> dict[str, Any]:
    if message.direction is not Direction.OUT:
        return {}
    mark, meaning = labels.tick(message.status)
    failed = message.status is MessageStatus.FAILED
    doubtful = message.status is MessageStatus.UNKNOWN
    return {
        "tick": mark,
        "tick_label": meaning,
        "read": message.status in (MessageStatus.READ, MessageStatus.PLAYED),
        "failed": failed,
        "problem": message.error if failed or doubtful else "",
    }


def _quote(message: Message, quotes: dict[str, Message], assistant: str) -> dict[str, Any]:
    if not message.reply_to:
        return {}
    target = quotes.get(message.reply_to)
    if target is None:
        return {"quote": "An earlier message"}
    authors = {Author.CUSTOMER: "Customer", Author.ASSISTANT: assistant}
    words = "Deleted message" if target.deleted_at else ""
    return {
        "quote_author": authors.get(target.author, "Your team"),
        "quote": words or describe(target.kind, target.text, target.content)[:120],
    }


def _reactions(message: Message) -> str:
    emojis = (_emoji(reaction) for reaction in message.reactions.values())
    return " ".join(emoji for emoji in emojis if emoji)


def _emoji(reaction: Any) -> str | None:
    return optional_text(optional_record(reaction), "emoji")


# ---- attachments

_SHOWN_APART = frozenset({"image", "video", "audio", "document", "sticker", "location", "contacts"})
_PLAYERS = {"image": "image", "sticker": "image", "video": "video", "audio": "audio"}


def _attachment(message: Message, media: Media | None) -> dict[str, Any]:
    if message.kind == "location":
        return _place(message.content)
    if message.kind == "contacts":
        return _card(message.content)
    return _file(message, media) if media else {}


def _file(message: Message, media: Media) -> dict[str, Any]:
    name = describe(message.kind, None, message.content)
    ready = media.state is MediaState.READY
    return {
        "media": _PLAYERS.get(message.kind, "document"),
        "media_state": media.state.value,
        "media_url": f"/api/media/{media.id}" if ready else "",
        "media_name": media.filename or name,
    }


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


def _card(content: dict[str, Any]) -> dict[str, Any]:
    phones = [
        optional_text(phone, "phone") or optional_text(phone, "wa_id")
        for card in records(content.get("contacts"))
        for phone in records(card.get("phones"))
    ]
    return {
        "card": describe("contacts", None, content).removeprefix("👤 "),
        "card_detail": next(filter(None, phones), ""),
    }


# ---- events


def event_line(event: ConversationEvent, person: str | None, tz: ZoneInfo) -> Line:
    name = labels.first_name(person or "") or "Somebody"
    item = Item(key=f"e{event.id}", kind="system", text=_happened(event, name, tz))
    return Line((event.created_at, 1, event.id), item)


def _happened(event: ConversationEvent, name: str, tz: ZoneInfo) -> str:
    if event.kind in _WITH_MORE:
        return _WITH_MORE[event.kind](event, name)
    words = _EVENTS.get(event.kind, event.kind.replace("_", " ").capitalize())
    until = optional_text(event.data, "until")
    if until is None:
        return words.format(name=name)
    # The line stands below its own day, so "tomorrow" is the day after that.
    at = labels.moment(datetime.fromisoformat(until), event.created_at, tz)
    paused = "" if event.kind in _PAUSED else " and paused the AI"
    return f"{words.format(name=name)}{paused} until {at}"


def _resumed(event: ConversationEvent, name: str) -> str:
    return f"{name} resumed the AI" if event.user_id else "The AI resumed"


def _handed_over(event: ConversationEvent, _name: str) -> str:
    why = why_asked_for(str(event.data.get("reason") or ""))
    return f"The assistant asked for a person. {why}".strip()


def _reaction_not_sent(event: ConversationEvent, _name: str) -> str:
    return f"A reaction was not sent. {event.data.get('reason') or ''}".strip()


_WITH_MORE: dict[str, Callable[[ConversationEvent, str], str]] = {
    "resumed": _resumed,
    "handed_over": _handed_over,
    "reaction_not_sent": _reaction_not_sent,
}
_PAUSED = ("ai_paused", "ai_pause_extended")
_EVENTS = {
    "taken_over": "{name} took over",
    "take_over_undone": "{name} took the reply back, and the assistant answers again",
    "ai_paused": "{name} paused the AI",
    "ai_pause_extended": "{name} extended the AI's pause",
    "timer_stopped": "{name} stopped the timer; the AI stays paused until somebody resumes it",
    "ai_off": "{name} switched the AI off for this conversation",
    "ai_on": "{name} switched the AI on again",
    "note_deleted": "{name} deleted an internal note",
    "claimed": "{name} claimed this conversation",
    "released": "{name} released this conversation",
    "closed": "{name} closed this conversation",
    "reopened": "{name} reopened this conversation",
    "written_again": "The customer wrote again, so the conversation is open",
    "called": "The customer called",
    "number_changed": "The customer changed their phone number",
    "user_id_changed": "WhatsApp gave this customer a new user ID",
    "message_dropped": "An answer of the assistant was left out: it came too late",
}


def window_line(conversation: Conversation, moment: datetime, more: Any | None) -> list[Line]:
    """Where the window closed, if that moment is on this page."""
    ends = conversation.window_ends_at
    if ends is None or ends > moment or (more and ends < more.sent_at):
        return []
    return [Line((ends, 2, 0), Item(key="window", kind="system", text="24-hour window closed"))]


# ---- separators


def with_separators(
    lines: list[Line], unread_from: int | None, moment: datetime, tz: ZoneInfo
) -> list[Item]:
    """The items in order, a line before each new day and before the first unread message."""
    items: list[Item] = []
    today, day = moment.astimezone(tz).date(), None
    for line in lines:
        date = line.place[0].astimezone(tz).date()
        if date != day:
            items.append(Item(f"d{date}", "day", text=labels.day_name(date, today)))
            day = date
        if unread_from is not None and line.item.id == unread_from:
            items.append(Item("unread", "unread", text="New messages"))
        items.append(line.item)
    return items


# ---- the assistant's reasons


def trace_words(trace: AssistantTrace) -> str:
    """2 knowledge passages · offline · 12 ms · 812 tokens, after what it decided."""
    count = len(trace.passages)
    tokens = trace.input_tokens + trace.output_tokens
    parts = [
        _DECIDED.get(trace.decision, ""),
        f"{count} knowledge passage{'' if count == 1 else 's'}",
        trace.model,
        _spent(trace.milliseconds),
        f"{tokens} tokens" if tokens else "",
    ]
    return " · ".join(part for part in parts if part)


def _spent(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.1f} s" if milliseconds >= 1000 else f"{milliseconds} ms"


_DECIDED = {
    Decision.HANDED_OVER: "Asked for a person",
    Decision.SILENT: "Stayed silent",
    Decision.DROPPED: "Answer left out",
    Decision.FAILED: "Could not answer",
}
