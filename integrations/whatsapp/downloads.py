"""Fetching a customer's file from Meta: right host, bounded size, checked contents."""

import base64
import hashlib
from pathlib import Path
from typing import NamedTuple

import anyio
import httpx

from integrations.whatsapp.error_table import DAMAGED_FILE, FOREIGN_FILE, HICCUP, LARGE_FILE
from integrations.whatsapp.errors import GraphError, Reply, from_reply

# The token goes along, so it must never reach a host that is not Meta's.
_HOSTS = (".fbsbx.com", ".whatsapp.net", ".fbcdn.net")
_MOST_REDIRECTS = 3
_MOST_ERROR_BYTES = 64 * 1024


class MediaInfo(NamedTuple):
    """A file at Meta. `url` dies after five minutes: never store it."""

    url: str
    mime_type: str | None
    sha256: str | None
    file_size: int | None


async def fetch(
    client: httpx.AsyncClient,
    base: httpx.URL,
    token: str,
    info: MediaInfo,
    into: Path,
    limit_bytes: int,
) -> int:
    """Write the file and return its size; GraphError, and no file, when anything is wrong."""
    target = anyio.Path(into)
    response = await _follow(client, base, token, info.url)
    try:
        await _require_file(response, info, token, limit_bytes)
        digest, size = await _write(response, target, limit_bytes)
        _require_same(digest, info.sha256)
    except BaseException:
        await target.unlink(missing_ok=True)
        raise
    finally:
        await response.aclose()
    return size


async def _follow(
    client: httpx.AsyncClient, base: httpx.URL, token: str, address: str
) -> httpx.Response:
    """The answer after redirects; each hop is checked before the token is sent to it."""
    url = httpx.URL(address)
    for _ in range(_MOST_REDIRECTS + 1):
        if not _is_meta(url, base):
            raise GraphError("The file's address is not at Meta", FOREIGN_FILE)
        headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
        response = await client.send(client.build_request("GET", url, headers=headers), stream=True)
        if not response.has_redirect_location:
            return response
        await response.aclose()
        url = url.join(response.headers["location"])
    raise GraphError("The file's address redirects too often", HICCUP)


def _is_meta(url: httpx.URL, base: httpx.URL) -> bool:
    if url.userinfo:
        return False
    if (url.scheme, url.host, url.port) == (base.scheme, base.host, base.port):
        return True
    return url.scheme == "https" and url.port is None and url.host.endswith(_HOSTS)


async def _require_file(
    response: httpx.Response, info: MediaInfo, token: str, limit_bytes: int
) -> None:
    if response.status_code != 200:
        reply = Reply(response.status_code, response.headers, await _beginning(response))
        error = from_reply(reply, repeatable=True, secrets=(token,))
        if response.status_code == 404 and error.code is None:
            # An address past its five minutes: asking for a new one helps.
            error = GraphError("The file's address has expired", HICCUP, http_status=404)
        raise error
    kind = response.headers.get("content-type", "")
    if kind.startswith("text/html") and info.mime_type != "text/html":
        raise GraphError("Meta answered with a web page instead of the file", HICCUP)
    declared = response.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit_bytes:
        raise _too_large(limit_bytes)


async def _beginning(response: httpx.Response) -> bytes:
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) >= _MOST_ERROR_BYTES:
            break
    return body


async def _write(
    response: httpx.Response, target: anyio.Path, limit_bytes: int
) -> tuple[bytes, int]:
    digest, size = hashlib.sha256(), 0
    async with await target.open("wb") as file:
        async for chunk in response.aiter_bytes(64 * 1024):
            size += len(chunk)
            if size > limit_bytes:
                raise _too_large(limit_bytes)
            digest.update(chunk)
            await file.write(chunk)
    return digest.digest(), size


def _too_large(limit_bytes: int) -> GraphError:
    return GraphError(f"The file is larger than {limit_bytes} bytes", LARGE_FILE)


def _require_same(digest: bytes, expected: str | None) -> None:
    """Meta gives the SHA-256 in base64; some of its samples show hex."""
    if expected is None:
        return
    encoded = base64.b64encode(digest).decode().rstrip("=")
    given = expected.rstrip("=").replace("-", "+").replace("_", "/")
    if given != encoded and expected.lower() != digest.hex():
        raise GraphError("The file's checksum does not match", DAMAGED_FILE)
