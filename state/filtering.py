"""The filter menu of the inbox. What is chosen goes into the address, so a link can be shared."""

from dataclasses import replace
from typing import Any, Literal

import reflex as rx

from domain import inbox
from domain.inbox_filters import NO_FILTERS, Choice, Filters
from illumichat_app.errors import Invalid
from state.guard import allow, look
from state.inbox import Inbox

__all__ = ["Choice", "Filtering", "Name"]

Name = Literal["channel", "assistant", "handler"]


class Filtering(rx.State):
    """What the menus offer, read when they open."""

    channels: list[Choice] = []  # noqa: RUF012  a var's default; Reflex copies it
    assistants: list[Choice] = []  # noqa: RUF012
    handlers: list[Choice] = []  # noqa: RUF012

    @rx.event
    @allow("agent")
    async def open(self, shown: bool) -> None:
        """The menu opened."""
        if shown:
            choices = await look(self, inbox.filter_choices)
            self.channels, self.assistants = choices.channels, choices.assistants
            self.handlers = choices.handlers

    @rx.event
    @allow("agent")
    async def choose(self, name: Name, value: str) -> Any:
        """One menu was set; an empty value takes it away. Raises Invalid."""
        return await self._go(**{name: value if name == "handler" else _number(value)})

    @rx.event
    @allow("agent")
    async def only_unread(self, wanted: bool) -> Any:
        """Show only what this person has not read."""
        return await self._go(unread=wanted)

    @rx.event
    @allow("agent")
    async def clear(self) -> Any:
        """The whole view again."""
        return _to(await self.get_state(Inbox), NO_FILTERS)

    async def _go(self, **chosen: Any) -> Any:
        listed = await self.get_state(Inbox)
        filters = replace(listed._filters, **chosen)
        await look(self, inbox.check, filters)
        return _to(listed, filters)


def _to(listed: Inbox, filters: Filters) -> Any:
    place = f"{listed._open}/" if listed._open else ""
    return rx.redirect(f"/inbox/{listed.view}/{place}{inbox.to_query(filters)}")


def _number(value: str) -> int:
    if value and not (value.isascii() and value.isdecimal() and len(value) < 19):
        raise Invalid("This filter is out of date. Clear it and choose again.")
    return int(value or "0")
