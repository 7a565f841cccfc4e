"""A template that begins with a picture, which is chosen where the template is sent."""

import base64
import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from meta_simulator import seed
from tests.e2e.conftest import Running
from tests.e2e.test_composer import greeted
from tests.e2e.test_journey import PNG, thread
from tests.e2e.test_templates import at_templates, fresh, row
from tests.sending import files

pytestmark = pytest.mark.e2e


@pytest.fixture
def pictured(running: Running) -> str:
    """The name of a template with a picture above it, made at Meta."""
    name = fresh("new_boat")
    header = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4:boat"]}}
    body = {"type": "BODY", "text": "Hello {{1}}, this boat is new in our harbour."}
    body["example"] = {"body_text": [["Rui"]]}
    made = {"name": name, "language": "en_GB", "category": "MARKETING"}
    edge = f"{running.meta}/v26.0/{seed.WABA_ID}/message_templates"
    httpx.post(
        edge,
        json=made | {"components": [header, body]},
        headers={"Authorization": f"Bearer {seed.TOKEN}"},
    ).raise_for_status()
    running.control("settle", {})  # Meta's review
    return name


def test_the_picture_is_chosen_in_the_picker(
    running: Running, sign_in: Any, phone: Any, pictured: str
) -> None:
    ana, olle = at_templates(sign_in(), running), phone("Olle Lund")
    ana.get_by_role("button", name="Sync with Meta").click()
    expect(row(ana, pictured)).to_contain_text("Approved")
    ana.goto(f"{running.app}/inbox/open/")
    greeted(ana, olle).get_by_role("tab", name="Template").click()
    ana.get_by_role("searchbox", name="Search templates").fill(pictured)
    ana.get_by_role("button", name=re.compile(pictured)).click()
    preview = ana.get_by_role("group", name="Preview")
    expect(preview).to_contain_text("Hello Olle, this boat is new in our harbour.")
    send = ana.get_by_role("button", name="Send template")
    expect(ana.get_by_text("Attach the image.")).to_be_visible()
    expect(send).to_be_disabled()

    # Something else in its place is refused in words and can be exchanged.
    header = ana.get_by_label("Header file")
    paper = {"name": "boat.pdf", "mimeType": "application/pdf", "buffer": files.PDF}
    header.set_input_files(paper)
    send.click()
    expect(ana.get_by_text("This template needs one of this kind: image.")).to_be_visible()
    ana.get_by_role("button", name="Remove boat.pdf").click()
    expect(send).to_be_disabled()
    picture = {"name": "boat.png", "mimeType": "image/png", "buffer": base64.b64decode(PNG)}
    header.set_input_files(picture)
    expect(preview.get_by_role("img", name="boat.png")).to_be_visible()
    send.click()
    expect(olle.chat.get_by_text("Hello Olle, this boat is new in our harbour.")).to_be_visible()
    expect(olle.chat.get_by_role("img", name="Photo")).to_be_visible()
    sent = thread(ana).locator("[data-message]").filter(has_text="this boat is new")
    expect(sent.get_by_role("img", name=re.compile("Photo|boat"))).to_be_visible()
