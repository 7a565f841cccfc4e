"""A message as a line of the thread: who, what, its fate, and what may be done with it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from domain import labels, message_parts
from domain.access import Actor
from domain.message_parts import SHOWN_APART
from domain.retries import may_retry
from domain.thread_lines import Item, Line
from integrations.whatsapp.fields import optional_record, optional_text
from integrations.whatsapp.wording import describe
from models import NEVER_SENT, Author, Direction, Media, Message, MessageStatus

UNCONFIRMED = "If no tick follows, ask the customer, and send it again if it did not arrive."


@dataclass(frozen=True)
class Reader:
    """Who reads, and what stands around the messages."""

    actor: Actor
    assistant: str
    tz: ZoneInfo
    moment: datetime
    window_open: bool
    quotes: dict[str, Message] = field(default_factory=dict[str, Message])
    mentioned: dict[int, list[str]] = field(default_factory=dict[int, list[str]])


def line(message: Message, media: Media | None, person: str | None, reader: Reader) -> Line:
    """The message, and the name of the person who wrote it, if one did."""
    by_assistant = message.author is Author.ASSISTANT
    item = Item(
        key=f"m{message.id}",
        id=message.id,
        text=_words(message),
        side=message.direction.value,
        author=reader.assistant if by_assistant else _author(message, person),
        by_assistant=by_assistant,
        mine=message.user_id == reader.actor.user_id,
        can=" ".join(_verbs(message, reader)),
        time=labels.time_of_day(message.sent_at, reader.tz),
        time_iso=message.sent_at.isoformat(),
        edited=message.edited_at is not None,
        deleted=message.deleted_at is not None,
        mentions=reader.mentioned.get(message.id, []),
        **_reactions(message),
        **_status(message),
        **_again(message, reader),
        **_quote(message, reader),
        **({} if message.deleted_at else message_parts.of(message, media)),
    )
    return Line((message.sent_at, 0, message.id), item)


def _words(message: Message) -> str:
    if message.deleted_at:
        return "The customer deleted this message."
    if message.kind in SHOWN_APART:
        return message.text
    if message.kind == "unsupported":
        return message_parts.unsupported(message.content)
    answers = message_parts.form_answers(message.content)
    return answers or message.text or describe(message.kind, None, message.content)


def _author(message: Message, person: str | None) -> str:
    if message.direction is Direction.IN:
        return ""
    if message.direction is Direction.NOTE:
        return f"Internal note · {labels.first_name(person or '') or 'Your team'}"
    return person or {Author.SYSTEM: "IllumiChat"}.get(message.author, "Your team")


# ---- what may be done


def _verbs(message: Message, reader: Reader) -> list[str]:
    if message.direction is Direction.NOTE:
        mine = message.user_id == reader.actor.user_id
        return ["copy", "edit", "delete"] if mine else ["copy"]
    at_meta = bool(message.wamid) and message.deleted_at is None
    ours = optional_text(optional_record(message.reactions.get("us")), "emoji")
    possible = {
        "reply": at_meta,
        "react": at_meta and reader.window_open,
        "unreact": at_meta and reader.window_open and bool(ours),
        "copy": bool(message.text) and message.deleted_at is None,
        "details": True,
        "why": message.direction is Direction.IN or message.author is Author.ASSISTANT,
        "retry": may_retry(message) and message.status is MessageStatus.FAILED,
        "check": may_retry(message) and message.status is MessageStatus.UNKNOWN,
    }
    return [verb for verb, may in possible.items() if may]


# ---- its fate


def _status(message: Message) -> dict[str, Any]:
    if message.direction is not Direction.OUT:
        return {}
    mark, meaning = labels.tick(message.status)
    return {
        "tick": mark,
        "tick_label": meaning,
        "waiting": message.status in (MessageStatus.QUEUED, MessageStatus.SENDING),
        "read": message.status in (MessageStatus.READ, MessageStatus.PLAYED),
        "failed": message.status is MessageStatus.FAILED,
        "problem": _problem(message),
    }


def _problem(message: Message) -> str:
    if message.status is MessageStatus.UNKNOWN:
        return f"{message.error} {UNCONFIRMED}".strip()
    return message.error if message.status in NEVER_SENT else ""


def _again(message: Message, reader: Reader) -> dict[str, Any]:
    at = optional_text(optional_record(message.content.get("again")), "at")
    if at is None:
        return {}
    when = labels.moment(datetime.fromisoformat(at), reader.moment, reader.tz)
    return {"again": f"Sent again at {when}"}


# ---- what it refers to, and what refers to it


def _quote(message: Message, reader: Reader) -> dict[str, Any]:
    if not message.reply_to:
        return {}
    target = reader.quotes.get(message.reply_to)
    if target is None:
        return {"quote": "An earlier message"}
    authors = {Author.CUSTOMER: "Customer", Author.ASSISTANT: reader.assistant}
    words = "Deleted message" if target.deleted_at else ""
    return {
        "quote_id": target.id,
        "quote_author": authors.get(target.author, "Your team"),
        "quote": words or describe(target.kind, target.text, target.content)[:120],
    }


def _reactions(message: Message) -> dict[str, Any]:
    given = [(who, _emoji(reaction)) for who, reaction in message.reactions.items()]
    shown = [(who, emoji) for who, emoji in given if emoji]
    if not shown:
        return {}
    names = {"us": "your team"}
    said = ", ".join(f"{emoji} from {names.get(who, 'the customer')}" for who, emoji in shown)
    return {"reactions": " ".join(emoji for _, emoji in shown), "reactions_label": said}


def _emoji(reaction: Any) -> str | None:
    return optional_text(optional_record(reaction), "emoji")
