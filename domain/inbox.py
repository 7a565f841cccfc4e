"""The list of conversations as a person reads it: rows in words, no table row leaves."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from domain import inbox_filters, inbox_rows, inbox_search, labels, mentions, unread
from domain.access import Actor
from domain.asking import ASKER, EACH, MEMBER, among, asked_of
from domain.inbox_filters import (
    NO_FILTERS,
    VIEWS,
    Cursor,
    Filters,
    View,
    check,
    filter_choices,
    from_query,
    is_personal,
    to_query,
)
from domain.inbox_rows import Facts, Row
from domain.inbox_search import LONGEST_SEARCH
from illumichat_app.clock import now
from models import (
    Channel,
    Conversation,
    Mention,
    Message,
    User,
    Workspace,
)

__all__ = [
    "LONGEST_SEARCH",
    "VIEWS",
    "Board",
    "Counts",
    "Cursor",
    "Filters",
    "ListPage",
    "Row",
    "View",
    "above",
    "board",
    "check",
    "counts",
    "counts_of",
    "filter_choices",
    "from_query",
    "is_personal",
    "page",
    "pages_of",
    "to_query",
]

PAGE = 50
MOST_COUNTED = 999


@dataclass(frozen=True)
class ListPage:
    rows: list[Row]
    next: Cursor | None
    places: list[Cursor]  # of each row, to go on behind it
    # When a word of these rows becomes untrue by the mere passing of time.
    changes_at: datetime | None


class Board(NamedTuple):
    """A page as it is for nobody in particular, and what tells it to a person."""

    facts: list[Facts]
    rows: list[Row]
    places: list[Cursor]
    more: bool
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
    filters: Filters = NO_FILTERS,
    search: str = "",
    keep: int = 0,
) -> ListPage:
    """A page of a view, in its order, by one query. A search looks at people of all views.

    The conversation `keep` stays in its place though it left the view. Raises NotFound for an
    unknown view.
    """
    read = board(session, actor, view, after, limit, filters, search, keep)
    marks = [(facts.unread, facts.mentioned) for facts in read.facts]
    return _page(actor, read, inbox_rows.Lines(), marks)


def board(
    session: Session,
    actor: Actor,
    view: str,
    after: Cursor | None = None,
    limit: int = PAGE,
    filters: Filters = NO_FILTERS,
    search: str = "",
    keep: int = 0,
) -> Board:
    """The same before it is told to one person, for all who look at what is not personal."""
    view, behind = "found" if search.strip() else view, after is not None
    if view == "found":
        query = _found(session, actor, search, filters, limit + 1, behind)
    else:
        query = _of_view(view, filters, limit + 1, behind, keep > 0)
    rows = _rows(session, query, inbox_filters.values(actor, after, keep))
    shown = [Facts(*row) for row in rows[:limit]]
    return Board(
        facts=shown,
        rows=[inbox_rows.row(None, facts) for facts in shown],
        places=[inbox_filters.place(view, facts.conversation) for facts in shown],
        more=len(rows) > limit,
        changes_at=_changes_at([facts.conversation for facts in shown]),
    )


def pages_of(session: Session, people: Sequence[Actor], read: Board) -> dict[int, ListPage]:
    """A board as each of these people of one company reads it, by one query for their marks."""
    marks = unread.marks(session, people, [facts.conversation.id for facts in read.facts])
    lines = inbox_rows.Lines()
    return {who.user_id: _page(who, read, lines, _marks_of(who, read, marks)) for who in people}


def _marks_of(actor: Actor, read: Board, marks: unread.Marks) -> list[tuple[int, bool]]:
    person, joined = actor.user_id, marks.joined.get(actor.user_id)
    told: list[tuple[int, bool]] = []
    for facts in read.facts:
        talk = facts.conversation
        here = person, talk.id
        number = unread.left(talk.inbound_count, marks.seen.get(here), facts.ended, joined)
        told.append((number, here in marks.named))
    return told


def _page(
    actor: Actor, read: Board, lines: inbox_rows.Lines, marks: list[tuple[int, bool]]
) -> ListPage:
    shown = zip(read.facts, read.rows, marks, strict=True)
    return ListPage(
        rows=[lines.told(actor, facts, row, *mark) for facts, row, mark in shown],
        next=read.places[-1] if read.more else None,
        places=read.places,
        changes_at=read.changes_at,
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
    return counts_of(session, [actor])[actor.user_id]


def counts_of(session: Session, people: Sequence[Actor]) -> dict[int, Counts]:
    """The same for several people of one company, by their ids and in one query too."""
    values = asked_of(people, stop=_STOP, **inbox_filters.times())
    rows = {person: numbers for person, *numbers in _rows(session, _counting(), values)}
    return {who.user_id: _counts(rows.get(who.user_id, [0] * len(_COUNTED))) for who in people}


def _counts(numbers: Sequence[int]) -> Counts:
    counted = dict(zip(_COUNTED, numbers, strict=True))
    return Counts(**counted, shown={name: _capped(number) for name, number in counted.items()})


_COUNTED = [view for view in VIEWS if view != "closed"]
_STOP = MOST_COUNTED + 1


@cache
def _counting() -> Any:
    person: Any = EACH.user_id
    return select(person, *map(_number_of, _COUNTED)).where(*among())


def _number_of(view: str) -> Any:
    """What is the same for all of them is counted once: nothing in it is of one of them."""
    kept = inbox_filters.unordered(view, EACH).limit(bindparam("stop")).correlate(MEMBER)
    return select(func.count()).select_from(kept.subquery()).correlate(MEMBER).scalar_subquery()


def _capped(number: int) -> str:
    return str(number) if number <= MOST_COUNTED else "999+"


def _rows(session: Any, query: Any | None, values: dict[str, Any]) -> list[Any]:
    return [] if query is None else list(session.exec(query, params=values).all())


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
    return (
        select(
            Conversation,
            col(Channel.name),
            col(Channel.kind),
            col(_HOLDER.name),
            col(Workspace.time_zone),
            unread.unread_column(ASKER),
            unread.ended_column(),
            _mention(),
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


def _mention() -> Any:
    here = col(Mention.conversation_id) == Conversation.id
    return exists().where(*mentions.unread_by(ASKER), here)


# ---- time


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
