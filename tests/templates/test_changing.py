"""From a template that is there: fixing, copying and changing it."""

from dataclasses import replace

import pytest

from domain import (
    template_drafts,
    template_writing,
)
from domain.template_drafts import Draft
from domain.template_writing import Result
from illumichat_app import db
from illumichat_app.errors import Invalid
from models import AuditAction, Template
from tests.connecting.conftest import Shop, wired
from tests.templates.conftest import (
    at_meta,
    draft,
    hear,
    lines,
    lost_after,
    stored,
)

pytestmark = pytest.mark.anyio


async def change(shop: Shop, given: Draft) -> Result:
    return await template_writing.change(shop.client, shop.ana, shop.assistant.id, given)


def begin(shop: Shop, name: str, purpose: template_writing.Purpose) -> tuple[Draft, str]:
    with db.reading() as session:
        return template_writing.begin(
            session, shop.ana, shop.assistant.id, stored(name).id, purpose
        )


async def test_fix_begins_a_new_one_under_a_free_name(account: Shop) -> None:
    fixed, lost = begin(account, "free_gift", "fix")
    assert (fixed.name, fixed.category, fixed.template) == ("free_gift_2", "MARKETING", 0)
    assert fixed.body.startswith("You won a free gift")
    assert lost == ""


async def test_a_promotion_in_utility_is_fixed_as_marketing(account: Shop) -> None:
    with db.transaction() as session:
        session.get_one(Template, stored("free_gift").id).category = "UTILITY"
    assert begin(account, "free_gift", "fix")[0].category == "MARKETING"


async def test_a_copy_begins_in_the_first_free_language(account: Shop) -> None:
    copied, _ = begin(account, "hello_world", "copy")
    assert (copied.name, copied.language) == ("hello_world", "en_GB")
    assert copied.header == "Hello World"


async def test_parts_that_cannot_be_written_are_left_out(account: Shop) -> None:
    with db.transaction() as session:
        row = session.get_one(Template, stored("hello_world").id)
        row.components = [{"type": "HEADER", "format": "IMAGE"}, *row.components[1:]]
    copied, lost = begin(account, "hello_world", "copy")
    assert (copied.header, lost) == ("", template_drafts.LEFT_OUT)
    with pytest.raises(Invalid, match="WhatsApp Manager"):
        begin(account, "hello_world", "edit")


async def test_an_approved_one_is_changed_once_a_day(account: Shop) -> None:
    given, _ = begin(account, "hello_world", "edit")
    assert (given.template, given.approved) == (stored("hello_world").id, True)
    changed = replace(given, body="Welcome! This message shows that it works again.")
    assert await change(account, changed) == Result("done")
    assert (stored("hello_world").status, at_meta(account, "hello_world")[0].status) == (
        "PENDING",
        "PENDING",
    )
    assert lines(AuditAction.TEMPLATE_CHANGED) == [("hello_world", "English (US)")]
    await hear(account)
    assert stored("hello_world").status == "APPROVED"
    result = await change(account, changed)
    assert result.problem is not None
    assert (result.state, result.problem.part) == ("refused", "")
    assert "once in 24 hours" in result.problem.sentence


async def test_a_rejected_one_is_changed_with_its_category(account: Shop) -> None:
    given, _ = begin(account, "free_gift", "edit")
    assert not given.approved
    words = "Thank you for your visit, here is a present for you."
    await change(account, replace(given, category="UTILITY", body=words))
    (there,) = at_meta(account, "free_gift")
    assert (there.category, there.status) == ("UTILITY", "PENDING")
    assert (stored("free_gift").category, stored("free_gift").rejected_reason) == ("UTILITY", "")


async def test_one_in_review_cannot_be_changed(account: Shop) -> None:
    with pytest.raises(Invalid, match="approved, rejected and paused"):
        begin(account, "spring_offer", "edit")
    row = stored("spring_offer")
    with pytest.raises(Invalid):
        await change(account, draft(template=row.id, name=row.name))


async def test_the_browser_cannot_rename_or_recategorise_an_approved_one(account: Shop) -> None:
    given, _ = begin(account, "hello_world", "edit")
    forged = replace(given, name="other", language="es", category="MARKETING", approved=False)
    assert await change(account, forged) == Result("done")
    (there,) = at_meta(account, "hello_world")
    assert (there.language, there.category) == ("en_US", "UTILITY")
    assert at_meta(account, "other") == []


async def test_a_lost_answer_to_a_change_is_unsure_and_read_anew(account: Shop) -> None:
    given, _ = begin(account, "hello_world", "edit")
    changed = replace(given, body="Welcome! This message shows that it works again.")
    async with wired(account, lost_after(account)):
        assert (await change(account, changed)).state == "unsure"
    assert stored("hello_world").status == "PENDING"
