"""Handing in, changing and deleting at the simulated Meta, with its refusals and lost answers."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from domain import (
    audit,
    template_accounts,
    template_deletion,
    template_drafts,
    template_list,
    template_sync,
    template_words,
    template_writing,
)
from domain.template_drafts import Draft, DraftButton
from domain.template_writing import Result
from illumichat_app import clock, db
from illumichat_app.errors import ChannelOff, Conflict, Invalid, NotAllowed, NotFound
from models import AuditAction, AuditEntry, Template, WhatsAppConnection
from tests.connecting.conftest import Shop, away, competitor, wired
from tests.flows.stack import rows
from tests.templates.conftest import (
    add_at_meta,
    at_meta,
    calls,
    draft,
    forget,
    hear,
    read_all,
    stored,
)

pytestmark = pytest.mark.anyio


async def create(shop: Shop, given: Draft | None = None, who: Any = None) -> Result:
    return await template_writing.create(
        shop.client, who or shop.ana, shop.assistant.id, given or draft()
    )


async def change(shop: Shop, given: Draft) -> Result:
    return await template_writing.change(shop.client, shop.ana, shop.assistant.id, given)


async def delete(shop: Shop, name: str, *, whole: bool = False, **where: Any) -> str:
    return await template_deletion.delete(
        shop.client, shop.ana, shop.assistant.id, stored(name, **where).id, whole=whole
    )


def begin(shop: Shop, name: str, purpose: template_writing.Purpose) -> tuple[Draft, str]:
    with db.reading() as session:
        return template_writing.begin(
            session, shop.ana, shop.assistant.id, stored(name).id, purpose
        )


def lines(action: AuditAction) -> list[tuple[str, str]]:
    return [(row.subject, row.detail) for row in rows(AuditEntry, action=action)]


# ---- a new one


async def test_a_new_one_is_pending_here_and_at_meta(account: Shop) -> None:
    assert (await create(account)).state == "done"
    (there,) = at_meta(account)
    here = stored()
    assert (here.status, here.meta_id, here.category) == ("PENDING", there.id, "UTILITY")
    assert here.components == there.components
    assert lines(AuditAction.TEMPLATE_CREATED) == [("order_ready", "Utility, English (US)")]
    await hear(account)
    assert stored().status == "APPROVED"


WHOLE = draft(
    header="Order {{1}}",
    footer="Harbour Supplies",
    examples={"header.1": "4471", "body.1": "Rui", "body.2": "4471"},
    buttons=[
        DraftButton("reply", "Thanks"),
        DraftButton("link", "Track it", "https://shop.test/o/{{1}}", "4471"),
        DraftButton("phone", "Call us", "+34960130220"),
    ],
)
NAMED = draft(
    body="Hi {{first_name}}, your order {{order}} is ready to pick up.",
    header="For {{first_name}}",
    examples={"header.first_name": "Rui", "body.first_name": "Rui", "body.order": "4471"},
)


@pytest.mark.parametrize(
    "given", [draft(), WHOLE, NAMED, draft(body="No variables at all, only words.", examples={})]
)
async def test_what_is_written_is_read_back_the_same(account: Shop, given: Draft) -> None:
    assert await create(account, given) == Result("done")
    clock.freeze(clock.now() + timedelta(minutes=2))
    await read_all()
    assert template_drafts.from_template(stored()) == (given, "")


@pytest.mark.parametrize(("minutes", "advice"), [("", False), ("5", True)])
async def test_an_authentication_template_has_metas_own_form(
    account: Shop, minutes: str, advice: bool
) -> None:
    code = Draft(name="my_code", category="AUTHENTICATION", minutes=minutes, advice=advice)
    assert await create(account, code) == Result("done")
    await hear(account)
    clock.freeze(clock.now() + timedelta(minutes=2))
    await read_all()
    row = stored("my_code")
    assert row.status == "APPROVED"
    assert "is your verification code." in row.components[0]["text"]
    assert template_drafts.from_template(row)[0] == code


async def test_what_the_linter_blocks_never_reaches_meta(account: Shop) -> None:
    for wrong in (draft(name="Wrong"), draft(examples={}), draft(name="hello_world")):
        with pytest.raises(Invalid):
            await create(account, wrong)
    assert calls(account) == []
    assert rows(Template, name="order_ready") == []


async def test_two_admins_hand_it_in_once(account: Shop) -> None:
    done = await asyncio.gather(create(account), create(account), return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) in (
        ["Conflict", "Result"],
        ["Invalid", "Result"],
    )
    assert len(at_meta(account)) == 1


async def test_of_two_at_the_same_moment_the_table_chooses_one(
    account: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template_writing, "_require_fine", lambda *given: given[-1])
    with pytest.raises(Conflict, match="just handed in"):
        await create(account, draft(name="hello_world"))
    assert calls(account) == []


async def test_meta_says_the_name_is_locked(account: Shop) -> None:
    waba = next(iter(account.simulator.world.wabas.values()))
    waba.locked_templates["order_ready:en_US"] = clock.now().timestamp() + 86400
    result = await create(account)
    assert result.problem is not None
    assert (result.state, result.problem.part) == ("refused", "name")
    assert (result.problem.remedy, result.problem.blocking) == ("next_name", True)
    assert "locked" in result.problem.sentence
    assert rows(Template, name="order_ready") == []
    assert lines(AuditAction.TEMPLATE_CREATED) == []


async def test_meta_has_it_already(account: Shop) -> None:
    add_at_meta(account, "order_ready")
    result = await create(account)
    assert result.problem is not None
    assert (result.problem.part, result.problem.remedy) == ("name", "next_name")
    assert len(at_meta(account)) == 1


@pytest.mark.parametrize(
    ("answer", "part", "words"),
    [
        ({"code": 100, "error_subcode": 2388019}, "", "as many templates as Meta allows"),
        (
            {
                "code": 100,
                "error_subcode": 2388040,
                "error_user_msg": "The footer has more than 60 characters.",
            },
            "footer",
            "longer",
        ),
        ({"code": 100, "message": "(#100) The category UTILITY is closed."}, "category", "closed"),
        ({"code": 100, "message": "(#100) Param language must be known."}, "language", "known"),
        ({"code": 100, "error_user_msg": "Buttons cannot be so."}, "buttons", "cannot be so"),
        ({"code": 100, "error_subcode": 2388293}, "body", "too many variables"),
        ({"code": 200, "message": "Permissions error"}, "", "lacks a permission"),
        ({"code": 190, "message": "Expired"}, "", "Reconnect"),
        ({"code": 80007, "message": "Too many"}, "", "Try again in a minute"),
    ],
)
async def test_every_refusal_is_a_sentence_on_its_field(
    account: Shop, answer: dict[str, Any], part: str, words: str
) -> None:
    async def refuse(request: httpx.Request) -> httpx.Response | None:
        if request.method != "POST":
            return None
        return httpx.Response(400, json={"error": {"message": "Invalid parameter"} | answer})

    async with wired(account, refuse):
        result = await create(account)
    assert result.problem is not None
    assert (result.state, result.problem.part) == ("refused", part)
    assert words in result.problem.sentence
    assert rows(Template, name="order_ready") == []


async def test_meta_may_choose_another_category(account: Shop) -> None:
    async def choose(request: httpx.Request) -> httpx.Response | None:
        if request.method != "POST":
            return None
        return httpx.Response(
            200, json={"id": "880000000000099", "status": "APPROVED", "category": "MARKETING"}
        )

    async with wired(account, choose):
        result = await create(account)
    assert result.problem is not None
    assert (result.state, result.problem.blocking) == ("done", False)
    assert "Marketing" in result.problem.sentence
    assert (stored().category, stored().status) == ("MARKETING", "APPROVED")


# ---- a lost answer


def lost_after(shop: Shop, *, list_too: bool = False) -> Any:
    """Meta takes the template and its answer is lost; `list_too`: its list cannot be read."""

    async def lose(request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST":
            await httpx.ASGITransport(shop.simulator.app).handle_async_request(request)
            raise httpx.ReadTimeout("slow")
        return httpx.Response(503, json={}) if list_too else None

    return lose


async def never_arrives(request: httpx.Request) -> None:
    if request.method == "POST":
        raise httpx.ReadTimeout("slow")


async def test_a_lost_answer_is_settled_by_the_list(account: Shop) -> None:
    async with wired(account, lost_after(account)):
        assert (await create(account)).state == "done"
    assert (stored().status, len(at_meta(account))) == ("PENDING", 1)
    assert lines(AuditAction.TEMPLATE_CREATED) == [("order_ready", "Utility, English (US)")]


async def test_a_request_that_never_arrived_may_be_repeated(account: Shop) -> None:
    async with wired(account, never_arrives):
        result = await create(account)
    assert result == Result("refused", template_writing.Problem("", template_writing.NOT_THERE))
    assert rows(Template, name="order_ready") == []
    assert (await create(account)).state == "done"


async def test_what_nobody_knows_is_not_sent_again(account: Shop) -> None:
    async with wired(account, lost_after(account, list_too=True)):
        assert (await create(account)).state == "unsure"
    assert stored().status == template_words.SUBMITTING
    with pytest.raises(Invalid, match="has not confirmed it"):
        await create(account)
    assert len(calls(account)) == 1
    # The schedule settles it within a minute.
    (connection,) = rows(WhatsAppConnection)
    assert connection.templates_due_at == clock.now() + template_writing.SOON
    clock.freeze(clock.now() + timedelta(minutes=2))
    await read_all()
    assert (stored().status, len(at_meta(account))) == ("PENDING", 1)


async def test_a_reading_that_began_before_takes_nothing_away(account: Shop) -> None:
    began = clock.now()
    clock.freeze(began + timedelta(seconds=5))
    await create(account)
    with db.transaction() as session:
        known = template_accounts.require(session, account.ana, account.assistant.id)
        template_sync.take_over(session, account.ana, known, [], began)
    assert [row.name for row in rows(Template)] == ["order_ready"]


async def test_a_row_that_was_taken_away_meanwhile_comes_back(account: Shop) -> None:
    async def take_away(request: httpx.Request) -> None:
        if request.method == "POST":
            forget("order_ready")

    async with wired(account, take_away):
        assert (await create(account)).state == "done"
    assert stored().status == "PENDING"


async def test_a_refusal_leaves_what_a_webhook_made_of_it(account: Shop) -> None:
    async def approve(request: httpx.Request) -> httpx.Response | None:
        if request.method != "POST":
            return None
        with db.transaction() as session:
            session.get_one(Template, stored().id).status = "APPROVED"
        return httpx.Response(200, json={"id": "88", "status": "PENDING"})

    async with wired(account, approve):
        await create(account)
    assert stored().status == "APPROVED"


# ---- who may


async def test_only_admins_of_the_workspace(account: Shop) -> None:
    stranger, _ = competitor()
    for who, refusal in ((account.sam, NotAllowed), (stranger, NotFound)):
        with pytest.raises(refusal):
            await create(account, who=who)
        with pytest.raises(refusal):
            await template_deletion.delete(
                account.client, who, account.assistant.id, stored("hello_world").id, whole=True
            )
        with pytest.raises(refusal), db.reading() as session:
            template_list.page(session, who, account.assistant.id)
        with pytest.raises(refusal):
            async for _ in template_sync.run(account.client, who, account.assistant.id):
                pass
    assert calls(account) == []


async def test_without_a_number_there_is_nothing(shop: Shop) -> None:
    with pytest.raises(ChannelOff):
        await create(shop)
    with db.reading() as session:
        page = template_list.page(session, shop.ana, shop.assistant.id)
        assert (page.connected, page.rows) == (False, [])
        assert template_writing.examine(session, shop.ana, shop.assistant.id, draft()) == []
        with pytest.raises(NotFound):
            template_writing.begin(session, shop.ana, shop.assistant.id, 1, "fix")


# ---- from one that is there


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


# ---- deleting


async def test_one_language_is_deleted_and_its_name_locked(account: Shop) -> None:
    add_at_meta(account, "hello_world", "es")
    clock.freeze(clock.now() + timedelta(hours=7))
    await read_all()
    with db.reading() as session:
        doomed = template_deletion.preview(
            session, account.ana, account.assistant.id, stored("hello_world", language="es").id
        )
    assert (doomed.language, doomed.languages) == ("Spanish", ["English (US)", "Spanish"])
    assert await delete(account, "hello_world", language="es") == "hello_world"
    assert [each.language for each in at_meta(account, "hello_world")] == ["en_US"]
    assert stored("hello_world").language == "en_US"
    detail = "In Spanish. Locked at Meta for 30 days: Spanish."
    assert lines(AuditAction.TEMPLATE_DELETED) == [("hello_world", detail)]
    again = draft(name="hello_world", language="es")
    with db.reading() as session:
        (warned,) = template_writing.examine(session, account.ana, account.assistant.id, again)
    assert (warned.part, warned.blocking, warned.fix) == ("name", False, "Use hello_world_2")
    result = await create(account, again)
    assert result.problem is not None
    assert "locked" in result.problem.sentence


async def test_the_warning_ends_with_the_lock(account: Shop) -> None:
    await delete(account, "hello_world")
    clock.freeze(clock.now() + template_accounts.LOCK + timedelta(days=1))
    with db.reading() as session:
        given = draft(name="hello_world")
        assert template_writing.examine(session, account.ana, account.assistant.id, given) == []
    assert (await create(account, given)).state == "done"


async def test_all_languages_are_deleted(account: Shop) -> None:
    add_at_meta(account, "free_gift", "es", status="PENDING")
    clock.freeze(clock.now() + timedelta(hours=7))
    await read_all()
    await delete(account, "free_gift", whole=True, language="es")
    assert at_meta(account, "free_gift") == rows(Template, name="free_gift") == []
    assert lines(AuditAction.TEMPLATE_DELETED) == [("free_gift", "In English (UK), Spanish.")]
    with db.reading() as session:
        known = draft(name="free_gift")
        assert template_writing.examine(session, account.ana, account.assistant.id, known) == []


async def test_what_is_gone_at_meta_goes_here_too(account: Shop) -> None:
    account.simulator.world.templates.pop(at_meta(account, "hello_world")[0].id)
    await delete(account, "hello_world")
    assert rows(Template, name="hello_world") == []


async def test_meta_is_away_and_nothing_is_deleted(account: Shop) -> None:
    async with wired(account, away("DELETE")):
        with pytest.raises(Conflict, match="Try again in a minute"):
            await delete(account, "hello_world")
    assert stored("hello_world").status == "APPROVED"
    assert lines(AuditAction.TEMPLATE_DELETED) == []


async def test_an_unconfirmed_one_is_not_deleted_blindly(account: Shop) -> None:
    async with wired(account, lost_after(account, list_too=True)):
        await create(account)
    with pytest.raises(Invalid, match="Press Sync"):
        await delete(account, "order_ready")


@pytest.mark.parametrize("number", [0, -1, 2**63, 424242])
async def test_a_template_that_is_not_there(account: Shop, number: int) -> None:
    with pytest.raises(NotFound), db.reading() as session:
        template_deletion.preview(session, account.ana, account.assistant.id, number)


# ---- reading all


async def test_the_sync_reads_every_page_and_takes_the_gone_away(account: Shop) -> None:
    for number in range(250):
        add_at_meta(account, f"bulk_{number:03d}")
    seen = [
        progress
        async for progress in template_sync.run(account.client, account.ana, account.assistant.id)
    ]
    assert [(each.read, each.total) for each in seen] == [(100, 256), (200, 256), (256, 256)]
    assert len(rows(Template)) == 256
    for name in ("bulk_000", "bulk_249", "hello_world"):
        account.simulator.world.templates.pop(at_meta(account, name)[0].id)
    clock.freeze(clock.now() + timedelta(seconds=1))
    async for _ in template_sync.run(account.client, account.ana, account.assistant.id):
        pass
    names = {row.name for row in rows(Template)}
    assert len(names) == 253
    assert not names & {"bulk_000", "bulk_249", "hello_world"}
    details = [detail for _, detail in lines(AuditAction.TEMPLATES_SYNCED)]
    assert details == ["256 templates at Meta", "253 templates at Meta"]


async def test_a_sync_that_breaks_off_changes_nothing(account: Shop) -> None:
    for number in range(150):
        add_at_meta(account, f"bulk_{number:03d}")
    async with wired(account, away("after=")):
        with pytest.raises(Conflict, match="Try again in a minute"):
            async for _ in template_sync.run(account.client, account.ana, account.assistant.id):
                pass
    assert len(rows(Template)) == 6
    assert lines(AuditAction.TEMPLATES_SYNCED) == []


async def test_every_line_reads_as_a_sentence(account: Shop) -> None:
    await create(account)
    with db.reading() as session:
        page = audit.page(session, account.ana, kind="templates")
    assert [(line.did, line.subject) for line in page.lines] == [
        ("created the template", "order_ready")
    ]
