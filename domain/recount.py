"""The counts made anew from the messages, and the nightly look whether they still agree.

Rules stand in domain.counted alone: this reads what they need, writes nothing else, and leaves the
messages as they are. Days whose messages were deleted keep the counts they have.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select, text
from sqlmodel import Session, SQLModel, and_, col, delete, exists, or_

from domain import conversation_days, labels, retention, tallies
from domain.conversations import Verb
from domain.counted import DAILY, OF_CONVERSATION, Entry, Said, counts
from domain.tallies import Cell, Place
from illumichat_app.clock import now
from models import (
    Conversation,
    ConversationDay,
    ConversationEvent,
    Counted,
    DailyCount,
    Direction,
    Message,
    MessageDaily,
    Workspace,
)

LOOKED_AT = timedelta(days=7)
AT_ONCE = 14  # days; what is counted stands in memory, and on SQLite nobody else writes
_DAY = timedelta(days=1)
Portion = tuple[date, date]
_TABLES: tuple[type[SQLModel], ...] = (MessageDaily, DailyCount, ConversationDay)

_log = logging.getLogger(__name__)


def first_uncounted(session: Session) -> date | None:
    """The first day that has messages and no conversation: it is older than these counts."""
    said = (MessageDaily.inbound, MessageDaily.by_assistant, MessageDaily.by_agents)
    same_day = exists().where(
        col(ConversationDay.workspace_id) == MessageDaily.workspace_id,
        col(ConversationDay.channel_id) == MessageDaily.channel_id,
        col(ConversationDay.day) == MessageDaily.day,
    )
    old = select(func.min(col(MessageDaily.day))).where(or_(*(col(each) > 0 for each in said)))
    return session.scalar(old.where(~same_day, *_Kept(session).but_the_gone(MessageDaily)))


def portions(session: Session, first: date | None = None) -> list[Portion]:
    """All days from the first on, some at a time: each is to be counted in a transaction of its
    own, in this order, so that nobody waits for long."""
    start, last = first or _first_day(session), now().date() + _DAY
    if start is None:
        return []
    return [
        (start + days * _DAY, min(start + (days + AT_ONCE - 1) * _DAY, last))
        for days in range(0, (last - start).days + 1, AT_ONCE)
    ]


def _first_day(session: Session) -> date | None:
    """The earliest day that anything counts in, or is counted in."""
    tables: tuple[Any, ...] = (Message, *_TABLES)
    days = [session.scalar(select(func.min(table.day))) for table in tables]
    began = session.scalar(select(func.min(col(Conversation.created_at))))
    days.append(began.date() - _DAY if began else None)
    return min((day for day in days if day), default=None)


def check(session: Session) -> dict[Cell, int]:
    """By how much the counts of the last days differ from the messages; empty: they agree."""
    if session.get_bind().dialect.name == "postgresql":  # several queries, one state
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    first, last = now().date() - LOOKED_AT, now().date() + _DAY
    differing = _counted(session, first, last)
    differing.update(conversation_days.of_all(session, first, differing))
    differing.subtract(_stored(session, first))
    kept = _Kept(session)
    return {cell: number for cell, number in differing.items() if number and kept.holds(cell.place)}


def repair(session: Session) -> None:
    """Count the last days anew."""
    count_anew(session, (now().date() - LOOKED_AT, now().date() + _DAY))


def count_anew(session: Session, portion: Portion) -> int:
    """Count these days anew; returns how many counters there are. Nobody counts meanwhile."""
    _alone(session)
    first, last = portion
    kept = _Kept(session)
    for table in _TABLES:
        days: Any = col(table.day)  # type: ignore[attr-defined]
        session.exec(delete(table).where(days.between(first, last), *kept.but_the_gone(table)))
    counted = _counted(session, first, last)
    found = Counter({cell: n for cell, n in counted.items() if kept.holds(cell.place)})
    found.update(conversation_days.write(session, found, []))
    tallies.write(session, found)
    return len(found)


class _Kept:
    """Which days still have all their messages."""

    def __init__(self, session: Session) -> None:
        self._first = retention.gone_before(session)

    def holds(self, place: Place) -> bool:
        return place.day >= self._first.get(place.workspace_id, date.min)

    def but_the_gone(self, table: Any) -> list[Any]:
        """Leaves out the rows of a counting table that cannot be made anew."""
        return [
            ~and_(table.workspace_id == number, table.day < day)
            for number, day in self._first.items()
        ]


def report(differing: dict[Cell, int]) -> None:
    """Say in the log what was wrong, at most twenty counters of it."""
    _log.error("%s counters differed from the messages and are counted anew", len(differing))
    for cell, number in sorted(differing.items())[:20]:
        _log.error("channel %s, %s: %s was off by %s", *_named(cell), -number)


def _named(cell: Cell) -> tuple[int, date, str]:
    entry = cell.entry
    return cell.place.channel_id, cell.place.day, f"{entry.table}.{entry.name}[{entry.part}]"


def _alone(session: Session) -> None:
    """On PostgreSQL keep everybody from writing counts until the commit; SQLite has one writer."""
    if session.get_bind().dialect.name == "postgresql":
        names = "message_daily, daily_count, conversation_day"
        session.connection().execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))


# ---- what the messages say


def _counted(session: Session, first: date, last: date) -> Counter[Cell]:
    """Every counter of these days but those that follow from the conversations' days."""
    found: Counter[Cell] = Counter()
    for place, said, number in _messages(session, first, last):
        channel = place._replace(conversation_id=0)
        for entry in counts(said):
            found[Cell(place if entry.table == "conversation" else channel, entry)] += number
    for place, entry in (*_hand_overs(session, first, last), *_beginnings(session, first, last)):
        found[Cell(place, entry)] += 1
    return found


