"""Who may do what: each handler and each route, by each kind of person, against `table`.

The handlers come from Reflex's own registry and the routes from the app itself, so that a new one
fails here until it has a row. What a handler that may be called does with other people's rows is
the matter of `test_forged_events`.
"""

from collections.abc import AsyncIterator, Callable
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from reflex.app import _ContextMiddleware
from reflex.state import StateUpdate
from reflex_components_core.core.upload import Upload
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from domain import media
from illumichat_app import db, webhook
from illumichat_app.edge import security_headers, upload_gate
from illumichat_app.illumichat_app import api, app
from models import Media, MediaState, Workspace
from state.guard import AuthGuard
from tests import factories
from tests.accounts.conftest import PUBLIC, Team
from tests.security import people, plausible
from tests.security.pipeline import Server, handlers, own_handlers
from tests.security.table import HANDLERS, MOUNTS, PEOPLE, ROUTES
from tests.sending import files

pytestmark = pytest.mark.anyio

MAY = {
    "nobody": {"public"},
    "signed out": {"public"},
    "removed": {"public"},
    "agent": {"public", "agent"},
    "admin": {"public", "agent", "admin"},
    "stranger": {"public", "agent", "admin"},  # of their own workspace: see test_forged_events
}
Rows = dict[str, str]


def wanted() -> Rows:
    """Handler -> who may call it, by the table."""
    return {
        f"{state}.{name}": need
        for state, rows in HANDLERS.items()
        for need, names in rows.items()
        for name in names.split()
    }


def place(function: Any) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def found() -> Rows:
    """The same, by the handlers' own marks."""
    return {
        place(function): getattr(function, "_acl", "unmarked")
        for function in own_handlers().values()
    }


def gaps(rows: Rows, handlers: Rows) -> dict[str, set[str]]:
    """Where the table and the product differ."""
    return {
        "without a row": handlers.keys() - rows.keys(),
        "gone": rows.keys() - handlers.keys(),
        "marked otherwise": {name for name in rows if handlers.get(name, rows[name]) != rows[name]},
    }


# ---- the table


def test_every_handler_has_its_row() -> None:
    assert gaps(wanted(), found()) == {
        "without a row": set(),
        "gone": set(),
        "marked otherwise": set(),
    }


def test_each_difference_is_seen() -> None:
    rows, name = found(), next(iter(found()))
    assert gaps({key: rows[key] for key in rows if key != name}, rows)["without a row"] == {name}
    assert gaps(rows | {"state.gone.Gone.do": "agent"}, rows)["gone"] == {"state.gone.Gone.do"}
    assert gaps(rows | {name: "unmarked"}, rows)["marked otherwise"] == {name}


def test_no_name_stands_twice() -> None:
    named = [
        name for rows in HANDLERS.values() for names in rows.values() for name in names.split()
    ]
    assert len(named) == len(wanted())


def test_somebody_may_and_somebody_may_not() -> None:
    """A table that allows or refuses everything would prove nothing."""
    assert set(wanted().values()) == {"public", "agent", "admin"}
    assert tuple(MAY) == PEOPLE
    for route, row in ROUTES.items():
        assert len(row) == len(PEOPLE), route
    differing = [row for row in ROUTES.values() if len(set(row)) > 1]
    assert len(differing) >= 4


# ---- events


Verdicts = list[bool]


@pytest.fixture
def verdicts(monkeypatch: pytest.MonkeyPatch) -> Verdicts:
    """What the guard says of each event; none goes further."""
    said: Verdicts = []
    judge = AuthGuard.preprocess

    async def judged(guard: Any, app: Any, state: Any, event: Any) -> StateUpdate:
        answer = await judge(guard, app, state, event)
        said.append(answer is None)
        return answer or StateUpdate()

    monkeypatch.setattr(AuthGuard, "preprocess", judged)
    return said


def setters() -> dict[str, Any]:
    """What Reflex adds to every state, for nobody."""
    return {name: each for name, each in handlers().items() if name.endswith(".setvar")}


def payload(name: str, function: Any) -> dict[str, Any]:
    if name in setters():
        return {"var_name": "tab", "value": "forged"}
    return next(plausible.attempts(function, [1]))


@pytest.mark.parametrize("who", PEOPLE)
async def test_each_event_passes_for_whom_the_table_allows(
    server: Server, team: Team, verdicts: Verdicts, who: str
) -> None:
    asking = people.gather(team)
    tab = server.tab(asking.cookies[who])
    await tab.open_page()
    asking.part()
    passed, expected = {}, {}
    for name, function in own_handlers().items() | setters().items():
        assert await tab.send(name, **payload(name, function)) == []
        passed[name] = verdicts[-1]
        expected[name] = name not in setters() and wanted()[place(function)] in MAY[who]
    assert passed == expected
    assert set(passed.values()) == {True, False}


# ---- routes


def all_routes(monkeypatch: pytest.MonkeyPatch, folder: Path) -> list[Route | Mount]:
    """Our own and those Reflex adds when the app starts."""
    monkeypatch.setenv("REFLEX_UPLOADED_FILES_DIR", str(folder))
    monkeypatch.setattr(Upload, "is_used", True)
    own: Any = app._api
    fresh = Starlette()
    with monkeypatch.context() as patch:
        patch.setattr(app, "_api", fresh)
        app._add_default_endpoints()
        app._add_optional_endpoints()
    names = {route.path for route in fresh.routes if isinstance(route, Route)}
    kept = [route for route in own.routes if getattr(route, "path", "") not in names]
    return [*api.routes, *fresh.routes, *kept]  # type: ignore[list-item]


