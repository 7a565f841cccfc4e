"""The list in words: order, search, filters, pages, and what each status says."""

from datetime import timedelta
from typing import Any

import pytest

from domain import template_list, template_words
from domain.template_list import Key, TemplatePage, TemplateRow
from illumichat_app import clock, db
from models import Template
from tests.connecting.conftest import Shop
from tests.templates.conftest import add_at_meta, read_all, stored

pytestmark = pytest.mark.anyio

# Meta: message_template_status_update and the list, every status there is.
ALL = ["free_gift", "hello_world", "login_code", "order_update", "spring_offer", "we_missed_you"]
METAS_STATUSES = (
    *("APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED", "IN_APPEAL", "PENDING_DELETION"),
    *("DELETED", "LIMIT_EXCEEDED", "ARCHIVED", "LOCKED"),
)
METAS_REASONS = (
    *("ABUSIVE_CONTENT", "INCORRECT_CATEGORY", "INVALID_FORMAT", "PROMOTIONAL", "SCAM"),
    *("TAG_CONTENT_MISMATCH", "CATEGORY_NOT_AVAILABLE"),
)


def page(shop: Shop, **which: Any) -> TemplatePage:
    with db.reading() as session:
        return template_list.page(session, shop.ana, shop.assistant.id, **which)


def names(found: TemplatePage) -> list[str]:
    return [row.name for row in found.rows]


def row(shop: Shop, name: str) -> TemplateRow:
    return next(each for each in page(shop).rows if each.name == name)


def change(name: str, **facts: Any) -> None:
    with db.transaction() as session:
        found = session.get_one(Template, stored(name).id)
        for field, value in facts.items():
            setattr(found, field, value)


async def test_by_name_and_in_words(account: Shop) -> None:
    found = page(account)
    assert names(found) == sorted(names(found))
    assert (found.connected, found.total, found.next) == (True, 6, None)
    order = row(account, "order_update")
    assert (order.status, order.tone) == ("Approved", "jade")
    assert (order.category, order.language) == ("Utility", "English (UK)")
    assert (order.quality, order.quality_tone) == ("High", "jade")
    assert order.body.startswith("Hello {{first_name}}")
    gift = row(account, "free_gift")
    assert (gift.status, gift.tone, gift.rejected) == ("Rejected", "red", True)
    assert gift.note == "Rejected: promotional content. Recreate it as Marketing."


@pytest.mark.parametrize(
    ("which", "wanted"),
    [
        ({"search": "PEDIDO no"}, ["we_missed_you"]),
        ({"search": "missed you"}, ["we_missed_you"]),
        ({"search": "spanish"}, ["we_missed_you"]),
        ({"search": "¿SEGUIMOS?"}, ["we_missed_you"]),
        ({"search": "%"}, ["spring_offer"]),
        ({"search": "nothing has this"}, []),
        ({"search": " "}, ALL),
        ({"status": "PENDING"}, ["spring_offer"]),
        ({"category": "AUTHENTICATION"}, ["login_code"]),
        ({"category": "MARKETING", "status": "APPROVED"}, ["we_missed_you"]),
        ({"category": "UTILITY", "search": "hello"}, ["hello_world", "order_update"]),
    ],
)
async def test_search_and_filters(account: Shop, which: dict[str, Any], wanted: list[str]) -> None:
    assert names(page(account, **which)) == wanted


async def test_pages_go_on_by_key_whatever_changes(account: Shop) -> None:
    for number in range(250):
        add_at_meta(account, f"bulk_{number:03d}", "es" if number % 2 else "en_US")
    add_at_meta(account, "bulk_000", "pt_BR")
    clock.freeze(clock.now() + timedelta(hours=7))
    await read_all()
    seen: list[tuple[str, str]] = []
    after: Key | None = None
    while True:
        found = page(account, after=after, search="manager", limit=40)
        seen += [(each.name, each.language) for each in found.rows]
        after = found.next
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 251
    assert seen[:2] == [("bulk_000", "English (US)"), ("bulk_000", "Portuguese (BR)")]
    assert len(page(account).rows) == template_list.PAGE
    # Those that have no such word are gone through to the end.
    assert names(page(account, search="pedido")) == ["we_missed_you"]


@pytest.mark.parametrize("status", METAS_STATUSES)
async def test_every_status_has_words_and_says_why_it_cannot_be_sent(
    account: Shop, status: str
) -> None:
    change("hello_world", status=status)
    said = row(account, "hello_world")
    assert said.status == template_words.STATUSES[status].words
    fine = status in ("APPROVED", "PENDING", "DELETED")
    assert bool(said.note) is not fine
    assert said.editable is (status in ("APPROVED", "REJECTED", "PAUSED"))


@pytest.mark.parametrize("reason", METAS_REASONS)
async def test_every_reason_has_words(account: Shop, reason: str) -> None:
    change("free_gift", rejected_reason=reason)
    said = row(account, "free_gift").note
    assert said.startswith("Rejected: ")
    assert reason not in said
    assert "no reason" not in said


async def test_a_promotion_in_utility_says_where_it_belongs(account: Shop) -> None:
    change("free_gift", category="UTILITY")
    words = "Rejected: promotional content in a Utility template. Recreate it as Marketing."
    assert row(account, "free_gift").note == words


async def test_what_is_new_at_meta_is_shown_as_it_is(account: Shop) -> None:
    change("hello_world", status="ON_HOLD", category="SERVICE", language="de", quality="UNKNOWN")
    said = row(account, "hello_world")
    assert (said.status, said.tone) == ("On hold", "gray")
    assert (said.category, said.language, said.quality) == ("Service", "de", "")
    change("free_gift", rejected_reason="SOMETHING_ELSE")
    assert "no reason" in row(account, "free_gift").note


async def test_a_pending_one_says_how_long(account: Shop) -> None:
    made = stored("spring_offer").created_at
    for age, words, again in (
        (timedelta(seconds=30), "Pending", timedelta(minutes=1)),
        (timedelta(minutes=3, seconds=5), "Pending · 3 min", timedelta(minutes=4)),
        (timedelta(hours=2, minutes=1), "Pending · 2 h", timedelta(hours=3)),
    ):
        clock.freeze(made + age)
        assert row(account, "spring_offer").status == words
        assert page(account).changes_at == made + again
    clock.freeze(made + timedelta(days=2))
    assert row(account, "spring_offer").status == "Pending"
    assert page(account).changes_at is None


def test_a_better_category_follows_from_the_reason() -> None:
    better = template_words.better_category
    assert better("UTILITY", "PROMOTIONAL") == "MARKETING"
    assert better("MARKETING", "PROMOTIONAL") == "MARKETING"
    assert better("MARKETING", "INCORRECT_CATEGORY") == "UTILITY"
    assert better("AUTHENTICATION", "TAG_CONTENT_MISMATCH") == "AUTHENTICATION"
    assert better("UTILITY", "SCAM") == "UTILITY"
