"""How a lane drains: the table is the queue, and one job works many rows.

A wake sets a flag and enqueues one job. The job works until nothing has been due for a moment,
clears the flag and only then looks a last time: whatever was stored before the clearing is seen
here, whatever comes after sets the flag anew. A job that runs out of time enqueues the next one.
"""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar

from illumichat_app import clock, jobs, log, metrics
from illumichat_app.jobs import Lane

LINGER_SECONDS = 0.2
LONGEST_SECONDS = 20.0  # well inside the job's time-out and the flag's life
NEAR_SECONDS = 5.0  # worth waiting for; anything later is the sweep's
PAUSE_SECONDS = 0.02
FLAG_EVERY_SECONDS = 2.0

T = TypeVar("T")
_log = logging.getLogger(__name__)


def drain(lane: Lane, step: Callable[[], bool]) -> None:
    """Repeat `step` (True: it found work) until the lane has been idle for a moment."""
    with at_work(lane):
        _drain(lane, step)


@contextmanager
def at_work(lane: Lane) -> Generator[None]:
    """One job: its lines share an id, and a failure is counted; RQ writes the trace."""
    with log.about(correlation_id=log.new_id(), lane=lane):
        try:
            yield
        except Exception as problem:
            metrics.unexpected("job")
            _log.error("a job of lane %s failed: %s", lane, type(problem).__name__)
            raise


def _drain(lane: Lane, step: Callable[[], bool]) -> None:
    started = busy = time.monotonic()
    flag = _Flag(lane)
    while time.monotonic() - busy < LINGER_SECONDS:
        flag.keep()
        if step():
            busy = time.monotonic()
        else:
            time.sleep(PAUSE_SECONDS)
        if time.monotonic() - started > LONGEST_SECONDS:
            return jobs.enqueue(lane)
    jobs.clear_flag(lane)
    if step():
        jobs.wake(lane)
    return None


class _Flag:
    """The lane's flag, kept alive while a drain works: a killed drain's flag is gone in seconds."""

    def __init__(self, lane: Lane) -> None:
        self._lane: Lane = lane
        self._kept = -math.inf

    def keep(self) -> None:
        if time.monotonic() - self._kept > FLAG_EVERY_SECONDS:
            self._kept = time.monotonic()
            jobs.keep_flag(self._lane)


Claim = Callable[[int], Awaitable[list[T]]]
# What it returns is awaited too, without its slot: to write down takes no place of a call.
Work = Callable[[T], Awaitable[Awaitable[None] | None]]
NextDue = Callable[[], Awaitable[datetime | None]]


def pump(lane: Lane, claim: Claim[T], work: Work[T], next_due: NextDue, slots: int = 50) -> None:
    """Keep up to `slots` units of a lane at work at once, on this process's one event loop.

    `claim(n)` takes at most n due units in one transaction; `next_due()` says when the next one
    can be claimed, and is waited for if that is near.
    """
    run(_Pump(lane, claim, work, next_due, slots).run())


class _Pump(Generic[T]):
    def __init__(
        self,
        lane: Lane,
        claim: Claim[T],
        work: Work[T],
        next_due: NextDue,
        slots: int,
    ) -> None:
        self._lane: Lane = lane
        self._flag = _Flag(lane)
        self._claim = claim
        self._work = work
        self._next_due = next_due
        self._slots = slots
        self._taken = 0
        self._freed = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        started = busy = time.monotonic()
        while time.monotonic() - busy < LINGER_SECONDS or self._running:
            self._flag.keep()
            due = await self._next_due() if self._free() else None
            if await self._fill(due) or self._running or _within(due, NEAR_SECONDS):
                busy = time.monotonic()
            await self._breathe(_pause(due))
            if time.monotonic() - started > LONGEST_SECONDS:
                return await self._hand_on()
        jobs.clear_flag(self._lane)
        if await self._fill(await self._next_due()):
            await self._hand_on()
        return None

    async def _fill(self, due: datetime | None) -> bool:
        """Start as many units as there are free slots; True if any was due.

        `due` came from a look that only reads: claiming takes SQLite's one write lock.
        """
        units = await self._claim(self._free()) if _within(due, 0) else []
        for unit in units:
            self._taken += 1
            task = asyncio.create_task(self._one(unit))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return bool(units)

    def _free(self) -> int:
        """Slots, as long as what is written down does not fall behind."""
        return min(self._slots - self._taken, 2 * self._slots - len(self._running))

    async def _one(self, unit: T) -> None:
        log.bind(correlation_id=log.new_id(), lane=self._lane)  # the task's own
        try:
            if rest := await self._in_a_slot(unit):
                await rest
        except Exception:  # noqa: BLE001  its lease brings it back; the others go on
            metrics.unexpected("job")
            _log.exception("a unit of lane %s failed", self._lane)

    async def _in_a_slot(self, unit: T) -> Awaitable[None] | None:
        try:
            return await self._work(unit)
        finally:
            self._taken -= 1
            self._freed.set()

    async def _breathe(self, seconds: float) -> None:
        """Until a slot is free, and no longer than so many seconds."""
        self._freed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._freed.wait()

    async def _hand_on(self) -> None:
        """Time is up: let what runs finish, and let a fresh job go on."""
        if self._running:
            await asyncio.wait(self._running)
        jobs.keep_flag(self._lane)
        jobs.enqueue(self._lane)


def _pause(due: datetime | None) -> float:
    """Until the next look: no longer than to the moment when the next unit is due."""
    left = (due - clock.now()).total_seconds() if due else 0
    return min(left, PAUSE_SECONDS) if left > 0 else PAUSE_SECONDS


def _within(due: datetime | None, seconds: float) -> bool:
    return due is not None and (due - clock.now()).total_seconds() <= seconds


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine on this process's loop, where its connections live."""
    _runner().run(work)


@cache
def _runner() -> asyncio.Runner:
    """One loop for the life of the process: a loop per job would open every connection anew."""
    return asyncio.Runner()
