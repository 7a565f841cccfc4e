"""The analytics page as a CSV file: the same figures, a line at a time."""

import csv
import io
from collections.abc import Iterable, Iterator

from sqlmodel import Session

from domain import analytics, analytics_lists
from domain.access import Actor
from domain.analytics import Page, Place, Scope, Tile
from domain.analytics_lists import Talk
from domain.analytics_period import Asked
from domain.analytics_words import DEFINITIONS
from domain.spreadsheet import defused

_BYTE_ORDER_MARK = "\ufeff"  # else Excel reads UTF-8 as something else
_SPACE = "\N{NO-BREAK SPACE}"

Line = Iterable[str | int]


def export(session: Session, actor: Actor, scope: Scope, asked: Asked) -> tuple[str, Iterator[str]]:
    """The file's name and its lines. Raises NotAllowed, NotFound, Invalid before any line."""
    where = analytics.place(session, actor, scope, asked)
    page = analytics.read(session, actor, where)
    talks = analytics_lists.recent(session, actor, where)
    first, last = where.period.first, where.period.last
    return f"analytics-{first}-to-{last}.csv", _written(_lines(where, page, talks))


def _written(lines: Iterator[Line]) -> Iterator[str]:
    yield _BYTE_ORDER_MARK
    for line in lines:
        box = io.StringIO()
        csv.writer(box).writerow([defused(cell) for cell in line])
        yield box.getvalue()


def _lines(where: Place, page: Page, talks: list[Talk]) -> Iterator[Line]:
    yield ["WhatsApp analytics", where.name]
    yield ["Period", str(where.period.first), str(where.period.last), where.time_zone]
    yield from _part("Figure", "Value", "Note", f"On the {where.period.words}", "Meaning")
    yield from (_figure(tile) for tile in (*page.tiles, *page.facts))
    yield from _part(DEFINITIONS["answers"][0], "Half within", "9 in 10 within", "Answers")
    yield from ([each.who, each.half, each.ninety, _plain(each.number)] for each in page.answers)
    yield from _part(DEFINITIONS["failures"][0], "Messages", "Share")
    yield from ([each.reason, _plain(each.number), _plain(each.share)] for each in page.failures)
    yield from _days(page)
    yield from _part(DEFINITIONS["hours"][0], *(f"{hour}:00" for hour in range(24)))
    yield from ([row.weekday, *row.counts] for row in page.hours)
    yield from _part(DEFINITIONS["recent"][0], "Last message", "Who answers", "When")
    yield from ([talk.title, talk.line, talk.who, talk.time] for talk in talks)


def _part(*heading: str) -> Iterator[Line]:
    yield []
    yield heading


def _figure(tile: Tile) -> Line:
    name, meaning = DEFINITIONS[tile.key]
    label = "Conversations" if tile.key == "conversations" else name
    return [label, _plain(tile.value), tile.note, tile.change, meaning]


def _plain(words: str) -> str:
    """A number that a spreadsheet reads as one: 48213, 98.7%."""
    return words.replace(_SPACE, "")


def _days(page: Page) -> Iterator[Line]:
    yield from _part(
        *("Day", "Inbound", "Outbound", "AI", "People", "Templates", "Accepted by Meta"),
        *("Delivered", "Read", "Failed", "Active conversations"),
    )
    for day in page.days:
        yield [
            *(day.iso, day.inbound, day.outbound, day.by_assistant, day.by_people),
            *(day.by_template, day.accepted, day.delivered, day.read, day.failed, day.active),
        ]
