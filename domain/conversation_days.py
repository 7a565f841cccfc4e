"""What each conversation did in a day, and how often a channel's day counts one.

A conversation counts once for each day it was active in. How many were active in any period at all
follows from each active day knowing the one before it: those whose earlier day lies before the
period's first are there for the first time.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col, delete

from domain import tallies
from domain.counted import OF_CONVERSATION, Entry, active_days, is_active, of_day
from domain.tallies import Cell, Place, Rows
from models import ConversationDay, Counted

Values = dict[str, int]
_AT_ONCE = 10_000
_KEY, _ALSO = ("conversation_id", "day"), ("workspace_id", "channel_id")


def write(session: Session, counts: Counter[Cell], merges: list[tuple[int, int]]) -> Counter[Cell]:
    """Add what was counted to the conversations' days; returns what the channels' days gain."""
    gained: Counter[Cell] = Counter()
    for lost, kept in merges:
        _hand_on(session, counts, gained, lost, kept)
    deltas = _deltas(counts)
    turned: dict[int, dict[Place, int]] = {}
    for place, values in _added(session, deltas):
        before = {name: values[name] - deltas[_key(place)][name] for name in OF_CONVERSATION}
        _once(gained, place, of_day(values), 1)
        _once(gained, place, of_day(before), -1)
        if turn := is_active(values) - is_active(before):
            turned.setdefault(place.conversation_id, {})[place] = turn
    if turned:
        _count_active(session, gained, turned)
    return gained


def of_all(session: Session, first: date, counts: Counter[Cell]) -> Counter[Cell]:
    """What the channels' days from `first` on gain, if these are all counts of those days."""
    gained: Counter[Cell] = Counter()
    active: dict[int, dict[Place, int]] = {}
    for key, values in _deltas(counts).items():
        conversation_id, day, *channel = key
        place = Place(channel[0], channel[1], day, conversation_id)
        _once(gained, place, of_day(values), 1)
        if is_active(values):
            active.setdefault(conversation_id, {})[place] = 1
    earlier = _last_before(session, list(active), first)
    for conversation_id, places in active.items():
        channel = next(iter(places))._replace(conversation_id=0)
        days = {place.day for place in places}
        _chain(gained, channel, earlier.get(conversation_id), days, 1)
    return gained


def _key(place: Place) -> tuple[Any, ...]:
    return place.conversation_id, place.day, place.workspace_id, place.channel_id


def _deltas(counts: Counter[Cell]) -> Rows:
    deltas: Rows = {}
    for (place, entry), number in counts.items():
        if entry.table == "conversation" and number:
            row = deltas.setdefault(_key(place), dict.fromkeys(OF_CONVERSATION, 0))
            row[entry.name] += number
    return deltas


def _added(session: Session, deltas: Rows) -> list[tuple[Place, Values]]:
    """Each row as it stands after its numbers were added."""
    wanted = (*_KEY, *_ALSO, *OF_CONVERSATION)
    rows = tallies.add(session, ConversationDay, _KEY, deltas, _ALSO, wanted)
    return [
        (Place(row.workspace_id, row.channel_id, row.day, row.conversation_id), _values(row))
        for row in rows
    ]


def _values(row: Any) -> Values:
    return {name: getattr(row, name) for name in OF_CONVERSATION}


def _once(gained: Counter[Cell], place: Place, kinds: set[Counted], number: int) -> None:
    channel = place._replace(conversation_id=0)
    for what in kinds:
        gained[Cell(channel, Entry("part", what))] += number


# ---- active, once in any period


def _count_active(
    session: Session, gained: Counter[Cell], turned: dict[int, dict[Place, int]]
) -> None:
    """These days became active, or stopped being so: the next active day of each is told."""
    first = min(place.day for places in turned.values() for place in places)
    later = _active_from(session, list(turned), first)
    earlier = _last_before(session, list(turned), first)
    for conversation_id, places in turned.items():
        new = later.get(conversation_id, set())
        old = new.symmetric_difference(place.day for place in places)
        channel = next(iter(places))._replace(conversation_id=0)
        _chain(gained, channel, earlier.get(conversation_id), new, 1)
        _chain(gained, channel, earlier.get(conversation_id), old, -1)


def _chain(
    gained: Counter[Cell], channel: Place, before: date | None, days: set[date], number: int
) -> None:
    known = sorted(days | ({before} if before else set()))
    for day, ordinal in active_days(known).items():
        if day != before:
            gained[Cell(channel._replace(day=day), Entry("part", Counted.ACTIVE, ordinal))] += (
                number
            )


_ACTIVE = col(ConversationDay.inbound) + col(ConversationDay.outbound) > 0


def _active_from(session: Session, among: list[int], first: date) -> dict[int, set[date]]:
    found: dict[int, set[date]] = {}
    query = select(col(ConversationDay.conversation_id), col(ConversationDay.day))
    for some in _portions(among):
        later = query.where(some, col(ConversationDay.day) >= first, _ACTIVE)
        for conversation_id, day in tallies.rows_of(session, later):
            found.setdefault(conversation_id, set()).add(day)
    return found


def _last_before(session: Session, among: list[int], first: date) -> dict[int, date]:
    found: dict[int, date] = {}
    conversation, last = col(ConversationDay.conversation_id), func.max(col(ConversationDay.day))
    for some in _portions(among):
        query = select(conversation, last).where(some, col(ConversationDay.day) < first, _ACTIVE)
        found |= dict(tallies.rows_of(session, query.group_by(conversation)))
    return found


def _portions(among: list[int]) -> Iterator[Any]:
    """SQLite takes so many values in a statement and no more."""
    for start in range(0, len(among), _AT_ONCE):
        yield col(ConversationDay.conversation_id).in_(among[start : start + _AT_ONCE])


# ---- two conversations become one


def _hand_on(
    session: Session, counts: Counter[Cell], gained: Counter[Cell], lost: int, kept: int
) -> None:
    """What `lost` did, and was about to be counted for, `kept` did."""
    for cell in [each for each in counts if each.place.conversation_id == lost]:
        number = counts.pop(cell)
        counts[cell._replace(place=cell.place._replace(conversation_id=kept))] += number
    of_lost = col(ConversationDay.conversation_id) == lost
    query = select(ConversationDay).where(of_lost).order_by(col(ConversationDay.day))
    rows = list(session.scalars(query))
    for row in rows:
        place = Place(row.workspace_id, row.channel_id, row.day, lost)
        _once(gained, place, of_day(_values(row)), -1)
        for name, number in _values(row).items():
            counts[Cell(place._replace(conversation_id=kept), Entry("conversation", name))] += (
                number
            )
    _forget_active(gained, rows)
    session.exec(delete(ConversationDay).where(col(ConversationDay.conversation_id) == lost))


def _forget_active(gained: Counter[Cell], rows: Any) -> None:
    active = [row for row in rows if is_active(_values(row))]
    if active:
        channel = Place(active[0].workspace_id, active[0].channel_id, active[0].day)
        _chain(gained, channel, None, {row.day for row in active}, -1)
