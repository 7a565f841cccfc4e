"""What happens to open browsers when the server goes away, and when one person has two tabs."""

import os
import signal
import subprocess
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Running
from tests.e2e.test_journey import opened, thread

pytestmark = pytest.mark.e2e


def kill_web(running: Running) -> None:
    """End every web process at once, as a power cut would. The supervisor starts it again."""
    port = urlsplit(running.app).port
    found = subprocess.run(
        ["pgrep", "-f", f"granian .*--port {port} "], capture_output=True, text=True, check=True
    )
    for number in found.stdout.split():
        os.kill(int(number), signal.SIGKILL)


def once(page: Page, words: str) -> None:
    """These words stand in the thread, and only once."""
    expect(thread(page).get_by_text(words)).to_be_visible(timeout=40_000)
    expect(thread(page).get_by_text(words)).to_have_count(1)


def test_what_was_missed_is_there_after_a_restart(running: Running, sign_in, phone) -> None:
    ana = sign_in()
    lea = phone("Lea Sand")
    lea.writes("Before the power cut")
    opened(ana, "Lea Sand")
    once(ana, "Before the power cut")
    ana.evaluate("window.notReloaded = true")
    kill_web(running)
    expect(ana.get_by_text("Reconnecting, catching up").first).to_be_visible()
    lea.writes("Written in the dark")
    once(ana, "Written in the dark")
    expect(ana.get_by_text("● Live")).to_be_visible()
    assert ana.evaluate("window.notReloaded") is True
    ana.get_by_role("textbox", name="Reply").fill("We are back")
    ana.get_by_role("button", name="Send", exact=True).click()
    expect(lea.chat.get_by_text("We are back")).to_be_visible(timeout=20_000)
    once(ana, "We are back")


def test_two_tabs_of_one_person_are_one_person(running: Running, sign_in, phone) -> None:
    first = sign_in()
    kai = phone("Kai Brandt")
    kai.writes("Two tabs")
    opened(first, "Kai Brandt")
    second = first.context.new_page()
    second.goto(first.url)
    for number, page in enumerate((first, second)):
        page.get_by_role("textbox", name="Reply").fill(f"From tab {number}")
        page.get_by_role("button", name="Send", exact=True).click()
        for each in (first, second):
            once(each, f"From tab {number}")
    for number in range(2):
        expect(kai.chat.get_by_text(f"From tab {number}")).to_have_count(1)
