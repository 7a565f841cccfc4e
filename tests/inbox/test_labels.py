from datetime import UTC, datetime, timedelta

import pytest

from domain import labels
from models import MessageStatus

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday
MADRID = labels.zone("Europe/Madrid")


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=-3), "now"),
        (timedelta(seconds=59), "now"),
        (timedelta(minutes=2, seconds=40), "2m"),
        (timedelta(hours=22), "22h"),
        (timedelta(hours=25), "Yesterday"),
        (timedelta(days=3), "Fri"),
        (timedelta(days=7), "16 Nov"),
        (timedelta(days=400), "19 Oct 2025"),
    ],
)
def test_time_in_a_list(age: timedelta, words: str) -> None:
    assert labels.list_time(NOON - age, NOON, MADRID) == words


def test_yesterday_is_the_workspaces_day() -> None:
    at, now = datetime(2026, 11, 22, 6, tzinfo=UTC), datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert labels.list_time(at, now, labels.zone("UTC")) == "Yesterday"
    assert labels.list_time(at, now, labels.zone("Pacific/Kiritimati")) == "Yesterday"
    assert labels.list_time(at, now, labels.zone("America/Los_Angeles")) == "Sat"


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "Today"), (1, "Yesterday"), (3, "Friday 20 November"), (400, "19 October 2025")],
)
def test_day_separator(days: int, words: str) -> None:
    today = NOON.date()
    assert labels.day_name(today - timedelta(days=days), today) == words


@pytest.mark.parametrize(
    ("hours", "words"),
    [(1, "14:00"), (24, "tomorrow 13:00"), (-24, "yesterday 13:00"), (72, "26 Nov 13:00")],
)
def test_a_moment_near_now(hours: int, words: str) -> None:
    assert labels.moment(NOON + timedelta(hours=hours), NOON, MADRID) == words


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(hours=23, minutes=2, seconds=50), "23 h 02 m"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(seconds=59), "under 1 min"),
    ],
)
def test_countdown(span: timedelta, words: str) -> None:
    assert labels.left(span) == words


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=1), "just now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=2, minutes=50), "2 h ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(days=3), "3 days ago"),
    ],
)
def test_how_long_ago(span: timedelta, words: str) -> None:
    assert labels.ago(span) == words


@pytest.mark.parametrize(
    ("digits", "words"),
    [
        ("34612555014", "+34 612 55 50 14"),
        ("+447700900123", "+44 7700 900123"),
        ("9", "+9"),
        (None, ""),
        ("", ""),
    ],
)
def test_phone_number(digits: str | None, words: str) -> None:
    assert labels.phone(digits) == words


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Lucía Marín", "LM"), ("@jorge.ortiz", "JO"), ("Ana", "A"), ("😀", "?"), ("", "?")],
)
def test_initials(name: str, letters: str) -> None:
    assert labels.initials(name) == letters


@pytest.mark.parametrize(
    ("status", "mark"),
    [
        (MessageStatus.QUEUED, "◷"),
        (MessageStatus.SENT, "✓"),
        (MessageStatus.DELIVERED, "✓✓"),
        (MessageStatus.READ, "✓✓"),
        (MessageStatus.FAILED, "!"),
        (MessageStatus.UNKNOWN, "?"),
        (MessageStatus.RECEIVED, ""),
    ],
)
def test_tick(status: MessageStatus, mark: str) -> None:
    assert labels.tick(status)[0] == mark


def test_an_unknown_time_zone_counts_as_utc() -> None:
    assert labels.zone("Atlantis/Capital").key == "UTC"
    assert labels.zone("../etc/passwd").key == "UTC"
