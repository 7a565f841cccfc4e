"""Message templates in a real browser: written, mended, reviewed, fixed, deleted, synced."""

import re
import time
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Running
from tests.e2e.test_connect import assert_connected, channel_page, company, disconnect, fill

__all__ = ["channel_page", "company"]

pytestmark = pytest.mark.e2e

MANY = 250


def fresh(name: str) -> str:
    """A name that no other run has."""
    return f"{name}_{time.time_ns() // 1_000_000 % 10**7}x"


def at_templates(page: Page, running: Running) -> Page:
    page.goto(f"{running.app}/assistants/1/whatsapp/templates/")
    expect(page.get_by_role("heading", name="Message Templates")).to_be_visible()
    expect(page.get_by_role("searchbox", name="Search templates")).to_be_visible()
    return page


def row(page: Page, name: str) -> Locator:
    exactly = page.get_by_text(name, exact=True)
    return page.get_by_role("row").filter(has=exactly)


def write(page: Page, name: str, body: str, *examples: str) -> None:
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("textbox", name=re.compile("^Body")).fill(body)
    for number, example in enumerate(examples, 1):
        page.get_by_label(f"{{{{{number}}}}}", exact=True).fill(example)


def submit(page: Page) -> None:
    page.get_by_role("button", name="Submit for review").click()
    expect(page.get_by_role("region", name="Template draft")).to_have_count(0)


def decide(running: Running, name: str, verdict: str) -> None:
    """Meta's answer to a template that was held."""
    (held,) = (each for each in running.control("state")["templates"] if each["name"] == name)
    # Its own review comes by first and leaves it be.
    while running.control("faults")["hold_templates"]:
        time.sleep(0.1)
    running.control(f"templates/{held['id']}/review", {"status": verdict})


def choose(page: Page, name: str, what: str) -> None:
    row(page, name).get_by_role("button", name=re.compile("^More for")).click()
    page.get_by_role("menuitem", name=what).click()


def test_written_mended_pending_and_approved_live(running: Running, sign_in: Any) -> None:
    ana, name = at_templates(sign_in(), running), fresh("order_ready")
    watching = at_templates(sign_in(), running)
    ana.get_by_role("button", name="Create Template").click()
    expect(ana.get_by_label("Name", exact=True)).to_be_focused()
    write(ana, name.replace("_", " ").upper(), "{{2}}, your order {{1}} is ready to pick up")

    # The linter names what is wrong, and each fix is one press.
    expect(ana.get_by_text("lowercase letters, numbers and underscores only")).to_be_visible()
    for fix in (f"Use {name}", "Renumber them", "Add a greeting"):
        ana.get_by_role("button", name=fix).click()
        expect(ana.get_by_role("button", name=fix)).to_have_count(0)
    body = ana.get_by_role("textbox", name=re.compile("^Body"))
    expect(body).to_have_value("Hello {{1}}, your order {{2}} is ready to pick up")
    ana.get_by_role("button", name="Submit for review").click()
    expect(ana.get_by_text("Meta's review needs an example for {{1}}.")).to_be_visible()
    ana.get_by_label("{{1}}", exact=True).fill("Lucía")
    ana.get_by_label("{{2}}", exact=True).fill("4471")
    preview = ana.get_by_role("region", name="Preview")
    expect(preview).to_contain_text("Hello Lucía, your order 4471 is ready to pick up")

    # A reload loses nothing, and neither does another page.
    ana.reload()
    expect(body).to_have_value("Hello {{1}}, your order {{2}} is ready to pick up")
    ana.get_by_role("link", name="Connection").click()
    expect(ana.get_by_text("● Connected")).to_be_visible()
    ana.get_by_role("link", name="Templates", exact=True).click()
    expect(body).to_have_value("Hello {{1}}, your order {{2}} is ready to pick up")
    expect(ana.get_by_label("{{1}}", exact=True)).to_have_value("Lucía")

    running.control("faults", {"hold_templates": 1})
    submit(ana)
    for page in (ana, watching):
        expect(row(page, name)).to_contain_text("Pending")
    decide(running, name, "APPROVED")
    for page in (ana, watching):
        expect(row(page, name)).to_contain_text("Approved")
    expect(ana.get_by_role("button", name="Create Template")).to_be_visible()


