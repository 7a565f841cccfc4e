import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from domain import signing
from illumichat_app import clock, db, webhook
from integrations.whatsapp import process_client
from integrations.whatsapp.client import GraphClient
from meta_simulator import Simulator
from meta_simulator.clock import Clock
from tests.conftest import PLATFORM_SECRET, VERIFY_TOKEN
from tests.flows import stack as flows


@pytest.fixture
async def stack(
    database: str, redis: None, noon: object, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[flows.Stack]:
    """A workspace with one connected number, and Meta on the other end of it."""
    signing.forget()
    with db.transaction() as session:
        place, channel, ana, sam = flows.seed(session)
    transport = httpx.ASGITransport(webhook.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app.test") as door:
        simulator = Simulator(
            callback_url=f"http://app.test{webhook.PATH}",
            app_secret=PLATFORM_SECRET,
            verify_token=VERIFY_TOKEN,
            http=door,
            clock=Clock(source=lambda: clock.now().timestamp()),
            allowed_hosts=["graph.test"],
        )
        meta = httpx.ASGITransport(simulator.app)
        async with GraphClient("http://graph.test", "v26.0", slots=4, transport=meta) as client:
            monkeypatch.setitem(process_client._clients, asyncio.get_running_loop(), client)
            yield flows.Stack(simulator, door, place, channel, ana, sam)
