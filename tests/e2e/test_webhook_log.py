"""The webhook log, as an admin uses it while customers write."""

import json
import re
import time
from itertools import count

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Running

pytestmark = pytest.mark.e2e
LOG = "/settings/webhooks/"
_number = count(1)


def rows(page: Page):
    return page.get_by_role("list", name="Deliveries").get_by_role("listitem")


def customer(running: Running) -> str:
    number = next(_number)
    made = {"name": f"Log Guest {number}", "phone": f"+34 611 00 {number:04}"}
    return str(running.control("customers", made)["id"])


def log(running: Running, sign_in, **options: object) -> Page:
    page = sign_in(**options)
    page.goto(f"{running.app}{LOG}")
    expect(page.get_by_role("heading", name="Webhook log")).to_be_visible()
    return page


def delivery_of(query, words: str) -> int:
    """The number of the delivery that brought these words."""
    found: list[tuple[int]] = []
    until = time.monotonic() + 20
    while not found and time.monotonic() < until:
        found = query("SELECT id FROM webhook_event WHERE instr(body, CAST(? AS BLOB))", words)
        time.sleep(0.1)
    return found[0][0]


def test_a_delivery_appears_is_opened_and_replayed(running: Running, sign_in, query) -> None:
    ana = log(running, sign_in)
    ana.evaluate("window.notReloaded = true")
    who = customer(running)
    running.control(f"customers/{who}/messages", {"text": "Is this in the log?"})
    mine = ana.locator(f"a[href='{LOG}{delivery_of(query, 'Is this in the log?')}/']")
    expect(mine.filter(has_text="1 message stored")).to_be_visible()
    assert ana.evaluate("window.notReloaded") is True

    mine.click()
    expect(ana.get_by_text("Is this in the log?")).to_be_visible()
    expect(ana.get_by_role("link", name=re.compile("Conversation with Log Guest"))).to_be_visible()
    ana.get_by_role("button", name="Replay").click()
    ana.get_by_role("alertdialog").get_by_role("button", name="Replay").click()
    expect(ana.get_by_text("already known, so nothing changed")).to_be_visible()
    assert ana.evaluate("window.notReloaded") is True


def test_a_rejected_delivery_says_what_to_do(running: Running, sign_in) -> None:
    ana = log(running, sign_in)
    running.control("faults", {"corrupt_signature": 1})
    running.control(f"customers/{customer(running)}/messages", {"text": "Badly signed"})
    expect(rows(ana).filter(has_text="Check the app secret").first).to_be_visible()
    ana.get_by_role("link", name=re.compile("Rejected")).click()
    ana.wait_for_url("**show=rejected")
    expect(rows(ana).first.get_by_text("Rejected")).to_be_visible()


def test_each_filter_has_its_address(running: Running, sign_in) -> None:
    number = running.control("state")["numbers"][0]["id"]
    account = running.control("state")["numbers"][0]["waba_id"]
    strange = {"field": "brand_new", "value": {"metadata": {"phone_number_id": number}}}
    payload = {
        "object": "whatsapp_business_account",
        "entry": [{"id": account, "changes": [strange]}],
    }
    running.control("webhooks", {"payload": payload})
    ana = log(running, sign_in)
    ana.goto(f"{running.app}{LOG}?show=unknown")
    expect(rows(ana).first.get_by_text("unknown “brand_new”")).to_be_visible()
    ana.get_by_role("link", name=re.compile("^Failed")).click()
    expect(ana.get_by_text("Nothing failed")).to_be_visible()
    ana.go_back()
    expect(rows(ana).first.get_by_text("unknown “brand_new”")).to_be_visible()


def test_a_time_is_replayed_with_a_count_first(running: Running, sign_in) -> None:
    ana = log(running, sign_in)
    running.control(f"customers/{customer(running)}/messages", {"text": "Once more"})
    expect(rows(ana).first).to_be_visible()
    ana.get_by_role("button", name="Replay a time").click()
    # In the dialog: until it is open, "Count" would also be part of "Your account".
    dialog = ana.get_by_role("dialog")
    dialog.get_by_role("button", name="Count").click()
    expect(ana.get_by_text(re.compile("deliver(y|ies) from"))).to_be_visible()
    dialog.get_by_role("button", name="Replay them").click()
    expect(ana.get_by_text(re.compile("applied again"))).to_be_visible()


def test_a_payload_is_tried_out(running: Running, sign_in) -> None:
    ana = log(running, sign_in, width=390, height=844)
    ana.get_by_role("button", name="Paste a payload").click()
    box = ana.get_by_role("textbox", name="Payload")
    box.fill('{"object": ')
    ana.get_by_role("button", name="Try it out").click()
    expect(ana.get_by_text(re.compile("Line 1, column 12"))).to_be_visible()
    change = {"field": "messages", "value": {"metadata": {"phone_number_id": "1"}, "messages": [1]}}
    box.fill(json.dumps({"entry": [{"id": "1", "changes": [change]}]}))
    ana.get_by_role("button", name="Try it out").click()
    expect(ana.get_by_text("It is not your number")).to_be_visible()
    assert ana.evaluate("document.documentElement.scrollWidth") <= 390


def test_an_agent_reads_a_plain_sentence(running: Running, sign_in) -> None:
    sam = sign_in("agent@demo.test")
    for path in (LOG, f"{LOG}1/"):
        sam.goto(f"{running.app}{path}")
        expect(sam.get_by_text("Only an admin of this workspace")).to_be_visible()
        expect(sam.get_by_role("button", name=re.compile("Replay"))).to_have_count(0)
