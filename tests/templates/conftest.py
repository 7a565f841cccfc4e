"""An assistant whose number's account has the seeded templates, read from the simulated Meta."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

import workers.upkeep
from domain import template_drafts, template_writing
from domain.template_drafts import Draft
from domain.template_writing import Result
from illumichat_app import db
from meta_simulator import seed
from meta_simulator.world import Template as AtMeta
from models import AuditAction, AuditEntry, Template
from state import live
from state.template_draft import TemplateDraft
from state.templates import Templates, TemplateSync
from tests.accounts.conftest import _nobody_is_remembered
from tests.channel.conftest import Browser
from tests.connecting.conftest import Shop, shop
from tests.flows.stack import apply_events, rows
from tests.security import pipeline

__all__ = ["_nobody_is_remembered", "shop"]


def draft(**changes: Any) -> Draft:
    """One that Meta takes."""
    given = {
        "name": "order_ready",
        "body": "Hi {{1}}, your order {{2}} is ready for you to pick up.",
        "examples": {"body.1": "Rui", "body.2": "4471"},
    }
    return Draft(**given | changes)


def stored(name: str = "order_ready", **where: Any) -> Template:
    (row,) = rows(Template, name=name, **where)
    return row


def at_meta(shop: Shop, name: str = "order_ready") -> list[AtMeta]:
    return [each for each in shop.simulator.world.templates.values() if each.name == name]


def add_at_meta(shop: Shop, name: str, language: str = "en_US", **facts: Any) -> AtMeta:
    """A template made in WhatsApp Manager."""
    world = shop.simulator.world
    body = [{"type": "BODY", "text": "Hello from the manager."}]
    made = AtMeta(
        world.new_id("88"), seed.WABA_ID, name, language, "UTILITY", body, "APPROVED", "POSITIONAL"
    )
    for field, value in facts.items():
        setattr(made, field, value)
    world.templates[made.id] = made
    return made


async def read_all() -> None:
    """The scheduled reading."""
    await workers.upkeep.read_templates()


async def hear(shop: Shop) -> None:
    """Let Meta review what waits, and apply what it says of it."""
    await shop.simulator.settle()
    apply_events()


def calls(shop: Shop, method: str = "POST") -> list[str]:
    """The requests about templates that reached Meta."""
    return [
        entry.summary
        for entry in shop.simulator.traffic.entries
        if entry.direction == "in"
        and "message_templates" in entry.summary
        and method in entry.summary
    ]


@pytest.fixture
async def account(shop: Shop) -> Shop:
    """The shop, its number connected and its templates read."""
    await shop.sign_up(waba_id=seed.WABA_ID, phone_number_id=seed.NUMBER_ID)
    await read_all()
    return shop


@pytest.fixture
async def server() -> AsyncIterator[pipeline.Server]:
    live.viewers.clear()
    async with pipeline.server() as running:
        yield running
    live.viewers.clear()


def tab(server: pipeline.Server, shop: Shop, who: Any = None, assistant: object = None) -> Browser:
    """A browser tab at the templates page."""
    opened = Browser(server, who or shop.ana, shop.assistant.id if assistant is None else assistant)
    opened.tab.path = "/assistants/[assistant]/whatsapp/templates"
    return opened


def forget(name: str) -> None:
    """The row is gone, as if it had never been read."""
    with db.transaction() as session:
        session.delete(session.get_one(Template, stored(name).id))


payload = template_drafts.payload


async def create(shop: Shop, given: Draft | None = None, who: Any = None) -> Result:
    return await template_writing.create(
        shop.client, who or shop.ana, shop.assistant.id, given or draft()
    )


def lines(action: AuditAction) -> list[tuple[str, str]]:
    return [(row.subject, row.detail) for row in rows(AuditEntry, action=action)]


def lost_after(shop: Shop, *, list_too: bool = False) -> Any:
    """Meta takes the template and its answer is lost; `list_too`: its list cannot be read."""

    async def lose(request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST":
            await httpx.ASGITransport(shop.simulator.app).handle_async_request(request)
            raise httpx.ReadTimeout("slow")
        return httpx.Response(503, json={}) if list_too else None

    return lose


async def open_page(at: Browser) -> Browser:
    for state in (Templates, TemplateSync, TemplateDraft):
        await at.do(state, "load")
    return at


@pytest.fixture
async def admin(server: pipeline.Server, account: Shop) -> Browser:
    return await open_page(tab(server, account))


async def write(at: Browser, **words: str) -> None:
    for field, value in words.items():
        await at.do(TemplateDraft, "write", field=field, words=value)


async def write_whole(at: Browser, name: str = "order_ready") -> None:
    await at.do(TemplateDraft, "start")
    await write(at, name=name, body=draft().body)
    for key, example in draft().examples.items():
        await at.do(TemplateDraft, "write_example", key=key, words=example)


def always(client: Any) -> Any:
    """In place of a state's `graph`."""

    async def graph() -> Any:
        return client

    return graph
