"""What several browsers of a company read at the same change is read once, for all of them.

Two hundred lists of one workspace differ in what each person has not read, not in their rows; and
what each has not read is one query for all of them. A read is shared until the hub's next flush,
or until somebody here writes in the workspace: so nobody sees less than what they have just done.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar, TypeVarTuple

from sqlmodel import Session

from domain.access import Actor
from illumichat_app import db

Place = TypeVarTuple("Place")
T = TypeVar("T")


class Asking(NamedTuple):
    """One person at one place, which is what their read is about besides themselves."""

    who: Actor
    place: tuple[Any, ...] = ()


@dataclass
class _Round:
    """The people of one company who are about to read, and what was read for them."""

    people: dict[tuple[Any, ...], dict[Actor, None]] = field(default_factory=dict)
    reads: dict[Any, asyncio.Task[dict[int, Any]]] = field(default_factory=dict)


_rounds: dict[int, _Round] = {}


def begin(asking: Iterable[Asking]) -> None:
    """These are about to read again."""
    _rounds.clear()
    for who, place in asking:
        here = _rounds.setdefault(who.workspace_id, _Round())
        here.people.setdefault(place, {})[who] = None


def forget(workspace_id: int) -> None:
    """Something was written there. A read under way is still told to those who wait for it."""
    if workspace_id in _rounds:
        _rounds[workspace_id].reads = {}


async def read(
    who: Actor,
    work: Callable[[Session, list[Actor], *Place], dict[int, T]],
    *place: *Place,
) -> T:
    """Of what `work(session, people, *place)` says, by their ids, what it says to this person.

    They alone are asked for, unless the hub has announced them there, with others.
    """
    here = _rounds.get(who.workspace_id, _Round())
    people = list(here.people.get(place, ()))
    if who not in people:
        return (await db.read(work, [who], *place))[who.user_id]
    key = (asyncio.get_running_loop(), work, place)
    if key not in here.reads:
        here.reads[key] = asyncio.create_task(db.read(work, people, *place))
    # A tab that closes must not take the answer from the others.
    return (await asyncio.shield(here.reads[key]))[who.user_id]
