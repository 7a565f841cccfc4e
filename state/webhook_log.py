"""The webhook log's two pages: the list, and one delivery."""

from datetime import timedelta
from typing import Any, cast

import reflex as rx
from reflex.event import EventSpec

from domain import webhook_delivery, webhook_log, webhook_replay
from domain.webhook_delivery import Detail, PutAside, Touched
from domain.webhook_log import SHOWN, Counts, Cursor, Row, Show
from illumichat_app.clock import now
from illumichat_app.errors import AppError, NotFound
from state import live
from state.guard import actor, allow, look, perform

__all__ = ["Delivery", "PutAside", "Row", "Show", "Touched", "WebhookLog"]

# A refused delivery changes no row, so nothing nudges; the first page looks for itself.
AGAIN = timedelta(seconds=5)
COUNTS_EVERY = timedelta(seconds=15)


class WebhookLog(rx.State):
    """One page of the log at a time; only the newest one is live."""

    show: Show = "all"
    rows: list[Row] = []  # noqa: RUF012  a var's default; Reflex copies it
    counts: Counts = Counts()
    loaded: bool = False
    has_older: bool = False
    has_newer: bool = False
    looked_at: int = 0
    _above: list[Cursor] = []  # noqa: RUF012  where the pages above this one ended
    _older: Cursor | None = None
    _counted_at: Any = None

    @rx.event
    @allow("agent")
    async def load(self) -> None:
        """The page opened, its address changed, or the browser came back."""
        wanted = str(self.rx_router_page.params.get("show") or "all")
        show = cast(Show, wanted) if wanted in SHOWN else "all"
        if show != self.show:
            self.reset()
            self.show = show
        self._counted_at = None
        if (await actor(self)).is_admin:
            await self._read()
        self.loaded = True

    @rx.event
    @allow("admin")
    async def refresh(self) -> None:
        """Something in the workspace changed, or some seconds passed."""
        if not self._above:
            await self._read()

    @rx.event
    @allow("admin")
    async def older(self) -> None:
        """The page below this one."""
        if self._older is not None:
            self._above = [*self._above, self._older]
            await self._read()

    @rx.event
    @allow("admin")
    async def newest(self) -> None:
        """Back to the first page, which is live."""
        self._above = []
        await self._read()

    @rx.event
    @allow("agent")
    def leave(self) -> None:
        """Another page opened."""
        live.leave(self, "webhooks")

    async def _read(self) -> None:
        who = await actor(self)
        before = self._above[-1] if self._above else None
        page = await look(self, webhook_log.page, self.show, before)
        self.rows, self._older, self.looked_at = page.rows, page.older, page.looked_at
        self.has_older, self.has_newer = page.older is not None, bool(self._above)
        if self._counted_at is None or now() - self._counted_at >= COUNTS_EVERY:
            self.counts, self._counted_at = await look(self, webhook_log.counts), now()
        live.watch(self, who.workspace_id, "webhooks", WebhookLog.refresh, now() + AGAIN)


class Delivery(rx.State):
    """One delivery of the log."""

    event: int = 0
    loaded: bool = False
    missing: bool = False
    found: Detail = Detail()
    text: str = ""
    left_out: int = 0
    pretty: bool = False

    @rx.event
    @allow("agent")
    async def load(self) -> None:
        """The page opened, or the browser came back."""
        wanted = _number(self.rx_router_page.params.get("event"))
        if wanted != self.event:
            self.reset()
            self.event = wanted
        if (await actor(self)).is_admin:
            await self._read()
            await self._read_body()
        self.loaded = True

    @rx.event
    @allow("admin")
    async def refresh(self) -> None:
        """It was applied again, or something else in the workspace changed."""
        if self.event and not self.missing:
            await self._read()

    @rx.event
    @allow("admin")
    async def show_pretty(self, pretty: bool) -> None:
        """Show the body indented, or as it came."""
        self.pretty = pretty
        await self._read_body()

    @rx.event
    @allow("admin")
    async def download(self) -> EventSpec | None:
        """The whole text, however long."""
        text, _ = await look(self, webhook_delivery.body, self.event, pretty=self.pretty, most=None)
        return rx.download(data=text, filename=f"webhook-{self.event}.json")

    @rx.event
    @allow("admin")
    async def replay(self) -> EventSpec:
        """Put it back in the queue; what comes of it appears by itself."""
        try:
            await perform(self, webhook_replay.one, self.event)
        except AppError as refusal:
            return rx.toast.error(refusal.message)
        await self._read()
        return rx.toast.success("The delivery is back in the queue.")

    @rx.event
    @allow("agent")
    def leave(self) -> None:
        """Another page opened."""
        live.leave(self, "delivery")

    async def _read(self) -> None:
        who = await actor(self)
        try:
            self.found = await look(self, webhook_delivery.detail, self.event)
        except NotFound:
            self.missing = True
            return
        self.missing = False
        live.watch(self, who.workspace_id, "delivery", Delivery.refresh, None)

    async def _read_body(self) -> None:
        if not self.missing:
            read = await look(self, webhook_delivery.body, self.event, pretty=self.pretty)
            self.text, self.left_out = read


def _number(given: Any) -> int:
    """The delivery of the address, 0 for none; the address is the browser's to forge."""
    words = str(given or "")
    return int(words) if words.isascii() and words.isdecimal() and len(words) < 19 else 0
