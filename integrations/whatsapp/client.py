"""Calls to Meta's Graph API. Every failure is a `GraphError` that knows what may be repeated."""

import asyncio
import hashlib
import hmac
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple, Self
from urllib.parse import quote

import httpx

from illumichat_app import metrics
from integrations.whatsapp.downloads import MediaInfo, fetch
from integrations.whatsapp.error_table import RECONNECT, UNREACHED, UNSURE
from integrations.whatsapp.errors import GraphError, Reply, from_reply, settled
from integrations.whatsapp.fields import (
    Json,
    load_json,
    optional_record,
    optional_text,
    records,
    storable,
    storable_text,
)

__all__ = ["Credentials", "GraphClient", "MediaInfo", "Sent", "TemplatePage"]

# Meta's file hosts turn away the defaults of HTTP libraries.
_HEADERS = {"User-Agent": "IllumiChat/1.0", "Accept": "*/*"}
_CONNECT_SECONDS = 5.0
_NOT_REACHED = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_TEMPLATE_FIELDS = (
    "id,name,language,status,category,sub_category,previous_category,parameter_format,"
    "components,rejected_reason,quality_score"
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What one business number's calls are signed with. Secrets stay out of the repr."""

    phone_number_id: str
    token: str = field(repr=False)
    app_secret: str | None = field(default=None, repr=False)


class Sent(NamedTuple):
    """Meta accepted a message; delivery is reported later by statuses."""

    wamid: str
    wa_id: str | None
    user_id: str | None
    message_status: str | None


class TemplatePage(NamedTuple):
    """Some of an account's templates, and how many it has, if Meta says so."""

    items: list[Json]
    total: int | None


class GraphClient:
    """`slots` connections to Meta, each lent to one call at a time; an async context manager."""

    def __init__(
        self,
        base_url: str,
        version: str,
        *,
        slots: int = 50,
        timeout_seconds: float = 20,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._base = httpx.URL(base_url)
        self._root = f"{base_url.rstrip('/')}/{version}"
        self._slots = slots
        self._timeout = httpx.Timeout(
            timeout_seconds, connect=min(_CONNECT_SECONDS, timeout_seconds)
        )
        self._transport = transport
        self._wire = transport or httpx.AsyncBaseTransport()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        # httpcore's pool looks at every connection on every request: quadratic in the slots.
        # So each slot is a client of one connection; a TLS context for each costs tens of ms.
        context: ssl.SSLContext | bool = True
        if self._transport is None:
            # Here, because it is 10 MB in a process that may never call Meta.
            from integrations.whatsapp.wire import Wire

            context = httpx.create_ssl_context()
            wire = Wire(self._base, context, self._slots)
            self._wire = await self._stack.enter_async_context(wire)
        # Last used, first lent: its connection is the likeliest to be open still.
        self._free = asyncio.LifoQueue[httpx.AsyncClient]()
        for _ in range(self._slots):
            client = self._client(context)
            self._free.put_nowait(await self._stack.enter_async_context(client))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def send(
        self, credentials: Credentials, message: dict[str, Any], *, callback_data: str
    ) -> Sent:
        """Send a body of `messages`; statuses bring `callback_data` (at most 512) back.

        Meta has no idempotency key: after an `unknown` outcome only a status can tell.
        """
        body = storable(message) | {"biz_opaque_callback_data": callback_data}
        return _sent(await self._message(credentials, body, repeatable=False))

    async def mark_read(
        self, credentials: Credentials, wamid: str, *, typing: bool = False
    ) -> None:
        """Blue ticks up to this message; `typing` shows "typing…" for at most 25 seconds."""
        body: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": wamid,
        }
        if typing:
            body["typing_indicator"] = {"type": "text"}
        await self._message(credentials, body, repeatable=True)

    async def _message(self, credentials: Credentials, body: Json, *, repeatable: bool) -> Json:
        """What a number does all day, without what httpx's client does for other calls."""
        path = f"{quote(credentials.phone_number_id, safe='')}/messages"
        with metrics.graph_call(), _guarded(credentials, repeatable=repeatable):
            request = httpx.Request(
                "POST",
                f"{self._root}/{path}",
                params=_proof(credentials),
                headers=_HEADERS | _bearer(credentials),
                json=body,
                extensions={"timeout": self._timeout.as_dict()},
            )
            response = await self._wire.handle_async_request(request)
            await response.aread()
            return _answered(response, credentials, repeatable=repeatable)

    async def media(self, credentials: Credentials, media_id: str) -> MediaInfo:
        """Where a file lies; the address is good for five minutes and needs the token."""
        params = {"phone_number_id": credentials.phone_number_id}
        answer = await self.call(credentials, "GET", quote(media_id, safe=""), params=params)
        url = optional_text(answer, "url")
        if url is None:
            raise _unreadable(repeatable=True)
        size = optional_text(answer, "file_size") or ""
        return MediaInfo(
            url,
            optional_text(answer, "mime_type"),
            optional_text(answer, "sha256"),
            int(size) if size.isascii() and size.isdigit() else None,
        )

    async def download(
        self, credentials: Credentials, info: MediaInfo, into: Path, *, limit_bytes: int
    ) -> int:
        """Write the file to `into` and return its size; a failed download leaves no file."""
        async with self._slot(credentials, repeatable=True) as client:
            return await fetch(client, self._base, credentials.token, info, into, limit_bytes)

    async def upload(
        self, credentials: Credentials, data: bytes | Path, mime_type: str, filename: str
    ) -> str:
        """Give Meta a file; the id is good for 30 days, for this number only."""
        path = f"{quote(credentials.phone_number_id, safe='')}/media"
        form = {"messaging_product": "whatsapp", "type": mime_type}
        with _opened(data) as content:
            files = {"file": (storable_text(filename), content, mime_type)}
            answer = await self.call(credentials, "POST", path, data=form, files=files)
        media_id = optional_text(answer, "id")
        if media_id is None:
            raise _unreadable(repeatable=True)
        return media_id

    async def templates(self, credentials: Credentials, waba_id: str) -> AsyncIterator[Json]:
        """Every message template of the account."""
        async for page in self.template_pages(credentials, waba_id):
            for item in page.items:
                yield item

    async def template_pages(
        self, credentials: Credentials, waba_id: str
    ) -> AsyncIterator[TemplatePage]:
        """The same, page by page as Meta's cursors lead."""
        path = f"{quote(waba_id, safe='')}/message_templates"
        params = {"fields": _TEMPLATE_FIELDS, "limit": "100", "summary": "total_count"}
        while True:
            page = await self.call(credentials, "GET", path, params=params)
            total = optional_text(optional_record(page.get("summary")), "total_count") or ""
            yield TemplatePage(records(page.get("data")), int(total) if total.isdecimal() else None)
            after = _next_cursor(page)
            if after is None or after == params.get("after"):
                return
            params["after"] = after

    async def call(
        self,
        credentials: Credentials,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        repeatable: bool = True,
        **body: Any,
    ) -> Json:
        """One Graph call; raises GraphError. `repeatable`: doing it twice does no harm."""
        with metrics.graph_call():
            async with self._slot(credentials, repeatable=repeatable) as client:
                response = await client.request(
                    method,
                    f"{self._root}/{path}",
                    params=(params or {}) | _proof(credentials),
                    headers=_bearer(credentials),
                    **body,
                )
            return _answered(response, credentials, repeatable=repeatable)

    def _client(self, context: ssl.SSLContext | bool) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            verify=context,
            transport=self._transport,
            timeout=self._timeout,
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            headers=_HEADERS,
        )

    @asynccontextmanager
    async def _slot(
        self, credentials: Credentials, *, repeatable: bool
    ) -> AsyncGenerator[httpx.AsyncClient]:
        """A connection; network failures inside become GraphErrors."""
        with _guarded(credentials, repeatable=repeatable):
            client = await self._free.get()
            try:
                yield client
            finally:
                self._free.put_nowait(client)


