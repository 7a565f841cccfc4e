"""The boxes below the messages, with a phone at the other end."""

import re
from base64 import b64encode

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Phone, Running
from tests.e2e.test_journey import PNG, opened, thread

pytestmark = pytest.mark.e2e


def box(page: Page):
    return page.get_by_role("textbox", name="Reply")


def send(page: Page):
    return page.get_by_role("button", name=re.compile("^Send"))


def greeted(page: Page, customer: Phone) -> Page:
    """The customer has written, and their conversation is open."""
    customer.writes("Hello")
    return opened(page, customer.name)


def test_the_window_closes_under_the_typing_hand(running: Running, sign_in, phone) -> None:
    ana, marta = sign_in(), phone("Marta Silva")
    greeted(ana, marta)
    box(ana).fill("Half a sentence")
    running.control("clock", {"advance_seconds": 25 * 3600})
    expect(ana.get_by_text(re.compile("The 24-hour window closed"))).to_be_visible()
    expect(box(ana)).to_have_value("Half a sentence")
    ana.get_by_role("button", name="Choose a template").click()

    # A template with the customer's name filled in; the rest is missing until it is typed.
    ana.get_by_role("button", name=re.compile("we_missed_you")).click()
    expect(ana.get_by_label("{{1}}")).to_have_value("Marta")
    expect(ana.get_by_role("button", name="Send template")).to_be_disabled()
    ana.get_by_label("{{2}}").fill("4399")
    preview = ana.get_by_role("group", name="Preview")
    expect(preview).to_contain_text("Hola Marta, no pudimos responderte a tiempo sobre el pedido")
    ana.get_by_role("button", name=re.compile("free_gift")).click()
    expect(ana.get_by_text(re.compile("cannot be sent. Meta rejected it"))).to_be_visible()
    ana.get_by_role("button", name=re.compile("we_missed_you")).click()
    ana.get_by_label("{{2}}").fill("4399")
    ana.get_by_role("button", name="Send template").click()
    expect(marta.chat.get_by_text(re.compile("sobre el pedido 4399"))).to_be_visible()
    expect(thread(ana).get_by_text(re.compile("sobre el pedido 4399"))).to_be_visible()

    # A note works meanwhile and stays in the house.
    ana.get_by_role("tab", name="Internal note").click()
    note = ana.get_by_role("textbox", name="Internal note")
    note.press_sequentially("Ask @sam")
    ana.get_by_role("option", name="Sam Okafor").click()
    expect(note).to_have_value("Ask @Sam Okafor ")
    note.press("Enter")
    expect(thread(ana).get_by_text("Ask @Sam Okafor")).to_be_visible()

    # The answer opens everything again, and the draft is still there.
    marta.writes("Yes please")
    ana.get_by_role("tab", name="Reply").click()
    expect(box(ana)).to_have_value("Half a sentence")
    expect(send(ana)).to_be_enabled()
    box(ana).press("Enter")
    expect(marta.chat.get_by_text("Half a sentence")).to_be_visible()
    expect(marta.chat.get_by_text(re.compile("Sam Okafor"))).to_have_count(0)


def test_a_reply_that_takes_over_is_taken_back(running: Running, sign_in, phone) -> None:
    ana, timo = sign_in(), phone("Timo Lahti")
    greeted(ana, timo)
    box(ana).fill("Not yet, sorry")
    box(ana).press("Enter")
    ana.get_by_role("button", name=re.compile("^Undo")).click()
    expect(box(ana)).to_have_value("Not yet, sorry")
    expect(thread(ana).get_by_text("Taken back, not sent.")).to_be_visible()
    expect(ana.get_by_text("Replying takes over from the assistant.")).to_be_visible()
    box(ana).fill("Now it is true")
    box(ana).press("Enter")
    expect(timo.chat.get_by_text("Now it is true")).to_be_visible()
    expect(timo.chat.get_by_text("Not yet, sorry")).to_have_count(0)


PASTE = """
(box, base64) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([bytes], "lid.png", { type: "image/png" }));
  const how = { clipboardData, bubbles: true, cancelable: true };
  box.dispatchEvent(new ClipboardEvent("paste", how));
}
"""


def test_files_by_picker_and_paste_with_words(running: Running, sign_in, phone) -> None:
    ana, olga = sign_in(), phone("Olga Ruud")
    greeted(ana, olga)
    offer = {"name": "offer.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n" + b"x" * 9}
    film = {"name": "wave.gif", "mimeType": "image/gif", "buffer": b"GIF89a" + b"x" * 9}
    ana.locator("input[type=file]").set_input_files([offer, film])
    box(ana).evaluate(PASTE, PNG)
    files = ana.get_by_role("list", name="Files")
    expect(files.get_by_text(re.compile("ready"))).to_have_count(2)
    expect(files.get_by_text(re.compile("Send it as JPEG or PNG"))).to_be_visible()
    ana.get_by_role("button", name="Remove wave.gif").click()
    box(ana).fill("Our offer")
    send(ana).click()
    expect(olga.chat.get_by_text("Our offer")).to_be_visible()
    expect(olga.chat.get_by_text("offer.pdf")).to_be_visible()
    expect(files).to_have_count(0)
    expect(box(ana)).to_have_value("")


