"""Saved replies: everybody finds and adds them, their maker and admins change them."""

from typing import Any

import reflex as rx
from reflex.event import EventSpec

from domain import saved_replies
from domain.saved_replies import Saved
from illumichat_app.errors import AppError, NotFound
from state.guard import allow, look, perform

__all__ = ["LONGEST", "MOST_SHOWN", "SEARCH_LENGTH", "Saved", "SavedReplies"]

LONGEST = saved_replies.LONGEST
MOST_SHOWN = saved_replies.MOST_SHOWN
SEARCH_LENGTH = saved_replies.LONGEST_SEARCH


class SavedReplies(rx.State):
    """The list, and the dialog that adds or changes one of it."""

    rows: list[Saved] = []  # noqa: RUF012  a var's default; Reflex copies it
    search: str = ""
    loaded: bool = False
    shown: bool = False
    open_one: Saved = Saved()  # its id is 0 for a new one
    problem: str = ""

    @rx.event
    @allow("agent")
    async def load(self) -> None:
        """The page opened, or the browser came back."""
        await self._read()
        self.loaded = True

    @rx.event
    @allow("agent")
    async def search_for(self, words: str) -> None:
        """Narrow the list to replies that hold these words."""
        self.search = words[:SEARCH_LENGTH]
        await self._read()

    @rx.event
    @allow("agent")
    def write_new(self) -> None:
        """Open the dialog empty."""
        self.open_one, self.problem, self.shown = Saved(), "", True

    @rx.event
    @allow("agent")
    def edit(self, saved_reply: int) -> None:
        """Open the dialog with one of the list."""
        found = next((row for row in self.rows if row.id == saved_reply), None)
        if found is None or not found.may_change:
            raise NotFound
        self.open_one, self.problem, self.shown = found, "", True

    @rx.event
    @allow("agent")
    def close(self, shown: bool) -> None:
        """The dialog closed; it opens by its own events."""
        if not shown:
            self.shown = False

    @rx.event
    @allow("agent")
    async def save(self, form_data: dict[str, Any]) -> EventSpec | None:
        """Store the words; what is wrong is said in the dialog, and what was typed stays."""
        words = {name: _text(form_data, name) for name in ("shortcut", "text")}
        known = self.open_one.id or None
        try:
            await perform(self, saved_replies.save, saved_reply_id=known, **words)
        except AppError as refusal:
            self.problem = refusal.message
            return None
        self.shown, self.problem = False, ""
        await self._read()
        return rx.toast.success("The reply is saved.")

    @rx.event
    @allow("agent")
    async def delete(self, saved_reply: int) -> EventSpec:
        """Delete one for everybody."""
        await perform(self, saved_replies.delete, saved_reply)
        await self._read()
        return rx.toast.success("The reply is deleted.")

    async def _read(self) -> None:
        self.rows = await look(self, saved_replies.search, self.search)


def _text(form: dict[str, Any], name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
