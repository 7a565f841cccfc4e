"""A number is connected, watched, disconnected and connected again, in real browsers."""

import itertools
import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Running

pytestmark = pytest.mark.e2e

_number = itertools.count(time.time_ns() % 10_000 * 10)
WEBHOOK = "/api/channels/webhook/whatsapp"


def new_phone() -> str:
    return f"+44 20 79{next(_number) % 1_000_000:06d}"


def digits(phone: str) -> str:
    return re.sub(r"\D", "", phone)


def heading_of(page: Page, phone: str) -> Locator:
    """The connected card's number, however it is spaced."""
    spaced = r"\D*".join(digits(phone))
    return page.get_by_role("heading", name=re.compile(spaced))


@pytest.fixture
def channel_page(running: Running, sign_in) -> Callable[..., Page]:
    """An admin at the WhatsApp page of a new assistant."""

    def make(name: str, page: Page | None = None, **options: object) -> Page:
        page = page or sign_in(**options)
        page.goto(f"{running.app}/assistants/")
        page.get_by_role("button", name="New assistant").first.click()
        page.get_by_label("Name").fill(name)
        page.get_by_role("button", name="Create assistant").click()
        page.wait_for_url(re.compile(r"/assistants/\d+"))
        page.get_by_role("link", name="Open its WhatsApp channel").click()
        expect(page.get_by_role("heading", name="WhatsApp Integration")).to_be_visible()
        expect(page.get_by_role("heading", name="Before you connect")).to_be_visible()
        return page

    return make


@pytest.fixture
def company(running: Running) -> Callable[..., dict[str, str]]:
    """A company at Meta with an app of its own."""

    def make(name: str, **facts: object) -> dict[str, str]:
        app = {
            "secret": f"secret-of-{digits(new_phone())}",
            "callback_url": f"{running.app}{WEBHOOK}",
        }
        body = {"name": name, "phone": new_phone(), "app": app} | facts
        return running.control("tenants", body)

    return make


def metas_window(page: Page) -> Page:
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Connect with WhatsApp").click()
    expect(opened.value.get_by_role("button", name="Finish", exact=True)).to_be_enabled()
    return opened.value


def sign_up(page: Page, phone: str, business: str, how: str = "Finish") -> None:
    """Go through Meta's window with a new account and number."""
    window = metas_window(page)
    window.get_by_label("WhatsApp Business Account").select_option(label="A new account")
    window.get_by_label("Business name").fill(business)
    window.get_by_label("New phone number").fill(phone)
    window.get_by_role("button", name=how, exact=True).click()


def fill(page: Page, company: dict[str, str], **changes: str) -> None:
    values = company | changes
    advanced = page.get_by_text("Advanced Setup (manual credentials)")
    if not page.get_by_label("WABA ID").is_visible():
        advanced.click()
    page.get_by_label("Phone Number ID").fill(values["phone_number_id"])
    page.get_by_label("WABA ID").fill(values["waba_id"])
    page.get_by_label("System User Access Token").fill(values["token"])
    page.get_by_label("App Secret").fill(values["app_secret"])
    page.get_by_role("button", name="Connect Manually").click()


def step(page: Page, name: str) -> Locator:
    return page.locator(f"[data-step={name}]")


def assert_connected(page: Page, phone: str) -> None:
    expect(heading_of(page, phone)).to_be_visible()
    expect(page.get_by_text("● Connected")).to_be_visible()


def disconnect(page: Page) -> None:
    page.get_by_role("button", name="Disconnect").click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("The conversations, the contacts and the settings stay")
    dialog.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_role("heading", name="Before you connect")).to_be_visible()


# ---- Embedded Signup


