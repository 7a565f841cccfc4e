"""The question before a template is deleted, and the deletion at Meta."""

from collections.abc import AsyncGenerator
from typing import Any

import reflex as rx

from domain import template_deletion
from domain.template_deletion import Doomed
from illumichat_app.errors import AppError
from integrations.whatsapp.process_client import graph
from state.guard import actor, allow, look
from state.templates import Templates

__all__ = ["TemplateDeletion"]


class TemplateDeletion(rx.State):
    """One question at a time; `whole` is the choice of every language."""

    shown: bool = False
    doomed: Doomed = Doomed()
    whole: bool = False
    deleting: bool = False
    problem: str = ""

    @rx.event
    @allow("admin")
    async def ask(self, template: int) -> None:
        """Open the question for a template."""
        assistant = (await self.get_state(Templates)).assistant
        doomed = await look(self, template_deletion.preview, assistant, template)
        self.reset()
        self.doomed, self.shown = doomed, True

    @rx.event
    @allow("admin")
    def choose(self, whole: bool) -> None:
        """This language only, or every language of the name."""
        self.whole = whole and not self.deleting

    @rx.event
    @allow("admin")
    def close(self, shown: bool) -> None:
        """The question was closed; it opens by its own event."""
        if not shown and not self.deleting:
            self.reset()

    @rx.event(background=True)
    @allow("admin")
    async def delete(self) -> AsyncGenerator[Any, None]:
        """Do it at Meta, then here."""
        async with self:
            if self.deleting or not self.doomed.template:
                return
            who, assistant = await actor(self), (await self.get_state(Templates)).assistant
            self.deleting, self.problem = True, ""
            template, whole = self.doomed.template, self.whole
        problem, name = "Something went wrong on our side. Try again.", ""
        try:
            name = await template_deletion.delete(
                await graph(), who, assistant, template, whole=whole
            )
        except AppError as refusal:
            problem = refusal.message
        finally:
            async with self:
                self._end("" if name else problem)
        if name:
            yield rx.toast.success(f"{name} is deleted.")
        yield Templates.refresh

    def _end(self, problem: str) -> None:
        self.deleting, self.problem = False, problem
        if not problem:
            self.reset()
