"""One sync engine, one transaction per request or job."""

import asyncio
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import orjson
from sqlalchemy import (
    Connection,
    Engine,
    Insert,
    Table,
    Text,
    bindparam,
    column,
    create_engine,
    event,
    func,
    select,
    update,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, SQLModel

from illumichat_app import jobs, nudges
from illumichat_app.config import settings

P = ParamSpec("P")
T = TypeVar("T")


@cache
def engine() -> Engine:
    """The engine of this process; connections open at first use, because granian forks."""
    return build_engine(settings().database_url)


def build_engine(url: str) -> Engine:
    """An engine with the settings each database needs to be durable and to queue writers."""
    # An error names its statement, and never the customer's words in it.
    build = partial(create_engine, url, hide_parameters=True)
    if not url.startswith("sqlite"):
        return build(pool_size=10, max_overflow=10, pool_pre_ping=True)
    built = build(connect_args={"timeout": 30, "check_same_thread": False})
    event.listen(built, "connect", _set_up_sqlite)
    event.listen(built, "begin", _begin_sqlite)
    return built


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # an acknowledged event survives a power cut
        "foreign_keys=ON",
        "busy_timeout=30000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    # A deferred transaction that reads and then writes fails at once when another wrote meanwhile.
    immediate = connection.get_execution_options().get("writes", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@contextmanager
def transaction(on: Engine | None = None) -> Iterator[Session]:
    """Commit at the end, roll back on any exception; wakes and nudges leave after the commit."""
    with Session(on or engine(), expire_on_commit=False) as session:
        with session.begin():
            yield session
            for work in session.info.pop("last", {}):
                work(session)
        for lane in session.info.pop("wakes", ()):
            jobs.wake(lane)
        if changes := session.info.pop("nudges", None):
            nudges.publish(changes)
        for tell in session.info.pop("committed", ()):
            tell()


def at_the_end(session: Session, work: Callable[[Session], None]) -> None:
    """Do `work(session)` once, as the last thing before the commit: its locks are held briefly."""
    session.info.setdefault("last", {})[work] = None


def hold(session: Session) -> None:
    """Keep every row that is read, until the end: a session holds its rows weakly, and one that
    does many things would read what they share for each of them."""
    held: list[object] = session.info.setdefault("held", [])
    event.listen(session, "loaded_as_persistent", lambda _session, row: held.append(row))


def once_committed(session: Session, tell: Callable[[], None]) -> None:
    """Do `tell()` after the commit; not at all when the transaction is undone."""
    session.info.setdefault("committed", []).append(tell)


@contextmanager
def reading() -> Iterator[Session]:
    """A session for reading only; it never waits for a writer."""
    with Session(engine().execution_options(writes=False), expire_on_commit=False) as session:
        yield session


def alone(session: Session, name: str) -> bool:
    """Whether this transaction is the only one at this work. SQLite has one writer anyway."""
    if session.get_bind().dialect.name != "postgresql":
        return True
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(_lock(name)))))


def one_at_a_time(connection: Connection, name: str) -> None:
    """Wait until no other transaction is at this work."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_lock(name))))


def _lock(name: str) -> int:
    return zlib.crc32(name.encode())


async def run(work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do `work(session, …)` in a thread, in one transaction; keeps the event loop free."""
    return await asyncio.to_thread(transact, lambda session: work(session, *args, **kwargs))


def transact(work: Callable[[Session], T]) -> T:
    """Do `work(session)` in one transaction.

    The victim of a deadlock goes again, twice: Meta's answer to a send must not be lost by one.
    """

    def once() -> T:
        with transaction() as session:
            return work(session)

    for _ in range(2):
        try:
            return once()
        except OperationalError as problem:
            if not is_deadlock(problem):
                raise
    return once()


async def read(work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Like run, for work that only reads."""

    def in_thread() -> T:
        with reading() as session:
            return work(session, *args, **kwargs)

    return await asyncio.to_thread(in_thread)


def is_deadlock(problem: Exception) -> bool:
    """Whether PostgreSQL chose this transaction to end a deadlock; doing it again will work."""
    return getattr(getattr(problem, "orig", None), "sqlstate", None) == "40P01"


def is_passing(problem: Exception) -> bool:
    """Whether the database was at fault and not the data: a lock, a full disk, a lost connection.

    Class 54 is data beyond a limit of PostgreSQL (PostgreSQL: error codes); it never passes.
    """
    sqlstate = getattr(getattr(problem, "orig", None), "sqlstate", None) or ""
    return isinstance(problem, OperationalError) and not sqlstate.startswith("54")


def insert_into(dialect: str, into: type[SQLModel] | Table) -> sqlite.Insert:
    """An INSERT that knows ON CONFLICT; both databases spell it alike."""
    table = into if isinstance(into, Table) else cast(Table, into.__table__)  # type: ignore[attr-defined]
    if dialect == "postgresql":
        return cast(sqlite.Insert, postgresql.insert(table))
    return sqlite.insert(table)


def insert_rows(connection: Connection, into: Insert, rows: list[dict[str, Any]]) -> Any:
    """Execute an INSERT, with all that it says besides, for rows of the same columns.

    PostgreSQL is given them as one JSON value: the driver takes twenty times as long for a value
    of each column of each row. No type of ours has a say in that, so no column may be encrypted.
    """
    if connection.dialect.name != "postgresql":
        return connection.execute(into, rows)
    given = _given(cast(Table, into.table), rows)
    statement = into.from_select(list(rows[0]), select(*given.c))
    return connection.execute(statement, {"rows": orjson.dumps(rows).decode()})


def update_rows(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """On PostgreSQL: set all columns that these rows have, by their ids, in the same way."""
    given = _given(table, rows)
    changed = {name: given.c[name] for name in rows[0] if name != "id"}
    statement = update(table).where(table.c.id == given.c.id).values(changed)
    connection.execute(statement, {"rows": orjson.dumps(rows).decode()})


def _given(table: Table, rows: list[dict[str, Any]]) -> Any:
    """The rows as PostgreSQL reads them."""
    read: Any = func.jsonb_to_recordset(sql_cast(bindparam("rows", type_=Text), postgresql.JSONB))
    columns = [column(name, table.c[name].type) for name in rows[0]]
    return read.table_valued(*columns).render_derived("given", with_types=True)
