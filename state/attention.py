"""The unread number in the frame of every page, and what just came."""

import reflex as rx

from domain import attention
from domain.attention import Alert, News
from state import live
from state.guard import actor, allow, look

__all__ = ["Alert", "Attention"]

INBOX = "/inbox"


class Attention(rx.State):
    """On the inbox page the list's own refresh renews it, elsewhere a refresh of its own."""

    unread: str = ""
    alerts: list[Alert] = []  # noqa: RUF012  a var's default; Reflex copies it
    loaded: bool = False

    @rx.event
    @allow("agent")
    async def refresh(self) -> None:
        """Something in the workspace changed."""
        await self._watch()

    async def _watch(self) -> None:
        """Read it, and once more at each change, where no list does so."""
        if self.rx_router_page.raw_path.startswith(INBOX):
            live.leave(self, "badge")
            return
        await self._read()
        who = await actor(self)
        live.watch(self, who.workspace_id, "badge", Attention.refresh, None)

    async def _read(self) -> None:
        self._show(await look(self, attention.news))

    def _show(self, news: News) -> None:
        self.unread, self.loaded = news.shown, True
        if news.alerts != self.alerts:
            self.alerts = news.alerts
