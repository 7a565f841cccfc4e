"""The contacts page, through the real guard and the real handlers."""

from typing import Any

import pytest

from illumichat_app import db
from models import Contact, Conversation
from state.contact_import import ContactImport
from state.contacts import ContactCard, ContactMerge, Contacts
from tests.accounts.conftest import _nobody_is_remembered, _quick_hashes
from tests.contacts.conftest import Browser, Shop, stored, titles
from tests.flows.stack import rows
from tests.security import pipeline

__all__ = ["_nobody_is_remembered", "_quick_hashes"]

pytestmark = pytest.mark.anyio


async def test_an_agent_adds_finds_and_edits(agent: Browser, shop: Shop) -> None:
    await agent.do(Contacts, "load")
    assert (agent.var(Contacts, "loaded"), agent.var(Contacts, "total") or 0) == (True, 0)
    await agent.do(ContactCard, "write_new")
    assert agent.var(ContactCard, "shown") is True
    await agent.save(name="Ana", phone="0034 612 55 50 14", email="")
    assert (agent.var(ContactCard, "shown"), titles(agent)) == (False, ["Ana"])
    assert "saved" in agent.told
    await agent.save(name="Ben", phone="", email="ben@x.test")
    await agent.do(Contacts, "search_for", words="+34 612")
    assert titles(agent) == ["Ana"]
    (row,) = agent.var(Contacts, "rows")
    await agent.do(ContactCard, "open", contact=row.id)
    assert agent.var(ContactCard, "contact").phone == "+34 612 55 50 14"
    await agent.save(name="Ana Prado", phone="+34 612 55 50 14", email="a@x.test")
    assert stored(row.id).name == "Ana Prado"


async def test_problems_stand_at_their_fields(agent: Browser, shop: Shop) -> None:
    await agent.do(ContactCard, "write_new")
    await agent.save(name="x", phone="612", email="nothing")
    assert "country code" in agent.var(ContactCard, "phone_problem")
    assert "e-mail" in agent.var(ContactCard, "email_problem")
    assert agent.var(ContactCard, "shown") is True
    assert rows(Contact) == []


async def test_a_taken_number_leads_to_its_contact(agent: Browser, shop: Shop) -> None:
    known = shop.contact("Ana", "+55 11 98765-4321")
    await agent.do(ContactCard, "write_new")
    await agent.do(ContactCard, "open_taken")
    assert not agent.var(ContactCard, "contact").id
    await agent.save(name="Copy", phone="+55 11 8765 4321", email="")
    assert "already the one of Ana" in agent.var(ContactCard, "phone_problem")
    await agent.do(ContactCard, "open_taken")
    assert agent.var(ContactCard, "contact").id == known
    assert agent.var(ContactCard, "phone_problem") == ""
    await agent.do(ContactCard, "close", shown=False)
    assert agent.var(ContactCard, "shown") is False


async def test_a_long_list_is_read_in_pages_and_stays_bounded(agent: Browser, shop: Shop) -> None:
    with db.transaction() as session:
        for number in range(620):
            name = f"{number:04}"
            session.add(Contact(workspace_id=shop.place.id, name=name, sort_name=name))
    await agent.do(Contacts, "load")
    for _ in range(9):
        await agent.do(Contacts, "more")
    assert (len(titles(agent)), agent.var(Contacts, "total")) == (500, 620)
    await agent.do(Contacts, "more")
    assert (len(titles(agent)), titles(agent)[0]) == (50, "0500")
    assert agent.var(Contacts, "at_top") is False
    for _ in range(4):
        await agent.do(Contacts, "more")
    assert (titles(agent)[-1], agent.var(Contacts, "has_more")) == ("0619", False)
    await agent.do(Contacts, "to_top")
    assert (titles(agent)[0], agent.var(Contacts, "at_top")) == ("0000", True)


