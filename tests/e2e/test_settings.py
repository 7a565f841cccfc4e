"""The settings in a real browser: how we work for admins, the rules and saved replies for all."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Running

pytestmark = pytest.mark.e2e


def tab(page: Page, running: Running, name: str) -> Page:
    page.goto(f"{running.app}/settings/")
    page.get_by_role("tab", name=name).click()
    return page


def save(page: Page) -> None:
    page.get_by_role("button", name="Save how we work").click()


def test_an_admin_says_how_we_work_and_an_agent_reads_it(running: Running, sign_in) -> None:
    ana = tab(sign_in(), running, "How we work")
    resumes = ana.get_by_label("the assistant resumes after")
    resumes.select_option("other")
    ana.get_by_label("How long").fill("8")
    ana.get_by_label("Unit").select_option("days")
    save(ana)
    expect(ana.get_by_role("alert")).to_contain_text("7 days at the latest")
    expect(ana.get_by_label("How long")).to_have_value("8")
    ana.get_by_label("How long").fill("3")
    ana.get_by_label("Unit").select_option("hours")
    ana.get_by_role("switch", name="Only the person who claimed").click()
    save(ana)
    expect(ana.get_by_text("It counts from the next take-over on.").last).to_be_visible()
    expect(ana.get_by_role("alert")).to_have_count(0)

    sam = tab(sign_in("agent@demo.test"), running, "How we work")
    rules = sam.get_by_role("region", name="How we work")
    expect(rules).to_contain_text("resumes by itself after 3 hours")
    expect(rules).to_contain_text("Only the person who claimed a conversation may reply")
    expect(rules.get_by_role("switch")).to_have_count(0)
    expect(rules.get_by_role("button")).to_have_count(0)

    # What is stored is what the form starts from; and the demo works as before afterwards.
    ana.reload()
    ana.get_by_role("tab", name="How we work").click()
    expect(resumes).to_have_value("other")
    expect(ana.get_by_label("How long")).to_have_value("3")
    resumes.select_option("0")
    ana.get_by_role("switch", name="Only the person who claimed").click()
    save(ana)
    expect(ana.get_by_text("It counts from the next take-over on.").last).to_be_visible()
    sam.reload()
    sam.get_by_role("tab", name="How we work").click()
    expect(rules).to_contain_text("only when somebody says so")
    expect(rules).to_contain_text("Everybody may reply")


def test_an_admin_says_how_long_messages_are_kept(running: Running, sign_in) -> None:
    ana = tab(sign_in(), running, "Data")
    keep = ana.get_by_label("Keep messages for")
    keep.select_option("other")
    days = ana.get_by_label(re.compile("^Days, from"))
    saves = ana.get_by_role("button", name="Save how long")
    days.fill("0")
    saves.click()
    expect(ana.get_by_role("alert")).to_contain_text("or for ever")
    days.fill("400")
    saves.click()
    question = ana.get_by_role("alertdialog")
    expect(question).to_contain_text("Keep messages for 400 days?")
    expect(question).to_contain_text("Nothing is older than that now")
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_have_count(0)
    saves.click()
    question.get_by_role("button", name="Delete older messages").click()
    expect(ana.get_by_text("Messages are kept for 400 days.").last).to_be_visible()
    ana.reload()
    ana.get_by_role("tab", name="Data").click()
    expect(days).to_have_value("400")
    keep.select_option("0")
    saves.click()
    expect(ana.get_by_text("Messages are kept for ever.").last).to_be_visible()
    sam = sign_in("agent@demo.test")
    sam.goto(f"{running.app}/settings/")
    expect(sam.get_by_role("tab", name="How we work")).to_be_visible()
    expect(sam.get_by_role("tab", name="Data")).to_have_count(0)


def test_an_admin_sees_how_the_system_is(running: Running, sign_in) -> None:
    ana = sign_in()
    ana.goto(f"{running.app}/settings/")
    ana.get_by_role("link", name="System").click()
    lanes = ana.get_by_role("region", name="Work").get_by_role("listitem")
    expect(lanes).to_have_count(5)
    expect(lanes.get_by_text(re.compile(r"^[1-9] workers?$"))).to_have_count(5)
    # Other tests move the clock, and then a round may seem late until the next one.
    verdict = ana.get_by_role("status", name="Verdict")
    expect(verdict).to_contain_text("Everything works", timeout=60_000)
    expect(ana.get_by_role("region", name="Your numbers")).to_contain_text("Connected")

    sam = sign_in("agent@demo.test")
    sam.goto(f"{running.app}/settings/")
    expect(sam.get_by_role("tab", name="How we work")).to_be_visible()
    expect(sam.get_by_role("link", name="System")).to_have_count(0)
    sam.goto(f"{running.app}/settings/system/")
    expect(sam.get_by_text("Only an admin of this workspace")).to_be_visible()
    expect(sam.get_by_role("region", name="Work")).to_have_count(0)


def test_an_agent_keeps_the_words_used_every_day(running: Running, sign_in) -> None:
    sam = tab(sign_in("agent@demo.test"), running, "Saved replies")
    shortcut = f"hours-{time.time_ns() % 10**6}"
    sam.get_by_role("button", name="Add reply").click()
    dialog = sam.get_by_role("dialog")
    expect(dialog).to_contain_text("{first_name} their first name")
    dialog.get_by_label("Shortcut").fill("Not a shortcut")
    dialog.get_by_label("Words").fill("Hello {first_name}, we open at nine.")
    dialog.get_by_role("button", name="Save reply").click()
    expect(dialog.get_by_role("alert")).to_contain_text("lower-case letters")
    dialog.get_by_label("Shortcut").fill(shortcut)
    dialog.get_by_role("button", name="Save reply").click()
    expect(dialog).to_have_count(0)
    expect(sam.get_by_role("button", name="Add reply")).to_be_focused()

    sam.get_by_role("searchbox", name="Search saved replies").fill(shortcut[-6:])
    listed = sam.get_by_role("tabpanel").get_by_role("listitem")
    expect(listed).to_have_count(1)
    sam.get_by_role("button", name=f"Edit /{shortcut}").click()
    expect(dialog.get_by_label("Words")).to_have_value(re.compile("at nine"))
    dialog.get_by_label("Words").fill("Hello {first_name}, we open at ten.")
    dialog.get_by_role("button", name="Save reply").click()
    expect(listed).to_contain_text("at ten")
    sam.get_by_role("button", name=f"Delete /{shortcut}").click()
    sam.get_by_role("button", name="Delete reply").click()
    expect(sam.get_by_text("No saved reply holds this.")).to_be_visible()
