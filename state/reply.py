"""What this browser tab sends into the open conversation."""

from typing import Any

import reflex as rx

from domain import outbox
from illumichat_app.errors import AppError
from state.guard import allow, perform
from state.inbox import Inbox
from state.thread import Thread, opened, reread


class Reply(rx.State):
    """The draft stays in the browser; here is only what became of what was sent."""

    # The key of the last reply that was answered, and of the last that was taken.
    answered: str = ""
    taken: str = ""
    # The message that the reply answers, 0 for none; it belongs to one conversation.
    quoting: int = 0
    quote_author: str = ""
    quote: str = ""
    _quote_in: int = 0

    @rx.event
    @allow("agent")
    async def send(self, text: str, send_key: str) -> Any:
        """Queue a reply. The browser makes the key, so the same reply twice is one message."""
        conversation = await opened(self)
        reply_to = self.quoting if self._quote_in == conversation else 0
        try:
            await perform(self, outbox.queue_text, conversation, text, send_key, reply_to or None)
        except AppError as refusal:
            self.answered = send_key
            await reread(self)
            return rx.toast.error(refusal.message)
        self.answered = self.taken = send_key
        self._quote(0, "", "")
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
        self._quote_in = thread.conversation
        if item is None:
            self._quote(0, "", "")
        else:
            self._quote(item.id, item.author or thread.header.title, item.text or item.media_name)

    def _quote(self, message_id: int, author: str, words: str) -> None:
        self.quoting, self.quote_author, self.quote = message_id, author, words[:200]
