from collections.abc import AsyncIterator
from typing import Any

import pytest
from reflex_base.event import Event
from reflex_base.utils.format import format_event_handler

from domain.access import Actor
from integrations.whatsapp.signup import Answer
from state import live
from state.channel import Channel
from state.connection import Connection
from tests.accounts.conftest import Team, _nobody_is_remembered
from tests.connecting.conftest import Shop, shop, values
from tests.security import pipeline

__all__ = ["_nobody_is_remembered", "shop"]


class Browser:
    """A tab at the WhatsApp page of one assistant."""

    def __init__(self, server: pipeline.Server, who: Actor, assistant: object) -> None:
        self.server, self.assistant = server, str(assistant)
        self.cookie = Team(who, who, who).signed_in(who)
        self.tab = server.tab(self.cookie, "/assistants/[assistant]/whatsapp")

    async def do(self, state: Any, handler: str, **payload: Any) -> None:
        await (await self.start(state, handler, **payload)).wait_all()

    async def start(self, state: Any, handler: str, **payload: Any) -> Any:
        data = {"pathname": self.tab.path, "asPath": "/assistants", "token": self.tab.token}
        query, headers = {"assistant": self.assistant}, {"cookie": self.cookie}
        event = Event(
            name=format_event_handler(state.event_handlers[handler]),
            payload=payload,
            router_data=data | {"query": query, "headers": headers},
        )
        return await self.server.processor.enqueue(self.tab.token, event)

    async def open(self) -> None:
        await self.do(Channel, "load")
        await self.do(Connection, "load")

    async def leave(self) -> None:
        await self.do(Channel, "leave")
        await self.do(Connection, "leave")

    def var(self, state: Any, name: str) -> Any:
        """The value the browser saw last."""
        own = state.get_full_name().rpartition(".")[2]
        sent = [
            values[f"{name}_rx_state_"]
            for token, update in self.server.wire.updates
            for of, values in (update.delta or {}).items()
            if token == self.tab.token
            and of.rpartition(".")[2] == own
            and f"{name}_rx_state_" in values
        ]
        return sent[-1] if sent else None

    @property
    def card(self) -> Any:
        return self.var(Channel, "card")

    @property
    def steps(self) -> dict[str, str]:
        return {step.name: step.state for step in self.var(Connection, "steps") or []}

    def step(self, name: str) -> Any:
        return next(step for step in self.var(Connection, "steps") if step.name == name)

    @property
    def problem(self) -> str:
        return self.var(Connection, "problem") or ""

    @property
    def idle(self) -> bool:
        return not self.var(Connection, "busy")

    @property
    def told(self) -> str:
        return self.server.wire.events[-1] if self.server.wire.events else ""


def given(answer: Answer) -> dict[str, str]:
    """What the browser hands over after Meta's window."""
    return {
        "code": answer.code,
        "waba_id": answer.waba_id,
        "phone_number_id": answer.phone_number_id,
        "event": answer.event,
    }


def form(company: dict[str, Any], **changes: str) -> dict[str, Any]:
    filled = values(company, **changes)
    names = ("phone_number_id", "waba_id", "access_token", "app_secret")
    return {"form_data": {name: getattr(filled, name) for name in names}}


async def connect(shop: Shop, tab: Browser, **choice: Any) -> None:
    await tab.do(Connection, "sign_up", **given(shop.answer(**choice)))


@pytest.fixture
async def server() -> AsyncIterator[pipeline.Server]:
    live.viewers.clear()
    async with pipeline.server() as running:
        yield running
    live.viewers.clear()


@pytest.fixture
async def admin(server: pipeline.Server, shop: Shop) -> Browser:
    opened = Browser(server, shop.ana, shop.assistant.id)
    await opened.open()
    return opened


@pytest.fixture
async def agent(server: pipeline.Server, shop: Shop) -> Browser:
    opened = Browser(server, shop.sam, shop.assistant.id)
    await opened.open()
    return opened
