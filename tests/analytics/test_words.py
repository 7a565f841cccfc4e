"""Periods, shares and waits in words; each figure says what it is a share of."""

from datetime import date, timedelta

import pytest

from domain import waiting
from domain.analytics import Tile
from domain.analytics_period import LONGEST, Asked, Period, chosen
from domain.analytics_words import DEFINITIONS, count, growth, percent, points, share
from illumichat_app.errors import Invalid
from models import Conversation, Message

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("asked", "first", "length"),
    [
        (Asked(), date(2026, 10, 25), 30),
        (Asked("7"), date(2026, 11, 17), 7),
        (Asked("90"), date(2026, 8, 26), 90),
        (Asked("", "2026-11-01", "2026-11-23"), date(2026, 11, 1), 23),
        (Asked("7", "2026-11-23", "2026-11-23"), TODAY, 1),
        (Asked("", "2024-02-01", "2024-03-01"), date(2024, 2, 1), 30),
    ],
)
def test_a_period_has_both_its_ends(asked: Asked, first: date, length: int) -> None:
    period = chosen(asked, TODAY)
    assert (period.first, period.length) == (first, length)
    assert len(list(period.days())) == length
    assert period.before.length == length
    assert period.before.last == first - timedelta(days=1)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (Asked("31"), "last 7, 30 or 90"),
        (Asked("-7"), "last 7, 30 or 90"),
        (Asked("", "2026-11-02", "2026-11-01"), "after the last"),
        (Asked("", "2026-11-01", "2026-11-24"), "in the future"),
        (Asked("", "2026-08-01", "2026-11-23"), f"more than {LONGEST} days"),
        (Asked("", "", "2026-11-01"), "Choose the first day"),
        (Asked("", "2026-11-01", "yesterday"), "Choose the last day"),
        (Asked("", "1999-12-31", "1999-12-31"), "too long ago"),
    ],
)
def test_a_period_that_cannot_be_is_refused(asked: Asked, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        chosen(asked, TODAY)


def test_the_longest_period_is_one_day_shorter_than_the_first_refused() -> None:
    first = TODAY - timedelta(days=LONGEST - 1)
    assert chosen(Asked("", str(first), str(TODAY)), TODAY).length == LONGEST


def test_the_period_before_is_named_by_its_length() -> None:
    assert Period(TODAY, TODAY).words == "day before"
    assert chosen(Asked("90"), TODAY).words == "90 days before"


@pytest.mark.parametrize("name", ["delivery_rate", "read_rate", "ai_share", "hand_over_share"])
def test_a_share_says_what_it_is_a_share_of(name: str) -> None:
    assert "as a share of" in DEFINITIONS[name][1]


def test_every_figure_has_a_meaning() -> None:
    assert all(label and sentence.endswith(".") for label, sentence in DEFINITIONS.values())


def test_numbers_in_words() -> None:
    assert count(48213) == "48\N{NO-BREAK SPACE}213"
    assert percent(share(987, 1000)) == "98.7\N{NO-BREAK SPACE}%"
    assert percent(share(0, 0)) == "–"
    assert percent(share(0, 5)) == "0.0\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize(
    ("now", "before", "words", "rose"),
    [
        (1124, 1000, "▲ 12.4 %", 1),
        (500, 1000, "▼ 50.0 %", -1),
        (1000, 1000, "unchanged", 0),
        (0, 3, "▼ 100.0 %", -1),
        (3, 0, "none before", 1),
        (0, 0, "", 0),
    ],
)
def test_growth(now: int, before: int, words: str, rose: int) -> None:
    said, direction = growth(now, before)
    assert (said.replace("\N{NO-BREAK SPACE}", " "), direction) == (words, rose)


def test_a_share_moves_in_points() -> None:
    assert points(81.2, 82.5) == ("▼ 1.3\N{NO-BREAK SPACE}pt", -1)
    assert points(None, 5.0) == points(5.0, None) == ("", 0)


# ---- waits


def test_a_wait_counts_in_the_step_that_is_not_shorter() -> None:
    assert [waiting.step(seconds) for seconds in (0, 1, 7, 60, 61, 100, 3601)] == [
        *(1, 1, 8, 60, 90, 120, 5400),
    ]
    assert waiting.step(10**9) == 7 * waiting.DAY


def test_steps_read_well() -> None:
    words = {
        waiting.in_words(int(step)).replace("\N{NO-BREAK SPACE}", " ") for step in waiting.STEPS
    }
    assert {"1 s", "50 s", "1 min", "1.5 min", "50 min", "1.5 h", "21 h", "1.5 d", "7 d"} <= words
    assert len(words) == len(waiting.STEPS)


@pytest.mark.parametrize(
    ("counts", "half", "ninety"),
    [
        ({}, None, None),
        ({4: 1}, 4, 4),
        ({1: 1, 90: 1}, 1, 90),
        ({1: 9, 90: 1}, 1, 1),
        ({1: 8, 90: 2}, 1, 90),
    ],
)
def test_half_and_nine_in_ten(counts: dict[int, int], half: int | None, ninety: int | None) -> None:
    assert (waiting.within(counts, 0.5), waiting.within(counts, 0.9)) == (half, ninety)


def test_an_answer_without_a_question_waited_for_nothing() -> None:
    conversation, message = Conversation(), Message()
    waiting.answered(conversation, message)
    assert message.waited is None


def test_what_is_missing_is_empty() -> None:
    assert Tile().value == ""
