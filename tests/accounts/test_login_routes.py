from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlmodel import select

from domain import accounts, sessions
from domain.access import Actor
from illumichat_app import db, login, slowdown
from illumichat_app.config import settings
from models import LoginSession, Membership, Role, User
from tests.accounts.conftest import PASSWORD, Team, problem, sign_in, who_is

pytestmark = pytest.mark.anyio
PATHS = ["login", "logout", "switch-workspace", "accept-invitation", "setup"]


async def test_the_right_password_signs_in(browser: httpx.AsyncClient, team: Team) -> None:
    answer = await sign_in(browser, team.email(team.agent))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert who_is(browser) == team.agent
    with db.reading() as session:
        row = session.exec(select(LoginSession)).one()
    assert (row.browser, row.address) == ("Firefox/140.0", "203.0.113.7")


async def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(
    browser: httpx.AsyncClient, team: Team
) -> None:
    answer = await sign_in(browser, team.email(team.agent))
    (morsel,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert morsel["httponly"]
    assert morsel["samesite"] == "lax"
    assert morsel["path"] == "/"
    assert not morsel["domain"]
    assert not morsel["secure"]


async def test_behind_https_the_cookie_is_secure(
    browser: httpx.AsyncClient, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://chat.example")
    settings.cache_clear()
    browser.headers["origin"] = "https://chat.example"
    answer = await sign_in(browser, team.email(team.agent))
    (morsel,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert morsel["secure"]
    assert morsel.key.startswith("__Host-")
    monkeypatch.undo()
    settings.cache_clear()


async def test_a_planted_cookie_is_replaced(browser: httpx.AsyncClient, team: Team) -> None:
    browser.cookies.set(sessions.cookie_name(), "planted")
    answer = await sign_in(browser, team.email(team.agent))
    assert "planted" not in answer.headers["set-cookie"]
    assert sessions.principal(f"{sessions.cookie_name()}=planted") is None


async def test_each_sign_in_has_a_new_token_and_ends_the_last(
    browser: httpx.AsyncClient, team: Team
) -> None:
    await sign_in(browser, team.email(team.agent))
    first = browser.cookies[sessions.cookie_name()]
    await sign_in(browser, team.email(team.admin))
    assert who_is(browser) == team.admin
    assert sessions.principal(f"{sessions.cookie_name()}={first}") is None


@pytest.mark.parametrize("password", ["", "wrong"])
async def test_a_wrong_password_signs_nobody_in(
    browser: httpx.AsyncClient, team: Team, password: str
) -> None:
    answer = await sign_in(browser, team.email(team.agent), password=password)
    assert problem(answer, "/sign-in") == "wrong"
    assert "set-cookie" not in answer.headers


async def test_nothing_that_was_typed_is_in_the_answer(
    browser: httpx.AsyncClient, database: str
) -> None:
    answer = await sign_in(browser, "<b>eve</b>@demo.test", password="s3cret-words")
    assert "eve" not in answer.headers["location"]
    assert "s3cret" not in answer.headers["location"]


async def test_without_a_workspace_the_page_says_so(browser: httpx.AsyncClient, team: Team) -> None:
    with db.transaction() as session:
        accounts.remove_member(session, team.admin, team.agent.user_id)
    answer = await sign_in(browser, team.email(team.agent))
    assert problem(answer, "/sign-in") == "ended"


async def test_an_old_hash_is_renewed_at_sign_in(
    browser: httpx.AsyncClient, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _hash_of(team.agent)
    strict = accounts._hasher.check_needs_rehash
    monkeypatch.setattr(
        type(accounts._hasher),
        "check_needs_rehash",
        lambda _, known: known == before or strict(known),
    )
    await sign_in(browser, team.email(team.agent))
    assert _hash_of(team.agent) != before


def _hash_of(who: Actor) -> str:
    with db.reading() as session:
        return session.get_one(User, who.user_id).password_hash


# ---- where it leads


@pytest.mark.parametrize("wanted", ["/inbox/open/", "/settings/?tab=you", "/c/12#last"])
def test_a_local_path_is_kept(wanted: str) -> None:
    assert login.local_path(wanted) == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "https://evil.test/",
        "//evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "/\t/evil.test",
        "/\n/evil.test",
        "javascript:alert(1)",
        "evil.test",
        "/api/auth/logout",
        "/sign-in?problem=slow",
    ],
)
def test_anything_else_leads_home(wanted: str) -> None:
    assert login.local_path(wanted) == "/"


async def test_sign_in_goes_where_the_person_wanted(browser: httpx.AsyncClient, team: Team) -> None:
    answer = await sign_in(browser, team.email(team.agent), next="/inbox/mine/")
    assert answer.headers["location"] == "/inbox/mine/"


async def test_a_wrong_try_keeps_only_a_local_path(browser: httpx.AsyncClient, team: Team) -> None:
    for wanted, kept in (("/inbox/mine/", "/inbox/mine/"), ("//evil.test", "/")):
        answer = await sign_in(browser, "nobody@demo.test", next=wanted)
        assert parse_qs(urlsplit(answer.headers["location"]).query)["next"] == [kept]


# ---- other sites


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "sent",
    [
        {"origin": "http://evil.test", "sec-fetch-site": "cross-site"},
        {"origin": "http://evil.test"},
        {"origin": "null", "sec-fetch-site": "same-origin"},
        {"origin": "http://localhost:3000", "sec-fetch-site": "same-site"},
        {"origin": "http://localhost:4000"},
        {"origin": "https://localhost:3000"},
        {"sec-fetch-site": "none"},
        {},
    ],
    ids=str,
)
async def test_a_post_from_elsewhere_is_refused(
    browser: httpx.AsyncClient, team: Team, path: str, sent: dict[str, str]
) -> None:
    del browser.headers["origin"], browser.headers["sec-fetch-site"]
    form = {"email": team.email(team.agent), "password": PASSWORD}
    answer = await browser.post(f"/api/auth/{path}", data=form, headers=sent)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "sent",
    [
        {"origin": "http://localhost:3000"},
        {"origin": "http://127.0.0.1:3000", "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "same-origin"},
    ],
    ids=str,
)
async def test_our_own_page_may_post(
    browser: httpx.AsyncClient, team: Team, sent: dict[str, str]
) -> None:
    del browser.headers["origin"], browser.headers["sec-fetch-site"]
    form = {"email": team.email(team.agent), "password": PASSWORD}
    await browser.post("/api/auth/login", data=form, headers=sent)
    assert who_is(browser) == team.agent


@pytest.mark.parametrize("path", PATHS)
async def test_a_link_cannot_do_it(browser: httpx.AsyncClient, path: str) -> None:
    assert (await browser.get(f"/api/auth/{path}")).status_code == 405


async def test_a_flood_of_form_is_refused(browser: httpx.AsyncClient, database: str) -> None:
    answer = await sign_in(browser, "x" * 20_000)
    assert answer.status_code == 413


# ---- slow-down


async def test_five_wrong_tries_mean_a_wait(browser: httpx.AsyncClient, team: Team) -> None:
    email = team.email(team.agent)
    for _ in range(slowdown.PERSON.amount):
        assert problem(await sign_in(browser, email, password="wrong"), "/sign-in") == "wrong"
    answer = await sign_in(browser, f" {email.upper()}")
    assert problem(answer, "/sign-in") == "slow"
    assert parse_qs(urlsplit(answer.headers["location"]).query)["minutes"] == ["15"]
    assert who_is(browser) is None


async def test_others_are_not_slowed_down_by_it(browser: httpx.AsyncClient, team: Team) -> None:
    for _ in range(slowdown.PERSON.amount + 1):
        await sign_in(browser, team.email(team.agent), password="wrong")
    await sign_in(browser, team.email(team.admin))
    assert who_is(browser) == team.admin


async def test_the_right_password_wipes_the_slate(browser: httpx.AsyncClient, team: Team) -> None:
    email = team.email(team.agent)
    for _ in range(3):
        for _ in range(slowdown.PERSON.amount - 1):
            await sign_in(browser, email, password="wrong")
        assert (await sign_in(browser, email)).headers["location"] == "/"


async def test_an_address_that_tries_many_names_waits(
    browser: httpx.AsyncClient, team: Team
) -> None:
    for _ in range(slowdown.ADDRESS.amount):
        slowdown.count_address("203.0.113.7")
    assert problem(await sign_in(browser, team.email(team.agent)), "/sign-in") == "slow"


@pytest.mark.parametrize(("path", "page"), [("setup", "/setup"), ("accept-invitation", "/invite")])
async def test_guessing_links_is_slowed_down(
    browser: httpx.AsyncClient, team: Team, path: str, page: str
) -> None:
    for number in range(slowdown.ADDRESS.amount):
        answer = await browser.post(f"/api/auth/{path}", data={"token": f"guess {number}"})
        assert problem(answer, page) == "ended"
    answer = await browser.post(f"/api/auth/{path}", data={"token": "guess"})
    assert problem(answer, page) == "slow"


# ---- signing out and switching


async def test_signing_out_ends_the_session(browser: httpx.AsyncClient, team: Team) -> None:
    await sign_in(browser, team.email(team.agent))
    token = browser.cookies[sessions.cookie_name()]
    answer = await browser.post("/api/auth/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert sessions.cookie_name() not in browser.cookies
    assert sessions.principal(f"{sessions.cookie_name()}={token}") is None


async def test_signing_out_twice_is_no_harm(browser: httpx.AsyncClient, team: Team) -> None:
    assert (await browser.post("/api/auth/logout")).status_code == 303


async def test_a_person_switches_between_own_workspaces(
    browser: httpx.AsyncClient, team: Team
) -> None:
    place = team.stranger.workspace_id
    with db.transaction() as session:
        session.add(Membership(workspace_id=place, user_id=team.agent.user_id, role=Role.ADMIN))
    await sign_in(browser, team.email(team.agent))
    answer = await browser.post("/api/auth/switch-workspace", data={"workspace_id": place})
    assert answer.headers["location"] == "/"
    who = who_is(browser)
    assert who
    assert (who.workspace_id, who.role) == (place, Role.ADMIN)


@pytest.mark.parametrize("wanted", ["", "x", "-1", "0", "²", "9" * 40, "foreign"])
async def test_a_foreign_workspace_cannot_be_switched_to(
    browser: httpx.AsyncClient, team: Team, wanted: str
) -> None:
    await sign_in(browser, team.email(team.agent))
    number = str(team.stranger.workspace_id) if wanted == "foreign" else wanted
    answer = await browser.post("/api/auth/switch-workspace", data={"workspace_id": number})
    assert problem(answer, "/sign-in") == "ended"
    assert who_is(browser) == team.agent


async def test_switching_needs_a_session(browser: httpx.AsyncClient, team: Team) -> None:
    place = team.agent.workspace_id
    answer = await browser.post("/api/auth/switch-workspace", data={"workspace_id": place})
    assert problem(answer, "/sign-in") == "again"


# ---- behind a proxy


@pytest.mark.parametrize(
    ("hops", "forwarded", "address"),
    [
        (0, "198.51.100.1", "203.0.113.7"),
        (1, "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        (2, "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        (2, "10.0.0.2", "203.0.113.7"),
        (1, "", "203.0.113.7"),
    ],
)
async def test_the_address_is_taken_from_trusted_proxies_only(
    browser: httpx.AsyncClient,
    team: Team,
    monkeypatch: pytest.MonkeyPatch,
    hops: int,
    forwarded: str,
    address: str,
) -> None:
    monkeypatch.setattr(login.rxconfig.config, "trusted_proxy_hops", hops)
    browser.headers["x-forwarded-for"] = forwarded
    await sign_in(browser, team.email(team.agent))
    with db.reading() as session:
        assert session.exec(select(LoginSession.address)).one() == address
