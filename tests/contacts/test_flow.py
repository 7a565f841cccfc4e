"""A contact that a person added is found when its customer writes, in any form of the number."""

import json

import pytest

from domain import contact_edit, contact_list
from illumichat_app import db
from models import Channel, Contact, CustomerIdentity
from tests import payloads
from tests.flows.conftest import stack
from tests.flows.stack import Stack, apply_events, conversation, rows

__all__ = ["stack"]

pytestmark = pytest.mark.anyio


@pytest.fixture
async def matching(stack: Stack) -> Stack:
    with db.transaction() as session:
        session.get_one(Channel, stack.channel.id).match_contacts = True
    return stack


async def test_a_customer_from_brazil_is_linked(matching: Stack) -> None:
    with db.transaction() as session:
        given = {"name": "Bruna Alves", "phone": "+55 11 8765-4321", "email": ""}
        added = contact_edit.save(session, matching.sam, 0, **given)
    # Meta names the customer by the form with the ninth digit.
    payload = json.dumps(payloads.load("07_brazil"))
    for written in ("5511900000001", "551190000001"):
        payload = payload.replace(written, "5511987654321")
    assert await matching.deliver(json.loads(payload)) == 200
    apply_events()
    (identity,) = rows(CustomerIdentity)
    assert identity.wa_id == "5511987654321"
    assert (identity.contact_id, conversation().contact_id) == (added, added)
    with db.reading() as session:
        (row,) = contact_list.page(session, matching.sam, "+55 11 98765 4321").rows
        detail = contact_list.detail(session, matching.sam, added)
    assert (row.conversations, row.title) == (1, "Bruna Alves")
    assert [talk.id for talk in detail.talks] == [conversation().id]
    assert len(rows(Contact)) == 1
