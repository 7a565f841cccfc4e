"""The messaging settings of the channel page, through the real guard and the real handlers."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from reflex_base.event import Event
from reflex_base.utils.format import format_event_handler
from sqlmodel import Session

from domain import messaging_settings
from domain.access import Actor
from domain.messaging_settings import MessagingSettings
from illumichat_app import db
from models import AuditEntry, Channel, ReadReceipts
from state import channel as channel_page
from state.messaging import Messaging
from tests import factories
from tests.accounts.conftest import Team, _nobody_is_remembered, _quick_hashes, team
from tests.flows.stack import rows
from tests.security import pipeline

__all__ = ["_nobody_is_remembered", "_quick_hashes", "team"]

pytestmark = pytest.mark.anyio
DEFAULTS = MessagingSettings()


class Page:
    """A tab at the WhatsApp page of one assistant."""

    def __init__(self, server: pipeline.Server, cookie: str, assistant: int) -> None:
        self.server, self.cookie, self.assistant = server, cookie, assistant
        self.tab = server.tab(cookie, "/assistants/[assistant]/whatsapp")

    async def do(self, handler: str, state: Any = Messaging, **payload: Any) -> None:
        data = {
            "pathname": self.tab.path,
            "asPath": f"/assistants/{self.assistant}/whatsapp",
            "token": self.tab.token,
            "query": {"assistant": str(self.assistant)},
            "headers": {"cookie": self.cookie},
        }
        name = format_event_handler(state.event_handlers[handler])
        event = Event(name=name, payload=payload, router_data=data)
        sent = await self.server.processor.enqueue(self.tab.token, event)
        await sent.wait_all()

    async def open(self) -> None:
        await self.do("load", channel_page.Channel)
        await self.do("load")

    def var(self, name: str) -> Any:
        """The value the browser saw last."""
        own = Messaging.get_full_name().rpartition(".")[2]
        return self.server.wire.var_values.get(f"{own}.{name}_rx_state_")

    @property
    def told(self) -> str:
        return self.server.wire.events[-1] if self.server.wire.events else ""


@pytest.fixture
async def server() -> AsyncIterator[pipeline.Server]:
    async with pipeline.server() as running:
        yield running


@pytest.fixture
def channel(team: Team) -> Channel:
    with db.transaction() as session:
        place = session.get_one(factories.Workspace, team.admin.workspace_id)
        return factories.channel(session, place, factories.assistant(session, place))


def page(server: pipeline.Server, team: Team, who: Actor, channel: Channel) -> Page:
    return Page(server, team.signed_in(who), channel.assistant_id)


@pytest.fixture
async def admin(server: pipeline.Server, team: Team, channel: Channel) -> Page:
    opened = page(server, team, team.admin, channel)
    await opened.open()
    return opened


def stored(team: Team, channel: Channel) -> MessagingSettings:
    with db.reading() as session:
        return messaging_settings.read(session, team.admin, channel.id)


def saved_elsewhere(team: Team, channel: Channel, **changes: Any) -> None:
    """Another admin was faster."""

    def save(session: Session) -> None:
        now = messaging_settings.read(session, team.admin, channel.id)
        given = replace(now, **changes)
        messaging_settings.save(session, team.admin, channel.id, given, began_from=now)

    with db.transaction() as session:
        save(session)


async def test_the_card_shows_what_is_stored(admin: Page) -> None:
    assert admin.var("loaded") is True
    assert admin.var("draft") == admin.var("stored") == DEFAULTS
    assert not admin.var("changed")


@pytest.mark.parametrize(
    ("handler", "payload", "change"),
    [
        ("switch", {"name": "enabled", "on": False}, {"enabled": False}),
        ("switch", {"name": "ai_replies", "on": False}, {"ai_replies": False}),
        ("switch", {"name": "match_contacts", "on": True}, {"match_contacts": True}),
        ("limit", {"length": "1000"}, {"max_message_length": 1000}),
        ("tell_read", {"when": "never"}, {"read_receipts": ReadReceipts.NEVER}),
        ("tell_read", {"when": "on_open"}, {"read_receipts": ReadReceipts.ON_OPEN}),
    ],
    ids=["enabled", "replies", "matching", "length", "never read", "read when opened"],
)
async def test_a_change_counts_once_it_is_saved(
    admin: Page,
    team: Team,
    channel: Channel,
    handler: str,
    payload: dict[str, Any],
    change: dict[str, Any],
) -> None:
    await admin.do(handler, **payload)
    assert admin.var("changed") is True
    assert stored(team, channel) == DEFAULTS
    await admin.do("discard")
    assert (admin.var("changed"), admin.var("draft")) == (False, DEFAULTS)
    await admin.do(handler, **payload)
    await admin.do("save")
    assert stored(team, channel) == admin.var("stored") == replace(DEFAULTS, **change)
    assert (admin.var("changed"), admin.var("saving")) == (False, False)
    assert "Saved" in admin.told
    (line,) = rows(AuditEntry)
    assert line.actor_id == team.admin.user_id


async def test_moving_a_switch_back_leaves_nothing_to_save(admin: Page, team: Team) -> None:
    await admin.do("switch", name="ai_replies", on=False)
    await admin.do("switch", name="ai_replies", on=True)
    assert admin.var("changed") is False
    await admin.do("save")
    assert "Saved" not in admin.told
    assert rows(AuditEntry) == []


async def test_creating_needs_matching(admin: Page, team: Team, channel: Channel) -> None:
    await admin.do("switch", name="auto_create_contacts", on=True)
    assert not admin.var("changed")
    await admin.do("switch", name="match_contacts", on=True)
    await admin.do("switch", name="auto_create_contacts", on=True)
    await admin.do("save")
    both = replace(DEFAULTS, match_contacts=True, auto_create_contacts=True)
    assert stored(team, channel) == both
    await admin.do("switch", name="match_contacts", on=False)
    assert admin.var("draft") == DEFAULTS
    await admin.do("save")
    assert stored(team, channel) == DEFAULTS


# ---- somebody else saved meanwhile


async def test_what_another_admin_saved_is_shown_before_it_is_replaced(
    admin: Page, team: Team, channel: Channel
) -> None:
    await admin.do("switch", name="ai_replies", on=False)
    saved_elsewhere(team, channel, max_message_length=2000)
    await admin.do("save")
    theirs = replace(DEFAULTS, max_message_length=2000)
    assert stored(team, channel) == admin.var("stored") == theirs
    assert "changed elsewhere" in admin.var("problem")
    assert admin.var("elsewhere") == ["max_message_length"]
    assert admin.var("draft") == replace(theirs, ai_replies=False)
    assert (admin.var("changed"), admin.var("saving")) == (True, False)
    await admin.do("save")
    assert stored(team, channel) == replace(theirs, ai_replies=False)
    assert (admin.var("problem"), admin.var("elsewhere")) == ("", [])


async def test_the_same_setting_changed_by_both_keeps_the_draft_and_says_so(
    admin: Page, team: Team, channel: Channel
) -> None:
    await admin.do("limit", length="1000")
    saved_elsewhere(team, channel, max_message_length=2000)
    await admin.do("save")
    assert admin.var("draft").max_message_length == 1000
    assert admin.var("stored").max_message_length == 2000
    assert admin.var("elsewhere") == ["max_message_length"]


async def test_matching_switched_off_elsewhere_takes_the_drafts_creating_along(
    admin: Page, team: Team, channel: Channel
) -> None:
    saved_elsewhere(team, channel, match_contacts=True)
    await admin.open()
    await admin.do("switch", name="auto_create_contacts", on=True)
    saved_elsewhere(team, channel, match_contacts=False)
    await admin.do("save")
    assert admin.var("draft") == admin.var("stored") == DEFAULTS
    assert admin.var("changed") is False


async def test_a_clean_page_follows_silently_and_a_draft_is_kept(
    admin: Page, team: Team, channel: Channel
) -> None:
    saved_elsewhere(team, channel, ai_replies=False)
    await admin.do("load")
    assert (admin.var("draft").ai_replies, admin.var("changed")) == (False, False)
    assert not admin.var("elsewhere")
    await admin.do("limit", length="3000")
    saved_elsewhere(team, channel, ai_replies=True)
    await admin.do("load")
    assert admin.var("draft") == replace(DEFAULTS, max_message_length=3000)
    assert admin.var("elsewhere") == ["ai_replies"]
    assert admin.var("changed") is True


async def test_two_at_the_same_moment_do_not_overwrite_each_other(
    server: pipeline.Server, team: Team, channel: Channel
) -> None:
    first, second = (page(server, team, team.admin, channel) for _ in range(2))
    for tab, length in ((first, "1000"), (second, "2000")):
        await tab.open()
        await tab.do("limit", length=length)
    await asyncio.gather(first.do("save"), second.do("save"))
    assert "changed elsewhere" in server.wire.text
    assert len(rows(AuditEntry)) == 1


async def test_receipts_changed_by_both_are_told_in_words(
    admin: Page, team: Team, channel: Channel
) -> None:
    await admin.do("tell_read", when="never")
    saved_elsewhere(team, channel, read_receipts=ReadReceipts.ON_OPEN)
    await admin.do("save")
    assert admin.var("elsewhere") == ["read_receipts"]
    await admin.do("save")
    assert stored(team, channel).read_receipts is ReadReceipts.NEVER
    line = rows(AuditEntry)[-1]
    assert line.detail == "Read receipts from when a person opens the conversation to never"


async def test_leaving_drops_the_draft(admin: Page) -> None:
    await admin.do("limit", length="1000")
    await admin.do("leave")
    await admin.open()
    assert (admin.var("draft"), admin.var("changed")) == (DEFAULTS, False)


async def test_another_assistants_channel_begins_afresh(
    admin: Page, team: Team, channel: Channel
) -> None:
    with db.transaction() as session:
        place = session.get_one(factories.Workspace, team.admin.workspace_id)
        helper = factories.assistant(session, place)
        helper.name = "Night shift"
        other = factories.channel(
            session, place, helper, phone_number_id="310000000000008", ai_replies=False
        )
    await admin.do("limit", length="1000")
    admin.assistant = other.assistant_id
    await admin.open()
    assert admin.var("draft") == replace(DEFAULTS, ai_replies=False)
    await admin.do("limit", length="2000")
    await admin.do("save")
    assert stored(team, channel) == DEFAULTS
    assert stored(team, other).max_message_length == 2000


# ---- refusals


async def test_an_agent_reads_and_changes_nothing(
    server: pipeline.Server, team: Team, channel: Channel
) -> None:
    tab = page(server, team, team.agent, channel)
    await tab.open()
    for handler, payload in (
        ("switch", {"name": "enabled", "on": False}),
        ("limit", {"length": "1000"}),
        ("tell_read", {"when": "never"}),
        ("discard", {}),
        ("save", {}),
    ):
        await tab.do(handler, **payload)
        assert "does not allow" in tab.told, handler
    assert not tab.var("loaded")
    assert stored(team, channel) == DEFAULTS


async def test_a_foreign_channel_is_not_found(
    server: pipeline.Server, team: Team, channel: Channel
) -> None:
    tab = page(server, team, team.stranger, channel)
    await tab.open()
    assert not tab.var("loaded")
    await tab.do("switch", name="enabled", on=False)
    await tab.do("save")
    assert stored(team, channel) == DEFAULTS


async def test_a_channel_that_became_foreign_is_refused_in_words(
    admin: Page, team: Team, channel: Channel
) -> None:
    await admin.do("limit", length="1000")
    with db.transaction() as session:
        session.get_one(Channel, channel.id).workspace_id = team.stranger.workspace_id
    await admin.do("save")
    assert "not yours to see" in admin.var("problem")
    assert admin.var("saving") is False
    with db.reading() as session:
        assert session.get_one(Channel, channel.id).max_message_length == 4096


@pytest.mark.parametrize(
    ("handler", "payload"),
    [
        ("switch", {"name": "read_receipts", "on": True}),
        ("switch", {"name": "workspace_id", "on": True}),
        ("switch", {"name": "enabled", "on": "perhaps"}),
        ("switch", {"name": "enabled", "on": {"a": 1}}),
        ("limit", {"length": "999"}),
        ("limit", {"length": 4097}),
        ("limit", {"length": ["1000"]}),
        ("tell_read", {"when": "sometimes"}),
        ("tell_read", {"when": None}),
        ("save", {"draft": {"enabled": False}}),
    ],
)
async def test_forged_values_do_nothing(
    admin: Page, team: Team, channel: Channel, handler: str, payload: dict[str, Any]
) -> None:
    await admin.do(handler, **payload)
    assert "something unexpected" in admin.told
    await admin.do("save")
    assert stored(team, channel) == DEFAULTS


async def test_a_bug_leaves_no_button_spinning(
    admin: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    await admin.do("limit", length="1000")
    monkeypatch.setattr(messaging_settings, "save", broken)
    with pytest.raises(RuntimeError):
        await admin.do("save")
    assert admin.var("saving") is False
    assert admin.var("changed") is True
