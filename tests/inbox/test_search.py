from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from domain import customers, inbox, inbox_search, message_words
from illumichat_app.clock import now
from models import Contact, Conversation, CustomerIdentity, Direction, State
from tests import factories
from tests.inbox.conftest import Desk


def said(desk: Desk, words: str, **more: Any) -> list[str]:
    hits = inbox_search.messages(desk.session, desk.ana, words, **more)
    return ["".join(part.text for part in hit.parts) for hit in hits.rows]


def people(desk: Desk, words: str) -> list[str]:
    return [row.title for row in inbox.page(desk.session, desk.ana, "open", search=words).rows]


@pytest.fixture
def talk(desk: Desk) -> Conversation:
    return desk.conversation(title="Lucía Marín")


@pytest.mark.parametrize(
    ("words", "hit"),
    [
        ("parcel", True),
        ("PARCEL", True),
        ("parc", True),
        ("blue parcel", True),
        ("parcel blue", True),
        ("dirección", True),
        ("direccion", True),
        ("Lucía@post.example", True),
        ("example", True),
        ("42-17", True),
        ("arcel", False),
        ("parc blue", False),
        ("parcel green", False),
        ("green OR parcel", False),
        ("NOT green", False),
        ("words:parcel", False),
        ('"', False),
        ("'; DROP TABLE message; --", False),
        ("*", False),
        ("", False),
        ("😀", False),
    ],
)
def test_words_find_a_message(desk: Desk, talk: Conversation, words: str, hit: bool) -> None:
    factories.message(
        desk.session, talk, "My blue parcel, 42-17: nueva DIRECCIÓN. lucia@post.example 😀"
    )
    assert bool(said(desk, words)) is hit


def test_a_hit_says_who_when_where_and_marks_the_words(desk: Desk, talk: Conversation) -> None:
    long = "Well. " * 40 + "Your <b>PÁRCEL</b> is here. " + "Bye. " * 40
    facts = {"direction": Direction.NOTE, "user_id": desk.sam.user_id}
    note = factories.message(desk.session, talk, long, **facts)
    [hit] = inbox_search.messages(desk.session, desk.ana, "parcel").rows
    assert (hit.id, hit.conversation, hit.view, hit.title) == (
        note.id,
        talk.id,
        "open",
        "Lucía Marín",
    )
    assert (hit.author, hit.note, hit.time) == ("Sam", True, "now")
    assert [part.text for part in hit.parts if part.marked] == ["PÁRCEL"]
    whole = "".join(part.text for part in hit.parts)
    assert whole.startswith("…")
    assert whole.endswith("…")
    assert "<b>PÁRCEL</b> is here" in whole
    assert len(whole) < 140


def test_the_newest_come_first_and_pages_go_on(desk: Desk, talk: Conversation) -> None:
    for number in range(7):
        factories.message(desk.session, talk, f"parcel {number}")
    seen: list[str] = []
    before = None
    while True:
        hits = inbox_search.messages(desk.session, desk.ana, "parcel", before, limit=3)
        seen += ["".join(part.text for part in hit.parts) for hit in hits.rows]
        before = hits.next
        if before is None:
            break
    assert seen == [f"parcel {number}" for number in reversed(range(7))]


def test_an_edited_message_is_found_by_its_new_words(desk: Desk, talk: Conversation) -> None:
    row = factories.message(desk.session, talk, "Before")
    row.text = "After"
    desk.session.flush()
    assert (said(desk, "before"), said(desk, "after")) == ([], ["After"])


def test_a_deleted_message_is_not_found(desk: Desk, talk: Conversation) -> None:
    row = factories.message(desk.session, talk, "Secret")
    row.deleted_at = now()
    desk.session.flush()
    assert said(desk, "secret") == []
    desk.session.delete(row)
    desk.session.flush()
    other = factories.message(desk.session, talk, "Public")
    assert (said(desk, "secret"), said(desk, "public")) == ([], [other.text])


def test_a_status_leaves_the_words_alone(desk: Desk, talk: Conversation) -> None:
    row = factories.message(desk.session, talk, "Parcel")
    row.error, row.attempts = "Something", 3
    desk.session.flush()
    assert said(desk, "parcel") == ["Parcel"]


def test_a_foreign_workspace_finds_nothing(desk: Desk, talk: Conversation) -> None:
    factories.message(desk.session, talk, "Parcel w2x w2xparcel")
    assert inbox_search.messages(desk.session, desk.stranger, "parcel").rows == []
    assert inbox.page(desk.session, desk.stranger, "open", search="lucia").rows == []


@pytest.mark.parametrize(
    ("words", "hit"),
    [
        ("Lucía", True),
        ("lucia marin", True),
        ("mar", True),
        ("marin.l", True),
        ("@lucia.m", True),
        ("Harbour Café", True),
        ("orders@harbour.example", True),
        ("+34 612 55 50 14", True),
        ("0034612555014", True),
        ("(612) 555-014", True),
        ("0612555014", True),
        ("5550", True),
        ("+44 (0)20 7946 0991", True),
        ("98", False),
        ("998", False),
        ("Jorge", False),
        ("lucia jorge", False),
    ],
)
def test_people_are_found_however_they_are_written(desk: Desk, words: str, hit: bool) -> None:
    talk = desk.conversation(title="Lucía Marín", wa_id="34612555014", state=State.CLOSED)
    identity = desk.session.get_one(CustomerIdentity, talk.identity_id)
    identity.username = "lucia.marin.l"
    contact = Contact(
        workspace_id=talk.workspace_id,
        name="Harbour café",
        email="Orders@harbour.example",
        phone="442079460991",
    )
    desk.session.add(contact)
    desk.session.flush()
    talk.contact_id = identity.contact_id = contact.id
    desk.conversation(title="Noor Aziz", wa_id="31201234567")
    assert people(desk, words) == (["Lucía Marín"] if hit else [])


