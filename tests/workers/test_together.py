"""Units of a lane in one transaction: one that fails takes none of the others with it."""

import asyncio

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from illumichat_app.errors import Conflict
from models import Workspace
from tests.flows.stack import rows
from workers import together

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("redis")]


def add(session: Session, name: str) -> int:
    session.add(Workspace(name=name))
    session.flush()
    if name == "bad":
        raise Conflict("not this one")
    return id(session)


async def test_units_that_wait_at_once_share_a_transaction(database: str) -> None:
    names = ["c", "a", "b"]
    sessions = await asyncio.gather(*(together.run(ord(name), add, name) for name in names))
    assert len(set(sessions)) == 1
    assert [row.name for row in rows(Workspace)] == ["a", "b", "c"]


async def test_a_unit_that_fails_fails_alone(database: str) -> None:
    names = ["a", "bad", "c"]
    results = await asyncio.gather(
        *(together.run(ord(name[0]), add, name) for name in names), return_exceptions=True
    )
    assert [isinstance(result, Conflict) for result in results] == [False, True, False]
    assert [row.name for row in rows(Workspace)] == ["a", "c"]


async def test_what_is_alike_is_done_at_once_and_each_hears_its_own(database: str) -> None:
    sets: list[list[str]] = []

    def add_all(session: Session, names: list[str]) -> list[str]:
        sets.append(names)
        for name in names:
            add(session, name)
        return [name.upper() for name in names]

    given = asyncio.gather(*(together.run_set(ord(name), add_all, name) for name in "cab"))
    assert await given == ["C", "A", "B"]
    assert sets == [["a", "b", "c"]]

    names = ["d", "bad", "e"]
    results = await asyncio.gather(
        *(together.run_set(ord(name[0]), add_all, name) for name in names), return_exceptions=True
    )
    assert (results[0], type(results[1]), results[2]) == ("D", Conflict, "E")
    assert [row.name for row in rows(Workspace)] == ["a", "b", "c", "d", "e"]


async def test_a_set_that_fails_takes_no_other_work_with_it(database: str) -> None:
    def fail(session: Session, names: list[str]) -> list[str]:
        raise OperationalError("COMMIT", {}, Exception("disk I/O error"))

    results = await asyncio.gather(
        together.run_set(1, fail, "a"), together.run(2, add, "b"), return_exceptions=True
    )
    assert isinstance(results[0], OperationalError)
    assert [row.name for row in rows(Workspace)] == ["b"]


async def test_while_the_database_is_away_each_unit_hears_of_it(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def tried() -> list[object]:
        works = (together.run(number, add, "a") for number in range(3))
        return await asyncio.gather(*works, return_exceptions=True)

    monkeypatch.setattr(together.db, "transaction", _away)
    assert {type(result) for result in await tried()} == {OperationalError}
    assert rows(Workspace) == []


def _away() -> None:
    raise OperationalError("BEGIN", {}, Exception("disk I/O error"))