@contextmanager
def _guarded(credentials: Credentials, *, repeatable: bool) -> Generator[None]:
    """Network failures inside become GraphErrors."""
    if not (credentials.token.isascii() and credentials.token.isprintable()):
        raise GraphError("The token holds characters no token has", RECONNECT)
    try:
        yield
    except _NOT_REACHED as problem:
        raise GraphError(f"Meta was not reached: {type(problem).__name__}", UNREACHED) from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as problem:
        advice = settled(UNSURE, repeatable=repeatable)
        raise GraphError(f"Connection lost: {type(problem).__name__}", advice) from None


def _bearer(credentials: Credentials) -> dict[str, str]:
    return {"Authorization": f"Bearer {credentials.token}"}


def _proof(credentials: Credentials) -> dict[str, str]:
    """Proof that the caller holds the app secret (Meta: Secure Graph API calls)."""
    if not credentials.app_secret:
        return {}
    secret, token = credentials.app_secret.encode(), credentials.token.encode()
    return {"appsecret_proof": hmac.new(secret, token, hashlib.sha256).hexdigest()}


def _secrets(credentials: Credentials) -> tuple[str, ...]:
    return (credentials.token, credentials.app_secret or "", *_proof(credentials).values())


def _answered(response: httpx.Response, credentials: Credentials, *, repeatable: bool) -> Json:
    if not response.is_success:
        reply = Reply(response.status_code, response.headers, response.content)
        raise from_reply(reply, repeatable=repeatable, secrets=_secrets(credentials))
    return _object(response.content, repeatable=repeatable)


def _object(content: bytes, *, repeatable: bool) -> Json:
    try:
        return optional_record(load_json(content))
    except (ValueError, RecursionError):
        raise _unreadable(repeatable=repeatable) from None


def _unreadable(*, repeatable: bool) -> GraphError:
    return GraphError("Meta's answer could not be read", settled(UNSURE, repeatable=repeatable))


def _sent(answer: Json) -> Sent:
    message = _first(answer.get("messages"))
    contact = _first(answer.get("contacts"))
    wamid = optional_text(message, "id")
    if wamid is None:
        raise _unreadable(repeatable=False)
    return Sent(
        wamid,
        optional_text(contact, "wa_id"),
        optional_text(contact, "user_id"),
        optional_text(message, "message_status"),
    )


def _first(value: object) -> Json:
    return next(iter(records(value)), optional_record(None))


def _next_cursor(page: Json) -> str | None:
    paging = optional_record(page.get("paging"))
    if optional_text(paging, "next") is None:
        return None
    return optional_text(optional_record(paging.get("cursors")), "after")


def _opened(data: bytes | Path) -> "nullcontext[bytes] | IO[bytes]":
    return nullcontext(data) if isinstance(data, bytes) else data.open("rb")
