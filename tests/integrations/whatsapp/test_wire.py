"""Which failures come before anything was written: only those may be tried again by machine."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from integrations.whatsapp import wire
from integrations.whatsapp.wire import Wire

pytestmark = pytest.mark.anyio

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
FAST = {"connect": 5.0, "read": 0.05, "write": 5.0, "pool": 5.0}


def saying(*parts: bytes) -> Serve:
    """A server that reads a request, says this, and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.writelines(parts)
        writer.close()

    return serve


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


@asynccontextmanager
async def opened(
    serve: Serve, scheme: str = "http", proof: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[Wire, str]]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=proof)
    address = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, Wire(httpx.URL(address), ssl.create_default_context(), 1) as sender:
        yield sender, address


async def post(sender: Wire, address: str, path: str = "/", **timeout: float) -> httpx.Response:
    request = httpx.Request(
        "POST",
        address + path,
        headers={"Authorization": "Bearer t"},
        json={"to": "é"},
        extensions={"timeout": FAST | timeout},
    )
    return await sender.handle_async_request(request)


async def test_a_request_goes_out_as_it_was_made() -> None:
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head + await reader.readexactly(11))
        writer.write(OK)
        writer.close()

    async with opened(serve) as (sender, address):
        answer = await post(sender, address, "/a%2Fb?proof=1", read=5)
    assert (answer.status_code, answer.content) == (200, b"ok")
    first, *lines = asked[0].decode().split("\r\n")
    assert first == "POST /a%2Fb?proof=1 HTTP/1.1"
    assert lines[-1] == '{"to":"é"}'
    assert sorted(
        line.split(":")[0].lower() for line in lines if ":" in line and "{" not in line
    ) == [
        "authorization",
        "content-length",
        "content-type",
        "host",
    ]


async def test_a_redirect_is_an_answer_like_any_other() -> None:
    moved = saying(b"HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n")
    async with opened(moved) as (sender, address):
        assert (await post(sender, address, read=5)).status_code == 302


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort",
        b"not HTTP at all\r\n\r\n",
    ],
)
async def test_what_breaks_after_the_request_is_no_failure_to_connect(part: bytes) -> None:
    async with opened(saying(part)) as (sender, address):
        with pytest.raises(httpx.ReadError):
            await post(sender, address, read=5)


async def test_an_answer_that_does_not_come_is_a_read_timeout() -> None:
    async with opened(silent) as (sender, address):
        with pytest.raises(httpx.ReadTimeout):
            await post(sender, address)


async def test_no_free_connection_is_a_failure_to_connect() -> None:
    taken = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.set()
        await silent(reader, writer)

    async with opened(serve) as (sender, address):
        waiting = asyncio.create_task(post(sender, address, read=60))
        await taken.wait()
        with pytest.raises(httpx.ConnectTimeout):
            await post(sender, address, connect=0.05, read=5)
        waiting.cancel()


async def test_a_server_that_never_greets_is_a_failure_to_connect() -> None:
    async with opened(silent, "https") as (sender, address):
        with pytest.raises(httpx.ConnectTimeout):
            await post(sender, address, connect=0.05, read=5)


async def test_a_server_that_cannot_prove_itself_gets_nothing(tmp_path: Path) -> None:
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read())
        writer.close()

    async with opened(serve, "https", self_signed(tmp_path)) as (sender, address):
        with pytest.raises(httpx.ConnectError):
            await post(sender, address, read=5)
    assert b"".join(asked) == b""


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server that says it is 127.0.0.1, and nobody vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(secret + certificate.public_bytes(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return context


@pytest.mark.parametrize(
    ("names", "proxy"),
    [
        ({"HTTPS_PROXY": "http://proxy:1"}, "http://proxy:1"),
        ({"ALL_PROXY": "http://proxy:2"}, "http://proxy:2"),
        ({"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "graph.test"}, None),
        ({"HTTP_PROXY": "http://proxy:1"}, None),
    ],
)
def test_the_environments_proxy(
    monkeypatch: pytest.MonkeyPatch, names: dict[str, str], proxy: str | None
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    assert wire._proxy(httpx.URL("https://graph.test")) == proxy
