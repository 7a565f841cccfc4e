"""Reflex's upload route: it acts as whoever sends the file, and only for our own page."""

import asyncio
import inspect
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import reflex as rx
from reflex.app import _ContextMiddleware
from reflex_base.utils.format import format_event_handler
from reflex_components_core.core._upload import upload
from starlette.applications import Starlette
from starlette.routing import Route

from domain import contact_files
from domain.access import Actor
from illumichat_app.edge import upload_gate
from illumichat_app.illumichat_app import app
from state.contact_import import ContactImport
from state.session import Session
from tests.accounts.conftest import PUBLIC, Team
from tests.security.pipeline import Server, own_handlers

pytestmark = pytest.mark.anyio

HANDLER = format_event_handler(ContactImport.event_handlers["upload"])
LOAD = format_event_handler(Session.event_handlers["load"])
OURS = {"origin": PUBLIC, "sec-fetch-site": "same-origin"}
FILE = {"files": ("people.csv", b"name,phone\nLucia,+34 612 55 50 14\n", "text/csv")}


@pytest.fixture
async def door(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """The upload route in the same wrapping as the real app's."""
    monkeypatch.setattr(contact_files, "_folder", lambda: tmp_path)
    monkeypatch.setattr(app, "_event_processor", server.processor)
    routes = Starlette(routes=[Route("/_upload", upload(app), methods=["POST"])])
    transport = httpx.ASGITransport(_ContextMiddleware(upload_gate(routes), app))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
        yield client


async def send(
    door: httpx.AsyncClient, token: str, cookie: str, handler: str = HANDLER, **headers: str
) -> int:
    named = {"reflex-client-token": token, "reflex-event-handler": handler, "cookie": cookie}
    answer = await door.post("/_upload", files=FILE, headers=OURS | named | headers)
    return answer.status_code


def kept(who: Actor) -> int:
    return len(list((contact_files._folder() / str(who.workspace_id)).glob("*")))


async def settled(server: Server) -> None:
    while server.processor._futures or server.processor._tasks:
        await asyncio.sleep(0)


async def test_an_admins_file_arrives(door: httpx.AsyncClient, server: Server, team: Team) -> None:
    tab = server.tab(team.signed_in(team.admin))
    await tab.send(LOAD)
    assert await send(door, tab.token, tab.cookie) == 202
    await settled(server)
    assert "people.csv" in server.wire.text
    assert kept(team.admin) > 0


@pytest.mark.parametrize("who", ["agent", "stranger"])
async def test_anothers_tab_does_not_lend_its_rights(
    door: httpx.AsyncClient, server: Server, team: Team, who: str
) -> None:
    owner = server.tab(team.signed_in(team.admin))
    await owner.send(LOAD)
    await send(door, owner.token, team.signed_in(getattr(team, who)))
    await settled(server)
    assert kept(team.admin) == 0
    assert "people.csv" not in server.wire.text


@pytest.mark.parametrize("cookie", ["", "illumichat_session=guess"])
async def test_nobody_uploads(
    door: httpx.AsyncClient, server: Server, team: Team, cookie: str
) -> None:
    owner = server.tab(team.signed_in(team.admin))
    await owner.send(LOAD)
    assert await send(door, owner.token, cookie) == 401
    assert (await door.get("/_upload/photo.jpg", headers={"cookie": cookie})).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.test"},
        {"origin": "null"},
        {"origin": "http://localhost:3001", "sec-fetch-site": "same-site"},
    ],
    ids=str,
)
async def test_another_sites_page_uploads_nothing(
    door: httpx.AsyncClient, server: Server, team: Team, headers: dict[str, str]
) -> None:
    tab = server.tab(team.signed_in(team.admin))
    await tab.send(LOAD)
    assert await send(door, tab.token, tab.cookie, **headers) == 403


async def test_a_handler_that_does_not_exist(
    door: httpx.AsyncClient, server: Server, team: Team
) -> None:
    tab = server.tab(team.signed_in(team.admin))
    assert await send(door, tab.token, tab.cookie, "state.nobody") == 400


def test_no_handler_takes_a_file_whole() -> None:
    """Reflex runs such a one with the cookie of the tab that the request names: see edge."""
    for name, function in own_handlers().items():
        for parameter in inspect.signature(function).parameters.values():
            assert "UploadFile" not in str(parameter.annotation), name
    assert rx.UploadChunkIterator in own_handlers()[HANDLER].__annotations__.values()
