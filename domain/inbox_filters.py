"""Which conversations a view holds and a filter leaves, each as a walk down an index."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, NamedTuple, get_args
from urllib.parse import urlencode

from sqlalchemy import bindparam, exists, select, tuple_, union_all
from sqlmodel import Session, col

from domain import mentions
from domain.access import Actor
from domain.asking import ASKER, asked_by
from domain.unread import unread_column
from illumichat_app.clock import now
from illumichat_app.errors import Invalid, NotFound
from models import Assistant, Channel, Conversation, Membership, Mention, State, User

View = Literal["open", "mine", "unclaimed", "needs_human", "closing_soon", "mentions", "closed"]
VIEWS: tuple[View, ...] = get_args(View)

SOON = timedelta(hours=6)
OPEN = (State.ASSISTANT, State.NEEDS_HUMAN, State.HUMAN)
MOST_CHOICES = 200

_OUT_OF_DATE = "This filter is out of date. Clear it and choose again."


class Cursor(NamedTuple):
    """Where a page ended: the next one goes on behind it, also among equal times."""

    at: datetime
    id: int


@dataclass(frozen=True)
class Filters:
    """What narrows a view. Raises Invalid for what no menu offers.

    `handler` is empty, "ai", "nobody", "me", or the number of a member.
    """

    channel: int = 0
    assistant: int = 0
    handler: str = ""
    unread: bool = False

    def __post_init__(self) -> None:
        numbers = (self.channel, self.assistant, self.member or 0)
        if not all(type(number) is int and 0 <= number < 2**63 for number in numbers):
            raise Invalid(_OUT_OF_DATE)
        if self.handler not in ("", "ai", "nobody", "me") and not self.member:
            raise Invalid(_OUT_OF_DATE)
        if type(self.unread) is not bool:
            raise Invalid(_OUT_OF_DATE)

    @property
    def member(self) -> int | None:
        """The member whose conversations are asked for."""
        words = str(self.handler)
        return int(words) if words.isascii() and words.isdecimal() and len(words) < 19 else None

    @property
    def active(self) -> int:
        """How many of them narrow the list."""
        return sum(map(bool, (self.channel, self.assistant, self.handler, self.unread)))


NO_FILTERS = Filters()


def from_query(given: Mapping[str, Any]) -> Filters:
    """The filters of an address, which anybody may have written. Raises Invalid."""
    return Filters(
        channel=_number(given.get("channel")),
        assistant=_number(given.get("assistant")),
        handler=str(given.get("handler") or ""),
        unread=_switch(given.get("unread")),
    )


def _number(given: Any) -> int:
    words = str(given or "0")
    if not (words.isascii() and words.isdecimal() and len(words) < 19):
        raise Invalid(_OUT_OF_DATE)
    return int(words)


def _switch(given: Any) -> bool:
    if given not in (None, "", "0", "1"):
        raise Invalid(_OUT_OF_DATE)
    return given == "1"


def to_query(filters: Filters) -> str:
    """The same as the end of an address: empty, or from the question mark on."""
    told = {
        "channel": filters.channel,
        "assistant": filters.assistant,
        "handler": filters.handler,
        "unread": int(filters.unread),
    }
    words = urlencode({name: value for name, value in told.items() if value})
    return f"?{words}" if words else ""


@dataclass(frozen=True)
class Choice:
    """One entry of a menu: `value` goes into Filters."""

    value: str = ""
    label: str = ""


@dataclass(frozen=True)
class Choices:
    channels: list[Choice]
    assistants: list[Choice]
    handlers: list[Choice]


def filter_choices(session: Session, actor: Actor) -> Choices:
    """What the filter menus offer, by name; at most 200 of each."""
    return Choices(
        channels=_named(session, actor, Channel),
        assistants=_named(session, actor, Assistant),
        handlers=[
            Choice("ai", "✦ AI"),
            Choice("me", "Me"),
            Choice("nobody", "Nobody"),
            *_members(session, actor),
        ],
    )


def check(session: Any, actor: Actor, filters: Filters) -> None:
    """Raises Invalid for a channel, an assistant or a colleague that the workspace has not."""
    ours = col(Membership.workspace_id) == actor.workspace_id
    wanted = {
        filters.channel: _one(Channel, actor, filters.channel),
        filters.assistant: _one(Assistant, actor, filters.assistant),
        filters.member or 0: exists().where(ours, col(Membership.user_id) == filters.member),
    }
    known = [select(found) for number, found in wanted.items() if number]
    if not all(session.exec(query).one()[0] for query in known):
        raise Invalid(_OUT_OF_DATE)


def _one(table: type[Channel] | type[Assistant], actor: Actor, number: int) -> Any:
    return exists().where(col(table.id) == number, col(table.workspace_id) == actor.workspace_id)


def _named(session: Session, actor: Actor, table: type[Channel] | type[Assistant]) -> list[Choice]:
    return _choices(
        session,
        select(col(table.id), col(table.name))
        .where(col(table.workspace_id) == actor.workspace_id)
        .order_by(col(table.name), col(table.id)),
    )


def _members(session: Session, actor: Actor) -> list[Choice]:
    return _choices(
        session,
        select(col(User.id), col(User.name))
        .join(Membership, col(Membership.user_id) == User.id)
        .where(col(Membership.workspace_id) == actor.workspace_id, col(User.id) != actor.user_id)
        .order_by(col(User.name), col(User.id)),
    )


def _choices(session: Any, query: Any) -> list[Choice]:
    return [Choice(str(id_), name) for id_, name in session.exec(query.limit(MOST_CHOICES))]


# ---- the walk

QUERIES = 256  # views, filters and lengths that stay built


def values(actor: Actor, after: Cursor | None = None, keep: int = 0) -> dict[str, Any]:
    """The parameters of these queries, for this person at this moment."""
    at, number = after or (None, None)
    return asked_by(actor, after_at=at, after_id=number, keep=keep, **times())


def times() -> dict[str, datetime]:
    """The moments that they look at."""
    moment = now()
    return {"now": moment, "soon": moment + SOON}


def order(view: str, back: bool = False) -> tuple[Any, Any]:
    """What a view is sorted by: what closes soonest first, else what moved last."""
    by = Conversation.window_ends_at if view == "closing_soon" else Conversation.last_at
    columns = col(by), col(Conversation.id)
    at, id_ = (each.asc() if _rises(view, back) else each.desc() for each in columns)
    return at, id_


def _rises(view: str, back: bool) -> bool:
    return (view == "closing_soon") is not back


def is_personal(view: str, filters: Filters) -> bool:
    """Whether two people may see different conversations there."""
    return view in ("mine", "mentions") or filters.handler == "me" or filters.unread


def place(view: str, conversation: Conversation) -> Cursor:
    """The cursor behind which the next page of this view goes on."""
    ends = conversation.window_ends_at
    at = ends if view == "closing_soon" and ends else conversation.last_at
    return Cursor(at, conversation.id)


@lru_cache(QUERIES)
def keys(
    view: str,
    filters: Filters,
    limit: int,
    after: bool = False,
    keep: bool = False,
    back: bool = False,
) -> Any | None:
    """A query for the ids of a page, or None when nothing can match. Raises NotFound.

    One branch for each state, so that each is a walk down an index and never a sort; of what they
    bring only the first are looked at. `back` walks up. One conversation may be kept in its place
    whether it belongs there or not.
    """
    unheld = view == "unclaimed" or filters.handler == "nobody"
    branches = [_behind(each, view, after, limit, back) for each in _branches(view, filters)]
    pages = [_along_unheld(each, view, back) if unheld else each for each in branches]
    if keep:
        pages.append(_behind(_kept(view), view, after, limit, back))
    # The one that is kept may be there twice.
    return _first(pages, view, limit + keep, back)


def _kept(view: str) -> Any:
    placed = col(Conversation.window_ends_at).is_not(None)
    return _of(col(Conversation.id) == bindparam("keep"), *[placed] * (view == "closing_soon"))


def among(people: Any, filters: Filters, limit: int, after: bool = False) -> Any:
    """The same for the conversations that a search found, in whatever state they are."""
    found = _of(col(Conversation.id).in_(people), *_of_filters(filters))
    found = found.where(col(Conversation.state).in_(_states("found", filters)))
    return _first([_behind(found, "found", after, limit)], "found", limit)


def newest(view: str, limit: int) -> list[Any]:
    """The top of a view, a query for each of its states."""
    return [_behind(branch, view, False, limit) for branch in _branches(view, NO_FILTERS)]


def unordered(view: str, person: Actor) -> Any:
    """The ids of a view of this person, for counting them."""
    states = col(Conversation.state).in_(_states(view, NO_FILTERS))
    return _of(states, *_of_view(view, person))


def _first(branches: list[Any], view: str, limit: int, back: bool = False) -> Any | None:
    if not branches:
        return None
    at, _ = order(view, back)
    # SQLite takes ORDER BY and LIMIT inside a UNION only in a subquery.
    parts = [each.add_columns(at.element.label("at")).subquery().select() for each in branches]
    found = union_all(*parts).subquery().c
    places = [
        column.asc() if _rises(view, back) else column.desc() for column in (found.at, found.id)
    ]
    return select(found.id).order_by(*places).limit(limit)


def _branches(view: str, filters: Filters) -> list[Any]:
    if view not in VIEWS:
        raise NotFound
    mine = _of(*_of_view(view, ASKER), *_of_filters(filters))
    state, states = col(Conversation.state), _states(view, filters)
    if view in ("closing_soon", "mentions"):  # few rows, led to by another index than the state's
        return [mine.where(state.not_in([each for each in State if each not in states]))]
    return [mine.where(state == each) for each in states]


def _of(*narrower: Any) -> Any:
    ours = col(Conversation.workspace_id) == ASKER.workspace_id
    return select(col(Conversation.id)).where(ours, *narrower)


def _of_view(view: str, person: Actor) -> list[Any]:
    if view == "mine":
        return [col(Conversation.claimed_by) == person.user_id]
    if view == "unclaimed":
        return [col(Conversation.claimed_by).is_(None)]
    if view == "closing_soon":
        return closing_soon()
    return [col(Conversation.id).in_(_mentions(person))] if view == "mentions" else []


def closing_soon() -> list[Any]:
    ends = col(Conversation.window_ends_at)
    return [ends > bindparam("now"), ends <= bindparam("soon")]


def _mentions(person: Actor) -> Any:
    named = select(col(Mention.conversation_id)).where(*mentions.unread_by(person))
    return named.correlate_except(Mention)


def _of_filters(filters: Filters) -> list[Any]:
    wanted = {
        Conversation.channel_id: filters.channel,
        Conversation.assistant_id: filters.assistant,
        Conversation.claimed_by: filters.member,
    }
    narrower = [col(column) == value for column, value in wanted.items() if value]
    if filters.handler == "me":
        narrower.append(col(Conversation.claimed_by) == ASKER.user_id)
    if filters.handler == "nobody":
        narrower.append(col(Conversation.claimed_by).is_(None))
    if filters.unread:
        narrower.append(unread_column(ASKER) > 0)
    return narrower


_STATES = {
    "needs_human": (State.NEEDS_HUMAN,),
    "closed": (State.CLOSED,),
    "mentions": tuple(State),
    "found": tuple(State),
}
_HANDLED_BY = {"ai": (State.ASSISTANT,), "nobody": (State.NEEDS_HUMAN, State.HUMAN, State.CLOSED)}


def _states(view: str, filters: Filters) -> list[State]:
    possible = _HANDLED_BY.get(filters.handler, tuple(State))
    return [state for state in _STATES.get(view, OPEN) if state in possible]


def _along_unheld(page: Any, view: str, back: bool) -> Any:
    """PostgreSQL takes `IS NULL` for no constant: only the whole order leads it to the index."""
    if view in ("closing_soon", "mentions"):
        return page
    holder = col(Conversation.claimed_by)
    first = holder.asc() if back else holder.desc()
    return page.order_by(None).order_by(first, *order(view, back))


def _behind(branch: Any, view: str, after: bool, limit: int, back: bool = False) -> Any:
    at, id_ = order(view, back)
    if after:
        here = tuple_(at.element, id_.element)
        there = tuple_(
            bindparam("after_at", type_=at.element.type),
            bindparam("after_id", type_=id_.element.type),
        )
        branch = branch.where(here > there if _rises(view, back) else here < there)
    return branch.order_by(at, id_).limit(limit)
