"""The message templates of an assistant's number: the list, and reading it from Meta."""

from collections.abc import AsyncGenerator
from typing import Any, Literal

import reflex as rx

from domain import template_list, template_sync, template_words
from domain.access import Actor
from domain.template_list import Key, TemplateRow
from illumichat_app.errors import AppError, NotFound
from integrations.whatsapp.process_client import graph
from state import live
from state.guard import actor, allow, look

__all__ = ["CATEGORIES", "SEARCH_LENGTH", "STATUSES", "TemplateRow", "TemplateSync", "Templates"]

SEARCH_LENGTH = template_list.LONGEST_SEARCH
STATUSES = {code: word.words for code, word in template_words.STATUSES.items()}
CATEGORIES = template_words.CATEGORIES
Category = Literal["", "UTILITY", "MARKETING", "AUTHENTICATION"]


class Templates(rx.State):
    """The list by name, kept fresh while it is open; only the assistant's id is the browser's."""

    assistant: int = 0
    name: str = ""  # of the assistant
    loaded: bool = False
    missing: bool = False
    connected: bool = False
    rows: list[TemplateRow] = []  # noqa: RUF012  a var's default; Reflex copies it
    total: int = 0
    search: str = ""
    status: str = ""
    category: Category = ""
    has_more: bool = False
    at_top: bool = True
    _from: Key | None = None  # where the shown page begins
    _next: Key | None = None

    @rx.var
    def filtered(self) -> bool:
        """Whether the list leaves anything out."""
        return bool(self.search or self.status or self.category)

    @rx.event
    @allow("agent")
    async def load(self) -> None:
        """The page opened, its address changed, or the browser came back."""
        wanted = _number(self.rx_router_page.params.get("assistant"))
        if wanted != self.assistant:
            self.reset()
            self.assistant = wanted
        who = await actor(self)
        if who.is_admin:
            await self._read(who)
        self.loaded = True

    @rx.event
    @allow("admin")
    async def refresh(self) -> None:
        """Something in the workspace changed, or an age moved on."""
        if self.loaded and not self.missing:
            await self._read(await actor(self))

    @rx.event
    @allow("agent")
    def leave(self) -> None:
        """Another page opened."""
        live.leave(self, "templates")
        self.reset()

    @rx.event
    @allow("admin")
    async def search_for(self, words: str) -> None:
        """Narrow the list to templates with these words."""
        self.search = words[:SEARCH_LENGTH]
        await self._from_top()

    @rx.event
    @allow("admin")
    async def show_status(self, status: str) -> None:
        """Only those of one status, or all."""
        self.status = status if status in STATUSES else ""
        await self._from_top()

    @rx.event
    @allow("admin")
    async def show_category(self, category: Category) -> None:
        """Only those of one category, or all."""
        self.category = category
        await self._from_top()

    @rx.event
    @allow("admin")
    async def show_all(self) -> None:
        """Let go of search and filters."""
        self.search, self.status, self.category = "", "", ""
        await self._from_top()

    @rx.event
    @allow("admin")
    async def more(self) -> None:
        """The page below."""
        if self._next:
            self._from, self.at_top = self._next, False
            await self._read(await actor(self))

    @rx.event
    @allow("admin")
    async def to_top(self) -> None:
        """Back to the first names."""
        await self._from_top()

    async def _from_top(self) -> None:
        self._from, self.at_top = None, True
        await self._read(await actor(self))

    async def _read(self, who: Actor) -> None:
        try:
            page = await look(
                self,
                template_list.page,
                self.assistant,
                search=self.search,
                status=self.status,
                category=self.category,
                after=self._from,
            )
        except NotFound:
            self.missing = True
            return
        self.name, self.connected, self.total = page.assistant, page.connected, page.total
        self.rows, self._next, self.missing = page.rows, page.next, False
        self.has_more = page.next is not None
        live.watch(self, who.workspace_id, "templates", Templates.refresh, page.changes_at)


class TemplateSync(rx.State):
    """Reading the whole list from Meta, with a count; one at a time in each tab."""

    running: bool = False
    read: int = 0
    total: int = 0
    problem: str = ""
    done: str = ""
    _run: int = 0

    @rx.event
    @allow("agent")
    def load(self) -> None:
        """The page opened: what an earlier one left is put away."""
        self._start_over()

    @rx.event
    @allow("agent")
    def leave(self) -> None:
        """Another page opened; what was begun is finished unseen."""
        self._start_over()

    @rx.event(background=True)
    @allow("admin")
    async def run(self) -> AsyncGenerator[Any, None]:
        """Read all of Meta's pages; ours then equal them."""
        async with self:
            if self.running:
                return
            who, assistant = await actor(self), (await self.get_state(Templates)).assistant
            self._start_over()
            self.running, run = True, self._run
        await self._work(run, who, assistant)
        yield Templates.refresh

    async def _work(self, run: int, who: Actor, assistant: int) -> None:
        problem = "Something went wrong on our side. Nothing was changed; try again."
        try:
            async for progress in template_sync.run(await graph(), who, assistant):
                async with self:
                    if self._run == run:
                        self.read, self.total = progress.read, progress.total
            problem = ""
        except AppError as refusal:
            problem = refusal.message
        finally:
            async with self:
                if self._run == run:
                    self._end(problem)

    def _end(self, problem: str) -> None:
        self.running, self.problem = False, problem
        count = "1 template" if self.read == 1 else f"{self.read} templates"
        self.done = "" if problem else f"In step with Meta: {count}."

    def _start_over(self) -> None:
        run = self._run + 1
        self.reset()
        self._run = run


def _number(given: Any) -> int:
    """The assistant of the address, 0 for none; the address is the browser's to forge."""
    words = str(given or "")
    return int(words) if words.isascii() and words.isdecimal() and len(words) < 19 else 0
