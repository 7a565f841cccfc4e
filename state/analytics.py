"""The analytics pages: one assistant's WhatsApp, or all channels of the workspace."""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import reflex as rx
from reflex.event import EventSpec
from sqlmodel import Session

from domain import analytics, analytics_lists
from domain.access import Actor
from domain.analytics import Answers, Choice, Day, Failure, Hours, Page, Place, Scope, Tile
from domain.analytics_lists import Talk
from domain.analytics_period import DEFAULT, PRESETS, Asked
from domain.analytics_words import DEFINITIONS
from illumichat_app.clock import now
from illumichat_app.errors import Invalid, NotFound
from state import live
from state.guard import actor, allow, look

__all__ = ["DEFINITIONS", "PRESETS", "Analytics"]

# A busy workspace changes all the time, and figures need not be newer than this.
AT_MOST_EVERY = 1.0  # seconds
AGES_CHANGE = timedelta(minutes=1)
LONGEST_WORD = 40


@dataclass
class Shown:
    """Everything on the screen, read together."""

    place: Place
    page: Page
    recent: list[Talk]


class Analytics(rx.State):
    """What the address names, looked up as the admin; the figures in words."""

    loaded: bool = False
    missing: bool = False
    assistant: int = 0
    channel: int = 0
    name: str = ""
    time_zone: str = ""
    choices: list[Choice] = []  # noqa: RUF012  a var's default; Reflex copies it
    days: str = DEFAULT  # a preset, or empty: a period of one's own
    first: str = ""
    last: str = ""
    before: str = ""
    problem: str = ""
    base: str = ""
    csv: str = ""

    tiles: list[Tile] = []  # noqa: RUF012
    facts: list[Tile] = []  # noqa: RUF012
    answers: list[Answers] = []  # noqa: RUF012
    failures: list[Failure] = []  # noqa: RUF012
    bars: list[Day] = []  # noqa: RUF012
    hours: list[Hours] = []  # noqa: RUF012
    recent: list[Talk] = []  # noqa: RUF012
    said: str = ""

    table: bool = False
    open_day: str = ""
    day_name: str = ""
    day_talks: list[Talk] = []  # noqa: RUF012
    day_has_more: bool = False
    _asked: Asked = Asked()
    _scope: Scope = Scope()
    _day_next: int | None = None
    _read_at: float = 0.0

    @rx.event
    @allow("agent")
    async def load(self) -> None:
        """The page opened, its address changed, or the browser came back."""
        scope, self.missing = _scope(self.rx_router_page.params)
        if scope != self._scope:
            table = self.table
            self.reset()
            scope, self.missing = _scope(self.rx_router_page.params)
            self.table = table
        self._scope, self._asked = scope, _asked(self.rx_router_page.params)
        self.problem, self.open_day = "", ""
        if (await actor(self)).is_admin and not self.missing:
            await self._read()
        self.loaded = True

    @rx.event
    @allow("admin")
    async def refresh(self) -> None:
        """Something in the workspace changed, or a minute passed."""
        if not self.loaded or self.missing:
            return
        rest = AT_MOST_EVERY - (time.monotonic() - self._read_at)
        if rest > 0:
            self._watch(await actor(self), now() + timedelta(seconds=rest))
        else:
            await self._read()

    @rx.event
    @allow("admin")
    async def choose_days(self, form_data: dict[str, str]) -> EventSpec | None:
        """A period of one's own, from its form; the address then names it."""
        first, last = (str(form_data.get(name, ""))[:LONGEST_WORD] for name in ("first", "last"))
        try:
            await look(self, analytics.place, self._scope, Asked("", first, last))
        except Invalid as refusal:
            self.problem = refusal.message
            return None
        self.problem = ""
        return rx.redirect(self.base + "?" + self._query({"from": first, "to": last}))

    @rx.event
    @allow("admin")
    def choose_channel(self, channel: str) -> EventSpec:
        """One channel of the workspace, or all of them."""
        chosen = _number(channel)
        self._scope = Scope(0, chosen)
        return rx.redirect("/analytics/?" + self._query(self._days()))

    @rx.event
    @allow("admin")
    def show_table(self, table: bool) -> None:
        """The days as a table, or as a chart."""
        self.table = table

    @rx.event
    @allow("admin")
    async def choose_day(self, day: str) -> None:
        """Open the conversations of a day."""
        await self._read_day(day[:LONGEST_WORD], None)
        self.open_day = day[:LONGEST_WORD]

    @rx.event
    @allow("admin")
    async def more_of_day(self) -> None:
        """The next page of the open day."""
        if self.open_day and self._day_next is not None:
            await self._read_day(self.open_day, self._day_next)

    @rx.event
    @allow("admin")
    def close_day(self, _open: bool) -> None:
        """Back to the figures."""
        self.open_day, self.day_talks = "", []

    @rx.event
    @allow("agent")
    def leave(self) -> None:
        """Another page opened."""
        live.leave(self, "analytics")
        self.reset()

    # ---- reading

    async def _read(self) -> None:
        who = await actor(self)
        try:
            shown = await look(self, _shown, self._scope, self._asked)
        except NotFound:
            self.missing = True
            return
        except Invalid as refusal:
            self.problem, self._asked = refusal.message, Asked()
            shown = await look(self, _shown, self._scope, self._asked)
        self._read_at = time.monotonic()
        self._set_place(shown.place)
        self._set_page(shown)
        self._watch(who, min(shown.place.midnight, now() + AGES_CHANGE))

    def _set_place(self, place: Place) -> None:
        own = f"/assistants/{self._scope.assistant}/whatsapp/analytics/"
        self._keep(
            name=place.name,
            time_zone=place.time_zone,
            choices=place.choices,
            assistant=self._scope.assistant,
            channel=self._scope.channel,
            days="" if self._asked.first or self._asked.last else self._asked.days or DEFAULT,
            first=place.period.first.isoformat(),
            last=place.period.last.isoformat(),
            before=place.period.words,
            base=own if self._scope.assistant else "/analytics/",
        )
        self._keep(csv="/api/analytics.csv?" + self._query(self._days(), file=True))

    def _set_page(self, shown: Shown) -> None:
        page = shown.page
        self._keep(
            tiles=page.tiles,
            facts=page.facts,
            answers=page.answers,
            failures=page.failures,
            bars=page.days,
            hours=page.hours,
            said=page.said,
            recent=shown.recent,
        )

    def _keep(self, **values: Any) -> None:
        """Only what changed: a changed var is sent whole."""
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)

    async def _read_day(self, day: str, after: int | None) -> None:
        place = await look(self, analytics.place, self._scope, self._asked)
        page = await look(self, analytics_lists.of_day, place, day, after)
        self.day_name, self.day_talks = page.name, page.rows
        self._day_next, self.day_has_more = page.next, page.next is not None

    def _watch(self, who: Actor, at: Any) -> None:
        live.watch(self, who.workspace_id, "analytics", Analytics.refresh, at)

    # ---- addresses

    def _days(self) -> dict[str, str]:
        if self._asked.first or self._asked.last:
            return {"from": self._asked.first, "to": self._asked.last}
        return {"days": self._asked.days or DEFAULT}

    def _query(self, days: dict[str, str], *, file: bool = False) -> str:
        of = {"assistant": self._scope.assistant} if file else {}
        scope = of | {"channel": self._scope.channel}
        return urlencode({name: number for name, number in scope.items() if number} | days)


def _shown(session: Session, actor: Actor, scope: Scope, asked: Asked) -> Shown:
    place = analytics.place(session, actor, scope, asked)
    return Shown(
        place,
        analytics.read(session, actor, place),
        analytics_lists.recent(session, actor, place),
    )


def _scope(params: Any) -> tuple[Scope, bool]:
    """Whose figures the address names, and whether it names nothing that can be."""
    assistant, channel = params.get("assistant"), params.get("channel")
    scope = Scope(_number(assistant), _number(channel) if assistant is None else 0)
    return scope, assistant is not None and not scope.assistant


def _asked(params: Any) -> Asked:
    words = (str(params.get(name) or "")[:LONGEST_WORD] for name in ("days", "from", "to"))
    return Asked(*words)


def _number(given: Any) -> int:
    """A number of the address, 0 for none; the address is the browser's to forge."""
    words = str(given or "")
    return int(words) if words.isascii() and words.isdecimal() and len(words) < 19 else 0
