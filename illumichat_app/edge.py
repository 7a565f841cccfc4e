"""What every HTTP answer and every form post passes: headers, origins, the upload gate."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from reflex_base.event.context import EventContext
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain import sessions
from illumichat_app import log, metrics
from illumichat_app.config import settings
from integrations.whatsapp import signup
from rxconfig import origins

Endpoint = Callable[[Request], Awaitable[Any]]

YEAR = 365 * 24 * 3600
_log = logging.getLogger(__name__)
ELSEWHERE = "This form was not sent from our own page."


def security_headers(app: ASGIApp) -> ASGIApp:
    """Put the security headers on every answer that does not bring its own."""
    headers = answer_headers()
    scheme = urlsplit(settings().public_url).scheme

    async def with_headers(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                for name, value in headers.items():
                    answer.setdefault(name, value)
            await send(message)

        if scope["type"] == "http":
            # A TLS proxy talks plain HTTP to us; a redirect must not lead back to plain HTTP.
            await app({**scope, "scheme": scheme}, receive, send_with)
        else:
            await app(scope, receive, send)

    return with_headers


def answer_headers() -> dict[str, str]:
    """What every answer carries."""
    headers = {
        "content-security-policy": _policy(),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        # no-referrer would make browsers send `Origin: null` with our own forms.
        "referrer-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(self), payment=()",
    }
    if settings().secure_cookies:
        headers["strict-transport-security"] = f"max-age={YEAR}"
    return headers


def _policy() -> str:
    socket = settings().public_url.replace("http", "ws", 1)
    script, of_the_login = _of_the_sdk()
    return (
        "default-src 'self'; base-uri 'self'; object-src 'none'; frame-ancestors 'none'; "
        # Reflex's bundle hydrates from inline scripts and runs rx.call_script with eval.
        f"form-action 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'{script}; "
        "style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
        "img-src 'self' data: blob:; media-src 'self' blob:; "
        f"connect-src 'self' {socket}{of_the_login}"
    )


def _of_the_sdk() -> tuple[str, str]:
    """What Connect with WhatsApp needs besides: its script, and the login's calls and frames.

    (Meta: Facebook SDK for JavaScript.) Without Embedded Signup, nothing.
    """
    if not settings().embedded_signup:
        return "", ""
    url = urlsplit(settings().meta_sdk_url)
    windows = " ".join(signup.window_origins(settings().meta_sdk_url))
    calls = f" {windows} {settings().meta_graph_url}; frame-src {windows}"
    return f" {url.scheme}://{url.netloc}", calls


def correlated(app: ASGIApp) -> ASGIApp:
    """Give each request an id, for its lines in the log and for whoever asked.

    What nobody expected is logged here, with the id that the person was told.
    """

    async def with_id(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # each event of a websocket has its own
            return await app(scope, receive, send)
        number, answered = log.new_id(), False

        async def send_with(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                MutableHeaders(scope=message)["x-request-id"] = number
            await send(message)

        with log.about(correlation_id=number):
            try:
                await app(scope, receive, send_with)
            except Exception as problem:  # noqa: BLE001  it has an answer and a trace by then
                metrics.unexpected("request")
                _log.exception("request failed: %s %s", scope["method"], scope["path"])
                if not answered:
                    answer = await unexpected(Request(scope), problem)
                    await answer(scope, receive, send_with)
        return None

    return with_id


async def unexpected(_request: Request, _problem: Exception) -> PlainTextResponse:
    """What a person reads when a request fails in a way that nobody expected."""
    return PlainTextResponse(
        "Something went wrong on our side. Try again; if it stays, tell your administrator the "
        f"number {log.correlation_id()}.",
        500,
    )


def upload_gate(app: ASGIApp) -> ASGIApp:
    """Reflex's upload route knows a client by a header only, never by the cookie: ask for it."""

    async def gated(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/_upload"):
            await app(scope, receive, send)
        elif refusal := await _upload_refused(scope):
            await refusal(scope, receive, send)
        else:
            _speak_as(Headers(scope=scope))
            await app(scope, receive, send)

    return gated


async def _upload_refused(scope: Scope) -> PlainTextResponse | None:
    headers = Headers(scope=scope)
    if scope["method"] == "POST" and not is_from_own_page(headers):
        return PlainTextResponse(ELSEWHERE, 403)
    if await run_in_threadpool(sessions.principal, headers.get("cookie", "")) is None:
        return PlainTextResponse("Please sign in again.", 401)
    return None


def _speak_as(headers: Headers) -> None:
    """Give the event of this upload the cookie of its own request.

    Without, it takes the cookie last heard from the tab that the header names: who knows another
    person's tab would act as that person.
    """
    context = EventContext.get()
    EventContext.set(replace(context, router_data={"headers": dict(headers)}))


def own_pages_only(endpoint: Endpoint) -> Endpoint:
    """Refuse a form post that does not come from our own pages."""

    async def checked(request: Request) -> Any:
        if not is_from_own_page(request.headers):
            return PlainTextResponse(ELSEWHERE, 403)
        return await endpoint(request)

    return checked


def is_from_own_page(headers: Headers) -> bool:
    """Judge by what browsers set themselves; a browser leaves out neither header in a post."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is None:
        return site == "same-origin"
    return site in (None, "same-origin") and origin in origins(settings().public_url)
