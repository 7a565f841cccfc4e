"""Internal notes of this browser tab; the draft stays in the browser."""

from typing import Any

import reflex as rx

from domain import mentions, notes
from illumichat_app.errors import AppError
from state.guard import allow, look, perform
from state.inbox import Inbox
from state.thread import opened, reread

LONGEST = notes.LONGEST


class Note(rx.State):
    """What became of the notes, and whom one can name in them."""

    answered: str = ""
    taken: str = ""
    people: list[str] = []  # noqa: RUF012  a var's default; Reflex copies it

    @rx.event
    @allow("agent")
    async def save(self, text: str, key: str) -> Any:
        """Put a note into the open conversation. The same key again is the same note."""
        try:
            await perform(self, notes.add, await opened(self), text, key)
        except AppError as refusal:
            self.answered = key
            await reread(self)
            return rx.toast.error(refusal.message)
        self.answered = self.taken = key
        await reread(self, to_end=True)
        return Inbox.refresh

    @rx.event
    @allow("agent")
    async def load(self) -> None:
        """Whom the note can name."""
        self.people = await look(self, mentions.people)
