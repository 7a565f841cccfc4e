"""Handing in at the simulated Meta, with its refusals and lost answers."""

import asyncio
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
from models import AuditAction, Template, WhatsAppConnection
from tests.connecting.conftest import Shop, competitor, wired
from tests.flows.stack import rows
from tests.templates.conftest import (
    add_at_meta,
    at_meta,
    calls,
    create,
    draft,
    forget,
    hear,
    lines,
    lost_after,
    read_all,
    stored,
)

pytestmark = pytest.mark.anyio


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


# ---- what the audit page says


async def test_every_line_reads_as_a_sentence(account: Shop) -> None:
    await create(account)
    with db.reading() as session:
        page = audit.page(session, account.ana, kind="templates")
    assert [(line.did, line.subject) for line in page.lines] == [
        ("created the template", "order_ready")
    ]
