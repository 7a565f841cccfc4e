"""CSV files of contacts: reading whatever there is, judging it, taking it over."""

import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import contact_csv, contact_files, contact_import
from domain.access import Actor
from domain.contact_csv import Sheet
from domain.contact_import import Figures, Trouble
from illumichat_app import db
from illumichat_app.errors import Invalid, NotAllowed, NotFound
from models import AuditAction, AuditEntry, Contact
from tests.contacts.conftest import Shop, stored
from tests.flows.stack import rows

TEXT = "name,phone,email\nLucía,+34 612 55 50 14,lucia@demo.test\n"


@given(st.binary())
def test_no_bytes_make_the_reader_fail(data: bytes) -> None:
    sheet = contact_csv.read(data)
    kinds = contact_csv.guess(sheet.headings)
    assert len(kinds) == len(sheet.headings)
    list(contact_import.batches(sheet, kinds))


@given(st.lists(st.lists(st.text(alphabet=',;"\t\n\r\x00ab+3é=', max_size=6), max_size=4)))
def test_no_cells_make_it_fail(table: list[list[str]]) -> None:
    data = "name;phone;email\n" + "\n".join(";".join(row) for row in table)
    for encoding in ("utf-8", "utf-16"):
        sheet = contact_csv.read(data.encode(encoding))
        assert sheet.headings[0] == "name"
        list(contact_import.batches(sheet, contact_csv.guess(sheet.headings)))


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("cp1252"),
        TEXT.replace(",", ";").encode(),
        TEXT.replace(",", "\t").encode("utf-16"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        ("sep=;\n" + TEXT.replace(",", ";")).encode(),
    ],
)
def test_every_encoding_and_separator(data: bytes) -> None:
    sheet = contact_csv.read(data)
    assert sheet.headings == ["name", "phone", "email"]
    assert sheet.lines[0].cells == ["Lucía", "+34 612 55 50 14", "lucia@demo.test"]


@pytest.mark.parametrize(
    ("heading", "kinds"),
    [
        ("Name,Phone,Email", ["name", "phone", "email"]),
        ("First Name,LAST_NAME,Mobile,E-mail", ["first", "last", "phone", "email"]),
        ("full name,Phone Number,e_mail address", ["name", "phone", "email"]),
        ("Phone,Mobile,Nota", ["phone", "", ""]),
    ],
)
def test_headings_are_known_by_many_names(heading: str, kinds: list[str]) -> None:
    assert contact_csv.guess(contact_csv.read(heading.encode()).headings) == kinds


def test_line_numbers_are_those_of_the_file() -> None:
    sheet = contact_csv.read(b'name,email\n\n"two\nlines",a@x.test\nLast,b@x.test\n"open,')
    assert [line.number for line in sheet.lines] == [3, 5, 6]


def sheet(*lines: str, headings: str = "name,phone,email") -> Sheet:
    return contact_csv.read("\n".join([headings, *lines]).encode())


def troubles(file: Sheet) -> list[Trouble]:
    parts = contact_import.batches(file, contact_csv.guess(file.headings))
    return [trouble for part in parts for trouble in part.troubles]


