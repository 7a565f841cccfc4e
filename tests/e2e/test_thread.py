"""The thread as an agent reads it: media both ways, what failed and why, scrolling, having read."""

import base64
import re
import struct
import wave
from io import BytesIO
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Phone, Running
from tests.e2e.test_journey import PNG, opened, thread
from tests.sending import files

pytestmark = pytest.mark.e2e


def says(running: Running, phone: Phone, **content: Any) -> None:
    running.control(f"customers/{phone.id}/messages", content)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def hum(seconds: int = 3) -> bytes:
    """A sound that a browser can play."""
    out = BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(struct.pack("<h", 900) * (8000 * seconds))
    return out.getvalue()


def line(page: Page, words: str) -> Locator:
    return page.locator("[data-message]").filter(has_text=words)


def choose(page: Page, words: str, entry: str) -> None:
    """An entry of a message's menu, by keyboard: no mouse is needed."""
    button = line(page, words).get_by_role("button", name="Message options")
    button.focus()
    button.press("Enter")
    page.get_by_role("menuitem", name=entry, exact=True).press("Enter")


def write(page: Page, words: str) -> None:
    box = page.get_by_role("textbox", name="Reply")
    box.fill(words)
    box.press("Enter")


def at_the_end(page: Page) -> None:
    expect(page.get_by_role("button", name=re.compile("Jump to latest|new"))).to_have_count(0)


def test_media_reactions_and_what_the_ai_thought(running: Running, sign_in, phone) -> None:
    ana, vera = sign_in(), phone("Vera Lund")
    says(running, vera, text="When are you open on Saturday? See https://example.com/(a).")
    opened(ana, "Vera Lund")
    expect(thread(ana).get_by_text(re.compile("10:00 to 14:00"))).to_be_visible()
    link = thread(ana).get_by_role("link", name="https://example.com/(a)", exact=True)
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")

    # Why it was said, and the focus is back where it was.
    choose(ana, "10:00 to 14:00", "Why the AI said that")
    dialog = ana.get_by_role("dialog")
    expect(dialog.get_by_text("The assistant answered.")).to_be_visible()
    expect(dialog.get_by_text("Opening hours")).to_be_visible()
    ana.keyboard.press("Escape")
    answered = line(ana, "10:00 to 14:00").get_by_role("button", name="Message options")
    expect(answered).to_be_focused()

    ana.get_by_role("button", name="Take over").click()
    # Files of the customer: a picture in large, a sound with its player, a document, a place.
    says(running, vera, type="image", data_base64=PNG, mime_type="image/png", caption="The lid")
    says(running, vera, type="audio", data_base64=encoded(hum()), mime_type="audio/ogg", voice=True)
    pdf = {"data_base64": encoded(files.PDF), "mime_type": "application/pdf"}
    says(running, vera, type="document", filename="invoice.pdf", **pdf)
    says(running, vera, type="location", latitude=39.4, longitude=-0.3, name="Harbour 12")
    says(running, vera, type="contacts", contacts=[{"name": {"formatted_name": "Eva Sol"}}])
    expect(thread(ana).get_by_text("Eva Sol")).to_be_visible()
    photo = thread(ana).get_by_role("link", name="Photo", exact=True)
    photo.click()
    expect(dialog.get_by_role("link", name="Download")).to_be_visible()
    ana.keyboard.press("Escape")
    expect(photo).to_be_focused()
    player = thread(ana).get_by_role("group", name="Voice message")
    expect(player.get_by_text("0:03")).to_be_visible()
    player.get_by_role("button", name="Speed 1×").click()
    expect(player.get_by_role("button", name="Speed 1.5×")).to_be_visible()
    with ana.expect_download() as download:
        thread(ana).get_by_role("link", name=re.compile("invoice.pdf")).click()
    assert download.value.suggested_filename == "invoice.pdf"
    expect(thread(ana).get_by_role("link", name=re.compile("Harbour 12"))).to_be_visible()

    # Reactions: ours reaches the phone, the customer's reaches the page, ours is taken back.
    choose(ana, "The lid", "React: heart")
    ours = line(ana, "The lid").get_by_role("img", name="❤️ from your team")
    expect(ours).to_be_visible()
    reply = said_by_us(running, vera)
    says(running, vera, type="reaction", message_id=reply, emoji="👍")
    theirs = thread(ana).get_by_role("img", name="👍 from the customer")
    expect(theirs).to_be_visible()
    choose(ana, "The lid", "Take our reaction away")
    expect(ours).to_have_count(0)


def said_by_us(running: Running, phone: Phone) -> str:
    """The last message that reached the phone."""
    chat: Any = running.control(f"customers/{phone.id}/thread")
    return [each["id"] for each in chat["messages"] if not each["inbound"]][-1]


