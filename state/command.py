"""The command bar's search for a conversation by the customer's name."""

from dataclasses import dataclass

import reflex as rx

from domain import inbox
from state.guard import allow, look

LONGEST = inbox.LONGEST_SEARCH
MOST = 8


@dataclass(frozen=True)
class Found:
    """A conversation to jump to."""

    id: int = 0
    title: str = ""
    detail: str = ""


class Command(rx.State):
    """What the words found; the bar shows it only while they are still in its box."""

    words: str = ""
    found: list[Found] = []  # noqa: RUF012  a var's default; Reflex copies it

    @rx.event
    @allow("agent")
    async def look_for(self, words: str) -> None:
        """Find people by name, username or number."""
        self.words, self.found = words[:LONGEST], []
        if words.strip():
            page = await look(self, inbox.page, "open", limit=MOST, search=self.words)
            self.found = [Found(row.id, row.title, row.preview) for row in page.rows]
