"""Applying stored events, beside the raw database doing the same: how many a second.

Events of 200 customers, each round new messages of the same people, as in a day's traffic; the
first round, in which all of them are new, does not count.
"""

import statistics
import time
from typing import Any

from bench import company, drain_limit, load, processes

EVENTS, CUSTOMERS, ROUNDS = 1_000, 200, 3


def measure(database_url: str, redis_url: str) -> dict[str, Any]:
    """Ours and the raw database take turns."""
    processes.migrate(processes.environment(database_url, redis_url))
    company.make()
    return {"database": processes.dialect(database_url)} | rates(database_url)


def table(result: dict[str, Any]) -> str:
    return "  ".join(f"{name} {value}" for name, value in result.items())


def rates(database_url: str, rounds: int = ROUNDS) -> dict[str, float]:
    """Events a second, and the ratio, in a database that has a connected number."""
    from illumichat_app import memory

    memory.settle()  # as a lane does when it starts
    limit = drain_limit.at(database_url)
    events = processes.count(EVENTS)
    turns = [_turn(limit, events) for _ in range(rounds + 1)][1:]
    return {
        "events": events,
        "per_second": round(statistics.median(events / ours for ours, _ in turns)),
        "limit_per_second": round(statistics.median(events / theirs for _, theirs in turns)),
        "ratio": round(statistics.median(theirs / ours for ours, theirs in turns), 3),
    }


def _turn(limit: drain_limit.Limit, events: int) -> tuple[float, float]:
    """Seconds that ours and the limit took."""
    tag = time.time_ns()
    bodies = [
        load.body(f"wamid.drain.{tag}.{number}", 612_000_000 + number % CUSTOMERS)
        for number in range(events)
    ]
    store(bodies)
    limit.store(bodies)
    took = _timed(apply), _timed(limit.drain)
    if (applied := _applied(f"wamid.drain.{tag}.")) != events:
        raise RuntimeError(f"{applied} of {events} events became messages")
    return took


def _applied(beginning: str) -> int:
    from sqlmodel import col, func, select

    from illumichat_app import db
    from models import Message

    with db.reading() as session:
        mine = col(Message.wamid).startswith(beginning)
        return session.exec(select(func.count()).select_from(Message).where(mine)).one()


def store(bodies: list[bytes]) -> None:
    """Deliveries as the webhook stores them."""
    from domain import channels
    from illumichat_app import clock, ingest

    signed_by = channels.fingerprint(processes.SECRET)
    ingest.store([ingest.Arrival(signed_by, body, {}, clock.now()) for body in bodies])


def apply() -> None:
    """The inbound lane, until nothing waits."""
    from workers import inbound

    while inbound.step():
        pass


def _timed(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
