"""A voice note from the microphone to the customer's phone."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from illumichat_app.ops.browser import chromium_path
from tests.e2e.conftest import QUIET, Phone, Running
from tests.e2e.test_composer import greeted, send

pytestmark = pytest.mark.e2e

# A tone instead of a microphone. Who may use it is still asked.
MICROPHONE = ["--use-fake-device-for-media-stream"]


@pytest.fixture(scope="module")
def browser(browser: Browser) -> Iterator[Browser]:
    """A Chromium that can hear."""
    launched = browser.browser_type.launch(
        executable_path=chromium_path(), args=[*QUIET, *MICROPHONE]
    )
    yield launched
    launched.close()


def record(page: Page) -> None:
    """Until there is a second of it."""
    page.get_by_role("button", name="Record a voice note").click()
    expect(page.get_by_role("timer")).to_have_text("Recording 0:01")


def files(page: Page):
    return page.get_by_role("list", name="Files")


def last(running: Running, customer: Phone) -> dict[str, Any]:
    """The last message of the customer's chat."""
    chat: Any = running.control(f"customers/{customer.id}/thread")
    return chat["messages"][-1]


# Whether the browser finds a sound in it that has a length.
PLAYABLE = """
(sound) => new Promise((done, fail) => {
  const tell = () => Number.isFinite(sound.duration) && sound.duration > 0.5 && done(true);
  sound.onerror = () => fail(sound.error);
  sound.ondurationchange = tell;
  tell();
})
"""


def test_a_voice_note_reaches_the_phone(running: Running, sign_in, phone) -> None:
    ana, pia = sign_in(permissions=["microphone"]), phone("Pia Holm")
    greeted(ana, pia)
    record(ana)
    ana.get_by_role("button", name="Discard the recording").click()
    expect(ana.get_by_role("timer")).to_have_count(0)
    expect(files(ana)).to_have_count(0)

    # It waits among the files, can be heard before it goes, and arrives as a voice note.
    record(ana)
    ana.get_by_role("button", name="Stop recording").click()
    expect(files(ana).get_by_text("Voice note")).to_be_visible()
    expect(files(ana).get_by_text(re.compile("ready"))).to_be_visible()
    assert files(ana).locator("audio").evaluate(PLAYABLE)
    send(ana).click()
    expect(pia.chat.get_by_label("Voice note")).to_be_visible()
    expect(files(ana)).to_have_count(0)
    expect(ana.get_by_role("group", name="Voice message")).to_be_visible()
    sent = last(running, pia)
    assert (sent["type"], sent["content"]["voice"]) == ("audio", True)
    sound = httpx.get(f"{running.meta}/sim/media/{sent['content']['id']}")
    assert sound.headers["content-type"].startswith("audio/ogg")
    assert sound.content.startswith(b"OggS")
    assert b"OpusHead" in sound.content[:64]


def test_without_the_microphone_nothing_is_recorded(sign_in, phone) -> None:
    ana, jon = sign_in(), phone("Jon Vik")
    greeted(ana, jon)
    ana.get_by_role("button", name="Record a voice note").click()
    expect(ana.get_by_role("alert")).to_contain_text("Allow it for this page in the browser")
    expect(ana.get_by_role("timer")).to_have_count(0)
    expect(files(ana)).to_have_count(0)

    # Words go out as before, and what was wrong is forgotten with the first of them.
    box = ana.get_by_role("textbox", name="Reply")
    box.fill("Then in writing")
    expect(ana.get_by_role("alert")).to_have_count(0)
    box.press("Enter")
    expect(jon.chat.get_by_text("Then in writing")).to_be_visible()
