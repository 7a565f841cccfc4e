"""Importing a file on the contacts page, through the real guard and the real handlers."""

import asyncio
import threading
from dataclasses import dataclass
from typing import Any

import pytest

from domain import contact_files, contact_import
from domain.access import Actor
from illumichat_app.errors import NotAllowed
from models import AuditEntry, Contact
from state import contact_import as contact_import_state
from state.contact_import import ContactImport
from tests.accounts.conftest import _nobody_is_remembered, _quick_hashes
from tests.contacts.conftest import Browser, Shop, stored, titles
from tests.flows.stack import rows

__all__ = ["_nobody_is_remembered", "_quick_hashes"]

pytestmark = pytest.mark.anyio


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