def test_embedded_signup_and_what_happens_to_the_number_afterwards(
    running: Running, channel_page, phone
) -> None:
    page = channel_page("Kite desk")
    assert page.evaluate("window.FB === undefined"), "Meta's script waits until it is needed"
    number = new_phone()
    sign_up(page, number, "Kite Repairs")
    assert_connected(page, number)
    for name in ("exchange", "permissions", "number", "saved", "subscribe", "register", "health"):
        expect(step(page, name)).to_have_attribute("data-state", "ok")
    card = page.get_by_role("region", name="Connected number")
    expect(card).to_contain_text(
        re.compile(r"connected by Embedded Signup on .*Connected by\s*Ana Ruiz")
    )
    expect(card.get_by_text("None yet")).to_be_visible()

    # A customer writes to it: the age of the last event appears without a reload.
    page.evaluate("window.notReloaded = true")
    customer = phone("Kira Lund")
    connected = next(
        each
        for each in running.control("state")["numbers"]
        if digits(str(each)).find(digits(number)) >= 0
    )
    running.control(
        f"customers/{customer.id}/messages", {"text": "Hello", "number_id": connected["id"]}
    )
    expect(card.get_by_text(re.compile("just now| s ago")).first).to_be_visible()
    expect(card.get_by_text("None yet")).to_have_count(0)

    # Meta lowers the quality, then restricts the account: the card follows, then mends.
    facts = {"phone_number_id": connected["id"], "waba_id": connected["waba_id"]}
    running.control("account", {"event": "restriction", **facts} | RESTRICTED)
    expect(page.get_by_text("▲ Connection issue")).to_be_visible()
    expect(card).to_contain_text("Meta restricts this account")
    running.control("account", {"event": "reinstated", **facts})
    assert page.evaluate("window.notReloaded")

    # The test shows each check.
    page.get_by_role("button", name="Test", exact=True).click()
    for name in ("token", "expiry", "permissions", "secret", "subscribed", "callback"):
        expect(step(page, name)).to_have_attribute("data-state", "ok")
    expect(step(page, "registered")).to_have_attribute("data-state", "ok")
    disconnect(page)


RESTRICTED = {"restrictions": ["RESTRICTED_CUSTOMER_INITIATED_MESSAGING"]}


def test_the_ways_out_of_metas_window_are_told_in_words(channel_page) -> None:
    page = channel_page("Way out desk")
    metas_window(page).get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("You left Meta's window at the step")).to_contain_text(
        "adding the phone number"
    )
    metas_window(page).get_by_role("button", name="Report an error").click()
    expect(page.get_by_text("Meta reported a problem: Something went wrong.")).to_be_visible()
    metas_window(page).close()
    expect(page.get_by_text("was closed before it was finished")).to_be_visible()
    metas_window(page)
    page.get_by_role("button", name="Stop waiting").click()
    expect(page.get_by_role("button", name="Connect with WhatsApp")).to_be_visible()
    expect(page.get_by_role("heading", name="Before you connect")).to_be_visible()


def test_an_account_without_a_number_shows_the_failed_step(channel_page) -> None:
    page = channel_page("No number desk")
    sign_up(page, new_phone(), "Bare Business", how="Finish without a number")
    expect(step(page, "number")).to_have_attribute("data-state", "failed")
    expect(step(page, "number")).to_contain_text("Add a number in the window")
    expect(page.get_by_role("button", name="Connect with WhatsApp")).to_be_enabled()


def test_a_number_of_the_business_app_keeps_its_registration(channel_page) -> None:
    page = channel_page("Coexistence desk")
    page.get_by_label("The number stays in use in the WhatsApp Business app").check()
    number = new_phone()
    sign_up(page, number, "Corner Shop", how="Finish with the WhatsApp Business app")
    assert_connected(page, number)
    expect(step(page, "register")).to_have_attribute("data-state", "skipped")
    disconnect(page)


def test_a_message_of_another_origin_is_not_believed(channel_page) -> None:
    page = channel_page("Forgery desk")
    window = metas_window(page)
    forged = {"waba_id": "210000000000001", "phone_number_id": "310000000000007"}
    page.evaluate(
        """data => window.postMessage(
            JSON.stringify({type: "WA_EMBEDDED_SIGNUP", event: "CANCEL", data}), "*")""",
        forged,
    )
    expect(page.get_by_role("button", name="Waiting for Meta's window…")).to_be_visible()
    window.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("You left Meta's window at the step")).to_be_visible()


