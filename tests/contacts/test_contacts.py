"""Adding, finding, changing, merging and deleting contacts."""

import threading
from datetime import timedelta

import pytest
from sqlmodel import col, select

from domain import contact_edit, contact_fields, contact_list, contact_merge
from domain.access import Actor
from domain.contact_edit import PhoneTaken
from domain.contact_fields import InvalidContact
from illumichat_app import db, nudges
from illumichat_app.errors import Invalid, NotAllowed, NotFound
from models import AuditAction, AuditEntry, Contact, Conversation, CustomerIdentity
from tests.contacts.conftest import Shop, stored
from tests.flows.stack import rows


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("+34 612 55 50 14", "34612555014"),
        ("(0034) 612-555-014", "34612555014"),
        ("＋34６12555014", "34612555014"),
        ("\u202a+34 612 555 014\u202c", "34612555014"),
        ("+44 (0)20 7946 0991", "442079460991"),
        ("+39 06 1234 5678", "390612345678"),
        ("+52 1 55 1234 5678", "525512345678"),
        ("+55 11 8765-4321", "551187654321"),
        ("  ", None),
    ],
)
def test_a_number_in_any_written_form(written: str, digits: str | None) -> None:
    assert contact_fields.clean_phone(written) == digits


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("612 55 50 14", "Begin with + and the country code, for example +34"),
        ("+1 800 FLOWERS", "not a phone number"),
        ("()", "not a phone number"),
        ("+", "not a phone number"),
        ("+999 12345", "does not exist in any country"),
        ("+34 612 55", "too short or too long"),
        ("+" + "1" * 400, "does not exist"),
    ],
)
def test_a_number_that_is_refused_with_the_way_to_write_it(written: str, why: str) -> None:
    with pytest.raises(Invalid) as refusal:
        contact_fields.clean_phone(written)
    assert why in refusal.value.message


def test_each_field_has_its_own_sentence(shop: Shop) -> None:
    with pytest.raises(InvalidContact) as refusal:
        shop.contact("x" * 121, "612", "ana.demo.test")
    problems = refusal.value.problems
    assert "120 characters" in problems.name
    assert "country code" in problems.phone
    assert "e-mail" in problems.email
    with pytest.raises(InvalidContact) as refusal:
        shop.contact(" ", " ", " ")
    assert "Write a name" in refusal.value.problems.name


def test_a_contact_is_kept_clean_and_sorted(shop: Shop) -> None:
    made = stored(shop.contact("  Åsa \x00 Öberg ", "0034 612 555 014", "ASA@Demo.test"))
    assert made is not None
    assert (made.name, made.sort_name) == ("Åsa Öberg", "åsa öberg")
    assert (made.phone, made.email) == ("34612555014", "asa@demo.test")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("+55 11 98765-4321", "+55 11 8765 4321"),
        ("+52 55 1234 5678", "+52 1 55 1234 5678"),
        ("+54 9 11 2345-6789", "+54 11 2345-6789"),
        ("+34 612 55 50 14", "0034612555014"),
    ],
)
def test_a_number_belongs_to_one_contact(shop: Shop, first: str, second: str) -> None:
    known = shop.contact("Ana Prado", first)
    with pytest.raises(PhoneTaken) as refusal:
        shop.contact("Copy", second)
    assert "Ana Prado" in refusal.value.message
    assert refusal.value.contact_id == known
    assert shop.contact("Elsewhere", second, who=shop.stranger) != known


def test_a_number_that_was_not_touched_stays_as_whatsapp_wrote_it(shop: Shop) -> None:
    with db.transaction() as session:
        row = Contact(workspace_id=shop.place.id, name="Luz", phone="5215512345678")
        session.add(row)
        session.flush()
        shown = contact_list.detail(session, shop.agent, row.id).phone
    with db.transaction() as session:
        contact_edit.save(session, shop.agent, row.id, name="Luz P", phone=shown, email="")
    assert (stored(row.id).name, stored(row.id).phone) == ("Luz P", "5215512345678")


