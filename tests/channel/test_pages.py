"""The WhatsApp page through the real guard and the real handlers, with Meta simulated."""

import asyncio
from typing import Any

import pytest

from domain import connecting
from illumichat_app.config import settings
from meta_simulator import seed
from models import ConnectionStatus, WhatsAppConnection
from state import connection as work
from state.channel import Channel
from state.connection import Connection
from tests.channel.conftest import Browser, connect, form, given
from tests.conftest import VERIFY_TOKEN
from tests.connecting.conftest import Shop, another, competitor, live, lose
from tests.flows.stack import rows
from tests.security import pipeline
from tests.security.pipeline import database_rows

pytestmark = pytest.mark.anyio

HANDLERS: list[tuple[Any, str, dict[str, Any]]] = [
    (Channel, "refresh", {}),
    (Channel, "copy_verify_token", {}),
    (Connection, "close", {}),
    (
        Connection,
        "sign_up",
        {"code": "c", "waba_id": "1", "phone_number_id": "2", "event": "FINISH"},
    ),
    (Connection, "connect_manually", {"form_data": {"access_token": "x"}}),
    (Connection, "test", {}),
    (Connection, "retry", {"step": "subscribe"}),
    (Connection, "register", {"form_data": {"pin": "123456"}}),
    (Connection, "disconnect", {}),
]


# ---- who may


async def test_the_page_of_an_assistant_without_a_number(admin: Browser, shop: Shop) -> None:
    assert (admin.card.status, admin.card.assistant) == ("none", "Harbour assistant")
    assert admin.var(Channel, "loaded") is True
    offer = admin.var(Channel, "offer")
    assert (offer.app_id, offer.config_id) == (settings().meta_app_id, settings().meta_config_id)
    assert "https://www.facebook.com" in offer.origins


