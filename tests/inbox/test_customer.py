"""The contact of a conversation's customer: made, linked, changed, let go."""

import pytest

from domain import customer_contact, thread
from domain.contact_edit import PhoneTaken
from domain.contact_fields import InvalidContact
from domain.customer_contact import Draft
from illumichat_app.errors import Conflict, NotFound
from models import Contact, Conversation, CustomerIdentity
from tests.inbox.conftest import Desk

PHONE = "34612555014"


@pytest.fixture
def talk(desk: Desk) -> Conversation:
    return desk.conversation(wa_id=PHONE)


def contact(desk: Desk, name: str, phone: str | None = None, workspace: int = 0) -> Contact:
    made = Contact(
        workspace_id=workspace or desk.channel.workspace_id,
        name=name,
        sort_name=name.lower(),
        phone=phone,
    )
    desk.session.add(made)
    desk.session.flush()
    return made


def linked(desk: Desk, talk: Conversation) -> tuple[int | None, int | None]:
    """Who the conversation and who its customer belong to."""
    desk.session.flush()
    return talk.contact_id, desk.session.get_one(CustomerIdentity, talk.identity_id).contact_id


def save(desk: Desk, talk: Conversation, name: str, phone: str = "", email: str = "") -> int:
    return customer_contact.save(
        desk.session, desk.sam, talk.id, name=name, phone=phone, email=email
    )


def test_what_whatsapp_tells_stands_in_the_fields(desk: Desk, talk: Conversation) -> None:
    draft = customer_contact.draft(desk.session, desk.sam, talk.id)
    assert draft == Draft(0, "Lucía Marín", "Lucía Marín", "+34 612 55 50 14", "")


def test_a_new_contact_is_linked(desk: Desk, talk: Conversation) -> None:
    made = save(desk, talk, "Lucía", "+34 612 55 50 14", "Lucia@Demo.test")
    assert linked(desk, talk) == (made, made)
    assert customer_contact.draft(desk.session, desk.sam, talk.id) == Draft(
        made, "Lucía", "Lucía", "+34 612 55 50 14", "lucia@demo.test"
    )
    details = thread.thread(desk.session, desk.ana, talk.id).details
    assert (details.contact, details.contact_name) == (made, "Lucía")
    assert dict(details.facts)["E-mail"] == "lucia@demo.test"


def test_a_linked_contact_is_changed_and_no_second_one_made(desk: Desk, talk: Conversation) -> None:
    made = save(desk, talk, "Lucía")
    assert save(desk, talk, "Lucía Marín Gil") == made
    assert desk.session.get_one(Contact, made).name == "Lucía Marín Gil"


def test_a_refused_contact_is_not_linked(desk: Desk, talk: Conversation) -> None:
    contact(desk, "Marta", PHONE)
    with pytest.raises(PhoneTaken, match="already the one of Marta"):
        save(desk, talk, "Lucía", "+34 612 55 50 14")
    with pytest.raises(InvalidContact, match="not a phone number"):
        save(desk, talk, "Lucía", "twelve")
    assert linked(desk, talk) == (None, None)


def test_linked_to_a_contact_and_let_go(desk: Desk, talk: Conversation) -> None:
    marta = contact(desk, "Marta")
    for _ in range(2):
        customer_contact.link(desk.session, desk.sam, talk.id, marta.id)
    assert linked(desk, talk) == (marta.id, marta.id)
    with pytest.raises(Conflict, match="Unlink that one first"):
        customer_contact.link(desk.session, desk.sam, talk.id, contact(desk, "Nora").id)
    for _ in range(2):
        customer_contact.unlink(desk.session, desk.sam, talk.id)
    assert linked(desk, talk) == (None, None)
    assert desk.session.get(Contact, marta.id) is marta


def test_a_contact_of_another_workspace_is_not_found(desk: Desk, talk: Conversation) -> None:
    theirs = contact(desk, "Theirs", workspace=desk.stranger.workspace_id)
    for number in (theirs.id, theirs.id + 9, 0, 2**70):
        with pytest.raises(NotFound):
            customer_contact.link(desk.session, desk.sam, talk.id, number)
    assert linked(desk, talk) == (None, None)


def test_a_stranger_finds_no_customer(desk: Desk, talk: Conversation) -> None:
    mine = contact(desk, "Mine")
    theirs = contact(desk, "Theirs", workspace=desk.stranger.workspace_id)
    session, who = desk.session, desk.stranger
    for attempt in (
        lambda: customer_contact.draft(session, who, talk.id),
        lambda: customer_contact.save(session, who, talk.id, name="X", phone="", email=""),
        lambda: customer_contact.link(session, who, talk.id, mine.id),
        lambda: customer_contact.link(session, who, talk.id, theirs.id),
        lambda: customer_contact.unlink(session, who, talk.id),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert linked(desk, talk) == (None, None)
