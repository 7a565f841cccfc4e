"""Guessing: addresses of files, tokens of links, cookies planted before a sign-in."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlmodel import select

from domain import invitations, media, sessions
from illumichat_app import db
from models import Invitation, LoginSession, Media, MediaState, Membership, Role, User, Workspace
from tests import factories
from tests.accounts.conftest import PASSWORD, Team, browser
from tests.flows.stack import rows
from tests.sending import files

__all__ = ["browser"]

pytestmark = pytest.mark.anyio


# ---- files


@pytest.fixture
def photo(team: Team) -> int:
    """A file of the team's workspace."""
    with db.transaction() as session:
        home = session.get_one(Workspace, team.agent.workspace_id)
        on = factories.channel(session, home, factories.assistant(session, home))
        row = Media(
            workspace_id=home.id,
            channel_id=on.id,
            message_id=factories.message(session, factories.conversation(session, on)).id,
            meta_id="1",
            mime_type="image/jpeg",
            state=MediaState.READY,
            path="guessed-photo",
        )
        session.add(row)
        session.flush()
        media.folder().mkdir(parents=True, exist_ok=True)
        (media.folder() / row.path).write_bytes(files.JPEG)
        return row.id


GUESSES = (
    *("0", "-1", "999999999", f"{2**63}", "9" * 400, "1e0", "0x1", "+1", "%201", "１", "1%00"),
    *("{id}/", "{id}%2f", "{id}.jpg", "{id};x", "..%2fmedia%2f{id}", "%7Bid%7D"),
    *("..%2f..%2f..%2fetc%2fpasswd", "....//{id}", "guessed-photo", "%5c..%5c{id}", "{id}%23"),
)


@pytest.mark.parametrize("guess", GUESSES)
async def test_no_other_spelling_opens_a_file(
    browser: httpx.AsyncClient, team: Team, photo: int, guess: str
) -> None:
    browser.headers["cookie"] = team.signed_in(team.agent)
    answer = await browser.get(f"/api/media/{guess.replace('{id}', str(photo))}")
    assert answer.status_code in (307, 404)
    assert files.JPEG not in answer.content


async def test_whoever_counts_up_finds_only_the_files_of_their_own(
    browser: httpx.AsyncClient, team: Team, photo: int
) -> None:
    found: dict[str, list[int]] = {}
    for who in ("agent", "stranger"):
        browser.headers["cookie"] = team.signed_in(getattr(team, who))
        answers = {n: await browser.get(f"/api/media/{n}") for n in range(photo + 20)}
        found[who] = [n for n, answer in answers.items() if answer.status_code == 200]
        assert {answer.status_code for answer in answers.values()} <= {200, 404}
        refusals = {answer.text for answer in answers.values() if answer.status_code == 404}
        assert len(refusals) == 1  # missing and foreign look the same
    assert found == {"agent": [photo], "stranger": []}


# ---- links


async def at_once(browser: httpx.AsyncClient, path: str, forms: list[dict[str, str]]) -> list[str]:
    """Where each of these posts, sent at the same moment, leads; nobody is signed in before."""

    async def post(form: dict[str, str]) -> str:
        answer = await browser.post(f"/api/auth/{path}", data=form)
        return answer.headers["location"].partition("&")[0]

    return sorted(await asyncio.gather(*map(post, forms)))


def person(number: int) -> dict[str, str]:
    return {"name": f"N {number}", "email": f"n{number}@demo.test", "password": PASSWORD}


async def test_an_invitation_lets_one_in_of_many_who_press_at_once(
    browser: httpx.AsyncClient, team: Team
) -> None:
    with db.transaction() as session:
        token = invitations.invite(session, team.admin, role=Role.AGENT)
    before = len(rows(User))
    forms = [{"token": token} | person(number) for number in range(6)]
    went = await at_once(browser, "accept-invitation", forms)
    assert went == ["/", *["/invite?problem=ended"] * 5]
    assert len(rows(User)) == before + 1
    assert len(rows(Membership, workspace_id=team.admin.workspace_id)) == 3


async def test_the_setup_link_makes_one_admin_of_many_who_press_at_once(
    browser: httpx.AsyncClient, database: str
) -> None:
    with db.transaction() as session:
        token = invitations.setup_token(session)
    assert token
    place = {"token": token, "workspace": "Harbour", "time_zone": "UTC"}
    went = await at_once(browser, "setup", [place | person(number) for number in range(6)])
    assert went == ["/", *["/setup?problem=ended"] * 5]
    assert (len(rows(User)), len(rows(Workspace)), len(rows(Membership))) == (1, 1, 1)


async def test_a_link_is_stored_as_a_digest_only(team: Team) -> None:
    with db.transaction() as session:
        token = invitations.invite(session, team.admin, role=Role.AGENT)
        row = session.exec(select(Invitation)).one()
    assert token not in str(row.model_dump())


# ---- cookies


async def sign_in(browser: httpx.AsyncClient, email: str) -> str:
    await browser.post("/api/auth/login", data={"email": email, "password": PASSWORD})
    return browser.cookies[sessions.cookie_name()]


async def test_a_planted_session_is_worth_nothing_afterwards(
    browser: httpx.AsyncClient, team: Team
) -> None:
    """Somebody put their own session into another's browser: it ends there, for both."""
    planted = team.signed_in(team.stranger)
    name, _, token = planted.partition("=")
    browser.cookies.set(name, token, domain="localhost.local")
    fresh = await sign_in(browser, team.email(team.agent))
    assert fresh != token
    assert sessions.principal(planted) is None
    assert sessions.principal(f"{name}={fresh}") == team.agent


@pytest.mark.parametrize("made_up", ["", "x", "a" * 43, "../", "' OR 1=1", "é"])
async def test_a_made_up_token_never_becomes_a_session(
    browser: httpx.AsyncClient, team: Team, made_up: str
) -> None:
    name = sessions.cookie_name()
    header: Any = f"{name}={made_up}".encode()
    await browser.post(
        "/api/auth/login",
        data={"email": team.email(team.agent), "password": PASSWORD},
        headers={"cookie": header},
    )
    assert sessions.principal(f"{name}={made_up}") is None
    (row,) = rows(LoginSession)
    assert row.token_digest != sessions.digest(made_up)


async def test_of_two_cookies_of_our_name_the_first_counts(team: Team) -> None:
    """As browsers send them: the one with the longer path first, and ours has the path /."""
    good, bad = team.signed_in(team.agent), f"{sessions.cookie_name()}=guess"
    assert sessions.principal(f"{good}; {bad}") == team.agent
    assert sessions.principal(f"{bad}; {good}") is None


# ---- passwords


def guesses(email: str, number: int) -> list[dict[str, str]]:
    return [{"email": email.format(n), "password": f"guess {n}"} for n in range(number)]


@pytest.mark.parametrize(("email", "heard"), [("n{}@demo.test", 30), ("one@demo.test", 5)])
async def test_a_burst_of_guesses_is_slowed_down_like_a_row_of_them(
    browser: httpx.AsyncClient, team: Team, email: str, heard: int
) -> None:
    """Of many names from one address, and of one name."""
    went = await at_once(browser, "login", guesses(email, 80))
    assert went.count("/sign-in?problem=wrong") == heard
    assert went.count("/sign-in?problem=slow") == 80 - heard
