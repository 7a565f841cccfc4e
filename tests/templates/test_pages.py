"""The templates page through the real guard and the real handlers, with Meta simulated."""

from contextlib import suppress
from typing import Any

import pytest

from domain import template_drafts
from illumichat_app.errors import NotFound
from models import AuditAction, AuditEntry, Template
from state import live
from state.template_deletion import TemplateDeletion
from state.template_draft import TemplateDraft
from state.templates import Templates, TemplateSync
from tests.channel.conftest import Browser
from tests.connecting.conftest import Shop, away, competitor, wired
from tests.flows.stack import rows
from tests.security import pipeline
from tests.security.pipeline import database_rows
from tests.templates.conftest import (
    add_at_meta,
    always,
    at_meta,
    calls,
    draft,
    hear,
    open_page,
    stored,
    tab,
    write_whole,
)

pytestmark = pytest.mark.anyio

HANDLERS: list[tuple[Any, str, dict[str, Any]]] = [
    (Templates, "refresh", {}),
    (Templates, "search_for", {"words": "hello"}),
    (Templates, "show_status", {"status": "PENDING"}),
    (Templates, "show_category", {"category": "UTILITY"}),
    (Templates, "show_all", {}),
    (Templates, "more", {}),
    (Templates, "to_top", {}),
    (TemplateSync, "run", {}),
    (TemplateDraft, "start", {}),
    (TemplateDraft, "begin", {"template": 1, "purpose": "fix"}),
    (TemplateDraft, "restore", {"kept": template_drafts.to_text(draft())}),
    (TemplateDraft, "cancel", {}),
    (TemplateDraft, "write", {"field": "body", "words": "x"}),
    (TemplateDraft, "choose", {"category": "MARKETING"}),
    (TemplateDraft, "advise", {"on": True}),
    (TemplateDraft, "write_example", {"key": "body.1", "words": "x"}),
    (TemplateDraft, "add_button", {"kind": "link"}),
    (TemplateDraft, "drop_button", {"index": 0}),
    (TemplateDraft, "write_button", {"index": 0, "field": "text", "words": "x"}),
    (TemplateDraft, "fix", {"remedy": "sample"}),
    (TemplateDraft, "submit", {}),
    (TemplateDeletion, "ask", {"template": 1}),
    (TemplateDeletion, "choose", {"whole": True}),
    (TemplateDeletion, "close", {"shown": False}),
    (TemplateDeletion, "delete", {}),
]


def names(at: Browser) -> list[str]:
    return [row.name for row in at.var(Templates, "rows")]


# ---- who may


async def test_an_agent_is_told_and_may_do_nothing(server: pipeline.Server, account: Shop) -> None:
    sam = await open_page(tab(server, account, account.sam))
    before = database_rows()
    assert sam.var(Templates, "loaded") is True
    assert not sam.var(Templates, "rows")
    for state, handler, payload in HANDLERS:
        await sam.do(state, handler, **payload)
        assert "does not allow" in sam.told, handler
    assert database_rows() == before
    assert "hello_world" not in server.wire.text


@pytest.mark.parametrize("address", ["", "0", "x", "9" * 30, "424242"])
async def test_an_address_without_an_assistant(
    server: pipeline.Server, account: Shop, address: str
) -> None:
    lost = await open_page(tab(server, account, assistant=address))
    assert lost.var(Templates, "missing") is True


async def test_a_stranger_sees_and_does_nothing(server: pipeline.Server, account: Shop) -> None:
    stranger, _ = competitor()
    at = await open_page(tab(server, account, stranger))
    before = database_rows()["template"]
    assert at.var(Templates, "missing") is True
    for state, handler, payload in HANDLERS:
        with suppress(NotFound):
            await at.do(state, handler, **payload)
    assert database_rows()["template"] == before
    assert "hello_world" not in server.wire.text
    assert calls(account) == []


async def test_no_secret_reaches_the_browser(admin: Browser, account: Shop) -> None:
    await write_whole(admin)
    await admin.do(TemplateDraft, "submit")
    assert "EAA" not in admin.server.wire.text


# ---- the list


async def test_the_list_is_there_searched_and_filtered(admin: Browser) -> None:
    assert names(admin) == sorted(names(admin))
    assert (len(names(admin)), admin.var(Templates, "total")) == (6, 6)
    await admin.do(Templates, "search_for", words="pedido")
    assert names(admin) == ["we_missed_you"]
    await admin.do(Templates, "show_all")
    await admin.do(Templates, "show_status", status="PENDING")
    assert names(admin) == ["spring_offer"]
    await admin.do(Templates, "show_status", status="forged")
    await admin.do(Templates, "show_category", category="AUTHENTICATION")
    assert names(admin) == ["login_code"]


