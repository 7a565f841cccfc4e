"""A simulator in this process, a place that receives its webhooks, and a Graph client."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from meta_simulator import Simulator, seed
from meta_simulator.clock import Clock

NUMBER = seed.NUMBER_ID
WABA = seed.WABA_ID
LUCIA = "+34 612 555 014"
JORGE_ID = "ES.20881234567890123402"


@dataclass
class Inbox:
    """Receives webhooks; `answers` are the next statuses it gives, then always 200."""

    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    verify_token: str = seed.VERIFY_TOKEN
    together: int = 0
    at_once: int = 0

    async def receive(self, request: Request) -> Response:
        self.at_once += 1
        self.together = max(self.together, self.at_once)
        await asyncio.sleep(0)
        body = await request.body()
        self.at_once -= 1
        self.received.append((dict(request.headers), body))
        self.urls.append(str(request.url))
        return Response(status_code=self.answers.pop(0) if self.answers else 200)

    async def verify(self, request: Request) -> Response:
        query = request.query_params
        if query.get("hub.verify_token") != self.verify_token:
            return Response(status_code=403)
        return PlainTextResponse(query["hub.challenge"])

    @property
    def payloads(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.received]

    def values(self, wanted: str = "messages") -> list[dict[str, Any]]:
        return [
            change["value"]
            for payload in self.payloads
            for entry in payload["entry"]
            for change in entry["changes"]
            if change["field"] == wanted
        ]

    def items(self, kind: str) -> list[dict[str, Any]]:
        return [item for value in self.values() for item in value.get(kind, [])]

    def statuses(self) -> list[str]:
        return [item["status"] for item in self.items("statuses")]


@dataclass
class Graph:
    """Calls the Graph API of the simulator with the seeded token."""

    http: httpx.AsyncClient

    async def send(self, to: str = LUCIA, number: str = NUMBER, **body: Any) -> httpx.Response:
        body = body or {"type": "text", "text": {"body": "Hello"}}
        address = {"recipient": to} if to.startswith("ES.") else {"to": to}
        common = {"messaging_product": "whatsapp", **address}
        return await self.http.post(f"/v26.0/{number}/messages", json=common | body)

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.http.get(f"/v26.0/{path}", params=query)

    async def post(self, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        return await self.http.post(f"/v26.0/{path}", json=body or {})

    async def delete(self, path: str, **query: Any) -> httpx.Response:
        return await self.http.delete(f"/v26.0/{path}", params=query)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def simulator(inbox: Inbox) -> Simulator:
    routes = [
        Route("/{path:path}", inbox.receive, methods=["POST"]),
        Route("/{path:path}", inbox.verify, methods=["GET"]),
    ]
    http = httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=routes)))
    frozen = 1_795_400_000.0
    return Simulator(
        callback_url="http://inbox.test/hook", http=http, clock=Clock(source=lambda: frozen)
    )


@pytest.fixture
async def graph(simulator: Simulator) -> AsyncIterator[Graph]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(simulator.app),
        base_url="http://graph.test",
        headers={"Authorization": f"Bearer {seed.TOKEN}"},
    ) as http:
        yield Graph(http)


@pytest.fixture
async def sim(simulator: Simulator) -> AsyncIterator[httpx.AsyncClient]:
    """The control API."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(simulator.app), base_url="http://graph.test"
    ) as http:
        yield http


@pytest.fixture
def open_window(simulator: Simulator, inbox: Inbox) -> Iterator[Callable[..., Any]]:
    """Lets a customer write first, and forgets the webhook of it."""

    async def write(customer: str = "lucia") -> str:
        wamid = simulator.customer_sends(customer, "Hi")
        await simulator.settle()
        inbox.received.clear()
        return wamid

    return write


def error(response: httpx.Response) -> tuple[int, int, int]:
    """HTTP status, code and subcode of a refusal."""
    found = response.json()["error"]
    return response.status_code, found["code"], found.get("error_subcode", 0)
