"""What a person does with one message of the open thread."""

from typing import Any

import reflex as rx

from domain import ledger, media, notes, reactions, retries
from domain.ledger import Attempt, Ledger, Why
from state.guard import allow, look, perform
from state.inbox import Inbox
from state.thread import opened, reread

__all__ = ["Attempt", "Ledger", "OneMessage", "Why"]


class OneMessage(rx.State):
    """One message at a time is looked into; what is shown of it is read when somebody asks."""

    showing: str = ""  # details, why, or nothing
    ledger: Ledger = Ledger()
    why: Why = Why()
    saved: int = 0  # grows with each note that was changed

    @rx.event
    @allow("agent")
    async def details(self, message_id: int) -> None:
        """What became of it, try by try."""
        self.ledger = await look(self, ledger.of, message_id)
        self.showing = "details"

    @rx.event
    @allow("agent")
    async def explain(self, message_id: int) -> None:
        """Why the assistant said it, or said nothing about it."""
        self.why = await look(self, ledger.why, message_id)
        self.showing = "why"

    @rx.event
    @allow("agent")
    async def close(self) -> None:
        self.showing = ""

    @rx.event
    @allow("agent")
    async def react(self, message_id: int, emoji: str) -> None:
        """React with an emoji; with none, take our reaction away."""
        conversation = await opened(self)
        await perform(self, reactions.queue_reaction, conversation, message_id, emoji or None)

    @rx.event
    @allow("agent")
    async def retry(self, message_id: int, send_key: str, i_checked: bool) -> Any:
        """Send a failed message once more. The browser makes the key, as for a reply."""
        await perform(self, retries.retry, message_id, send_key, i_checked)
        await reread(self, to_end=True)
        return Inbox.refresh

    @rx.event
    @allow("agent")
    async def fetch_again(self, message_id: int) -> None:
        """Ask WhatsApp once more for a file that could not be fetched."""
        await perform(self, media.fetch_again, message_id)
        await reread(self)

    @rx.event
    @allow("agent")
    async def edit_note(self, note_id: int, text: str) -> Any:
        await perform(self, notes.edit, note_id, text)
        self.saved += 1
        await reread(self)
        return Inbox.refresh

    @rx.event
    @allow("agent")
    async def delete_note(self, note_id: int) -> Any:
        await perform(self, notes.delete, note_id)
        await reread(self)
        return Inbox.refresh