async def test_pages_are_turned(admin: Browser, account: Shop) -> None:
    for number in range(60):
        add_at_meta(account, f"bulk_{number:03d}")
    await admin.do(TemplateSync, "run")
    assert (len(names(admin)), admin.var(Templates, "has_more")) == (50, True)
    await admin.do(Templates, "more")
    assert names(admin)[0] == "bulk_050"
    assert (admin.var(Templates, "has_more"), admin.var(Templates, "at_top")) == (False, False)
    await admin.do(Templates, "to_top")
    assert names(admin)[0] == "bulk_000"


async def test_a_webhook_changes_the_list_live(admin: Browser, account: Shop) -> None:
    (viewer,) = live.viewers.values()
    assert viewer.refreshers.keys() == {"templates"}
    await hear(account)
    row = at_meta(account, "spring_offer")[0]
    account.simulator.review_template(row.id, "PAUSED")
    await hear(account)
    assert viewer.workspace_id == account.workspace.id
    await admin.do(Templates, "refresh")
    (paused,) = [r for r in admin.var(Templates, "rows") if r.name == "spring_offer"]
    assert (paused.status, paused.tone) == ("Paused", "gray")
    assert "Paused by Meta" in paused.note
    await admin.do(Templates, "leave")
    assert not viewer.refreshers


async def test_without_a_number_the_page_says_so(server: pipeline.Server, shop: Shop) -> None:
    at = await open_page(tab(server, shop))
    assert at.var(Templates, "connected") in (None, False)
    await at.do(TemplateSync, "run")
    assert "No number is connected" in at.var(TemplateSync, "problem")


# ---- sync


async def test_the_sync_counts_and_is_audited(admin: Browser, account: Shop) -> None:
    for number in range(150):
        add_at_meta(account, f"bulk_{number:03d}")
    await admin.do(TemplateSync, "run")
    counts = [
        delta["read_rx_state_"]
        for _, update in admin.server.wire.updates
        for state, delta in (update.delta or {}).items()
        if state.endswith("template_sync") and "read_rx_state_" in delta
    ]
    assert [count for count in counts if count] == [100, 156]
    assert admin.var(TemplateSync, "done") == "In step with Meta: 156 templates."
    assert admin.var(Templates, "total") == 156
    assert rows(AuditEntry)[-1].action is AuditAction.TEMPLATES_SYNCED


async def test_a_sync_that_fails_says_why_and_frees_the_button(
    admin: Browser, account: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wired(account, away("message_templates")) as client:
        monkeypatch.setattr("state.templates.graph", always(client))
        await admin.do(TemplateSync, "run")
    assert "Try again in a minute" in admin.var(TemplateSync, "problem")
    assert admin.var(TemplateSync, "running") is False
    assert len(rows(Template)) == 6


# ---- deleting


async def test_deleting_asks_names_the_languages_and_deletes(admin: Browser, account: Shop) -> None:
    add_at_meta(account, "hello_world", "es")
    await admin.do(TemplateSync, "run")
    spanish = stored("hello_world", language="es")
    await admin.do(TemplateDeletion, "ask", template=spanish.id)
    doomed = admin.var(TemplateDeletion, "doomed")
    assert (doomed.language, doomed.languages) == ("Spanish", ["English (US)", "Spanish"])
    await admin.do(TemplateDeletion, "close", shown=False)
    await admin.do(TemplateDeletion, "delete")
    assert len(at_meta(account, "hello_world")) == 2
    await admin.do(TemplateDeletion, "ask", template=spanish.id)
    await admin.do(TemplateDeletion, "delete")
    assert [each.language for each in at_meta(account, "hello_world")] == ["en_US"]
    await admin.do(TemplateDeletion, "ask", template=stored("hello_world").id)
    await admin.do(TemplateDeletion, "choose", whole=True)
    await admin.do(TemplateDeletion, "delete")
    assert at_meta(account, "hello_world") == []
    assert "hello_world" not in names(admin)
    assert admin.var(TemplateDeletion, "shown") is False


async def test_a_deletion_that_fails_stays_open_and_says_why(
    admin: Browser, account: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await admin.do(TemplateDeletion, "ask", template=stored("hello_world").id)
    async with wired(account, away("DELETE")) as client:
        monkeypatch.setattr("state.template_deletion.graph", always(client))
        await admin.do(TemplateDeletion, "delete")
    assert "Try again in a minute" in admin.var(TemplateDeletion, "problem")
    assert admin.var(TemplateDeletion, "shown") is True
    assert admin.var(TemplateDeletion, "deleting") is False
