"""No page asks anybody else for anything: one walk past all of them, every request looked at."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import Running
from tests.security.sinks import decorated_pages

pytestmark = pytest.mark.e2e

# Every page by its route, with addresses that show it.
ADDRESSES = {
    "/inbox/[[view]]/[[conversation]]": ["/inbox/open/"],
    "/assistants": ["/assistants/"],
    "/assistants/[assistant]": ["/assistants/1/"],
    "/assistants/[assistant]/whatsapp": ["/assistants/1/whatsapp/"],
    "/assistants/[assistant]/whatsapp/analytics": ["/assistants/1/whatsapp/analytics/"],
    "/assistants/[assistant]/whatsapp/templates": ["/assistants/1/whatsapp/templates/"],
    "/analytics": ["/analytics/"],
    "/contacts": ["/contacts/"],
    "/settings": ["/settings/"],
    "/settings/system": ["/settings/system/"],
    "/settings/webhooks": ["/settings/webhooks/"],
    "/settings/webhooks/[event]": ["/settings/webhooks/1/"],
}
ENTRANCES = {"/sign-in": ["/sign-in/"], "/setup": ["/setup/"], "/invite": ["/invite/"]}
# The one exception, where Embedded Signup is on: Meta's script for it, here the simulator's.
SDK = "/sdk.js"
NAME = "<img src=http://127.0.0.1:9/x onerror=window.stolen=1>"
WORDS = "<script>window.stolen=1</script> {{1+1}} javascript:window.stolen=1"


@dataclass
class Watch:
    """What a browser asks for, and what its policy stops."""

    own: str
    meta: str
    strange: list[str] = field(default_factory=list[str])
    seen: int = 0

    def over(self, context: BrowserContext) -> None:
        context.on("request", lambda request: self.note(request.url))
        context.on("page", self.over_page)

    def over_page(self, page: Page) -> None:
        page.on("websocket", lambda socket: self.note(socket.url.replace("ws", "http", 1)))
        page.on("console", lambda line: self.hear(line.text))

    def note(self, url: str) -> None:
        self.seen += 1
        here = urlsplit(url)
        own = here.scheme in ("data", "blob") or here.netloc == urlsplit(self.own).netloc
        sdk = here.netloc == urlsplit(self.meta).netloc and here.path.endswith(SDK)
        if not own and not sdk:
            self.strange.append(url)

    def hear(self, line: str) -> None:
        if "Content Security Policy" in line:
            self.strange.append(line)


def test_no_page_is_forgotten() -> None:
    assert {options["route"] for _, options in decorated_pages()} == {*ADDRESSES, *ENTRANCES}


def test_nothing_but_our_own_host_is_asked(
    running: Running, window: Callable[..., BrowserContext], sign_in: Callable[..., Page]
) -> None:
    """Whatever a customer is called and says: it is shown as it stands, everywhere."""
    hostile_customer(running)
    watch = Watch(running.app, running.meta)
    stranger = window()
    watch.over(stranger)
    walk(stranger.new_page(), running, ENTRANCES)
    ana = sign_in()
    watch.over(ana.context)
    watch.over_page(ana)
    walk(ana, running, ADDRESSES)
    ana.goto(f"{running.app}/inbox/open/")
    ana.get_by_role("link", name=NAME).first.click()
    expect(ana.get_by_role("log", name="Messages").get_by_text(WORDS)).to_be_visible()
    assert ana.evaluate("window.stolen") is None
    assert watch.strange == []
    assert watch.seen > 50


def hostile_customer(running: Running) -> None:
    """A conversation whose every word a page must not take for its own."""
    phone = f"+34 6{time.time_ns() // 1000 % 10**8:08d}"
    made = running.control("customers", {"name": NAME, "phone": phone})
    running.control(f"customers/{made['id']}/messages", {"text": WORDS})


def walk(page: Page, running: Running, addresses: dict[str, list[str]]) -> None:
    for path in [path for paths in addresses.values() for path in paths]:
        answer = page.goto(f"{running.app}{path}")
        assert answer is not None
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        expect(page.get_by_role("main").first).to_be_visible()
        page.wait_for_load_state("networkidle")


def test_the_watch_sees_a_strange_request(
    running: Running, window: Callable[..., BrowserContext]
) -> None:
    """And the policy stops it before it leaves."""
    watch = Watch(running.app, running.meta)
    context = window()
    watch.over(context)
    page = context.new_page()
    page.goto(f"{running.app}/sign-in/")
    expect(page.get_by_role("main")).to_be_visible()
    assert watch.strange == []
    sent = "fetch('http://127.0.0.1:9/steal').catch(() => 'stopped')"
    with page.expect_console_message(lambda line: "steal" in line.text):
        assert page.evaluate(sent) == "stopped"
    assert any("Content Security Policy" in each for each in watch.strange)