def test_every_route_has_its_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    routes = all_routes(monkeypatch, tmp_path)
    methods = {
        (method, route.path)
        for route in routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert methods == ROUTES.keys()
    assert {route.path for route in routes if isinstance(route, Mount)} == MOUNTS


@pytest.fixture
async def door(
    server: Server, team: Team, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """The whole app without its pages."""
    monkeypatch.setattr(app, "_event_processor", server.processor)
    routes = Starlette(routes=all_routes(monkeypatch, tmp_path))
    whole = _ContextMiddleware(security_headers(upload_gate(routes)), app)
    transport = httpx.ASGITransport(whole, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
        yield client


@pytest.fixture
def ids(team: Team, noon: object) -> dict[str, int]:
    """What the agent's and admin's workspace has."""
    with db.transaction() as session:
        home = session.get_one(Workspace, team.agent.workspace_id)
        helper = factories.assistant(session, home)
        on = factories.channel(session, home, helper)
        talk = factories.conversation(session, on)
        row = Media(
            workspace_id=home.id,
            channel_id=on.id,
            message_id=factories.message(session, talk).id,
            meta_id="1",
            mime_type="image/jpeg",
            state=MediaState.READY,
            path="matrix-photo",
        )
        session.add(row)
        session.flush()
        media.folder().mkdir(parents=True, exist_ok=True)
        (media.folder() / row.path).write_bytes(files.JPEG)
        known = {"media": row.id, "talk": talk.id, "assistant": helper.id}
        return known | {"workspace": home.id}


_tries = count(1)  # each with another name, or the slow-down answers
ASKED: dict[tuple[str, str], Callable[[dict[str, int]], dict[str, Any]]] = {
    ("POST", "/api/auth/login"): lambda _: {"data": {"email": f"x{next(_tries)}@demo.test"}},
    ("POST", "/api/auth/accept-invitation"): lambda _: {"data": {"token": "guess"}},
    ("POST", "/api/auth/setup"): lambda _: {"data": {"token": "guess"}},
    ("POST", "/api/auth/switch-workspace"): lambda ids: {
        "data": {"workspace_id": ids["workspace"]}
    },
    ("POST", "/api/media"): lambda ids: {
        "data": {"conversation": ids["talk"]},
        "files": {"file": ("offer.pdf", files.PDF)},
    },
    ("GET", "/api/analytics.csv"): lambda ids: {"params": {"assistant": ids["assistant"]}},
    ("POST", webhook.PATH): lambda _: {"content": b"{}"},
}
OURS = {"origin": PUBLIC, "sec-fetch-site": "same-origin"}


async def ask(
    door: httpx.AsyncClient, route: tuple[str, str], ids: dict[str, int], **headers: str
) -> httpx.Response:
    method, path = route
    given = ASKED.get(route, lambda _: {})(ids)
    path = path.replace("{id:int}", str(ids["media"]))
    door.cookies.clear()
    return await door.request(method, path, headers=headers, **given)


def told(answer: httpx.Response) -> str:
    where = answer.headers.get("location", "")
    return f"{answer.status_code} {where}".strip()


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
async def test_each_route_answers_as_the_table_says(
    door: httpx.AsyncClient, team: Team, ids: dict[str, int], route: tuple[str, str]
) -> None:
    asking = people.gather(team)
    asking.part()
    answers = [
        told(await ask(door, route, ids, cookie=asking.cookies[who], **OURS)) for who in PEOPLE
    ]
    assert tuple(answers) == ROUTES[route]


SIGNED_ELSE = {("POST", webhook.PATH)}  # Meta's servers send no Origin: its signature counts
POSTS = [route for route in ROUTES if route[0] == "POST" and route not in SIGNED_ELSE]


ELSEWHERE: list[dict[str, str]] = [
    {},
    {"origin": "http://evil.test", "sec-fetch-site": "cross-site"},
    {"origin": "null"},
    {"origin": "http://localhost:3001", "sec-fetch-site": "same-site"},
    {"origin": f"{PUBLIC}.evil.test"},
    {"origin": PUBLIC, "sec-fetch-site": "cross-site"},
]


async def test_no_post_of_another_site_is_taken(
    door: httpx.AsyncClient, team: Team, ids: dict[str, int]
) -> None:
    assert POSTS
    cookie = team.signed_in(team.admin)
    for route in POSTS:
        for headers in ELSEWHERE:
            answer = await ask(door, route, ids, cookie=cookie, **headers)
            assert (answer.status_code, "set-cookie" in answer.headers) == (403, False), route
    assert (await ask(door, ("GET", "/api/analytics.csv"), ids, cookie=cookie)).status_code == 200


async def test_no_route_takes_another_method(
    door: httpx.AsyncClient, team: Team, ids: dict[str, int]
) -> None:
    cookie = team.signed_in(team.admin)
    for path in {path for _, path in ROUTES} - MOUNTS:
        known = {method for method, named in ROUTES if named == path}
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - known:
            answer = await ask(door, (method, path), ids, cookie=cookie, **OURS)
            assert answer.status_code == 405, (method, path)


async def test_every_answer_has_the_safe_headers(
    door: httpx.AsyncClient, team: Team, ids: dict[str, int]
) -> None:
    for route in [*ROUTES, ("GET", "/nowhere")]:
        answer = await ask(door, route, ids, cookie=team.signed_in(team.admin), **OURS)
        assert answer.headers["x-content-type-options"] == "nosniff", route
        assert answer.headers["x-frame-options"] == "DENY", route
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy or "sandbox" in policy, route
