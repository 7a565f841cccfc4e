"""The System page: read anew every few seconds while it is open."""

from datetime import timedelta

import reflex as rx

from domain import system, vitals
from domain.system import LaneRow, Number, Overview, PutAside, Unconfirmed
from illumichat_app.clock import now
from state import live
from state.guard import actor, allow, look

__all__ = ["LaneRow", "Number", "Overview", "PutAside", "System", "Unconfirmed"]

# A queue that grows changes no row of the workspace, so nothing nudges; the page looks for itself.
AGAIN = timedelta(seconds=5)


class System(rx.State):
    """The whole page is one var: most of it changes together."""

    found: Overview = Overview()
    loaded: bool = False

    @rx.event
    @allow("agent")
    async def load(self) -> None:
        """The page opened, or the browser came back."""
        if (await actor(self)).is_admin:
            await self._read()
        self.loaded = True

    @rx.event
    @allow("admin")
    async def refresh(self) -> None:
        """Some seconds passed, or something in the workspace changed."""
        await self._read()

    @rx.event
    @allow("agent")
    def leave(self) -> None:
        """Another page opened."""
        live.leave(self, "system")

    async def _read(self) -> None:
        who = await actor(self)
        found = await look(self, system.overview, await vitals.latest())
        if found != self.found:  # a changed var is sent whole
            self.found = found
        live.watch(self, who.workspace_id, "system", System.refresh, now() + AGAIN)