def test_a_failed_send_says_why_and_goes_again(running: Running, sign_in, phone) -> None:
    ana, otto = sign_in(), phone("Otto Brand")
    otto.writes("Hello")
    opened(ana, "Otto Brand")
    expect(thread(ana).get_by_text("Hello", exact=True)).to_be_visible()
    running.control("faults", {"refuse_code": 131026})
    write(ana, "Your parcel is here")
    failed = line(ana, "Your parcel is here").first
    expect(failed.get_by_text(re.compile("cannot receive it on WhatsApp"))).to_be_visible()

    # What became of it, try by try.
    choose(ana, "Your parcel is here", "Details")
    dialog = ana.get_by_role("dialog")
    expect(dialog.get_by_text("1. WhatsApp refused it")).to_be_visible()
    expect(dialog.get_by_text("131026", exact=True)).to_be_visible()
    expect(dialog.get_by_text("Meta's trace id")).to_be_visible()
    ana.keyboard.press("Escape")

    # Sent again it is a line of its own, and the old one says so.
    running.control("faults", {"refuse_code": 0})
    failed.get_by_role("button", name="Retry").click()
    expect(otto.chat.get_by_text("Your parcel is here")).to_have_count(1)
    expect(failed.get_by_text(re.compile("Sent again at"))).to_be_visible()
    expect(line(ana, "Your parcel is here").nth(1).get_by_role("img", name="Read")).to_be_visible()


def test_a_long_thread_is_read_to_its_beginning(running: Running, sign_in, phone) -> None:
    ana, lena = sign_in(), phone("Lena Roth")
    for number in range(120):
        says(running, lena, text=f"Line {number:03}")
    running.control("settle", {})
    opened(ana, "Lena Roth")
    expect(thread(ana).get_by_text("New messages")).to_be_visible()
    ana.get_by_role("button", name="Take over").click()
    ana.get_by_role("button", name=re.compile("Jump to latest|new")).click()
    expect(thread(ana).get_by_text("Line 119")).to_be_in_viewport()
    at_the_end(ana)

    # Upwards: what is read stays where it is while the pages above come in.
    moved = ana.evaluate(SCROLL_UP)
    assert moved["first"] == "Line 000"
    assert moved["jump"] < 4
    assert moved["most"] < 160

    # News while somebody reads above: told, not shown, and one press away.
    lena.writes("Are you there?")
    pill = ana.get_by_role("button", name=re.compile("1 new"))
    expect(pill).to_be_visible()
    expect(thread(ana).get_by_text("Are you there?")).to_have_count(0)
    pill.click()
    expect(thread(ana).get_by_text("Are you there?")).to_be_in_viewport()
    at_the_end(ana)

    # A message of the address stands out in its place; the way back is one press.
    number = ana.locator("[data-message]").first.get_attribute("data-message")
    ana.evaluate(SCROLL_UP)
    ana.goto(f"{ana.url}?message={int(number or 0) - 60}")
    expect(ana.locator("[data-flash]")).to_be_in_viewport()
    expect(ana.locator("[data-flash]")).to_have_count(0)
    ana.get_by_role("button", name="Jump to latest").click()
    expect(thread(ana).get_by_text("Are you there?")).to_be_in_viewport()


# Scrolls to the beginning as a wheel does. `jump`: the most that a line moved though nobody
# scrolled, in pixels; `most`: the most lines there ever were.
SCROLL_UP = """
async () => {
  const box = document.querySelector('[role=log]');
  const frame = () => new Promise(requestAnimationFrame);
  const top = () => box.getBoundingClientRect().top;
  let [jump, most, still] = [0, 0, 0];
  while (still < 60) {
    const before = box.scrollTop;
    if (before > 0) box.scrollTop -= 150;
    await frame();
    const line = [...box.querySelectorAll('[data-message]')]
      .find((each) => each.getBoundingClientRect().bottom > top() + 40);
    const was = line.getBoundingClientRect().top;
    await frame();
    await frame();
    if (line.isConnected) jump = Math.max(jump, Math.abs(line.getBoundingClientRect().top - was));
    most = Math.max(most, box.querySelectorAll('[data-message]').length);
    still = box.scrollTop === 0 ? still + 1 : 0;
  }
  return { jump, most, first: box.querySelector('[data-message] .words').textContent };
}
"""


def test_a_hidden_tab_reads_nothing(running: Running, sign_in, phone) -> None:
    ana, rudi = sign_in(), phone("Rudi Falk")
    rudi.writes("Hello")
    opened(ana, "Rudi Falk")
    row = ana.get_by_role("link", name=re.compile("Rudi Falk")).first
    expect(row.get_by_text(re.compile("unread"))).to_have_count(0)
    show(ana, "hidden")
    rudi.writes("Anybody there?")
    expect(thread(ana).get_by_text("Anybody there?")).to_be_visible()
    expect(row.get_by_text(re.compile("unread"))).to_have_count(1)
    show(ana, "visible")
    expect(row.get_by_text(re.compile("unread"))).to_have_count(0)


def show(page: Page, state: str) -> None:
    """What a browser tells a page when another tab comes to the front, and when it comes back."""
    page.evaluate(
        """(state) => {
          Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        state,
    )
