"""The gate itself, with the app's own handlers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from pydantic import BaseModel, ValidationError
from redis.asyncio import Redis
from reflex.istate.manager.redis import StateManagerRedis
from reflex_base.utils.format import format_event_handler

from domain import accounts, sessions
from domain.access import Actor
from illumichat_app import db
from illumichat_app.config import settings
from models import LoginSession, Membership, Role
from state import guard
from state.session import Session
from state.settings import Settings
from state.sign_in import SetUp
from tests.accounts.conftest import Team
from tests.security import pipeline
from tests.security.pipeline import Server, handlers

pytestmark = pytest.mark.anyio

LOAD = format_event_handler(Session.event_handlers["load"])
SHOW = format_event_handler(Settings.event_handlers["show"])
READ = format_event_handler(Settings.event_handlers["load"])
ROLE = format_event_handler(Settings.event_handlers["change_role"])
ZONE = format_event_handler(SetUp.event_handlers["choose_time_zone"])
NAME = "state___session____session.name_rx_state_"


def named(server: Server) -> object:
    return server.wire.var_values.get(NAME)


async def test_a_signed_in_person_passes(server: Server, team: Team) -> None:
    await server.tab(team.signed_in(team.agent)).send(LOAD)
    assert named(server) == "Sam Okoro"


async def test_nobody_is_sent_to_the_sign_in_page_by_a_full_load(
    server: Server, team: Team
) -> None:
    await server.tab().send(LOAD)
    assert named(server) in (None, "")
    (told,) = server.wire.events
    assert "window.location.assign('/sign-in" in told


async def test_an_agent_is_told_that_the_role_does_not_allow_it(server: Server, team: Team) -> None:
    tab = server.tab(team.signed_in(team.agent))
    await tab.send(ROLE, user_id=team.admin.user_id, role="agent")
    assert "does not allow" in server.wire.events[-1]
    with db.reading() as session:
        assert accounts.members(session, team.admin)[0].role is Role.ADMIN


async def test_an_admin_may(server: Server, team: Team) -> None:
    tab = server.tab(team.signed_in(team.admin))
    await tab.send(ROLE, user_id=team.agent.user_id, role="admin")
    with db.reading() as session:
        assert accounts.members(session, team.admin)[1].role is Role.ADMIN


async def test_the_setter_that_reflex_adds_is_refused(server: Server, team: Team) -> None:
    tab = server.tab(team.signed_in(team.admin))
    setters = [name for name in handlers() if name.endswith(".setvar")]
    assert setters
    for name in setters:
        assert await tab.send(name, var_name="tab", value="x") == []
    assert sum("does not allow" in event for event in server.wire.events) == len(setters)


async def test_a_helper_without_a_mark_is_refused(
    server: Server, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(Session.event_handlers["load"].fn, "_acl")
    await server.tab(team.signed_in(team.admin)).send(LOAD)
    assert named(server) in (None, "")
    assert "does not allow" in server.wire.events[-1]


# ---- whose state a tab holds


async def test_a_borrowed_token_shows_nothing_of_its_owner(server: Server, team: Team) -> None:
    owner = server.tab(team.signed_in(team.admin), path="/settings/")
    for name in (LOAD, READ):
        await owner.send(name)
    assert "Sam Okoro" in server.wire.text
    server.wire.updates.clear()
    thief = server.tab(team.signed_in(team.stranger), token=owner.token)
    await thief.send(SHOW, tab="members")
    await thief.open_page()
    assert "Sam Okoro" not in server.wire.text
    assert "Ana Ruiz" not in server.wire.text
    assert any("window.location.assign('/')" in event for event in server.wire.events)


@pytest.fixture
async def redis_states(redis: None) -> AsyncIterator[StateManagerRedis]:
    states = StateManagerRedis(redis=Redis.from_url(settings().redis_url))
    yield states
    await states.close()


async def test_states_that_redis_has_not_loaded_are_wiped_too(
    redis_states: StateManagerRedis, team: Team
) -> None:
    """Redis hands over a state only when an event asks for it."""
    async with pipeline.server(redis_states) as server:
        owner = server.tab(team.signed_in(team.admin), path="/settings/")
        for name in (LOAD, READ):
            await owner.send(name)
        assert "Sam Okoro" in server.wire.text
        server.wire.updates.clear()
        thief = server.tab(team.signed_in(team.stranger), token=owner.token)
        await thief.send(LOAD)  # touches another state than the one with the members
        await thief.open_page()
        assert "Sam Okoro" not in server.wire.text


async def test_a_borrowed_token_without_a_cookie_shows_nothing_either(
    server: Server, team: Team
) -> None:
    owner = server.tab(team.signed_in(team.admin), path="/settings/")
    for name in (LOAD, READ):
        await owner.send(name)
    server.wire.updates.clear()
    await server.tab(token=owner.token).open_page()
    assert "Ana Ruiz" not in server.wire.text


async def test_after_signing_out_elsewhere_the_next_event_is_refused_and_the_screen_wiped(
    server: Server, team: Team
) -> None:
    cookie = team.signed_in(team.agent)
    tab = server.tab(cookie)
    await tab.send(LOAD)
    with db.transaction() as session:
        sessions.sign_out(session, cookie)
    await tab.send(LOAD)
    assert named(server) == ""
    assert "/sign-in" in server.wire.events[-1]


async def test_a_new_role_wipes_what_the_old_one_loaded(server: Server, team: Team) -> None:
    with db.transaction() as session:
        accounts.change_role(session, team.admin, team.agent.user_id, Role.ADMIN)
    tab = server.tab(team.signed_in(team.agent), path="/settings/")
    await tab.send(READ)
    members = "state___settings____settings.members_rx_state_"
    assert server.wire.var_values[members]
    with db.transaction() as session:
        accounts.change_role(session, team.admin, team.agent.user_id, Role.AGENT)
    await tab.send(SHOW, tab="you")
    assert server.wire.var_values[members] == []


async def test_another_workspace_behind_the_same_person_wipes_too(
    server: Server, team: Team
) -> None:
    place = team.stranger.workspace_id
    tab = server.tab(team.signed_in(team.agent))
    await tab.send(LOAD)
    with db.transaction() as session:
        row = Membership(workspace_id=place, user_id=team.agent.user_id, role=Role.AGENT)
        session.add(row)
    there = Actor(team.agent.user_id, place, Role.AGENT, "Sam Okoro")
    moved = server.tab(team.signed_in(there), token=tab.token)
    await moved.send(SHOW, tab="you")
    assert server.wire.var_values["state___session____session.workspace_name_rx_state_"] == ""


async def test_events_of_one_person_keep_the_state(server: Server, team: Team) -> None:
    tab = server.tab(team.signed_in(team.agent))
    await tab.send(LOAD)
    server.wire.updates.clear()
    await tab.send(SHOW, tab="workspace")
    assert NAME not in server.wire.var_values
    assert server.wire.var_values["state___settings____settings.tab_rx_state_"] == "workspace"


# ---- arguments


@pytest.mark.parametrize(
    "payload",
    [
        {"user_id": {"gt": 0}, "role": "admin"},
        {"user_id": [1], "role": "admin"},
        {"user_id": "one", "role": "admin"},
        {"user_id": None, "role": "admin"},
        {"user_id": 1, "role": {"x": 1}},
        {"user_id": 1, "role": 7},
        {"user_id": 1},
        {"user_id": 1, "role": "admin", "more": 1},
        {},
    ],
    ids=str,
)
async def test_arguments_of_the_wrong_kind_do_not_reach_the_handler(
    server: Server, team: Team, payload: dict[str, object]
) -> None:
    tab = server.tab(team.signed_in(team.admin))
    assert await tab.send(ROLE, **payload) == []
    (told,) = server.wire.events
    assert "nothing was done" in told


@pytest.mark.parametrize("role", ["owner", "", "ADMIN"])
async def test_a_refusal_of_the_rules_is_a_sentence(server: Server, team: Team, role: str) -> None:
    tab = server.tab(team.signed_in(team.admin))
    await tab.send(ROLE, user_id=team.agent.user_id, role=role)
    assert "Choose admin or agent." in server.wire.events[-1]


async def test_public_handlers_check_their_arguments_too(server: Server, team: Team) -> None:
    await server.tab().send(ZONE, name={"x": 1})
    assert "nothing was done" in server.wire.events[-1]
    await server.tab().send(ZONE, name="Asia/Tokyo")
    assert server.wire.var_values["state___sign_in____set_up.time_zone_rx_state_"] == "Asia/Tokyo"


async def test_a_fault_of_ours_is_generic_words_with_a_number_that_is_in_the_log(
    server: Server,
    team: Team,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(accounts, "profile", broken)
    await server.tab(team.signed_in(team.agent)).send(LOAD)
    told = server.wire.events[-1]
    assert "secret detail" not in told
    number = told.partition("number ")[2][:8]
    assert f"[{number}]" in caplog.text
    assert "secret detail" in caplog.text


async def test_what_a_page_says_of_itself_is_one_short_line_of_the_log(
    server: Server, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Anybody may say it: no line of the log can be forged, nor the disk filled."""
    told = {"info": "oops\n2026 ERROR forged" + "x" * 100_000, "component_stack": "at Page"}
    (name,) = (name for name in handlers() if name.endswith("handle_frontend_exception"))
    assert await server.tab().send(name, **told) == []
    (record,) = (each for each in caplog.records if "oops" in each.getMessage())
    assert record.name == "illumichat_app.illumichat_app"
    assert "\n" not in record.getMessage()
    assert len(record.getMessage()) < 1100


async def test_the_session_is_asked_again_within_seconds(
    server: Server, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if another process had revoked it: this one's cache is merely old."""
    cookie = team.signed_in(team.agent)
    tab = server.tab(cookie)
    await tab.send(LOAD)
    with db.transaction() as session:
        for row in sessions.of_person(session, team.agent, cookie):
            session.delete(session.get_one(LoginSession, row.id))
    monkeypatch.setattr(sessions, "CACHE_SECONDS", 0.0)
    await tab.send(LOAD)
    assert "/sign-in" in server.wire.events[-1]


@dataclass
class Point:
    x: int


class Shape(BaseModel):
    x: int


@pytest.mark.parametrize("kind", [Point, Shape, int, list[int], dict[str, int]], ids=str)
def test_every_kind_of_annotation_is_checked(kind: object) -> None:
    with pytest.raises(ValidationError):
        guard._adapter(kind).validate_python({"x": {"gt": 0}})
