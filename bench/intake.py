"""Webhook intake inside Starlette: durable before the 200, beside the same route after the HMAC.

Both servers are up at once and take turns, so that noise hits both; the figure is the median of
the per-round ratios. The load comes from 64 keep-alive connections in this process.
"""

import asyncio
import hashlib
import hmac
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from cryptography.fernet import Fernet

SECRET = "bench-secret"
PATH = "/api/channels/webhook/whatsapp"
CONNECTIONS = 64
SECONDS = 2.0
ROUNDS = 5


@dataclass(frozen=True)
class Rate:
    """Answered requests a second, and how long they took, in milliseconds."""

    per_second: float
    p50: float
    p99: float


def measure(database_url: str, redis_url: str) -> dict[str, object]:
    """Run the rounds; returns the figures of this table row."""
    with ExitStack() as servers:
        environment = _environment(database_url, redis_url)
        _migrate(environment)
        limit = servers.enter_context(_server("bench.intake_limit:app", environment))
        durable = servers.enter_context(_server("illumichat_app.webhook:app", environment))
        rounds = [(_load(limit), _load(durable)) for _ in range(ROUNDS + 1)][1:]
    ratios = [ours.per_second / theirs.per_second for theirs, ours in rounds]
    return {
        "database": database_url.split(":", 1)[0],
        "hmac_only_per_second": _median(theirs.per_second for theirs, _ in rounds),
        "durable_per_second": _median(ours.per_second for _, ours in rounds),
        "durable_p50_ms": _median(ours.p50 for _, ours in rounds),
        "durable_p99_ms": _median(ours.p99 for _, ours in rounds),
        "ratio": round(statistics.median(ratios), 2),
    }


def _median(values: Iterator[float]) -> float:
    return round(statistics.median(values), 1)


def _environment(database_url: str, redis_url: str) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PUBLIC_URL": "http://localhost:1",
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "META_APP_SECRET": SECRET,
        "META_WEBHOOK_VERIFY_TOKEN": "bench",
        "DATA_DIR": tempfile.gettempdir(),
    }


def _migrate(environment: dict[str, str]) -> None:
    subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"], env=environment, check=True
    )


@contextmanager
def _server(target: str, environment: dict[str, str]) -> Iterator[int]:
    from illumichat_app.ops.ports import free_port

    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--log-level", "error"]
    command += ["--workers-kill-timeout", "3", "--port", str(port), target]
    process = subprocess.Popen(command, env=environment)
    try:
        _wait(port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int) -> None:
    import socket

    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"nothing listens on port {port}")


def _load(port: int) -> Rate:
    return asyncio.run(_load_async(port))


async def _load_async(port: int) -> Rate:
    times: list[float] = []
    until = time.perf_counter() + SECONDS
    tag = f"{port}-{time.time_ns()}"
    await asyncio.gather(
        *(_connection(port, f"{tag}-{number}", until, times) for number in range(CONNECTIONS))
    )
    times.sort()
    return Rate(
        len(times) / SECONDS,
        times[len(times) // 2] * 1000,
        times[int(len(times) * 0.99)] * 1000,
    )


async def _connection(port: int, tag: str, until: float, times: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent = 0
    while time.perf_counter() < until:
        request = _request(f"{tag}-{sent}")
        sent += 1
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(_length(head))
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        times.append(time.perf_counter() - began)
    writer.close()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0


def _request(wamid: str) -> bytes:
    body = json.dumps(_payload(wamid), separators=(",", ":")).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        f"X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _payload(wamid: str) -> dict[str, object]:
    """A text message of about 1,300 bytes, the size of a real one."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "442079460991", "phone_number_id": "310000000000007"},
        "contacts": [
            {
                "profile": {"name": "Lucia"},
                "wa_id": "34612555014",
                "user_id": "ES.20881234567890123401",
            }
        ],
        "messages": [
            {
                "from": "34612555014",
                "from_user_id": "ES.20881234567890123401",
                "id": f"wamid.{wamid}",
                "timestamp": "1795435200",
                "type": "text",
                "text": {"body": "Where is my parcel? " * 40},
            }
        ],
    }
    change = {"field": "messages", "value": value}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "210000000000001", "changes": [change]}],
    }
