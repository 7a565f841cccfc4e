"""The control API does what the page does; nobody else may use it."""

import base64

import httpx
import pytest
from starlette.applications import Starlette

from meta_simulator import Simulator, seed
from tests.simulator.conftest import NUMBER, Graph, Inbox

pytestmark = pytest.mark.anyio
Sim = httpx.AsyncClient


async def test_a_customer_writes_and_reads(
    simulator: Simulator, inbox: Inbox, sim: Sim, graph: Graph
) -> None:
    made = await sim.post("/sim/customers/lucia/messages", json={"text": "Hola é"})
    assert made.status_code == 201
    assert (await sim.post("/sim/settle")).json()["steps"] == 1
    assert inbox.items("messages")[0]["id"] == made.json()["id"]
    await graph.send()
    await simulator.settle()
    thread = (await sim.get("/sim/customers/lucia/thread")).json()
    assert [(m["inbound"], m["status"]) for m in thread["messages"]] == [
        (True, ""),
        (False, "read"),
    ]


async def test_a_file_comes_as_base64_or_as_a_form(
    simulator: Simulator, inbox: Inbox, sim: Sim
) -> None:
    body = {"type": "image", "data_base64": base64.b64encode(b"one").decode(), "caption": "c"}
    await sim.post("/sim/customers/lucia/messages", json=body)
    files = {"file": ("note.ogg", b"two", "audio/ogg")}
    form = {"type": "audio", "voice": "false"}
    await sim.post("/sim/customers/lucia/messages", data=form, files=files)
    await simulator.settle()
    image, audio = inbox.items("messages")
    assert image["image"]["caption"] == "c"
    assert (audio["audio"]["mime_type"], audio["audio"]["voice"]) == ("audio/ogg", False)
    shown = await sim.get(f"/sim/media/{audio['audio']['id']}")
    assert (shown.content, shown.headers["content-security-policy"]) == (b"two", "sandbox")


async def test_people_are_added_and_changed(simulator: Simulator, sim: Sim) -> None:
    made = (await sim.post("/sim/customers", json={"name": "Ana", "phone": "+34600111222"})).json()
    assert (made["id"], made["open"]) == ("ana", False)
    await sim.post("/sim/customers/ana", json={"phone_visible": False, "username": "ana.p"})
    await sim.post("/sim/customers/ana/number-change", json={"phone": "+34600111333"})
    await sim.post("/sim/customers/ana/user-id-change")
    changed = simulator.customer("ana")
    assert (changed.phone, changed.username) == ("+34600111333", "ana.p")
    assert (await sim.post("/sim/customers/ana/call")).json()["id"].startswith("wacid.")
    assert (await sim.post("/sim/customers/ana/read")).json() == {"read": 0}


async def test_a_voice_note_is_played(
    simulator: Simulator, inbox: Inbox, sim: Sim, graph: Graph
) -> None:
    simulator.customer_sends("lucia", "Hi")
    audio = {"link": "https://x.test/a.ogg", "voice": True}
    sent = await graph.send(type="audio", audio=audio)
    await simulator.settle()
    wamid = sent.json()["messages"][0]["id"]
    await sim.post("/sim/customers/lucia/play", json={"message_id": wamid})
    await simulator.settle()
    assert inbox.statuses()[-1] == "played"


async def test_the_clock_moves(simulator: Simulator, sim: Sim) -> None:
    assert (await sim.post("/sim/clock", json={"advance_seconds": 90})).json()[
        "offset_seconds"
    ] == 90
    await sim.post("/sim/clock", json={"offset_seconds": 10})
    assert (await sim.get("/sim/clock")).json()["now"] == 1_795_400_010
    await sim.post("/sim/clock", json={"reset": True})
    assert simulator.clock.offset == 0
    assert (await sim.post("/sim/clock", json={})).status_code == 400


async def test_faults_are_set_and_shown(simulator: Simulator, sim: Sim) -> None:
    body = {"send_500": True, "pair_limit": 3, "auto_read": False}
    found = (await sim.post("/sim/faults", json=body)).json()
    assert (found["send_500"], found["pair_limit"], found["auto_read"]) == (True, 3, False)
    assert (await sim.get("/sim/faults")).json() == found
    assert (await sim.post("/sim/faults", json={"nothing": True})).status_code == 400


async def test_raw_webhooks(simulator: Simulator, inbox: Inbox, sim: Sim) -> None:
    payload = {"object": "whatsapp_business_account", "entry": []}
    assert (await sim.post("/sim/webhooks", json={"payload": payload})).json() == {"sent_to": 1}
    body = {"field": "history", "value": {"history": []}, "number_id": NUMBER}
    assert (await sim.post("/sim/webhooks", json=body)).json() == {"sent_to": 1}
    await simulator.settle()
    assert inbox.payloads[0] == payload
    assert inbox.payloads[1]["entry"][0]["changes"][0]["field"] == "history"


async def test_templates_and_accounts(simulator: Simulator, inbox: Inbox, sim: Sim) -> None:
    await sim.post("/sim/templates/880000000000004/review", json={"status": "APPROVED"})
    told = await sim.post("/sim/account", json={"event": "quality", "quality": "RED"})
    assert told.json() == {"sent_to": 1}
    state = (await sim.get("/sim/state")).json()
    assert state["numbers"][0]["quality"] == "RED"
    statuses = {t["id"]: t["status"] for t in state["templates"]}
    assert statuses["880000000000004"] == "APPROVED"
    assert (await sim.post("/sim/account", json={"event": "party"})).status_code == 400


