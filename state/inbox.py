"""The list of the inbox page."""

import reflex as rx

from domain import inbox
from domain.inbox import Counts, Cursor, Row
from illumichat_app.config import settings
from state import live
from state.guard import actor, allow, look

__all__ = ["Counts", "Inbox", "Row"]

MOST_PAGES = 10


class Inbox(rx.State):
    """The newest conversations of a view; every read is by the person's own workspace."""

    view: str = "open"
    search: str = ""
    counts: Counts = Counts()
    # Two vars, because a change of one row sends its whole list: the first is always live.
    rows: list[Row] = []  # noqa: RUF012  a var's default; Reflex copies it
    below: list[Row] = []  # noqa: RUF012
    has_more: bool = False
    loaded: bool = False
    unread: int = 0
    page_title: str = "Inbox · IllumiChat"
    simulator_url: str = ""
    _pages: int = 1
    _next: Cursor | None = None

    @rx.event
    @allow("agent")
    async def load(self) -> None:
        """The page opened, its address changed, or the browser came back."""
        view = str(self.rx_router_page.params.get("view") or "open")
        view = view if view in inbox.VIEWS else "open"
        if view != self.view:
            self.view, self._pages, self.search = view, 1, ""
        self.simulator_url = settings().meta_graph_url if settings().demo else ""
        await self._read()

    @rx.event
    @allow("agent")
    async def refresh(self) -> None:
        """Something in the workspace changed, or a minute passed."""
        await self._read()

    @rx.event
    @allow("agent")
    async def search_for(self, words: str) -> None:
        """Narrow the list to people; without words, the view again."""
        self.search, self._pages = words[: inbox.LONGEST_SEARCH], 1
        await self._read()

    @rx.event
    @allow("agent")
    async def more(self) -> None:
        """Read on below the last row."""
        if self._next is None or self._pages >= MOST_PAGES:
            return
        page = await look(self, inbox.page, self.view, after=self._next, search=self.search)
        self.below, self._pages = [*self.below, *page.rows], self._pages + 1
        self._ends(page.next)

    @rx.event
    @allow("agent")
    async def leave(self) -> None:
        """Another page of the product opened."""
        live.leave(self)

    async def _read(self) -> None:
        who = await actor(self)
        limit = inbox.PAGE * self._pages
        page = await look(self, inbox.page, self.view, limit=limit, search=self.search)
        self.rows, below = page.rows[: inbox.PAGE], page.rows[inbox.PAGE :]
        if below != self.below:
            self.below = below
        self._ends(page.next)
        self._count(await look(self, inbox.counts))
        self.loaded = True
        live.watch(self, who.workspace_id, "list", Inbox.refresh, page.changes_at)

    def _ends(self, cursor: Cursor | None) -> None:
        self._next = cursor
        self.has_more = cursor is not None and self._pages < MOST_PAGES

    def _count(self, counts: Counts) -> None:
        self.counts, self.unread = counts, counts.unread
        mark = f"({counts.unread}) " if counts.unread else ""
        self.page_title = f"{mark}Inbox · IllumiChat"
