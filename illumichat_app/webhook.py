"""The one address Meta delivers to, for every company of the deployment.

Verify the raw bytes, store them durably, answer 200; everything else happens later. After a 200
Meta never sends the event again, and anything but a 200 makes it send the whole delivery again for
up to 7 days (Meta: webhooks overview).
"""

import asyncio
import hmac
import json
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from time import perf_counter
from typing import NamedTuple

from redis import RedisError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from domain import channels, signing
from illumichat_app import clock, jobs, log, memory, metrics, metrics_store
from illumichat_app.body import TooLarge, TooSlow, read
from illumichat_app.config import settings
from illumichat_app.ingest import Arrival, Ingest
from integrations.whatsapp import signature

PATH = "/api/channels/webhook/whatsapp"
REFUSALS = "webhook:refusals"
KEPT_REFUSALS = 200
_KEPT_HEADERS = {b"x-hub-signature-256", b"user-agent", b"content-type", b"x-forwarded-for"}

_log = logging.getLogger(__name__)
_ingest = Ingest()


async def handshake(request: Request) -> Response:
    """Meta asks whether this address is ours (Meta: create a webhook endpoint)."""
    query = request.query_params
    expected = settings().meta_webhook_verify_token.get_secret_value()
    given = query.get("hub.verify_token", "")
    right = hmac.compare_digest(given.encode(), expected.encode())
    if query.get("hub.mode") != "subscribe" or not right:
        return PlainTextResponse("The verify token is not ours.", 403)
    return PlainTextResponse(query.get("hub.challenge", ""))


class Answer(NamedTuple):
    """What Meta is told; `number` finds the delivery's lines in the log."""

    status: int
    words: str
    number: str = ""


class Deliveries:
    """The ASGI app behind the address: store a signed delivery, refuse any other."""

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        given = {"content-type": "text/plain; charset=utf-8"} | dict(headers or {})
        self._headers = [(name.encode(), value.encode()) for name, value in given.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await _received(scope["headers"], receive)
        except Exception:  # noqa: BLE001  whatever it is, Meta must send it again
            answer = _failed(log.new_id())
        words = answer.words.encode()
        own = (
            (b"content-length", b"%d" % len(words)),
            (b"x-request-id", answer.number.encode()),
        )
        headers = [*self._headers, *own]
        start = {"type": "http.response.start", "status": answer.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": words})


async def _received(headers: Iterable[tuple[bytes, bytes]], receive: Receive) -> Answer:
    started = perf_counter()
    try:
        body = await read(receive, settings().webhook_max_bytes)
    except ClientDisconnect:
        return Answer(400, "")
    except TooLarge as refusal:
        return await _refuse(refusal.status, "too large", b"", "too_large")
    except TooSlow as refusal:
        return await _refuse(refusal.status, "too slow", b"", "too_slow")
    kept = _kept_headers(headers)
    header = kept.get("x-hub-signature-256")
    secret = await _signing_secret(body, header)
    if secret is None:
        if header is None:
            return await _refuse(401, "not signed", body, "unsigned")
        return await _refuse(401, "signature does not match", body, "wrong_signature")
    return await _stored(Arrival(channels.fingerprint(secret), body, kept, clock.now()), started)


async def _stored(arrival: Arrival, started: float) -> Answer:
    number = log.id_of_delivery(arrival.digest)
    try:
        await _ingest.put(arrival)
    except Exception:  # noqa: BLE001  the same
        return _failed(number)
    metrics.delivery("stored", started)
    return Answer(200, "OK", number)


def _failed(number: str) -> Answer:
    """Logged in full by whoever handles an exception."""
    metrics.delivery("not_stored")
    with log.about(correlation_id=number):
        _log.exception("could not store a delivery; Meta will send it again")
    return Answer(500, "Not stored. Please send it again.", number)


def _kept_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """In one look; of a header that comes twice the first counts."""
    kept: dict[str, str] = {}
    for name, value in headers:
        if name in _KEPT_HEADERS:
            kept.setdefault(name.decode("latin-1"), value.decode("latin-1"))
    return kept


async def _signing_secret(body: bytes, header: str | None) -> str | None:
    """The secret that signed this body: the platform's, or that of a connection it names."""
    platform = settings().meta_app_secret.get_secret_value()
    if platform and signature.verify(platform, body, header):
        return platform
    if header is None:
        return None
    for secret in await signing.secrets_of(signature.claimed_ids(body)):
        if signature.verify(secret, body, header):
            return secret
    return None


async def _refuse(status: int, reason: str, body: bytes, verdict: metrics.Verdict) -> Answer:
    """No body is kept; the last refusals are, so that an admin can see a wrong secret."""
    metrics.delivery(verdict)
    number = log.new_id()
    with log.about(correlation_id=number):
        _log.info("delivery refused: %s", reason, extra={"size": len(body)})
        claimed = signature.claimed_ids(body)
        entry = {
            "at": clock.now().isoformat(),
            "reason": reason,
            "size": len(body),
            "phone_number_ids": claimed.phone_number_ids[:5],
        }
        await asyncio.to_thread(_remember, json.dumps(entry))
    return Answer(status, f"Refused: {reason}.", number)


def _remember(entry: str) -> None:
    try:
        with jobs.redis().pipeline() as pipe:
            pipe.incr(f"{REFUSALS}:count")
            pipe.lpush(REFUSALS, entry)
            pipe.ltrim(REFUSALS, 0, KEPT_REFUSALS - 1)
            pipe.execute()
    except RedisError:
        _log.warning("a refusal could not be noted: Redis does not answer")


routes = [
    Route(PATH, Deliveries(), methods=["POST"]),
    Route(PATH, handshake, methods=["GET"]),
]


def door(app: ASGIApp, headers: Mapping[str, str] | None = None) -> ASGIApp:
    """Deliveries pass before all that an app does for people: that costs more than storing one.

    `headers` are those that the app puts on every answer.
    """
    deliveries = Deliveries(headers)

    async def opened(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "POST":
            await deliveries(scope, receive, send)
        else:
            await app(scope, receive, send)

    return opened


@asynccontextmanager
async def _alone(_app: Starlette) -> AsyncIterator[None]:
    """A half-configured intake must not start: it would refuse what Meta sends only once."""
    log.set_up()
    settings()
    memory.settle()
    with metrics_store.publishing():
        yield


# Runnable alone, for deployments that keep intake apart from the pages.
app = door(Starlette(routes=routes, lifespan=_alone))