async def test_a_second_tenant(simulator: Simulator, sim: Sim, graph: Graph) -> None:
    app = {"secret": "s2", "callback_url": "http://inbox.test/two"}
    body = {"name": "Blue Kite", "app": app, "phone": "+44 20 7946 0777"}
    made = (await sim.post("/sim/tenants", json=body)).json()
    token = {"app_id": made["app_id"], "business_id": made["business_id"], "scopes": []}
    weak = (await sim.post("/sim/tokens", json=token)).json()["token"]
    graph.http.headers["Authorization"] = f"Bearer {weak}"
    assert (await graph.get(made["phone_number_id"])).status_code == 403
    graph.http.headers["Authorization"] = f"Bearer {made['token']}"
    assert (await graph.get(made["phone_number_id"])).json()["verified_name"] == "Blue Kite"
    changed = await sim.post(f"/sim/numbers/{made['phone_number_id']}", json={"status": "BANNED"})
    assert changed.json()["status"] == "BANNED"
    unknown = await sim.post(f"/sim/numbers/{NUMBER}", json={"colour": "red"})
    assert unknown.status_code == 400


async def test_another_app_and_a_signup(simulator: Simulator, sim: Sim) -> None:
    app = (await sim.post("/sim/apps", json={"secret": "s", "config_id": "5"})).json()
    result = (await sim.post("/sim/signup", json={"app_id": app["id"]})).json()
    assert simulator.world.codes[result["code"]].app_id == app["id"]


async def test_traffic_hides_secrets(simulator: Simulator, sim: Sim, graph: Graph) -> None:
    simulator.customer_sends("lucia", "Hi")
    await simulator.settle()
    await graph.get("debug_token", input_token=seed.TOKEN, access_token=seed.TOKEN)
    pin = {"messaging_product": "whatsapp", "pin": "918273"}
    await graph.post(f"{NUMBER}/register", pin)
    answer = await sim.get("/sim/traffic")
    assert seed.TOKEN not in answer.text
    assert "918273" not in answer.text
    entries = answer.json()["entries"]
    assert [(e["direction"], e["status"]) for e in entries] == [
        ("out", 200),
        ("in", 200),
        ("in", 200),
    ]
    assert entries[0]["summary"] == "webhook messages text"
    later = (await sim.get("/sim/traffic", params={"after": entries[1]["id"]})).json()
    assert len(later["entries"]) == 1


async def test_state_hides_secrets(sim: Sim) -> None:
    text = (await sim.get("/sim/state")).text
    assert seed.TOKEN not in text
    assert seed.APP_SECRET not in text


async def test_reset_goes_back_to_the_beginning(simulator: Simulator, sim: Sim) -> None:
    simulator.customer_sends("lucia", "Hi")
    simulator.faults.update({"send_500": True})
    simulator.clock.advance(5)
    simulator.add_tenant(name="Blue Kite")
    assert (await sim.post("/sim/reset")).json() == {"success": True}
    assert (await sim.get("/sim/customers/lucia/thread")).json()["messages"] == []
    assert (await sim.get("/sim/faults")).json()["send_500"] is False
    assert (len(simulator.world.businesses), simulator.clock.offset) == (1, 0)
    assert await simulator.settle() == 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/sim/customers/nobody/messages", 404),
        ("POST", "/sim/templates/1/review", 404),
        ("POST", "/sim/customers/lucia/play", 404),
        ("GET", "/sim/media/1", 404),
        ("POST", "/sim/customers", 400),
        ("POST", "/sim/customers/lucia/number-change", 404),
    ],
)
async def test_wrong_requests_get_a_sentence(sim: Sim, method: str, path: str, status: int) -> None:
    answer = await sim.request(method, path)
    assert answer.status_code == status
    assert answer.json()["error"]


async def test_broken_json_is_refused(sim: Sim) -> None:
    for content in (b"{", b"[]"):
        assert (await sim.post("/sim/faults", content=content)).status_code == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://graph.test"}, 200),
        ({"Origin": "http://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://graph.test"}, 403),
    ],
)
async def test_only_its_own_page_may_use_it(sim: Sim, headers: dict[str, str], status: int) -> None:
    answer = await sim.post("/sim/faults", json={"send_500": True}, headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:4000", 200), ("localhost:4000", 200), ("localhost", 200), ("evil.test:4000", 403)],
)
async def test_a_foreign_name_for_this_computer_is_refused(host: str, status: int) -> None:
    allowed = Simulator(callback_url="", allowed_hosts=["127.0.0.1", "localhost"]).app
    assert isinstance(allowed, Starlette)
    transport = httpx.ASGITransport(allowed)
    async with httpx.AsyncClient(transport=transport, base_url="http://x.test") as client:
        answer = await client.get("/sim/state", headers={"Host": host})
    assert answer.status_code == status


async def test_the_page_is_served_without_outside_requests(sim: Sim) -> None:
    page = (await sim.get("/")).text
    assert "Meta simulator" in page
    assert "http://" not in page
    assert "https://" not in page
    for name in ("app.js", "style.css", "api.js", "bubble.js", "composer.js", "panels.js"):
        assert (await sim.get(f"/static/{name}")).status_code == 200
    assert (await sim.get("/health")).json() == {"ok": True}
