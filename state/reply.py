"""What this browser tab sends into the open conversation."""

import asyncio
from contextlib import suppress
from typing import Any

import reflex as rx

from domain import file_kinds, outgoing_media, presence, receipts, replies, undo
from domain.replies import Attached
from illumichat_app.errors import AppError
from state import courtesies
from state.guard import actor, allow, look, perform
from state.inbox import Inbox
from state.thread import Thread, opened, reread

LONGEST_CAPTION = outgoing_media.LONGEST_CAPTION
MOST_FILES = replies.MOST_FILES
FILE_LIMITS = file_kinds.limits()


class Reply(rx.State):
    """The draft stays in the browser; here is only what became of what was sent."""

    # The key of the last reply that was answered, and of the last that was taken.
    answered: str = ""
    taken: str = ""
    # The message that the reply answers, 0 for none; it belongs to one conversation.
    quoting: int = 0
    quote_author: str = ""
    quote: str = ""
    quote_in: int = 0
    # The reply that took over, for as many seconds as it can be taken back.
    undo_key: str = ""
    undo_in: int = 0
    undo_seconds: int = 0
    # What was taken back, for the browser that asked with this key.
    given_back: str = ""
    given_back_key: str = ""
    # The browser was away; it has read the thread anew since it asked with this key.
    caught_up: str = ""

    @rx.event
    @allow("agent")
    async def send(
        self, text: str, send_key: str, files: list[dict[str, Any]] | None = None
    ) -> Any:
        """Queue a reply. The browser makes the keys, so the same reply twice is one message."""
        conversation = await opened(self)
        reply_to = self.quoting if self.quote_in == conversation else 0
        attached = [_attached(each) for each in files or []]
        try:
            await perform(
                self, replies.queue_reply, conversation, text, attached, send_key, reply_to or None
            )
        except AppError as refusal:
            self.answered = send_key
            await reread(self)
            return rx.toast.error(refusal.message)
        self.answered = self.taken = send_key
        self._quote(0, "", "")
        await sent(self, conversation, send_key)
        await reread(self, to_end=True)
        return Inbox.refresh

    async def _offer_undo(self, conversation: int, send_key: str) -> None:
        seconds = await look(self, undo.seconds_left, conversation)
        self.undo_key = send_key if seconds else ""
        self.undo_in, self.undo_seconds = conversation, seconds

    @rx.event
    @allow("agent")
    async def undo(self, key: str) -> Any:
        """Take back what stopped the assistant; its words go to the browser that asked."""
        conversation = await opened(self)
        self.undo_key = ""
        try:
            words = await perform(self, undo.undo_take_over, conversation)
        except AppError as refusal:
            await reread(self)
            return rx.toast.error(refusal.message)
        self.given_back, self.given_back_key = words, key
        await reread(self)
        return Inbox.refresh

    @rx.event
    @allow("agent")
    async def answer(self, message_id: int) -> None:
        """Quote a message of the open thread in the next reply; 0 quotes nothing again."""
        thread = await self.get_state(Thread)
        shown = [*thread.older_items, *thread.items]
        item = next(
            (each for each in shown if each.id == message_id and each.kind == "message"), None
        )
        self.quote_in = thread.conversation
        if item is None:
            self._quote(0, "", "")
        else:
            self._quote(item.id, item.author or thread.header.title, item.text or item.media_name)

    def _quote(self, message_id: int, author: str, words: str) -> None:
        self.quoting, self.quote_author, self.quote = message_id, author, words[:200]

    @rx.event
    @allow("agent")
    async def typing(self, to_customer: bool) -> None:
        """The person writes; the customer hears of it only while it is a reply."""
        conversation, who = await opened(self), await actor(self)
        if not conversation:
            return
        tab = self.router.session.client_token
        await asyncio.to_thread(presence.typing, who, conversation, tab)
        if to_customer:
            with suppress(AppError):  # it is no reason to interrupt anybody
                await courtesies.post(await perform(self, receipts.typing, conversation))

    @rx.event
    @allow("agent")
    async def catch_up(self, key: str) -> None:
        """The line was broken: read the thread anew before anything is sent."""
        await actor(self)
        await reread(self)
        self.caught_up = key


async def sent(state: rx.State, conversation: int, send_key: str) -> None:
    """A person's message was queued: for a moment it can be undone; the customer's ticks follow."""
    await (await state.get_state(Reply))._offer_undo(conversation, send_key)
    await courtesies.post(await perform(state, receipts.replied, conversation))


def _attached(given: dict[str, Any]) -> Attached:
    """What a browser says about a file; the rules judge each part of it."""
    return Attached(given.get("ref", ""), given.get("key", ""), given.get("voice") is True)
