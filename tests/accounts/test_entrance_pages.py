"""What the pages for people without a session show."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest
from reflex_base.utils.format import format_event_handler

from domain import invitations
from domain.access import Actor
from illumichat_app import db
from illumichat_app.config import settings
from models import Role
from state.sign_in import Invite, SetUp, SignIn
from tests.accounts.conftest import Team
from tests.security import pipeline

pytestmark = pytest.mark.anyio
NAMES = {SignIn: "sign_in", Invite: "invite", SetUp: "set_up"}


@pytest.fixture
async def server() -> AsyncIterator[pipeline.Server]:
    async with pipeline.server() as running:
        yield running


async def shown(
    server: pipeline.Server, page: Any, cookie: str = "", **query: str
) -> dict[str, Any]:
    """The vars of the page after it was opened with this query."""
    tab = server.tab(cookie, path=f"/page/?{urlencode(query)}")
    await tab.send(format_event_handler(page.event_handlers["load"]))
    prefix = f"state___sign_in____{NAMES[page]}."
    return {
        name.removeprefix(prefix).removesuffix("_rx_state_"): value
        for name, value in server.wire.var_values.items()
        if name.startswith(prefix)
    }


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"problem": "wrong"}, "The e-mail or the password is not right"),
        ({"problem": "ended"}, "You belong to no workspace"),
        ({"problem": "slow", "minutes": "7"}, "Wait 7 min"),
        ({"problem": "slow", "minutes": "<b>1</b>"}, "Wait a few min"),
        ({"problem": "slow", "minutes": "9999"}, "Wait a few min"),
    ],
    ids=str,
)
async def test_the_code_becomes_our_sentence(
    server: pipeline.Server, database: str, query: dict[str, str], sentence: str
) -> None:
    assert sentence in (await shown(server, SignIn, **query))["problem"]


@pytest.mark.parametrize("problem", ["", "<b>Call 0900</b>", "unknown"])
async def test_an_address_cannot_put_words_on_the_page(
    server: pipeline.Server, database: str, problem: str
) -> None:
    assert (await shown(server, SignIn, problem=problem)).get("problem", "") == ""


async def test_who_is_signed_in_goes_on(server: pipeline.Server, team: Team) -> None:
    await shown(server, SignIn, team.signed_in(team.agent))
    assert "location.replace('/')" in server.wire.events[-1]


async def test_who_is_not_stays(server: pipeline.Server, team: Team) -> None:
    await shown(server, SignIn)
    assert server.wire.events == []


async def test_only_the_demo_shows_its_sign_ins(
    server: pipeline.Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not (await shown(server, SignIn)).get("people")
    monkeypatch.setenv("DEMO", "1")
    settings.cache_clear()
    page = await shown(server, SignIn)
    monkeypatch.undo()
    settings.cache_clear()
    assert page["people"] == ["admin@demo.test", "agent@demo.test"]
    assert page["password"]


def link(who: Actor, email: str = "") -> str:
    with db.transaction() as session:
        return invitations.invite(session, who, role=Role.AGENT, email=email)


async def test_an_invitation_says_who_and_where(server: pipeline.Server, team: Team) -> None:
    page = await shown(server, Invite, token=link(team.admin, "lee@demo.test"))
    assert (page["workspace"], page["host"]) == ("Harbour Supplies", "Ana Ruiz")
    assert (page["role"], page["email"]) == ("agent", "lee@demo.test")
    assert not page.get("ended")
    assert not page.get("me")


async def test_a_signed_in_person_is_offered_to_join_as_they_are(
    server: pipeline.Server, team: Team
) -> None:
    cookie = team.signed_in(team.stranger)
    page = await shown(server, Invite, cookie, token=link(team.admin))
    assert page["me"] == team.email(team.stranger)


@pytest.mark.parametrize("token", ["", "guess"])
async def test_a_link_that_ended_tells_nothing(
    server: pipeline.Server, team: Team, token: str
) -> None:
    page = await shown(server, Invite, token=token)
    assert page["ended"] is True
    assert "Harbour" not in server.wire.text


async def test_the_setup_page_opens_with_its_link_only(
    server: pipeline.Server, database: str
) -> None:
    with db.transaction() as session:
        token = invitations.setup_token(session)
    assert token
    assert not (await shown(server, SetUp, token=token)).get("ended")
    assert (await shown(server, SetUp, token="guess"))["ended"] is True


async def test_only_known_time_zones_are_proposed(server: pipeline.Server, database: str) -> None:
    tab = server.tab()
    name = format_event_handler(SetUp.event_handlers["choose_time_zone"])
    await tab.send(name, name="Mars/Base")
    assert server.wire.text.count("Mars") == 0
    await tab.send(name, name="Asia/Tokyo")
    assert "Asia/Tokyo" in server.wire.text
