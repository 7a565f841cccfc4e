"""The page in a real browser: phone, faults, clock, traffic, and the signup window."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from playwright.sync_api import Browser, Page, expect, sync_playwright

from meta_simulator import seed
from tests.simulator.test_pywa import free_port, ready, served, simulator_process

pytestmark = pytest.mark.e2e
SHOP = """<script src="{url}/sdk.js"></script><button onclick="go()">Connect</button>
<pre id="event"></pre><pre id="code"></pre><script>
const put = (id, value) => document.getElementById(id).textContent = JSON.stringify(value);
FB.init({{appId: "{app}", version: "v26.0"}});
addEventListener("message", (e) => {{
  if (e.origin === "{url}" && typeof e.data === "string") put("event", JSON.parse(e.data));
}});
const go = () => FB.login((r) => put("code", r), {{config_id: "{config}", response_type: "code"}});
</script>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        found = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Where the simulator is, and where a shop page with a connect button is."""
    port, hook = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    app = FastAPI()

    @app.post("/hook")
    async def receive(request: Request) -> None:
        await request.body()

    @app.get("/shop")
    async def shop() -> HTMLResponse:
        return HTMLResponse(SHOP.format(url=url, app=seed.APP_ID, config=seed.CONFIG_ID))

    folder: Path = tmp_path_factory.mktemp("page")
    shop_url = f"http://127.0.0.1:{hook}"
    with served(app, hook), simulator_process(port, f"{shop_url}/hook", folder):
        ready(url)
        yield url, f"{shop_url}/shop"


@pytest.fixture
def page(browser: Browser, addresses: tuple[str, str]) -> Iterator[Page]:
    problems: list[str] = []
    page = browser.new_page(base_url=addresses[0])
    page.set_default_timeout(10_000)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith(addresses[0]) else problems.append(r.url))
    page.goto(addresses[0])
    page.get_by_role("button", name="Lucía Marín").click()
    yield page
    page.close()
    assert problems == []


def api(page: Page, path: str, body: dict[str, object]) -> dict[str, object]:
    """A Graph call by the business."""
    headers = {"Authorization": f"Bearer {seed.TOKEN}"}
    answer = page.request.post(path, data=body, headers=headers)
    assert answer.ok
    return answer.json()


def say(page: Page, to: str, **body: object) -> str:
    common = {"messaging_product": "whatsapp", "to": to}
    sent = api(page, f"/v26.0/{seed.NUMBER_ID}/messages", common | body)
    return str(sent["messages"][0]["id"])  # type: ignore[index]


def test_a_chat_with_ticks_typing_buttons_and_traffic(page: Page) -> None:
    chat = page.get_by_role("log")
    page.get_by_label("Message", exact=True).fill("é 😀")
    page.get_by_role("button", name="Send").click()
    mine = chat.locator(".bubble.mine").last
    expect(mine).to_contain_text("é 😀")
    expect(mine.get_by_label("Delivered")).to_be_visible()
    thread = page.request.get("/sim/customers/lucia/thread").json()["messages"]
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": thread[-1]["id"]}
    typing = {"typing_indicator": {"type": "text"}}
    api(page, f"/v26.0/{seed.NUMBER_ID}/messages", read | typing)
    expect(mine.get_by_label("Read")).to_be_visible()
    expect(page.get_by_text("typing…")).to_be_visible()
    button = {"type": "reply", "reply": {"id": "y", "title": "Yes please"}}
    part = {"type": "button", "body": {"text": "Shall we?"}, "action": {"buttons": [button]}}
    say(page, "+34612555014", type="interactive", interactive=part)
    chat.get_by_role("button", name="Yes please").click()
    expect(chat.locator(".bubble.mine").last).to_contain_text("Yes please")
    expect(page.locator("#traffic")).to_contain_text("webhook messages interactive")


def test_a_photo_a_reaction_a_reply_and_a_deletion(page: Page) -> None:
    chat = page.get_by_role("log")
    page.get_by_role("button", name="Attach").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Photo").click()
    picture = {"name": "a.svg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff"}
    chooser.value.set_files(picture)  # type: ignore[arg-type]
    expect(chat.locator(".bubble.mine img")).to_have_count(1)
    say(page, "+34612555014", type="text", text={"body": "A nice boat"})
    theirs = chat.locator(".bubble").filter(has_text="A nice boat").first
    theirs.hover()
    theirs.get_by_role("button", name="Actions").click()
    theirs.get_by_role("button", name="React 👍").click()
    expect(theirs.get_by_label("Reaction 👍")).to_be_visible()
    theirs.get_by_role("button", name="Actions").click()
    theirs.get_by_role("button", name="Reply").click()
    page.get_by_label("Message", exact=True).fill("Thanks")
    page.keyboard.press("Enter")
    mine = chat.locator(".bubble.mine").last
    expect(mine.locator(".cited")).to_have_text("A nice boat")
    mine.get_by_role("button", name="Actions").click()
    mine.get_by_role("button", name="Delete").click()
    expect(chat.locator(".bubble.mine").last).to_contain_text("Message deleted")


def test_a_new_customer_the_clock_and_a_fault(page: Page) -> None:
    page.get_by_role("button", name="Add a customer").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Ana Prado")
    dialog.get_by_label("Phone number").first.fill("+34 612 555 014")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("another customer")
    dialog.get_by_label("Phone number").first.fill("+55 11 90000 0001")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("button", name="Ana Prado")).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="+ 25 h").click()
    expect(page.locator("#time")).not_to_be_empty()
    assert page.request.get("/sim/clock").json()["offset_seconds"] == 90_000
    page.get_by_role("button", name="Back to now").click()
    switch = page.get_by_role("switch", name="Answer sends with 500")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true")
    assert page.request.get("/sim/faults").json()["send_500"] is True
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")


def test_it_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_signup_window_gives_event_and_code(
    browser: Browser, addresses: tuple[str, str]
) -> None:
    page = browser.new_page()
    page.set_default_timeout(10_000)
    page.goto(addresses[1])
    for press, event, code in (("Finish", "FINISH", "AQ"), ("Cancel", "CANCEL", "unknown")):
        with page.expect_popup() as popup:
            page.get_by_role("button", name="Connect").click()
        popup.value.get_by_role("button", name=press, exact=True).click()
        expect(page.locator("#event")).to_contain_text(f'"event":"{event}"')
        expect(page.locator("#code")).to_contain_text(code)
    page.close()
