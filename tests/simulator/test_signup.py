"""The signup window: code, token, and what the token may do."""

from typing import Any

import httpx
import pytest

from meta_simulator import Simulator, seed
from tests.simulator.conftest import Graph, error

pytestmark = pytest.mark.anyio


async def exchange(graph: Graph, code: str, **changes: str) -> httpx.Response:
    query = {"client_id": seed.APP_ID, "client_secret": seed.APP_SECRET, "code": code}
    return await graph.get("oauth/access_token", **(query | changes))


async def test_from_code_to_first_message(simulator: Simulator, graph: Graph) -> None:
    result = simulator.finish_signup(business="Blue Kite", phone="+44 20 7946 0555")
    assert (result["event"], result["version"]) == ("FINISH", 3)
    data = result["data"]
    token = (await exchange(graph, result["code"])).json()
    assert token["token_type"] == "bearer"
    graph.http.headers["Authorization"] = f"Bearer {token['access_token']}"
    facts = (await graph.get("debug_token", input_token=token["access_token"])).json()["data"]
    assert {"scope": "whatsapp_business_management", "target_ids": [data["waba_id"]]} in facts[
        "granular_scopes"
    ]
    number = data["phone_number_id"]
    assert (await graph.get(number)).json()["platform_type"] == "NOT_APPLICABLE"
    assert error(await graph.send(number=number))[1] == 133010
    pin = {"messaging_product": "whatsapp", "pin": "123456"}
    assert (await graph.post(f"{data['waba_id']}/subscribed_apps")).status_code == 200
    assert (await graph.post(f"{number}/register", pin)).status_code == 200
    assert (await graph.send(number=number)).status_code == 200
    assert error(await graph.get(seed.WABA_ID)) == (400, 100, 33)


async def test_a_code_works_once(simulator: Simulator, graph: Graph) -> None:
    code = simulator.finish_signup()["code"]
    assert (await exchange(graph, code)).status_code == 200
    assert error(await exchange(graph, code)) == (400, 100, 36009)


@pytest.mark.parametrize(("seconds", "status"), [(30, 200), (31, 400)])
async def test_a_code_lives_30_seconds(
    simulator: Simulator, graph: Graph, seconds: int, status: int
) -> None:
    code = simulator.finish_signup()["code"]
    simulator.clock.advance(seconds)
    answer = await exchange(graph, code)
    assert answer.status_code == status
    assert answer.json().get("error", {}).get("error_subcode", 36007) == 36007


async def test_wrong_app_and_secret(simulator: Simulator, graph: Graph) -> None:
    code = simulator.finish_signup()["code"]
    assert error(await exchange(graph, code, client_secret="no"))[:2] == (400, 1)
    assert error(await exchange(graph, code, client_id="9"))[:2] == (400, 101)
    assert error(await exchange(graph, "AQnothing"))[:2] == (400, 100)
    other = simulator.add_tenant(name="Kite", app={"secret": "s"})
    stolen = await exchange(graph, code, client_id=other["app_id"], client_secret="s")
    assert error(stolen)[:2] == (400, 100)


@pytest.mark.parametrize(
    ("choice", "event", "keys"),
    [
        ({}, "FINISH", {"waba_id", "business_id", "phone_number_id"}),
        ({"outcome": "only_waba"}, "FINISH_ONLY_WABA", {"waba_id", "business_id"}),
        (
            {"outcome": "coexistence"},
            "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING",
            {"waba_id", "business_id"},
        ),
        ({"outcome": "cancel"}, "CANCEL", {"current_step"}),
        (
            {"outcome": "error"},
            "ERROR",
            {"error_message", "error_id", "session_id", "timestamp"},
        ),
    ],
)
async def test_each_end_of_the_window(
    simulator: Simulator, choice: dict[str, Any], event: str, keys: set[str]
) -> None:
    result = simulator.finish_signup(**choice)
    assert result["event"] == event
    assert set(result["data"]) == keys
    assert bool(result["code"]) is event.startswith("FINISH")


async def test_a_business_app_number_is_ready_at_once(simulator: Simulator) -> None:
    data = simulator.finish_signup(outcome="coexistence")["data"]
    number = next(n for n in simulator.world.numbers.values() if n.waba_id == data["waba_id"])
    assert (number.is_on_biz_app, number.platform_type) == (True, "CLOUD_API")


async def test_an_existing_account_can_be_chosen(simulator: Simulator) -> None:
    data = simulator.finish_signup(waba_id=seed.WABA_ID)["data"]
    assert data["phone_number_id"] == seed.NUMBER_ID


async def test_the_sdk_and_the_window_are_served(sim: httpx.AsyncClient) -> None:
    for path in ("/sdk.js", "/en_US/sdk.js"):
        assert "window.FB" in (await sim.get(path)).text
    assert "Connect WhatsApp" in (await sim.get("/dialog/signup")).text
    good = {"app_id": seed.APP_ID, "config_id": seed.CONFIG_ID}
    options = (await sim.get("/dialog/options", params=good)).json()
    assert options["accounts"][0]["waba_id"] == seed.WABA_ID
    bad = await sim.get("/dialog/options", params=good | {"config_id": "1"})
    assert bad.status_code == 400
    foreign = {"Origin": "http://evil.test"}
    refused = await sim.post("/dialog/signup", json={}, headers=foreign)
    assert refused.status_code == 403
