"""Events through the real processor, the real guard and every real state, without a server."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from reflex.istate.manager import StateManager
from reflex.istate.manager.memory import StateManagerMemory
from reflex.state import StateUpdate
from reflex_base.event import Event
from reflex_base.event.processor import BaseStateEventProcessor
from reflex_base.registry import RegistrationContext
from reflex_base.utils.format import json_dumps
from sqlmodel import SQLModel

from illumichat_app import db
from illumichat_app.illumichat_app import app

OURS = ("state.", "pages.")
_tokens = itertools.count(1)


def handlers() -> dict[str, Any]:
    """Every event that any websocket client may name -> the function it would run."""
    found = RegistrationContext.get().event_handlers
    return {name: entry.handler.fn for name, entry in sorted(found.items())}


def own_handlers() -> dict[str, Any]:
    return {
        name: function
        for name, function in handlers().items()
        if function.__module__.startswith(OURS)
    }


@dataclass
class Wire:
    """What the server says to the browsers, in place of their websockets."""

    updates: list[tuple[str, StateUpdate]] = field(default_factory=list)

    async def emit_update(self, update: StateUpdate, token: str) -> None:
        self.updates.append((token, update))

    @property
    def text(self) -> str:
        """Everything that was said, as JSON."""
        return "\n".join(json_dumps(update) for _, update in self.updates)

    @property
    def events(self) -> list[str]:
        """What the browsers were told to do."""
        return [json_dumps(event) for _, update in self.updates for event in update.events or []]

    @property
    def var_values(self) -> dict[str, Any]:
        """The last value of each var that was sent."""
        values: dict[str, Any] = {}
        for _, update in self.updates:
            for state, delta in (update.delta or {}).items():
                values |= {f"{state.rpartition('.')[2]}.{name}": v for name, v in delta.items()}
        return values


@dataclass
class Tab:
    """A browser tab: a client token, a cookie, and what it hears."""

    processor: BaseStateEventProcessor
    wire: Wire
    cookie: str
    path: str
    token: str

    async def send(self, name: str, /, **payload: Any) -> list[BaseException]:
        """Send an event as the browser would; returns what it raised inside the server."""
        data = {"pathname": self.path, "asPath": self.path, "token": self.token}
        event = Event(
            name=name,
            payload=payload,
            router_data=data | {"headers": {"cookie": self.cookie}},
        )
        future = await self.processor.enqueue(self.token, event)
        try:
            await future.wait_all()
        except Exception as problem:  # noqa: BLE001  reported to the caller
            await self._until_answered()
            return [problem]
        return []

    async def _until_answered(self) -> None:
        """What a person reads about a failure is sent by a task of its own, afterwards."""
        while self.processor._tasks:
            await asyncio.sleep(0)

    async def open_page(self) -> None:
        """The first event of every page."""
        await self.send("reflex___state____state.hydrate_and_load")


@dataclass
class Server:
    """The event processor as the app sets it up."""

    processor: BaseStateEventProcessor
    wire: Wire

    def tab(self, cookie: str = "", path: str = "/", token: str | None = None) -> Tab:
        return Tab(self.processor, self.wire, cookie, path, token or f"tab-{next(_tokens)}")


@asynccontextmanager
async def server(states: StateManager | None = None) -> AsyncIterator[Server]:
    """A running one; its states are kept in memory unless told otherwise."""
    wire = Wire()
    processor = BaseStateEventProcessor(
        middleware=app, backend_exception_handler=app.backend_exception_handler
    ).configure(state_manager=states or StateManagerMemory(), event_namespace=wire)  # pyright: ignore[reportArgumentType]
    async with processor:
        yield Server(processor, wire)


def database_rows() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    with db.engine().connect() as connection:
        return {
            table.name: [
                dict(row._mapping)
                for row in connection.execute(sa.select(table).order_by(table.c.id))
            ]
            for table in SQLModel.metadata.sorted_tables
        }
