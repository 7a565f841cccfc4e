"""The list pane in real browsers: search, filters, bulk, keys, and what calls a person."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import PASSWORD, Running

pytestmark = pytest.mark.e2e


def row(page: Page, name: str) -> Locator:
    return page.locator("li[data-conversation]").filter(has_text=name)


def toast(page: Page, words: str) -> Locator:
    return page.locator("[data-sonner-toast]").filter(has_text=words)


def is_focused(box: Locator) -> bool:
    return box.count() == 1 and box.evaluate("element => element === document.activeElement")


def tab_to(page: Page, box: Locator) -> None:
    """Press Tab until this has the focus, as somebody without a mouse would."""
    for _ in range(60):
        if is_focused(box):
            return
        page.keyboard.press("Tab")
    raise AssertionError("the Tab key does not lead there")


def test_from_sign_in_to_a_sent_reply_by_keyboard_alone(running: Running, window, phone) -> None:
    ines = phone("Ines Novak")
    ines.writes("Do you sell a bosun chair?")
    page = window().new_page()
    page.goto(f"{running.app}/sign-in/")
    tab_to(page, page.get_by_label("E-mail"))
    page.keyboard.type("admin@demo.test")
    tab_to(page, page.get_by_label("Password"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox/**")
    expect(row(page, "Ines Novak")).to_be_visible()

    # What was said is found and opens at that message; the words are marked, not markup.
    page.keyboard.press("/")
    page.keyboard.type("bosun chair")
    hit = page.get_by_role("link", name=re.compile("Ines Novak.*bosun")).first
    expect(hit.get_by_text("bosun", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert is_focused(hit)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/inbox/open/\d+/?\?message=\d+$"))
    expect(page.get_by_role("heading", name="Ines Novak").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Search people and messages")).to_have_value("")

    # A key that is typed is a letter, never a command.
    reply = page.get_by_role("textbox", name="Reply")
    page.keyboard.press("r")
    expect(reply).to_be_focused()
    page.keyboard.type("Yes, jkcxue/? and #4")
    page.keyboard.press("Enter")
    expect(ines.chat.get_by_text("Yes, jkcxue/? and #4")).to_be_visible()
    page.keyboard.press("Escape")
    assert is_focused(row(page, "Ines Novak").locator("[data-row]"))
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    assert is_focused(row(page, "Ines Novak").locator("[data-row]"))

    # The command bar: an action, a person, a page.
    page.keyboard.press("Control+k")
    bar = page.get_by_role("dialog", name="Command bar")
    page.keyboard.type("choose")
    expect(bar.get_by_role("option", name=re.compile("Choose this conversation"))).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 chosen")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("1 chosen")).to_have_count(0)
    page.keyboard.press("Control+k")
    page.keyboard.type("ines nov")
    expect(bar.get_by_role("option", name=re.compile("Ines Novak"))).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/inbox/open/\d+/?$"))
    page.keyboard.press("Control+k")
    page.keyboard.type("contacts")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/contacts/"))


def test_several_are_claimed_and_closed_together(running: Running, sign_in, phone) -> None:
    ana = sign_in()
    names = [f"Bulk {each}" for each in ("One", "Two", "Three")]
    for name in names:
        phone(name).writes("Hello")
        expect(row(ana, name)).to_contain_text("✦ Hi")  # the order stays now
    for name in (names[2], names[0]):  # the newest is on top; the range takes the one between
        row(ana, name).hover()
        modifiers = ["Shift"] if name == names[0] else []
        row(ana, name).get_by_role("checkbox").click(modifiers=modifiers)
    expect(ana.get_by_text("3 chosen")).to_be_visible()
    ana.get_by_role("group", name="Chosen").get_by_role("button", name="Claim").click()
    expect(toast(ana, "3 claimed.")).to_be_visible()
    ana.get_by_role("link", name=re.compile("^Mine")).click()
    for name in names:
        expect(row(ana, name)).to_be_visible()
        row(ana, name).hover()
        row(ana, name).get_by_role("checkbox").click()
        expect(row(ana, name).get_by_role("checkbox")).to_be_checked()
    ana.get_by_role("group", name="Chosen").get_by_role("button", name="Close").click()
    expect(toast(ana, "3 closed.")).to_be_visible()
    expect(row(ana, names[0])).to_have_count(0)
    ana.get_by_role("link", name="Closed", exact=True).click()
    expect(row(ana, names[0])).to_be_visible()


def test_a_filter_is_an_address_that_can_be_shared(running: Running, sign_in, phone) -> None:
    ana = sign_in()
    petra = phone("Petra Falk")
    petra.writes("Hello")
    row(ana, "Petra Falk").hover()
    row(ana, "Petra Falk").get_by_role("button", name="Actions for Petra Falk").click()
    ana.get_by_role("menuitem", name="Claim").click()
    expect(toast(ana, "Claimed.")).to_be_visible()
    ana.get_by_role("button", name="Filter").click()
    ana.get_by_label("Who handles it").select_option("Me")
    expect(ana).to_have_url(re.compile(r"/inbox/open/?\?handler=me$"))
    expect(ana.get_by_text("1 filter narrows this list")).to_be_visible()
    shared = ana.url
    ana.get_by_label("Who handles it").select_option("Nobody")
    expect(row(ana, "Petra Falk")).to_have_count(0)
    ana.goto(shared)
    expect(row(ana, "Petra Falk")).to_be_visible()
    ana.goto(f"{running.app}/inbox/open/?handler=everybody")
    expect(ana.get_by_text("This filter is out of date.")).to_be_visible()
    ana.get_by_role("button", name="Clear filters").click()
    expect(row(ana, "Petra Falk")).to_be_visible()
    expect(ana).to_have_url(re.compile(r"/inbox/open/?$"))


SOUNDS = """
(() => {
  window.tones = 0;
  const { start } = OscillatorNode.prototype;
  OscillatorNode.prototype.start = function (...given) {
    window.tones += 1;
    start.apply(this, given);
  };
})()
"""


def icon(page: Page) -> str:
    return page.evaluate("document.querySelector('link[rel~=icon]')?.href ?? ''")


def test_what_is_unread_calls_one_agent_and_not_the_other(running: Running, sign_in, phone) -> None:
    ana, sam = sign_in("admin@demo.test"), sign_in("agent@demo.test")
    sam.evaluate(SOUNDS)
    sam.get_by_role("heading", name="Inbox").click()  # a page nobody touched stays silent
    otto = phone("Otto Wyss")
    otto.writes("Can I talk to a human please?")
    for page in (ana, sam):
        expect(row(page, "Otto Wyss").get_by_text("Wants a human")).to_be_visible()
        row(page, "Otto Wyss").locator("[data-row]").click()
        expect(
            page.get_by_role("log", name="Messages").get_by_text("talk to a human")
        ).to_be_visible()
        expect(row(page, "Otto Wyss").get_by_text("unread", exact=True)).to_have_count(0)
    sam.wait_for_function("window.tones === 2")  # one tone of two notes, and only one

    # Unread again is Ana's own; she leaves the conversation, and is told of it on every page.
    ana.keyboard.press("u")
    expect(toast(ana, "Marked as unread.")).to_be_visible()
    expect(ana).to_have_url(re.compile(r"/inbox/open/?$"))
    expect(row(ana, "Otto Wyss").get_by_text("unread", exact=True)).to_be_visible()
    expect(row(sam, "Otto Wyss").get_by_text("unread", exact=True)).to_have_count(0)
    expect(ana).to_have_title(re.compile(r"^\(\d+\+?\) Inbox"))
    ana.wait_for_function("document.querySelector('link[rel~=icon]').href.startsWith('data:')")
    ana.get_by_role("link", name="Contacts").first.click()
    badge = ana.get_by_role("navigation", name="Main", exact=True).get_by_text("unread", exact=True)
    before = badge.locator("..").inner_text()
    phone("Rita Bloch").writes("Hello")
    expect(badge.locator("..")).not_to_have_text(before)
    assert icon(ana).startswith("data:")


def test_the_list_keeps_the_readers_place_and_the_phones_width(
    running: Running, sign_in, phone
) -> None:
    ana = sign_in(width=390, height=844)
    phone("Wide Name " + "x" * 60).writes("A word of " + "y" * 300)
    expect(row(ana, "Wide Name").first).to_be_visible()
    assert ana.evaluate("document.documentElement.scrollWidth") <= 390
    small = ana.evaluate(SMALL_TARGETS)
    assert small == []
    ana.get_by_role("button", name="Notifications").click()
    expect(ana.get_by_role("switch", name="Sound")).to_be_checked()
    ana.get_by_role("switch", name="Sound").uncheck()
    ana.reload()
    ana.get_by_role("button", name="Notifications").click()
    expect(ana.get_by_role("switch", name="Sound")).not_to_be_checked()
    assert ana.evaluate("document.documentElement.scrollWidth") <= 390


SMALL_TARGETS = """
() => [...document.querySelectorAll("section[aria-label=Conversations] :is(a, button, label)")]
  .filter((each) => each.checkVisibility() && !each.closest("[aria-hidden=true]"))
  .map((each) => [each.textContent || each.ariaLabel, each.getBoundingClientRect()])
  .filter(([, { width, height }]) => width < 44 || height < 44)
  .map(([words, { width, height }]) => `${words} ${width}x${height}`)
"""
