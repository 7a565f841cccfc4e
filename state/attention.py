"""The unread number in the frame of every page, and what just came."""

import reflex as rx

from domain import attention
from domain.attention import Alert, News
from state import live, together
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
        """Something in the workspace changed: for many browsers at once."""
        if self._is_its_own():
            await self._keep(await together.read(await actor(self), attention.news_of))

    async def _watch(self) -> None:
        """Read it, and once more at each change."""
        if self._is_its_own():
            await self._keep(await look(self, attention.news))

    def _is_its_own(self) -> bool:
        """Whether no list on this page renews it."""
        in_inbox = self.rx_router_page.raw_path.startswith(INBOX)
        if in_inbox:
            live.leave(self, "badge")
        return not in_inbox

    async def _keep(self, news: News) -> None:
        self._show(news)
        asking = together.Asking(await actor(self))
        place = asking.who.workspace_id
        live.watch(self, place, "badge", Attention.refresh, None, asking=asking)

    def _show(self, news: News) -> None:
        self.unread, self.loaded = news.shown, True
        if news.alerts != self.alerts:
            self.alerts = news.alerts