# In place of the simulator's script: the callback comes at once, the message when the test says.
CALLBACK_FIRST = """
window.FB = {
  init() {},
  login(callback, options) {
    window.asked = options;
    window.metas = window.open(new URL(document.querySelector('script[src*="sdk.js"]').src).origin);
    callback({ authResponse: { code: window.code } });
  },
};
setTimeout(window.fbAsyncInit, 0);
"""


@pytest.fixture
def callback_first(running: Running, channel_page) -> Callable[[str], tuple[Page, Page, object]]:
    def make(name: str) -> tuple[Page, Page, object]:
        page = channel_page(name)
        page.route(
            "**/sdk.js",
            lambda route: route.fulfill(body=CALLBACK_FIRST, content_type="text/javascript"),
        )
        given = running.control("signup", {"business": name, "phone": new_phone()})
        page.evaluate("code => { window.code = code }", given["code"])
        with page.expect_popup() as opened:
            page.get_by_role("button", name="Connect with WhatsApp").click()
        return page, opened.value, given

    return make


def test_the_message_may_come_after_the_callback(callback_first) -> None:
    page, window, given = callback_first("Late message desk")
    asked = page.evaluate("window.asked")
    assert (asked["response_type"], asked["override_default_response_type"]) == ("code", True)
    assert asked["extras"] == {"setup": {}, "featureType": "", "sessionInfoVersion": "3"}
    window.evaluate(
        """said => window.opener.postMessage(
            {type: "WA_EMBEDDED_SIGNUP", event: said.event, data: said.data}, "*")""",
        given,
    )
    expect(page.get_by_text("● Connected")).to_be_visible()
    disconnect(page)


def test_a_code_without_a_message_is_told(callback_first) -> None:
    page, _, _ = callback_first("No message desk")
    expect(page.get_by_text("did not say for which account and number")).to_be_visible()
    expect(page.get_by_role("button", name="Connect with WhatsApp")).to_be_enabled()


def test_a_script_that_does_not_load_is_told(channel_page) -> None:
    page = channel_page("Blocked desk")
    page.route("**/sdk.js", lambda route: route.abort())
    page.get_by_role("button", name="Connect with WhatsApp").click()
    expect(page.get_by_text("Meta's script could not be loaded")).to_be_visible()


# ---- manual


def test_each_wrong_value_is_told_at_its_field(channel_page, company) -> None:
    page = channel_page("Manual desk")
    right = company("Manual Goods")
    wrong = {
        "Phone Number ID": ({"phone_number_id": "319999999999999"}, "Meta finds no phone number"),
        "WABA ID": ({"waba_id": "219999999999999"}, "Meta finds no WhatsApp Business account"),
        "System User Access Token": ({"token": "EAAgone"}, "Meta does not accept this token"),
        "App Secret": ({"app_secret": "not-it"}, "not the secret of the app"),
    }
    for label, (changes, words) in wrong.items():
        fill(page, right, **changes)
        field = page.get_by_label(label)
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(re.compile(words))
        expect(page.locator("[aria-invalid=true]")).to_have_count(1)
        expect(page.get_by_label("WABA ID")).not_to_have_value("")
        expect(page.get_by_label("App Secret")).not_to_have_value("")
    fill(page, right)
    assert_connected(page, right["display_phone_number"])
    expect(step(page, "secret")).to_have_attribute("data-state", "ok")
    webhook = page.get_by_role("region", name="Webhook setup")
    expect(webhook).to_contain_text(WEBHOOK)
    expect(webhook).to_contain_text("None yet")
    disconnect(page)