# As a browser does when files are carried over the page and let go there.
DROP = """
(place, given) => {
  const dataTransfer = new DataTransfer();
  for (const { name, type, base64 } of given) {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    dataTransfer.items.add(new File([bytes], name, { type }));
  }
  window.carry = (what, over = place) =>
    over.dispatchEvent(new DragEvent(what, { dataTransfer, bubbles: true, cancelable: true }));
  window.carry("dragenter");
}
"""
# Over to what lies around it: a browser tells of the new place before it tells of the old one.
FURTHER = """
async () => {
  window.carry("dragenter", document.body);
  window.carry("dragleave");
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
}
"""


def carried(name: str, kind: str, content: bytes) -> dict[str, str]:
    return {"name": name, "type": kind, "base64": b64encode(content).decode()}


def test_files_dropped_onto_the_thread(running: Running, sign_in, phone) -> None:
    ana, ines = sign_in(), phone("Ines Sand")
    greeted(ana, ines)
    given = [
        {"name": "lid.png", "type": "image/png", "base64": PNG},
        carried("wave.gif", "image/gif", b"GIF89a" + b"x" * 9),
        carried("tool.exe", "application/x-msdownload", b"MZ" + bytes(200)),
    ]
    hint = ana.get_by_text("Drop files to attach them")
    thread(ana).evaluate(DROP, given)
    expect(hint).to_be_visible()
    ana.evaluate(FURTHER)
    assert hint.is_visible()
    ana.evaluate("window.carry('dragleave', document.body)")
    expect(hint).to_have_count(0)
    thread(ana).evaluate(DROP, given)
    assert ana.evaluate("window.carry('drop')") is False  # the browser does not open it itself
    expect(hint).to_have_count(0)

    # What is no picture of WhatsApp's the page says at once, what is no file of its the server.
    files = ana.get_by_role("list", name="Files")
    expect(files.get_by_text(re.compile("ready"))).to_have_count(1)
    expect(files.get_by_text(re.compile("this kind of picture. Send it as JPEG"))).to_be_visible()
    expect(files.get_by_text(re.compile("this kind of file. Send a PDF"))).to_be_visible()
    send(ana).click()
    expect(ines.chat.get_by_role("img", name="Photo")).to_be_visible()
    expect(thread(ana).get_by_role("link", name="lid.png")).to_be_visible()
    expect(files.get_by_role("listitem")).to_have_count(2)

    # A note takes no files, and the page stays.
    ana.get_by_role("tab", name="Internal note").click()
    expect(ana.get_by_role("textbox", name="Internal note")).to_be_visible()
    thread(ana).evaluate(DROP, given[:1])
    assert ana.evaluate("window.carry('drop')") is False
    ana.get_by_role("tab", name="Reply").click()
    expect(files.get_by_role("listitem")).to_have_count(2)


def test_a_file_on_its_way_shows_its_progress_and_can_be_stopped(sign_in, phone) -> None:
    ana, piet = sign_in(), phone("Piet Bos")
    greeted(ana, piet)
    ana.route("**/api/media", lambda _route: None)  # it never arrives
    offer = {"name": "offer.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n"}
    ana.locator("input[type=file]").set_input_files(offer)
    expect(ana.get_by_role("progressbar", name="Uploading offer.pdf")).to_be_visible()
    expect(ana.get_by_role("button", name=re.compile("^Uploading"))).to_be_disabled()
    ana.get_by_role("button", name="Cancel offer.pdf").click()
    expect(ana.get_by_role("list", name="Files")).to_have_count(0)


def test_a_saved_reply_by_its_slash(running: Running, sign_in, phone) -> None:
    ana, hugo = sign_in(), phone("Hugo Brandt")
    greeted(ana, hugo)
    box(ana).press_sequentially("Hello {first_name}, how can I help? /greet")
    ana.get_by_role("option", name="Save these words as /greet").click()
    expect(ana.get_by_text("Type /greet to use it again.")).to_be_visible()
    box(ana).fill("")
    box(ana).press_sequentially("/gre")
    expect(ana.get_by_role("option", name="/greet")).to_be_visible()
    box(ana).press("Enter")
    expect(box(ana)).to_have_value("Hello Hugo, how can I help?")
    box(ana).press("Enter")
    expect(hugo.chat.get_by_text("Hello Hugo, how can I help?")).to_be_visible()


# The page's own connections, which the test can cut and keep from coming back.
LINES = """
window.lines = [];
window.WebSocket = class extends WebSocket {
  constructor(url, protocols) {
    super(window.cut ? url.replace("_event", "nowhere") : url, protocols);
    window.lines.push(this);
  }
};
"""


def test_after_a_break_nothing_goes_out_until_the_thread_was_read(sign_in, phone) -> None:
    ana, vera = sign_in(), phone("Vera Holt")
    greeted(ana, vera)
    ana.add_init_script(LINES)
    ana.reload()
    box(ana).fill("Are you still there?")
    expect(send(ana)).to_be_enabled()
    ana.evaluate("window.cut = true; window.lines.at(-1).close()")
    expect(ana.get_by_text("Reconnecting, catching up…")).to_be_visible()
    expect(send(ana)).to_be_disabled()
    vera.writes("Written meanwhile")
    ana.evaluate("window.cut = false")
    expect(send(ana)).to_be_enabled()
    expect(thread(ana).get_by_text("Written meanwhile")).to_be_visible()
    expect(box(ana)).to_have_value("Are you still there?")
    box(ana).press("Enter")
    expect(vera.chat.get_by_text("Are you still there?")).to_be_visible()