def test_a_new_name_replaces_the_old_one(desk: Desk) -> None:
    talk = desk.conversation(title="Lucía Marín")
    identity = desk.session.get_one(CustomerIdentity, talk.identity_id)
    identity.profile_name = "Olga Petrova"
    desk.session.flush()
    assert (people(desk, "lucia"), people(desk, "olga")) == ([], ["Lucía Marín"])


def test_a_merged_customer_is_found_once(desk: Desk) -> None:
    keep, gone = desk.conversation(title="Lucía"), desk.conversation(title="Lucía")
    factories.message(desk.session, gone, "Parcel")
    identities = [desk.session.get_one(CustomerIdentity, row.identity_id) for row in (keep, gone)]
    customers.merge(desk.session, keep=identities[0], gone=identities[1])
    assert people(desk, "lucia") == ["Lucía"]
    [hit] = inbox_search.messages(desk.session, desk.ana, "parcel").rows
    assert hit.conversation == keep.id


WORDS = st.one_of(
    st.text(max_size=200),
    st.text(alphabet="\"'*():^-+{}[]~&|!<>\\ aé1\x00\u0301\ud800😀", max_size=40),
    st.sampled_from(
        ["AND", "a AND", "NEAR(a b)", "a:b", "-a", '"a" *', "a" * 100_000, "+34", "٣٤٥"]
    ),
)
EXAMPLES = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@EXAMPLES
@given(words=WORDS)
def test_no_words_raise(desk: Desk, words: str) -> None:
    inbox_search.messages(desk.session, desk.ana, words)
    inbox.page(desk.session, desk.ana, "open", search=words)


@EXAMPLES
@given(said=st.text(max_size=80).filter(lambda words: "\x00" not in words), at=st.integers(0, 20))
def test_the_pieces_of_a_snippet_are_the_message(said: str, at: int) -> None:
    parts = inbox_search.snippet(said, (said.split() or [""])[at % max(1, len(said.split()))])
    assert "".join(part.text for part in parts).strip("…") in " ".join(said.split())


@EXAMPLES
@given(word=st.from_regex(r"[a-zA-Z0-9]{1,20}", fullmatch=True))
def test_a_message_is_found_by_each_of_its_words(desk: Desk, word: str) -> None:
    talk = desk.conversation()
    row = factories.message(desk.session, talk, f"So, ({word})!")
    found = inbox_search.messages(desk.session, desk.ana, word, limit=200).rows
    assert row.id in [hit.id for hit in found]


def test_very_long_words_are_stored_and_found(desk: Desk, talk: Conversation) -> None:
    factories.message(desk.session, talk, "x" * 5000 + " parcel")
    assert len(inbox_search.messages(desk.session, desk.ana, "parcel").rows) == 1


# ---- PostgreSQL fills its index after the commit


def test_a_message_is_found_before_and_after_it_is_in_the_index(desk: Desk, talk: Any) -> None:
    message = factories.message(desk.session, talk, "A blue parcel")
    for turn in range(2):
        assert (turn, said(desk, "blue")) == (turn, ["A blue parcel"])
        upkeep_fills(desk)
    message.text = "A green parcel"
    desk.session.flush()
    for turn in range(2):
        assert (turn, said(desk, "blue"), said(desk, "green")) == (turn, [], ["A green parcel"])
        upkeep_fills(desk)
    message.deleted_at = now()
    desk.session.flush()
    for turn in range(2):
        assert (turn, said(desk, "green")) == (turn, [])
        upkeep_fills(desk)


def test_pages_go_on_from_what_is_due_to_what_is_in_the_index(
    desk: Desk, talk: Conversation
) -> None:
    for number in range(4):
        factories.message(desk.session, talk, f"parcel {number}")
        if number == 1:
            upkeep_fills(desk)
    first = inbox_search.messages(desk.session, desk.ana, "parcel", limit=3)
    assert [hit.parts[-1].text for hit in first.rows] == [" 3", " 2", " 1"]
    assert said(desk, "parcel", before=first.next) == ["parcel 0"]


def test_older_ones_are_found_by_the_index_alone(
    desk: Desk, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_words, "MOST_DUE_SEARCHED", 0)
    factories.message(desk.session, talk, "parcel")
    by_triggers = desk.session.get_bind().dialect.name == "sqlite"
    assert bool(said(desk, "parcel")) is by_triggers
    upkeep_fills(desk)
    assert said(desk, "parcel") == ["parcel"]


def test_a_message_that_goes_leaves_no_word(desk: Desk, talk: Conversation) -> None:
    filled, due = (factories.message(desk.session, talk, "parcel") for _ in range(2))
    desk.session.flush()
    upkeep_fills(desk)
    due.text = "parcels"
    desk.session.flush()
    for message in (filled, due):
        desk.session.delete(message)
    desk.session.flush()
    upkeep_fills(desk)
    assert said(desk, "parcel") == []
    if desk.session.get_bind().dialect.name == "postgresql":
        for table in ("message_words", "message_words_due"):
            assert desk.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


def upkeep_fills(desk: Desk) -> None:
    message_words.fill(desk.session)
