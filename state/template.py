"""Templates of the open conversation: which there are, and sending one."""

from typing import Any

import reflex as rx

from domain import template_messages
from domain.template_parts import Choice
from illumichat_app.errors import AppError
from state.guard import allow, look, perform
from state.inbox import Inbox
from state.reply import sent
from state.thread import opened, reread

__all__ = ["Choice", "Templates"]

LONGEST_SEARCH = 80


class Templates(rx.State):
    """The choices of one conversation; what is filled in stays in the browser."""

    choices: list[Choice] = []  # noqa: RUF012  a var's default; Reflex copies it
    languages: list[str] = []  # noqa: RUF012
    loaded_for: int = 0
    answered: str = ""
    taken: str = ""

    @rx.event
    @allow("agent")
    async def search(self, words: str, language: str) -> None:
        """Those that hold the words; those that cannot be sent come last and say why."""
        conversation = await opened(self)
        self.choices = await look(
            self, template_messages.choices, conversation, words[:LONGEST_SEARCH], language
        )
        self.languages = await look(self, template_messages.languages, conversation)
        self.loaded_for = conversation

    @rx.event
    @allow("agent")
    async def send(
        self, template_id: int, values: dict[str, str], send_key: str, header_file: str
    ) -> Any:
        """Queue a template. The browser makes the key, so the same twice is one message."""
        conversation = await opened(self)
        given = (conversation, template_id, values, send_key, header_file or None)
        try:
            await perform(self, template_messages.queue_template, *given)
        except AppError as refusal:
            self.answered = send_key
            await reread(self)
            return rx.toast.error(refusal.message)
        self.answered = self.taken = send_key
        await sent(self, conversation, send_key)
        await reread(self, to_end=True)
        return Inbox.refresh