def test_two_people_save_the_same_number_at_once(shop: Shop) -> None:
    """The first holds the workspace's row; the second looks only when the first is done."""
    holding, outcome = threading.Event(), []

    def second() -> None:
        holding.wait()
        try:
            shop.contact("Second", "+34 612 55 50 14")
        except PhoneTaken as refusal:
            outcome.append(refusal.title)

    late = threading.Thread(target=second)
    late.start()
    with db.transaction() as session:
        contact_edit.save(session, shop.agent, 0, name="First", phone="+34 612 55 50 14", email="")
        holding.set()
        late.join(0.3)
        assert late.is_alive()
    late.join(20)
    assert outcome == ["First"]
    assert [row.name for row in rows(Contact)] == ["First"]


@pytest.mark.parametrize("contact", [0, 424242, 2**63])
def test_a_contact_that_is_missing(shop: Shop, contact: int) -> None:
    with db.reading() as session, pytest.raises(NotFound):
        contact_list.detail(session, shop.admin, contact)


def test_a_stranger_reaches_nothing(shop: Shop) -> None:
    ana, ben = shop.contact("Ana", "+34 612 55 50 14"), shop.contact("Ben")
    with db.reading() as session:
        assert contact_list.page(session, shop.stranger).rows == []
        assert contact_list.page(session, shop.stranger, "612555014").rows == []
        assert contact_list.total(session, shop.stranger) == 0
        for attempt in (
            lambda: contact_list.detail(session, shop.stranger, ana),
            lambda: contact_merge.preview(session, shop.stranger, ana, ben),
        ):
            with pytest.raises(NotFound):
                attempt()
    for attempt in (
        lambda s: contact_edit.save(s, shop.stranger, ana, name="F", phone="", email=""),
        lambda s: contact_edit.delete(s, shop.stranger, ana),
        lambda s: contact_merge.merge(s, shop.stranger, ana, ben, {}),
    ):
        with pytest.raises(NotFound), db.transaction() as session:
            attempt(session)
    assert stored(ana).name == "Ana"


# ---- the list


def found(shop: Shop, search: str) -> list[str]:
    with db.reading() as session:
        return [row.title for row in contact_list.page(session, shop.agent, search).rows]


def test_it_is_found_by_name_number_and_email(shop: Shop) -> None:
    shop.contact("Lucía Marín", "+34 612 55 50 14", "lucia@demo.test")
    shop.contact("Ana Prado", "+55 11 98765-4321", "ana@shop.test")
    shop.contact("", "", "zoe_x@demo.test")
    for words in (
        "LUCÍA", "marín luc", "lucia@", "612 55 50", "+34 612", "0034 612-555-014",
        "0612 55 50 14", "(+34) 612", "34612555014",
    ):  # fmt: skip
        assert found(shop, words) == ["Lucía Marín"], words
    assert found(shop, "+55 11 8765-4321") == ["Ana Prado"]
    assert found(shop, "demo.test") == ["zoe_x@demo.test", "Lucía Marín"]
    assert found(shop, "e_x") == ["zoe_x@demo.test"]
    for words in ("%", "a_a", "999", "+612", "000", "\x00\ud800qq", "0 0 0 0"):
        assert found(shop, words) == [], words
    assert found(shop, "  ") == ["zoe_x@demo.test", "Ana Prado", "Lucía Marín"]


def test_pages_follow_the_names_without_a_gap(shop: Shop) -> None:
    with db.transaction() as session:
        for number in range(130):
            name = f"Same {number % 3}"
            session.add(Contact(workspace_id=shop.place.id, name=name, sort_name=name.casefold()))
    for search in ("", "same"):
        seen: list[int] = []
        after = None
        with db.reading() as session:
            for _ in range(3):
                page = contact_list.page(session, shop.agent, search, after)
                seen += [row.id for row in page.rows]
                after = page.next
            assert after is None
            expected = select(Contact.id).order_by(col(Contact.sort_name), col(Contact.id))
            assert seen == list(session.exec(expected))
            assert contact_list.total(session, shop.agent) == 130


def test_a_row_says_how_many_conversations_and_when_last(shop: Shop) -> None:
    ana = shop.contact("Ana", "+34 612 55 50 14")
    shop.contact("Ben")
    hour = timedelta(hours=1)
    wrote = shop.talk(ana, title="Ana P.")
    shop.talk(ana, wa_id="34612555015")
    with db.transaction() as session:
        row = session.get_one(Conversation, wrote.id)
        row.window_ends_at = row.last_at + 24 * hour - 2 * hour
    with db.reading() as session:
        first, second = contact_list.page(session, shop.agent).rows
        detail = contact_list.detail(session, shop.agent, ana)
    assert (first.phone, first.conversations, first.seen) == ("+34 612 55 50 14", 2, "2h")
    assert (second.conversations, second.seen) == (0, "")
    assert {talk.id for talk in detail.talks} == {row.id for row in rows(Conversation)}
    assert detail.talks[0].channel == "Harbour Support"


