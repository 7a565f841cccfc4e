"""The messages of the open conversation: two pages at most, and what stands around them.

The page below is read on every refresh; the one above only when something on it has changed. A
reader who scrolls past them moves both, so that a long conversation costs no more than a short one.
"""

from collections.abc import Coroutine
from typing import Any, NamedTuple

import reflex as rx

from domain import receipts, thread, unread
from domain.composer import Composer
from domain.thread import Details, Header, ThreadPage
from domain.thread_lines import Item
from domain.thread_rows import Cursor, Span
from illumichat_app.errors import NotFound
from state import courtesies, live, together
from state.guard import actor, allow, look, perform

__all__ = ["Composer", "Details", "Header", "Item", "Thread"]


class Place(NamedTuple):
    """Where a page of lines stands in the conversation."""

    span: Span
    older: Cursor | None
    newer: Cursor | None
    mark: str = ""


class Thread(rx.State):
    """What one browser tab shows of one conversation. The draft stays in the browser."""

    conversation: int = 0
    loaded: bool = False
    missing: bool = False
    header: Header = Header()
    composer: Composer = Composer()
    details: Details = Details()
    # Two vars, because a change of one line sends its whole list.
    older_items: list[Item] = []  # noqa: RUF012  a var's default; Reflex copies it
    items: list[Item] = []  # noqa: RUF012
    has_older: bool = False
    has_newer: bool = False
    unread: int = 0
    newest: int = 0  # the id of the newest message, once the end is shown
    answering: str = ""
    # Where the browser is to scroll, each time the number grows: unread, end, or a message's key.
    aim: str = ""
    aimed: int = 0
    read_at: int = 0  # grows with each read
    _above: Place | None = None
    _here: Place | None = None
    _unread_from: int | None = None
    _asked: int = 0  # the message of the address
    _seen: int = 0  # the newest message in a visible tab; 0: nobody looks
    _marked: int = 0  # the newest message for which the conversation was marked read

    @rx.event
    @allow("agent")
    async def open(self) -> Any:
        """The page opened, its address changed, or the browser came back."""
        wanted = _number(self.rx_router_page.params.get("conversation"))
        message = _number(self.rx_router_page.params.get("message"))
        if wanted != self.conversation:
            self._close(wanted)
        if not wanted:
            live.leave(self, "thread")
            return None
        asked, self._asked = self._asked, message
        if message and message != asked:
            return await self._open_at(message)
        return await self._read()

    @rx.event
    @allow("agent")
    async def refresh(self) -> None:
        """This conversation changed, or a countdown moved on: for many browsers at once."""
        if self.conversation:
            await self._safely(self._read_with_others() if self._here else self._begin())

    @rx.event
    @allow("agent")
    async def older(self) -> None:
        """The lines above the first one; the last ones go when there are too many."""
        above = self._above or self._here
        if above and above.older:
            await self._safely(self._turn_up(above.older))

    @rx.event
    @allow("agent")
    async def newer(self) -> None:
        """The lines below the last one, on the way back to the end."""
        if self._here and self._here.newer:
            await self._safely(self._turn_down(self._here.newer))

    @rx.event
    @allow("agent")
    async def latest(self) -> None:
        """The end of the conversation."""
        if self.conversation:
            await self._safely(self._go_to_end())

    @rx.event
    @allow("agent")
    async def jump(self, message_id: int) -> None:
        """The lines around a message of this conversation."""
        if self.conversation:
            await self._go_to(message_id)

    @rx.event
    @allow("agent")
    async def seen(self, newest: int) -> None:
        """The end is in a visible tab, with this newest message; 0: it is no longer.

        Only news marks the conversation read, so that it can be marked unread while it is open.
        """
        if self._seen and not newest:
            self._unread_from = None  # what comes now is below a divider of its own
        self._seen = newest
        if self.conversation and newest == self.newest > self._marked:
            self._marked = newest
            if self.unread:
                await self._mark_read()

    # ---- opening and closing

    def _close(self, wanted: int) -> None:
        self.conversation, self.loaded, self.missing = wanted, False, False
        self.items, self.older_items = [], []
        self.has_older = self.has_newer = False
        self.unread = self.newest = self._asked = self._seen = self._marked = 0
        self.answering, self._unread_from = "", None
        self._above = self._here = None

    async def _open_at(self, message: int) -> Any:
        try:
            await self._go_to(message)
        except NotFound:
            await self._read()
            if not self.missing:
                return rx.toast.error("That message is not here any more.")
        return None

    async def _read(self) -> None:
        await self._safely(self._read_again() if self._here else self._begin())

    async def _safely(self, reading: Coroutine[Any, Any, None]) -> None:
        try:
            await reading
        except NotFound:
            self._close(self.conversation)
            self.missing = True
            live.leave(self, "thread")

    # ---- reading

    async def _begin(self) -> None:
        await self._show(await look(self, thread.opening, self.conversation))
        self._scroll_to("unread" if self._unread_from else "end")

    async def _read_again(self) -> None:
        page = await look(self, thread.again, *self._shown())
        await self._read_above_again()
        await self._show(page)

    async def _read_with_others(self) -> None:
        page = await together.read(await actor(self), thread.again_of, *self._shown())
        await self._read_above_again()
        await self._show(page)

    def _shown(self) -> tuple[int, Span, int | None]:
        span = self._here.span if self._here else Span(None, None)
        return self.conversation, span, self._divider()

    def _divider(self) -> int | None:
        """Who has the end before them needs no line above what comes next."""
        watching = 0 < self._seen == self.newest
        return self._unread_from or (0 if watching else None)

    async def _read_above_again(self) -> None:
        if self._above is None:
            return
        number, span = self.conversation, self._above.span
        mark = await look(self, thread.version, number, span)
        if mark != self._above.mark:
            page = await look(self, thread.again, number, span, unread_from=self._unread_from or 0)
            self.older_items = page.items
            self._above = _place(page, mark)

    async def _turn_up(self, first: Cursor) -> None:
        number, unread_from = self.conversation, self._unread_from or 0
        page = await look(self, thread.thread, number, before=first, unread_from=unread_from)
        if self._above:
            self._here, self.items = self._above, self.older_items
        self._set_above(page.items, _place(page, await self._mark(page.span)))
        self.newest = 0 if self._here and self._here.newer else self.newest

    async def _turn_down(self, last: Cursor) -> None:
        number, divider = self.conversation, self._divider()
        page = await look(self, thread.thread, number, after=last, unread_from=divider)
        if self._here:
            span = Span(self._here.span.start, page.span.start)
            mark = await self._mark(span)
            self._set_above(self.items, self._here._replace(span=span, mark=mark))
        await self._show(page)

    async def _go_to(self, message_id: int) -> None:
        page = await look(
            self, thread.around, self.conversation, message_id, unread_from=self._unread_from
        )
        self._set_above([], None)
        await self._show(page)
        self._scroll_to(f"m{message_id}")

    async def _go_to_end(self) -> None:
        page = await look(self, thread.thread, self.conversation, unread_from=self._divider())
        self._set_above([], None)
        await self._show(page)
        self._scroll_to("end")

    async def _mark(self, span: Span) -> str:
        return await look(self, thread.version, self.conversation, span)

    # ---- showing

    async def _show(self, page: ThreadPage) -> None:
        self._here = _place(page)
        self._set_items(page.items)
        self.header, self.composer, self.details = page.header, page.composer, page.details
        self.unread, self.newest, self.answering = page.unread, page.newest, page.answering
        self._unread_from = page.unread_from or None
        self.loaded, self.missing, self.read_at = True, False, self.read_at + 1
        await self._watch(page)

    def _set_above(self, items: list[Item], place: Place | None) -> None:
        self._above = place
        if items != self.older_items:
            self.older_items = items
        self._set_items(self.items)

    def _set_items(self, items: list[Item]) -> None:
        """A day that began on the page above needs no second line."""
        days = [item.key for item in self.older_items if item.kind == "day"]
        shown = items[1:] if days and items and items[0].key == days[-1] else items
        if shown != self.items:
            self.items = shown
        top = self._above or self._here
        self.has_older = top is not None and top.older is not None
        self.has_newer = self._here is not None and self._here.newer is not None

    def _scroll_to(self, aim: str) -> None:
        self.aim, self.aimed = aim, self.aimed + 1

    async def _watch(self, page: ThreadPage) -> None:
        who, refresh, at = await actor(self), Thread.refresh, page.changes_at
        live.watch(
            self,
            who.workspace_id,
            "thread",
            refresh,
            at,
            conversation_id=self.conversation,
            asking=together.Asking(who, self._shown()),
        )

    # ---- having read

    async def _mark_read(self) -> None:
        await perform(self, unread.mark_read, self.conversation)
        receipt = await perform(self, receipts.opened, self.conversation)
        self.unread = 0
        await courtesies.post(receipt)


async def opened(state: rx.State) -> int:
    """The conversation that this browser tab shows, 0 for none."""
    return (await state.get_state(Thread)).conversation


async def reread(state: rx.State, to_end: bool = False) -> None:
    """Show what another part of the page has just changed in the open conversation.

    `to_end`: the person has just written, so the end is what they want to see.
    """
    shown = await state.get_state(Thread)
    if to_end and shown.has_newer:
        await shown._safely(shown._go_to_end())
    else:
        await shown._read()


def _place(page: ThreadPage, mark: str = "") -> Place:
    return Place(page.span, page.older, page.newer, mark)


def _number(given: Any) -> int:
    """A number of the address, 0 for none; the address is the browser's to forge."""
    words = str(given or "")
    return int(words) if words.isascii() and words.isdecimal() and len(words) < 19 else 0
