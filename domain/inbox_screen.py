"""What the inbox page shows around a conversation: rows, counts of the views, the badge."""

from typing import Any, NamedTuple

from sqlmodel import Session

from domain import attention, inbox
from domain.access import Actor
from domain.attention import News
from domain.inbox import Board, Counts, ListPage


class Screen(NamedTuple):
    """All of it, read together."""

    page: ListPage
    counts: Counts
    news: News


def screen(session: Session, actor: Actor, view: str, **narrower: Any) -> Screen:
    """As `inbox.page`, with its arguments and errors."""
    return _around(session, actor, inbox.page(session, actor, view, **narrower))


def screen_of(session: Session, actor: Actor, board: Board) -> Screen:
    """The same around rows that are in hand."""
    return _around(session, actor, inbox.page_of(session, actor, board))


def _around(session: Session, actor: Actor, page: ListPage) -> Screen:
    return Screen(page, inbox.counts(session, actor), attention.news(session, actor))
