"""The analytics pages through the real guard and the real handlers."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from reflex_base.event import Event
from reflex_base.utils.format import format_event_handler

from domain import rollup
from domain.access import Actor
from illumichat_app import clock, db
from models import Author, Channel, Conversation, Direction, MessageStatus, Role
from state import analytics as work
from state import live
from state.analytics import Analytics
from tests import factories
from tests.accounts.conftest import Team
from tests.conftest import NOON
from tests.security import pipeline
from tests.security.pipeline import database_rows

pytestmark = pytest.mark.anyio


class Browser:
    """A tab at an analytics page."""

    def __init__(self, server: pipeline.Server, who: Actor, **query: object) -> None:
        self.server, self.query = server, {name: str(each) for name, each in query.items()}
        self.tab = server.tab(Team(who, who, who).signed_in(who), "/analytics")

    async def do(self, handler: str, **payload: Any) -> None:
        event = Event(
            name=format_event_handler(Analytics.event_handlers[handler]),
            payload=payload,
            router_data={
                "pathname": self.tab.path,
                "asPath": self.tab.path,
                "token": self.tab.token,
                "query": self.query,
                "headers": {"cookie": self.tab.cookie},
            },
        )
        await (await self.server.processor.enqueue(self.tab.token, event)).wait_all()

    def var(self, name: str) -> Any:
        """The value this browser saw last."""
        seen = [
            values[f"{name}_rx_state_"]
            for token, update in self.server.wire.updates
            for of, values in (update.delta or {}).items()
            if token == self.tab.token
            and of.endswith("analytics____analytics")
            and f"{name}_rx_state_" in values
        ]
        return seen[-1] if seen else None

    def figure(self, key: str) -> str:
        return next(each.value for each in self.var("tiles") if each.key == key)

    @property
    def told(self) -> str:
        return self.server.wire.events[-1] if self.server.wire.events else ""


FAILED = {
    "direction": Direction.OUT,
    "author": Author.AGENT,
    "status": MessageStatus.FAILED,
}


@pytest.fixture
def shop(database: str, redis: None, noon: object) -> Team:
    """Two channels of one company, with 2 and 1 messages today; a stranger with a channel too."""
    with db.transaction() as session:
        place = factories.workspace(session)
        for number, messages in (("31", 2), ("32", 1)):
            helper = factories.assistant(session, place)
            on = factories.channel(session, place, helper, phone_number_id=number)
            talk = factories.conversation(session, on, title=f"Customer {number}")
            for _ in range(messages):
                said(session, talk)
        other = factories.workspace(session, "Hill Bakery")
        factories.channel(session, other, factories.assistant(session, other), phone_number_id="33")
        return Team(
            factories.person(session, place, "Ana Ruiz", Role.ADMIN),
            factories.person(session, place, "Sam Okoro"),
            factories.person(session, other, "Kim Vale", Role.ADMIN),
        )


def said(session: Any, talk: Conversation, **facts: Any) -> None:
    message = factories.message(session, talk, hour=clock.now().hour, **facts)
    rollup.added(session, message)


def says_one_more() -> None:
    with db.transaction() as session:
        said(session, session.get_one(Conversation, 1))


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[pipeline.Server]:
    live.viewers.clear()
    monkeypatch.setattr(work, "AT_MOST_EVERY", 0.0)
    async with pipeline.server() as running:
        yield running
    live.viewers.clear()


async def opened(server: pipeline.Server, who: Actor, **query: object) -> Browser:
    tab = Browser(server, who, **query)
    await tab.do("load")
    return tab


# ---- what is shown


async def test_the_page_of_an_assistant_counts_its_own_channel(
    server: pipeline.Server, shop: Team
) -> None:
    tab = await opened(server, shop.admin, assistant=1)
    assert (tab.figure("inbound"), tab.var("name")) == ("2", "Harbour assistant")
    assert (tab.var("base"), tab.var("days")) == ("/assistants/1/whatsapp/analytics/", "30")
    assert tab.var("csv") == "/api/analytics.csv?assistant=1&days=30"
    assert [row.title for row in tab.var("recent")] == ["Customer 31"]


async def test_the_workspace_counts_all_channels_or_the_chosen_one(
    server: pipeline.Server, shop: Team
) -> None:
    tab = await opened(server, shop.admin, days=7)
    assert (tab.figure("inbound"), tab.var("name")) == ("3", "Harbour Supplies")
    assert [choice.value for choice in tab.var("choices")] == ["1", "2"]
    await tab.do("choose_channel", channel="2")
    assert "/analytics/?channel=2&days=7" in tab.told
    tab = await opened(server, shop.admin, channel=2, days=7)
    assert tab.figure("inbound") == "1"
    assert tab.var("csv") == "/api/analytics.csv?channel=2&days=7"


async def test_a_period_of_ones_own(server: pipeline.Server, shop: Team) -> None:
    tab = await opened(server, shop.admin, assistant=1)
    await tab.do("choose_days", form_data={"first": "2026-11-20", "last": "2026-11-22"})
    assert "whatsapp/analytics/?from=2026-11-20&to=2026-11-22" in tab.told
    tab = await opened(
        server, shop.admin, assistant=1, **{"from": "2026-11-20", "to": "2026-11-22"}
    )
    assert (tab.figure("inbound"), tab.var("days")) == ("0", "")
    assert [bar.iso for bar in tab.var("bars")] == ["2026-11-20", "2026-11-21", "2026-11-22"]


async def test_a_bad_range_is_refused_in_words(server: pipeline.Server, shop: Team) -> None:
    tab = await opened(server, shop.admin, assistant=1)
    before = len(server.wire.events)
    await tab.do("choose_days", form_data={"first": "2026-11-22", "last": "2026-11-20"})
    assert "after the last one" in tab.var("problem")
    await tab.do("choose_days", form_data={"first": "x", "last": "2026-11-20"})
    assert "Choose the first day" in tab.var("problem")
    assert len(server.wire.events) == before


@pytest.mark.parametrize(
    "query", [{"days": "8"}, {"from": "2026-11-20"}, {"from": "x" * 900, "to": "2026-11-22"}]
)
async def test_an_address_with_a_bad_range_shows_the_last_30_days(
    server: pipeline.Server, shop: Team, query: dict[str, str]
) -> None:
    tab = await opened(server, shop.admin, assistant=1, **query)
    assert tab.var("problem")
    assert (tab.var("days"), len(tab.var("bars")), tab.figure("inbound")) == ("30", 30, "2")


async def test_a_day_is_opened_page_by_page_and_closed(server: pipeline.Server, shop: Team) -> None:
    with db.transaction() as session:
        on = session.get_one(Channel, 1)
        for number in range(60):
            said(session, factories.conversation(session, on, title=f"Guest {number}"))
    tab = await opened(server, shop.admin, assistant=1)
    await tab.do("choose_day", day="2026-11-23")
    assert (len(tab.var("day_talks")), tab.var("day_has_more")) == (50, True)
    first = {row.id for row in tab.var("day_talks")}
    await tab.do("more_of_day")
    second = {row.id for row in tab.var("day_talks")}
    assert (len(second), tab.var("day_has_more"), first & second) == (11, False, set())
    await tab.do("close_day", _open=False)
    assert (tab.var("open_day"), tab.var("day_talks")) == ("", [])


@pytest.mark.parametrize("day", ["2026-11-24", "2020-01-01", "", "x"])
async def test_a_day_outside_the_period_is_refused(
    server: pipeline.Server, shop: Team, day: str
) -> None:
    tab = await opened(server, shop.admin, assistant=1)
    await tab.tab.send(format_event_handler(Analytics.event_handlers["choose_day"]), day=day)
    assert "chart" in tab.told
    assert not tab.var("open_day")


async def test_many_reasons_end_in_other_ones(server: pipeline.Server, shop: Team) -> None:
    codes = (0, 4, 100, 131021, 131026, 131030, 131037, 131042, 131047, 131049, 131050, 131051, 190)
    with db.transaction() as session:
        talk = session.get_one(Conversation, 1)
        for code in codes:
            for _ in range(1 if code == 190 else 2):
                said(session, talk, **FAILED, error_code=code or None)
    tab = await opened(server, shop.admin, assistant=1)
    assert [row.number for row in tab.var("failures")] == ["2"] * 12 + ["1"]
    assert "Stopped here" in " ".join(row.reason for row in tab.var("failures"))
    assert tab.var("failures")[-1].reason == "Other reasons."


# ---- live


async def test_it_follows_the_messages(server: pipeline.Server, shop: Team) -> None:
    tab = await opened(server, shop.admin, assistant=1)
    says_one_more()
    await tab.do("refresh")
    assert tab.figure("inbound") == "3"


async def test_a_burst_is_read_once_a_second(
    server: pipeline.Server, shop: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "AT_MOST_EVERY", 60.0)
    tab = await opened(server, shop.admin, assistant=1)
    says_one_more()
    await tab.do("refresh")
    assert tab.figure("inbound") == "2"
    due = live.viewers[tab.tab.token].refresh_at["analytics"]
    assert due is not None
    assert timedelta(0) < due - NOON <= timedelta(seconds=60)


async def test_what_did_not_change_is_not_sent_again(server: pipeline.Server, shop: Team) -> None:
    tab = await opened(server, shop.admin, assistant=1)
    before = len(server.wire.updates)
    await tab.do("refresh")
    sent = [update.delta or {} for _, update in server.wire.updates[before:]]
    assert not any("tiles_rx_state_" in values for delta in sent for values in delta.values())


async def test_leaving_ends_the_watch(server: pipeline.Server, shop: Team) -> None:
    tab = await opened(server, shop.admin, assistant=1)
    assert "analytics" in live.viewers[tab.tab.token].refreshers
    await tab.do("leave")
    assert "analytics" not in live.viewers[tab.tab.token].refreshers
    await tab.do("refresh")
    assert tab.var("tiles") == []


# ---- who may

HANDLERS: list[tuple[str, dict[str, Any]]] = [
    ("refresh", {}),
    ("choose_days", {"form_data": {"first": "2026-11-20", "last": "2026-11-22"}}),
    ("choose_channel", {"channel": "1"}),
    ("show_table", {"table": True}),
    ("choose_day", {"day": "2026-11-23"}),
    ("more_of_day", {}),
    ("close_day", {"_open": False}),
]


async def test_an_agent_reads_no_figure(server: pipeline.Server, shop: Team) -> None:
    tab = await opened(server, shop.agent, assistant=1)
    assert tab.var("loaded") is True
    assert not tab.var("tiles")
    for handler, payload in HANDLERS:
        await tab.do(handler, **payload)
        assert "does not allow" in tab.told, handler
    assert not tab.var("tiles")


@pytest.mark.parametrize("query", [{"assistant": 1}, {"channel": 1}])
async def test_a_stranger_reads_nothing(
    server: pipeline.Server, shop: Team, query: dict[str, object]
) -> None:
    before = database_rows()["message"]
    tab = await opened(server, shop.stranger, **query)
    assert tab.var("missing") is True
    for handler, payload in HANDLERS:
        await tab.tab.send(format_event_handler(Analytics.event_handlers[handler]), **payload)
    assert not tab.var("tiles")
    assert "Customer 31" not in server.wire.text
    assert database_rows()["message"] == before


async def test_a_stranger_sees_an_own_empty_page(server: pipeline.Server, shop: Team) -> None:
    tab = await opened(server, shop.stranger)
    assert (tab.figure("total"), tab.figure("delivery_rate")) == ("0", "–")
    assert (tab.var("said"), tab.var("recent")) == ("No messages in this period.", [])


@pytest.mark.parametrize("address", ["", "0", "-1", "x", "9" * 30, "424242"])
async def test_an_address_without_an_assistant(
    server: pipeline.Server, shop: Team, address: str
) -> None:
    tab = await opened(server, shop.admin, assistant=address)
    assert tab.var("missing") is True
    assert not tab.var("tiles")


async def test_a_workspace_without_a_channel_has_an_empty_page(
    server: pipeline.Server, shop: Team
) -> None:
    with db.transaction() as session:
        place = factories.workspace(session, "New Shop")
        owner = factories.person(session, place, "New Owner", Role.ADMIN)
    tab = await opened(server, owner)
    assert (tab.figure("total"), tab.var("recent")) == ("0", [])
