"""The lines of a thread: events and separators, each in words; messages: message_lines."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from domain import labels
from domain.composer import why_asked_for
from integrations.whatsapp.fields import optional_text
from models import AssistantTrace, Conversation, ConversationEvent, Decision


@dataclass(frozen=True)
class Card:
    """A contact card that somebody sent."""

    name: str = ""
    detail: str = ""


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
    mine: bool = False
    label: str = ""  # what the text alone does not say: Forwarded, Pressed a button
    can: str = ""  # what the reader may do with it, in words with spaces between
    time: str = ""
    time_iso: str = ""
    tick: str = ""
    tick_label: str = ""
    waiting: bool = False
    read: bool = False
    failed: bool = False
    problem: str = ""
    again: str = ""
    quote_id: int = 0  # 0: not here to jump to
    quote_author: str = ""
    quote: str = ""
    reactions: str = ""
    reactions_label: str = ""
    edited: bool = False
    deleted: bool = False
    mentions: list[str] = field(default_factory=list[str])
    heading: str = ""
    footer: str = ""
    buttons: list[str] = field(default_factory=list[str])
    media: str = ""  # image, sticker, video, audio, voice, document
    media_state: str = ""  # pending, sending, failed, ready
    media_url: str = ""
    media_name: str = ""
    media_size: str = ""
    media_problem: str = ""
    place: str = ""
    place_url: str = ""
    cards: list[Card] = field(default_factory=list[Card])


class Line(NamedTuple):
    """An item and its place: Meta's time, then messages before events, then arrival."""

    place: tuple[datetime, int, int]
    item: Item


# ---- events


def event_line(event: ConversationEvent, person: str | None, tz: ZoneInfo) -> Line:
    name = labels.first_name(person or "") or "Somebody"
    item = Item(
        key=f"e{event.id}",
        kind="system",
        text=_happened(event, name, tz),
        time=labels.time_of_day(event.created_at, tz),
        time_iso=event.created_at.isoformat(),
    )
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
    "restored": "A backup was restored; the AI stays paused until somebody resumes it",
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
        if unread_from and line.item.id == unread_from:
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
        spent(trace.milliseconds),
        f"{tokens} tokens" if tokens else "",
    ]
    return " · ".join(part for part in parts if part)


def spent(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.1f} s" if milliseconds >= 1000 else f"{milliseconds} ms"


_DECIDED = {
    Decision.HANDED_OVER: "Asked for a person",
    Decision.SILENT: "Stayed silent",
    Decision.DROPPED: "Answer left out",
    Decision.FAILED: "Could not answer",
}
