"""How the whole deployment is: counts and ages only, nothing that tells one company from another.

Read at most every two seconds in a process, whoever asks and however often.
"""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, func, select, text

from domain import lanes
from domain.lanes import Backlog
from illumichat_app import db, jobs
from illumichat_app.clock import now
from illumichat_app.jobs import Lane
from models import ConnectionStatus, Message, WebhookEvent, WhatsAppConnection

KEPT_SECONDS = 2.0
# A unit that waits longer than this has too few workers before it, or none.
SLOW_AFTER: dict[Lane, float] = {"inbound": 30, "replies": 30, "outbox": 30, "media": 120}
SWEEP_LATE_AFTER = 60.0  # six rounds
MOST_COUNTED = 10_000

Pace = Literal["ok", "slow", "stopped"]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LaneState:
    """One lane: what waits, and who works. `oldest` is in seconds, 0 when nothing waits."""

    name: Lane
    waiting: int
    oldest: float
    workers: int

    @property
    def pace(self) -> Pace:
        if self.workers == 0:
            return "stopped"
        return "slow" if self.oldest > SLOW_AFTER[self.name] else "ok"


@dataclass(frozen=True, slots=True)
class Vitals:
    """What was found; of a database or a Redis that is away nothing but that."""

    at: datetime
    database: bool = False
    redis: bool = False
    lanes: tuple[LaneState, ...] = ()
    upkeep_workers: int = 0
    swept: float | None = None  # seconds since the sweep looked last
    last_event_at: datetime | None = None
    quarantined: int = 0
    unconfirmed: int = 0
    connections: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def ready(self) -> bool:
        """Whether this process can serve: a lane that lags is no fault of the web servers."""
        return self.database and self.redis

    @property
    def sweeps(self) -> Pace:
        if self.upkeep_workers == 0:
            return "stopped"
        return "ok" if self.swept is not None and self.swept <= SWEEP_LATE_AFTER else "slow"

    @property
    def degraded(self) -> bool:
        return self.sweeps != "ok" or any(lane.pace != "ok" for lane in self.lanes)


def take() -> Vitals:
    """Look now. Never raises for a database or a Redis that does not answer."""
    stored, queues = _of_database(), _of_redis()
    moment = now()
    return Vitals(
        at=moment,
        database=stored is not None,
        redis=queues is not None,
        lanes=_lanes(stored, queues, moment) if stored and queues else (),
        upkeep_workers=queues.workers["upkeep"] if queues else 0,
        swept=_seconds(queues.swept_at, moment) if queues and queues.swept_at else None,
        last_event_at=stored.last_event_at if stored else None,
        quarantined=stored.quarantined if stored else 0,
        unconfirmed=stored.unconfirmed if stored else 0,
        connections=stored.connections if stored else {},
    )


@dataclass(frozen=True, slots=True)
class _Stored:
    backlogs: dict[Lane, Backlog]
    last_event_at: datetime | None
    quarantined: int
    unconfirmed: int
    connections: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Queues:
    workers: dict[Lane, int]
    swept_at: datetime | None


def _of_database() -> _Stored | None:
    try:
        with db.reading() as session:
            return _read(session)
    except SQLAlchemyError:
        _log.warning("the database does not answer", exc_info=True)
        return None


def _read(session: Session) -> _Stored:
    failed = select(WebhookEvent.id).where(text("webhook_event.state = 'failed'"))
    unknown = select(Message.id).where(text("message.status = 'unknown'"))
    newest = select(WebhookEvent.created_at).order_by(col(WebhookEvent.id).desc()).limit(1)
    by_status = select(WhatsAppConnection.status, func.count()).group_by(
        col(WhatsAppConnection.status)
    )
    return _Stored(
        lanes.backlogs(session),
        session.exec(newest).first(),
        lanes.counted(session, failed, MOST_COUNTED),
        lanes.counted(session, unknown, MOST_COUNTED),
        {status.value: 0 for status in ConnectionStatus}
        | {str(status): number for status, number in session.exec(by_status)},
    )


def _of_redis() -> _Queues | None:
    try:
        return _Queues({lane: jobs.workers(lane) for lane in jobs.DRAINS}, jobs.last_sweep())
    except RedisError:
        _log.warning("Redis does not answer", exc_info=True)
        return None


def _lanes(stored: _Stored, queues: _Queues, moment: datetime) -> tuple[LaneState, ...]:
    return tuple(
        LaneState(
            name,
            backlog.waiting,
            _seconds(backlog.since, moment) if backlog.since else 0.0,
            queues.workers[name],
        )
        for name, backlog in stored.backlogs.items()
    )


def _seconds(since: datetime, moment: datetime) -> float:
    return max(0.0, (moment - since).total_seconds())


# ---- for everybody who asks


_look: asyncio.Task[Vitals] | None = None
_looked_at = 0.0


async def latest() -> Vitals:
    """As of two seconds ago at most; those who ask meanwhile wait for one look together."""
    global _look, _looked_at
    if _look is None or (_look.done() and time.monotonic() - _looked_at > KEPT_SECONDS):
        _look, _looked_at = asyncio.create_task(asyncio.to_thread(take)), time.monotonic()
    return await asyncio.shield(_look)


def forget() -> None:
    """Look anew at the next question (tests)."""
    global _look
    _look = None
