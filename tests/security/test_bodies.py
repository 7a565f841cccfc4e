"""Bodies that are too large, too slow or packed, and keys that are lost: refused in time, never a
fault of ours and never stored unsigned."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from illumichat_app import body, login, media_routes, webhook
from integrations.whatsapp import signature
from models import EventState, WebhookEvent
from tests import payloads
from tests.accounts.conftest import PUBLIC, Team
from tests.conftest import PLATFORM_SECRET
from tests.connecting.conftest import Shop, live, lose, shop
from tests.flows.conftest import stack
from tests.flows.stack import Stack, apply_events, rows
from tests.payloads import encode

__all__ = ["shop", "stack"]

pytestmark = pytest.mark.anyio
OURS = {"origin": PUBLIC, "sec-fetch-site": "same-origin"}
DELIVERY = encode(payloads.load("03_text"))


class Line:
    """A connection whose sender sends one piece and then no more, though it promised more."""

    def __init__(self) -> None:
        self.pieces = 0
        self.status = 0

    async def receive(self) -> dict[str, Any]:
        self.pieces += 1
        if self.pieces > 1:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": b"-", "more_body": True}

    async def send(self, message: Any) -> None:
        self.status = message.get("status", self.status)


async def trickle(app: Any, path: str, **headers: str) -> int:
    line = Line()
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "root_path": ""}
    await app(scope | {"headers": named, "client": None}, line.receive, line.send)
    return line.status


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "SECONDS", 0.01)
    monkeypatch.setattr(media_routes, "UPLOAD_SECONDS", 0.01)


async def test_a_delivery_that_trickles_is_let_go(stack: Stack, impatient: None) -> None:
    assert await trickle(webhook.app, webhook.PATH) == 408
    assert rows(WebhookEvent) == []


@pytest.mark.parametrize("path", [route.path for route in login.routes])
async def test_so_is_a_form(team: Team, impatient: None, path: str) -> None:
    app = Starlette(routes=login.routes)
    assert await trickle(app, path, origin=PUBLIC) == 408


async def test_so_is_a_file(team: Team, impatient: None) -> None:
    app = Starlette(routes=media_routes.routes)
    form = "multipart/form-data; boundary=x"
    cookie = team.signed_in(team.agent)
    status = await trickle(app, "/api/media", origin=PUBLIC, content_type=form, cookie=cookie)
    assert status == 408


# ---- size


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield bytes(64 * 1024)


async def test_a_delivery_without_end_is_cut_off(stack: Stack) -> None:
    """Whatever length it announces, or none."""
    for told in ({}, {"content-length": "10"}):
        answer = await stack.door.post(webhook.PATH, content=endless(), headers=told)
        assert answer.status_code == 413
    assert rows(WebhookEvent) == []


async def test_a_form_without_end_is_cut_off(team: Team) -> None:
    transport = httpx.ASGITransport(Starlette(routes=login.routes))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
        answer = await client.post("/api/auth/login", content=endless(), headers=OURS)
    assert answer.status_code == 413


# ---- packed


async def packed(stack: Stack, content: bytes, signed: bytes) -> int:
    headers = {
        "content-encoding": "gzip",
        "x-hub-signature-256": signature.sign(PLATFORM_SECRET, signed),
    }
    return (await stack.door.post(webhook.PATH, content=content, headers=headers)).status_code


async def test_a_packed_delivery_is_never_unpacked(stack: Stack) -> None:
    """Meta packs none. Signed as it came, a bomb stays as small as it came."""
    bomb = gzip.compress(bytes(50_000_000))
    assert await packed(stack, bomb, bomb) == 200
    apply_events()
    (event,) = rows(WebhookEvent)
    assert (event.body, event.state) == (bomb, EventState.FAILED)


async def test_a_signature_of_what_is_inside_is_none(stack: Stack) -> None:
    assert await packed(stack, gzip.compress(DELIVERY), DELIVERY) == 401
    assert rows(WebhookEvent) == []


# ---- a lost key


async def test_a_lost_secret_is_no_fault_of_the_intake(shop: Shop, redis: None) -> None:
    """Naming a number whose key is gone is no way to a 5xx, nor to hold up another number."""
    await shop.connect()
    number = live()[0].phone_number_id.encode()
    lose(live()[0])
    said = DELIVERY.replace(b"310000000000007", number)
    transport = httpx.ASGITransport(webhook.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app.test") as door:
        for secret, status in (("guess", 401), ("secret", 401), (PLATFORM_SECRET, 200)):
            sign = {"x-hub-signature-256": signature.sign(secret, said)}
            answer = await door.post(webhook.PATH, content=said, headers=sign)
            assert answer.status_code == status
    apply_events()
    (event,) = rows(WebhookEvent)
    assert event.state is EventState.FAILED
