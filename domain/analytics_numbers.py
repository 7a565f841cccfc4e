"""What analytics reads: a few walks along indexes of counts, however many messages there are."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlmodel import Session, col

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


@dataclass(frozen=True)
class Figures:
    """The counts of one period."""

    messages: Counter[str]  # the columns of MessageDaily
    parts: Counter[tuple[Counted, int]]
    active: int

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


@dataclass(frozen=True)
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
    both = Period(period.before.first, period.last)
    said, parts = _messages(where, both), _parts(where, both, period)
    active, once = _active(where, period)
    return Numbers(
        current=Figures(_sum(said, period), parts[1], once),
        before=Figures(_sum(said, period.before), parts[0], _active(where, period.before)[1]),
        days={day: said[day] + Counter(active=active[day]) for day in period.days()},
        hours=_hours(where, period),
        conversations=_conversations(where),
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
        found: Any = self.session.connection().execute(query)
        return list(found)


def _sum(said: dict[date, Counter[str]], period: Period) -> Counter[str]:
    messages = Counter[str]()
    for day in period.days():
        messages += said[day]
    return messages


def _messages(where: _Where, period: Period) -> dict[date, Counter[str]]:
    """The columns of MessageDaily, of every day."""
    sums: list[Any] = [func.sum(getattr(MessageDaily, name)).label(name) for name in DAILY]
    day = col(MessageDaily.day)
    query = (
        select(*sums, day)
        .where(*where.within(MessageDaily), day.between(period.first, period.last))
        .group_by(day)
    )
    found = {
        row.day: Counter({name: int(getattr(row, name)) for name in DAILY})
        for row in where.rows(query)
    }
    return {day: found.get(day, Counter()) for day in period.days()}


def _parts(
    where: _Where, both: Period, period: Period
) -> tuple[Counter[tuple[Counted, int]], Counter[tuple[Counted, int]]]:
    """Of the period before, and of the period."""
    is_now = case((col(DailyCount.day) >= period.first, 1), else_=0)
    columns = (col(DailyCount.what), col(DailyCount.part), is_now)
    query = (
        select(*columns, func.sum(col(DailyCount.number)))
        .where(*where.counted(both, *_OF_PERIODS))
        .group_by(*columns)
    )
    found: tuple[Counter[tuple[Counted, int]], ...] = (Counter(), Counter())
    for what, part, now, number in where.rows(query):
        found[now][what, part] += int(number)
    return found[0], found[1]


def _active(where: _Where, period: Period) -> tuple[Counter[date], int]:
    """How many conversations were active: of every day, and in the period at all, which are those
    whose active day before lies before it."""
    earlier = col(DailyCount.part) < period.first.toordinal()
    first_time = case((earlier, col(DailyCount.number)), else_=0)
    query = (
        select(col(DailyCount.day), func.sum(col(DailyCount.number)), func.sum(first_time))
        .where(*where.counted(period, Counted.ACTIVE))
        .group_by(col(DailyCount.day))
    )
    found = where.rows(query)
    return Counter({row[0]: int(row[1]) for row in found}), sum(int(row[2]) for row in found)


def _hours(where: _Where, period: Period) -> dict[int, int]:
    query = (
        select(col(DailyCount.part), func.sum(col(DailyCount.number)))
        .where(*where.counted(period, Counted.HOUR))
        .group_by(col(DailyCount.part))
    )
    return {part: int(number) for part, number in where.rows(query)}


def _conversations(where: _Where) -> int:
    query = select(func.sum(col(DailyCount.number))).where(
        *where.within(DailyCount), col(DailyCount.what) == Counted.NEW
    )
    return int(where.rows(query)[0][0] or 0)


def _taken_over(where: _Where) -> int:
    query = select(func.count()).where(
        *where.within(Conversation), col(Conversation.state) == State.HUMAN
    )
    return int(where.rows(query)[0][0])
