"""Moments, durations, phone numbers and states in the words a person reads. Pure."""

from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers

from models import MessageStatus

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@cache
def zone(name: str) -> ZoneInfo:
    """The workspace's time zone; a name this system does not know counts as UTC."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def list_time(at: datetime, now: datetime, tz: ZoneInfo) -> str:
    """When, as short as a list needs: now, 2m, 22h, Yesterday, Fri, 12 Mar, 12 Mar 2024."""
    age = now - at
    if age < MINUTE:
        return "now"
    if age < HOUR:
        return f"{age // MINUTE}m"
    if age < DAY:
        return f"{age // HOUR}h"
    return _day_short(at.astimezone(tz).date(), now.astimezone(tz).date())


def _day_short(day: date, today: date) -> str:
    if (today - day).days == 1:
        return "Yesterday"
    if (today - day).days < 7:
        return f"{day:%a}"
    return f"{day.day} {day:%b}" if day.year == today.year else f"{day.day} {day:%b %Y}"


def day_name(day: date, today: date) -> str:
    """The separator of a thread: Today, Yesterday, Friday 6 March, 6 March 2024."""
    if day == today:
        return "Today"
    if (today - day).days == 1:
        return "Yesterday"
    return f"{day:%A} {day.day} {day:%B}" if day.year == today.year else f"{day.day} {day:%B %Y}"


def time_of_day(at: datetime, tz: ZoneInfo) -> str:
    return f"{at.astimezone(tz):%H:%M}"


def moment(at: datetime, now: datetime, tz: ZoneInfo) -> str:
    """A moment near now: 10:59, tomorrow 10:45, yesterday 10:45, 6 Mar 10:45."""
    local, today = at.astimezone(tz), now.astimezone(tz).date()
    near = {0: "", 1: "tomorrow ", -1: "yesterday "}
    day = near.get((local.date() - today).days, f"{local.day} {local:%b} ")
    return f"{day}{local:%H:%M}"


def left(span: timedelta) -> str:
    """A countdown: 23 h 02 m, 14 min, under 1 min."""
    if span < MINUTE:
        return "under 1 min"
    hours, rest = divmod(span, HOUR)
    return f"{hours} h {rest // MINUTE:02} m" if hours else f"{rest // MINUTE} min"


def ago(span: timedelta) -> str:
    """just now, 5 min ago, 2 h ago, 3 days ago."""
    if span < MINUTE:
        return "just now"
    if span < HOUR:
        return f"{span // MINUTE} min ago"
    if span < 2 * DAY:
        return f"{span // HOUR} h ago"
    return f"{span // DAY} days ago"


def phone(digits: str | None) -> str:
    """+34 612 55 50 14, from E.164 digits; as given when no country's rule fits."""
    if not digits:
        return ""
    try:
        number = phonenumbers.parse(f"+{digits.lstrip('+')}")
    except phonenumbers.NumberParseException:
        return f"+{digits.lstrip('+')}"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def initials(name: str) -> str:
    """Two letters of a name: LM for Lucía Marín, JO for @jorge.ortiz."""
    words = [word for word in name.replace(".", " ").replace("_", " ").split() if word]
    letters = [letter for word in words if (letter := _first_letter(word))]
    return "".join(letters[:2]).upper() or "?"


def _first_letter(word: str) -> str:
    return next((letter for letter in word if letter.isalnum()), "")


def first_name(name: str) -> str:
    return name.split()[0] if name.split() else ""


def tick(status: MessageStatus) -> tuple[str, str]:
    """The mark of an outgoing message and its meaning in words."""
    return _TICKS.get(status, ("", ""))


_TICKS = {
    MessageStatus.QUEUED: ("◷", "Waiting to be sent"),
    MessageStatus.SENDING: ("◷", "Sending"),
    MessageStatus.ACCEPTED: ("◷", "WhatsApp has it"),
    MessageStatus.SENT: ("✓", "Sent"),
    MessageStatus.DELIVERED: ("✓✓", "Delivered"),
    MessageStatus.READ: ("✓✓", "Read"),
    MessageStatus.PLAYED: ("✓✓", "Played"),
    MessageStatus.FAILED: ("!", "Not sent"),
    MessageStatus.CANCELLED: ("⊘", "Taken back, not sent"),
    MessageStatus.UNKNOWN: ("?", "Unconfirmed"),
}