# ---- deleting and merging


def nudged(monkeypatch: pytest.MonkeyPatch) -> set[tuple[int, int | None]]:
    heard: set[tuple[int, int | None]] = set()
    monkeypatch.setattr(nudges, "publish", heard.update)
    return heard


def audited() -> list[tuple[AuditAction, str, str]]:
    return [(row.action, row.subject, row.detail) for row in rows(AuditEntry)]


def test_deleting_keeps_the_conversations(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = shop.contact("Ana", "+34 612 55 50 14")
    talk = shop.talk(ana)
    heard = nudged(monkeypatch)
    with db.transaction() as session:
        contact_edit.delete(session, shop.admin, ana)
    assert stored(ana) is None
    (kept,), (identity,) = rows(Conversation), rows(CustomerIdentity)
    assert (kept.id, kept.contact_id, identity.contact_id) == (talk.id, None, None)
    assert (shop.place.id, talk.id) in heard
    assert audited() == [(AuditAction.CONTACT_DELETED, "Ana", "")]


def test_an_agent_neither_deletes_nor_merges(shop: Shop) -> None:
    ana, ben = shop.contact("Ana"), shop.contact("Ben")
    for attempt in (
        lambda s: contact_edit.delete(s, shop.agent, ana),
        lambda s: contact_merge.merge(s, shop.agent, ana, ben, {}),
        lambda s: contact_merge.preview(s, shop.agent, ana, ben),
    ):
        with pytest.raises(NotAllowed), db.transaction() as session:
            attempt(session)
    assert len(rows(Contact)) == 2


def merged(actor: Actor, kept: int, gone: int, **sides: str) -> str:
    with db.transaction() as session:
        return contact_merge.merge(session, actor, kept, gone, sides)


def test_a_merge_moves_everything(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = shop.contact("Ana", "+34 612 55 50 14")
    copy = shop.contact("Ana Prado", "", "ana@shop.test")
    talks = {shop.talk(ana).id, shop.talk(copy).id}
    with db.reading() as session:
        preview = contact_merge.preview(session, shop.admin, ana, copy)
    assert [(each.field, each.side, each.open) for each in preview.fields] == [
        ("name", "kept", True),
        ("phone", "kept", False),
        ("email", "gone", False),
    ]
    assert preview.conversations == 2
    heard = nudged(monkeypatch)
    assert merged(shop.admin, ana, copy, name="gone") == "Ana Prado"
    (row,) = rows(Contact)
    assert (row.id, row.name, row.sort_name) == (ana, "Ana Prado", "ana prado")
    assert (row.phone, row.email) == ("34612555014", "ana@shop.test")
    assert {each.contact_id for each in rows(Conversation)} == {ana}
    assert {each.contact_id for each in rows(CustomerIdentity)} == {ana}
    assert {(shop.place.id, each) for each in talks} <= heard
    assert audited() == [(AuditAction.CONTACTS_MERGED, "Ana Prado", "with Ana Prado")]


def test_an_empty_value_never_wins(shop: Shop) -> None:
    ana, copy = shop.contact("Ana", "+34 612 55 50 14"), shop.contact("Ana Prado")
    merged(shop.admin, ana, copy, phone="gone")
    assert stored(ana).phone == "34612555014"


def test_a_merge_with_itself_or_nobody_is_refused(shop: Shop) -> None:
    ana = shop.contact("Ana")
    foreign = shop.contact("Kim", who=shop.stranger)
    with pytest.raises(Invalid, match="itself"):
        merged(shop.admin, ana, ana)
    for gone in (foreign, 424242):
        with pytest.raises(NotFound):
            merged(shop.admin, ana, gone)
        with pytest.raises(NotFound):
            merged(shop.admin, gone, ana)
    assert (stored(ana).name, stored(foreign).name) == ("Ana", "Kim")
