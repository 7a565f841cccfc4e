"""Rows of the inbox list that were chosen, and what is done to them together."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from domain import bulk
from state.guard import allow, perform
from state.inbox import Inbox
from state.thread import opened, reread


class Bulk(rx.State):
    """The numbers chosen in this tab; the domain looks whose they are."""

    chosen: list[int] = []  # noqa: RUF012  a var's default; Reflex copies it
    _last: int = 0
    _place: str = ""

    @rx.event
    @allow("agent")
    async def load(self) -> None:
        """Another view or filter starts with nothing chosen."""
        listed = await self.get_state(Inbox)
        place = f"{listed.view}{listed.query}"
        if place != self._place:
            self._place, self.chosen, self._last = place, [], 0

    @rx.event
    @allow("agent")
    async def choose(self, conversation: int, whole_range: bool) -> None:
        """Choose a row or let it go; with the shift key, all from the last one to this."""
        shown = (await self.get_state(Inbox))._ids
        if conversation not in shown:
            self._leave_out([conversation])
        elif whole_range and self._last in shown:
            first, last = sorted((shown.index(self._last), shown.index(conversation)))
            self._add(shown[first : last + 1])
        elif conversation in self.chosen:
            self._leave_out([conversation])
        else:
            self._add([conversation])
        self._last = conversation

    @rx.event
    @allow("agent")
    async def choose_shown(self) -> None:
        """Choose all rows at hand."""
        self._add((await self.get_state(Inbox))._ids)

    @rx.event
    @allow("agent")
    async def clear(self) -> None:
        """Choose none."""
        self.chosen, self._last = [], 0

    @rx.event
    @allow("agent")
    async def close(self) -> Any:
        """Close them."""
        return await self._change(bulk.close)

    @rx.event
    @allow("agent")
    async def claim(self) -> Any:
        """Claim them for this person."""
        return await self._change(bulk.claim)

    @rx.event
    @allow("agent")
    async def mark_read(self) -> Any:
        """Mark them as read for this person."""
        return await self._change(bulk.mark_read)

    def _add(self, ids: Sequence[int]) -> None:
        new = [each for each in ids if each not in self.chosen]
        self.chosen = [*self.chosen, *new][: bulk.MOST]

    def _leave_out(self, ids: list[int]) -> None:
        self.chosen = [each for each in self.chosen if each not in ids]

    async def _change(self, verb: Any) -> Any:
        chosen = self.chosen
        sentence = await perform(self, verb, chosen)
        self.chosen, self._last = [], 0
        if await opened(self) in chosen:
            await reread(self)
        return [rx.toast.success(f"{sentence}."), Inbox.refresh]
