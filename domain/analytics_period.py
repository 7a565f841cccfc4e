"""The days that analytics looks at, in the workspace's time zone, and the days before them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from illumichat_app.errors import Invalid

PRESETS = {"7": 7, "30": 30, "90": 90}
DEFAULT = "30"
LONGEST = 92  # days of a period of one's own
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Asked:
    """A period as an address names it: `days` is one of PRESETS, or `first` and `last` are days."""

    days: str = ""
    first: str = ""
    last: str = ""


@dataclass(frozen=True)
class Period:
    """Days, both ends included."""

    first: date
    last: date

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """As many days, up to the day before the first."""
        return Period(self.first - self.length * _DAY, self.first - _DAY)

    def days(self) -> Iterator[date]:
        for number in range(self.length):
            yield self.first + number * _DAY

    @property
    def words(self) -> str:
        """How the period before is spoken of."""
        return "day before" if self.length == 1 else f"{self.length} days before"


def chosen(asked: Asked, today: date) -> Period:
    """The period; the last 30 days if none is named. Raises Invalid."""
    if asked.first or asked.last:
        return _own(_day(asked.first, "first"), _day(asked.last, "last"), today)
    days = PRESETS.get(asked.days or DEFAULT)
    if days is None:
        raise Invalid("Choose the last 7, 30 or 90 days, or a first and a last day.")
    return Period(today - (days - 1) * _DAY, today)


def _own(first: date, last: date, today: date) -> Period:
    if first > last:
        raise Invalid("The first day lies after the last one. Exchange them.")
    if last > today:
        raise Invalid("The last day lies in the future. Choose today or an earlier day.")
    if (last - first).days >= LONGEST:
        raise Invalid(f"That is more than {LONGEST} days. Choose a shorter period.")
    return Period(first, last)


def _day(words: str, which: str) -> date:
    try:
        day = date.fromisoformat(words)
    except ValueError:
        raise Invalid(f"Choose the {which} day.") from None
    if day.year < 2000:
        raise Invalid(f"The {which} day lies too long ago.")
    return day
