"""Writing and changing a template on its page, through the real guard and handlers."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from domain import template_drafts, template_writing
from illumichat_app.errors import Conflict, Invalid
from state.template_draft import TemplateDraft
from state.templates import Templates
from tests.channel.conftest import Browser
from tests.connecting.conftest import Shop, away, wired
from tests.security import pipeline
from tests.templates.conftest import (
    add_at_meta,
    always,
    at_meta,
    draft,
    open_page,
    stored,
    write,
    write_whole,
)

pytestmark = pytest.mark.anyio


def problems(at: Browser) -> dict[str, str]:
    return {each.part: each.sentence for each in at.var(TemplateDraft, "problems") or []}


async def test_nobody_is_scolded_before_writing(admin: Browser) -> None:
    await admin.do(TemplateDraft, "start")
    assert problems(admin) == {}
    await write(admin, name="Order Ready")
    assert set(problems(admin)) == {"name"}
    await admin.do(TemplateDraft, "submit")
    assert set(problems(admin)) == {"name", "body"}
    assert admin.var(TemplateDraft, "wrong") == ["name", "body"]


async def test_a_fix_is_one_press(admin: Browser) -> None:
    await admin.do(TemplateDraft, "start")
    await write(admin, name="Order Ready")
    await admin.do(TemplateDraft, "fix", remedy="clean_name")
    assert admin.var(TemplateDraft, "draft").name == "order_ready"
    assert problems(admin) == {}
    await write(admin, name="hello_world")
    assert "already" in problems(admin)["name"]
    await admin.do(TemplateDraft, "fix", remedy="next_name")
    assert admin.var(TemplateDraft, "draft").name == "hello_world_2"


async def test_create_pending_and_the_draft_is_gone(admin: Browser, account: Shop) -> None:
    await write_whole(admin)
    assert admin.var(TemplateDraft, "view").pieces[1].words == "Rui"
    await admin.do(TemplateDraft, "submit")
    assert admin.var(TemplateDraft, "writing") is False
    assert admin.var(TemplateDraft, "kept") == ""
    (row,) = [r for r in admin.var(Templates, "rows") if r.name == "order_ready"]
    assert (row.status, row.tone) == ("Pending", "amber")
    assert "Pending until Meta" in admin.server.wire.text


async def test_metas_refusal_stands_at_its_field_until_it_is_changed(
    admin: Browser, account: Shop
) -> None:
    add_at_meta(account, "order_ready")
    await write_whole(admin)
    await admin.do(TemplateDraft, "submit")
    assert "Meta already has" in problems(admin)["name"]
    assert admin.var(TemplateDraft, "sending") is False
    await write(admin, body=draft().body + " See you.")
    assert "Meta already has" in problems(admin)["name"]
    await admin.do(TemplateDraft, "fix", remedy="next_name")
    assert problems(admin) == {}
    await admin.do(TemplateDraft, "submit")
    assert stored("order_ready_2").status == "PENDING"


async def test_what_meta_could_not_take_is_handed_in_again_as_it_is(
    admin: Browser, account: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write_whole(admin)
    async with wired(account, away("POST")) as client:
        monkeypatch.setattr("state.template_draft.graph", always(client))
        await admin.do(TemplateDraft, "submit")
    assert problems(admin)[""]
    monkeypatch.setattr("state.template_draft.graph", always(account.client))
    await admin.do(TemplateDraft, "submit")
    assert (stored().status, len(at_meta(account))) == ("PENDING", 1)


async def test_a_second_click_hands_in_nothing(
    admin: Browser, account: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def slow(request: httpx.Request) -> None:
        if request.method == "POST":
            asked.set()
            await go.wait()

    await write_whole(admin)
    async with wired(account, slow) as client:
        monkeypatch.setattr("state.template_draft.graph", always(client))
        first = await admin.start(TemplateDraft, "submit")
        await asked.wait()
        await admin.do(TemplateDraft, "submit")
        await write(admin, name="changed_meanwhile")
        await admin.do(TemplateDraft, "cancel")
        go.set()
        await first.wait_all()
    assert len(at_meta(account)) == 1
    assert admin.var(TemplateDraft, "writing") is False


async def test_a_bug_leaves_no_button_spinning(
    admin: Browser, account: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr(template_writing, "create", broken)
    await write_whole(admin)
    with pytest.raises(RuntimeError):
        await admin.do(TemplateDraft, "submit")
    assert admin.var(TemplateDraft, "sending") is False
    assert "went wrong on our side" in problems(admin)[""]


async def test_the_browser_keeps_the_draft(admin: Browser, server: pipeline.Server) -> None:
    await write_whole(admin)
    kept = admin.var(TemplateDraft, "kept")
    assert json.loads(kept)["name"] == "order_ready"
    await admin.do(TemplateDraft, "leave")
    await open_page(admin)
    assert admin.var(TemplateDraft, "writing") is False
    await admin.do(TemplateDraft, "restore", kept=kept)
    assert admin.var(TemplateDraft, "writing") is True
    assert admin.var(TemplateDraft, "draft").name == "order_ready"
    await write(admin, name="newer")
    await admin.do(TemplateDraft, "restore", kept=kept)
    assert admin.var(TemplateDraft, "draft").name == "newer"


@pytest.mark.parametrize("kept", ["", "{", "x" * 300_000, template_drafts.to_text(draft(body=""))])
async def test_what_the_browser_kept_is_not_believed(admin: Browser, kept: str) -> None:
    await admin.do(TemplateDraft, "restore", kept=kept)
    if "order_ready" not in kept:
        assert not admin.var(TemplateDraft, "writing")


async def test_a_draft_that_is_open_is_not_written_over(admin: Browser) -> None:
    await admin.do(TemplateDraft, "begin", template=stored("free_gift").id, purpose="fix")
    assert admin.var(TemplateDraft, "draft").name == "free_gift_2"
    await admin.do(TemplateDraft, "begin", template=stored("hello_world").id, purpose="copy")
    assert admin.var(TemplateDraft, "draft").name == "hello_world"
    await write(admin, body="Something of my own.")
    with pytest.raises(Conflict, match="A draft is open"):
        await admin.do(TemplateDraft, "begin", template=stored("free_gift").id, purpose="fix")
    assert admin.var(TemplateDraft, "draft").body == "Something of my own."


async def test_buttons_come_and_go(admin: Browser) -> None:
    await admin.do(TemplateDraft, "start")
    for kind in ("link", "reply", "phone", "reply"):
        await admin.do(TemplateDraft, "add_button", kind=kind)
    kinds = [each.kind for each in admin.var(TemplateDraft, "draft").buttons]
    assert kinds == ["reply", "reply", "link", "phone"]
    await admin.do(TemplateDraft, "write_button", index=2, field="target", words="shop.test/o")
    assert "button.2.target" in problems(admin)
    await admin.do(TemplateDraft, "write_button", index=9, field="text", words="x")
    await admin.do(TemplateDraft, "drop_button", index=0)
    await admin.do(TemplateDraft, "fix", remedy="https")
    assert admin.var(TemplateDraft, "draft").buttons[1].target == "https://shop.test/o"
    for _ in range(12):
        await admin.do(TemplateDraft, "add_button", kind="reply")
    assert len(admin.var(TemplateDraft, "draft").buttons) == 10


async def test_a_passcode_is_written_in_metas_form(admin: Browser, account: Shop) -> None:
    await admin.do(TemplateDraft, "start")
    await write(admin, name="my_code")
    await admin.do(TemplateDraft, "choose", category="AUTHENTICATION")
    await write(admin, minutes="95")
    assert "90 minutes" in problems(admin)["minutes"]
    await write(admin, minutes="5")
    await admin.do(TemplateDraft, "advise", on=False)
    await admin.do(TemplateDraft, "submit")
    assert stored("my_code").components[0] == {"type": "BODY", "add_security_recommendation": False}


async def test_a_change_goes_to_review_again(admin: Browser, account: Shop) -> None:
    await admin.do(TemplateDraft, "begin", template=stored("hello_world").id, purpose="edit")
    await admin.do(TemplateDraft, "choose", category="MARKETING")
    assert admin.var(TemplateDraft, "draft").category == "UTILITY"
    await write(admin, body="Welcome! This message shows that it works again.")
    await admin.do(TemplateDraft, "submit")
    assert stored("hello_world").status == "PENDING"
    with pytest.raises(Invalid, match="approved, rejected and paused"):
        await admin.do(TemplateDraft, "begin", template=stored("hello_world").id, purpose="edit")
