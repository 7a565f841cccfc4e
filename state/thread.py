"""The open conversation of the inbox page."""

from typing import Any

import reflex as rx

from domain import thread, unread
from domain.composer import Composer
from domain.thread import Details, Header, ThreadPage
from domain.thread_lines import Item
from illumichat_app.errors import NotFound
from state import live
from state.guard import actor, allow, look, perform

__all__ = ["Composer", "Details", "Header", "Item", "Thread"]

MOST_PAGES = 10


class Thread(rx.State):
    """What one browser tab shows of one conversation. The draft stays in the browser."""

    conversation: int = 0
    loaded: bool = False
    missing: bool = False
    header: Header = Header()
    composer: Composer = Composer()
    details: Details = Details()
    items: list[Item] = []  # noqa: RUF012  a var's default; Reflex copies it
    older_items: list[Item] = []  # noqa: RUF012
    has_older: bool = False
    pages: int = 1
    _fold: str = ""
    _unread_from: int | None = None

    @rx.event
    @allow("agent")
    async def open(self) -> None:
        """The page opened, its address changed, or the browser came back."""
        wanted = _number(self.rx_router_page.params.get("conversation"))
        if wanted != self.conversation:
            self._close(wanted)
        if wanted:
            await self._read()
        else:
            live.leave(self, "thread")

    @rx.event
    @allow("agent")
    async def refresh(self) -> None:
        """This conversation changed, or a countdown moved on."""
        if self.conversation:
            await self._read()

    @rx.event
    @allow("agent")
    async def older(self) -> None:
        """The page of lines above the first one."""
        if self.conversation and self.has_older:
            self.pages += 1
            await self._read()

    def _close(self, wanted: int) -> None:
        self.conversation, self.loaded, self.missing = wanted, False, False
        self.items, self.older_items, self.has_older = [], [], False
        self.pages, self._fold, self._unread_from = 1, "", None

    async def _read(self) -> None:
        try:
            await self._read_page()
        except NotFound:
            self.missing, self.items, self.older_items = True, [], []
            live.leave(self, "thread")

    async def _read_page(self) -> None:
        who = await actor(self)
        page = await look(
            self,
            thread.thread,
            self.conversation,
            limit=thread.PAGE * self.pages,
            unread_from=self._unread_from,
        )
        self._show(page)
        live.watch(
            self,
            who.workspace_id,
            "thread",
            Thread.refresh,
            page.changes_at,
            conversation_id=self.conversation,
        )
        if page.unread:
            await perform(self, unread.mark_read, self.conversation)

    def _show(self, page: ThreadPage) -> None:
        above, self.items = self._fold_up(page.items)
        if above != self.older_items:
            self.older_items = above
        self.header, self.composer, self.details = page.header, page.composer, page.details
        self._unread_from = page.unread_from
        self.has_older = page.older is not None and self.pages < MOST_PAGES
        self.loaded, self.missing = True, False

    def _fold_up(self, items: list[Item]) -> tuple[list[Item], list[Item]]:
        """Old lines apart from new ones, at a place that stays, so that a change stays small."""
        if self.pages == 1:
            return [], items
        at = next((at for at, item in enumerate(items) if item.key == self._fold), -1)
        if at < 0 or len(items) - at > 2 * thread.PAGE:
            at = max(0, len(items) - thread.PAGE)
            self._fold = items[at].key if items else ""
        return items[:at], items[at:]


async def opened(state: rx.State) -> int:
    """The conversation that this browser tab shows, 0 for none."""
    return (await state.get_state(Thread)).conversation


async def reread(state: rx.State) -> None:
    """Show what another part of the page has just changed in the open conversation."""
    await (await state.get_state(Thread))._read()


def _number(given: Any) -> int:
    """The conversation of the address, 0 for none; the address is the browser's to forge."""
    words = str(given or "")
    return int(words) if words.isascii() and words.isdecimal() and len(words) < 19 else 0
