"""Who answers, as two agents and a customer live it."""

import re
import time

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Running
from tests.e2e.test_journey import opened

pytestmark = pytest.mark.e2e


def header(page: Page) -> Locator:
    return page.get_by_role("region", name="Conversation", exact=True).locator("header")


def pane(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Details")


def press(page: Page, name: str) -> None:
    header(page).get_by_role("button", name=name).click()


def pause(page: Page, length: str) -> None:
    pane(page).get_by_role("button", name=length, exact=True).click()
    chosen = pane(page).get_by_role("button", name=length, exact=True, pressed=True)
    expect(chosen).to_be_visible()


CLICK_AT = "(button, at) => void setTimeout(() => button.click(), at - Date.now())"


def test_two_claim_at_once_and_one_wins(running: Running, sign_in, phone) -> None:
    ana, sam = sign_in("admin@demo.test"), sign_in("agent@demo.test")
    phone("Iria Costa").writes("Can I talk to a human please?")
    claims = [
        header(opened(page, "Iria Costa")).get_by_role("button", name="Claim")
        for page in (ana, sam)
    ]
    for claim in claims:
        expect(claim).to_be_enabled()
    expect(header(ana).get_by_text("Sam is looking")).to_be_visible()  # both have come to rest
    moment = time.time() * 1000 + 1500
    for claim in claims:
        claim.evaluate(CLICK_AT, moment)
    for page in (ana, sam):
        expect(pane(page).get_by_text(re.compile("^(Ana Ruiz|Sam Okafor)$"))).to_be_visible()
    won_by_ana = header(ana).get_by_role("button", name="Release").is_visible()
    winner, loser = (ana, sam) if won_by_ana else (sam, ana)
    name = "Ana Ruiz" if won_by_ana else "Sam Okafor"
    expect(loser.get_by_text(f"{name} has already claimed this.")).to_be_visible()
    expect(winner.get_by_text("has already claimed this")).to_have_count(0)
    press(loser, f"Take over from {name.split()[0]}")
    expect(header(winner).get_by_role("button", name="Take over from")).to_be_visible()


def test_the_pause_is_seen_by_all_and_ends_by_itself(running: Running, sign_in, phone) -> None:
    ana, sam = sign_in("admin@demo.test"), sign_in("agent@demo.test")
    zoe = phone("Zoe Duarte")
    zoe.writes("Hello there")
    for page in (ana, sam):
        opened(page, "Zoe Duarte")
    press(ana, "Take over")
    pause(ana, "5 m")
    for page in (ana, sam):
        expect(pane(page).get_by_text(re.compile("AI resumes in (4|5) min"))).to_be_visible()
    sam.get_by_role("button", name="+15 min").click()
    expect(pane(ana).get_by_text(re.compile("AI resumes in (19|20) min"))).to_be_visible()
    sam.get_by_role("button", name="Stop timer").click()
    expect(pane(ana).get_by_role("button", name="Never", pressed=True)).to_be_visible()
    pane(sam).get_by_text("Other…").click()
    pane(sam).get_by_label("How long").fill("4")
    pane(sam).get_by_role("button", name="Set").click()
    expect(pane(sam).get_by_text("5 minutes at the earliest")).to_be_visible()
    pane(sam).get_by_label("How long").fill("5")
    pane(sam).get_by_role("button", name="Set").click()
    expect(pane(ana).get_by_role("button", name="5 m", pressed=True)).to_be_visible()

    # The customer waits; at the moment the pause ends, the assistant answers.
    zoe.writes("When are you open on Saturday?")
    running.control("clock", {"advance_seconds": 5 * 60})
    expect(zoe.chat.get_by_text(re.compile("10:00 to 14:00"))).to_be_visible(timeout=30_000)
    for page in (ana, sam):
        expect(pane(page).get_by_text("✦ AI")).to_be_visible()
        expect(page.get_by_text("The AI resumed", exact=True)).to_be_visible()

    # Switched off in this conversation it says nothing, and why is told.
    pane(ana).get_by_role("switch").click()
    expect(pane(sam).get_by_role("switch")).not_to_be_checked()
    expect(pane(sam).get_by_text("The AI is off for this conversation.").first).to_be_visible()
    before = len(running.sends())
    zoe.writes("And when are you open on Sunday?")
    expect(pane(sam).get_by_role("heading", name="Why the AI stayed silent")).to_be_visible()
    assert len(running.sends()) == before


def test_colleagues_are_seen_while_they_are_there(running: Running, sign_in, phone) -> None:
    ana, sam = sign_in("admin@demo.test"), sign_in("agent@demo.test")
    phone("Tomas Roig").writes("Hello")
    for page in (ana, sam):
        opened(page, "Tomas Roig")
    for page, name in ((ana, "Sam"), (sam, "Ana")):
        expect(header(page).get_by_text(f"{name} is looking")).to_be_visible()
    sam.get_by_role("link", name="Contacts").first.click()
    expect(header(ana).get_by_text("is looking")).to_have_count(0)
    sam.go_back()
    expect(header(ana).get_by_text("Sam is looking")).to_be_visible()
    sam.close()
    expect(header(ana).get_by_text("is looking")).to_have_count(0)


def test_a_contact_is_made_from_the_drawer(running: Running, sign_in, phone) -> None:
    sam = sign_in("agent@demo.test", width=1024, height=768)
    phone("Vera Pons").writes("Hello")
    opened(sam, "Vera Pons")
    details = sam.get_by_role("button", name="Details")
    details.focus()
    details.press("Enter")
    expect(pane(sam)).to_be_focused()
    sam.get_by_role("button", name="Create contact").click()
    fields = sam.get_by_role("dialog")
    fields.get_by_label("E-mail").fill("vera.demo")
    fields.get_by_role("button", name="Save contact").click()
    expect(fields.get_by_text("does not look like an e-mail")).to_be_visible()
    fields.get_by_label("E-mail").fill("vera@demo.test")
    fields.get_by_role("button", name="Save contact").click()
    expect(pane(sam).get_by_text("Matched ✓")).to_be_visible()
    edit = sam.get_by_role("button", name="Edit contact")
    edit.click()
    fields.get_by_label("Name").fill("Vera Pons Gil")
    fields.get_by_role("button", name="Save contact").click()
    expect(pane(sam).get_by_role("link", name="Vera Pons Gil")).to_be_visible()
    expect(edit).to_be_focused()
    sam.keyboard.press("Escape")
    expect(pane(sam)).to_be_hidden()
    expect(details).to_be_focused()

    # What has no room in the header stands in its menu, and closing makes history.
    sam.get_by_role("button", name="More actions").click()
    sam.get_by_role("menuitem", name="Close").click()
    press(sam, "Reopen")
    details.click()
    expect(pane(sam).get_by_text("Earlier conversations")).to_be_visible()
    pane(sam).get_by_role("link", name="Vera Pons Gil").click()
    expect(sam.get_by_role("dialog").get_by_label("E-mail")).to_have_value("vera@demo.test")


def test_a_phone_loses_nothing(running: Running, sign_in, phone) -> None:
    ana = sign_in(width=390, height=844)
    phone("Rita Sala").writes("Hello")
    opened(ana, "Rita Sala")
    press(ana, "Take over")
    ana.get_by_role("button", name="More actions").click()
    for name in ("Release", "Close"):
        expect(ana.get_by_role("menuitem", name=name)).to_be_visible()
    ana.get_by_role("menuitem", name="Details").click()
    expect(pane(ana)).to_be_focused()
    box = pane(ana).bounding_box()
    assert (box["x"], box["width"]) == (0, 390)
    assert ana.evaluate("document.documentElement.scrollWidth") <= 390
    pause(ana, "1 h")
    ana.get_by_role("button", name="Close details").click()
    expect(pane(ana)).to_be_hidden()
