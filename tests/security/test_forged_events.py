"""No event, sent by whoever is not meant to, changes or reads anything.

The handlers are found in Reflex's own registry, so a new one cannot escape.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from domain import accounts, sessions
from domain.access import Actor
from illumichat_app import db
from illumichat_app.errors import AppError
from models import Role
from state.guard import _internal
from tests import factories
from tests.accounts.conftest import Team
from tests.security import plausible, victim
from tests.security.pipeline import Server, Tab, database_rows, handlers, own_handlers
from tests.security.victim import CANARY, Victim

pytestmark = pytest.mark.anyio
NEEDS = {"public", "agent", "admin"}


@pytest.fixture
def target(database: str, redis: None, noon: object) -> Victim:
    with db.transaction() as session:
        return victim.make(session)


@pytest.fixture
def stranger(target: Victim) -> Actor:
    """An admin of another workspace of the same deployment."""
    with db.transaction() as session:
        place = factories.workspace(session, "Hill Bakery")
        return factories.person(session, place, "Kim Vale", Role.ADMIN)


def cookie(who: Actor) -> str:
    return Team(who, who, who).signed_in(who)


def test_there_is_something_to_protect() -> None:
    assert len(own_handlers()) > 15


@pytest.mark.parametrize("name", [pytest.param(name, id=name[-60:]) for name in own_handlers()])
def test_every_handler_says_who_may_call_it(name: str) -> None:
    function = own_handlers()[name]
    if name.endswith(".setvar"):
        return
    assert getattr(function, "_acl", None) in NEEDS
    hints = function.__annotations__
    parameters = function.__code__.co_varnames[1 : function.__code__.co_argcount]
    assert set(parameters) <= hints.keys(), "the guard checks arguments by their annotations"


def test_the_rest_are_reflexs_own_and_known() -> None:
    others = handlers().keys() - own_handlers().keys()
    unmarked = {name for name in others if not name.endswith(".setvar")}
    assert unmarked == set(_internal())


async def test_the_victim_has_something_in_every_table(target: Victim) -> None:
    assert victim.empty_tables() <= victim.WITHOUT_OWNER


def forgeries(target: Victim, only: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every handler with arguments that fit it and ids that exist at the victim's."""
    for name, function in handlers().items():
        if name.endswith(".setvar"):
            yield name, {"var_name": "tab", "value": "forged"}
            yield name, {"var_name": "is_admin", "value": True}
        elif getattr(function, "_acl", "internal") in only:
            for arguments in plausible.attempts(function, target.ids):
                yield name, arguments


async def forge(tab: Tab, target: Victim, only: set[str]) -> list[str]:
    """Send them all; returns those of ours that failed in another way than with a refusal."""
    broken: list[str] = []
    await tab.open_page()
    for name, arguments in forgeries(target, only):
        for problem in await tab.send(name, **arguments):
            if name in own_handlers() and not isinstance(problem, AppError):
                broken.append(f"{name}({arguments}): {problem!r}")
    return broken


async def test_without_a_session_nothing_is_read_or_changed(server: Server, target: Victim) -> None:
    before = database_rows()
    tab = server.tab(cookie="illumichat_session=guess", path="/inbox/open/1/")
    assert await forge(tab, target, NEEDS | {"internal"}) == []
    assert database_rows() == before
    assert CANARY not in server.wire.text
    assert any("/sign-in" in event for event in server.wire.events)


@pytest.mark.parametrize("how", ["signed out", "removed"])
async def test_a_tab_that_was_open_reads_and_changes_nothing_more(
    server: Server, target: Victim, how: str
) -> None:
    """It has loaded everything before, and the browser still sends its cookie."""
    session_of_agent = cookie(target.agent)
    tab = server.tab(session_of_agent, path="/inbox/open/")
    for name, arguments in forgeries(target, {"agent"}):
        if name.endswith(("load", "open")):
            await tab.send(name, **arguments)
    assert CANARY in server.wire.text
    with db.transaction() as session:
        if how == "removed":
            accounts.remove_member(session, target.admin, target.agent.user_id)
        else:
            sessions.sign_out(session, session_of_agent)
    server.wire.updates.clear()
    before = database_rows()
    assert await forge(tab, target, NEEDS | {"internal"}) == []
    assert database_rows() == before
    assert CANARY not in server.wire.text


async def test_an_agent_cannot_do_what_admins_do(server: Server, target: Victim) -> None:
    tab = server.tab(cookie(target.agent))
    before = database_rows()
    assert await forge(tab, target, {"admin"}) == []
    assert database_rows() == before
    assert CANARY not in server.wire.text
    asked = len(list(forgeries(target, {"admin"})))
    assert sum("does not allow" in event for event in server.wire.events) == asked


async def test_an_admin_of_another_workspace_reaches_nothing(
    server: Server, target: Victim, stranger: Actor
) -> None:
    tab = server.tab(cookie(stranger), path="/inbox/open/1/")
    before = not_of(stranger)
    assert await forge(tab, target, NEEDS | {"internal"}) == []
    assert not_of(stranger) == before
    assert CANARY not in server.wire.text


def not_of(stranger: Actor) -> dict[str, list[dict[str, Any]]]:
    """Every row but those of the stranger's own workspace and account, which they may change."""
    return {
        table: [row for row in rows if not _belongs_to(stranger, table, row)]
        for table, rows in database_rows().items()
    }


def _belongs_to(stranger: Actor, table: str, row: dict[str, Any]) -> bool:
    if table == "app_user":
        return row["id"] == stranger.user_id
    if table == "login_session":
        return row["user_id"] == stranger.user_id
    return row.get("id" if table == "workspace" else "workspace_id") == stranger.workspace_id


async def test_the_same_calls_do_read_for_the_right_person(server: Server, target: Victim) -> None:
    """Else the tests above would pass because nothing works at all."""
    tab = server.tab(cookie(target.admin), path="/inbox/open/")
    assert await forge(tab, target, NEEDS | {"internal"}) == []
    assert CANARY in server.wire.text
