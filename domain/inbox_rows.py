"""One row of the inbox's list in words: as it is for everybody, and as one person reads it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from domain import labels, window
from domain.access import Actor
from domain.inbox_filters import SOON
from illumichat_app.clock import now
from models import Author, ChannelKind, Conversation, Direction, MessageStatus, State


@dataclass(frozen=True)
class Row:
    """One conversation of the list."""

    id: int = 0
    title: str = ""
    initials: str = ""
    face: int = 0
    preview: str = ""
    time: str = ""
    time_iso: str = ""
    unread: int = 0
    who: str = ""
    who_tone: str = "gray"
    window: str = ""  # the chip, only when it is soon or closed
    window_label: str = ""
    window_level: str = ""  # open, soon, closed, or empty: the customer never wrote
    window_percent: int = 0
    channel: str = ""
    channel_kind: str = ""
    mark: str = ""  # of the last line: ai, you, agent, note, template, or empty: the customer
    failed: bool = False  # the last message did not go out
    mentioned: bool = False  # a note names the reader, who has not read it


class Facts(NamedTuple):
    """What the list's query reads of one conversation."""

    conversation: Conversation
    channel: str
    channel_kind: ChannelKind
    holder: str | None
    time_zone: str
    unread: int
    ended: datetime
    mentioned: bool
    # Of the last message, if there is one.
    author: Author | None
    direction: Direction | None
    kind: str | None
    status: MessageStatus | None
    writer_id: int | None
    writer: str | None


class Lines:
    """The rows of a page as they are told to many: those that are alike are one."""

    def __init__(self) -> None:
        self._marked: dict[tuple[int, int, bool], Row] = {}

    def told(self, actor: Actor, facts: Facts, line: Row, unread: int, mentioned: bool) -> Row:
        """The row with what is this person's own: their name in it, what they have not read."""
        if actor.user_id in (facts.conversation.claimed_by, facts.writer_id):
            return replace(row(actor, facts), unread=unread, mentioned=mentioned)
        if not (unread or mentioned):
            return line
        key = line.id, unread, mentioned
        if key not in self._marked:
            self._marked[key] = replace(line, unread=unread, mentioned=mentioned)
        return self._marked[key]


def row(actor: Actor | None, facts: Facts) -> Row:
    """The row for this person, or for nobody in particular; without what they have not read."""
    conversation, moment = facts.conversation, now()
    who, tone = who_answers(actor, conversation, facts.holder)
    level, label, percent = window_left(conversation, moment)
    title = conversation.title or "WhatsApp user"
    mark, words = _author_mark(actor, facts)
    return Row(
        id=conversation.id,
        title=title,
        initials=labels.initials(title),
        face=conversation.identity_id,
        preview=words + conversation.last_preview,
        time=labels.list_time(conversation.last_at, moment, labels.zone(facts.time_zone)),
        time_iso=conversation.last_at.isoformat(),
        who=who,
        who_tone=tone,
        window={"soon": f"{label} to reply", "closed": "Window closed"}.get(level, ""),
        window_label=f"{label} left to reply" if percent else "Window closed",
        window_level=level,
        window_percent=percent,
        channel=facts.channel,
        channel_kind=facts.channel_kind.value,
        mark=mark,
        failed=facts.status is MessageStatus.FAILED,
    )


def _author_mark(actor: Actor | None, facts: Facts) -> tuple[str, str]:
    """Who wrote the last line, as a word for the page and as words before it."""
    shown = facts.conversation.last_author
    if facts.author is shown and facts.direction is Direction.NOTE:
        return "note", f"Note · {_name(actor, facts)}: "
    if facts.author is shown and facts.kind == "template":
        return "template", "✦ Template: " if shown is Author.ASSISTANT else "Template: "
    if shown is Author.ASSISTANT:
        return "ai", "✦ "
    if shown is not Author.AGENT:
        return "", ""
    name = _name(actor, facts)
    return ("you" if name == "You" else "agent"), f"{name}: "


def _name(actor: Actor | None, facts: Facts) -> str:
    """The writer; the holder, where a message does not say who wrote it."""
    holder = facts.conversation.claimed_by, facts.holder
    user_id, name = (facts.writer_id, facts.writer) if facts.writer_id else holder
    return "You" if actor and user_id == actor.user_id else labels.first_name(name or "") or "Team"


def who_answers(
    actor: Actor | None, conversation: Conversation, holder: str | None
) -> tuple[str, str]:
    """Who handles it, as the chip says it, and the chip's tone."""
    if conversation.state is State.ASSISTANT:
        return "✦ AI", "gray"
    if conversation.state is State.NEEDS_HUMAN:
        return "Wants a human", "amber"
    if conversation.state is State.CLOSED:
        return "Closed", "gray"
    name = labels.first_name(holder) if holder else "Unclaimed"
    resumes = conversation.ai_resumes_at
    wait = f" · {labels.left(resumes - now())} left" if resumes and resumes > now() else ""
    mine = actor is not None and conversation.claimed_by == actor.user_id
    return f"{name}{wait}", "jade" if mine else "gray"


def window_left(conversation: Conversation, moment: datetime) -> tuple[str, str, int]:
    """The window's level (open, soon, closed, or empty), countdown and per cent left."""
    ends = conversation.window_ends_at
    if ends is None:
        return "", "", 0
    if not window.is_open(conversation, moment):
        return "closed", "closed", 0
    span = ends - moment
    percent = max(1, min(100, round(100 * (span / window.LENGTH))))
    return "soon" if span <= SOON else "open", labels.left(span), percent
