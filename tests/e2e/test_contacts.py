"""The contacts page in a real browser: list, search, add, edit, merge, import."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Running

pytestmark = pytest.mark.e2e


def number() -> str:
    """A number that no other test has."""
    return f"+34 6{time.time_ns() // 1000 % 10**8:08d}"


def contacts(page: Page, running: Running) -> Page:
    page.goto(f"{running.app}/contacts/")
    expect(page.get_by_role("heading", name="Contacts", exact=True)).to_be_visible()
    expect(page.get_by_role("searchbox", name="Search contacts")).to_be_visible()
    return page


def add(page: Page, name: str, phone: str, email: str = "") -> None:
    page.get_by_role("button", name="Add contact").first.click()
    fill(page, name, phone, email)
    expect(page.get_by_text("The contact is saved.").last).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def fill(page: Page, name: str, phone: str, email: str) -> None:
    for label, words in (("Name", name), ("Phone", phone), ("E-mail", email)):
        page.get_by_role("dialog").get_by_label(label).fill(words)
    page.get_by_role("button", name="Save contact").click()


def search(page: Page, words: str, found: int) -> None:
    """What is clicked before the rows are those that were found may be gone under the mouse."""
    page.get_by_role("searchbox", name="Search contacts").fill(words)
    expect(page.locator("tbody tr")).to_have_count(found)


def opener(page: Page, name: str):
    return page.get_by_role("button", name=re.compile(f"{name}"))


def test_an_agent_adds_finds_and_edits(running: Running, sign_in) -> None:
    sam = contacts(sign_in("agent@demo.test"), running)
    expect(sam.get_by_role("button", name="Import")).to_have_count(0)
    phone = number()
    add(sam, "Elena Torres", phone)
    search(sam, phone.replace("+", "00"), found=1)
    opener(sam, "Elena Torres").click()
    expect(sam.get_by_role("button", name="Delete")).to_have_count(0)
    fill(sam, "Elena Torres", "612 34", "elena.demo")
    expect(sam.get_by_text("Begin with + and the country code")).to_be_visible()
    expect(sam.get_by_text("does not look like an e-mail")).to_be_visible()
    fill(sam, "Elena Torres Vidal", phone, "elena@demo.test")
    expect(opener(sam, "Elena Torres Vidal")).to_be_visible()
    # The same number again leads to the contact that has it.
    sam.get_by_role("button", name="Add contact").click()
    fill(sam, "Copy", phone, "")
    expect(sam.get_by_text("already the one of Elena Torres Vidal")).to_be_visible()
    sam.get_by_role("button", name="Open it").click()
    name = sam.get_by_role("dialog").get_by_label("Name")
    expect(name).to_have_value("Elena Torres Vidal")


def test_an_admin_merges_and_deletes(running: Running, sign_in) -> None:
    ana = contacts(sign_in(), running)
    mark = f"Zita{time.time_ns() % 10**6}"
    add(ana, f"{mark} One", number())
    add(ana, f"{mark} Two", number(), "zita@demo.test")
    search(ana, mark, found=2)
    for name in ("One", "Two"):
        box = ana.get_by_role("checkbox", name=f"Choose {mark} {name}")
        box.click()
        expect(box).to_be_checked()
    ana.get_by_role("button", name="Merge…").click()
    ana.get_by_role("radio", name=f"{mark} Two").check()
    ana.get_by_role("button", name="Merge contacts").click()
    expect(ana.locator("tbody tr")).to_have_count(1)
    expect(ana.get_by_text("zita@demo.test")).to_be_visible()
    opener(ana, f"{mark} Two").click()
    ana.get_by_role("button", name="Delete").click()
    expect(ana.get_by_text("stay in the inbox")).to_be_visible()
    ana.get_by_role("button", name="Delete contact").click()
    expect(ana.get_by_text("No contact has this")).to_be_visible()


def test_an_admin_erases_a_customer_with_all_that_was_said(running: Running, sign_in) -> None:
    ana = contacts(sign_in(), running)
    mark, phone = f"Oda{time.time_ns() % 10**6}", number()
    add(ana, mark, phone)
    search(ana, mark, found=1)
    opener(ana, mark).click()
    ana.get_by_role("button", name="Erase", exact=True).click()
    question = ana.get_by_role("alertdialog")
    expect(question).to_contain_text(f"Erase {mark} and everything said?")
    question.get_by_role("button", name="Erase for good").click()
    expect(ana.get_by_text("The customer is erased, with 0 messages.").last).to_be_visible()
    expect(ana.get_by_text("No contact has this")).to_be_visible()


def test_an_import_says_what_it_would_do_first(running: Running, sign_in) -> None:
    ana = contacts(sign_in(), running)
    mark = f"Quim{time.time_ns() % 10**6}"
    lines = ["Name;Mobile", *[f"{mark} {each};{number()}" for each in range(3)], f"{mark};612 34"]
    file = {"name": "people.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}
    ana.get_by_role("button", name="Import", exact=True).click()
    ana.locator("input[type=file]").set_input_files(file)
    expect(ana.get_by_text("Line 5")).to_be_visible()
    expect(ana.get_by_text("Begin with + and the country code")).to_be_visible()
    with ana.expect_download() as download:
        ana.get_by_role("button", name="Download all refused lines").click()
    assert "612 34" in download.value.path().read_text("utf-8-sig")
    ana.get_by_role("button", name="Import 3 contacts").click()
    expect(ana.get_by_text("The import is complete.")).to_be_visible()
    ana.get_by_role("button", name="Import another file").click()
    ana.locator("input[type=file]").set_input_files(file)
    expect(ana.get_by_role("button", name="Nothing to import")).to_be_disabled()
    ana.keyboard.press("Escape")
    search(ana, mark, found=3)


def test_the_phone_size_has_no_sideways_scroll(running: Running, sign_in) -> None:
    ana = contacts(sign_in(width=390, height=844), running)
    mark = f"Vera{time.time_ns() % 10**6}"
    add(ana, f"{mark} with a name that is much longer than the screen is wide", number())
    search(ana, mark, found=1)
    assert ana.evaluate("document.documentElement.scrollWidth") <= 390
    opener(ana, mark).click()
    expect(ana.get_by_role("dialog")).to_be_visible()
    box = ana.get_by_role("button", name="Save contact").bounding_box()
    assert box["x"] + box["width"] <= 390
