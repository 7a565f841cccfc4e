"""The lanes on a real Redis with real RQ workers: wakes, the flag, work that comes late."""

import asyncio
from collections.abc import Awaitable
from datetime import datetime, timedelta

import pytest
from redis import RedisError
from rq import Queue, SimpleWorker

from illumichat_app import clock, db, jobs
from models import WebhookEvent
from tests.flows.stack import rows
from workers import inbound, lane

pytestmark = pytest.mark.usefixtures("redis")


def queued(name: str) -> int:
    return len(Queue(name, connection=jobs.redis()))


def test_many_wakes_are_one_job() -> None:
    for _ in range(10):
        jobs.wake("inbound")
    assert queued("inbound") == 1


def test_redis_being_away_is_no_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away() -> None:
        raise RedisError

    monkeypatch.setattr(jobs, "redis", away)
    jobs.wake("inbound")
    assert "Redis does not answer" in caplog.text


def test_a_drain_works_until_idle_and_clears_its_flag() -> None:
    work = [1, 2, 3]
    lane.drain("inbound", lambda: bool(work and work.pop()))
    assert work == []
    assert not jobs.redis().exists(jobs.flag("inbound"))


def test_work_found_at_the_last_look_wakes_the_lane_again() -> None:
    looks: list[bool] = []

    def step() -> bool:
        looks.append(bool(jobs.redis().exists(jobs.flag("inbound"))))
        return not looks[-1]

    lane.drain("inbound", step)
    assert looks[-1] is False
    assert queued("inbound") == 1


def test_a_drain_that_runs_out_of_time_hands_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "LONGEST_SECONDS", 0.05)
    lane.drain("inbound", lambda: True)
    assert queued("inbound") == 1


def test_a_stored_event_is_applied_by_a_real_worker(database: str) -> None:
    with db.transaction() as session:
        session.add(WebhookEvent(digest="d", signed_by="s", body=b'{"entry":[]}'))
    jobs.wake("inbound")
    worker = SimpleWorker([Queue("inbound", connection=jobs.redis())], connection=jobs.redis())
    worker.work(burst=True, logging_level="ERROR")
    assert rows(WebhookEvent)[0].state == "processed"


def test_a_rollback_wakes_nobody(database: str) -> None:
    def fails() -> None:
        with db.transaction() as session:
            jobs.wake_after(session, "outbox")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert queued("outbox") == 0


def test_a_commit_wakes_the_lane_and_nudges(database: str) -> None:
    from illumichat_app import nudges

    with jobs.redis().pubsub() as listener:
        listener.psubscribe(nudges.PATTERN)
        listener.get_message(timeout=1)
        with db.transaction() as session:
            jobs.wake_after(session, "outbox")
            nudges.after(session, 7, 42)
        message = listener.get_message(timeout=1)
    assert queued("outbox") == 1
    assert (message["channel"], message["data"]) == (b"workspace:7", b"[42]")


class TestPump:
    def pump(self, claims: list[list[int]], **more: object) -> list[int]:
        done: list[int] = []

        async def claim(_limit: int) -> list[int]:
            return claims.pop(0) if claims else []

        async def work(unit: int) -> None:
            if unit < 0:
                raise ValueError(unit)
            done.append(unit)

        async def at_once() -> datetime | None:
            return clock.now() if claims else None

        lane.pump("outbox", claim, work, **{"next_due": at_once} | more)
        return done

    def test_it_works_everything_that_is_due(self) -> None:
        assert self.pump([[1, 2], [3]]) == [1, 2, 3]

    def test_one_bad_unit_does_not_stop_the_others(self) -> None:
        assert self.pump([[1, -1, 2]]) == [1, 2]

    def test_it_waits_for_what_is_due_soon(self) -> None:
        soon = clock.now() + timedelta(seconds=0.5)
        claims = [[9]]

        async def next_due() -> datetime | None:
            return soon if claims else None

        assert self.pump(claims, next_due=next_due) == [9]
        assert clock.now() >= soon

    def test_it_does_not_wait_for_what_is_due_late(self) -> None:
        async def next_due() -> datetime | None:
            return clock.now() + timedelta(minutes=1)

        assert self.pump([[9]], next_due=next_due) == []

    def test_what_is_left_of_a_unit_takes_no_slot(self) -> None:
        claims, ended = [[1], [2]], asyncio.Event()
        done: list[int] = []

        async def claim(_limit: int) -> list[int]:
            return claims.pop(0) if claims else []

        async def work(unit: int) -> Awaitable[None]:
            return rest(unit)

        async def rest(unit: int) -> None:
            if unit == 2:
                ended.set()
            async with asyncio.timeout(10):
                await ended.wait()
            done.append(unit)

        async def next_due() -> datetime | None:
            return clock.now() if claims else None

        lane.pump("outbox", claim, work, next_due, slots=1)
        assert sorted(done) == [1, 2]

    def test_it_never_exceeds_its_slots(self) -> None:
        running, most = 0, 0
        left = list(range(10))

        async def claim(limit: int) -> list[int]:
            return [left.pop() for _ in range(min(limit, len(left)))]

        async def work(_unit: int) -> None:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1

        async def next_due() -> datetime | None:
            return clock.now() if left else None

        lane.pump("outbox", claim, work, next_due, slots=3)
        assert left == []
        assert most <= 3


def test_nothing_stored_is_nothing_to_do(database: str) -> None:
    assert inbound.step() is False
