"""The first conversation, as a newcomer lives it: two browsers and a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Running

pytestmark = pytest.mark.e2e


def opened(page: Page, name: str) -> Page:
    """Open a customer's conversation from the list."""
    page.get_by_role("link", name=re.compile(name)).first.click()
    expect(page.get_by_role("heading", name=name).first).to_be_visible()
    return page


def thread(page: Page):
    return page.get_by_role("log", name="Messages")


def test_the_first_conversation(running: Running, sign_in, phone) -> None:
    ana, sam = sign_in("admin@demo.test"), sign_in("agent@demo.test")
    lucia = phone("Elena Prat")

    # The customer writes; the assistant answers on the phone and in both browsers, no reload.
    for page in (ana, sam):
        page.evaluate("window.notReloaded = true")
    lucia.writes("é 😀 When are you open on Saturday?")
    expect(lucia.chat.get_by_text(re.compile("10:00 to 14:00"))).to_be_visible()
    for page in (ana, sam):
        opened(page, "Elena Prat")
        expect(thread(page).get_by_text("é 😀 When are you open on Saturday?")).to_be_visible()
        expect(thread(page).get_by_text(re.compile("10:00 to 14:00"))).to_be_visible()

    # Ana takes over and replies; the phone shows it, Sam sees it, the ticks turn blue.
    ana.get_by_role("button", name="Take over").click()
    expect(sam.get_by_text(re.compile("Ana.* took over")).first).to_be_visible()
    ana.get_by_role("textbox", name="Reply").fill("Hello Elena, this is Ana 👋")
    ana.get_by_role("button", name="Send").click()
    expect(lucia.chat.get_by_text("Hello Elena, this is Ana 👋")).to_be_visible()
    for page in (ana, sam):
        expect(thread(page).get_by_text("Hello Elena, this is Ana 👋")).to_be_visible()
        expect(thread(page).get_by_role("img", name="Read")).to_have_count(2)

    # 25 hours later the composer is closed in both, and a forced send never reaches Meta.
    running.control("clock", {"advance_seconds": 25 * 3600})
    for page in (ana, sam):
        expect(page.get_by_text(re.compile("The 24-hour window closed"))).to_be_visible()
        expect(page.get_by_role("textbox", name="Reply")).to_have_count(0)
        assert page.evaluate("window.notReloaded") is True
    before = len(running.sends())
    answer = force_send(ana, "Too late, but forced")
    assert "24-hour window is closed" in answer
    assert len(running.sends()) == before
    expect(lucia.chat.get_by_text("Too late, but forced")).to_have_count(0)


def force_send(page: Page, text: str) -> str:
    """Call the server's send event by hand, as a page that lies about the window would."""
    return page.evaluate(FORCED, [text, page.url.rstrip("/").rsplit("/", 1)[1]])


FORCED = """
([text, conversation]) => new Promise((done, fail) => {
  const token = crypto.randomUUID();
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const query = `token=${token}&EIO=4&transport=websocket`;
  const socket = new WebSocket(`${scheme}://${location.host}/_event/?${query}`);
  const states = "reflex___state____state.state___";
  const route = { pathname: "/inbox/[[view]]/[[conversation]]", asPath: location.pathname,
                  query: { view: "open", conversation } };
  const say = (name, payload) => socket.send("42/_event," + JSON.stringify(
    ["event", { name: states + name, payload, router_data: route }]));
  let heard = "";
  socket.onopen = () => socket.send("40/_event,");
  socket.onmessage = ({ data }) => {
    heard += data;
    if (data === "2") socket.send("3");
    if (data.startsWith("40/_event")) {
      say("thread____thread.open", {});
      setTimeout(() => say("reply____reply.send", { text, send_key: crypto.randomUUID() }), 1000);
      setTimeout(() => { socket.close(); done(heard); }, 3000);
    }
  };
  socket.onerror = () => fail(new Error("refused"));
})
"""


def test_a_wish_for_a_person_rises_in_its_view(running: Running, sign_in, phone) -> None:
    ana = sign_in()
    marek = phone("Marek Zielony")
    marek.writes("Can I talk to a human please?")
    ana.get_by_role("link", name=re.compile("Needs a human")).click()
    opened(ana, "Marek Zielony")
    expect(thread(ana).get_by_text(re.compile("asked for a person"))).to_be_visible()
    ana.get_by_role("button", name="Resume AI").click()
    expect(ana.get_by_role("button", name="Take over")).to_be_visible()


def test_a_double_enter_is_one_message(running: Running, sign_in, phone) -> None:
    ana = sign_in()
    nora = phone("Nora Lind")
    nora.writes("Hello")
    opened(ana, "Nora Lind")
    box = ana.get_by_role("textbox", name="Reply")
    box.fill("Only once")
    box.press("Enter")
    box.press("Enter")
    expect(nora.chat.get_by_text("Only once")).to_have_count(1)
    ana.wait_for_timeout(1500)
    expect(nora.chat.get_by_text("Only once")).to_have_count(1)


def test_a_photo_from_the_phone_is_shown(running: Running, sign_in, phone) -> None:
    ana = sign_in()
    ivo = phone("Ivo Banic")
    running.control(
        f"customers/{ivo.id}/messages",
        {"type": "image", "data_base64": PNG, "mime_type": "image/png", "caption": "Broken lid"},
    )
    opened(ana, "Ivo Banic")
    picture = thread(ana).get_by_role("img", name=re.compile("Photo|Broken lid")).first
    expect(picture).to_be_visible()
    loaded = "image => image.complete ? image.naturalWidth : 0"
    for _ in range(50):
        if picture.evaluate(loaded):
            break
        ana.wait_for_timeout(100)
    assert picture.evaluate(loaded) == 1


PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)


def test_the_phone_size_shows_one_pane_at_a_time(running: Running, sign_in, phone) -> None:
    ana = sign_in(width=390, height=844)
    phone("Rosa Leal").writes("Hello")
    opened(ana, "Rosa Leal")
    expect(ana.get_by_role("textbox", name="Reply")).to_be_visible()
    width = ana.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    ana.get_by_role("link", name=re.compile("Back")).click()
    expect(ana.get_by_role("link", name=re.compile("Rosa Leal")).first).to_be_visible()


@pytest.mark.parametrize("password", ["wrong", ""])
def test_a_wrong_password_is_refused_in_words(running: Running, window, password: str) -> None:
    page = window().new_page()
    page.goto(f"{running.app}/sign-in/")
    page.get_by_label("E-mail").fill("admin@demo.test")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("sign-in"))
    expect(page.get_by_role("textbox", name="Reply")).to_have_count(0)


def test_signing_out_ends_the_live_view(running: Running, sign_in) -> None:
    page = sign_in()
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.wait_for_url("**/sign-in/**")
    page.goto(f"{running.app}/inbox/open/")
    expect(page).to_have_url(re.compile("/sign-in/"))


def test_a_part_that_dies_comes_back(running: Running, sign_in, phone) -> None:
    """Kill the outbox worker in the middle of things: the reply still arrives."""
    import os
    import signal
    import subprocess

    ana = sign_in()
    uma = phone("Uma Khan")
    uma.writes("Hello")
    opened(ana, "Uma Khan")
    found = subprocess.run(
        ["pgrep", "-f", "workers outbox"], capture_output=True, text=True, check=False
    )
    for number in found.stdout.split():
        os.kill(int(number), signal.SIGKILL)
    ana.get_by_role("textbox", name="Reply").fill("Still here")
    ana.get_by_role("button", name="Send").click()
    expect(uma.chat.get_by_text("Still here")).to_be_visible(timeout=40_000)
