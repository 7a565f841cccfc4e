"""The composition root: what every request passes, and what a new deployment logs."""

import logging

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from illumichat_app import illumichat_app as root
from illumichat_app.config import settings
from illumichat_app.edge import security_headers
from illumichat_app.errors import Conflict, NotSignedIn
from rxconfig import config, origins
from tests.accounts.conftest import PUBLIC, Team

pytestmark = pytest.mark.anyio


async def plain(_request: object) -> PlainTextResponse:
    return PlainTextResponse("ok")


def client(app: object) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC)


async def get(path: str, app: object = root.api, **headers: str) -> httpx.Response:
    async with client(app) as browser:
        return await browser.get(path, headers=headers)


async def test_home_is_the_inbox(database: str) -> None:
    answer = await get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/inbox/open/")


async def test_every_answer_carries_the_security_headers() -> None:
    answer = await get("/x", security_headers(Starlette(routes=[Route("/x", plain)])))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    policy = answer.headers["content-security-policy"]
    for part in (
        "frame-ancestors 'none'",
        "object-src 'none'",
        "connect-src 'self' ws://localhost",
    ):
        assert part in policy
    assert "strict-transport-security" not in answer.headers


async def test_behind_https_browsers_are_told_to_stay_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://chat.example")
    settings.cache_clear()
    app = security_headers(Starlette(routes=[Route("/x", plain)]))
    monkeypatch.undo()
    settings.cache_clear()
    answer = await get("/x", app)
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    assert "wss://chat.example" in answer.headers["content-security-policy"]


async def test_an_answers_own_policy_is_kept() -> None:
    async def own(_request: object) -> PlainTextResponse:
        return PlainTextResponse("ok", headers={"content-security-policy": "sandbox"})

    answer = await get("/x", security_headers(Starlette(routes=[Route("/x", own)])))
    assert answer.headers["content-security-policy"] == "sandbox"


async def test_a_new_deployment_logs_its_setup_link(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    await root.offer_setup()
    assert "http://localhost:3000/setup?token=" in caplog.text


async def test_a_deployment_with_people_does_not(
    team: Team, caplog: pytest.LogCaptureFixture
) -> None:
    await root.offer_setup()
    assert "setup?token" not in caplog.text


async def test_the_demo_does_not(
    database: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEMO", "1")
    settings.cache_clear()
    await root.offer_setup()
    monkeypatch.undo()
    settings.cache_clear()
    assert "setup?token" not in caplog.text


def test_a_refusal_is_its_own_sentence(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    assert "Somebody was faster." in str(root.in_words(Conflict("Somebody was faster.")))
    assert "/sign-in" in str(root.in_words(NotSignedIn()))
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("public", "allowed"),
    [
        ("http://localhost:3000", ("http://localhost:3000", "http://127.0.0.1:3000")),
        ("http://127.0.0.1:8", ("http://127.0.0.1:8", "http://localhost:8")),
        ("https://chat.example", ("https://chat.example",)),
        ("https://chat.example/under", ("https://chat.example",)),
        ("https://localhost.evil.test", ("https://localhost.evil.test",)),
    ],
)
def test_only_the_public_address_may_connect(public: str, allowed: tuple[str, ...]) -> None:
    assert origins(public) == allowed


def test_reflex_is_held_to_it() -> None:
    assert config.cors_allowed_origins == origins(PUBLIC)
    assert config.redis_token_expiration == 7 * 24 * 3600
    assert not config.telemetry_enabled
