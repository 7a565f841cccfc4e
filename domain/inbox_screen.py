"""What the inbox page shows around a conversation: rows, counts of the views, the badge."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlmodel import Session

from domain import attention, inbox
from domain.access import Actor
from domain.attention import News
from domain.inbox import Counts, ListPage
from domain.inbox_filters import NO_FILTERS, Cursor, Filters


class Screen(NamedTuple):
    """All of it, read together."""

    page: ListPage
    counts: Counts
    news: News


def screen(session: Session, actor: Actor, view: str, *narrower: Any, keep: int) -> Screen:
    """As `inbox.page`, with its arguments and errors."""
    page = inbox.page(session, actor, view, *narrower, keep=keep)
    return _around(session, {actor: page})[actor.user_id]


def screens(
    session: Session,
    people: Sequence[Actor],
    view: str,
    after: Cursor | None = None,
    limit: int = inbox.PAGE,
    filters: Filters = NO_FILTERS,
) -> dict[int, Screen]:
    """The same for several people of one company who look at a view that is not personal.

    Their rows are read once, and what is each one's own in as many statements as for one.
    """
    board = inbox.board(session, people[0], view, after, limit, filters)
    pages = inbox.pages_of(session, people, board)
    return _around(session, {who: pages[who.user_id] for who in people})


def _around(session: Session, pages: dict[Actor, ListPage]) -> dict[int, Screen]:
    people = list(pages)
    counts, news = inbox.counts_of(session, people), attention.news_of(session, people)
    return {
        who.user_id: Screen(page, counts[who.user_id], news[who.user_id])
        for who, page in pages.items()
    }
