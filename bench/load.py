"""Signed deliveries as Meta sends them: as fast as 64 connections go, or at a steady pace.

The load shares the two cores with the servers it measures, so it has to be light: a body is one
template with the ids filled in, and the connections are bare protocols.
"""

import asyncio
import hmac
import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import uvloop

from bench.processes import SECONDS, SECRET
from illumichat_app.webhook import PATH

CONNECTIONS = 64
PHONE_NUMBER_ID = "310000000000007"
WORDS = "Where is my parcel? " * 40
PATIENCE = 30.0  # seconds for the last answers of a round


@dataclass(frozen=True)
class Rate:
    """Answered requests a second, and how long they took, in milliseconds."""

    per_second: float
    p50: float
    p99: float


def payload(
    wamid: str, wa_id: str = "34612555014", user_id: str = "", words: str = WORDS
) -> dict[str, Any]:
    """A text message of about 1,300 bytes, the size of a real one, said now."""
    user_id = user_id or f"ES.{wa_id}12345678"
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "442079460991", "phone_number_id": PHONE_NUMBER_ID},
        "contacts": [{"profile": {"name": "Lucia"}, "wa_id": wa_id, "user_id": user_id}],
        "messages": [
            {
                "from": wa_id,
                "from_user_id": user_id,
                "id": wamid,
                "timestamp": str(int(time.time())),
                "type": "text",
                "text": {"body": words},
            }
        ],
    }
    change = {"field": "messages", "value": value}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "210000000000001", "changes": [change]}],
    }


@cache
def _template() -> bytes:
    given = payload("%b", "%b", "ES.%b12345678")
    return json.dumps(given, separators=(",", ":")).encode()


def body(wamid: str, customer: int = 612_555_014) -> bytes:
    wa_id = f"34{customer:09}".encode()
    return _template() % (wa_id, wa_id, wa_id, wa_id, wamid.encode())


def request(content: bytes, secret: str = SECRET) -> bytes:
    """The whole HTTP request, signed."""
    signature = hmac.digest(secret.encode(), content, "sha256").hex()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        f"X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


Requests = Iterator[tuple[str, bytes]]


def new_messages(customers: int = 1) -> Requests:
    """Requests of new messages without end, each with its wamid."""
    tag = time.time_ns()
    for number in itertools.count():
        wamid = f"wamid.bench.{tag}.{number}"
        yield wamid, request(body(wamid, 612_555_014 + number % customers))


@dataclass
class Load:
    """What was sent and when, what was answered with 200, and in how many seconds."""

    requests: Requests
    sent: dict[str, float] = field(default_factory=dict)  # by the wall clock
    acked: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)

    def rate(self, seconds: float) -> Rate:
        if self.refused:
            raise RuntimeError(self.refused[0][:300].decode(errors="replace"))
        took = sorted(self.times)
        return Rate(
            len(took) / seconds,
            took[len(took) // 2] * 1000,
            took[int(len(took) * 0.99)] * 1000,
        )


class Connection(asyncio.Protocol):
    """One keep-alive connection: it sends when told, and says when it is free again."""

    def __init__(self, load: Load, free: Callable[["Connection"], None]) -> None:
        self._load = load
        self._free = free
        self._waiting, self._began = "", 0.0
        self._answer = b""
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def send(self) -> None:
        self._waiting, content = next(self._load.requests)
        self._load.sent[self._waiting] = time.time()
        self._began = time.perf_counter()
        self._transport.write(content)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, end, rest = self._answer.partition(b"\r\n\r\n")
        if not end or len(rest) < _length(head):
            return
        self._answer = b""
        if head.startswith(b"HTTP/1.1 200"):
            self._load.times.append(time.perf_counter() - self._began)
            self._load.acked.append(self._waiting)
        else:
            self._load.refused.append(head + rest)
        self._free(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's word
        self.lost.set_result(None)

    def close(self) -> None:
        self._transport.close()


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


def flat_out(port: int, seconds: float = SECONDS, connections: int = CONNECTIONS) -> Rate:
    """Each connection sends again as soon as it was answered."""
    return uvloop.run(_flat_out(port, Load(new_messages()), seconds, connections)).rate(seconds)


async def _flat_out(
    port: int, load: Load, seconds: float = SECONDS, connections: int = CONNECTIONS
) -> Load:
    ends = time.perf_counter() + seconds

    def again(connection: Connection) -> None:
        if time.perf_counter() < ends:
            connection.send()
        else:
            connection.close()

    opened = [await _connect(port, load, again) for _ in range(connections)]
    ends = time.perf_counter() + seconds
    for connection in opened:
        connection.send()
    async with asyncio.timeout(seconds + PATIENCE):
        await asyncio.gather(*(connection.lost for connection in opened))
    return load


def acked_until_killed(port: int, seconds: float, kill: Callable[[], None]) -> list[str]:
    """The wamids that were answered with 200 before the server was killed under load."""

    async def run() -> list[str]:
        load = Load(new_messages())
        asyncio.get_running_loop().call_later(seconds, kill)
        await _flat_out(port, load, seconds + PATIENCE)
        return load.acked

    return uvloop.run(run())


def paced(port: int, per_second: float, seconds: float, requests: Requests) -> Load:
    """Requests at a steady pace, whether or not the earlier ones were answered."""
    return uvloop.run(_paced(port, per_second, seconds, Load(requests)))


async def _paced(port: int, per_second: float, seconds: float, load: Load) -> Load:
    free: list[Connection] = []
    free += [await _connect(port, load, free.append) for _ in range(CONNECTIONS)]
    opened = list(free)
    total, sent = round(per_second * seconds), 0
    began = time.perf_counter()
    while sent < total:
        due = min(total, int((time.perf_counter() - began) * per_second) + 1)
        while sent < due and free:
            free.pop(0).send()
            sent += 1
        await asyncio.sleep(0.001)
    async with asyncio.timeout(PATIENCE):
        while len(free) < len(opened):  # noqa: ASYNC110  64 events would cost more than this
            await asyncio.sleep(0.001)
    for connection in opened:
        connection.close()
    return load


async def _connect(port: int, load: Load, free: Callable[[Connection], None]) -> Connection:
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_connection(lambda: Connection(load, free), "127.0.0.1", port)
    return protocol
