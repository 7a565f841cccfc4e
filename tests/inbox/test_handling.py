"""Who answers, the customer's contact and the company of colleagues, as a browser asks for them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from domain import presence
from illumichat_app import clock, db
from illumichat_app.clock import now
from illumichat_app.errors import NotFound
from models import Channel, Contact, Conversation, State
from state import handling, live
from state.contacts import ContactCard
from state.customer import Customer, Earlier
from state.handling import Handling
from state.presence import Presence
from state.thread import Thread
from tests import factories
from tests.accounts.conftest import Team, _nobody_is_remembered, _quick_hashes, team
from tests.inbox.test_state import Browser, browser, server, stored, talk
from tests.security import pipeline

__all__ = ["_nobody_is_remembered", "_quick_hashes", "server", "talk", "team"]

pytestmark = pytest.mark.anyio


@pytest.fixture
async def ana(server: pipeline.Server, team: Team, talk: int) -> Browser:
    tab = browser(server, team, talk)
    await tab.open()
    return tab


@pytest.fixture
async def sam(server: pipeline.Server, team: Team, talk: int) -> Browser:
    tab = browser(server, team, talk, "agent")
    await tab.open()
    return tab


@pytest.fixture
async def stranger(server: pipeline.Server, team: Team, talk: int) -> AsyncIterator[Browser]:
    """Somebody of another workspace at the same address; nothing may have changed afterwards."""
    tab = browser(server, team, talk, "stranger")
    await tab.open()
    before = stored(talk)
    yield tab
    assert stored(talk) == before


def put(number: int, kind: type[Any] = Conversation, **facts: Any) -> None:
    with db.transaction() as session:
        row = session.get_one(kind, number)
        for name, value in facts.items():
            setattr(row, name, value)


def told(tab: Browser, words: str) -> bool:
    return any(words in event for event in tab.server.wire.events)


# ---- the buttons


async def test_claimed_and_released(ana: Browser, team: Team, talk: int) -> None:
    await ana.do(Handling, "claim")
    assert stored(talk).claimed_by == team.admin.user_id
    assert ana.var(Thread, "details").holder == team.admin.name
    await ana.do(Handling, "release")
    assert stored(talk).claimed_by is None
    assert ana.var(Handling, "running") == ""


async def test_who_is_slower_reads_who_was_faster(
    ana: Browser, sam: Browser, team: Team, talk: int
) -> None:
    await sam.do(Handling, "claim")
    await ana.do(Handling, "claim")
    assert stored(talk).claimed_by == team.agent.user_id
    assert told(ana, "has already claimed this. You can still take over.")
    assert ana.var(Handling, "running") == ""
    assert ana.var(Thread, "details").holder == team.agent.name
    await ana.do(Handling, "release")
    assert told(ana, "You have not claimed this conversation.")
    await ana.do(Handling, "take_over")
    assert stored(talk).claimed_by == team.admin.user_id


async def test_the_button_spins_meanwhile(ana: Browser) -> None:
    await ana.do(Handling, "close")
    deltas = [update.delta or {} for _, update in ana.server.wire.updates]
    seen = [
        part["running_rx_state_"]
        for delta in deltas
        for part in delta.values()
        if "running_rx_state_" in part
    ]
    assert seen[-2:] == ["close", ""]


async def test_a_double_click_is_one_change_and_no_refusal(
    ana: Browser, talk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ana.do(Handling, "close")
    await ana.do(Handling, "close")
    assert stored(talk).state is State.CLOSED
    assert not told(ana, "already closed")
    monkeypatch.setattr(handling, "SAME_WISH", timedelta(0))
    await ana.do(Handling, "close")
    assert told(ana, "This conversation is already closed.")


async def test_a_closed_conversation_is_not_claimed(ana: Browser, talk: int) -> None:
    put(talk, state=State.CLOSED)
    await ana.do(Handling, "claim")
    assert told(ana, "This conversation is closed. Reopen it first.")
    assert stored(talk).claimed_by is None


@pytest.mark.parametrize(
    ("handler", "given"),
    [
        ("claim", {}),
        ("release", {}),
        ("take_over", {}),
        ("resume_ai", {}),
        ("close", {}),
        ("reopen", {}),
        ("pause", {"minutes": 15}),
        ("pause_other", {"form_data": {"amount": "30", "unit": "minutes"}}),
        ("pause_longer", {}),
        ("stop_timer", {}),
        ("switch_ai", {"on": False}),
    ],
)
async def test_a_stranger_changes_nothing(
    stranger: Browser, handler: str, given: dict[str, Any]
) -> None:
    await stranger.do(Handling, handler, **given)
    assert told(stranger, "not yours to see")


# ---- the pause


async def test_a_pause_is_set_made_longer_and_stopped(ana: Browser, talk: int) -> None:
    await ana.do(Handling, "take_over")
    assert (ana.var(Thread, "details").timer, ana.var(Thread, "details").resumes) == (0, "")
    await ana.do(Handling, "pause", minutes=15)
    details = ana.var(Thread, "details")
    assert (details.timer, details.timer_runs) == (15, True)
    assert details.resumes.startswith("AI resumes in 1")
    before = stored(talk).ai_resumes_at
    await ana.do(Handling, "pause_longer")
    assert stored(talk).ai_resumes_at == before + timedelta(minutes=15)
    assert ana.var(Thread, "details").timer == -1
    await ana.do(Handling, "stop_timer")
    details = ana.var(Thread, "details")
    assert (details.timer, details.timer_runs, details.resumes) == (0, False, "")
    await ana.do(Handling, "pause_longer")
    assert told(ana, "No timer runs here.")


async def test_a_length_of_ones_own(ana: Browser, talk: int) -> None:
    await ana.do(Handling, "take_over")
    await ana.do(Handling, "pause_other", form_data={"amount": "4", "unit": "minutes"})
    assert "5 minutes at the earliest" in ana.var(Handling, "pause_problem")
    await ana.do(Handling, "pause_other", form_data={"amount": "8", "unit": "days"})
    assert "7 days at the latest" in ana.var(Handling, "pause_problem")
    assert stored(talk).ai_resumes_at is None
    await ana.do(Handling, "pause_other", form_data={"amount": "2", "unit": "hours"})
    assert ana.var(Handling, "pause_problem") == ""
    left = stored(talk).ai_resumes_at - now()
    assert timedelta(minutes=119) < left <= timedelta(hours=2)
    await ana.do(Handling, "pause_other", form_data={"amount": "9", "unit": "forged"})
    assert stored(talk).ai_resumes_at - now() <= timedelta(minutes=9)


@pytest.mark.parametrize("minutes", [4, 10_081, -5])
async def test_a_pause_out_of_bounds_is_refused(ana: Browser, talk: int, minutes: int) -> None:
    await ana.do(Handling, "take_over")
    await ana.do(Handling, "pause", minutes=minutes)
    assert told(ana, "5 minutes at the earliest and 7 days at the latest")
    assert stored(talk).ai_resumes_at is None


async def test_where_the_assistant_answers_nothing_is_paused(ana: Browser, talk: int) -> None:
    assert ana.var(Thread, "details").can_pause is False
    await ana.do(Handling, "pause", minutes=15)
    assert told(ana, "Take over first")
    assert stored(talk).ai_resumes_at is None


async def test_the_switch_of_the_ai(ana: Browser, talk: int) -> None:
    await ana.do(Handling, "switch_ai", on=False)
    assert stored(talk).ai_enabled is False
    assert ana.var(Thread, "details").ai_on is False
    await ana.do(Handling, "switch_ai", on=True)
    assert ana.var(Thread, "details").ai_on is True
    put(stored(talk).channel_id, Channel, ai_replies=False)
    await ana.do(Thread, "refresh")
    assert ana.var(Thread, "details").ai_note.startswith("AI replies are off for Harbour Support")


def test_lengths_on_chips() -> None:
    chips = [handling.short_length(minutes) for minutes in (*handling.CHOICES, handling.NEVER)]
    assert chips == ["5 m", "15 m", "1 h", "4 h", "1 d", "7 d", "Never"]


# ---- the customer


async def test_a_contact_is_made_changed_and_let_go(ana: Browser, talk: int) -> None:
    await ana.do(Customer, "edit")
    draft = ana.var(Customer, "draft")
    assert (ana.var(Customer, "editing"), draft.name) == (True, "Lucía Marín")
    await ana.do(Customer, "save", form_data={"name": "Lucía", "phone": "12", "email": "no"})
    assert "Begin with +" in ana.var(Customer, "phone_problem")
    assert "does not look like an e-mail" in ana.var(Customer, "email_problem")
    form = {"name": "Lucía", "phone": draft.phone, "email": "lucia@demo.test"}
    await ana.do(Customer, "save", form_data=form)
    assert (ana.var(Customer, "editing"), told(ana, "The contact is saved.")) == (False, True)
    details = ana.var(Thread, "details")
    assert (details.contact, details.contact_name) == (stored(talk).contact_id, "Lucía")
    await ana.do(Customer, "edit")
    assert ana.var(Customer, "draft").email == "lucia@demo.test"
    await ana.do(Customer, "close", shown=False)
    assert ana.var(Customer, "draft").contact == 0
    await ana.do(Customer, "unlink")
    assert ana.var(Thread, "details").contact == 0


def known(workspace: int, name: str, phone: str | None = None) -> int:
    with db.transaction() as session:
        made = Contact(workspace_id=workspace, name=name, sort_name=name.lower(), phone=phone)
        session.add(made)
        session.flush()
        return made.id


async def test_a_number_that_is_taken_leads_to_its_contact(
    ana: Browser, team: Team, talk: int
) -> None:
    marta = known(team.admin.workspace_id, "Marta", "34612555014")
    await ana.do(Customer, "edit")
    form = {"name": "Lucía", "phone": "+34 612 55 50 14", "email": ""}
    await ana.do(Customer, "save", form_data=form)
    assert "already the one of Marta" in ana.var(Customer, "phone_problem")
    assert ana.var(Customer, "taken") == marta
    await ana.do(Customer, "link_taken")
    assert stored(talk).contact_id == marta
    await ana.do(Customer, "link_taken")  # nothing is offered any more
    assert stored(talk).contact_id == marta


async def test_a_contact_is_found_and_linked(ana: Browser, team: Team, talk: int) -> None:
    marta = known(team.admin.workspace_id, "Marta")
    known(team.admin.workspace_id, "Nora")
    theirs = known(team.stranger.workspace_id, "Marta of others")
    await ana.do(Customer, "find")
    assert [row.title for row in ana.var(Customer, "found")] == ["Marta", "Nora"]
    await ana.do(Customer, "search_for", words="mart")
    assert [row.id for row in ana.var(Customer, "found")] == [marta]
    with pytest.raises(NotFound, match="This contact is not here any more"):
        await ana.do(Customer, "link", contact=theirs)
    assert stored(talk).contact_id is None
    await ana.do(Customer, "link", contact=marta)
    assert (stored(talk).contact_id, ana.var(Customer, "finding")) == (marta, False)


@pytest.mark.parametrize(
    ("handler", "given"),
    [
        ("edit", {}),
        ("find", {}),
        ("unlink", {}),
        ("save", {"form_data": {"name": "X"}}),
        ("link", {"contact": 1}),
    ],
)
async def test_a_stranger_has_no_customer(
    stranger: Browser, handler: str, given: dict[str, Any]
) -> None:
    with pytest.raises(NotFound):
        await stranger.do(Customer, handler, **given)
    assert "Lucía" not in stranger.server.wire.text


async def test_what_was_before_is_read_with_the_conversation(ana: Browser, talk: int) -> None:
    await ana.do(Earlier, "load")
    before = ana.var(Thread, "details").past
    await ana.do(Handling, "close")
    assert ana.var(Thread, "details").past != before
    await ana.do(Earlier, "load")
    (line,) = ana.var(Earlier, "past")
    assert (line.conversation, line.detail) == (talk, "60 messages · the assistant")
    ana.query["conversation"] = ""
    await ana.open()
    await ana.do(Earlier, "load")
    assert ana.var(Earlier, "past") == []


@pytest.mark.parametrize("address", ["", "abc", "-1", "٣"])
async def test_an_odd_contact_in_the_address_opens_nothing(ana: Browser, address: str) -> None:
    ana.query["contact"] = address
    await ana.do(ContactCard, "open_linked")
    assert not ana.var(ContactCard, "shown")


async def test_the_inbox_links_to_a_contact(ana: Browser, team: Team) -> None:
    for unknown in ("9" * 30, str(known(team.stranger.workspace_id, "Theirs"))):
        ana.query["contact"] = unknown
        with pytest.raises(NotFound):
            await ana.do(ContactCard, "open_linked")
    marta = known(team.admin.workspace_id, "Marta")
    ana.query["contact"] = str(marta)
    await ana.do(ContactCard, "open_linked")
    assert (ana.var(ContactCard, "shown"), ana.var(ContactCard, "contact").id) == (True, marta)


# ---- company


async def arrive(*tabs: Browser) -> None:
    for tab in tabs:
        await tab.do(Presence, "arrive")


def seen(tab: Browser) -> list[str]:
    return [person.name for person in tab.var(Presence, "people")]


@pytest.mark.usefixtures("redis")
async def test_colleagues_see_each_other(ana: Browser, sam: Browser, team: Team) -> None:
    await arrive(ana, sam)
    assert seen(sam) == [team.admin.name]
    await ana.do(Presence, "refresh")
    assert seen(ana) == [team.agent.name]
    assert ana.var(Presence, "sentence").endswith("is looking")
    presence.typing(team.agent, int(sam.query["conversation"]), sam.tab.token)
    await ana.do(Presence, "refresh")
    assert ana.var(Presence, "sentence").endswith("is typing…")
    await sam.do(Presence, "depart")
    await ana.do(Presence, "refresh")
    assert (seen(ana), ana.var(Presence, "sentence")) == ([], "")


@pytest.mark.usefixtures("redis")
async def test_two_tabs_are_one_person_and_no_company(
    ana: Browser, server: pipeline.Server, team: Team, talk: int
) -> None:
    second = browser(server, team, talk)
    await second.open()
    await arrive(ana, second)
    assert seen(second) == []


@pytest.mark.usefixtures("redis")
async def test_another_conversation_is_another_company(
    ana: Browser, sam: Browser, talk: int
) -> None:
    with db.transaction() as session:
        on = session.get_one(factories.Channel, stored(talk).channel_id)
        other = factories.conversation(session, on).id
    await arrive(ana, sam)
    sam.query["conversation"] = str(other)
    await sam.open()
    await arrive(sam)
    await ana.do(Presence, "refresh")
    assert (seen(ana), seen(sam)) == ([], [])


@pytest.mark.usefixtures("redis")
async def test_a_stranger_is_no_company(ana: Browser, stranger: Browser) -> None:
    await arrive(stranger, ana)
    await stranger.do(Presence, "refresh")
    assert seen(ana) == []
    assert "company" not in live.viewers[ana.tab.token].stale


@pytest.mark.usefixtures("redis")
async def test_a_tab_is_heard_again_in_time_and_its_end_is_noticed(
    ana: Browser, sam: Browser, noon: Any
) -> None:
    await arrive(sam, ana)
    viewer = live.viewers[ana.tab.token]
    assert viewer.refresh_at["company"] == noon + presence.SAY_AGAIN
    clock.freeze(noon + presence.SAY_AGAIN)
    assert live.tick()
    assert "company" in viewer.stale
    assert live.viewers[sam.tab.token].on_lost
    live.viewers[sam.tab.token].on_lost()
    await ana.do(Presence, "refresh")
    assert seen(ana) == []
