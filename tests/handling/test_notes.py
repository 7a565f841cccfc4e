"""Internal notes and the colleagues they name."""

from typing import Any

import pytest

from domain import mentions, notes, outbox, transcript, unread
from domain.mentions import Mentioned
from illumichat_app import clock, db
from illumichat_app.errors import Invalid, NotAllowed, NotFound
from models import (
    Author,
    Conversation,
    Direction,
    Mention,
    Message,
    MessageDaily,
    MessageStatus,
    State,
    User,
)
from tests import factories
from tests.conftest import NOON
from tests.flows.stack import rows
from tests.handling.conftest import HOUR, MINUTE, Team, do, kinds, now

KEY = "note-key-1"


def note(team: Team, number: int, text: str = "He is a regular", key: str = KEY) -> Message:
    return do(notes.add, team.sam, number, text, key)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("window_ends_at", [NOON + HOUR, NOON - HOUR, None])
def test_a_note_is_possible_everywhere_and_changes_nothing_else(
    team: Team, state: State, window_ends_at: Any
) -> None:
    number = team.talk(state=state, window_ends_at=window_ends_at, needs_reply=True)
    before = now(number)
    made = note(team, number)
    assert (made.direction, made.author, made.user_id) == (
        Direction.NOTE,
        Author.AGENT,
        team.sam.user_id,
    )
    after = now(number)
    for name in ("state", "claimed_by", "window_ends_at", "needs_reply", "unread", "inbound_count"):
        assert getattr(after, name) == getattr(before, name)
    assert (after.last_preview, after.last_at) == ("He is a regular", NOON)
    assert kinds(number) == []
    assert rows(MessageDaily) == []


def test_no_lane_takes_it(team: Team) -> None:
    note(team, team.talk())
    assert do(outbox.claim, 10) == []
    with db.reading() as session:
        assert outbox.next_due(session) is None


def test_the_model_does_not_read_it(team: Team) -> None:
    number = team.talk()
    team.says(number, "Where is it?")
    note(team, number)
    with db.reading() as session:
        said = transcript.read(session, session.get_one(Conversation, number))
    assert [turn.text for turn in said.turns] == ["Where is it?"]


def test_the_same_key_is_the_same_note(team: Team) -> None:
    number = team.talk()
    first = note(team, number)
    assert note(team, number, "Changed my mind").id == first.id
    assert [row.text for row in rows(Message)] == ["He is a regular"]


def test_a_double_click_is_one_note(team: Team) -> None:
    number = team.talk()
    click = lambda: note(team, number, "@Ana look").id  # noqa: E731
    assert len(set(team.at_once(click, click, click))) == 1
    assert (len(rows(Message)), len(rows(Mention))) == (1, 1)


def test_a_reply_with_the_same_key_is_not_taken_for_it(team: Team) -> None:
    number = team.talk()
    note(team, number)
    do(outbox.queue_text, team.sam, number, "Hello", KEY)
    assert [row.direction for row in rows(Message)] == [Direction.NOTE, Direction.OUT]


@pytest.mark.parametrize(
    ("text", "key", "match"),
    [
        ("", KEY, "Write something"),
        (" \x00 ", KEY, "Write something"),
        (None, KEY, "Write something"),
        ("x" * 4097, KEY, "at most 4096 characters; this has 4097"),
        ("Fine", "short", "Reload"),
        ("Fine", None, "Reload"),
    ],
)
def test_what_is_no_note_is_refused(team: Team, text: Any, key: Any, match: str) -> None:
    number = team.talk()
    with pytest.raises(Invalid, match=match):
        note(team, number, text, key)
    assert rows(Message) == []


def test_a_stranger_writes_none(team: Team) -> None:
    number = team.talk()
    with pytest.raises(NotFound):
        do(notes.add, team.stranger, number, "Hello", KEY)


# ---- changing one's own


def test_ones_own_note_can_be_changed(team: Team) -> None:
    number = team.talk()
    made = note(team, number, "@Ana look")
    clock.freeze(NOON + MINUTE)
    do(notes.edit, team.sam, made.id, " @Sam Lee look ")
    (row,) = rows(Message)
    assert (row.text, row.edited_at) == ("@Sam Lee look", NOON + MINUTE)
    assert now(number).last_preview == "@Sam Lee look"
    assert [mention.user_id for mention in rows(Mention)] == [team.lee.user_id]


def test_a_change_that_changes_nothing_leaves_no_mark(team: Team) -> None:
    made = note(team, team.talk())
    do(notes.edit, team.sam, made.id, "He is a regular")
    assert rows(Message)[0].edited_at is None


