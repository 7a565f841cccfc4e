"""Phone number and WABA nodes, subscriptions, registration, health, account events."""

import hashlib
import hmac
from typing import Any

import pytest

from meta_simulator import Simulator, seed
from tests.simulator.conftest import NUMBER, WABA, Graph, Inbox, error

pytestmark = pytest.mark.anyio
PIN = {"messaging_product": "whatsapp", "pin": "123456"}


async def test_a_phone_number_node_has_default_and_chosen_fields(graph: Graph) -> None:
    assert (await graph.get(NUMBER)).json()["verified_name"] == "Harbour Support"
    chosen = (await graph.get(NUMBER, fields="status,display_phone_number")).json()
    assert chosen == {
        "status": "CONNECTED",
        "display_phone_number": "+44 20 7946 0991",
        "id": NUMBER,
    }
    assert error(await graph.get(NUMBER, fields="colour"))[:2] == (400, 100)


async def test_numbers_of_a_waba_are_paged(simulator: Simulator, graph: Graph, sim: Any) -> None:
    for i in range(3):
        body = {"waba_id": WABA, "phone": f"+44 20 7946 010{i}", "name": f"N{i}"}
        assert (await sim.post("/sim/numbers", json=body)).status_code == 201
    first = (await graph.get(f"{WABA}/phone_numbers", limit="3")).json()
    assert len(first["data"]) == 3
    after = first["paging"]["cursors"]["after"]
    last = (await graph.get(f"{WABA}/phone_numbers", limit="3", after=after)).json()
    assert len(last["data"]) == 1
    assert "next" not in last["paging"]


async def test_a_waba_node_names_its_owner(graph: Graph) -> None:
    found = (await graph.get(WABA, fields="name,currency,owner_business_info")).json()
    assert found["owner_business_info"] == {"name": "Harbour Supplies", "id": seed.BUSINESS_ID}


async def test_health_is_as_good_as_the_worst_part(simulator: Simulator, graph: Graph) -> None:
    async def health() -> str:
        answer = (await graph.get(NUMBER, fields="health_status")).json()
        return answer["health_status"]["can_send_message"]

    assert await health() == "AVAILABLE"
    simulator.account_event("restriction")
    assert await health() == "LIMITED"
    simulator.account_event("ban")
    assert await health() == "BLOCKED"
    simulator.account_event("reinstated")
    assert await health() == "AVAILABLE"


async def test_subscribe_list_and_unsubscribe(graph: Graph) -> None:
    path = f"{WABA}/subscribed_apps"
    await graph.delete(path)
    assert (await graph.get(path)).json() == {"data": []}
    await graph.post(path)
    found = (await graph.get(path)).json()["data"]
    assert found[0]["whatsapp_business_api_data"]["id"] == seed.APP_ID
    assert "override_callback_uri" not in found[0]


async def test_an_override_is_checked_and_removed_by_an_empty_post(
    inbox: Inbox, graph: Graph
) -> None:
    path = f"{WABA}/subscribed_apps"
    body = {"override_callback_uri": "http://inbox.test/over", "verify_token": "wrong"}
    assert error(await graph.post(path, body))[:2] == (400, 2200)
    body["verify_token"] = seed.VERIFY_TOKEN
    await graph.post(path, body)
    found = (await graph.get(path)).json()["data"][0]
    assert found["override_callback_uri"] == "http://inbox.test/over"
    await graph.post(path)
    assert "override_callback_uri" not in (await graph.get(path)).json()["data"][0]


async def test_register_sets_the_pin_and_then_asks_for_it(
    simulator: Simulator, graph: Graph
) -> None:
    assert (await graph.post(f"{NUMBER}/deregister")).json() == {"success": True}
    node = (await graph.get(NUMBER, fields="platform_type,status")).json()
    assert (node["platform_type"], node["status"]) == ("NOT_APPLICABLE", "DISCONNECTED")
    assert (await graph.post(f"{NUMBER}/register", PIN)).json() == {"success": True}
    wrong = PIN | {"pin": "654321"}
    assert error(await graph.post(f"{NUMBER}/register", wrong))[:2] == (400, 133005)
    assert error(await graph.post(f"{NUMBER}/register", PIN | {"pin": "12"}))[:2] == (400, 100)
    assert (await graph.get(NUMBER, fields="is_pin_enabled")).json()["is_pin_enabled"] is True


async def test_registration_is_limited_to_ten_in_72_hours(
    simulator: Simulator, graph: Graph
) -> None:
    for _ in range(10):
        assert (await graph.post(f"{NUMBER}/register", PIN)).status_code == 200
    assert error(await graph.post(f"{NUMBER}/register", PIN))[:2] == (400, 133016)
    simulator.clock.advance(72 * 3600)
    assert (await graph.post(f"{NUMBER}/register", PIN)).status_code == 200


async def test_an_unverified_number_and_a_business_app_number(
    simulator: Simulator, graph: Graph
) -> None:
    number = simulator.world.numbers[NUMBER]
    number.code_verification_status = "EXPIRED"
    assert error(await graph.post(f"{NUMBER}/register", PIN))[:2] == (400, 133006)
    number.is_on_biz_app = True
    assert error(await graph.post(f"{NUMBER}/register", PIN))[:2] == (400, 100)
    assert error(await graph.post(f"{NUMBER}/deregister"))[:2] == (400, 100)


