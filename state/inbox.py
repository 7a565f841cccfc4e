"""The list of the inbox page: a window of rows over a view of any length."""

from typing import Any

import reflex as rx

from domain import inbox, inbox_screen
from domain.inbox import Counts, Cursor, Filters, ListPage, Row
from domain.inbox_filters import NO_FILTERS
from domain.inbox_screen import Screen
from illumichat_app.config import settings
from illumichat_app.errors import Invalid
from state import live, together
from state.attention import Attention
from state.guard import actor, allow, look
from state.search import Search

__all__ = ["Counts", "Inbox", "Row"]

MOST_PAGES = 3  # of rows at hand; the browser keeps the room of those above


class Inbox(rx.State):
    """A view as its filters narrow it; every read is by the person's own workspace."""

    view: str = "open"
    counts: Counts = Counts()
    # Three vars, because a change of one row sends its whole list.
    rows: list[Row] = []  # noqa: RUF012  a var's default; Reflex copies it
    below: list[Row] = []  # noqa: RUF012
    further: list[Row] = []  # noqa: RUF012
    above: int = 0  # rows that stand above these and are not at hand
    has_more: bool = False
    loaded: bool = False
    page_title: str = "Inbox · IllumiChat"
    simulator_url: str = ""
    # The filters as the address has them, and what is wrong with that.
    query: str = ""
    channel: str = ""
    assistant: str = ""
    handler: str = ""
    unread_only: bool = False
    active: int = 0
    problem: str = ""
    _filters: Filters = NO_FILTERS
    _open: int = 0
    _ids: tuple[int, ...] = ()  # of the rows at hand; walking the vars themselves costs 0.5 ms
    _pages: int = 1
    _from: Cursor | None = None
    _cut: Cursor | None = None
    _next: Cursor | None = None

    @rx.event
    @allow("agent")
    async def load(self) -> None:
        """The page opened, its address changed, or the browser came back."""
        params = self.rx_router_page.params
        view = str(params.get("view") or "open")
        view = view if view in inbox.VIEWS else "open"
        before, self._open = (self.view, self.query), _conversation(params)
        self.view, self.problem = view, ""
        await self._narrow(params)
        if before != (self.view, self.query):
            self._start_over()
        self.simulator_url = settings().meta_graph_url if settings().demo else ""
        await self._read()
        await (await self.get_state(Search))._read_again()

    @rx.event
    @allow("agent")
    async def refresh(self) -> None:
        """Something in the workspace changed, or a minute passed: for many browsers at once."""
        place, kept, screen = self._place(), self._kept(), None
        if not inbox.is_personal(self.view, self._filters):
            screen = await together.read(await actor(self), inbox_screen.screens, *place)
        if screen and (not kept or kept in {row.id for row in screen.page.rows}):
            await self._show_screen(screen)
        else:
            await self._read()

    @rx.event
    @allow("agent")
    async def more(self) -> None:
        """Read on below the last row; the first page lets go when there are enough."""
        if self._next is None:
            return
        if self._pages < MOST_PAGES:
            self._pages += 1
        else:
            self._from, self.above = self._cut, self.above + inbox.PAGE
        await self._read_rows()

    @rx.event
    @allow("agent")
    async def earlier(self) -> None:
        """Bring back the page above the first row."""
        if self._from is None:
            return
        self._from = await look(self, inbox.above, self.view, self._from, inbox.PAGE, self._filters)
        self.above = max(inbox.PAGE, self.above - inbox.PAGE) if self._from else 0
        await self._read_rows()

    @rx.event
    @allow("agent")
    async def top(self) -> None:
        """Back to the first row."""
        self._start_over()
        await self._read()

    @rx.event
    @allow("agent")
    async def leave(self) -> None:
        """Another page of the product opened."""
        (await self.get_state(Search))._end()
        for part in ("list", "thread"):
            live.leave(self, part)

    async def _narrow(self, params: Any) -> None:
        try:
            filters = inbox.from_query(params)
            await look(self, inbox.check, filters)
        except Invalid as refusal:
            filters, self.problem = NO_FILTERS, refusal.message
        self._filters, self.query = filters, inbox.to_query(filters)
        self.channel = str(filters.channel or "")
        self.assistant = str(filters.assistant or "")
        self.handler, self.unread_only = filters.handler, filters.unread
        self.active = filters.active

    def _start_over(self) -> None:
        self.rows, self.below, self.further, self._ids = [], [], [], ()
        self._from, self.above, self._pages = None, 0, 1

    async def _read(self) -> None:
        place, keep = self._place(), self._kept()
        await self._show_screen(await look(self, inbox_screen.screen, *place, keep=keep))

    async def _show_screen(self, screen: Screen) -> None:
        await self._show(screen.page)
        if screen.counts != self.counts:
            self.counts = screen.counts
        attention = await self.get_state(Attention)
        attention._show(screen.news)
        mark = f"({attention.unread}) " if attention.unread else ""
        self.page_title = f"{mark}Inbox · IllumiChat"
        self.loaded = True

    async def _read_rows(self) -> None:
        place, keep = self._place(), self._kept()
        await self._show(await look(self, inbox.page, *place, keep=keep))

    def _place(self) -> tuple[str, Cursor | None, int, Filters]:
        return self.view, self._from, inbox.PAGE * self._pages, self._filters

    def _kept(self) -> int:
        """The open row stays in sight when it leaves the view, until another one is opened."""
        return self._open if self._open in self._ids else 0

    async def _show(self, page: ListPage) -> None:
        for name, first in (("rows", 0), ("below", 1), ("further", 2)):
            part = page.rows[first * inbox.PAGE : (first + 1) * inbox.PAGE]
            if part != getattr(self, name):
                setattr(self, name, part)
        self._ids = tuple(row.id for row in page.rows)
        self._cut = page.places[inbox.PAGE - 1] if len(page.places) > inbox.PAGE else None
        self._next, self.has_more = page.next, page.next is not None
        who = await actor(self)
        asking = together.Asking(who, self._place())
        live.watch(self, who.workspace_id, "list", Inbox.refresh, page.changes_at, asking=asking)


def _conversation(params: Any) -> int:
    """The conversation of an address, 0 for none; the address is the browser's to forge."""
    words = str(params.get("conversation") or "")
    return int(words) if words.isascii() and words.isdecimal() and len(words) < 19 else 0
