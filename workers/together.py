"""The transactions of a lane's units, many in one: a commit costs as much as the work of several,
and threads that work side by side spend most of their time waiting for each other."""

from collections.abc import Callable
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from sqlmodel import Session

from illumichat_app import db
from illumichat_app.batches import Batches

MOST_TOGETHER = 50  # what they lock stays locked until the last of them is done

P = ParamSpec("P")
T = TypeVar("T")


class _Unit(NamedTuple):
    order: int
    work: Callable[[Session], Any]


def _order(unit: _Unit) -> int:
    return unit.order


async def run(
    order: int, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Like db.run, in one transaction with whatever else the lane does at this moment.

    `order` is the id of the row that `work` locks: all lock theirs in this order, or two
    transactions would wait for each other.
    """

    def in_session(session: Session) -> T:
        return work(session, *args, **kwargs)

    return await _batches.put(_Unit(order, in_session))


def _do(units: list[_Unit]) -> list[Any]:
    """All in one transaction, or, if one of them fails, each in its own."""
    try:
        with db.transaction() as session:
            db.hold(session)
            done = {id(unit): unit.work(session) for unit in sorted(units, key=_order)}
    except Exception as problem:
        if db.is_passing(problem) and not db.is_deadlock(problem):
            raise
        return [_alone(unit) for unit in units]
    return [done[id(unit)] for unit in units]


def _alone(unit: _Unit) -> Any:
    try:
        return db.transact(unit.work)
    except Exception as problem:  # noqa: BLE001  the others go on
        return problem


_batches: Batches[_Unit, Any] = Batches(_do, MOST_TOGETHER)
