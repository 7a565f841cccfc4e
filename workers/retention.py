"""Each night, some seconds of each round of upkeep, until nothing is older than it is kept."""

from collections.abc import Callable
from functools import partial
from time import monotonic

from sqlmodel import Session

from domain import retention
from illumichat_app import clock, db, jobs

ROUND_SECONDS = 2.0  # the sweep that finds lost wakes waits behind it
KEPT_SECONDS = 2 * 24 * 3600

Step = Callable[[Session, int], int | None]


def delete_old() -> None:
    """A night's work ends when a round comes to its end; any process may do the next round."""
    moment = clock.now()
    done = f"old-deleted:{moment.date()}"
    if moment.hour < retention.NIGHT_FROM or jobs.redis().exists(done):
        return
    ends = monotonic() + ROUND_SECONDS
    if all(_walk(step, ends) for step in _steps()):
        jobs.redis().set(done, 1, ex=KEPT_SECONDS)


def _steps() -> list[Step]:
    with db.reading() as session:
        due = retention.due(session)
    return [
        retention.delete_events,
        *(partial(_of, retention.delete_events_of, number) for number in due),
        *(partial(_of, retention.delete_messages, number) for number in due),
    ]


def _of(
    step: Callable[[Session, int, int], int | None], number: int, session: Session, after: int
) -> int | None:
    return step(session, number, after)


def _walk(step: Step, ends: float) -> bool:
    """Repeat a step, each time in a transaction of its own; False when the time was up."""
    after: int | None = 0
    while after is not None:
        if monotonic() > ends:
            return False
        with db.transaction() as session:
            after = step(session, after)
    return True
