"""The System page, through the real guard and the real handlers."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from domain import system, vitals
from domain.access import Actor
from domain.system import Overview
from illumichat_app import clock, db, jobs
from illumichat_app.errors import NotAllowed
from models import Author, ConnectionStatus, Direction, Message, MessageStatus, WhatsAppConnection
from state import live
from state.system import System
from tests import factories
from tests.conftest import NOON
from tests.flows.stack import rows
from tests.operation.conftest import hire
from tests.security import pipeline
from tests.webhook_log.conftest import Company, World, delivered, poison, stored, text, world
from tests.webhook_log.test_pages import Browser

__all__ = ["world"]

pytestmark = pytest.mark.anyio


@pytest.fixture
async def server() -> AsyncIterator[pipeline.Server]:
    async with pipeline.server() as running:
        yield running


@pytest.fixture
async def admin(server: pipeline.Server, world: World, staffed: None) -> Browser:
    return Browser(server, world.harbour.admin)


def seen(who: Actor) -> Overview:
    with db.reading() as session:
        return system.overview(session, who, vitals.take())


def cut_off(of: Company, words: str = "Your parcel is on its way", kind: str = "text") -> Message:
    """A message that nobody knows the fate of."""
    with db.transaction() as session:
        talk = factories.conversation(session, of.channel, title=f"Customer of {of.display}")
        return factories.message(
            session,
            talk,
            words,
            kind=kind,
            direction=Direction.OUT,
            author=Author.AGENT,
            status=MessageStatus.UNKNOWN,
        )


async def test_an_admin_reads_it(admin: Browser, world: World) -> None:
    delivered(text(world.harbour))
    await admin.do(System, "load")
    found = admin.var(System, "found")
    assert (found.tone, found.verdict) == ("jade", "Everything works")
    assert [row.name for row in found.lanes] == ["inbound", "replies", "outbox", "media", "upkeep"]
    assert {row.verdict for row in found.lanes} == {"Works"}
    assert {row.advice for row in found.lanes} == {""}
    facts = dict(found.facts)
    assert facts["Version"] == "0.1.0"
    assert facts["Database"].startswith(("SQLite, ", "PostgreSQL, "))
    assert facts["Queue server"].startswith("answers, ")
    assert facts["Last delivery from Meta, for any number"] == "just now"
    (number,) = found.numbers
    assert (number.state, number.heard) == ("Connected", "last heard just now")


async def test_an_agent_reads_nothing(server: pipeline.Server, world: World, staffed: None) -> None:
    cut_off(world.harbour)
    tab = Browser(server, world.harbour.agent)
    await tab.do(System, "load")
    assert tab.var(System, "loaded") is True
    assert tab.var(System, "found") in (None, Overview())
    await tab.do(System, "refresh")
    assert "does not allow" in tab.told
    with pytest.raises(NotAllowed):
        seen(world.harbour.agent)


async def test_it_renews_itself_until_it_is_left(admin: Browser, world: World) -> None:
    await admin.do(System, "load")
    viewer = live.viewers[admin.tab.token]
    assert viewer.refreshers["system"].endswith("system.refresh")
    assert viewer.refresh_at["system"] == NOON + timedelta(seconds=5)
    cut_off(world.harbour)
    await admin.do(System, "refresh")
    assert admin.var(System, "found").unconfirmed_count == "1"
    await admin.do(System, "leave")
    assert "system" not in viewer.refreshers


async def test_what_is_late_says_what_to_do(world: World, staffed: None) -> None:
    stored(text(world.hill))
    clock.freeze(NOON + timedelta(seconds=40))
    found = seen(world.harbour.admin)
    assert (found.tone, found.verdict) == ("amber", "Some work is late")
    assert found.line.startswith("Incoming messages:")
    inbound = found.lanes[0]
    assert (inbound.tone, inbound.verdict) == ("amber", "Late")
    assert (inbound.waiting, inbound.oldest, inbound.workers) == ("1", "oldest 40 s", "1 worker")
    assert "the worker “inbound”" in inbound.advice


async def test_what_stands_still_says_so_first(world: World, redis: None, noon: datetime) -> None:
    for lane in ("inbound", "replies", "upkeep"):
        hire(lane)
    hire("inbound")
    jobs.note_sweep()
    found = seen(world.harbour.admin)
    assert (found.tone, found.verdict) == ("red", "Some work stands still")
    assert found.line.startswith("Outgoing messages and Pictures and files:")
    by_name = {row.name: row for row in found.lanes}
    assert (by_name["inbound"].workers, by_name["outbox"].workers) == ("2 workers", "no worker")
    assert "start the worker “outbox”" in by_name["outbox"].advice


async def test_late_rounds_are_told(world: World, staffed: None) -> None:
    clock.freeze(NOON + timedelta(minutes=5))
    upkeep = seen(world.harbour.admin).lanes[-1]
    assert (upkeep.verdict, upkeep.oldest) == ("Late", "last round 5 min ago")
    assert "“cron”" in upkeep.advice


async def test_without_redis_it_says_that_nothing_is_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = jobs.Redis.from_url("redis://127.0.0.1:1/0")
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "redis", lambda: nobody)
        found = seen(world.harbour.admin)
    assert (found.tone, found.lanes) == ("red", [])
    assert "nothing is lost" in found.line
    assert dict(found.facts)["Queue server"] == "does not answer"


async def test_unconfirmed_messages_lead_to_their_conversations(
    world: World, staffed: None
) -> None:
    first = cut_off(world.harbour)
    for number in range(system.MOST_LISTED):
        cut_off(world.harbour, f"{number}")
    picture = cut_off(world.harbour, "", "image")
    cut_off(world.hill, "of Hill")
    found = seen(world.harbour.admin)
    assert found.unconfirmed_count == "7"
    ids = [each.id for each in found.unconfirmed]
    assert (len(ids), ids[0], first.id in ids) == (system.MOST_LISTED, picture.id, False)
    newest = found.unconfirmed[0]
    assert (newest.conversation_id, newest.text) == (picture.conversation_id, "(image)")


async def test_deliveries_put_aside_are_listed(world: World, staffed: None) -> None:
    mine = delivered(poison(world.harbour))
    delivered(poison(world.hill))
    found = seen(world.harbour.admin)
    assert [row.id for row in found.put_aside] == [mine]
    assert found.put_aside_count == "1"


async def test_numbers_tell_how_they_are(world: World, staffed: None) -> None:
    with db.transaction() as session:
        row = session.get_one(WhatsAppConnection, rows(WhatsAppConnection)[0].id)
        row.status, row.last_event_at = ConnectionStatus.ISSUE, NOON - timedelta(hours=3)
    (number,) = seen(world.harbour.admin).numbers
    assert (number.tone, number.state) == ("amber", "Needs attention")
    assert number.heard == "last heard 3 h ago"
    (silent,) = seen(world.mill.admin).numbers
    assert silent.heard == "never heard from"


async def test_nothing_of_other_workspaces_is_told(world: World, staffed: None) -> None:
    cut_off(world.hill, "words of Hill")
    delivered(poison(world.hill))
    stored(text(world.hill))
    told = repr(seen(world.harbour.admin))
    for theirs in (world.hill.display, world.hill.phone_number_id, "words of Hill", "Customer of"):
        assert theirs not in told
    assert world.harbour.display in told
