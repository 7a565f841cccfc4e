"""The one address Meta delivers to, for every company of the deployment.

Verify the raw bytes, store them durably, answer 200; everything else happens later. After a 200
Meta never sends the event again, and anything but a 200 makes it send the whole delivery again for
up to 7 days (Meta: webhooks overview).
"""

import asyncio
import hmac
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter

from redis import RedisError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from domain import channels, signing
from illumichat_app import clock, jobs, log, metrics, metrics_store
from illumichat_app.body import TooLarge, TooSlow, read
from illumichat_app.config import settings
from illumichat_app.ingest import Arrival, Ingest
from integrations.whatsapp import signature

PATH = "/api/channels/webhook/whatsapp"
REFUSALS = "webhook:refusals"
KEPT_REFUSALS = 200
_KEPT_HEADERS = {b"x-hub-signature-256", b"user-agent", b"content-type", b"x-forwarded-for"}
_STORED = PlainTextResponse("OK")

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


async def receive(request: Request) -> Response:
    """Store a signed delivery, refuse any other."""
    started = perf_counter()
    try:
        body = await read(request, settings().webhook_max_bytes)
    except ClientDisconnect:
        return Response(status_code=400)
    except TooLarge as refusal:
        return await _refuse(refusal.status, "too large", b"", "too_large")
    except TooSlow as refusal:
        return await _refuse(refusal.status, "too slow", b"", "too_slow")
    headers = _kept_headers(request)
    header = headers.get("x-hub-signature-256")
    secret = await _signing_secret(body, header)
    if secret is None:
        if header is None:
            return await _refuse(401, "not signed", body, "unsigned")
        return await _refuse(401, "signature does not match", body, "wrong_signature")
    arrival = Arrival(channels.fingerprint(secret), body, headers, clock.now())
    log.bind(correlation_id=log.id_of_delivery(arrival.digest))
    try:
        await _ingest.put(arrival)
    except Exception:  # noqa: BLE001  whatever it is, Meta must send it again
        _log.exception("could not store a delivery; Meta will send it again")
        metrics.delivery("not_stored")
        return PlainTextResponse("Not stored. Please send it again.", 500)
    metrics.delivery("stored", started)
    return _STORED


def _kept_headers(request: Request) -> dict[str, str]:
    """In one look; of a header that comes twice the first counts."""
    return {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in reversed(request.headers.raw)
        if name in _KEPT_HEADERS
    }


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


async def _refuse(status: int, reason: str, body: bytes, verdict: metrics.Verdict) -> Response:
    """No body is kept; the last refusals are, so that an admin can see a wrong secret."""
    metrics.delivery(verdict)
    _log.info("delivery refused: %s", reason, extra={"size": len(body)})
    claimed = signature.claimed_ids(body)
    entry = {
        "at": clock.now().isoformat(),
        "reason": reason,
        "size": len(body),
        "phone_number_ids": claimed.phone_number_ids[:5],
    }
    await asyncio.to_thread(_remember, json.dumps(entry))
    return PlainTextResponse(f"Refused: {reason}.", status)


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
    Route(PATH, receive, methods=["POST"]),
    Route(PATH, handshake, methods=["GET"]),
]


@asynccontextmanager
async def _alone(_app: Starlette) -> AsyncIterator[None]:
    """A half-configured intake must not start: it would refuse what Meta sends only once."""
    log.set_up()
    settings()
    with metrics_store.publishing():
        yield


# Runnable alone, for deployments that keep intake apart from the pages.
app = Starlette(routes=routes, lifespan=_alone)
