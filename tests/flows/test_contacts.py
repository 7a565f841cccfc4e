"""The settings Match contacts and Auto-create contacts take effect on the next message."""

import pytest

from illumichat_app import db
from models import Channel, Contact, CustomerIdentity
from tests.flows.stack import Stack, conversation, rows

pytestmark = pytest.mark.anyio


def switch(stack: Stack, *, match: bool, create: bool) -> None:
    with db.transaction() as session:
        row = session.get_one(Channel, stack.channel.id)
        row.match_contacts, row.auto_create_contacts = match, create


async def test_contacts_follow_the_settings(stack: Stack) -> None:
    with db.transaction() as session:
        session.add(Contact(workspace_id=stack.workspace.id, name="Lucía M.", phone="34612555014"))
    stack.says("First")
    await stack.settle()
    assert conversation().contact_id is None
    switch(stack, match=True, create=False)
    stack.says("Second")
    stack.says("I am new", customer="tomasz")
    await stack.settle()
    lucia, tomasz = rows(CustomerIdentity)
    assert (lucia.contact_id, tomasz.contact_id) == (rows(Contact)[0].id, None)
    switch(stack, match=True, create=True)
    stack.says("Me again", customer="tomasz")
    await stack.settle()
    made = rows(Contact)[-1]
    assert (made.name, made.phone) == ("Tomasz Kowal", "48512555210")
    assert rows(CustomerIdentity)[-1].contact_id == made.id
