"""Each messaging setting is changed in the page and counts for the customer's next message."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Running
from tests.e2e.test_journey import opened, thread

pytestmark = pytest.mark.e2e

REPLIES = "AI replies to WhatsApp messages"
MATCH = "Match WhatsApp users to existing contacts"
CREATE = "Auto-create contacts for new conversations"
LENGTH = "Max message length"
HOURS = "When are you open on Saturday?"
ANSWER = re.compile("10:00 to 14:00")
HANDBOOK = "Spinnaker handbook"
CHAPTERS = [f"Spinnaker handbook, {part}: {'rig it with care, ' * 50}and enjoy." for part in "AB"]
PATIENCE = 15  # seconds


@pytest.fixture
def settings(running: Running, sign_in: Any, query: Any) -> Iterator[Page]:
    """The channel page of the demo's number; afterwards everything is as it was."""
    try:
        page = sign_in()
        page.goto(f"{running.app}/assistants/1/whatsapp/")
        expect(switch(page, REPLIES)).to_be_visible()
        yield page
    finally:
        query(
            "UPDATE channel SET enabled = 1, ai_replies = 1, match_contacts = 0, "
            "auto_create_contacts = 0, max_message_length = 4096"
        )
        query("DELETE FROM knowledge_passage WHERE title = ?", HANDBOOK)


def switch(page: Page, name: str) -> Any:
    return page.get_by_role("switch", name=name)


def save(page: Page) -> None:
    button = page.get_by_role("button", name="Save changes")
    button.click()
    expect(button).to_be_disabled()
    expect(page.get_by_text("Unsaved changes")).to_have_count(0)


def change(page: Page, *names: str) -> None:
    """Move these switches and save."""
    for name in names:
        before = switch(page, name).get_attribute("aria-checked")
        switch(page, name).click()
        after = "false" if before == "true" else "true"
        expect(switch(page, name)).to_have_attribute("aria-checked", after)
    save(page)


def decided(query: Any, name: str, reason: str) -> None:
    """Wait until the assistant has decided not to answer this customer."""
    until = time.monotonic() + PATIENCE
    sql = (
        "SELECT 1 FROM assistant_trace t JOIN conversation c ON c.id = t.conversation_id "
        "WHERE c.title = ? AND t.reason = ?"
    )
    while not query(sql, name, reason):
        assert time.monotonic() < until, f"nothing was decided about {name}"
        time.sleep(0.1)


def test_ai_replies_off_and_on(settings: Page, sign_in: Any, phone: Any, query: Any) -> None:
    change(settings, REPLIES)
    ines = phone("Ines Faro")
    ines.writes(HOURS)
    sam = opened(sign_in("agent@demo.test"), "Ines Faro")
    expect(thread(sam).get_by_text(HOURS)).to_be_visible()
    decided(query, "Ines Faro", "channel_ai_off")
    expect(ines.chat.get_by_text(ANSWER)).to_have_count(0)
    sam.get_by_role("textbox", name="Reply").fill("Sam here, until two")
    sam.get_by_role("button", name="Send").click()
    expect(ines.chat.get_by_text("Sam here, until two")).to_be_visible()
    change(settings, REPLIES)
    joan = phone("Joan Pla")
    joan.writes(HOURS)
    expect(joan.chat.get_by_text(ANSWER)).to_have_count(1)


def test_a_channel_switched_off(
    settings: Page, running: Running, sign_in: Any, phone: Any, query: Any
) -> None:
    switch(settings, "Enabled").click()
    expect(settings.get_by_text("Not saved yet")).to_be_visible()
    save(settings)
    expect(settings.get_by_text("Not saved yet")).to_have_count(0)
    before = len(running.sends())
    olga = phone("Olga Mir")
    olga.writes(HOURS)
    ana = opened(sign_in(), "Olga Mir")
    expect(thread(ana).get_by_text(HOURS)).to_be_visible()
    expect(ana.get_by_text(re.compile("This channel is switched off"))).to_be_visible()
    expect(ana.get_by_role("textbox", name="Reply")).to_have_count(0)
    decided(query, "Olga Mir", "channel_off")
    assert len(running.sends()) == before
    change(settings, "Enabled")
    expect(ana.get_by_role("textbox", name="Reply")).to_be_visible()
    olga.writes("And on Saturday, when are you open?")
    expect(olga.chat.get_by_text(ANSWER)).to_have_count(1)


