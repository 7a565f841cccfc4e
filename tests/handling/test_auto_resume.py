"""The assistant's pause: set, made longer, stopped, and ended by the sweep."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain import auto_resume, conversations, outbox
from domain.auto_resume import Unit
from illumichat_app import clock, db
from illumichat_app.errors import BadTransition, Conflict, Invalid, NotFound
from models import Conversation, State, Workspace
from tests.conftest import NOON
from tests.handling.conftest import HOUR, MINUTE, Team, do, kinds, now
from workers import upkeep


def sweep() -> int:
    return do(auto_resume.resume_due)


def test_nothing_is_paused_for_ever_by_accident(team: Team, held: int) -> None:
    assert now(held).ai_resumes_at is None


@pytest.mark.parametrize("minutes", [*auto_resume.CHOICES, 6, 10_079])
def test_a_timer_ends_after_that_time(team: Team, held: int, minutes: int) -> None:
    do(auto_resume.set_timer, team.sam, held, minutes)
    assert now(held).ai_resumes_at == NOON + timedelta(minutes=minutes)
    assert kinds(held) == ["ai_paused"]


@pytest.mark.parametrize("minutes", [-5, 1, 4, 10_081, 2**70, 7.5, "15", None])
def test_no_timer_is_shorter_than_5_minutes_or_longer_than_7_days(
    team: Team, held: int, minutes: Any
) -> None:
    with pytest.raises(Invalid, match="5 minutes at the earliest and 7 days at the latest"):
        do(auto_resume.set_timer, team.sam, held, minutes)
    assert (now(held).ai_resumes_at, kinds(held)) == (None, [])


CHANGES: list[Callable[..., Any]] = [
    lambda session, actor, number: auto_resume.set_timer(session, actor, number, 15),
    lambda session, actor, number: auto_resume.extend(session, actor, number, 15),
    auto_resume.stop,
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("state", [state for state in State if state is not State.HUMAN])
def test_only_where_a_person_answers(team: Team, state: State, change: Callable[..., Any]) -> None:
    number = team.talk(state=state)
    with pytest.raises(BadTransition, match="Take over first"):
        do(change, team.sam, number)
    assert kinds(number) == []


@pytest.mark.parametrize("change", CHANGES)
def test_a_stranger_finds_nothing(team: Team, held: int, change: Callable[..., Any]) -> None:
    with pytest.raises(NotFound):
        do(change, team.stranger, held)


def test_it_can_be_made_longer(team: Team, held: int) -> None:
    do(auto_resume.set_timer, team.sam, held, 15)
    do(auto_resume.extend, team.ana, held, 60)
    assert now(held).ai_resumes_at == NOON + 75 * MINUTE
    assert kinds(held) == ["ai_paused", "ai_pause_extended"]


def test_one_that_ended_and_was_not_swept_yet_is_made_longer_from_now(
    team: Team, held: int
) -> None:
    do(auto_resume.set_timer, team.sam, held, 5)
    clock.freeze(NOON + 10 * MINUTE)
    do(auto_resume.extend, team.sam, held, 5)
    assert now(held).ai_resumes_at == NOON + 15 * MINUTE


def test_it_cannot_be_made_longer_than_7_days_from_now(team: Team, held: int) -> None:
    do(auto_resume.set_timer, team.sam, held, auto_resume.LONGEST - 5)
    do(auto_resume.extend, team.sam, held, 5)
    with pytest.raises(Invalid, match="7 days at most"):
        do(auto_resume.extend, team.sam, held, 5)


def test_what_does_not_run_cannot_be_made_longer(team: Team, held: int) -> None:
    with pytest.raises(Conflict, match="No timer runs"):
        do(auto_resume.extend, team.sam, held, 15)


def test_longer_by_nothing_is_refused(team: Team, held: int) -> None:
    do(auto_resume.set_timer, team.sam, held, 15)
    with pytest.raises(Invalid, match="how many minutes"):
        do(auto_resume.extend, team.sam, held, 0)


@pytest.mark.parametrize(
    "change", [auto_resume.stop, lambda *args: auto_resume.set_timer(*args, auto_resume.NEVER)]
)
def test_stopped_it_ends_only_by_hand(team: Team, held: int, change: Callable[..., Any]) -> None:
    do(auto_resume.set_timer, team.sam, held, 15)
    do(change, team.sam, held)
    do(change, team.sam, held)
    clock.freeze(NOON + HOUR)
    assert sweep() == 0
    assert now(held).state is State.HUMAN
    assert kinds(held) == ["ai_paused", "timer_stopped"]


# ---- a length in the person's own words


@pytest.mark.parametrize(
    ("amount", "unit", "minutes"),
    [
        ("5", Unit.MINUTES, 5),
        (" 90 ", Unit.MINUTES, 90),
        ("1.5", Unit.HOURS, 90),
        ("0,5", Unit.DAYS, 720),
        ("7", Unit.DAYS, 10_080),
        ("0.1", Unit.HOURS, 6),
    ],
)
def test_a_length_as_a_person_writes_it(amount: str, unit: Unit, minutes: int) -> None:
    assert auto_resume.written_minutes(amount, unit) == minutes


@pytest.mark.parametrize(
    ("amount", "unit", "why"),
    [
        ("4", Unit.MINUTES, "5 minutes at the earliest"),
        ("7.01", Unit.DAYS, "7 days at the latest"),
        ("0", Unit.HOURS, "5 minutes at the earliest"),
        ("-1", Unit.DAYS, "5 minutes at the earliest"),
        ("nan", Unit.HOURS, "5 minutes at the earliest"),
        ("inf", Unit.HOURS, "5 minutes at the earliest"),
        ("soon", Unit.HOURS, "as a number"),
        ("", Unit.HOURS, "as a number"),
    ],
)
def test_a_length_that_is_none(amount: str, unit: Unit, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        auto_resume.written_minutes(amount, unit)


# ---- which length runs


def chosen(number: int) -> int | None:
    with db.reading() as session:
        return auto_resume.chosen(session, session.get_one(Conversation, number))


def test_the_length_that_runs_is_known(team: Team, held: int) -> None:
    assert chosen(held) is None
    do(auto_resume.set_timer, team.sam, held, 60)
    clock.freeze(NOON + MINUTE)
    assert chosen(held) == 60
    do(conversations.take_over, team.ana, held)  # the pause goes on as it is
    assert chosen(held) == 60
    do(auto_resume.extend, team.ana, held, 15)
    assert chosen(held) is None
    do(auto_resume.set_timer, team.ana, held, 15)
    assert chosen(held) == 15
    do(auto_resume.stop, team.ana, held)
    assert chosen(held) is None


def test_the_workspaces_own_length_is_known_too(team: Team) -> None:
    team.set(Workspace, team.place.id, auto_resume_minutes=15)
    number = team.talk()
    do(conversations.take_over, team.sam, number)
    assert chosen(number) == 15


# ---- the sweep


def test_the_sweep_resumes_at_that_second(team: Team, held: int) -> None:
    do(auto_resume.set_timer, team.sam, held, 15)
    clock.freeze(NOON + 15 * MINUTE - timedelta(seconds=1))
    assert sweep() == 0
    clock.freeze(NOON + 15 * MINUTE)
    assert sweep() == 1
    row = now(held)
    assert (row.state, row.claimed_by, row.claimed_at) == (State.ASSISTANT, None, None)
    assert row.ai_resumes_at is None
    assert sweep() == 0
    assert kinds(held) == ["ai_paused", "resumed"]
    assert team.lines(held) == ["Sam paused the AI until 13:15", "The AI resumed"]


@pytest.mark.parametrize("waits", [True, False])
def test_the_assistant_answers_only_if_the_customer_waits(
    team: Team, held: int, waits: bool
) -> None:
    team.says(held, "Where is it?", sent_at=NOON - MINUTE)
    if not waits:
        do(outbox.queue_text, team.sam, held, "On its way", "key-00001")
    do(auto_resume.set_timer, team.sam, held, 5)
    clock.freeze(NOON + 5 * MINUTE)
    sweep()
    assert now(held).needs_reply is waits


def test_upkeep_resumes_all_that_are_due_a_page_at_a_time(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auto_resume, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(auto_resume.resume_due, "__defaults__", (2,))
    numbers = [team.talk(state=State.HUMAN, ai_resumes_at=NOON) for _ in range(5)]
    later = team.talk(state=State.HUMAN, ai_resumes_at=NOON + MINUTE)
    upkeep.drain()
    assert {now(number).state for number in numbers} == {State.ASSISTANT}
    assert now(later).state is State.HUMAN


def test_a_pause_that_ends_before_the_next_round_is_waited_for(
    team: Team, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    team.set(Conversation, held, ai_resumes_at=NOON + timedelta(seconds=3))
    later = team.talk(state=State.HUMAN, ai_resumes_at=NOON + MINUTE)
    seconds: list[float] = []

    def pass_time(_seconds: float) -> None:
        seconds.append(1)
        clock.freeze(NOON + timedelta(seconds=len(seconds)))

    monkeypatch.setattr(upkeep, "sleep", pass_time)
    upkeep.resume_to_the_second()
    assert (now(held).state, now(later).state) == (State.ASSISTANT, State.HUMAN)
    assert len(seconds) == 3


def test_a_time_left_on_a_row_nobody_handles_is_only_cleared(team: Team) -> None:
    number = team.talk(state=State.CLOSED, ai_resumes_at=NOON)
    assert sweep() == 1
    assert (now(number).state, now(number).ai_resumes_at) == (State.CLOSED, None)
    assert kinds(number) == []


def test_two_workers_resume_once(team: Team, held: int) -> None:
    team.set(Conversation, held, ai_resumes_at=NOON)
    assert sorted(team.at_once(sweep, sweep, sweep)) == [0, 0, 1]
    assert kinds(held) == ["resumed"]


def test_a_person_who_is_at_it_is_left_alone(team: Team, held: int) -> None:
    if db.engine().dialect.name == "sqlite":
        pytest.skip("SQLite has one writer: the sweep would wait for the person")
    team.set(Conversation, held, ai_resumes_at=NOON)
    with db.transaction() as session:
        auto_resume.extend(session, team.sam, held, 15)
        session.flush()
        assert sweep() == 0
    assert sweep() == 0
    assert now(held).ai_resumes_at == NOON + 15 * MINUTE


def test_a_person_and_the_sweep_at_one_moment_leave_one_truth(team: Team, held: int) -> None:
    team.set(Conversation, held, ai_resumes_at=NOON)
    team.at_once(sweep, lambda: do(auto_resume.extend, team.sam, held, 15))
    row = now(held)
    resumed = (State.ASSISTANT, None, ["resumed"])
    extended = (State.HUMAN, NOON + 15 * MINUTE, ["ai_pause_extended"])
    assert (row.state, row.ai_resumes_at, kinds(held)) in (resumed, extended)


# ---- the workspace's own length


@pytest.mark.parametrize(
    ("minutes", "resumes_at", "line"),
    [
        (0, None, "Sam took over"),
        (15, NOON + 15 * MINUTE, "Sam took over and paused the AI until 13:15"),
        (24 * 60, NOON + 24 * HOUR, "Sam took over and paused the AI until tomorrow 13:00"),
    ],
)
def test_a_take_over_starts_the_workspaces_timer(
    team: Team, minutes: int, resumes_at: datetime | None, line: str
) -> None:
    team.set(Workspace, team.place.id, auto_resume_minutes=minutes)
    number = team.talk()
    do(conversations.take_over, team.sam, number)
    assert now(number).ai_resumes_at == resumes_at
    assert team.lines(number) == [line]


def test_a_reply_and_a_reopening_start_it_too(team: Team) -> None:
    team.set(Workspace, team.place.id, auto_resume_minutes=5)
    replied, closed = team.talk(), team.talk(state=State.CLOSED)
    do(outbox.queue_text, team.sam, replied, "Hello", "key-00001")
    do(conversations.reopen, team.sam, closed)
    assert now(replied).ai_resumes_at == now(closed).ai_resumes_at == NOON + 5 * MINUTE


@pytest.mark.parametrize("chosen", [None, NOON + 4 * HOUR])
def test_a_colleague_takes_the_timer_over_as_it_is(
    team: Team, held: int, chosen: datetime | None
) -> None:
    team.set(Workspace, team.place.id, auto_resume_minutes=5)
    team.set(Conversation, held, ai_resumes_at=chosen)
    do(conversations.take_over, team.ana, held)
    assert (now(held).claimed_by, now(held).ai_resumes_at) == (team.ana.user_id, chosen)


@pytest.mark.parametrize("end", [conversations.resume_ai, conversations.close])
def test_with_the_persons_part_the_timer_ends(
    team: Team, held: int, end: Callable[..., Any]
) -> None:
    do(auto_resume.set_timer, team.sam, held, 15)
    do(end, team.sam, held)
    assert now(held).ai_resumes_at is None


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "never"), (5, "5 minutes"), (60, "1 hour"), (90, "90 minutes"), (10_080, "7 days")],
)
def test_a_length_in_words(minutes: int, words: str) -> None:
    assert auto_resume.duration(minutes) == words
