"""GET /health: for load balancers the code, for people what waits, for nobody whose it is."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from domain import lanes, vitals
from illumichat_app import clock, db, jobs
from models import (
    Author,
    Channel,
    Conversation,
    Direction,
    EventState,
    Media,
    MessageStatus,
    WebhookEvent,
)
from tests import factories
from tests.conftest import NOON
from tests.flows.stack import seed

pytestmark = pytest.mark.anyio
SECOND = timedelta(seconds=1)


@pytest.fixture
def talk(database: str, noon: datetime) -> Conversation:
    with db.transaction() as session:
        _, channel, _, _ = seed(session)
        return factories.conversation(session, channel, title="Lucía Canary")


def arrived(number: int, at: datetime, state: EventState = EventState.STORED) -> None:
    with db.transaction() as session:
        row = WebhookEvent(digest=f"d{number}", signed_by="s", body=b"{}", state=state)
        row.created_at = at
        session.add(row)


def asked(talk: Conversation, due: datetime, lease: datetime | None) -> None:
    with db.transaction() as session:
        other = factories.conversation(session, session.get_one(Channel, talk.channel_id))
        other.needs_reply, other.reply_due_at, other.reply_lease_until = True, due, lease


def queued(talk: Conversation, due: datetime, lease: datetime | None) -> None:
    with db.transaction() as session:
        factories.message(
            session,
            talk,
            direction=Direction.OUT,
            author=Author.AGENT,
            status=MessageStatus.SENDING if lease else MessageStatus.QUEUED,
            next_attempt_at=due,
            lease_until=lease,
        )


def pending(talk: Conversation, due: datetime, lease: datetime | None) -> None:
    with db.transaction() as session:
        message = factories.message(session, talk, kind="image")
        session.add(
            Media(
                workspace_id=talk.workspace_id,
                channel_id=talk.channel_id,
                message_id=message.id,
                meta_id="1",
                next_attempt_at=due,
                lease_until=lease,
            )
        )


async def test_all_is_well(web: httpx.AsyncClient, talk: Conversation, staffed: None) -> None:
    arrived(1, NOON - 5 * SECOND, EventState.PROCESSED)
    answer = await web.get("/health")
    idle = {"status": "ok", "waiting": 0, "oldest_seconds": 0.0, "workers": 1}
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "status": "ok",
            "database": "ok",
            "redis": "ok",
            "lanes": dict.fromkeys(("inbound", "replies", "outbox", "media"), idle),
            "sweep": {"status": "ok", "seconds_ago": 0},
            "last_webhook_seconds_ago": 5,
        },
    )


async def test_a_lane_that_lags_takes_no_web_server_out(
    web: httpx.AsyncClient, talk: Conversation, staffed: None
) -> None:
    arrived(1, NOON - 31 * SECOND)
    arrived(2, NOON)
    answer = await web.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    inbound = {"status": "slow", "waiting": 2, "oldest_seconds": 31.0, "workers": 1}
    assert answer.json()["lanes"]["inbound"] == inbound
    assert answer.json()["lanes"]["outbox"]["status"] == "ok"


async def test_a_lane_without_workers_is_told(
    web: httpx.AsyncClient, talk: Conversation, redis: None
) -> None:
    answer = await web.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert {lane["status"] for lane in answer.json()["lanes"].values()} == {"stopped"}
    assert answer.json()["sweep"] == {"status": "stopped", "seconds_ago": None}
    assert answer.json()["last_webhook_seconds_ago"] is None


async def test_a_late_sweep_is_told(
    web: httpx.AsyncClient, talk: Conversation, staffed: None
) -> None:
    clock.freeze(NOON + timedelta(seconds=vitals.SWEEP_LATE_AFTER + 1))
    answer = await web.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["sweep"] == {"status": "slow", "seconds_ago": 61}


@pytest.mark.parametrize(
    ("lane", "unit"), [("replies", asked), ("outbox", queued), ("media", pending)]
)
async def test_only_what_a_worker_could_take_waits(
    talk: Conversation, staffed: None, lane: str, unit: Any
) -> None:
    unit(talk, NOON - 40 * SECOND, NOON + 20 * SECOND)  # being worked
    unit(talk, NOON + 40 * SECOND, None)  # due later
    assert state_of(lane) == (0, 0.0)
    clock.freeze(NOON + 45 * SECOND)
    assert state_of(lane)[0] == (1 if lane == "outbox" else 2)  # a lost send is never repeated
    unit(talk, NOON - 7 * SECOND, None)
    clock.freeze(NOON)
    assert state_of(lane) == ((1, 0.0) if lane == "outbox" else (1, 7.0))


def state_of(lane: str) -> tuple[int, float]:
    (found,) = [one for one in vitals.take().lanes if one.name == lane]
    return found.waiting, found.oldest


async def test_a_message_waits_behind_the_one_before_it(talk: Conversation, staffed: None) -> None:
    """It is not late: what holds it up is a pause that Meta asked for."""
    queued(talk, NOON + 60 * SECOND, None)
    queued(talk, NOON - 50 * SECOND, None)
    assert state_of("outbox") == (1, 0.0)


async def test_a_count_stops(
    talk: Conversation, staffed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "counted", lambda session, which, most=2: _few(session, which))
    for number in range(4):
        arrived(number, NOON)
    assert state_of("inbound")[0] == 2


def _few(session: Any, which: Any) -> int:
    return len(session.exec(which.limit(2)).all())


async def test_it_is_not_when_redis_is_away(
    web: httpx.AsyncClient, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = jobs.Redis.from_url("redis://127.0.0.1:1/0")
    monkeypatch.setattr(jobs, "redis", lambda: nobody)
    answer = await web.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
    assert (answer.json()["database"], answer.json()["redis"]) == ("ok", "unavailable")


async def test_it_is_not_without_tables(
    web: httpx.AsyncClient, redis: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = db.build_engine("sqlite://")
    monkeypatch.setattr(db, "engine", lambda: engine)
    answer = await web.get("/health")
    assert (answer.status_code, answer.json()["database"]) == (503, "unavailable")
    engine.dispose()


async def test_polling_costs_one_look(
    web: httpx.AsyncClient, talk: Conversation, staffed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    real = vitals.take
    monkeypatch.setattr(vitals, "take", lambda: (looks.append(1), real())[1])
    await asyncio.gather(*[web.get("/health") for _ in range(20)])
    assert len(looks) == 1
    monkeypatch.setattr(vitals, "KEPT_SECONDS", -1)
    await web.get("/health")
    assert len(looks) == 2


async def test_it_names_nobody(web: httpx.AsyncClient, talk: Conversation, staffed: None) -> None:
    queued(talk, NOON - 60 * SECOND, None)
    told = (await web.get("/health")).text
    for ours in ("Canary", "Harbour", "4479460", "Hello", "310000000000007"):
        assert ours not in told


async def test_no_look_walks_a_whole_table(talk: Conversation, staffed: None) -> None:
    """SQLite leaves a partial index alone for a condition that it cannot see."""
    if db.engine().dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by the rows there are")
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, _x: Any, _many: bool) -> None:
        asked.append((statement, values))

    event.listen(db.engine(), "before_cursor_execute", note)
    try:
        vitals.take()
    finally:
        event.remove(db.engine(), "before_cursor_execute", note)
    with db.engine().connect() as connection:
        plans = [
            line[3]
            for statement, values in asked
            if statement.startswith("SELECT") and "DESC" not in statement  # the newest: one row
            for line in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    tables = ("message", "conversation", "webhook_event", "media")
    assert len(plans) > 8
    assert [plan for plan in plans if plan in {f"SCAN {table}" for table in tables}] == []