def test_the_verify_token_is_copied_and_never_shown(
    running: Running, channel_page, company
) -> None:
    page = channel_page("Copying desk")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    fill(page, company("Copied Goods"))
    page.get_by_role("button", name="Copy the verify token").click()
    expect(page.get_by_text("The verify token is copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "simulator-verify-token"
    assert "simulator-verify-token" not in page.content()
    page.get_by_role("button", name="Copy the callback URL").click()
    expect(page.get_by_text("The address is copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{running.app}{WEBHOOK}"
    disconnect(page)


def test_a_number_held_elsewhere_names_the_assistant_and_links_to_it(channel_page, company) -> None:
    shared = company("Shared Goods")
    page = channel_page("First desk")
    fill(page, shared)
    assert_connected(page, shared["display_phone_number"])
    channel_page("Second desk", page)
    fill(page, shared)
    expect(page.get_by_role("alert")).to_contain_text("already connected to First desk")
    page.get_by_role("link", name="Open its WhatsApp page").click()
    assert_connected(page, shared["display_phone_number"])
    expect(page.get_by_role("alert")).to_have_count(0)
    disconnect(page)


def test_disconnecting_and_connecting_again_keeps_the_conversations(
    running: Running, channel_page, company, phone
) -> None:
    goods = company("Lasting Goods")
    page = channel_page("Lasting desk")
    address = page.url
    fill(page, goods)
    assert_connected(page, goods["display_phone_number"])
    customer = phone("Bruno Vidal")
    said = {"number_id": goods["phone_number_id"]}
    running.control(f"customers/{customer.id}/messages", {"text": "Before", **said})
    expect(page.get_by_text("None yet")).to_have_count(0)
    disconnect(page)
    expect(page.get_by_text("was connected here")).to_be_visible()
    expect(step(page, "unsubscribe")).to_be_visible()

    page.goto(f"{running.app}/inbox/open/")
    page.get_by_role("link", name=re.compile("Bruno Vidal")).first.click()
    expect(page.get_by_role("log", name="Messages").get_by_text("Before")).to_be_visible()

    page.goto(address)
    fill(page, goods)
    assert_connected(page, goods["display_phone_number"])
    running.control(f"customers/{customer.id}/messages", {"text": "After", **said})
    page.goto(f"{running.app}/inbox/open/")
    page.get_by_role("link", name=re.compile("Bruno Vidal")).first.click()
    for words in ("Before", "After"):
        text = page.get_by_role("log", name="Messages").get_by_text(words, exact=True)
        expect(text).to_be_visible()
    page.goto(address)
    disconnect(page)


# ---- who may, and how it fits


def test_an_agent_reads_a_plain_sentence(running: Running, sign_in) -> None:
    page = sign_in("agent@demo.test")
    page.goto(f"{running.app}/assistants/1/whatsapp/")
    expect(page.get_by_text("Only an admin can open this")).to_be_visible()
    expect(page.get_by_role("button", name="Test")).to_have_count(0)
    expect(page.get_by_role("button", name="Connect with WhatsApp")).to_have_count(0)


def test_the_sidebar_leads_there_and_back(running: Running, sign_in) -> None:
    page = sign_in()
    page.get_by_role("link", name="Assistants").click()
    page.get_by_role("link", name=re.compile("Harbour assistant")).click()
    page.get_by_role("link", name="Channels", exact=True).click()
    expect(page.get_by_text("● Connected")).to_be_visible()
    # The page is live, though another one of this tab was before.
    card = page.get_by_role("region", name="Connected number")
    running.control("account", {"event": "quality", "quality": "YELLOW"})
    expect(card.get_by_text("Yellow")).to_be_visible()
    running.control("account", {"event": "quality", "quality": "GREEN"})
    expect(card.get_by_text("Green")).to_be_visible()
    for name in ("Messenger", "Instagram", "Live chat"):
        expect(page.get_by_text(re.compile(f"^{name}not in this version yet"))).to_be_visible()
    page.get_by_role("link", name="Knowledge").click()
    expect(page.get_by_role("heading", name="Knowledge and playground")).to_be_visible()


@pytest.mark.parametrize("width", [1024, 390])
def test_it_fits_narrow_screens(running: Running, sign_in, channel_page, width: int) -> None:
    page = sign_in(width=width, height=844)
    page.goto(f"{running.app}/assistants/1/whatsapp/")
    expect(page.get_by_role("region", name="Connected number")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    channel_page(f"Narrow desk {width}", page)
    page.get_by_text("Advanced Setup (manual credentials)").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
