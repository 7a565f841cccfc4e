"""Which contact a customer is, in every form of a number."""

import pytest

from domain import contacts
from illumichat_app import db
from models import Channel, Contact, CustomerIdentity
from tests import factories
from tests.connecting.conftest import Shop
from tests.flows.stack import rows

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("5511987654321", {"5511987654321", "551187654321"}),
        ("551187654321", {"5511987654321", "551187654321"}),
        ("551132654321", {"551132654321"}),  # a landline has no ninth digit
        ("5215512345678", {"5215512345678", "525512345678"}),
        ("525512345678", {"5215512345678", "525512345678"}),
        ("5491123456789", {"5491123456789", "541123456789"}),
        ("541123456789", {"5491123456789", "541123456789"}),
        ("34612555014", {"34612555014"}),
        ("390612345678", {"390612345678"}),  # Italy keeps its zero
        ("447946099100", {"447946099100"}),
        ("55", {"55"}),
        ("no number", {"no number"}),
    ],
)
def test_the_forms_of_a_number(digits: str, expected: set[str]) -> None:
    assert contacts.forms(digits) == expected


@pytest.fixture
def channel(shop: Shop) -> Channel:
    with db.transaction() as session:
        return factories.channel(session, shop.workspace, shop.assistant)


def contact(shop: Shop, phone: str | None, name: str = "Ana Prado") -> int:
    with db.transaction() as session:
        made = Contact(workspace_id=shop.workspace.id, name=name, phone=phone)
        session.add(made)
        session.flush()
        return made.id


def linked(channel: Channel, *, create: bool = False, match: bool = True, **ids: object) -> object:
    """A customer with these ids writes; returns the contact they are linked to."""
    with db.transaction() as session:
        row = session.get_one(Channel, channel.id)
        row.match_contacts, row.auto_create_contacts = match, create
        identity = CustomerIdentity(
            workspace_id=row.workspace_id, channel_id=row.id, **{"wa_id": "551187654321"} | ids
        )
        session.add(identity)
        session.flush()
        found = contacts.link(session, row, identity)
        assert (found.id if found else None) == identity.contact_id or not match
        return identity.contact_id


async def test_a_number_with_the_ninth_digit_is_the_same_person(
    shop: Shop, channel: Channel
) -> None:
    assert linked(channel) is None
    known = contact(shop, "5511987654321")
    assert linked(channel, wa_id="5511987654321") == known
    assert contact(shop, "5511987654321", "Later copy") != known
    with db.reading() as session:
        found = contacts.by_phone(session, shop.workspace.id, "551187654321")
        assert found is not None
        assert found.id == known


async def test_without_matching_nobody_is_linked(shop: Shop, channel: Channel) -> None:
    contact(shop, "551187654321")
    assert linked(channel, match=False, create=True) is None


async def test_a_contact_of_another_workspace_is_not_found(shop: Shop, channel: Channel) -> None:
    contact(shop, "551187654321")
    with db.reading() as session:
        assert contacts.by_phone(session, shop.workspace.id + 1, "551187654321") is None


async def test_somebody_new_is_created_only_when_set(shop: Shop, channel: Channel) -> None:
    assert linked(channel, wa_id="34612555014", profile_name="Lucía") is None
    assert rows(Contact) == []
    made = linked(channel, create=True, profile_name="Ana")
    (row,) = rows(Contact)
    assert (row.id, row.name, row.phone) == (made, "Ana", "551187654321")
    assert row.workspace_id == shop.workspace.id


async def test_a_hidden_number_is_created_but_never_matched(shop: Shop, channel: Channel) -> None:
    contact(shop, None, "Somebody without a number")
    hidden = {"wa_id": None, "bsuid": "BR.1", "username": "ana.p"}
    made = linked(channel, create=True, **hidden)
    assert rows(Contact)[-1].id == made
    assert (rows(Contact)[-1].name, rows(Contact)[-1].phone) == ("ana.p", None)


async def test_a_link_that_exists_stays(shop: Shop, channel: Channel) -> None:
    other = contact(shop, "34612555014", "Chosen by a person")
    contact(shop, "551187654321")
    assert linked(channel, contact_id=other) == other
