"""The address that a browser says it is at: any client may say any, with any value in it."""

import asyncio
from typing import Any

import pytest
from reflex_base.event import Event

from domain.access import Actor
from illumichat_app import db
from illumichat_app.errors import AppError
from models import Role
from tests import factories
from tests.accounts.conftest import Team
from tests.security import plausible, victim
from tests.security.pipeline import Server, database_rows, own_handlers
from tests.security.victim import CANARY, Victim

pytestmark = pytest.mark.anyio

NAMES = (
    *("assistant", "channel", "contact", "conversation", "days", "event", "from", "message"),
    *("minutes", "next", "problem", "q", "section", "show", "tab", "to", "token", "view"),
    *("assignee", "label", "status", "unread", "waiting", "sort"),
)
VALUES: tuple[Any, ...] = (
    *("", "-1", "1e9", "9" * 400, "\uff11", "\x00", "'--", "../..", "<b>", "2026-13-45", "all"),
    *(None, True, 7, 1.5, [], ["1", "2"], {}, {"gt": 0}, [[1]]),
)
READING = ("load", "open", "refresh", "show", "more", "older", "export")


@pytest.fixture
def target(database: str, redis: None, noon: object) -> Victim:
    with db.transaction() as session:
        return victim.make(session)


def stranger() -> Actor:
    with db.transaction() as session:
        place = factories.workspace(session, "Hill Bakery")
        return factories.person(session, place, "Kim Vale", Role.ADMIN)


async def visit(server: Server, cookie: str, query: dict[str, Any]) -> list[str]:
    """Let every page read with this address; returns what broke in another way than a refusal."""
    broken: list[str] = []
    tab = server.tab(cookie)
    where = {"pathname": "/x", "asPath": "/x", "token": tab.token, "query": query}
    for name, function in own_handlers().items():
        if not name.endswith(READING):
            continue
        payload = next(plausible.attempts(function, [1]))
        router = where | {"headers": {"cookie": cookie}}
        event = Event(name=name, payload=payload, router_data=router)
        sent = await server.processor.enqueue(tab.token, event)
        try:
            await sent.wait_all()
        except AppError:
            await tab._until_answered()
        except Exception as problem:  # noqa: BLE001  collected
            await tab._until_answered()
            broken.append(f"{name} at {query}: {problem!r}")
    return broken


@pytest.mark.parametrize("who", ["nobody", "stranger"])
async def test_no_value_of_an_address_breaks_or_opens_anything(
    server: Server, target: Victim, who: str
) -> None:
    kim = stranger()
    cookie = Team(kim, kim, kim).signed_in(kim) if who == "stranger" else ""
    before = database_rows()
    broken: list[str] = []
    for value in VALUES:
        broken += await visit(server, cookie, dict.fromkeys(NAMES, value))
    for number in target.ids[:: max(1, len(target.ids) // 4)]:
        broken += await visit(server, cookie, dict.fromkeys(NAMES, str(number)))
    await asyncio.sleep(0)
    assert broken == []
    assert CANARY not in server.wire.text
    assert {name for name, rows in database_rows().items() if rows != before[name]} <= {
        "login_session"
    }


async def test_the_same_addresses_do_open_for_whom_they_are(server: Server, target: Victim) -> None:
    """Else the tests above would pass because no address is read at all."""
    cookie = Team(target.admin, target.admin, target.admin).signed_in(target.admin)
    assert await visit(server, cookie, dict.fromkeys(NAMES, "1")) == []
    assert f"{CANARY} text" in server.wire.text
