"""Writing counters: MessageDaily and DailyCount rows, added to in one order."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any, NamedTuple, cast

from sqlalchemy import Insert, Row, Table
from sqlmodel import Session, SQLModel

from domain.counted import DAILY, Entry
from illumichat_app import db
from illumichat_app.clock import now
from models import DailyCount, MessageDaily


class Place(NamedTuple):
    """Where a counter stands. The conversation is 0 for counters of the whole channel."""

    workspace_id: int
    channel_id: int
    day: date
    conversation_id: int = 0


class Cell(NamedTuple):
    """One counter at its place."""

    place: Place
    entry: Entry


Rows = dict[tuple[Any, ...], dict[str, int]]


def write(session: Session, counts: Counter[Cell]) -> None:
    """Add what was counted to the channels' days."""
    daily, parts = rows(counts)
    add(session, DailyCount, ("workspace_id", "channel_id", "what", "day", "part"), parts)
    add(session, MessageDaily, ("workspace_id", "channel_id", "day"), daily)


def rows_of(session: Session, query: Any) -> list[Any]:
    """The rows of a query, as plain tuples of its columns."""
    found: Any = session.connection().execute(query)
    return list(found)


def rows(counts: Counter[Cell]) -> tuple[Rows, Rows]:
    """The rows of MessageDaily and of DailyCount that these counts make."""
    daily: Rows = {}
    parts: Rows = {}
    for (place, entry), number in counts.items():
        where = place.workspace_id, place.channel_id
        if entry.table == "daily" and number:
            row = daily.setdefault((*where, place.day), dict.fromkeys(DAILY, 0))
            row[entry.name] += number
        elif entry.table == "part" and number:
            parts[*where, entry.name, place.day, entry.part] = {"number": number}
    return daily, parts


def add(
    session: Session,
    model: type[SQLModel],
    keys: tuple[str, ...],
    found: Rows,
    also: tuple[str, ...] = (),
    returned: Iterable[str] = (),
) -> list[Row[Any]]:
    """Add each row's numbers to what stands at its key, smallest key first.

    A key of `found` may say more of the row: its last values are those of `also`. The columns of
    `returned` come back as they are then.
    """
    if not found:
        return []
    session.flush()
    columns, dialect = tuple(next(iter(found.values()))), session.get_bind().dialect.name
    table = cast(Table, model.__table__)  # type: ignore[attr-defined]
    upsert = _upsert(dialect, table, keys, columns, tuple(returned))
    moment = now()
    values = [
        dict(zip((*keys, *also), key, strict=True)) | found[key] | {"created_at": moment}
        for key in sorted(found)
    ]
    result = db.insert_rows(session.connection(), upsert, values)
    return list(result.all()) if returned else []


@cache
def _upsert(
    dialect: str,
    table: Table,
    keys: tuple[str, ...],
    columns: tuple[str, ...],
    returned: tuple[str, ...],
) -> Insert:
    """Built once: naming the columns takes longer than adding to a few rows."""
    insert = db.insert_into(dialect, table)
    sums = {name: table.c[name] + insert.excluded[name] for name in columns}
    upsert = insert.on_conflict_do_update(index_elements=list(keys), set_=sums)
    return upsert.returning(*(table.c[name] for name in returned)) if returned else upsert