async def test_the_app_callback_is_set_with_the_app_token(inbox: Inbox, graph: Graph) -> None:
    path = f"{seed.APP_ID}/subscriptions"
    body = {
        "object": "whatsapp_business_account",
        "callback_url": "http://inbox.test/new",
        "verify_token": seed.VERIFY_TOKEN,
        "fields": "messages",
    }
    assert error(await graph.post(path, body))[1] == 15
    graph.http.headers["Authorization"] = f"Bearer {seed.APP_ID}|{seed.APP_SECRET}"
    assert error(await graph.post(path, body | {"verify_token": "no"}))[:2] == (400, 2200)
    assert (await graph.post(path, body)).json() == {"success": True}
    found = (await graph.get(path)).json()["data"][0]
    assert found["callback_url"] == "http://inbox.test/new"
    assert [f["name"] for f in found["fields"]] == ["messages"]
    graph.http.headers["Authorization"] = f"Bearer {seed.APP_ID}|wrong"
    assert error(await graph.get(path))[:2] == (400, 190)


async def test_appsecret_proof_is_checked_when_given(simulator: Simulator, graph: Graph) -> None:
    proof = hmac.new(seed.APP_SECRET.encode(), seed.TOKEN.encode(), hashlib.sha256).hexdigest()
    assert (await graph.get(NUMBER, appsecret_proof=proof)).status_code == 200
    wrong = await graph.get(NUMBER, appsecret_proof="0" * 64)
    assert error(wrong)[:2] == (400, 100)
    assert wrong.json()["error"]["type"] == "GraphMethodException"
    simulator.world.apps[seed.APP_ID].require_proof = True
    assert "requires" not in (await graph.get(NUMBER)).json()
    assert error(await graph.get(NUMBER))[:2] == (400, 100)
    assert (await graph.get(NUMBER, appsecret_proof=proof)).status_code == 200


async def test_debug_token(simulator: Simulator, graph: Graph) -> None:
    app_token = f"{seed.APP_ID}|{seed.APP_SECRET}"
    for asker in (app_token, seed.TOKEN):
        graph.http.headers["Authorization"] = f"Bearer {asker}"
        data = (await graph.get("debug_token", input_token=seed.TOKEN)).json()["data"]
        assert (data["is_valid"], data["app_id"], data["expires_at"]) == (True, seed.APP_ID, 0)
        assert "whatsapp_business_messaging" in data["scopes"]
    foreign = simulator.add_tenant(name="Kite", app={"secret": "s"})
    answer = await graph.get("debug_token", input_token=foreign["token"])
    assert error(answer)[:2] == (400, 100)
    graph.http.headers["Authorization"] = f"Bearer {app_token}"
    unknown = (await graph.get("debug_token", input_token="EAAnothing")).json()["data"]
    assert (unknown["is_valid"], unknown["error"]["code"]) == (False, 190)
    simulator.world.tokens[seed.TOKEN].expires_at = 1.0
    dead = (await graph.get("debug_token", input_token=seed.TOKEN)).json()["data"]
    assert (dead["is_valid"], dead["error"]["subcode"]) == (False, 463)


EVENTS = [
    ("quality", {"quality": "RED"}, "phone_number_quality_update"),
    ("name", {"decision": "REJECTED"}, "phone_number_name_update"),
    ("restriction", {}, "account_update"),
    ("reinstated", {}, "account_update"),
    ("ban", {}, "account_update"),
    ("violation", {}, "account_update"),
    ("partner_added", {}, "account_update"),
    ("partner_removed", {}, "account_update"),
    ("partner_app_installed", {}, "account_update"),
    ("partner_app_uninstalled", {}, "account_update"),
    ("account_deleted", {}, "account_update"),
    ("review", {"decision": "REJECTED"}, "account_review_update"),
    ("alert", {}, "account_alerts"),
    ("capability", {"limit": 1000}, "business_capability_update"),
    ("security", {}, "security"),
]


@pytest.mark.parametrize(("event", "facts", "field"), EVENTS)
async def test_each_account_event_is_sent_once(
    simulator: Simulator, inbox: Inbox, event: str, facts: dict[str, Any], field: str
) -> None:
    assert simulator.account_event(event, **facts) == 1
    await simulator.settle()
    assert len(inbox.values(field)) == 1


async def test_partner_removed_carries_the_business_id_and_kills_the_token(
    simulator: Simulator, inbox: Inbox, graph: Graph
) -> None:
    simulator.account_event("partner_removed")
    await simulator.settle()
    entry = inbox.payloads[0]["entry"][0]
    assert entry["id"] == seed.BUSINESS_ID
    assert entry["changes"][0]["value"]["waba_info"]["waba_id"] == WABA
    assert error(await graph.get(NUMBER)) == (401, 190, 458)


async def test_an_unknown_account_event_is_refused(simulator: Simulator) -> None:
    with pytest.raises(ValueError, match="unknown account event"):
        simulator.account_event("party")


async def test_the_business_profile_is_read_and_written(graph: Graph) -> None:
    path = f"{NUMBER}/whatsapp_business_profile"
    body = {"messaging_product": "whatsapp", "about": "Ropes", "websites": ["https://x.test"]}
    assert (await graph.post(path, body)).json() == {"success": True}
    found = (await graph.get(path, fields="about")).json()["data"]
    assert found == [{"about": "Ropes", "messaging_product": "whatsapp"}]
    assert error(await graph.post(path, {"about": "x" * 140}))[:2] == (400, 100)
