"""Which colleagues look at the open conversation, and who of them writes."""

import asyncio
from functools import partial

import reflex as rx

from domain import presence
from domain.presence import Present
from illumichat_app.clock import now
from state import live
from state.guard import actor, allow
from state.thread import Thread

__all__ = ["Presence", "Present"]

MOST_FACES = 3


class Presence(rx.State):
    """The company of one browser tab; kept in Redis, so that a change costs no query."""

    people: list[Present] = []  # noqa: RUF012  a var's default; Reflex copies it
    more: int = 0  # those who have no face in the row
    sentence: str = ""
    _at: int = 0

    @rx.event
    @allow("agent")
    async def arrive(self) -> None:
        """The page opened, its address changed, or the browser came back."""
        thread = await self.get_state(Thread)
        shown = thread.conversation if thread.loaded and not thread.missing else 0
        if shown != self._at:
            await self._go_away()
        self._at = shown
        await self._look_around()

    @rx.event
    @allow("agent")
    async def refresh(self) -> None:
        """Somebody came, went or began to write, or it is time to be heard again."""
        await self._look_around()

    @rx.event
    @allow("agent")
    async def depart(self) -> None:
        """Another page of the product opened."""
        await self._go_away()

    async def _look_around(self) -> None:
        if not self._at:
            return
        who, tab = await actor(self), self.router.session.client_token
        company = await asyncio.to_thread(presence.here, who, self._at, tab)
        self._show(company)
        again = now() + presence.SAY_AGAIN
        live.watch(
            self,
            who.workspace_id,
            "company",
            Presence.refresh,
            min(again, company.changes_at or again),
            on_lost=partial(presence.lost, who, self._at, tab),
        )

    async def _go_away(self) -> None:
        if self._at:
            tab = self.router.session.client_token
            await asyncio.to_thread(presence.away, await actor(self), self._at, tab)
        self._at = 0
        self._show(presence.Company([], None))
        live.leave(self, "company")

    def _show(self, company: presence.Company) -> None:
        if company.people != [*self.people]:
            self.people = company.people[:MOST_FACES]
            self.more = len(company.people[MOST_FACES:])
        self.sentence = company.sentence
