"""The audit trail of the settings page."""

from dataclasses import dataclass

import reflex as rx

from domain import audit
from domain.audit import Kind, Line
from state import live
from state.guard import actor, allow, look

__all__ = ["AuditTrail", "Line", "Person"]

MOST_PAGES = 20
LONGEST_ID = 18  # digits; SQLite refuses integers of more than 64 bits


@dataclass
class Person:
    """Somebody whose changes can be picked out."""

    value: str
    name: str


class AuditTrail(rx.State):
    """The newest changes in the person's own workspace; the domain lets admins read only."""

    person: str = "all"  # or a member's number, or "left"
    kind: Kind = "all"
    people: list[Person] = []  # noqa: RUF012  a var's default; Reflex copies it
    lines: list[Line] = []  # noqa: RUF012
    has_more: bool = False
    cut: bool = False
    loaded: bool = False
    _open: bool = False
    _pages: int = 1
    _next: int | None = None

    @rx.var
    def filtered(self) -> bool:
        """Whether only some of the changes are shown."""
        return self.person != "all" or self.kind != "all"

    @rx.event
    @allow("admin")
    async def load(self) -> None:
        """The tab opened: the newest of all changes."""
        self.reset()
        self._open = True
        await self._read()

    @rx.event
    @allow("agent")
    async def resume(self) -> None:
        """The settings page opened, or the browser came back to it with this tab open."""
        if self._open and (await actor(self)).is_admin:
            await self._read()

    @rx.event
    @allow("admin")
    async def refresh(self) -> None:
        """Something in the workspace changed, or a day began."""
        await self._read()

    @rx.event
    @allow("admin")
    async def choose_person(self, person: str) -> None:
        """Show one person's changes, those of people who left, or all."""
        self.person, self._pages = person[:LONGEST_ID], 1
        await self._read()

    @rx.event
    @allow("admin")
    async def choose_kind(self, kind: Kind) -> None:
        """Show one kind of change, or all."""
        self.kind, self._pages = kind, 1
        await self._read()

    @rx.event
    @allow("admin")
    async def more(self) -> None:
        """Read on below the last line."""
        if self._next is None or self._pages >= MOST_PAGES:
            return
        page = await look(self, audit.page, person=self._person(), kind=self.kind, after=self._next)
        self.lines, self._pages = [*self.lines, *page.lines], self._pages + 1
        self._ends(page.next)

    @rx.event
    @allow("agent")
    async def leave(self) -> None:
        """Another tab or page opened."""
        self._open = False
        live.leave(self, "audit")

    async def _read(self) -> None:
        who = await actor(self)
        limit = audit.PAGE * self._pages
        page = await look(self, audit.page, person=self._person(), kind=self.kind, limit=limit)
        # A busy workspace nudges all the time, and a changed var is sent whole.
        if page.lines != self.lines:
            self.lines = page.lines
        people = [Person(str(number), name) for number, name in await look(self, audit.people)]
        if people != self.people:
            self.people = people
        self._ends(page.next)
        self.loaded = True
        live.watch(self, who.workspace_id, "audit", AuditTrail.refresh, page.changes_at)

    def _ends(self, key: int | None) -> None:
        self._next = key
        self.has_more = key is not None and self._pages < MOST_PAGES
        self.cut = key is not None and not self.has_more

    def _person(self) -> int:
        if self.person == "left":
            return audit.THOSE_WHO_LEFT
        known = self.person.isascii() and self.person.isdecimal()
        return int(self.person) if known else audit.EVERYONE
