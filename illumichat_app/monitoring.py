"""What an operator's tools ask: /health for load balancers, /metrics for Prometheus."""

import hmac
from collections.abc import Iterator
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis import RedisError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from domain import vitals
from domain.vitals import Vitals
from illumichat_app.config import settings
from illumichat_app.metrics_store import Counts
from illumichat_app.version import VERSION


async def health(_request: Request) -> JSONResponse:
    """GET /health: 200 once the database and Redis answer; a lane that lags is told, no more.

    Anybody may ask, so it says how much and how long, never what or whose.
    """
    found = await vitals.latest()
    return JSONResponse(_told(found), 200 if found.ready else 503)


def _told(found: Vitals) -> dict[str, Any]:
    last = found.last_event_at
    return {
        "status": _status(found),
        "database": "ok" if found.database else "unavailable",
        "redis": "ok" if found.redis else "unavailable",
        "lanes": {
            lane.name: {
                "status": lane.pace,
                "waiting": lane.waiting,
                "oldest_seconds": round(lane.oldest, 1),
                "workers": lane.workers,
            }
            for lane in found.lanes
        },
        "sweep": {"status": found.sweeps, "seconds_ago": _whole(found.swept)},
        "last_webhook_seconds_ago": _whole((found.at - last).total_seconds() if last else None),
    }


def _status(found: Vitals) -> str:
    if not found.ready:
        return "unavailable"
    return "degraded" if found.degraded else "ok"


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)


async def metrics(request: Request) -> Response:
    """GET /metrics: only with the token, and off without one.

    Behind a proxy on the same machine everybody seems to come from there, so where a request
    comes from is no proof of anything.
    """
    token = settings().metrics_token.get_secret_value()
    if not token:
        return PlainTextResponse("Metrics are off: METRICS_TOKEN is not set.", 404)
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return PlainTextResponse("Not this token.", 401, {"www-authenticate": "Bearer"})
    encode, kind = choose_encoder(request.headers.get("accept", ""))
    found = await vitals.latest()
    return Response(await run_in_threadpool(_exposed, encode, found), media_type=kind)


def _exposed(encode: Any, found: Vitals) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Gauges(found))
    if found.redis:
        registry.register(Counts())
    try:
        return encode(registry)
    except RedisError:  # it went away a moment ago
        return _exposed(encode, Vitals(found.at, database=found.database))


class _Gauges(Collector):
    """What the database and Redis say of the whole deployment, the same from every process."""

    def __init__(self, found: Vitals) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        yield _gauge("illumichat_info", "The version that answers.", {VERSION: 1}, "version")
        yield _gauge("illumichat_database_up", "Whether it answers.", self._found.database)
        yield _gauge("illumichat_redis_up", "Whether it answers.", self._found.redis)
        if self._found.ready:
            yield from self._lanes()
            yield from self._moments()
        if self._found.database:
            yield from self._counts()

    def _lanes(self) -> Iterator[Metric]:
        lanes = self._found.lanes
        yield _gauge(
            "illumichat_lane_waiting_units",
            "Units that a worker could take; a count stops at 100,000.",
            {lane.name: lane.waiting for lane in lanes},
            "lane",
        )
        yield _gauge(
            "illumichat_lane_oldest_unit_seconds",
            "For how long the oldest of them could have been taken.",
            {lane.name: lane.oldest for lane in lanes},
            "lane",
        )
        workers = {lane.name: lane.workers for lane in lanes}
        yield _gauge(
            "illumichat_lane_workers",
            "Workers alive; a killed one counts for a minute and a half more.",
            workers | {"upkeep": self._found.upkeep_workers},
            "lane",
        )

    def _moments(self) -> Iterator[Metric]:
        if self._found.swept is not None:
            yield _gauge(
                "illumichat_last_sweep_timestamp_seconds",
                "When the upkeep lane looked after the others last.",
                self._found.at.timestamp() - self._found.swept,
            )
        if self._found.last_event_at:
            yield _gauge(
                "illumichat_last_webhook_timestamp_seconds",
                "When the newest delivery was stored.",
                self._found.last_event_at.timestamp(),
            )

    def _counts(self) -> Iterator[Metric]:
        yield _gauge(
            "illumichat_quarantined_events",
            "Deliveries with an item that could not be applied; a count stops at 10,000.",
            self._found.quarantined,
        )
        yield _gauge(
            "illumichat_unconfirmed_messages",
            "Messages of which nobody knows whether they arrived; a count stops at 10,000.",
            self._found.unconfirmed,
        )
        yield _gauge(
            "illumichat_numbers",
            "WhatsApp numbers, by the state of their connection.",
            self._found.connections,
            "status",
        )


def _gauge(name: str, words: str, value: Any, label: str = "") -> GaugeMetricFamily:
    if not label:
        return GaugeMetricFamily(name, words, value=float(value))
    family = GaugeMetricFamily(name, words, labels=[label])
    for of, number in value.items():
        family.add_metric([of], number)
    return family


routes = [
    Route("/health", health, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
]
