"""What one message counts as, in every table of counts. Pure."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from domain import waiting
from models import NEVER_SENT, Author, Counted, Direction, Message, MessageStatus

# The columns of MessageDaily and of ConversationDay.
DAILY = (
    "inbound",
    "by_assistant",
    "by_agents",
    "by_template",
    "accepted",
    "delivered",
    "read",
    "failed",
)
OF_CONVERSATION = ("inbound", "outbound", "by_assistant", "by_people", "hand_overs")

_READ = {MessageStatus.READ, MessageStatus.PLAYED}
_DELIVERED = {MessageStatus.DELIVERED} | _READ
_ACCEPTED = {MessageStatus.ACCEPTED, MessageStatus.SENT} | _DELIVERED


class Entry(NamedTuple):
    """One counter: a column of MessageDaily ("daily") or ConversationDay ("conversation"), or what
    a DailyCount counts ("part")."""

    table: str
    name: str
    part: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """All of a message that counts."""

    direction: Direction
    author: Author
    kind: str
    status: MessageStatus
    known_to_meta: bool
    error_code: int | None
    day: date
    hour: int
    waited: int | None


def said(message: Message, status: MessageStatus | None = None) -> Said:
    """The message as it is, or as it was with another status."""
    return Said(
        direction=message.direction,
        author=message.author,
        kind=message.kind,
        status=status or message.status,
        known_to_meta=message.wamid is not None,
        error_code=message.error_code,
        day=message.day,
        hour=message.hour,
        waited=message.waited,
    )


def counts(of: Said) -> Counter[Entry]:
    """Each counter that it moves by one.

    A note and a reaction are no messages, and nobody said what was taken back before it was sent.
    """
    if of.direction is Direction.IN:
        return _inbound(of)
    if of.direction is Direction.NOTE or of.kind == "reaction":
        return Counter()
    if of.status is MessageStatus.CANCELLED:
        return Counter()
    return _outbound(of)


def _inbound(of: Said) -> Counter[Entry]:
    return Counter(
        (
            Entry("daily", "inbound"),
            Entry("conversation", "inbound"),
            Entry("part", Counted.HOUR, of.day.weekday() * 24 + of.hour),
        )
    )


def _outbound(of: Said) -> Counter[Entry]:
    entries = [Entry("daily", _author(of)), Entry("conversation", "outbound"), *_progress(of)]
    by_assistant = of.author is Author.ASSISTANT
    if of.status not in NEVER_SENT:
        entries.append(Entry("conversation", "by_assistant" if by_assistant else "by_people"))
        if of.waited is not None:
            whose = Counted.BY_ASSISTANT_WITHIN if by_assistant else Counted.BY_PEOPLE_WITHIN
            entries.append(Entry("part", whose, waiting.step(of.waited)))
    if of.status is MessageStatus.FAILED:
        entries.append(Entry("part", Counted.FAILURE, of.error_code or 0))
    return Counter(entries)


def _author(of: Said) -> str:
    if of.kind == "template":
        return "by_template"
    return "by_assistant" if of.author is Author.ASSISTANT else "by_agents"


def _progress(of: Said) -> list[Entry]:
    """Read implies delivered implies accepted; what Meta took and could not deliver was accepted
    too."""
    failed = of.status is MessageStatus.FAILED
    reached = {
        "accepted": of.status in _ACCEPTED or (failed and of.known_to_meta),
        "delivered": of.status in _DELIVERED,
        "read": of.status in _READ,
        "failed": failed,
    }
    return [Entry("daily", column) for column, yes in reached.items() if yes]


def of_day(values: dict[str, int]) -> set[Counted]:
    """What a conversation's day counts as, once, beside ACTIVE."""
    assistant, people = values["by_assistant"] > 0, values["by_people"] > 0
    asked = values["hand_overs"] > 0
    reached = {
        Counted.ANSWERED: assistant or people,
        Counted.ASSISTED: assistant or asked,
        Counted.ALONE: assistant and not people and not asked,
        Counted.HANDED_OVER: asked,
    }
    return {what for what, yes in reached.items() if yes}


def is_active(values: dict[str, int]) -> bool:
    """Whether anybody said anything."""
    return values["inbound"] + values["outbound"] > 0


def active_days(days: list[date]) -> dict[date, int]:
    """Each active day of a conversation and the ordinal of the one before; 0 for the first."""
    before = [0, *(day.toordinal() for day in days)]
    return dict(zip(days, before, strict=False))
