"""Words that agents use again."""

from typing import Any

import pytest

from domain import saved_replies
from domain.saved_replies import Saved
from illumichat_app import db
from illumichat_app.errors import Conflict, Invalid, NotAllowed, NotFound
from models import Contact, Conversation, CustomerIdentity, SavedReply
from tests.flows.stack import rows
from tests.handling.conftest import Team, do


def save(team: Team, shortcut: str, text: str = "Hello", actor: Any = None, **of: Any) -> Saved:
    return do(saved_replies.save, actor or team.sam, shortcut=shortcut, text=text, **of)


def found(team: Team, words: str = "", actor: Any = None) -> list[str]:
    with db.reading() as session:
        return [one.shortcut for one in saved_replies.search(session, actor or team.sam, words)]


def test_they_are_found_by_shortcut_first_and_then_by_words(team: Team) -> None:
    save(team, "hours", "We are open from 9 to 17.")
    save(team, "delivery", "Parcels take 2 working days, within opening hours.")
    save(team, "thanks", "Thank you!")
    assert found(team) == ["delivery", "hours", "thanks"]
    assert found(team, "/ho") == found(team, "HOURS") == ["hours", "delivery"]
    assert found(team, "100%") == []
    assert found(team, actor=team.stranger) == []


def test_no_more_than_a_page_is_read(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_replies, "MOST_SHOWN", 2)
    for number in range(3):
        save(team, f"reply-{number}")
    assert found(team) == ["reply-0", "reply-1"]


@pytest.mark.parametrize("shortcut", ["a", "free-returns-2", "/hours", " hours ", "x" * 32])
def test_a_good_shortcut(team: Team, shortcut: str) -> None:
    assert save(team, shortcut).shortcut == shortcut.strip().removeprefix("/")


@pytest.mark.parametrize("shortcut", ["", "/", "Hours", "öffnung", "a b", "x" * 33, "a_b", "a\n"])
def test_a_bad_shortcut(team: Team, shortcut: str) -> None:
    if shortcut == "a\n":
        shortcut = "a\nb"
    with pytest.raises(Invalid, match="1 to 32 characters"):
        save(team, shortcut)
    assert rows(SavedReply) == []


@pytest.mark.parametrize(
    ("text", "match"), [(" \x00", "Write the words"), ("x" * 4097, "at most 4096 characters")]
)
def test_bad_words(team: Team, text: str, match: str) -> None:
    with pytest.raises(Invalid, match=match):
        save(team, "hours", text)


def test_a_shortcut_is_there_once_in_a_workspace(team: Team) -> None:
    save(team, "hours")
    other = save(team, "thanks")
    with pytest.raises(Conflict, match="already a saved reply /hours"):
        save(team, "hours", "Another")
    with pytest.raises(Conflict):
        save(team, "hours", saved_reply_id=other.id)
    save(team, "hours", actor=team.stranger)
    assert [row.text for row in rows(SavedReply)] == ["Hello", "Hello", "Hello"]


def test_of_two_at_once_one_is_kept(team: Team) -> None:
    results = team.at_once(*(lambda: save(team, "hours") for _ in range(2)))
    assert sorted(type(result) is Conflict for result in results) == [False, True]
    assert len(rows(SavedReply)) == 1


def test_its_maker_and_an_admin_change_it(team: Team) -> None:
    made = save(team, "hours")
    save(team, "open", "From 9", saved_reply_id=made.id)
    changed = save(team, "open", "From 10", actor=team.ana, saved_reply_id=made.id)
    assert changed == Saved(made.id, "open", "From 10", may_change=True)
    do(saved_replies.delete, team.ana, made.id)
    assert rows(SavedReply) == []


def test_other_agents_only_use_it(team: Team) -> None:
    made = save(team, "hours")
    with pytest.raises(NotAllowed, match="Only an admin or the person who made"):
        save(team, "mine", actor=team.lee, saved_reply_id=made.id)
    with pytest.raises(NotAllowed):
        do(saved_replies.delete, team.lee, made.id)
    with db.reading() as session:
        assert [one.may_change for one in saved_replies.search(session, team.lee)] == [False]


@pytest.mark.parametrize("number", [0, -1, 2**70, 999])
def test_one_that_is_not_there(team: Team, number: int) -> None:
    talk = team.talk()
    for change in (
        lambda: do(saved_replies.delete, team.ana, number),
        lambda: save(team, "hours", saved_reply_id=number),
        lambda: do(saved_replies.fill, team.ana, talk, number),
    ):
        with pytest.raises(NotFound):
            change()


def test_a_stranger_reaches_none(team: Team) -> None:
    made, talk = save(team, "hours"), team.talk()
    with pytest.raises(NotFound):
        do(saved_replies.delete, team.stranger, made.id)
    with pytest.raises(NotFound):
        do(saved_replies.fill, team.stranger, talk, made.id)


def filled(team: Team, text: str, *, profile: str | None, contact: str = "") -> str:
    talk, made = team.talk(), save(team, "hours", text)
    with db.transaction() as session:
        row = session.get_one(Conversation, talk)
        session.get_one(CustomerIdentity, row.identity_id).profile_name = profile
        if contact:
            person = Contact(workspace_id=row.workspace_id, name=contact)
            session.add(person)
            session.flush()
            row.contact_id = person.id
    return do(saved_replies.fill, team.sam, talk, made.id)


@pytest.mark.parametrize(
    ("text", "profile", "contact", "words"),
    [
        ("Hi {first_name}, {agent} here.", "Lucía Marín", "", "Hi Lucía, Sam Okafor here."),
        ("Dear {name}", "lu", "Lucía Marín", "Dear Lucía Marín"),
        ("Hello {first_name}, good day", None, "", "Hello, good day"),
        ("{first_name} hello", None, "", "hello"),
        ("Hello {first_name}", "{agent}", "", "Hello {agent}"),
        ("Order {order}, {0} and {}", "Lucía", "", "Order {order}, {0} and {}"),
    ],
)
def test_placeholders_are_filled_in(
    team: Team, text: str, profile: str | None, contact: str, words: str
) -> None:
    assert filled(team, text, profile=profile, contact=contact) == words
