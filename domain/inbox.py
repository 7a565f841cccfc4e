"""The list of conversations as a person reads it: rows in words, no table row leaves."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from domain import inbox_filters, inbox_search, labels, window
from domain.access import Actor
from domain.asking import ASKER
from domain.inbox_filters import (
    NO_FILTERS,
    SOON,
    VIEWS,
    Cursor,
    Filters,
    View,
    check,
    filter_choices,
    from_query,
    to_query,
)
from domain.inbox_search import LONGEST_SEARCH
from domain.unread import unread_column
from illumichat_app.clock import now
from models import (
    Author,
    Channel,
    ChannelKind,
    Conversation,
    Direction,
    Mention,
    Message,
    MessageStatus,
    State,
    User,
    Workspace,
)

__all__ = [
    "LONGEST_SEARCH",
    "VIEWS",
    "Counts",
    "Cursor",
    "Filters",
    "ListPage",
    "Row",
    "View",
    "above",
    "check",
    "counts",
    "filter_choices",
    "from_query",
    "page",
    "to_query",
]

PAGE = 50
MOST_COUNTED = 999


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


@dataclass(frozen=True)
class ListPage:
    rows: list[Row]
    next: Cursor | None
    places: list[Cursor]  # of each row, to go on behind it
    # When a word of these rows becomes untrue by the mere passing of time.
    changes_at: datetime | None


@dataclass(frozen=True)
class Counts:
    """How many each view holds, counted to 1,000; `shown` has them in words: 12, 999+."""

    open: int = 0
    mine: int = 0
    unclaimed: int = 0
    needs_human: int = 0
    closing_soon: int = 0
    mentions: int = 0
    shown: dict[str, str] = field(default_factory=dict[str, str])


def page(
    session: Session,
    actor: Actor,
    view: str,
    after: Cursor | None = None,
    limit: int = PAGE,
    search: str = "",
    filters: Filters = NO_FILTERS,
    keep: int = 0,
) -> ListPage:
    """A page of a view, in its order, by one query. A search looks at people of all views.

    The conversation `keep` stays in its place though it left the view. Raises NotFound for an
    unknown view.
    """
    view, behind = "found" if search.strip() else view, after is not None
    if view == "found":
        query = _found(session, actor, search, filters, limit + 1, behind)
    else:
        query = _of_view(view, filters, limit + 1, behind, keep > 0)
    rows = _rows(session, query, inbox_filters.values(actor, after, keep))
    shown = [_Facts(*row) for row in rows[:limit]]
    more = len(rows) > limit
    places = [inbox_filters.place(view, facts.conversation) for facts in shown]
    return ListPage(
        rows=[_row(actor, facts) for facts in shown],
        next=places[-1] if more else None,
        places=places,
        changes_at=_changes_at([facts.conversation for facts in shown]),
    )


@lru_cache(inbox_filters.QUERIES)
def _of_view(view: str, filters: Filters, limit: int, behind: bool, keep: bool) -> Any | None:
    found = inbox_filters.keys(view, filters, limit, behind, keep)
    return None if found is None else _with_people(view, found).limit(limit)


def _found(
    session: Session, actor: Actor, search: str, filters: Filters, limit: int, behind: bool
) -> Any | None:
    people = inbox_search.people(session, actor, search)
    if people is None:
        return None
    found = inbox_filters.among(people, filters, limit, behind)
    return _with_people("found", found).limit(limit)


def above(
    session: Session,
    actor: Actor,
    view: str,
    place: Cursor,
    rows: int = PAGE,
    filters: Filters = NO_FILTERS,
) -> Cursor | None:
    """The place so many rows further up, to page back by key; None: the top is nearer."""
    found = inbox_filters.keys(view, filters, rows, after=True, back=True)
    if found is None:
        return None
    up = inbox_filters.order(view, back=True)
    query = select(Conversation).where(col(Conversation.id).in_(found)).order_by(*up).limit(rows)
    passed = [row[0] for row in _rows(session, query, inbox_filters.values(actor, place))]
    return inbox_filters.place(view, passed[-1]) if len(passed) == rows else None


def counts(session: Session, actor: Actor) -> Counts:
    """How many conversations each view of open ones holds, in one query that stops at 1,000."""
    numbers = _rows(session, _counting(), inbox_filters.values(actor) | {"stop": _STOP})[0]
    counted = dict(zip(_COUNTED, numbers, strict=True))
    return Counts(**counted, shown={name: _capped(number) for name, number in counted.items()})


_COUNTED = [view for view in VIEWS if view != "closed"]
_STOP = MOST_COUNTED + 1


@cache
def _counting() -> Any:
    kept = [inbox_filters.unordered(view).limit(bindparam("stop")) for view in _COUNTED]
    return select(*(_number_of(each) for each in kept))


def _number_of(kept: Any) -> Any:
    return select(func.count()).select_from(kept.subquery()).scalar_subquery()


def _capped(number: int) -> str:
    return str(number) if number <= MOST_COUNTED else "999+"


def _rows(session: Any, query: Any | None, values: dict[str, Any]) -> list[Any]:
    return [] if query is None else list(session.exec(query, params=values).all())


class _Facts(NamedTuple):
    conversation: Conversation
    channel: str
    channel_kind: ChannelKind
    holder: str | None
    time_zone: str
    unread: int
    mentioned: bool
    # Of the last message, if there is one.
    author: Author | None
    direction: Direction | None
    kind: str | None
    status: MessageStatus | None
    writer_id: int | None
    writer: str | None


# Made once: naming a table anew costs more than the query's rows.
_HOLDER, _WRITER, _NEWEST = aliased(User), aliased(User), aliased(Message)
_LAST_MESSAGE: Any = (
    select(col(_NEWEST.id))
    .where(col(_NEWEST.conversation_id) == Conversation.id, col(_NEWEST.kind) != "reaction")
    .order_by(col(_NEWEST.sent_at).desc(), col(_NEWEST.id).desc())
    .limit(1)
    .correlate(Conversation)
    .scalar_subquery()
)


def _with_people(view: str, keys: Any) -> Any:
    mention = exists().where(
        *inbox_filters.unread_mentions(),
        col(Mention.conversation_id) == Conversation.id,
    )
    return (
        select(
            Conversation,
            col(Channel.name),
            col(Channel.kind),
            col(_HOLDER.name),
            col(Workspace.time_zone),
            unread_column(ASKER),
            mention,
            col(Message.author),
            col(Message.direction),
            col(Message.kind),
            col(Message.status),
            col(Message.user_id),
            col(_WRITER.name),
        )
        .join(Workspace, col(Workspace.id) == Conversation.workspace_id)
        .join(Channel, col(Channel.id) == Conversation.channel_id)
        .outerjoin(_HOLDER, col(_HOLDER.id) == Conversation.claimed_by)
        .outerjoin(Message, col(Message.id) == _LAST_MESSAGE)
        .outerjoin(_WRITER, col(_WRITER.id) == Message.user_id)
        .where(col(Conversation.id).in_(keys))
        .order_by(*inbox_filters.order(view))
    )


# ---- in words


def _row(actor: Actor, facts: _Facts) -> Row:
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
        unread=facts.unread,
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
        mentioned=facts.mentioned,
    )


def _author_mark(actor: Actor, facts: _Facts) -> tuple[str, str]:
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


def _name(actor: Actor, facts: _Facts) -> str:
    """The writer; the holder, where a message does not say who wrote it."""
    holder = facts.conversation.claimed_by, facts.holder
    user_id, name = (facts.writer_id, facts.writer) if facts.writer_id else holder
    return "You" if user_id == actor.user_id else labels.first_name(name or "") or "Team"


def who_answers(actor: Actor, conversation: Conversation, holder: str | None) -> tuple[str, str]:
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
    return f"{name}{wait}", "jade" if conversation.claimed_by == actor.user_id else "gray"


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


def _changes_at(conversations: list[Conversation]) -> datetime | None:
    """The next minute of the relative times, or the moment a window or a pause ends."""
    if not conversations:
        return None
    moment = now()
    ends = [
        at
        for row in conversations
        for at in (row.window_ends_at, row.ai_resumes_at)
        if at and at > moment
    ]
    return min([moment + labels.MINUTE, *ends])
