"""The messaging settings of the open channel: what is stored, and what the admin changed since."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Literal

import reflex as rx
from reflex.event import EventSpec

from domain import messaging_settings
from domain.messaging_settings import LENGTHS, RECEIPTS, ChangedMeanwhile, MessagingSettings
from illumichat_app.errors import AppError
from models import ReadReceipts
from state import live
from state.channel import Channel
from state.guard import actor, allow, look, perform

__all__ = ["LENGTHS", "RECEIPTS", "Messaging"]

Switch = Literal["enabled", "ai_replies", "match_contacts", "auto_create_contacts"]
Length = Literal["1000", "2000", "3000", "4096"]
Receipts = Literal["on_open", "on_reply", "never"]


class Messaging(rx.State):
    """One form in two places: the card, and the Enabled toggle in the page's header."""

    loaded: bool = False
    stored: MessagingSettings = MessagingSettings()
    draft: MessagingSettings = MessagingSettings()
    elsewhere: list[str] = []  # noqa: RUF012  what others changed since this form was opened
    saving: bool = False
    problem: str = ""
    _of: int = 0

    @rx.var
    def changed(self) -> bool:
        """Whether there is something to save."""
        return self.draft != self.stored

    @rx.var
    def length(self) -> str:
        """The chosen length, as the select knows it."""
        return str(self.draft.max_message_length)

    @rx.event
    @allow("agent")
    async def load(self) -> None:
        """The page opened, or others changed something: what was changed here stays."""
        who = await actor(self)
        if not who.is_admin:
            return
        wanted = (await self.get_state(Channel)).channel
        if wanted != self._of:
            self.reset()
            self._of = wanted
        if wanted:
            self._follow(await look(self, messaging_settings.read, wanted))
            self.loaded, self.saving = True, False
        live.watch(self, who.workspace_id, "messaging", Messaging.load, None)

    @rx.event
    @allow("agent")
    def leave(self) -> None:
        """Another page opened; what was not saved is let go."""
        live.leave(self, "messaging")
        self.reset()

    @rx.event
    @allow("admin")
    def switch(self, name: Switch, on: bool) -> None:
        """A switch was moved; nothing is stored yet."""
        self.draft = messaging_settings.fitted(replace(self.draft, **{name: on}))

    @rx.event
    @allow("admin")
    def limit(self, length: Length) -> None:
        """Another length was chosen; nothing is stored yet."""
        self.draft = replace(self.draft, max_message_length=int(length))

    @rx.event
    @allow("admin")
    def tell_read(self, when: Receipts) -> None:
        """Another moment for the blue ticks was chosen; nothing is stored yet."""
        self.draft = replace(self.draft, read_receipts=ReadReceipts(when))

    @rx.event
    @allow("admin")
    def discard(self) -> None:
        """Back to what is stored."""
        self._show(self.stored)

    @rx.event
    @allow("admin")
    async def save(self) -> AsyncIterator[EventSpec | None]:
        """Store the draft; if others were faster, show theirs and keep what was changed here."""
        if not (self.loaded and self.changed):
            return
        self.saving, self.problem = True, ""
        yield
        try:
            said = await self._store()
        except Exception:
            self.saving = False
            yield  # an exception takes no var along to the browser
            raise
        self.saving = False
        yield said

    async def _store(self) -> EventSpec | None:
        draft = self.draft
        try:
            await perform(self, messaging_settings.save, self._of, draft, began_from=self.stored)
        except ChangedMeanwhile as refusal:
            self._follow(refusal.stored)
            self.problem = refusal.message
        except AppError as refusal:
            self.problem = refusal.message
        else:
            self._show(draft)
            return rx.toast.success("Saved. The settings count from the next message on.")
        return None

    def _follow(self, found: MessagingSettings) -> None:
        if not (self.loaded and self.changed):
            self._show(found)
            return
        news = messaging_settings.differing(found, self.stored)
        self.elsewhere = sorted({*self.elsewhere, *news})
        self.draft = messaging_settings.carried_over(self.draft, self.stored, found)
        self.stored = found

    def _show(self, found: MessagingSettings) -> None:
        self.stored = self.draft = found
        self.elsewhere, self.problem = [], ""
