"""The transactions of a lane's units, many in one: a commit costs as much as the work of several,
and threads that work side by side spend most of their time waiting for each other."""

from collections.abc import Callable, Sequence
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from sqlmodel import Session

from illumichat_app import db
from illumichat_app.batches import Batches

MOST_TOGETHER = 50  # what they lock stays locked until the last of them is done

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")


class _Unit(NamedTuple):
    order: int
    work: Callable[[Session, list[Any]], Sequence[Any]]
    item: Any


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

    return await _batches.put(_Unit(order, _one_by_one, in_session))


async def run_set(order: int, work: Callable[[Session, list[T]], Sequence[R]], item: T) -> R:
    """The same for work that takes all items of the moment at once, in their order, and answers for
    each of them."""
    return await _batches.put(_Unit(order, work, item))


def _one_by_one(session: Session, works: list[Callable[[Session], T]]) -> list[T]:
    return [work(session) for work in works]


def _do(units: list[_Unit]) -> list[Any]:
    """What is alike goes together: each kind of work locks its rows from the lowest on."""
    done: dict[int, Any] = {}
    for work in dict.fromkeys(unit.work for unit in units):
        alike = sorted((unit for unit in units if unit.work is work), key=_order)
        done |= zip(map(id, alike), _done(work, alike), strict=True)
    return [done[id(unit)] for unit in units]


def _done(work: Callable[[Session, list[Any]], Sequence[Any]], units: list[_Unit]) -> Sequence[Any]:
    """All in one transaction, or, if one of them fails, each in its own."""
    try:
        with db.transaction() as session:
            db.hold(session)
            return work(session, [unit.item for unit in units])
    except Exception as problem:  # noqa: BLE001  whoever waits for a unit hears of it
        if db.is_passing(problem) and not db.is_deadlock(problem):
            return [problem] * len(units)
        return [_alone(unit) for unit in units]


def _alone(unit: _Unit) -> Any:
    try:
        return db.transact(lambda session: unit.work(session, [unit.item]))[0]
    except Exception as problem:  # noqa: BLE001  the others go on
        return problem


_batches: Batches[_Unit, Any] = Batches(_do, MOST_TOGETHER)
