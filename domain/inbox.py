"""The list of conversations as a person reads it: rows in words, no table row leaves."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, get_args

from sqlalchemy import func, or_, select, union_all
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from domain import labels, window
from domain.access import Actor
from illumichat_app.clock import now
from illumichat_app.errors import NotFound
from models import Author, Conversation, CustomerIdentity, State, User, Workspace

View = Literal["open", "mine", "unclaimed", "needs_human", "closing_soon", "closed"]
VIEWS: tuple[View, ...] = get_args(View)

PAGE = 50
SOON = timedelta(hours=6)
LONGEST_SEARCH = 80
OPEN = (State.ASSISTANT, State.NEEDS_HUMAN, State.HUMAN)


class Cursor(NamedTuple):
    """Where a page ended: the next one starts below it, also among equal times."""

    last_at: datetime
    id: int


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


@dataclass(frozen=True)
class ListPage:
    rows: list[Row]
    next: Cursor | None
    # When a word of these rows becomes untrue by the mere passing of time.
    changes_at: datetime | None


@dataclass(frozen=True)
class Counts:
    open: int = 0
    mine: int = 0
    unclaimed: int = 0
    needs_human: int = 0
    closing_soon: int = 0
    unread: int = 0


def page(
    session: Session,
    actor: Actor,
    view: str,
    after: Cursor | None = None,
    limit: int = PAGE,
    search: str = "",
) -> ListPage:
    """A page of a view, newest first, by one query. A search looks at people of all views.

    Raises NotFound for an unknown view.
    """
    found = _search(actor, search) if search.strip() else _view(actor, view)
    rows = _rows(session, _with_people(_newest(found, after, limit + 1), limit + 1))
    shown = rows[:limit]
    last = shown[-1][0] if len(rows) > limit else None
    return ListPage(
        rows=[_row(actor, *row) for row in shown],
        next=Cursor(last.last_at, last.id) if last else None,
        changes_at=_changes_at([row[0] for row in shown]),
    )


def counts(session: Session, actor: Actor) -> Counts:
    """How many conversations each view of open ones holds, in one query."""
    mine = col(Conversation.claimed_by) == actor.user_id
    query = select(
        func.count(),
        func.count().filter(mine),
        func.count().filter(col(Conversation.claimed_by).is_(None)),
        func.count().filter(col(Conversation.state) == State.NEEDS_HUMAN),
        func.count().filter(*_closing_soon()),
        func.count().filter(col(Conversation.unread) > 0),
    ).where(col(Conversation.workspace_id) == actor.workspace_id, col(Conversation.state).in_(OPEN))
    return Counts(*_rows(session, query)[0])


def _rows(session: Any, query: Any) -> list[Any]:
    return list(session.exec(query).all())


# ---- which


def _view(actor: Actor, view: str) -> list[Any]:
    """One branch for each state, so that each is a walk down an index and never a sort."""
    if view not in VIEWS:
        raise NotFound
    states = {"needs_human": (State.NEEDS_HUMAN,), "closed": (State.CLOSED,)}.get(view, OPEN)
    narrower: dict[str, tuple[Any, ...]] = {
        "mine": (Conversation.claimed_by == actor.user_id,),
        "unclaimed": (col(Conversation.claimed_by).is_(None),),
        "closing_soon": _closing_soon(),
    }
    return [
        _keys(actor).where(col(Conversation.state) == state, *narrower.get(view, ()))
        for state in states
    ]


def _search(actor: Actor, words: str) -> list[Any]:
    words = words.strip()[:LONGEST_SEARCH]
    found = [col(Conversation.title).icontains(words, autoescape=True)]
    digits = "".join(letter for letter in words if letter.isdigit())
    if len(digits) >= 3:
        found.append(col(CustomerIdentity.wa_id).contains(digits, autoescape=True))
    return [
        _keys(actor)
        .join(CustomerIdentity, col(CustomerIdentity.id) == Conversation.identity_id)
        .where(or_(*found))
    ]


def _closing_soon() -> tuple[Any, ...]:
    moment = now()
    ends = col(Conversation.window_ends_at)
    return (ends > moment, ends <= moment + SOON)


def _keys(actor: Actor) -> Any:
    return select(col(Conversation.id), col(Conversation.last_at)).where(
        col(Conversation.workspace_id) == actor.workspace_id
    )


def _newest(branches: list[Any], after: Cursor | None, limit: int) -> Any:
    last_at, id_ = col(Conversation.last_at), col(Conversation.id)
    if after:
        below = or_(last_at < after.last_at, (last_at == after.last_at) & (id_ < after.id))
        branches = [branch.where(below) for branch in branches]
    # SQLite takes ORDER BY and LIMIT inside a UNION only in a subquery.
    ordered = [
        select(branch.order_by(last_at.desc(), id_.desc()).limit(limit).subquery().c.id)
        for branch in branches
    ]
    return select(union_all(*ordered).subquery().c.id)


def _with_people(keys: Any, limit: int) -> Any:
    holder = aliased(User)
    return (
        select(Conversation, col(holder.name), col(Workspace.time_zone))
        .join(Workspace, col(Workspace.id) == Conversation.workspace_id)
        .outerjoin(holder, col(holder.id) == Conversation.claimed_by)
        .where(col(Conversation.id).in_(keys))
        .order_by(col(Conversation.last_at).desc(), col(Conversation.id).desc())
        .limit(limit)
    )


# ---- in words


def _row(actor: Actor, conversation: Conversation, holder: str | None, time_zone: str) -> Row:
    moment, tz = now(), labels.zone(time_zone)
    who, tone = who_answers(actor, conversation, holder)
    level, label, percent = window_left(conversation, moment)
    title = conversation.title or "WhatsApp user"
    return Row(
        id=conversation.id,
        title=title,
        initials=labels.initials(title),
        face=conversation.identity_id,
        preview=_author_mark(actor, conversation, holder) + conversation.last_preview,
        time=labels.list_time(conversation.last_at, moment, tz),
        time_iso=conversation.last_at.isoformat(),
        unread=conversation.unread,
        who=who,
        who_tone=tone,
        window={"soon": f"{label} to reply", "closed": "Window closed"}.get(level, ""),
        window_label=f"{label} left to reply" if percent else "Window closed",
        window_level=level,
        window_percent=percent,
    )


def _author_mark(actor: Actor, conversation: Conversation, holder: str | None) -> str:
    if conversation.last_author is Author.ASSISTANT:
        return "✦ "
    if conversation.last_author is not Author.AGENT:
        return ""
    if conversation.claimed_by == actor.user_id:
        return "You: "
    return f"{labels.first_name(holder)}: " if holder else "Team: "


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