def test_rejected_then_fixed_then_deleted(running: Running, sign_in: Any) -> None:
    ana, name = at_templates(sign_in(), running), fresh("flash_news")
    running.control("faults", {"reject_templates": 1})
    ana.get_by_role("button", name="Create Template").click()
    write(ana, name, "Hi {{1}}, the new ropes are in the shop.", "Rui")
    submit(ana)
    expect(row(ana, name)).to_contain_text("Rejected: the variables, their examples or a link")
    row(ana, name).get_by_role("button", name="Fix").click()
    expect(ana.get_by_label("Name", exact=True)).to_have_value(f"{name}_2")
    expect(ana.get_by_label("{{1}}", exact=True)).to_have_value("Rui")
    submit(ana)
    expect(row(ana, f"{name}_2")).to_contain_text("Approved")

    # Deleting asks; afterwards Meta keeps the name, and says so at its field.
    choose(ana, f"{name}_2", "Delete…")
    dialog = ana.get_by_role("alertdialog")
    expect(dialog).to_contain_text("locked for 30 days")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    choose(ana, f"{name}_2", "Delete…")
    dialog.get_by_role("button", name="Delete").click()
    expect(row(ana, f"{name}_2")).to_have_count(0)
    choose(ana, name, "Duplicate to another language")
    expect(ana.get_by_label("Language")).to_have_value("en_GB")
    ana.get_by_label("Language").select_option("en_US")
    ana.get_by_label("Name", exact=True).fill(f"{name}_2")
    expect(ana.get_by_text("It was deleted here in English (US)")).to_be_visible()
    ana.get_by_role("button", name="Submit for review").click()
    expect(ana.get_by_text("keeps the name locked for about four weeks")).to_be_visible()
    ana.get_by_role("button", name="Use another name").click()
    expect(ana.get_by_label("Name", exact=True)).to_have_value(f"{name}_3")
    ana.get_by_role("button", name="Cancel").click()
    expect(ana.get_by_role("button", name="Create Template")).to_be_focused()


def test_a_passcode_and_a_template_with_buttons(running: Running, sign_in: Any) -> None:
    ana, name = at_templates(sign_in(), running), fresh("code")
    ana.get_by_role("button", name="Create Template").click()
    ana.get_by_label("Name", exact=True).fill(name)
    ana.get_by_role("button", name="Authentication", exact=True).click()
    ana.get_by_label("Language").select_option("es")
    preview = ana.get_by_role("region", name="Preview")
    expect(preview).to_contain_text("123456 es tu código de verificación.")
    submit(ana)
    expect(row(ana, name)).to_contain_text("Spanish")
    expect(row(ana, name)).to_contain_text("Approved")

    name = fresh("track")
    ana.get_by_role("button", name="Create Template").click()
    write(ana, name, "Hi {{1}}, your parcel is on its way to you.", "Rui")
    ana.get_by_role("button", name="+ Link").click()
    ana.get_by_label("Label").fill("Track it")
    ana.get_by_label("Address; it may end with {{1}}").fill("shop.test/o/{{1}}")
    ana.get_by_role("button", name="Add https://").click()
    ana.get_by_label("Example for {{1}}, such as 4471").fill("4471")
    expect(preview).to_contain_text("Track it")
    submit(ana)
    expect(row(ana, name)).to_contain_text("Approved")


def test_a_new_number_teaches_and_250_templates_are_synced(
    running: Running, channel_page: Any, company: Any
) -> None:
    page, goods = channel_page("Library desk"), company("Library Goods")
    address = page.url
    page.get_by_role("link", name="Templates", exact=True).click()
    expect(page.get_by_role("heading", name="Templates come with a number")).to_be_visible()
    page.goto(address)
    fill(page, goods)
    assert_connected(page, goods["display_phone_number"])
    page.get_by_role("link", name="Templates", exact=True).click()
    expect(row(page, "hello_world")).to_contain_text("Approved")

    with httpx.Client(headers={"Authorization": f"Bearer {goods['token']}"}) as manager:
        edge = f"{running.meta}/v26.0/{goods['waba_id']}/message_templates"
        for number in range(MANY):
            body = [{"type": "BODY", "text": "Your loan ends soon, please bring it back."}]
            made = {"name": f"loan_{number:03d}", "language": "fr", "category": "UTILITY"}
            manager.post(edge, json=made | {"components": body}).raise_for_status()
        page.get_by_role("button", name="Sync with Meta").click()
        expect(page.get_by_text(f"In step with Meta: {MANY + 1} templates.")).to_be_visible()
        expect(page.get_by_text(f"{MANY + 1} templates in all")).to_be_visible()
        page.get_by_role("searchbox", name="Search templates").fill("loan 249")
        expect(row(page, "loan_249")).to_contain_text("French")
        manager.delete(edge, params={"name": "loan_249"}).raise_for_status()
        page.get_by_role("button", name="Sync with Meta").click()
        expect(page.get_by_text(f"In step with Meta: {MANY} templates.")).to_be_visible()
    expect(page.get_by_role("heading", name="No template has this")).to_be_visible()
    page.goto(address)
    disconnect(page)


def test_an_agent_reads_a_plain_sentence(running: Running, sign_in: Any) -> None:
    sam = sign_in("agent@demo.test")
    sam.goto(f"{running.app}/assistants/1/whatsapp/templates/")
    expect(sam.get_by_text("Only an admin can open this")).to_be_visible()
    expect(sam.get_by_role("button", name="Create Template")).to_have_count(0)


@pytest.mark.parametrize("width", [1024, 390])
def test_it_fits_narrow_screens(running: Running, sign_in: Any, width: int) -> None:
    page = at_templates(sign_in(width=width, height=844), running)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Create Template").click()
    page.get_by_label("Name", exact=True).fill("Wrong Name")
    expect(page.get_by_role("button", name="Use wrong_name")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.documentElement.scrollHeight") <= 844
    page.get_by_role("button", name="Cancel").click()
