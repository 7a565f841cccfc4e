"""The contacts page, through the real guard and the real handlers."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import reflex as rx
from reflex_base.utils.format import format_event_handler
from reflex_components_core.core._upload import UploadChunk, UploadChunkIterator

from domain import contact_files, contact_import
from domain.access import Actor
from illumichat_app import db
from illumichat_app.errors import NotAllowed
from models import AuditEntry, Contact, Conversation
from state import contact_import as contact_import_state
from state.contact_import import ContactImport
from state.contacts import ContactCard, ContactMerge, Contacts
from tests.accounts.conftest import Team, _nobody_is_remembered, _quick_hashes
from tests.contacts.conftest import Shop, stored
from tests.flows.stack import rows
from tests.security import pipeline

__all__ = ["_nobody_is_remembered", "_quick_hashes"]

pytestmark = pytest.mark.anyio


class Browser:
    """A tab at the contacts page."""

    def __init__(self, server: pipeline.Server, who: Actor) -> None:
        self.server = server
        self.tab = server.tab(Team(who, who, who).signed_in(who), "/contacts/")

    async def do(self, state: Any, handler: str, **payload: Any) -> list[BaseException]:
        name = format_event_handler(state.event_handlers[handler])
        return await self.tab.send(name, **payload)

    async def save(self, **form: str) -> None:
        await self.do(ContactCard, "save", form_data=form)

    async def upload(self, data: bytes, name: str = "people.csv") -> list[BaseException]:
        chunks = UploadChunkIterator(maxsize=100)
        for at in range(0, len(data), 1 << 20):
            part = data[at : at + (1 << 20)]
            await chunks.push(
                UploadChunk(filename=name, offset=at, content_type="text/csv", data=part)
            )
        await chunks.finish()
        return await self.do(ContactImport, "upload", chunks=chunks)

    def var(self, state: type[rx.State], name: str) -> Any:
        """The value the browser saw last."""
        own = state.get_full_name().rpartition(".")[2]
        return self.server.wire.var_values.get(f"{own}.{name}_rx_state_")

    @property
    def told(self) -> str:
        return self.server.wire.events[-1] if self.server.wire.events else ""


@pytest.fixture
async def server() -> AsyncIterator[pipeline.Server]:
    async with pipeline.server() as running:
        yield running


@pytest.fixture
async def admin(server: pipeline.Server, shop: Shop) -> Browser:
    return Browser(server, shop.admin)


@pytest.fixture
async def agent(server: pipeline.Server, shop: Shop) -> Browser:
    return Browser(server, shop.agent)


def titles(tab: Browser) -> list[str]:
    return [row.title for row in tab.var(Contacts, "rows")]


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


# ---- import

FILE = b"name,phone,email\nAna,+34 612 55 50 14,\nBad,612,\nBen,,ben@x.test\n"


async def test_a_file_is_checked_then_imported_once(admin: Browser, shop: Shop) -> None:
    await admin.do(ContactImport, "ask", shown=True)
    await admin.upload(FILE)
    assert admin.var(ContactImport, "stage") == "checked"
    assert rows(Contact) == []
    figures = admin.var(ContactImport, "figures")
    assert (figures.new, figures.refused, admin.var(ContactImport, "to_write")) == (2, 1, 2)
    ((line, column, value, _),) = admin.var(ContactImport, "troubles")
    assert (line, column, value) == (3, "phone", "612")
    await admin.do(ContactImport, "download_refused")
    assert "refused-lines.csv" in admin.told
    await admin.do(ContactImport, "run")
    assert admin.var(ContactImport, "stage") == "done"
    assert admin.var(ContactImport, "figures") == figures
    assert admin.var(ContactImport, "done") == 3
    assert [row.name for row in rows(Contact)] == ["Ana", "Ben"]
    assert titles(admin) == ["Ana", "Ben"]
    assert [row.subject for row in rows(AuditEntry)] == ["people.csv"]
    await admin.do(ContactImport, "run")  # done: nothing starts again
    await admin.do(ContactImport, "again")
    await admin.upload(FILE)
    assert admin.var(ContactImport, "figures").unchanged == 2
    assert len(rows(Contact)) == 2


async def test_unknown_headings_are_asked_for(admin: Browser, shop: Shop) -> None:
    await admin.upload(b"Quien,Numero,Nota\nAna,+34 612 55 50 14,x\n")
    assert admin.var(ContactImport, "stage") == "columns"
    assert admin.var(ContactImport, "headings")[0].example == "Ana"
    await admin.do(ContactImport, "check")
    assert "Choose which column" in admin.var(ContactImport, "problem")
    await admin.do(ContactImport, "take_for", number=0, kind="name")
    await admin.do(ContactImport, "take_for", number=1, kind="phone")
    await admin.do(ContactImport, "take_for", number=9, kind="phone")
    await admin.do(ContactImport, "run")  # not checked yet
    assert rows(Contact) == []
    await admin.do(ContactImport, "check")
    await admin.do(ContactImport, "change_columns")
    assert admin.var(ContactImport, "stage") == "columns"
    await admin.do(ContactImport, "check")
    await admin.do(ContactImport, "run")
    assert [(row.name, row.phone) for row in rows(Contact)] == [("Ana", "34612555014")]


async def test_overwriting_is_counted_anew(admin: Browser, shop: Shop) -> None:
    ana = shop.contact("Old name", "+34 612 55 50 14")
    await admin.upload(b"name,phone\nNew name,+34612555014\n")
    assert admin.var(ContactImport, "to_write") in (0, None)
    await admin.do(ContactImport, "set_overwrite", on=True)
    await admin.do(ContactImport, "check")
    assert admin.var(ContactImport, "to_write") == 1
    await admin.do(ContactImport, "run")
    assert stored(ana).name == "New name"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "Nothing can be read"),
        (b"name\n", "no line below"),
        (bytes(contact_files.MOST_BYTES + 1), "5 MB"),
    ],
    ids=["empty", "headings only", "too big"],
)
async def test_a_file_that_is_refused(admin: Browser, shop: Shop, data: bytes, why: str) -> None:
    await admin.upload(data)
    assert why in admin.var(ContactImport, "problem")
    assert not admin.var(ContactImport, "lines")


async def test_a_forged_upload_is_refused(agent: Browser, admin: Browser, shop: Shop) -> None:
    await agent.upload(FILE)
    assert "does not allow" in agent.told
    await admin.do(ContactImport, "upload", chunks=["name,phone"])
    assert "unexpected" in admin.told
    assert not admin.var(ContactImport, "filename")


@dataclass
class Slow:
    """An import that waits inside its first transaction until it may go on."""

    at_work: threading.Event
    go_on: threading.Event


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    made = Slow(threading.Event(), threading.Event())
    real = contact_import.take_over

    def take_over(*given: Any, **facts: Any) -> Any:
        made.at_work.set()
        made.go_on.wait(20)
        return real(*given, **facts)

    monkeypatch.setattr(contact_import, "BATCH", 1)
    monkeypatch.setattr(contact_import, "take_over", take_over)
    return made


async def test_stopping_keeps_what_is_there(admin: Browser, shop: Shop, slow: Slow) -> None:
    await admin.upload(b"name\nAna\nBen\nCleo\n")
    await admin.do(ContactImport, "stop")  # nothing runs yet
    running = asyncio.create_task(admin.do(ContactImport, "run"))
    await asyncio.to_thread(slow.at_work.wait, 20)
    await admin.do(ContactImport, "run")  # it runs already
    await admin.upload(FILE)
    await admin.do(ContactImport, "stop")
    slow.go_on.set()
    await running
    assert (admin.var(ContactImport, "stage"), admin.var(ContactImport, "done")) == ("done", 1)
    assert admin.var(ContactImport, "stopped") is True
    assert [row.name for row in rows(Contact)] == ["Ana"]
    assert rows(AuditEntry)[0].detail.startswith("Not to the end: 1 new")


async def test_an_import_that_nothing_is_heard_of_can_be_left(
    admin: Browser, shop: Shop, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a restart of the server, when nobody will ever finish it."""
    await admin.upload(b"name\nAna\nBen\nCleo\n")
    running = asyncio.create_task(admin.do(ContactImport, "run"))
    await asyncio.to_thread(slow.at_work.wait, 20)
    await admin.do(ContactImport, "ask", shown=True)
    assert admin.var(ContactImport, "stage") == "importing"
    monkeypatch.setattr(contact_import_state, "SILENT", -1.0)
    await admin.do(ContactImport, "ask", shown=True)
    assert (admin.var(ContactImport, "stage"), admin.var(ContactImport, "stopped")) == (
        "done",
        True,
    )
    slow.go_on.set()
    await running
    assert [row.name for row in rows(Contact)] == ["Ana"]
    # Nobody will say how it ended; that it began is on record.
    assert [row.detail for row in rows(AuditEntry)] == ["Begun with 3 lines"]


async def test_who_loses_the_role_imports_no_further(
    admin: Browser, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contact_import, "BATCH", 1)
    await admin.upload(b"name\nAna\nBen\nCleo\n")
    real = contact_import.take_over

    def demote(session: Any, who: Actor, *given: Any, **facts: Any) -> Any:
        if rows(Contact):
            raise NotAllowed
        return real(session, who, *given, **facts)

    monkeypatch.setattr(contact_import, "take_over", demote)
    await admin.do(ContactImport, "run")
    assert admin.var(ContactImport, "stopped") is True
    assert "role" in admin.var(ContactImport, "problem")
    assert [row.name for row in rows(Contact)] == ["Ana"]


async def test_a_failure_is_said_and_can_be_tried_again(
    admin: Browser, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contact_import, "batches", _dies)
    await admin.do(ContactImport, "ask", shown=True)
    assert await admin.upload(FILE)
    assert admin.var(ContactImport, "stage") == "columns"
    assert "Something went wrong" in admin.var(ContactImport, "problem")


def _dies(*_: Any) -> Any:
    raise MemoryError
