"""The tab Data in the settings, through the real guard and handlers."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from domain import retention
from illumichat_app import clock, db
from models import Channel, Conversation, Workspace
from state.data_keeping import DataKeeping
from tests import factories
from tests.accounts.conftest import Team, team
from tests.accounts.test_ways_and_replies import Page
from tests.flows.stack import rows
from tests.security import pipeline

__all__ = ["team"]
pytestmark = pytest.mark.anyio


@pytest.fixture
async def server() -> AsyncIterator[pipeline.Server]:
    async with pipeline.server() as running:
        yield running


@pytest.fixture
async def admin(server: pipeline.Server, team: Team) -> Page:
    with db.transaction() as session:
        place = session.get_one(Workspace, team.admin.workspace_id)
        channel: Channel = factories.channel(session, place, factories.assistant(session, place))
        talk: Conversation = factories.conversation(session, channel)
        old = clock.now() - timedelta(days=400)
        factories.message(session, talk, sent_at=old, day=old.date())
    page = Page(server, team, team.admin)
    await page.do(DataKeeping, "load")
    return page


def days(team: Team) -> int:
    with db.reading() as session:
        return retention.read(session, team.admin)


async def ask(page: Page, keep: str, number: str = "") -> str:
    return await page.do(DataKeeping, "ask", form_data={"keep": keep, "days": number})


async def test_it_asks_and_then_saves(admin: Page, team: Team) -> None:
    await admin.do(DataKeeping, "choose", choice="365")
    await ask(admin, "365")
    assert admin.var(DataKeeping, "asking") is True
    assert admin.var(DataKeeping, "question") == "Keep messages for 1 year?"
    assert "1 message in 1 conversation and 0 files from before" in admin.var(DataKeeping, "goes")
    assert days(team) == 0
    assert "kept for 1 year" in await admin.do(DataKeeping, "confirm")
    assert (days(team), admin.var(DataKeeping, "asking")) == (365, False)


async def test_cancelled_nothing_is_saved(admin: Page, team: Team) -> None:
    await ask(admin, "other", "390")
    await admin.do(DataKeeping, "cancel")
    await admin.do(DataKeeping, "confirm")
    assert days(team) == 0


async def test_nothing_to_delete_is_said(admin: Page, team: Team) -> None:
    await ask(admin, "730")
    assert "Nothing is older than that now" in admin.var(DataKeeping, "goes")


async def test_a_longer_time_needs_no_question(admin: Page, team: Team) -> None:
    with db.transaction() as session:
        retention.save(session, team.admin, 90)
    await admin.do(DataKeeping, "load")
    assert "kept for 2 years" in await ask(admin, "730")
    assert "kept for 800 days" in await ask(admin, "other", "800")
    assert days(team) == 800
    assert "kept for ever" in await ask(admin, "0")
    assert days(team) == 0


@pytest.mark.parametrize(
    ("keep", "number", "said"),
    [
        ("other", "29", "30 to 3650 days"),
        ("other", "0", "30 to 3650 days"),
        ("other", "1.5", "whole number"),
        ("other", "", "whole number"),
        ("other", "-90", "whole number"),
        ("5", "", "30 to 3650 days"),
        ("soon", "", "whole number"),
    ],
)
async def test_what_does_not_fit_is_said(
    admin: Page, team: Team, keep: str, number: str, said: str
) -> None:
    await ask(admin, keep, number)
    assert said in admin.var(DataKeeping, "problem")
    assert days(team) == 0


async def test_an_agent_sees_and_changes_nothing(server: pipeline.Server, team: Team) -> None:
    page = Page(server, team, team.agent)
    await page.do(DataKeeping, "load")
    assert not page.var(DataKeeping, "loaded")
    payloads: dict[str, dict[str, Any]] = {
        "choose": {"choice": "365"}, "ask": {"form_data": {"keep": "365"}},
        "cancel": {}, "confirm": {},
    }  # fmt: skip
    for handler, payload in payloads.items():
        assert "does not allow" in await page.do(DataKeeping, handler, **payload)
    assert {row.keep_messages_days for row in rows(Workspace)} == {0}
