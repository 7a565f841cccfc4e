"""Slowing down whoever guesses: so many tries in a moving quarter of an hour, then a wait."""

import asyncio
import logging
import math
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import TypeVar
from weakref import WeakValueDictionary

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import RedisError

from illumichat_app.config import settings
from illumichat_app.errors import AppError

PERSON = RateLimitItemPerMinute(5, 15, namespace="tries-person")
ADDRESS = RateLimitItemPerMinute(30, 15, namespace="tries-address")

T = TypeVar("T")
_turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
_log = logging.getLogger(__name__)


class TooManyTries(AppError):
    """Says in whole minutes when the next try counts."""

    status = 429

    def __init__(self, minutes: int) -> None:
        unit = "minute" if minutes == 1 else "minutes"
        super().__init__(f"Too many tries. Wait {minutes} {unit}, then try again.")
        self.minutes = minutes


def count_person(person: str, address: str) -> None:
    """Count a try before it is checked, so that tries side by side all count.

    Raises TooManyTries.
    """
    _require(lambda limiter: limiter.hit(PERSON, person, address), PERSON, person, address)


def forgive_person(person: str, address: str) -> None:
    """The right password wipes the slate of this person at this address."""
    _ask(lambda limiter: limiter.clear(PERSON, person, address))


def check_address(address: str) -> None:
    """Refuse an address that failed too often, whatever the names. Raises TooManyTries."""
    _require(lambda limiter: limiter.test(ADDRESS, address), ADDRESS, address)


def count_address(address: str) -> None:
    """Note a failed try from this address; `check_address` refuses the next ones."""
    _ask(lambda limiter: limiter.hit(ADDRESS, address))


@asynccontextmanager
async def turn(address: str) -> AsyncGenerator[None]:
    """One try of an address after the other: those side by side would all pass `check_address`."""
    lock = _turns.setdefault(address, asyncio.Lock())
    async with lock:
        yield


def _require(
    passes: Callable[[MovingWindowRateLimiter], bool], item: RateLimitItem, *keys: str
) -> None:
    if not _ask(passes):
        ends = _ask(lambda limiter: limiter.get_window_stats(item, *keys).reset_time)
        raise TooManyTries(max(1, math.ceil((ends - time.time()) / 60)))


def _ask(question: Callable[[MovingWindowRateLimiter], T]) -> T:
    try:
        return question(_shared())
    except RedisError:
        _log.warning("counting tries in this process only: Redis does not answer")
        return question(_own())


@cache
def _shared() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(
        RedisStorage(settings().redis_url, socket_connect_timeout=2, socket_timeout=2)
    )


@cache
def _own() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(MemoryStorage())
