"""Joining by a link: an invitation, and the first start of a deployment."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from domain import invitations
from illumichat_app import db, slowdown
from models import Role
from tests.accounts.conftest import PASSWORD, Team, problem, sign_in, who_is

pytestmark = pytest.mark.anyio


def link(team: Team, email: str = "") -> str:
    with db.transaction() as session:
        return invitations.invite(session, team.admin, role=Role.AGENT, email=email)


async def join(browser: httpx.AsyncClient, token: str, **form: str) -> httpx.Response:
    return await browser.post("/api/auth/accept-invitation", data={"token": token} | form)


NEW = {"email": "lee@demo.test", "name": "Lee Park", "password": "a fresh password"}


async def test_a_new_person_joins_and_is_signed_in(browser: httpx.AsyncClient, team: Team) -> None:
    answer = await join(browser, link(team), **NEW)
    assert answer.headers["location"] == "/"
    who = who_is(browser)
    assert who
    assert (who.name, who.workspace_id) == ("Lee Park", team.admin.workspace_id)
    assert who.role is Role.AGENT


async def test_a_known_person_joins_with_the_password(
    browser: httpx.AsyncClient, team: Team
) -> None:
    form = {"email": team.email(team.stranger), "name": "", "password": PASSWORD}
    await join(browser, link(team), **form)
    who = who_is(browser)
    assert who
    assert (who.user_id, who.workspace_id) == (team.stranger.user_id, team.admin.workspace_id)


async def test_a_known_email_needs_its_own_password(browser: httpx.AsyncClient, team: Team) -> None:
    token = link(team)
    form = NEW | {"email": team.email(team.stranger)}
    assert problem(await join(browser, token, **form), "/invite") == "wrong"
    assert who_is(browser) is None
    await join(browser, token, **NEW)
    assert who_is(browser)


async def test_guessing_a_known_persons_password_here_is_slowed_down_too(
    browser: httpx.AsyncClient, team: Team
) -> None:
    form = NEW | {"email": team.email(team.stranger)}
    token = link(team)
    for _ in range(slowdown.PERSON.amount):
        await join(browser, token, **form)
    assert problem(await join(browser, token, **form), "/invite") == "slow"


async def test_a_signed_in_person_joins_with_a_click(
    browser: httpx.AsyncClient, team: Team
) -> None:
    await sign_in(browser, team.email(team.stranger))
    await join(browser, link(team))
    who = who_is(browser)
    assert who
    assert (who.user_id, who.workspace_id) == (team.stranger.user_id, team.admin.workspace_id)


async def test_a_used_link_lets_nobody_in(browser: httpx.AsyncClient, team: Team) -> None:
    token = link(team)
    await join(browser, token, **NEW)
    browser.cookies.clear()
    answer = await join(browser, token, **NEW | {"email": "late@demo.test"})
    assert problem(answer, "/invite") == "ended"
    assert who_is(browser) is None


@pytest.mark.parametrize(
    "change", [{"password": "short"}, {"email": "nonsense"}, {"name": " "}], ids=str
)
async def test_a_mistake_keeps_the_link(
    browser: httpx.AsyncClient, team: Team, change: dict[str, str]
) -> None:
    token = link(team)
    answer = await join(browser, token, **NEW | change)
    assert problem(answer, "/invite") == "invalid"
    assert parse_qs(urlsplit(answer.headers["location"]).query)["token"] == [token]
    await join(browser, token, **NEW)
    assert who_is(browser)


FIRST = NEW | {"workspace": "Harbour Supplies", "time_zone": "Europe/Lisbon"}


async def test_the_setup_link_signs_the_first_admin_in(
    browser: httpx.AsyncClient, database: str
) -> None:
    with db.transaction() as session:
        token = invitations.setup_token(session)
    answer = await browser.post("/api/auth/setup", data=FIRST | {"token": token})
    assert answer.headers["location"] == "/"
    who = who_is(browser)
    assert who
    assert who.is_admin


async def test_a_deployment_with_people_cannot_be_set_up(
    browser: httpx.AsyncClient, team: Team
) -> None:
    with db.transaction() as session:
        token = invitations._new_setup_link(session)
    answer = await browser.post("/api/auth/setup", data=FIRST | {"token": token})
    assert problem(answer, "/setup") == "ended"
    assert who_is(browser) is None
