"""The webhook log's pages, through the real guard and the real handlers."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from reflex_base.event import Event
from reflex_base.utils.format import format_event_handler

from domain import sessions
from domain import webhook_replay as rules
from domain.access import Actor
from illumichat_app import db
from illumichat_app.errors import NotFound
from models import AuditEntry, EventState, Message, WebhookEvent
from state import live
from state import webhook_replay as replays
from state.webhook_dry_run import DryRun
from state.webhook_log import Delivery, WebhookLog
from state.webhook_replay import WebhookReplay
from tests.accounts.conftest import Team
from tests.flows.stack import apply_events, rows
from tests.payloads import encode
from tests.security import pipeline
from tests.security.pipeline import database_rows
from tests.webhook_log.conftest import World, delivered, poison, strange, text

pytestmark = pytest.mark.anyio


class Browser:
    """A tab at one of the pages."""

    def __init__(self, server: pipeline.Server, who: Actor, **query: object) -> None:
        self.server, self.query = server, {name: str(value) for name, value in query.items()}
        self.cookie = Team(who, who, who).signed_in(who)
        self.tab = server.tab(self.cookie, "/settings/webhooks")

    async def start(self, state: Any, handler: str, **payload: Any) -> Any:
        data = {"pathname": self.tab.path, "asPath": self.tab.path, "token": self.tab.token}
        event = Event(
            name=format_event_handler(state.event_handlers[handler]),
            payload=payload,
            router_data=data | {"query": self.query, "headers": {"cookie": self.cookie}},
        )
        return await self.server.processor.enqueue(self.tab.token, event)

    async def do(self, state: Any, handler: str, **payload: Any) -> None:
        await (await self.start(state, handler, **payload)).wait_all()

    def var(self, state: Any, name: str) -> Any:
        """The value the browser saw last."""
        own = state.get_full_name().rpartition(".")[2]
        return self.server.wire.var_values.get(f"{own}.{name}_rx_state_")

    @property
    def told(self) -> str:
        return self.server.wire.events[-1] if self.server.wire.events else ""

    @property
    def shown(self) -> list[int]:
        return [row.id for row in self.var(WebhookLog, "rows")]


@pytest.fixture
async def admin(server: pipeline.Server, world: World) -> Browser:
    return Browser(server, world.harbour.admin)


# ---- the list


async def test_an_admin_reads_the_log(admin: Browser, world: World) -> None:
    event = delivered(text(world.harbour))
    delivered(text(world.hill))
    await admin.do(WebhookLog, "load")
    assert admin.shown == [event]
    assert admin.var(WebhookLog, "counts").all == "1"


@pytest.mark.parametrize(("show", "expected"), [("unknown", [1]), ("failed", []), ("<b>", [2, 1])])
async def test_the_address_chooses_the_filter(
    server: pipeline.Server, world: World, show: str, expected: list[int]
) -> None:
    delivered(strange(world.harbour))
    delivered(text(world.harbour))
    tab = Browser(server, world.harbour.admin, show=show)
    await tab.do(WebhookLog, "load")
    assert ((tab.var(WebhookLog, "rows") and tab.shown) or []) == expected


async def test_the_first_page_is_live_and_an_older_one_stands_still(
    admin: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.webhook_log.PAGE", 2)
    for n in range(3):
        delivered(text(world.harbour, f"wamid.{n}"))
    await admin.do(WebhookLog, "load")
    viewer = live.viewers[admin.tab.token]
    assert viewer.refreshers["webhooks"].endswith("webhook_log.refresh")
    assert viewer.refresh_at["webhooks"] is not None
    delivered(text(world.harbour, "wamid.LATE"))
    await admin.do(WebhookLog, "refresh")
    assert admin.shown == [4, 3]
    await admin.do(WebhookLog, "older")
    assert admin.shown == [2, 1]
    delivered(text(world.harbour, "wamid.LATER"))
    await admin.do(WebhookLog, "refresh")
    await admin.do(WebhookLog, "older")
    assert admin.shown == [2, 1]
    await admin.do(WebhookLog, "newest")
    assert admin.shown == [5, 4]
    await admin.do(WebhookLog, "leave")
    assert "webhooks" not in live.viewers[admin.tab.token].refreshers


async def test_applied_deliveries_nudge_their_owners(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[set[tuple[int, int | None]]] = []
    monkeypatch.setattr("illumichat_app.nudges.publish", told.append)
    delivered(strange(world.harbour))
    assert told == [{(world.harbour.admin.workspace_id, None)}]


# ---- one delivery


async def opened(server: pipeline.Server, who: Actor, event: object) -> Browser:
    tab = Browser(server, who, event=event)
    await tab.do(Delivery, "load")
    return tab


async def test_a_delivery_is_opened_and_read(server: pipeline.Server, world: World) -> None:
    payload = text(world.harbour)
    event = delivered(payload)
    tab = await opened(server, world.harbour.admin, event)
    assert tab.var(Delivery, "found").verdict == "Accepted"
    assert tab.var(Delivery, "text") == encode(payload).decode()
    await tab.do(Delivery, "show_pretty", pretty=True)
    assert tab.var(Delivery, "text").startswith("{\n")
    await tab.do(Delivery, "download")
    assert f"webhook-{event}.json" in tab.told


@pytest.mark.parametrize("address", ["", "0", "-1", "x", "9" * 30, "424242", "1"])
async def test_a_delivery_that_is_not_ours(
    server: pipeline.Server, world: World, address: str
) -> None:
    delivered(text(world.hill, "wamid.SECRET"))
    tab = await opened(server, world.harbour.admin, address)
    assert tab.var(Delivery, "missing") is True
    for handler, payload in (
        ("refresh", {}),
        ("show_pretty", {"pretty": True}),
        ("download", {}),
        ("replay", {}),
    ):
        with suppress(NotFound):
            await tab.do(Delivery, handler, **payload)
    assert "wamid.SECRET" not in server.wire.text
    assert rows(WebhookEvent)[0].state is EventState.PROCESSED


async def test_a_replay_shows_its_new_outcome(server: pipeline.Server, world: World) -> None:
    event = delivered(text(world.harbour))
    tab = await opened(server, world.harbour.admin, event)
    await tab.do(Delivery, "replay")
    assert tab.var(Delivery, "found").verdict == "Waiting"
    await tab.do(Delivery, "replay")
    assert "in the queue already" in tab.told
    apply_events()
    await tab.do(Delivery, "refresh")
    assert tab.var(Delivery, "found").verdict == "Duplicate"
    assert len(rows(Message)) == len(rows(AuditEntry)) == 1


# ---- a time


TIMES = {"begins": "2026-11-23T11:00", "ends": "2026-11-23T13:00"}


async def counted(tab: Browser, **times: str) -> None:
    await tab.do(WebhookReplay, "ask", shown=True)
    await tab.do(WebhookReplay, "measure", form_data=TIMES | times)


@pytest.fixture
def _drained(monkeypatch: pytest.MonkeyPatch) -> None:
    """The inbound lane works while the replay waits for it."""
    real = rules.waiting

    def waiting(*given: Any) -> bool:
        apply_events()
        return real(*given)

    monkeypatch.setattr(rules, "waiting", waiting)
    monkeypatch.setattr(replays, "POLL_SECONDS", 0)


@pytest.mark.usefixtures("_drained")
async def test_a_time_is_counted_asked_and_replayed(
    admin: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "STEP", 2)
    for n in range(5):
        delivered(text(world.harbour, f"wamid.{n}"))
    delivered(text(world.hill))
    await counted(admin)
    assert admin.var(WebhookReplay, "count") == 5
    assert rows(AuditEntry) == []
    await admin.do(WebhookReplay, "start")
    assert admin.var(WebhookReplay, "finished") == "5 applied again."
    assert (admin.var(WebhookReplay, "done"), admin.var(WebhookReplay, "percent")) == (5, 100)
    assert [row.outcome for row in rows(WebhookEvent)] == [{"duplicate": 1}] * 5 + [{"messages": 1}]
    (entry,) = rows(AuditEntry)
    assert (entry.subject, entry.detail.startswith("23 Nov 2026 11:00")) == ("5 deliveries", True)
    await admin.do(WebhookReplay, "start")
    assert len(rows(AuditEntry)) == 1, "it is asked for each replay anew"


async def test_a_replay_can_be_stopped(
    admin: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "STEP", 2)
    monkeypatch.setattr(replays, "POLL_SECONDS", 0)
    for n in range(5):
        delivered(text(world.harbour, f"wamid.{n}"))
    await counted(admin)
    held, released = asyncio.Event(), asyncio.Event()

    async def applied(*_: object) -> bool:
        held.set()
        await released.wait()
        return True

    monkeypatch.setattr(replays, "_applied", applied)
    run = await admin.start(WebhookReplay, "start")
    async with asyncio.timeout(10):
        await held.wait()
    await admin.do(WebhookReplay, "cancel")
    released.set()
    await run.wait_all()
    assert admin.var(WebhookReplay, "running") is False
    assert admin.var(WebhookReplay, "finished").startswith("Cancelled after 0 of 5")
    assert len(rows(WebhookEvent, state=EventState.STORED)) == 2


async def test_a_queue_that_stands_still_is_not_filled(
    admin: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "STEP", 1)
    monkeypatch.setattr(replays, "MOST_POLLS", 0)
    for n in range(3):
        delivered(text(world.harbour, f"wamid.{n}"))
    await counted(admin)
    await admin.do(WebhookReplay, "start")
    assert "stands still" in admin.var(WebhookReplay, "finished")
    assert len(rows(WebhookEvent, state=EventState.STORED)) == 1


async def test_a_wrong_time_says_so_and_starts_nothing(admin: Browser, world: World) -> None:
    delivered(text(world.harbour))
    await counted(admin, ends="never")
    assert "Choose a day" in admin.var(WebhookReplay, "problem")
    await admin.do(WebhookReplay, "start")
    assert not admin.var(WebhookReplay, "finished")
    assert rows(AuditEntry) == []


# ---- a payload


async def test_a_payload_is_tried_out(admin: Browser, world: World) -> None:
    await admin.do(DryRun, "ask", shown=True)
    before = database_rows()
    words = encode(poison(world.harbour)).decode()
    await admin.do(DryRun, "run", form_data={"payload": words, "signature": ""})
    assert admin.var(DryRun, "tried") is True
    assert [line.verdict for line in admin.var(DryRun, "report").lines] == [
        "Unreadable",
        "Accepted",
    ]
    assert database_rows() == before


@pytest.mark.parametrize(
    ("given", "said"), [("", "first"), ("{", "Line 1, column 2"), (7, "first")]
)
async def test_what_is_no_payload_is_explained(
    admin: Browser, world: World, given: Any, said: str
) -> None:
    await admin.do(DryRun, "run", form_data={"payload": given})
    assert said in admin.var(DryRun, "problem")
    assert not admin.var(DryRun, "tried")


# ---- an agent


async def test_an_agent_is_refused_everything(server: pipeline.Server, world: World) -> None:
    event = delivered(text(world.harbour, "wamid.SECRET"))
    agent = Browser(server, world.harbour.agent, event=event)
    for state in (WebhookLog, Delivery):
        await agent.do(state, "load")
        assert agent.var(state, "loaded") is True
    before = database_rows()
    for state, handler, payload in (
        (WebhookLog, "refresh", {}),
        (WebhookLog, "older", {}),
        (WebhookLog, "newest", {}),
        (Delivery, "refresh", {}),
        (Delivery, "show_pretty", {"pretty": True}),
        (Delivery, "download", {}),
        (Delivery, "replay", {}),
        (WebhookReplay, "ask", {"shown": True}),
        (WebhookReplay, "measure", {"form_data": TIMES}),
        (WebhookReplay, "choose_again", {}),
        (WebhookReplay, "start", {}),
        (WebhookReplay, "cancel", {}),
        (DryRun, "ask", {"shown": True}),
        (DryRun, "run", {"form_data": {"payload": "{}"}}),
    ):
        await agent.do(state, handler, **payload)
        assert "does not allow" in agent.told, handler
    assert database_rows() == before
    assert "wamid.SECRET" not in server.wire.text


async def test_a_session_that_ends_ends_the_replay(
    admin: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "STEP", 1)
    for n in range(3):
        delivered(text(world.harbour, f"wamid.{n}"))
    await counted(admin)

    async def applied(*_: object) -> bool:
        with db.engine().begin() as connection:
            connection.exec_driver_sql("DELETE FROM login_session")
        sessions.forget_cached()
        return True

    monkeypatch.setattr(replays, "_applied", applied)
    await admin.do(WebhookReplay, "start")
    assert len(rows(WebhookEvent, state=EventState.STORED)) == 1
