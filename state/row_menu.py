"""What the menu of one row of the inbox list does."""

from typing import Any

import reflex as rx

from domain import conversations, unread
from state import live
from state.guard import allow, perform
from state.inbox import Inbox
from state.thread import Thread, opened, reread


class RowMenu(rx.State):
    """Each entry is one transaction; the list then reads anew."""

    @rx.event
    @allow("agent")
    async def mark_unread(self, conversation: int) -> Any:
        """The last message is unread again, for this person. Whoever has it open leaves it."""
        await perform(self, unread.mark_unread, conversation)
        done = [rx.toast.success("Marked as unread."), Inbox.refresh]
        if await opened(self) != conversation:
            return done
        # A refresh of the open thread would count as reading it.
        (await self.get_state(Thread))._close(0)
        live.leave(self, "thread")
        listed = await self.get_state(Inbox)
        return [*done, rx.redirect(f"/inbox/{listed.view}/{listed.query}")]

    @rx.event
    @allow("agent")
    async def mark_read(self, conversation: int) -> Any:
        """Read for this person."""
        await perform(self, unread.mark_read, conversation)
        return Inbox.refresh

    @rx.event
    @allow("agent")
    async def claim(self, conversation: int) -> Any:
        """Say that this person handles it."""
        return await self._change(conversations.claim, conversation, "Claimed.")

    @rx.event
    @allow("agent")
    async def close(self, conversation: int) -> Any:
        """It is done."""
        return await self._change(conversations.close, conversation, "Closed.")

    async def _change(self, verb: Any, conversation: int, words: str) -> Any:
        await perform(self, verb, conversation)
        if await opened(self) == conversation:
            await reread(self)
        return [rx.toast.success(words), Inbox.refresh]
