"""axe looks at every page, light and dark: nothing serious or critical may be found."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Running

pytestmark = pytest.mark.e2e

GRAVE = ("serious", "critical")
PLACES = {
    "inbox": "/inbox/open/",
    "assistants": "/assistants/",
    "assistant": "/assistants/1/",
    "knowledge": "/assistants/1/?section=knowledge",
    "channel": "/assistants/1/whatsapp/",
    "analytics": "/assistants/1/whatsapp/analytics/",
    "templates": "/assistants/1/whatsapp/templates/",
    "contacts": "/contacts/",
    "webhook log": "/settings/webhooks/",
    "settings": "/settings/",
    "system": "/settings/system/",
}


def grave(page: Page, place: str) -> list[str]:
    """What axe finds on the page as it is now, a line for each rule and element."""
    report = Axe().run(page).response
    assert report["passes"], f"{place}: axe looked at nothing"
    return [
        f"{place}: {rule['id']} ({rule['impact']}) {node['target']} {node['html'][:160]}"
        for rule in report["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_no_page_shuts_anybody_out(
    running: Running, sign_in: Callable[..., Page], phone, colours: str
) -> None:
    writer = phone(f"Olga {colours.title()}")
    writer.writes("When are you open on Saturday?")
    ana = sign_in(color_scheme=colours)
    found: list[str] = []
    for place, path in PLACES.items():
        ana.goto(f"{running.app}{path}")
        expect(ana.get_by_role("main")).to_be_visible()
        ana.wait_for_load_state("networkidle")
        found += grave(ana, place)
    ana.goto(f"{running.app}/inbox/open/")
    ana.get_by_role("link", name=re.compile(writer.name)).first.click()
    expect(ana.get_by_role("log", name="Messages").get_by_text("10:00 to 14:00")).to_be_visible()
    found += grave(ana, "thread")
    ana.get_by_role("tab", name="Template").click()
    expect(ana.get_by_role("button", name="Send template")).to_be_visible()
    found += grave(ana, "template picker")
    for keys, title in (("Control+k", "command bar"), ("?", "keys")):
        ana.get_by_role("log", name="Messages").focus()
        ana.keyboard.press(keys)
        expect(ana.get_by_role("dialog")).to_be_visible()
        found += grave(ana, title)
        ana.keyboard.press("Escape")
        expect(ana.get_by_role("dialog")).to_have_count(0)
    assert found == []


@pytest.mark.parametrize("path", ["/sign-in/", "/setup/", "/invite/"])
def test_nor_does_an_entrance(running: Running, window, path: str) -> None:
    page = window().new_page()
    page.goto(f"{running.app}{path}")
    expect(page.get_by_role("main")).to_be_visible()
    assert grave(page, path) == []
