"""WhatsApp Analytics, as an admin reads it while customers write."""

import csv
import io
import re
import time

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Running

pytestmark = pytest.mark.e2e
PATH = "/assistants/1/whatsapp/analytics/"


def figure(page: Page, key: str) -> Locator:
    return page.locator(f"[data-figure={key}]")


def number(page: Page, key: str) -> int:
    return int(re.sub(r"\D", "", figure(page, key).inner_text()))


def opened(running: Running, sign_in, **options: object) -> Page:
    page = sign_in(**options)
    page.goto(f"{running.app}{PATH}")
    expect(page.get_by_role("heading", name="Messages by day")).to_be_visible()
    return page


def customer(running: Running, name: str) -> str:
    made = {"name": name, "phone": f"+34 6{time.time_ns() % 10**8:08d}"}
    return str(running.control("customers", made)["id"])


def exported(page: Page, running: Running) -> list[list[str]]:
    href = page.get_by_role("link", name="Export CSV").get_attribute("href")
    answer = page.request.get(f"{running.app}{href}")
    assert answer.status == 200
    return list(csv.reader(io.StringIO(answer.body().decode("utf-8-sig"))))


def test_the_figures_follow_the_messages(running: Running, sign_in) -> None:
    ana = opened(running, sign_in)
    ana.evaluate("window.notReloaded = true")
    before = number(ana, "inbound")
    who = customer(running, "Count Guest")
    running.control(f"customers/{who}/messages", {"text": "How long does delivery take?"})
    expect(figure(ana, "inbound")).to_have_text(str(before + 1))
    expect(ana.get_by_label("Recent conversations").get_by_text("Count Guest")).to_be_visible()

    ana.get_by_role("link", name="Last 7 days").click()
    ana.wait_for_url("**days=7")
    expect(ana.get_by_role("link", name="Last 7 days")).to_have_attribute("aria-current", "page")
    ana.get_by_role("button", name="Table", exact=True).click()
    days = ana.get_by_role("region", name="Days").get_by_role("row")
    expect(days).to_have_count(8)
    expect(days.last.get_by_role("cell").first).to_have_text(figure(ana, "inbound").inner_text())

    days.last.get_by_role("button").click()
    dialog = ana.get_by_role("dialog")
    expect(dialog.get_by_role("link", name=re.compile("Count Guest"))).to_be_visible()
    ana.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert ana.evaluate("window.notReloaded") is True


def test_the_file_holds_what_the_page_shows(running: Running, sign_in) -> None:
    who = customer(running, "=1+1")
    running.control(f"customers/{who}/messages", {"text": "Is this a formula?"})
    ana = opened(running, sign_in)
    recent = ana.get_by_label("Recent conversations")
    expect(recent.get_by_text("=1+1", exact=True)).to_be_visible()
    expect(recent.get_by_role("link").first).to_have_attribute("href", re.compile(r"^/inbox/"))
    # The answer, its ticks, and the read that follows have all arrived.
    shown: list[str] = []
    for _ in range(20):
        read = exported(ana, running)
        start = next(at for at, line in enumerate(read) if line[:1] == ["Figure"])
        written = [line[1] for line in read[start + 1 : start + 14]]
        shown = [re.sub(r"\s", "", text) for text in ana.locator("[data-figure]").all_inner_texts()]
        if sorted(shown) == sorted(written):
            break
        ana.wait_for_timeout(500)
    assert len(shown) == 13
    assert sorted(shown) == sorted(written)
    assert any(line[:1] == ["'=1+1"] for line in read)

    ana.get_by_role("navigation", name="Main", exact=True).get_by_title("Analytics").click()
    ana.wait_for_url("**/analytics/")
    expect(ana.get_by_role("heading", name="Analytics", exact=True)).to_be_visible()
    expect(figure(ana, "total")).to_have_text(re.compile(r"\d"))
    ana.get_by_role("combobox", name="Channel").click()
    ana.get_by_role("option", name="Harbour Support").click()
    ana.wait_for_url("**channel=1**")
    expect(figure(ana, "total")).to_have_text(re.compile(r"\d"))


def test_every_figure_says_what_it_is(running: Running, sign_in) -> None:
    ana = opened(running, sign_in, width=390, height=844)
    button = ana.get_by_role("button", name="What is Read rate?")
    button.focus()
    ana.keyboard.press("Enter")
    expect(ana.get_by_role("dialog").get_by_text("as a share of the messages")).to_be_visible()
    ana.keyboard.press("Escape")
    expect(button).to_be_focused()
    assert ana.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_range_of_ones_own_and_a_refused_one(running: Running, sign_in) -> None:
    ana = opened(running, sign_in)
    ana.get_by_role("button", name="Custom", exact=True).click()
    first, last = ana.get_by_label("First day"), ana.get_by_label("Last day")
    today = last.input_value()
    first.fill("2020-01-01")
    ana.get_by_role("button", name="Show", exact=True).click()
    expect(ana.get_by_role("dialog").get_by_text("Choose a shorter period")).to_be_visible()
    first.fill(today)
    ana.get_by_role("button", name="Show", exact=True).click()
    ana.wait_for_url(f"**from={today}&to={today}")
    expect(ana.get_by_role("button", name=re.compile(f"{today} – {today}"))).to_be_visible()


def test_an_agent_reads_a_plain_sentence(running: Running, sign_in) -> None:
    sam = sign_in("agent@demo.test")
    for path in (PATH, "/analytics/"):
        sam.goto(f"{running.app}{path}")
        expect(sam.get_by_text("Only an admin can open this")).to_be_visible()
        expect(figure(sam, "total")).to_have_count(0)
