"""The typed Graph calls against the simulated Meta, and odd answers against a scripted one."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from integrations.whatsapp import management
from integrations.whatsapp.client import Credentials, GraphClient
from integrations.whatsapp.errors import GraphError
from integrations.whatsapp.management import MANAGEMENT, MESSAGING, App, Health
from meta_simulator import Simulator, seed
from meta_simulator.clock import Clock

pytestmark = pytest.mark.anyio
SHOP = Credentials(seed.NUMBER_ID, seed.TOKEN, seed.APP_SECRET)
APP = App(seed.APP_ID, seed.APP_SECRET)


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(
        callback_url="http://app.test/hook",
        clock=Clock(source=lambda: 1_795_400_000.0),
        http=httpx.AsyncClient(),
        allowed_hosts=["graph.test"],
    )


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[GraphClient]:
    transport = httpx.ASGITransport(simulator.app)
    async with GraphClient("http://graph.test", "v26.0", slots=1, transport=transport) as opened:
        yield opened
    await simulator.core.delivery.http.aclose()


def refusal(error: GraphError) -> tuple[int | None, int | None]:
    return error.code, error.subcode


async def test_a_token_told_by_itself_and_by_its_app(client: GraphClient) -> None:
    for asker in (SHOP, APP.token):
        facts = await management.debug_token(client, asker, seed.TOKEN)
        assert (facts.app_id, facts.valid, facts.expires_at) == (seed.APP_ID, True, None)
        assert facts.scopes >= {MESSAGING, MANAGEMENT}
        assert (facts.granted, facts.missing) == (None, [])


async def test_a_token_for_one_account_says_which(
    simulator: Simulator, client: GraphClient
) -> None:
    token = simulator.world.tokens[seed.TOKEN]
    token.waba_ids, token.expires_at, token.scopes = [seed.WABA_ID], 1_795_500_000, [MANAGEMENT]
    facts = await management.debug_token(client, APP.token, seed.TOKEN)
    assert facts.granted == {seed.WABA_ID}
    assert facts.missing == [MESSAGING]
    assert facts.expires_at == datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


async def test_a_dead_and_an_unknown_token(simulator: Simulator, client: GraphClient) -> None:
    assert not (await management.debug_token(client, APP.token, "EAAnobody")).valid
    simulator.world.tokens[seed.TOKEN].dead_subcode = 460
    assert not (await management.debug_token(client, APP.token, seed.TOKEN)).valid
    with pytest.raises(GraphError) as error:
        await management.debug_token(client, SHOP, seed.TOKEN)
    assert refusal(error.value) == (190, 460)


async def test_the_facts_of_a_number(simulator: Simulator, client: GraphClient) -> None:
    facts = await management.phone_number(client, SHOP)
    assert (facts.id, facts.display) == (seed.NUMBER_ID, "+44 20 7946 0991")
    assert (facts.quality, facts.name_status, facts.throughput) == ("GREEN", "APPROVED", "STANDARD")
    assert facts.limit.startswith("TIER_")
    assert facts.registered
    assert not facts.on_business_app
    assert facts.callback == "http://app.test/hook"
    simulator.world.wabas[seed.WABA_ID].subscriptions[seed.APP_ID] = "http://waba.test/"
    assert (await management.phone_number(client, SHOP)).callback == "http://waba.test/"
    simulator.world.numbers[seed.NUMBER_ID].override = "http://number.test/"
    assert (await management.phone_number(client, SHOP)).callback == "http://number.test/"


async def test_every_number_of_an_account_page_by_page(
    simulator: Simulator, client: GraphClient
) -> None:
    made = {
        simulator.finish_signup(waba_id=seed.WABA_ID, phone=f"+44 20 7946 {n:04}")["data"][
            "phone_number_id"
        ]
        for n in range(120)
    }
    found = [number.id for number in await management.phone_numbers(client, SHOP, seed.WABA_ID)]
    assert len(found) == 121
    assert set(found) == made | {seed.NUMBER_ID}


async def test_a_foreign_account_looks_missing(simulator: Simulator, client: GraphClient) -> None:
    other = simulator.add_tenant(name="Kite")
    for call in (
        management.phone_numbers(client, SHOP, other["waba_id"]),
        management.phone_number(client, replace(SHOP, phone_number_id=other["phone_number_id"])),
        management.subscribe(client, SHOP, other["waba_id"]),
    ):
        with pytest.raises(GraphError) as error:
            await call
        assert refusal(error.value) == (100, 33)


async def test_subscribing_and_unsubscribing(client: GraphClient) -> None:
    await management.unsubscribe(client, SHOP, seed.WABA_ID)
    assert await management.subscribed_apps(client, SHOP, seed.WABA_ID) == frozenset()
    await management.subscribe(client, SHOP, seed.WABA_ID)
    assert await management.subscribed_apps(client, SHOP, seed.WABA_ID) == {seed.APP_ID}


async def test_registering(simulator: Simulator, client: GraphClient) -> None:
    number = simulator.world.numbers[seed.NUMBER_ID]
    number.platform_type = "NOT_APPLICABLE"
    await management.register(client, SHOP, "123456")
    assert number.pin == "123456"
    with pytest.raises(GraphError) as error:
        await management.register(client, SHOP, "654321")
    assert error.value.code == 133005


async def test_health(simulator: Simulator, client: GraphClient) -> None:
    assert await management.health(client, SHOP) == Health("AVAILABLE")
    simulator.world.wabas[seed.WABA_ID].ban_state = "DISABLE"
    blocked = Health("BLOCKED", ("The account is disabled. Contact Meta support.",))
    assert await management.health(client, SHOP) == blocked


async def test_a_code_is_exchanged_without_an_address_that_holds_secrets(
    simulator: Simulator, client: GraphClient
) -> None:
    code = simulator.finish_signup()["code"]
    token = await management.exchange_code(client, APP, code)
    assert token in simulator.world.tokens
    assert not [e for e in simulator.traffic.entries if "client_secret" in e.target]
    with pytest.raises(GraphError) as error:
        await management.exchange_code(client, APP, code)
    assert refusal(error.value) == (100, 36009)


async def test_the_app_secret(client: GraphClient) -> None:
    assert await management.secret_matches(client, SHOP)
    assert not await management.secret_matches(client, replace(SHOP, app_secret="wrong"))
    # A wrong number is another mistake.
    assert await management.secret_matches(client, replace(SHOP, phone_number_id="3"))
    with pytest.raises(GraphError) as error:
        await management.secret_matches(client, replace(SHOP, token="EAAnobody"))
    assert error.value.token_problem
    assert management.without_secret(SHOP).app_secret is None


async def scripted(answer: Any, **headers: str) -> GraphClient:
    def reply(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=answer, headers=headers)

    transport = httpx.MockTransport(reply)
    return GraphClient("http://graph.test", "v26.0", slots=1, transport=transport)


async def test_metas_time() -> None:
    moment = datetime(2026, 11, 23, 12, 0, 5, tzinfo=UTC)
    for date, expected in (
        ("Mon, 23 Nov 2026 12:00:05 GMT", moment),
        ("Mon, 23 Nov 2026 14:00:05 +0200", moment),
        ("yesterday", None),
    ):
        async with await scripted({}, date=date) as client:
            assert await management.server_time(client, SHOP) == expected


async def test_an_answer_without_a_token_is_a_failure() -> None:
    async with await scripted({"token_type": "bearer"}) as client:
        with pytest.raises(GraphError, match="no token"):
            await management.exchange_code(client, APP, "code")


@pytest.mark.parametrize("answer", [{}, {"data": None}, {"data": {"scopes": None}}, {"id": 5}])
async def test_answers_with_holes_do_not_break(answer: dict[str, Any]) -> None:
    async with await scripted(answer) as client:
        facts = await management.debug_token(client, SHOP, seed.TOKEN)
        assert (facts.valid, facts.scopes, facts.granted) == (False, frozenset(), None)
        assert (await management.phone_number(client, SHOP)).display == ""
        assert await management.phone_numbers(client, SHOP, "21") == []
        assert await management.subscribed_apps(client, SHOP, "21") == frozenset()
        assert await management.health(client, SHOP) == Health("")


async def test_a_cursor_that_repeats_ends_the_listing() -> None:
    page = {"data": [{"id": "3"}], "paging": {"cursors": {"after": "x"}, "next": "http://more"}}
    async with await scripted(page) as client:
        assert len(await management.phone_numbers(client, SHOP, "21")) == 2
