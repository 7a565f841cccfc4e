from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from argon2 import PasswordHasher
from starlette.applications import Starlette

from domain import accounts, sessions
from domain.access import Actor
from illumichat_app import db, login, media_routes
from models import Role, User
from tests import factories

REAL_HASHER = accounts._hasher
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse battery"
PUBLIC = "http://localhost:3000"


@cache
def password_hash() -> str:
    return accounts.hash_password(PASSWORD)


@dataclass(frozen=True)
class Team:
    """A workspace with an admin and an agent, and a second workspace with its own admin."""

    admin: Actor
    agent: Actor
    stranger: Actor

    def email(self, who: Actor) -> str:
        with db.reading() as session:
            return session.get_one(User, who.user_id).email

    def signed_in(self, who: Actor, **facts: str) -> str:
        """The Cookie header of a new session."""
        with db.transaction() as session:
            token = sessions.start(session, who.user_id, workspace_id=who.workspace_id, **facts)
        return f"{sessions.cookie_name()}={token}"


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real hash takes 50 ms and 64 MB on purpose; these tests are about the rules around it."""
    monkeypatch.setattr(accounts, "_hasher", QUICK_HASHER)


@pytest.fixture(autouse=True)
def _nobody_is_remembered() -> Iterator[None]:
    sessions.forget_cached()
    yield
    sessions.forget_cached()


@pytest.fixture
def team(database: str, redis: None) -> Team:
    with db.transaction() as session:
        harbour = factories.workspace(session)
        other = factories.workspace(session, "Hill Bakery")
        made = Team(
            admin=factories.person(session, harbour, "Ana Ruiz", Role.ADMIN),
            agent=factories.person(session, harbour, "Sam Okoro"),
            stranger=factories.person(session, other, "Kim Vale", Role.ADMIN),
        )
        for who in (made.admin, made.agent, made.stranger):
            session.get_one(User, who.user_id).password_hash = password_hash()
    return made


@pytest.fixture
async def browser(redis: None) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on our own page: it keeps cookies and says where its forms come from."""
    app = Starlette(routes=[*login.routes, *media_routes.routes])
    transport = httpx.ASGITransport(app, client=("203.0.113.7", 4000))
    headers = {"origin": PUBLIC, "sec-fetch-site": "same-origin", "user-agent": "Firefox/140.0"}
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC, headers=headers) as client:
        yield client


async def sign_in(browser: httpx.AsyncClient, email: str, **more: str) -> httpx.Response:
    form = {"email": email, "password": PASSWORD} | more
    return await browser.post("/api/auth/login", data=form)


def problem(answer: httpx.Response, page: str) -> str:
    """The code that the page shows a sentence for."""
    assert answer.status_code == 303
    where = urlsplit(answer.headers["location"])
    assert where.path == page
    return parse_qs(where.query)["problem"][0]


def who_is(browser: httpx.AsyncClient) -> Actor | None:
    return sessions.principal(
        "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    )
