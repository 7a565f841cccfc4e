"""A browser whose doings are searched for a secret, with everything else there is by then."""

import logging
import traceback
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from redis.asyncio import Redis
from reflex.istate.manager.redis import StateManagerRedis
from reflex_base.event import Event
from reflex_base.utils.format import format_event_handler

from illumichat_app.config import settings
from models import Assistant
from state.channel import Channel
from state.connection import Connection
from tests.accounts.conftest import Team
from tests.connecting.conftest import Shop
from tests.security import pipeline, sinks
from tests.security.pipeline import Server
from tests.security.sinks import Sinks

# None starts like Meta's own tokens do: what knows a token by its beginning only must not pass.
TOKEN = "canary-token-of-the-manual-number-4711"


@dataclass
class Desk:
    """The admin's browser at the WhatsApp page of one assistant."""

    server: Server
    cookie: str
    assistant: Assistant
    raised: list[BaseException] = field(default_factory=list)

    async def do(self, handler: Any, **payload: Any) -> None:
        """Send one event; what it raises inside the server is kept."""
        name = handler if isinstance(handler, str) else format_event_handler(handler)
        tab = self.server.tab(self.cookie, "/assistants/[assistant]/whatsapp", "desk")
        address = {"pathname": tab.path, "asPath": "/assistants", "token": tab.token}
        router = address | {
            "query": {"assistant": str(self.assistant.id)},
            "headers": {"cookie": self.cookie},
        }
        event = Event(name=name, payload=payload, router_data=router)
        sent = await self.server.processor.enqueue(tab.token, event)
        try:
            await sent.wait_all()
        except Exception as problem:  # noqa: BLE001  searched like everything else
            self.raised.append(problem)
            await tab._until_answered()

    async def at(self, assistant: Assistant) -> None:
        self.assistant = assistant
        await self.do(Channel.event_handlers["load"])
        await self.do(Connection.event_handlers["load"])

    async def connection(self, handler: str, **payload: Any) -> None:
        await self.do(Connection.event_handlers[handler], **payload)


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    for logger in (None, "httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, logger)


@pytest.fixture
async def server(redis: None) -> AsyncIterator[Server]:
    """States in Redis, as in a deployment, so that they are searched with it."""
    states = StateManagerRedis(redis=Redis.from_url(settings().redis_url))
    async with pipeline.server(states) as running:
        yield running
    await states.close()


@pytest.fixture
def desk(server: Server, shop: Shop) -> Desk:
    return Desk(server, Team(shop.ana, shop.ana, shop.ana).signed_in(shop.ana), shop.assistant)


async def search(desk: Desk, caplog: pytest.LogCaptureFixture) -> Sinks:
    """Everything there is by now."""
    found = Sinks()
    found.add("database", *sinks.database())
    found.add("redis", *sinks.redis())
    found.add("browser", desk.server.wire.text)
    found.add("log", *sinks.log_lines(caplog.records))
    found.add("answers", *await sinks.answers(desk.cookie))
    found.add("pages", *sinks.pages())
    for problem in desk.raised:
        found.add("exceptions", problem, vars(problem), *traceback.format_exception(problem))
    return found