def test_a_deleted_note_leaves_a_line_and_the_list_as_it_was(team: Team) -> None:
    number = team.talk()
    team.says(number, "Where is it?", sent_at=NOON - HOUR)
    made = note(team, number, "@Ana look")
    do(notes.delete, team.sam, made.id)
    assert [row.text for row in rows(Message)] == ["Where is it?"]
    assert rows(Mention) == []
    row = now(number)
    assert (row.last_preview, row.last_author) == ("Where is it?", Author.CUSTOMER)
    assert row.last_at == NOON - HOUR
    assert team.lines(number) == ["Sam deleted an internal note"]


def test_the_list_says_so_when_the_line_below_was_deleted(team: Team) -> None:
    number = team.talk()
    earlier = team.says(number, "Oops", sent_at=NOON - HOUR)
    team.set(Message, earlier, deleted_at=NOON)
    do(notes.delete, team.sam, note(team, number).id)
    assert now(number).last_preview == "Message deleted"


def test_the_only_line_leaves_an_empty_one(team: Team) -> None:
    number = team.talk()
    do(notes.delete, team.sam, note(team, number).id)
    assert now(number).last_preview == ""


CHANGES = [
    lambda session, actor, number: notes.edit(session, actor, number, "Changed"),
    notes.delete,
]


@pytest.mark.parametrize("change", CHANGES)
def test_not_even_an_admin_changes_anothers_note(team: Team, change: Any) -> None:
    made = note(team, team.talk())
    with pytest.raises(NotAllowed, match="Only the person who wrote"):
        do(change, team.ana, made.id)
    with pytest.raises(NotFound):
        do(change, team.stranger, made.id)
    assert rows(Message)[0].text == "He is a regular"


@pytest.mark.parametrize("change", CHANGES)
def test_a_message_of_the_customer_is_no_note(team: Team, change: Any) -> None:
    message = team.says(team.talk())
    with pytest.raises(NotFound):
        do(change, team.sam, message)


# ---- mentions


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@Ana can you look?", {"ana"}),
        ("Ask @ana ruiz.", {"ana"}),
        ("(@ANA)", {"ana"}),
        ("@Sam Okafor", {"sam"}),
        ("@Sam  Lee and @Ana", {"lee", "ana"}),
        ("@Sam", {"sam", "lee"}),
        ("@Samuel", set()),
        ("mail@ana", set()),
        ("Ana", set()),
        ("@ Ana", set()),
        ("@Kim Vale", set()),
        ("@{local}", {"ana"}),
        ("@{local}x", set()),
    ],
)
def test_whom_a_note_names(team: Team, text: str, named: set[str]) -> None:
    local = rows(User, id=team.ana.user_id)[0].email.partition("@")[0]
    with db.reading() as session:
        found = mentions.named_in(session, team.lee, text.format(local=local))
    assert found == {getattr(team, name).user_id for name in named}


def test_who_writes_is_not_told(team: Team) -> None:
    note(team, team.talk(), "@Sam and @Ana")
    assert {row.user_id for row in rows(Mention)} == {team.ana.user_id, team.lee.user_id}


def waiting(team: Team, actor: Any) -> list[Mentioned]:
    with db.reading() as session:
        found = mentions.unread(session, actor)
        assert mentions.count(session, actor) == len(found)
    return found


def test_a_mention_waits_until_its_conversation_is_opened(team: Team) -> None:
    number = team.talk(title="Lucía Marín")
    made = note(team, number, "@Ana can you look?")
    expected = Mentioned(
        conversation_id=number,
        message_id=made.id,
        title="Lucía Marín",
        author="Sam Okafor",
        text="@Ana can you look?",
        time="now",
        time_iso=NOON.isoformat(),
    )
    assert waiting(team, team.ana) == [expected]
    do(unread.mark_read, team.lee, number)
    assert waiting(team, team.ana) == [expected]
    do(unread.mark_read, team.ana, number)
    assert waiting(team, team.ana) == []
    assert rows(Mention)[0].seen_at == NOON


def test_an_edit_does_not_tell_again_who_has_seen_it(team: Team) -> None:
    number = team.talk()
    made = note(team, number, "@Ana look")
    do(unread.mark_read, team.ana, number)
    do(notes.edit, team.sam, made.id, "@Ana look again")
    assert waiting(team, team.ana) == []


def test_newest_first_and_in_this_workspace_only(team: Team) -> None:
    number = team.talk()
    for at in (1, 2):
        note(team, number, f"@Ana {at}", f"note-key-{at}")
    with db.transaction() as session:
        place = factories.workspace(session, "Second Shop")
        elsewhere = type(team.ana)(team.ana.user_id, place.id, team.ana.role, team.ana.name)
    assert [found.text for found in waiting(team, team.ana)] == ["@Ana 2", "@Ana 1"]
    assert waiting(team, elsewhere) == []


def test_a_note_is_received_never_queued(team: Team) -> None:
    assert note(team, team.talk()).status is MessageStatus.RECEIVED