async def test_without_a_configuration_nothing_is_offered(
    server: pipeline.Server, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("META_CONFIG_ID", "")
    settings.cache_clear()
    tab = Browser(server, shop.ana, shop.assistant.id)
    await tab.open()
    assert not tab.var(Channel, "offer").app_id
    await tab.do(Connection, "sign_up", **given(shop.answer()))
    assert "Advanced Setup" in tab.problem
    monkeypatch.undo()
    settings.cache_clear()


async def test_with_a_lost_key_test_says_so_and_disconnect_works(
    admin: Browser, shop: Shop
) -> None:
    await shop.connect()
    lose(live()[0])
    await admin.open()
    await admin.do(Connection, "test")
    assert "disconnect the number and connect it again" in admin.problem
    await admin.do(Connection, "disconnect")
    assert admin.problem == ""
    assert "Meta was not told" in admin.var(Connection, "steps")[0].sentence
    assert rows(WhatsAppConnection)[0].status is ConnectionStatus.DISCONNECTED


async def test_an_agent_is_told_and_may_do_nothing(agent: Browser, shop: Shop) -> None:
    await shop.sign_up()
    before = database_rows()
    assert agent.var(Channel, "loaded") is True
    assert not agent.var(Channel, "card").number
    for state, handler, payload in HANDLERS:
        await agent.do(state, handler, **payload)
        assert "does not allow" in agent.told, handler
    assert database_rows() == before


@pytest.mark.parametrize("address", ["", "0", "-1", "x", "9" * 30, "424242"])
async def test_an_address_without_an_assistant(
    server: pipeline.Server, shop: Shop, address: str
) -> None:
    tab = Browser(server, shop.ana, address)
    await tab.open()
    assert tab.var(Channel, "missing") is True
    for state, handler, payload in HANDLERS:
        await tab.do(state, handler, **payload)
    assert rows(WhatsAppConnection) == []


async def test_a_stranger_sees_and_does_nothing(server: pipeline.Server, shop: Shop) -> None:
    await shop.sign_up(business="Blue Kite")
    before = rows(WhatsAppConnection)[0].model_dump()
    stranger, _ = competitor()
    tab = Browser(server, stranger, shop.assistant.id)
    await tab.open()
    assert tab.var(Channel, "missing") is True
    for state, handler, payload in HANDLERS:
        await tab.do(state, handler, **payload)
    assert rows(WhatsAppConnection)[0].model_dump() == before
    assert "Blue Kite" not in server.wire.text


# ---- Embedded Signup


async def test_each_step_is_shown_as_it_comes(admin: Browser, shop: Shop) -> None:
    answer = shop.answer(phone="+44 20 7946 0555")
    await admin.do(Connection, "sign_up", **given(answer))
    assert set(admin.steps) == set(work.SIGNING_UP)
    assert set(admin.steps.values()) == {"ok"}
    lists = [
        [step.state for step in update]
        for _, each in admin.server.wire.updates
        for state, values_ in (each.delta or {}).items()
        if state.endswith("connection")
        for name, update in values_.items()
        if name == "steps_rx_state_"
    ]
    assert ["running", *["waiting"] * 7] in lists
    assert ["ok", "ok", "running", *["waiting"] * 5] in lists
    assert (admin.card.status, admin.card.number) == ("connected", "+44 20 7946 0555")
    assert admin.var(Channel, "channel") == live()[0].channel_id
    assert (admin.idle, admin.var(Connection, "heading")) == (True, "All done")


async def test_the_code_and_the_token_reach_no_browser(admin: Browser, shop: Shop) -> None:
    answer = shop.answer()
    await admin.do(Connection, "sign_up", **given(answer))
    (row,) = live()
    for secret in (answer.code, row.access_token, row.pin, VERIFY_TOKEN):
        assert secret not in admin.server.wire.text


async def test_a_failed_step_ends_the_list_and_frees_the_button(admin: Browser, shop: Shop) -> None:
    await connect(shop, admin, outcome="only_waba")
    assert admin.steps == {"exchange": "ok", "permissions": "ok", "number": "failed"}
    assert "Add a number" in admin.step("number").fix
    assert (admin.idle, admin.card.status) == (True, "none")
    assert admin.var(Connection, "heading") == "1 step did not work"


async def test_a_number_held_by_another_assistant_is_named_and_linked(
    admin: Browser, shop: Shop, server: pipeline.Server
) -> None:
    await shop.sign_up(waba_id=seed.WABA_ID, phone_number_id=seed.NUMBER_ID)
    other = another(shop)
    tab = Browser(server, shop.ana, other.id)
    await tab.open()
    await connect(shop, tab, waba_id=seed.WABA_ID, phone_number_id=seed.NUMBER_ID)
    assert "already connected to Harbour assistant" in tab.problem
    assert tab.var(Connection, "taken_by") == shop.assistant.id
    assert (tab.card.status, tab.idle) == ("none", True)


async def test_a_number_of_another_company_is_only_taken(
    admin: Browser, shop: Shop, server: pipeline.Server
) -> None:
    rival, theirs = competitor()
    answer = shop.answer(waba_id=seed.WABA_ID, phone_number_id=seed.NUMBER_ID)
    await shop.finish(answer, rival, theirs)
    await connect(shop, admin, waba_id=seed.WABA_ID, phone_number_id=seed.NUMBER_ID)
    assert "connected elsewhere" in admin.problem
    assert not admin.var(Connection, "taken_by")


class SlowMeta:
    """Finishes a signup when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked, self.go, self.calls = asyncio.Event(), asyncio.Event(), 0
        self.real = connecting.finish_signup
        monkeypatch.setattr(connecting, "finish_signup", self.finish)

    async def finish(self, *args: Any) -> Any:
        self.calls += 1
        self.asked.set()
        await self.go.wait()
        async for step in self.real(*args):
            yield step


async def test_a_second_click_begins_nothing(
    admin: Browser, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, answer = SlowMeta(monkeypatch), shop.answer()
    first = await admin.start(Connection, "sign_up", **given(answer))
    await slow.asked.wait()
    await admin.do(Connection, "sign_up", **given(answer))
    await admin.do(Connection, "test")
    slow.go.set()
    await first.wait_all()
    assert (slow.calls, len(live())) == (1, 1)


async def test_leaving_in_the_middle_finishes_unseen(
    admin: Browser, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowMeta(monkeypatch)
    first = await admin.start(Connection, "sign_up", **given(shop.answer()))
    await slow.asked.wait()
    await admin.leave()
    slow.go.set()
    await first.wait_all()
    assert live()[0].status is ConnectionStatus.CONNECTED
    assert not admin.var(Connection, "steps")
    await admin.open()
    assert (admin.card.status, admin.idle) == ("connected", True)


async def test_a_broken_line_keeps_the_steps_of_what_goes_on(
    admin: Browser, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowMeta(monkeypatch)
    first = await admin.start(Connection, "sign_up", **given(shop.answer()))
    await slow.asked.wait()
    await admin.open()
    assert admin.var(Connection, "busy") == "signup"
    slow.go.set()
    await first.wait_all()
    assert set(admin.steps.values()) == {"ok"}


async def test_two_tabs_connect_one_number_once(
    admin: Browser, shop: Shop, server: pipeline.Server
) -> None:
    second = Browser(server, shop.ana, another(shop).id)
    await second.open()
    company = shop.company()
    await asyncio.gather(
        admin.do(Connection, "connect_manually", **form(company)),
        second.do(Connection, "connect_manually", **form(company)),
    )
    assert len(live()) == 1
    assert sorted(["already connected" in tab.problem for tab in (admin, second)]) == [False, True]


async def test_a_bug_leaves_no_button_spinning(
    admin: Browser, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr(connecting, "connect_manually", broken)
    with pytest.raises(RuntimeError):
        await admin.do(Connection, "connect_manually", **form(shop.company()))
    assert admin.idle