def _messages(session: Session, first: date, last: date) -> Iterator[tuple[Place, Said, int]]:
    for row in tallies.rows_of(session, _of_days(first, last)):
        said = Said(
            direction=row.direction,
            author=row.author,
            kind=row.kind,
            status=row.status,
            known_to_meta=bool(row.known_to_meta),
            error_code=row.error_code,
            day=row.day,
            hour=row.hour,
            waited=row.waited,
        )
        place = Place(row.workspace_id, row.channel_id, row.day, row.conversation_id)
        yield place, said, row.number


def _of_days(first: date, last: date) -> Any:
    """Messages that count alike are one row."""
    columns: list[Any] = [
        col(Message.workspace_id),
        col(Message.channel_id),
        col(Message.day),
        col(Message.conversation_id),
        col(Message.direction),
        col(Message.author),
        col(Message.kind),
        col(Message.status),
        col(Message.wamid).is_not(None).label("known_to_meta"),
        col(Message.error_code),
        col(Message.hour),
        col(Message.waited),
    ]
    return (
        select(*columns, func.count().label("number"))
        .where(col(Message.day).between(first, last), col(Message.direction) != Direction.NOTE)
        .group_by(*columns)
    )


def _hand_overs(session: Session, first: date, last: date) -> Iterator[tuple[Place, Entry]]:
    rows = tallies.rows_of(
        session,
        select(
            col(Conversation.workspace_id),
            col(Conversation.channel_id),
            col(Conversation.id),
            col(ConversationEvent.created_at),
            col(Workspace.time_zone),
        )
        .join(Conversation, col(Conversation.id) == ConversationEvent.conversation_id)
        .join(Workspace, col(Workspace.id) == Conversation.workspace_id)
        .where(col(ConversationEvent.kind) == Verb.HAND_OVER),
    )
    for workspace_id, channel_id, conversation_id, at, zone in rows:
        day = at.astimezone(labels.zone(zone)).date()
        if first <= day <= last:
            place = Place(workspace_id, channel_id, day, conversation_id)
            yield place, Entry("conversation", "hand_overs")


def _beginnings(session: Session, first: date, last: date) -> Iterator[tuple[Place, Entry]]:
    rows = tallies.rows_of(
        session,
        select(
            col(Conversation.workspace_id),
            col(Conversation.channel_id),
            col(Conversation.created_at),
            col(Workspace.time_zone),
        ).join(Workspace, col(Workspace.id) == Conversation.workspace_id),
    )
    for workspace_id, channel_id, at, zone in rows:
        day = at.astimezone(labels.zone(zone)).date()
        if first <= day <= last:
            yield Place(workspace_id, channel_id, day), Entry("part", Counted.NEW)


# ---- what is stored


def _stored(session: Session, first: date) -> Counter[Cell]:
    found: Counter[Cell] = Counter()
    for row in session.scalars(select(MessageDaily).where(col(MessageDaily.day) >= first)):
        place = Place(row.workspace_id, row.channel_id, row.day)
        for name in DAILY:
            found[Cell(place, Entry("daily", name))] += getattr(row, name)
    for part in session.scalars(select(DailyCount).where(col(DailyCount.day) >= first)):
        place = Place(part.workspace_id, part.channel_id, part.day)
        found[Cell(place, Entry("part", part.what, part.part))] += part.number
    for day in session.scalars(select(ConversationDay).where(col(ConversationDay.day) >= first)):
        place = Place(day.workspace_id, day.channel_id, day.day, day.conversation_id)
        for name in OF_CONVERSATION:
            found[Cell(place, Entry("conversation", name))] += getattr(day, name)
    return found