def test_contacts_are_matched_then_made(
    settings: Page, sign_in: Any, phone: Any, query: Any
) -> None:
    rita, tom = phone("Rita Sol"), phone("Tom Berg")
    rita.writes("Hello")
    ana = opened(sign_in(), "Rita Sol")
    expect(ana.get_by_text("Not matched")).to_be_visible()
    ((digits, place),) = query(
        "SELECT wa_id, workspace_id FROM customer_identity WHERE profile_name = 'Rita Sol'"
    )
    query(
        "INSERT INTO contact (workspace_id, name, phone, created_at) VALUES (?, ?, ?, ?)",
        place,
        "Rita Solana (yacht club)",
        digits,
        "2026-01-01 00:00:00",
    )
    expect(switch(settings, CREATE)).to_be_disabled()
    expect(settings.get_by_text("Needs contact matching.")).to_be_visible()
    change(settings, MATCH)
    rita.writes("Hello again")
    expect(ana.get_by_text("Rita Solana (yacht club)")).to_be_visible()
    made = "SELECT COUNT(*) FROM contact WHERE name = 'Tom Berg'"
    tom.writes("Hello")
    opened(ana, "Tom Berg")
    expect(ana.get_by_text("Not matched")).to_be_visible()
    assert query(made) == [(0,)]
    change(settings, CREATE)
    tom.writes("Hello again")
    expect(ana.get_by_text("Not matched")).to_have_count(0)
    assert query(made) == [(1,)]
    # Without matching nothing can be created either.
    switch(settings, MATCH).click()
    expect(switch(settings, CREATE)).to_be_disabled()
    expect(switch(settings, CREATE)).to_have_attribute("aria-checked", "false")


def test_a_long_answer_is_split(settings: Page, running: Running, sign_in: Any, phone: Any) -> None:
    write_handbook(sign_in(), running)
    whole = phone("Vera Cruz")
    whole.writes("What does the spinnaker handbook say?")
    expect(whole.chat.get_by_text(re.compile(f"^{HANDBOOK}, A.*{HANDBOOK}, B"))).to_have_count(1)
    settings.get_by_role("combobox", name=LENGTH).click()
    settings.get_by_role("option", name="1000").click()
    save(settings)
    split = phone("Otto Lang")
    split.writes("What does the spinnaker handbook say?")
    for part in "AB":
        found = split.chat.get_by_text(re.compile(f"^{HANDBOOK}, {part}"))
        expect(found).to_have_count(1)
        assert 900 < len(found.inner_text()) <= 1000


def write_handbook(page: Page, running: Running) -> None:
    page.goto(f"{running.app}/assistants/1/?section=knowledge")
    page.get_by_role("button", name="Knowledge").or_(
        page.get_by_role("link", name="Knowledge")
    ).first.click()
    page.get_by_role("button", name="Add passage").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill(HANDBOOK)
    dialog.get_by_label("Text").fill(" ".join(CHAPTERS))
    dialog.get_by_role("button", name="Save passage").click()
    expect(dialog).to_have_count(0)


def test_nothing_is_saved_before_save(settings: Page, query: Any) -> None:
    button = settings.get_by_role("button", name="Save changes")
    expect(button).to_be_disabled()
    switch(settings, REPLIES).click()
    expect(settings.get_by_text("Unsaved changes")).to_be_visible()
    expect(button).to_be_enabled()
    assert query("SELECT ai_replies FROM channel WHERE id = 1") == [(1,)]
    settings.get_by_role("button", name="Discard").click()
    expect(switch(settings, REPLIES)).to_have_attribute("aria-checked", "true")
    expect(button).to_be_disabled()


def test_leaving_with_unsaved_changes_asks(settings: Page, query: Any) -> None:
    asked: list[str] = []
    answers = iter([False, True])

    def answer(dialog: Any) -> None:
        asked.append(dialog.message)
        dialog.accept() if next(answers) else dialog.dismiss()

    settings.on("dialog", answer)
    switch(settings, REPLIES).click()
    expect(settings.get_by_text("Unsaved changes")).to_be_visible()
    settings.get_by_role("link", name="General").click()
    expect(settings).to_have_url(re.compile("/whatsapp"))
    expect(settings.get_by_text("Unsaved changes")).to_be_visible()
    settings.get_by_role("link", name="General").click()
    expect(settings).not_to_have_url(re.compile("/whatsapp"))
    assert asked == ["Leave without saving your changes?"] * 2
    settings.go_back()
    expect(switch(settings, REPLIES)).to_have_attribute("aria-checked", "true")
    expect(settings.get_by_text("Unsaved changes")).to_have_count(0)


def test_what_another_admin_saves_is_shown_beside_the_draft(
    settings: Page, running: Running, sign_in: Any
) -> None:
    other = sign_in()
    other.goto(f"{running.app}/assistants/1/whatsapp/")
    switch(settings, REPLIES).click()
    expect(settings.get_by_text("Unsaved changes")).to_be_visible()
    change(other, MATCH)
    expect(settings.get_by_text("Set to on elsewhere meanwhile.")).to_be_visible()
    expect(switch(settings, MATCH)).to_have_attribute("aria-checked", "true")
    expect(switch(settings, REPLIES)).to_have_attribute("aria-checked", "false")
    save(settings)
    expect(switch(other, REPLIES)).to_have_attribute("aria-checked", "false")
    expect(settings.get_by_text("elsewhere meanwhile")).to_have_count(0)


def test_an_agent_finds_no_switch(running: Running, sign_in: Any) -> None:
    sam = sign_in("agent@demo.test")
    sam.goto(f"{running.app}/assistants/1/whatsapp/")
    expect(sam.get_by_role("heading", level=1)).to_be_visible()
    expect(sam.get_by_role("switch")).to_have_count(0)
