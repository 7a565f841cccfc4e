"""Saved replies as the reply box offers them."""

from typing import Any

import reflex as rx

from domain import saved_replies
from domain.saved_replies import Saved
from state.guard import allow, look, perform
from state.thread import opened

__all__ = ["Saved", "SavedReplies"]


class SavedReplies(rx.State):
    """Those that fit what was typed behind the slash, and the one that was chosen."""

    found: list[Saved] = []  # noqa: RUF012  a var's default; Reflex copies it
    words: str = ""  # what `found` answers
    filled: str = ""
    filled_key: str = ""  # the browser's name for its choice

    @rx.event
    @allow("agent")
    async def search(self, words: str) -> None:
        """Those whose shortcut or text holds the words."""
        self.found = await look(self, saved_replies.search, words)
        self.words = words

    @rx.event
    @allow("agent")
    async def choose(self, saved_reply_id: int, key: str) -> None:
        """The words of one, filled in for the customer of the open conversation."""
        self.filled = await look(self, saved_replies.fill, await opened(self), saved_reply_id)
        self.filled_key = key

    @rx.event
    @allow("agent")
    async def save(self, shortcut: str, text: str) -> Any:
        """Keep what stands in the reply box for the next time."""
        saved = await perform(self, saved_replies.save, shortcut=shortcut, text=text)
        return rx.toast.success(f"Saved. Type /{saved.shortcut} to use it again.")
