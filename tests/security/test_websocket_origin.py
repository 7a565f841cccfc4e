"""The websocket's handshake against the real server: another site's page cannot open one."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

READY_SECONDS = 60
ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def port(
    migrated_sqlite: Path, redis_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[int]:
    """A web process as in production."""
    number = free_port()
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{migrated_sqlite}",
        "REDIS_URL": redis_server,
        "PUBLIC_URL": f"http://localhost:{number}",
        "REFLEX_ENV_MODE": "prod",
        "REFLEX_WEB_WORKDIR": str(tmp_path_factory.mktemp("web")),
        "__REFLEX_SKIP_COMPILE": "true",
    }
    arguments = ["--interface", "asgi", "--factory", "--host", "127.0.0.1", "--port", str(number)]
    command = [sys.executable, "-m", "granian", *arguments]
    with subprocess.Popen(
        [*command, "illumichat_app.illumichat_app:app"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        wait_until_ready(process, number)
        yield number
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def wait_until_ready(process: subprocess.Popen[bytes], number: int) -> None:
    ends = time.monotonic() + READY_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{number}/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    process.kill()
    pytest.fail("the web process did not become ready")


def handshake(number: int, origin: str) -> int:
    """The status of the answer: 101 opens the websocket."""
    lines = [
        "GET /_event/?EIO=4&transport=websocket&token=someone HTTP/1.1",
        f"Host: 127.0.0.1:{number}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        f"Origin: {origin}",
    ]
    with socket.create_connection(("127.0.0.1", number), timeout=10) as line:
        line.sendall("\r\n".join([*lines, "", ""]).encode())
        return int(line.recv(100).split()[1])


def test_our_own_page_may_open_it(port: int) -> None:
    assert handshake(port, f"http://localhost:{port}") == 101
    assert handshake(port, f"http://127.0.0.1:{port}") == 101


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.test",
        "null",
        "http://localhost",
        "https://localhost:{port}",
        "http://localhost:{port}.evil.test",
        "http://evil.test:{port}",
    ],
)
def test_another_sites_page_may_not(port: int, origin: str) -> None:
    assert handshake(port, origin.format(port=port)) == 403


def test_another_site_may_not_read_answers(port: int) -> None:
    answer = httpx.get(f"http://127.0.0.1:{port}/health", headers={"origin": "http://evil.test"})
    assert "access-control-allow-origin" not in answer.headers
