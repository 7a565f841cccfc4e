"""Waking the lanes. The tables are the queues and the truth; a wake is only a hint.

A no-op RQ job costs 3-6 ms, so a lane is woken by one flag and one job for many rows, and the
flag is cleared by the job before its last look at the table.
"""

import logging
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import Literal, cast

from redis import Redis, RedisError
from rq import Queue, Retry
from rq.worker_registration import get_keys
from sqlmodel import Session

from illumichat_app.clock import now
from illumichat_app.config import settings

Lane = Literal["inbound", "replies", "outbox", "media", "upkeep"]

# Upward calls go by name; a test resolves each of them.
DRAINS: dict[Lane, str] = {
    "inbound": "workers.inbound.drain",
    "replies": "workers.replies.drain",
    "outbox": "workers.outbox.drain",
    "media": "workers.media.drain",
    "upkeep": "workers.upkeep.drain",
}

# Short, and kept alive by the drain at work: a killed worker's flag must not hold up the sweep.
FLAG_SECONDS = 6
QUEUED_SECONDS = 60  # a wake nobody worked by then; the sweep has made new ones
JOB_SECONDS = 120
SWEPT = "upkeep:swept"

_log = logging.getLogger(__name__)


@cache
def redis() -> Redis:
    """The connection of this process; opened at the first command, not at import.

    A server that hangs counts as away: without a time-out it would hold up Meta's 200 for ever.
    RQ's workers raise the time-out for their own long waits.
    """
    return Redis.from_url(
        settings().redis_url,
        socket_connect_timeout=2,
        socket_timeout=2,
        health_check_interval=15,
    )


def wake_after(session: Session, lane: Lane) -> None:
    """Wake a lane once this transaction is committed; nothing leaves on a rollback."""
    session.info.setdefault("wakes", set()).add(lane)


def wake(lane: Lane) -> None:
    """Wake a lane now. Redis being away is no error: the sweep finds the row within seconds."""
    try:
        if redis().set(flag(lane), 1, nx=True, ex=FLAG_SECONDS):
            enqueue(lane)
    except RedisError:
        _log.warning("could not wake %s: Redis does not answer", lane)


def enqueue(lane: Lane) -> None:
    queue = Queue(lane, connection=redis())
    queue.enqueue(
        DRAINS[lane],
        job_timeout=JOB_SECONDS,
        ttl=QUEUED_SECONDS,
        result_ttl=0,
        failure_ttl=3600,
        retry=Retry(max=3),
    )


def flag(lane: Lane) -> str:
    return f"wake:{lane}"


def keep_flag(lane: Lane) -> None:
    """Say that a drain of this lane is at work, so that others need not enqueue one."""
    with suppress(RedisError):  # the work goes on without Redis
        redis().set(flag(lane), 1, ex=FLAG_SECONDS)


def clear_flag(lane: Lane) -> None:
    with suppress(RedisError):
        redis().delete(flag(lane))


def note_sweep() -> None:
    """Say that the sweep has just looked at every lane."""
    with suppress(RedisError):
        redis().set(SWEPT, now().isoformat())


def last_sweep() -> datetime | None:
    """When the sweep looked last; None before the first one. Raises RedisError."""
    noted = cast("bytes | None", redis().get(SWEPT))
    return datetime.fromisoformat(noted.decode()) if noted else None


def workers(lane: Lane) -> int:
    """How many workers of a lane are alive; a killed one counts for a minute and a half more.

    Raises RedisError.
    """
    keys = get_keys(Queue(lane, connection=redis()))
    return cast(int, redis().exists(*keys)) if keys else 0
