"""What analytics reads: a few walks along indexes of counts, however many messages there are."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, case
from sqlmodel import Session, col, func, select

from domain.analytics_period import Period
from domain.counted import DAILY
from models import Conversation, Counted, DailyCount, MessageDaily, State

_OF_PERIODS = (
    Counted.FAILURE,
    Counted.BY_ASSISTANT_WITHIN,
    Counted.BY_PEOPLE_WITHIN,
    Counted.ANSWERED,
    Counted.ASSISTED,
    Counted.ALONE,
    Counted.HANDED_OVER,
)


@dataclass
class Figures:
    """The counts of one period."""

    messages: Counter[str] = field(default_factory=Counter[str])  # the columns of MessageDaily
    parts: Counter[tuple[Counted, int]] = field(default_factory=Counter[tuple[Counted, int]])
    active: int = 0

    @property
    def outbound(self) -> int:
        return sum(self.messages[name] for name in ("by_assistant", "by_agents", "by_template"))

    @property
    def total(self) -> int:
        return self.messages["inbound"] + self.outbound

    def once(self, what: Counted) -> int:
        """Conversations, each once for a day."""
        return self.parts[what, 0]

    def of(self, what: Counted) -> dict[int, int]:
        """The parts of a breakdown that have anything in them."""
        return {part: n for (kind, part), n in self.parts.items() if kind is what and n}


@dataclass
class Numbers:
    """All that the page shows, as numbers."""

    current: Figures
    before: Figures
    days: dict[date, Counter[str]]  # the columns of MessageDaily, and "active"
    hours: dict[int, int]  # weekday * 24 + hour
    conversations: int
    taken_over: int


def read(session: Session, workspace_id: int, channels: list[int], period: Period) -> Numbers:
    """The counts of these channels. The caller has checked that they are the workspace's."""
    where = _Where(session, workspace_id, channels)
    current, before = Figures(), Figures()
    days: dict[date, Counter[str]] = {day: Counter() for day in period.days()}
    _read_messages(where, period, current, before, days)
    _read_parts(where, period, current, before)
    _read_active(where, period, current, days)
    before.active = _active(where, period.before)
    return Numbers(
        current=current,
        before=before,
        days=days,
        hours=_hours(where, period),
        conversations=_number(where, func.sum(DailyCount.number), Counted.NEW),
        taken_over=_taken_over(where),
    )


@dataclass(frozen=True)
class _Where:
    session: Session
    workspace_id: int
    channels: list[int]

    def within(self, table: Any) -> tuple[ColumnElement[bool], ...]:
        return (
            col(table.workspace_id) == self.workspace_id,
            col(table.channel_id).in_(self.channels),
        )

    def counted(self, period: Period, *what: Counted) -> tuple[ColumnElement[bool], ...]:
        days = col(DailyCount.day).between(period.first, period.last)
        return (*self.within(DailyCount), col(DailyCount.what).in_(what), days)

    def rows(self, query: Any) -> list[Any]:
        return list(self.session.connection().execute(query))


def _read_messages(
    where: _Where,
    period: Period,
    current: Figures,
    before: Figures,
    days: dict[date, Counter[str]],
) -> None:
    sums = [func.sum(getattr(MessageDaily, name)).label(name) for name in DAILY]
    day = col(MessageDaily.day)
    query = select(day, *sums).where(  # type: ignore[call-overload]
        *where.within(MessageDaily), day.between(period.before.first, period.last)
    )
    for row in where.rows(query.group_by(day)):
        counts = Counter({name: int(getattr(row, name)) for name in DAILY})
        (current if row.day >= period.first else before).messages.update(counts)
        if row.day in days:
            days[row.day].update(counts)


def _read_parts(where: _Where, period: Period, current: Figures, before: Figures) -> None:
    both = Period(period.before.first, period.last)
    now = case((col(DailyCount.day) >= period.first, 1), else_=0)
    columns = (col(DailyCount.what), col(DailyCount.part), now)
    query = (
        select(*columns, func.sum(DailyCount.number))  # type: ignore[call-overload]
        .where(*where.counted(both, *_OF_PERIODS))
        .group_by(*columns)
    )
    for what, part, is_now, number in where.rows(query):
        (current if is_now else before).parts[what, part] += int(number)


def _read_active(
    where: _Where, period: Period, current: Figures, days: dict[date, Counter[str]]
) -> None:
    """Of each day; and of the period: those whose active day before lies before it."""
    query = (
        select(col(DailyCount.day), func.sum(DailyCount.number), func.sum(_first_time(period)))
        .where(*where.counted(period, Counted.ACTIVE))
        .group_by(col(DailyCount.day))
    )
    for day, number, first_time in where.rows(query):
        days[day]["active"] = int(number)
        current.active += int(first_time)


def _first_time(period: Period) -> Any:
    earlier = col(DailyCount.part) < period.first.toordinal()
    return case((earlier, col(DailyCount.number)), else_=0)


def _active(where: _Where, period: Period) -> int:
    query = select(func.sum(_first_time(period))).where(*where.counted(period, Counted.ACTIVE))
    return int(where.rows(query)[0][0] or 0)


def _hours(where: _Where, period: Period) -> dict[int, int]:
    query = (
        select(col(DailyCount.part), func.sum(DailyCount.number))
        .where(*where.counted(period, Counted.HOUR))
        .group_by(col(DailyCount.part))
    )
    return {part: int(number) for part, number in where.rows(query)}


def _number(where: _Where, what: Any, kind: Counted) -> int:
    query = select(what).where(*where.within(DailyCount), DailyCount.what == kind)
    return int(where.rows(query)[0][0] or 0)


def _taken_over(where: _Where) -> int:
    query = select(func.count()).where(
        *where.within(Conversation), Conversation.state == State.HUMAN
    )
    return int(where.rows(query)[0][0])
