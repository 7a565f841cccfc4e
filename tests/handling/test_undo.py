"""Taking back the reply that stopped the assistant."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from domain import auto_resume, conversations, notes, outbox, thread, undo
from illumichat_app import clock, db
from illumichat_app.errors import Conflict, NotFound
from models import Author, Direction, Message, MessageDaily, MessageStatus, State, Workspace
from tests.conftest import NOON
from tests.flows.stack import rows
from tests.handling.conftest import MINUTE, Team, do, kinds, message, now


def reply(team: Team, number: int, text: str = "Hello", key: str = "key-00001") -> int:
    return do(outbox.queue_text, team.sam, number, text, key).id


@pytest.fixture
def talk(team: Team) -> int:
    """The customer has asked something and the assistant is about to answer."""
    team.set(Workspace, team.place.id, auto_resume_minutes=15)
    number = team.talk(needs_reply=True, last_preview="Where is it?")
    team.says(number, "Where is it?", sent_at=NOON - MINUTE)
    return number


def test_the_message_is_cancelled_and_the_assistant_goes_on(team: Team, talk: int) -> None:
    sent = reply(team, talk)
    do(undo.undo_take_over, team.sam, talk)
    row = now(talk)
    assert (row.state, row.claimed_by, row.claimed_at) == (State.ASSISTANT, None, None)
    assert (row.ai_resumes_at, row.needs_reply) == (None, True)
    assert (row.last_preview, row.last_author) == ("Where is it?", Author.CUSTOMER)
    gone = message(sent)
    assert (gone.status, gone.attempts) == (MessageStatus.CANCELLED, 0)
    assert gone.error == "Taken back, not sent."
    assert do(outbox.claim, 10) == []
    assert kinds(talk) == ["taken_over", "take_over_undone"]
    assert team.lines(talk)[-1] == "Sam took the reply back, and the assistant answers again"
    (day,) = rows(MessageDaily)
    assert (day.by_agents, day.failed) == (0, 0)


def test_whoever_had_claimed_it_has_it_again(team: Team) -> None:
    claimed_at = NOON - MINUTE
    number = team.talk(claimed_by=team.ana.user_id, claimed_at=claimed_at)
    reply(team, number)
    assert now(number).claimed_by == team.sam.user_id
    do(undo.undo_take_over, team.sam, number)
    assert (now(number).claimed_by, now(number).claimed_at) == (team.ana.user_id, claimed_at)


def test_all_that_was_written_since_goes(team: Team, talk: int) -> None:
    clock.freeze(NOON + MINUTE)
    sent = [reply(team, talk, key=f"key-0000{number}") for number in range(2)]
    do(undo.undo_take_over, team.sam, talk)
    assert {message(number).status for number in sent} == {MessageStatus.CANCELLED}


def test_a_note_stays(team: Team, talk: int) -> None:
    reply(team, talk)
    kept = do(notes.add, team.sam, talk, "Wrong person", "note-key-1").id
    do(undo.undo_take_over, team.sam, talk)
    assert message(kept).direction is Direction.NOTE
    assert now(talk).last_preview == "Wrong person"


def test_a_timer_set_meanwhile_ends(team: Team, talk: int) -> None:
    reply(team, talk)
    do(auto_resume.set_timer, team.sam, talk, 60)
    do(undo.undo_take_over, team.sam, talk)
    assert now(talk).ai_resumes_at is None


def test_a_take_over_without_a_message_can_be_undone_too(team: Team, talk: int) -> None:
    do(conversations.take_over, team.sam, talk)
    do(undo.undo_take_over, team.sam, talk)
    assert now(talk).state is State.ASSISTANT


@pytest.mark.parametrize(
    "facts",
    [
        {"status": MessageStatus.SENDING, "attempts": 1},
        {"status": MessageStatus.QUEUED, "attempts": 1},  # Meta asked us to wait
        {"status": MessageStatus.DELIVERED, "attempts": 1},
        {"status": MessageStatus.UNKNOWN, "attempts": 1},
    ],
)
def test_what_is_out_stays_out(team: Team, talk: int, facts: dict[str, Any]) -> None:
    sent = reply(team, talk)
    team.set(Message, sent, **facts)
    with pytest.raises(Conflict, match="already on its way"):
        do(undo.undo_take_over, team.sam, talk)
    assert (now(talk).state, message(sent).status) == (State.HUMAN, facts["status"])


def test_if_one_of_two_is_out_both_stay(team: Team, talk: int) -> None:
    first, second = (reply(team, talk, key=f"key-0000{number}") for number in range(2))
    team.set(Message, first, status=MessageStatus.SENT, attempts=1)
    with pytest.raises(Conflict):
        do(undo.undo_take_over, team.sam, talk)
    assert message(second).status is MessageStatus.QUEUED


def test_one_that_failed_by_itself_does_not_hold_it_up(team: Team, talk: int) -> None:
    sent = reply(team, talk)
    team.set(Message, sent, status=MessageStatus.FAILED, attempts=1, error="Meta said no.")
    do(undo.undo_take_over, team.sam, talk)
    assert (now(talk).state, message(sent).error) == (State.ASSISTANT, "Meta said no.")


def test_the_sender_and_the_undo_never_both_win(team: Team, talk: int) -> None:
    sent = reply(team, talk)
    results = team.at_once(
        lambda: len(do(outbox.claim, 10)),
        lambda: do(undo.undo_take_over, team.sam, talk),
    )
    undone = not isinstance(results[1], Conflict)
    assert results[0] == (0 if undone else 1)
    expected = MessageStatus.CANCELLED if undone else MessageStatus.SENDING
    assert message(sent).status is expected
    assert now(talk).state is (State.ASSISTANT if undone else State.HUMAN)


# ---- the moment in which it can be taken back


def test_what_stops_the_assistant_is_held(team: Team, talk: int, hold: timedelta) -> None:
    sent = reply(team, talk)
    assert do(undo.seconds_left, team.sam, talk) == 5
    clock.freeze(NOON + hold - timedelta(seconds=1))
    assert (do(outbox.claim, 10), do(undo.seconds_left, team.sam, talk)) == ([], 1)
    assert do(outbox.next_due) == NOON + hold
    clock.freeze(NOON + hold)
    assert [each.message_id for each in do(outbox.claim, 10)] == [sent]
    assert do(undo.seconds_left, team.sam, talk) == 0


def test_what_follows_waits_behind_it_and_goes_with_it(
    team: Team, talk: int, hold: timedelta
) -> None:
    sent = [reply(team, talk, text, key=f"key-{text}") for text in ("First words", "More words")]
    assert do(outbox.claim, 10) == []
    assert do(undo.undo_take_over, team.sam, talk) == "First words\nMore words"
    assert {message(number).status for number in sent} == {MessageStatus.CANCELLED}


def test_a_person_who_answers_already_is_not_held(team: Team, held: int, hold: timedelta) -> None:
    sent = reply(team, held)
    assert [each.message_id for each in do(outbox.claim, 10)] == [sent]
    assert do(undo.seconds_left, team.sam, held) == 0


@pytest.mark.parametrize(("left", "waits"), [(30, 5), (8, 3), (5, 0), (2, 0)])
def test_the_window_does_not_close_on_a_held_one(
    team: Team, hold: timedelta, left: int, waits: int
) -> None:
    number = team.talk(window_ends_at=NOON + timedelta(seconds=left))
    sent = reply(team, number)
    assert message(sent).next_attempt_at == NOON + timedelta(seconds=waits)


def test_the_thread_says_that_it_was_taken_back(team: Team, talk: int) -> None:
    reply(team, talk, "Wrong chat")
    do(undo.undo_take_over, team.sam, talk)
    with db.reading() as session:
        items = thread.thread(session, team.ana, talk).items
    (line,) = [item for item in items if item.text == "Wrong chat"]
    assert (line.tick_label, line.failed) == ("Taken back, not sent", False)
    assert line.problem == "Taken back, not sent."


def test_a_templates_words_do_not_come_back(team: Team, talk: int) -> None:
    sent = reply(team, talk)
    with db.transaction() as session:
        session.get_one(Message, sent).kind = "template"
    assert do(undo.undo_take_over, team.sam, talk) == ""


def test_only_colleagues_may_ask_how_long(team: Team, talk: int) -> None:
    reply(team, talk)
    assert do(undo.seconds_left, team.ana, talk) == 0
    with pytest.raises(NotFound):
        do(undo.seconds_left, team.stranger, talk)


AFTERWARDS: list[Callable[[Team, int], Any]] = [
    lambda team, number: do(conversations.take_over, team.ana, number),
    lambda team, number: do(conversations.resume_ai, team.sam, number),
    lambda team, number: do(conversations.close, team.sam, number),
    lambda team, number: do(conversations.release, team.sam, number),
    lambda team, number: do(undo.undo_take_over, team.sam, number),
]


@pytest.mark.parametrize("step", AFTERWARDS)
def test_once_things_moved_on_there_is_nothing_to_undo(
    team: Team, talk: int, step: Callable[[Team, int], Any]
) -> None:
    reply(team, talk)
    step(team, talk)
    before = now(talk)
    with pytest.raises(Conflict, match="no take-over of yours"):
        do(undo.undo_take_over, team.sam, talk)
    assert now(talk) == before


@pytest.mark.parametrize("state", [State.NEEDS_HUMAN, State.HUMAN, State.CLOSED])
def test_only_a_take_over_from_the_assistant(team: Team, state: State) -> None:
    number = team.talk(state=state)
    reply(team, number)
    with pytest.raises(Conflict, match="no take-over of yours"):
        do(undo.undo_take_over, team.sam, number)


def test_only_ones_own(team: Team, talk: int) -> None:
    sent = reply(team, talk)
    with pytest.raises(Conflict):
        do(undo.undo_take_over, team.ana, talk)
    with pytest.raises(NotFound):
        do(undo.undo_take_over, team.stranger, talk)
    assert message(sent).status is MessageStatus.QUEUED


def test_where_nothing_ever_happened(team: Team) -> None:
    number = team.talk()
    with pytest.raises(Conflict):
        do(undo.undo_take_over, team.sam, number)


def test_the_same_message_sent_again_counts_anew(team: Team, talk: int) -> None:
    reply(team, talk)
    do(undo.undo_take_over, team.sam, talk)
    again = reply(team, talk, key="key-00002")
    assert message(again).status is MessageStatus.QUEUED
    assert now(talk).state is State.HUMAN
