"""The real thing: `make run`'s own start in a folder of its own, and real browsers."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from illumichat_app.ops.browser import chromium_path
from illumichat_app.ops.ports import free_port

ROOT = Path(__file__).parents[2]
READY_SECONDS = 300  # the first start builds the pages
PASSWORD = "demo-demo-demo"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

expect.set_options(timeout=15_000)


@dataclass(frozen=True)
class Running:
    """A started product and its simulated Meta."""

    app: str
    meta: str
    data: Path

    def control(self, path: str, body: dict[str, object] | None = None) -> object:
        """Ask or tell the simulator (docs/simulator.md)."""
        call = httpx.get if body is None else httpx.post
        answer = call(f"{self.meta}/sim/{path}", **({} if body is None else {"json": body}))
        answer.raise_for_status()
        return answer.json()

    def sends(self) -> list[str]:
        """The summaries of the messages that reached Meta, read receipts left out."""
        return [
            entry["summary"]
            for entry in self.control("traffic")["entries"]
            if entry["direction"] == "in" and "/messages" in entry["summary"]
        ]


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    if os.environ.get("CHROMIUM_UNAVAILABLE"):
        pytest.skip("no browser here")
    data = tmp_path_factory.mktemp("e2e")
    port, simulator = free_port(), free_port()
    kept = ("PATH", "HOME", "LANG", "TMPDIR")
    environment = {name: os.environ[name] for name in kept if name in os.environ} | {
        "PORT": str(port),
        "SIMULATOR_PORT": str(simulator),
        "DATA_DIR": str(data),
    }
    log = (data / "run.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "illumichat_app.ops.run"],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait_until_ready(process, data / "run.log")
        yield Running(f"http://localhost:{port}", f"http://localhost:{simulator}", data)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        log.close()


def _wait_until_ready(process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while "IllumiChat is ready." not in log.read_text():
        if process.poll() is not None or time.monotonic() > until:
            pytest.fail(f"the product did not start:\n{log.read_text()}")
        time.sleep(0.2)


@pytest.fixture
def query(running: Running) -> Callable[..., list[tuple[Any, ...]]]:
    """Ask or change the deployment's database."""

    def run(sql: str, *values: object) -> list[tuple[Any, ...]]:
        path = running.data / "illumichat.db"
        with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
            return connection.execute(sql, values).fetchall()

    return run


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium_path(), args=QUIET)
        yield launched
        launched.close()


@pytest.fixture
def window(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Open a browser of its own: own cookies, own size."""
    opened: list[BrowserContext] = []

    def open_one(width: int = 1440, height: int = 900, **options: object) -> BrowserContext:
        context = browser.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce", **options
        )
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()


@pytest.fixture
def sign_in(running: Running, window: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """A person at the inbox, in a browser of their own."""

    def enter(email: str = "admin@demo.test", **options: object) -> Page:
        page = window(**options).new_page()
        page.goto(f"{running.app}/sign-in/")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/inbox/**")
        expect(page.get_by_text("● Live")).to_be_visible()
        return page

    return enter


@dataclass(frozen=True)
class Phone:
    """A customer's phone in the simulator's page."""

    page: Page
    name: str
    id: str

    def writes(self, text: str) -> None:
        self.page.get_by_role("textbox", name="Message").fill(text)
        self.page.get_by_role("button", name="Send", exact=True).click()

    @property
    def chat(self) -> object:
        return self.page.get_by_role("log", name="Chat")


@pytest.fixture
def phone(running: Running, window: Callable[..., BrowserContext]) -> Callable[[str], Phone]:
    """A new customer with a phone, so that no test meets another test's conversation."""

    def pick_up(name: str) -> Phone:
        number = f"+34 6{time.time_ns() % 10**8:08d}"
        made = running.control("customers", {"name": name, "phone": number})
        page = window().new_page()
        page.goto(running.meta)
        page.get_by_role("button", name=name).click()
        return Phone(page, name, made["id"])

    return pick_up
