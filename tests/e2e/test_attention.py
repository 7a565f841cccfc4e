"""Who looks elsewhere is called by the browser's own notifications; each person has the choice."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Running
from tests.e2e.test_inbox_list import row
from tests.e2e.test_journey import opened, thread
from tests.e2e.test_thread import show

pytestmark = pytest.mark.e2e

# Notifications are kept instead of shown, and how often a tone was begun is counted; whether the
# browser allows any stays the browser's own answer.
WATCHED = """
window.shown = [];
window.tones = 0;
const { resume } = AudioContext.prototype;
AudioContext.prototype.resume = function () {
  window.tones += 1;
  return resume.call(this);
};
window.Notification = class extends EventTarget {
  static real = window.Notification;
  static get permission() { return this.real.permission; }
  static requestPermission() { return this.real.requestPermission(); }
  constructor(title, { body, tag }) {
    super();
    window.shown.push(Object.assign(this, { title, body, tag }));
  }
  close() { this.closed = true; }
};
"""
OF = "(name) => window.shown.filter(({ title }) => title === name).map(({ body }) => body)"


def watched(page: Page, permissions: tuple[str, ...] = ("notifications",)) -> Page:
    page.context.grant_permissions(list(permissions))
    page.add_init_script(WATCHED)
    page.reload()
    expect(page.get_by_text("● Live")).to_be_visible()
    return page


def switch(page: Page, name: str, on: bool) -> None:
    page.get_by_role("button", name="Notifications").click()
    box = page.get_by_role("switch", name=name)
    expect(box).to_be_checked(checked=not on)
    box.click()
    expect(box).to_be_checked(checked=on)
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)


def shown(page: Page, name: str) -> list[str]:
    """What the notifications about a customer said."""
    return page.evaluate(OF, name)


def test_a_hidden_tab_is_called_as_its_person_wishes(running: Running, sign_in, phone) -> None:
    ana, sam = watched(sign_in()), watched(sign_in("agent@demo.test"))
    for page in (ana, sam):
        switch(page, "Browser notifications", on=True)
    switch(sam, "Browser notifications", on=False)
    switch(ana, "Sound", on=False)
    ana.reload()  # both choices outlive it
    expect(ana.get_by_text("● Live")).to_be_visible()
    for page in (ana, sam):
        page.get_by_role("heading", name="Inbox").click()  # a page nobody touched stays silent
        show(page, "hidden")
    phone("Gesa Thorn").writes("Can I talk to a human please?")
    ana.wait_for_function(f"({OF})('Gesa Thorn').length === 1")
    expect(row(sam, "Gesa Thorn").get_by_text("Wants a human")).to_be_visible()
    sam.wait_for_function("window.tones > 0")
    assert shown(ana, "Gesa Thorn") == ["Wants a human"]
    assert ana.evaluate("window.tones") == 0
    assert shown(sam, "Gesa Thorn") == []

    # The notification leads to the conversation and is gone.
    of_gesa = "window.shown.find(({ title }) => title === 'Gesa Thorn')"
    ana.evaluate(f"{of_gesa}.onclick()")
    expect(ana.get_by_role("heading", name="Gesa Thorn").first).to_be_visible()
    assert ana.evaluate(f"{of_gesa}.closed")


def test_what_one_sees_is_not_told(running: Running, sign_in, phone) -> None:
    ana, udo = watched(sign_in()), phone("Udo Kranz")
    switch(ana, "Browser notifications", on=True)
    udo.writes("Can I talk to a human please?")
    expect(row(ana, "Udo Kranz").get_by_text("Wants a human")).to_be_visible()
    ana.wait_for_function("window.tones > 0")
    assert shown(ana, "Udo Kranz") == []

    # Claimed and left alone, the next word of the customer calls; what was told is not told again.
    opened(ana, "Udo Kranz").get_by_role("button", name="Claim").click()
    show(ana, "hidden")
    udo.writes("Are you there?")
    expect(thread(ana).get_by_text("Are you there?")).to_be_visible()
    ana.wait_for_function(f"({OF})('Udo Kranz').length === 1")
    assert shown(ana, "Udo Kranz") == ["Wrote to you"]


def test_a_browser_that_allows_none_says_what_to_do(running: Running, sign_in, phone) -> None:
    ana = watched(sign_in(), permissions=())
    ana.get_by_role("button", name="Notifications").click()
    notify = ana.get_by_role("switch", name="Browser notifications")
    notify.click()
    refusal = ana.get_by_text(re.compile("The browser does not allow notifications for this page"))
    expect(refusal).to_be_visible()
    expect(notify).not_to_be_checked()
    ana.keyboard.press("Escape")
    show(ana, "hidden")
    phone("Lars Ek").writes("Can I talk to a human please?")
    expect(row(ana, "Lars Ek").get_by_text("Wants a human")).to_be_visible()
    ana.wait_for_function("window.tones > 0")
    assert shown(ana, "Lars Ek") == []


# Chrome on a phone: the permission is given, and still a page may not show any itself.
NONE_OF_A_PAGE = """
() => {
  window.Notification = class {
    static permission = "granted";
    static requestPermission() { return Promise.resolve("granted"); }
    constructor() { throw new TypeError("Illegal constructor"); }
  };
}
"""


def test_a_browser_that_can_show_none_does_no_harm(running: Running, sign_in, phone) -> None:
    ana = watched(sign_in())
    switch(ana, "Browser notifications", on=True)
    ana.evaluate(NONE_OF_A_PAGE)
    show(ana, "hidden")
    phone("Nils Aas").writes("Can I talk to a human please?")
    ana.wait_for_function("window.tones > 0")
    expect(row(ana, "Nils Aas").get_by_text("Wants a human")).to_be_visible()
    switch(ana, "Browser notifications", on=False)
    ana.get_by_role("button", name="Notifications").click()
    notify = ana.get_by_role("switch", name="Browser notifications")
    notify.click()
    expect(ana.get_by_text("This browser shows no notifications of a page")).to_be_visible()
    expect(notify).not_to_be_checked()
