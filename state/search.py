"""The search of the inbox: people first, then what was said."""

import reflex as rx

from domain import inbox, inbox_search
from domain.inbox import Cursor, Row
from domain.inbox_search import Hit
from state import live
from state.guard import actor, allow, look

__all__ = ["Hit", "Search"]

LONGEST = inbox.LONGEST_SEARCH
PEOPLE = 10
MESSAGES = 20
MOST = 50  # of each; more words find what lies deeper


class Search(rx.State):
    """What the words find in the whole workspace, in whatever view it is."""

    words: str = ""
    cleared: int = 0  # how often: a new box with each
    people: list[Row] = []  # noqa: RUF012  a var's default; Reflex copies it
    hits: list[Hit] = []  # noqa: RUF012
    more_people: bool = False
    more_hits: bool = False
    _people_next: Cursor | None = None
    _hits_next: int | None = None

    @rx.event
    @allow("agent")
    async def look_for(self, words: str) -> None:
        """Search while somebody types; without words, the view again."""
        if not words.strip():
            self._find_nothing()
            return
        self.words = words[:LONGEST]
        await self._read_people(PEOPLE)
        hits = await look(self, inbox_search.messages, self.words, limit=MESSAGES)
        self.hits, self._hits_next = hits.rows, hits.next
        self.more_hits = hits.next is not None

    @rx.event
    @allow("agent")
    async def refresh(self) -> None:
        """Something in the workspace changed: the people's rows say so."""
        await self._read_again()

    @rx.event
    @allow("agent")
    async def clear(self) -> None:
        """Back to the view, with an empty box."""
        self._end()

    @rx.event
    @allow("agent")
    async def show_more_people(self) -> None:
        """The people below the last one."""
        if self.words and self._people_next and len(self.people) < MOST:
            await self._read_people(len(self.people) + PEOPLE)

    @rx.event
    @allow("agent")
    async def show_more_messages(self) -> None:
        """The messages older than the last one."""
        if not self.words or self._hits_next is None or len(self.hits) >= MOST:
            return
        limit = min(MESSAGES, MOST - len(self.hits))
        hits = await look(
            self, inbox_search.messages, self.words, before=self._hits_next, limit=limit
        )
        self.hits, self._hits_next = [*self.hits, *hits.rows], hits.next
        self.more_hits = hits.next is not None and len(self.hits) < MOST

    async def _read_again(self) -> None:
        if self.words:
            await self._read_people(max(PEOPLE, len(self.people)))

    async def _read_people(self, limit: int) -> None:
        who = await actor(self)
        page = await look(self, inbox.page, "open", limit=limit, search=self.words)
        self.people, self._people_next = page.rows, page.next
        self.more_people = page.next is not None and len(page.rows) < MOST
        live.watch(self, who.workspace_id, "search", Search.refresh, page.changes_at)

    def _end(self) -> None:
        self._find_nothing()
        self.cleared += 1

    def _find_nothing(self) -> None:
        self.words, self.people, self.hits = "", [], []
        self.more_people = self.more_hits = False
        live.leave(self, "search")