def test_errors_say_line_column_and_why() -> None:
    found = troubles(
        sheet(
            "Ana,612 55 50 14,",
            "Ben,,ben.demo",
            "x" * 121 + ",,",
            ",,",
            ' " ,,',
            "Ok,+55 11 98765-4321,",
            "Again,+55 11 8765-4321,",
            "Mail,,m@x.test",
            "Mail 2,,M@x.test",
            "Only name,,",
            "only NAME,,",
            headings="Full name,Mobile,Mail",
        )
    )
    assert [(each.line, each.column) for each in found] == [
        (2, "Mobile"),
        (3, "Mail"),
        (4, "Full name"),
        (8, "Mobile"),
        (10, "Mail"),
        (12, "Full name"),
    ]
    assert found[0].value == "612 55 50 14"
    assert "country code" in found[0].why
    assert "on line 7 of this file" in found[3].why


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "Nothing can be read"),
        (b"\n ,, \n", "Nothing can be read"),
        (b"name,phone", "no line below"),
        (b"name\n" + b"x\n" * 50_001, "50,001 lines"),
    ],
)
def test_a_file_that_cannot_be_used(data: bytes, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        contact_import.require_usable(contact_csv.read(data))


@pytest.mark.parametrize(
    ("kinds", "why"), [(["", ""], "Choose which"), (["phone", "phone"], "Two columns")]
)
def test_a_choice_that_leads_nowhere(kinds: list[contact_csv.Column], why: str) -> None:
    with pytest.raises(Invalid, match=why):
        contact_import.require_columns(kinds)


# ---- taking over


def judged(who: Actor, file: Sheet, *, overwrite: bool = False) -> Figures:
    total = Figures()
    for part in contact_import.batches(file, contact_csv.guess(file.headings)):
        with db.reading() as session:
            total += contact_import.judge(session, who, part, overwrite=overwrite)
    return total


def taken(who: Actor, file: Sheet, *, overwrite: bool = False) -> Figures:
    total = Figures()
    for part in contact_import.batches(file, contact_csv.guess(file.headings)):
        with db.transaction() as session:
            total += contact_import.take_over(session, who, part, overwrite=overwrite)
    return total


MIXED = (
    "Ana Prado,+55 11 8765-4321,ana@x.test",  # known, e-mail empty there
    "Other name,+34 612 55 50 14,",  # known, everything there
    "New,+34 612 55 50 15,new@x.test",
    "Mail only,,known@x.test",
    "Name only,,",
    "Bad,123,",
)


def known(shop: Shop) -> tuple[int, int]:
    ana = shop.contact("Ana P", "+55 11 98765-4321")
    shop.contact("", "", "known@x.test")
    shop.contact("Name only", "", "namesake@x.test")
    return ana, shop.contact("Lucía", "+34 612 55 50 14")


def test_the_dry_run_and_the_import_say_the_same_and_twice_adds_nothing(shop: Shop) -> None:
    ana, lucia = known(shop)
    file, before = sheet(*MIXED), rows(Contact)
    expected = Figures(new=2, updated=2, unchanged=1, refused=1)
    assert judged(shop.admin, file) == expected
    assert rows(Contact) == before
    assert taken(shop.admin, file) == expected
    assert (stored(ana).name, stored(ana).email) == ("Ana P", "ana@x.test")
    assert stored(ana).phone == "5511987654321"
    assert stored(lucia).name == "Lucía"
    after = rows(Contact)
    assert taken(shop.admin, file) == Figures(unchanged=5, refused=1)
    assert rows(Contact) == after
    assert {row.sort_name for row in after} == {row.name.casefold() for row in after}


def test_overwriting_replaces_what_the_file_has(shop: Shop) -> None:
    _, lucia = known(shop)
    file = sheet(*MIXED)
    assert judged(shop.admin, file, overwrite=True) == taken(shop.admin, file, overwrite=True)
    assert (stored(lucia).name, stored(lucia).sort_name) == ("Other name", "other name")


def test_first_and_last_names_become_one(shop: Shop) -> None:
    taken(shop.admin, sheet("Ana,Prado,", headings="first name,last name,phone"))
    assert rows(Contact)[0].name == "Ana Prado"


def test_other_workspaces_and_agents(shop: Shop) -> None:
    known(shop)
    assert judged(shop.stranger, sheet(*MIXED)).new == 5
    with pytest.raises(NotAllowed):
        taken(shop.agent, sheet(*MIXED))
    with pytest.raises(NotAllowed):
        judged(shop.agent, sheet(*MIXED))
    assert len(rows(Contact)) == 4


def begun(shop: Shop) -> int:
    with db.transaction() as session:
        return contact_import.note_start(session, shop.admin, "people.csv", 1201)


def test_an_import_leaves_one_line_in_the_audit_trail(shop: Shop) -> None:
    number = begun(shop)
    (line,) = rows(AuditEntry)
    assert (line.action, line.subject) == (AuditAction.CONTACTS_IMPORTED, "people.csv")
    assert line.detail == "Begun with 1,201 lines"
    with db.transaction() as session:
        figures = Figures(new=1200, refused=1)
        contact_import.note_end(session, shop.admin, number, figures, whole=True)
    (line,) = rows(AuditEntry)
    assert line.detail == "1,200 new, 0 updated, 0 unchanged, 1 refused"


def test_an_import_that_was_stopped_says_so(shop: Shop) -> None:
    number = begun(shop)
    with db.transaction() as session:
        contact_import.note_end(session, shop.admin, number, Figures(new=300), whole=False)
    assert rows(AuditEntry)[0].detail.startswith("Not to the end: 300 new")


def test_only_who_began_an_import_ends_its_line(shop: Shop) -> None:
    number = begun(shop)
    for who, refusal in ((shop.agent, NotAllowed), (shop.stranger, NotFound)):
        with db.transaction() as session, pytest.raises(refusal):
            contact_import.note_end(session, who, number, Figures(), whole=True)
    with db.transaction() as session, pytest.raises(NotAllowed):
        contact_import.note_start(session, shop.agent, "people.csv", 1)
    assert len(rows(AuditEntry)) == 1


# ---- files


def test_a_file_is_kept_for_its_workspace_and_forgotten(shop: Shop) -> None:
    name = contact_files.keep(shop.admin, b"name\nAna")
    contact_files.keep_report(shop.admin, name, [Trouble(2, "Phone", "1", "No.")])
    assert contact_files.load(shop.admin, name) == b"name\nAna"
    for attempt in (
        lambda: contact_files.load(shop.stranger, name),
        lambda: contact_files.load_report(shop.stranger, name),
        lambda: contact_files.load(shop.admin, ""),
    ):
        with pytest.raises(NotFound):
            attempt()
    for attempt in (
        lambda: contact_files.keep(shop.agent, b""),
        lambda: contact_files.load(shop.agent, name),
        lambda: contact_files.load_report(shop.agent, name),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    contact_files.forget(shop.admin, name, report=False)
    assert contact_files.load_report(shop.admin, name).startswith(b"\xef\xbb\xbfLine,Column")
    contact_files.forget(shop.admin, name)
    with pytest.raises(NotFound):
        contact_files.load_report(shop.admin, name)


def test_old_files_go_at_the_next_upload(shop: Shop) -> None:
    name = contact_files.keep(shop.admin, b"old")
    path = contact_files._path(shop.admin, name)
    yesterday = path.stat().st_mtime
    contact_files.keep(shop.admin, b"new")
    assert path.exists()
    os.utime(path, (yesterday, time.time() - 10 * 365 * 86400))
    contact_files.keep(shop.admin, b"newer")
    assert not path.exists()


def test_a_file_that_is_too_big(shop: Shop) -> None:
    with pytest.raises(Invalid, match="5 MB"):
        contact_files.keep(shop.admin, bytes(contact_files.MOST_BYTES + 1))


@pytest.mark.parametrize("cell", ["=1+1", "+34", "-1", "@x", " =1"])
def test_a_refused_cell_is_no_formula(cell: str) -> None:
    text = contact_files.report([Trouble(2, cell, cell, "Why")]).decode("utf-8-sig")
    assert text.splitlines()[1].count(f"'{cell}") == 2
