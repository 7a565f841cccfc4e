"""What several browsers of a company read at the same change is read once.

Two hundred lists of one workspace differ in what each person has not read, not in their rows.
A read is shared until the hub's next flush, or until somebody here writes in the workspace: so
nobody sees less than what they have just done.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlmodel import Session

from domain.access import Actor
from illumichat_app import db

P = ParamSpec("P")
T = TypeVar("T")

_reads: dict[int, dict[Any, asyncio.Task[Any]]] = {}


def begin(workspace_ids: Iterable[int]) -> None:
    """The browsers of these companies are about to read again."""
    _reads.update((number, {}) for number in workspace_ids)


def forget(workspace_id: int) -> None:
    """Something was written there. A read under way is still told to those who wait for it."""
    if workspace_id in _reads:
        _reads[workspace_id] = {}


async def read(
    who: Actor,
    work: Callable[Concatenate[Session, Actor, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """`work(session, who, …)`, which must say the same to everybody of the workspace."""
    known = _reads.get(who.workspace_id)
    if known is None:
        return await db.read(work, who, *args, **kwargs)
    key = (asyncio.get_running_loop(), work, args, *sorted(kwargs.items()))
    if key not in known:
        known[key] = asyncio.create_task(db.read(work, who, *args, **kwargs))
    # A tab that closes must not take the answer from the others.
    return await asyncio.shield(known[key])