async def test_an_admin_merges_two_chosen_rows(admin: Browser, shop: Shop) -> None:
    ana, copy = shop.contact("Ana", "+34 612 55 50 14"), shop.contact("Ana Prado")
    other = shop.contact("Ben")
    await admin.do(ContactMerge, "start")
    assert not admin.var(ContactMerge, "shown")
    for each in (ana, other, copy):
        await admin.do(Contacts, "pick", contact=each, chosen=True)
    assert admin.var(Contacts, "picked") == [ana, copy]
    await admin.do(ContactMerge, "start")
    await admin.do(ContactMerge, "choose", field="name", side="gone")
    await admin.do(ContactMerge, "choose", field="phone", side="gone")  # nothing to choose
    await admin.do(ContactMerge, "merge")
    assert [(row.id, row.name) for row in rows(Contact)] == [(ana, "Ana Prado"), (other, "Ben")]
    assert stored(ana).phone == "34612555014"
    assert (admin.var(ContactMerge, "shown"), titles(admin)) == (False, ["Ana Prado", "Ben"])


async def test_an_admin_merges_from_the_dialog(admin: Browser, shop: Shop) -> None:
    ana, copy = shop.contact("Ana"), shop.contact("Ana Prado")
    await admin.do(ContactCard, "open", contact=ana)
    await admin.do(ContactMerge, "start_with")
    assert [row.id for row in admin.var(ContactMerge, "found")] == [copy]
    await admin.do(ContactMerge, "merge")
    assert len(rows(Contact)) == 2
    await admin.do(ContactMerge, "search_for", words="nobody")
    assert admin.var(ContactMerge, "found") == []
    await admin.do(ContactMerge, "choose_other", contact=ana)
    assert "itself" in admin.var(ContactMerge, "problem")
    await admin.do(ContactMerge, "choose_other", contact=copy)
    await admin.do(ContactMerge, "merge")
    assert [row.id for row in rows(Contact)] == [ana]


async def test_an_admin_deletes(admin: Browser, shop: Shop) -> None:
    await admin.do(ContactCard, "open", contact=shop.contact("Ana"))
    await admin.do(ContactCard, "delete")
    assert rows(Contact) == []
    assert "conversations stay" in admin.told


async def test_an_admin_erases(admin: Browser, shop: Shop) -> None:
    ana = shop.contact("Ana")
    shop.talk(ana)
    await admin.do(ContactCard, "open", contact=ana)
    await admin.do(ContactCard, "erase")
    assert rows(Contact) == []
    assert rows(Conversation) == []
    assert "is erased, with 0 messages" in admin.told


@pytest.mark.parametrize(
    ("state", "handler", "payload"),
    [
        (Contacts, "pick", {"contact": 1, "chosen": True}),
        (ContactCard, "delete", {}),
        (ContactCard, "erase", {}),
        (ContactMerge, "start", {}),
        (ContactMerge, "start_with", {}),
        (ContactMerge, "choose_other", {"contact": 1}),
        (ContactMerge, "merge", {}),
        (ContactImport, "ask", {"shown": True}),
        (ContactImport, "check", {}),
        (ContactImport, "run", {}),
        (ContactImport, "download_refused", {}),
    ],
)
async def test_an_agent_is_refused(
    agent: Browser, shop: Shop, state: Any, handler: str, payload: dict[str, Any]
) -> None:
    ana = shop.contact("Ana")
    await agent.do(ContactCard, "open", contact=ana)
    await agent.do(state, handler, **payload)
    assert "does not allow" in agent.told
    assert stored(ana) is not None


async def test_a_stranger_opens_and_merges_nothing(server: pipeline.Server, shop: Shop) -> None:
    ana = shop.contact("Ana canary")
    own = shop.contact("Kim", who=shop.stranger)
    tab = Browser(server, shop.stranger)
    await tab.do(Contacts, "load")
    await tab.do(ContactCard, "open", contact=ana)
    assert "not here any more" in tab.told
    for each in (own, ana):
        await tab.do(Contacts, "pick", contact=each, chosen=True)
    await tab.do(ContactMerge, "start")
    await tab.do(ContactMerge, "choose_other", contact=ana)
    await tab.do(ContactMerge, "merge")
    assert "canary" not in server.wire.text
    assert len(rows(Contact)) == 2
