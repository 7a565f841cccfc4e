"""Bytes, signature, envelope, routing and repetition of webhooks."""

import hashlib
import hmac
import json

import pytest

from meta_simulator import Simulator, seed
from meta_simulator.webhooks import serialise, sign
from tests.simulator.conftest import JORGE_ID, NUMBER, WABA, Graph, Inbox

pytestmark = pytest.mark.anyio


def signature(body: bytes, secret: str = seed.APP_SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("é", rb"\u00e9"),
        ("😀", rb"\ud83d\ude00"),
        ("a/b", rb"a\/b"),
        ("ÄÖ", rb"\u00c4\u00d6"),
        ("a & b < c", b"a & b < c"),
        ("nul\x00", rb"nul\u0000"),
        ("lone \ud83d", rb"lone \ud83d"),
    ],
)
async def test_bytes_are_escaped_like_metas(text: str, expected: bytes) -> None:
    assert serialise({"a": text}) == b'{"a":"' + expected + b'"}'


async def test_the_signature_covers_the_very_bytes(simulator: Simulator, inbox: Inbox) -> None:
    simulator.customer_sends("lucia", "é 😀 a/b")
    await simulator.settle()
    headers, body = inbox.received[0]
    assert headers["x-hub-signature-256"] == signature(body)
    assert rb"\u00e9 \ud83d\ude00 a\/b" in body
    reserialised = json.dumps(json.loads(body)).encode()
    assert headers["x-hub-signature-256"] != signature(reserialised)


def test_sign_is_hmac_sha256() -> None:
    assert sign("s", b"x") == signature(b"x", "s")


async def test_a_text_message_looks_like_metas(simulator: Simulator, inbox: Inbox) -> None:
    wamid = simulator.customer_sends("lucia", "Hola")
    await simulator.settle()
    user = "ES.20881234567890123401"
    assert inbox.payloads == [
        {
            "object": "whatsapp_business_account",
            "entry": [
                {
                    "id": WABA,
                    "changes": [
                        {
                            "field": "messages",
                            "value": {
                                "messaging_product": "whatsapp",
                                "metadata": {
                                    "display_phone_number": "442079460991",
                                    "phone_number_id": NUMBER,
                                },
                                "contacts": [
                                    {
                                        "profile": {"name": "Lucía Marín"},
                                        "user_id": user,
                                        "wa_id": "34612555014",
                                    }
                                ],
                                "messages": [
                                    {
                                        "from": "34612555014",
                                        "from_user_id": user,
                                        "id": wamid,
                                        "timestamp": "1795400000",
                                        "type": "text",
                                        "text": {"body": "Hola"},
                                    }
                                ],
                            },
                        }
                    ],
                }
            ],
        }
    ]


async def test_a_hidden_phone_number_is_nowhere(simulator: Simulator, inbox: Inbox) -> None:
    simulator.customer_sends("jorge", "Hola")
    await simulator.settle()
    value = inbox.values()[0]
    assert value["contacts"] == [
        {"profile": {"name": "Jorge Ortiz", "username": "jorge.ortiz"}, "user_id": JORGE_ID}
    ]
    assert value["messages"][0]["from_user_id"] == JORGE_ID
    assert "from" not in value["messages"][0]
    assert b"34655555881" not in inbox.received[0][1]


async def test_repeats_until_200(simulator: Simulator, inbox: Inbox) -> None:
    inbox.answers = [500, 404, 204]
    simulator.customer_sends("lucia", "Hola")
    await simulator.settle()
    assert len(inbox.received) == 4
    assert len({body for _, body in inbox.received}) == 1
    await simulator.settle()
    assert len(inbox.received) == 4


async def test_settle_ends_when_nobody_answers_and_goes_on_later(
    simulator: Simulator, inbox: Inbox
) -> None:
    inbox.answers = [500] * 4
    simulator.customer_sends("lucia", "Hola")
    await simulator.settle(tries=3)
    assert len(inbox.received) == 3
    await simulator.settle(tries=3)
    assert len(inbox.received) == 5


async def test_gives_up_after_seven_days(simulator: Simulator, inbox: Inbox) -> None:
    inbox.answers = [500] * 9
    simulator.customer_sends("lucia", "Hola")
    await simulator.settle(tries=1)
    simulator.clock.advance(8 * 86400)
    await simulator.settle(tries=1)
    await simulator.settle()
    assert len(inbox.received) == 2


async def test_each_app_signs_with_its_own_secret(simulator: Simulator, inbox: Inbox) -> None:
    own = {"secret": "own-secret", "callback_url": "http://inbox.test/own"}
    tenant = simulator.add_tenant(name="Blue Kite", app=own)
    simulator.customer_sends("lucia", "Hola", number_id=tenant["phone_number_id"])
    await simulator.settle()
    assert inbox.urls == ["http://inbox.test/own"]
    headers, body = inbox.received[0]
    assert headers["x-hub-signature-256"] == signature(body, "own-secret")
    assert inbox.payloads[0]["entry"][0]["id"] == tenant["waba_id"]


async def test_a_person_has_another_user_id_at_another_business(
    simulator: Simulator, inbox: Inbox
) -> None:
    tenant = simulator.add_tenant(name="Blue Kite")
    simulator.customer_sends("lucia", "a")
    simulator.customer_sends("lucia", "b", number_id=tenant["phone_number_id"])
    await simulator.settle()
    first, second = (item["from_user_id"] for item in inbox.items("messages"))
    assert first != second
    assert first[:3] == second[:3] == "ES."


async def test_no_subscription_means_silence(
    simulator: Simulator, inbox: Inbox, graph: Graph
) -> None:
    await graph.delete(f"{WABA}/subscribed_apps")
    simulator.customer_sends("lucia", "Hola")
    await simulator.settle()
    assert inbox.received == []


async def test_a_field_that_is_not_subscribed_is_not_sent(
    simulator: Simulator, inbox: Inbox
) -> None:
    simulator.world.apps[seed.APP_ID].fields = ["account_update"]
    simulator.customer_sends("lucia", "Hola")
    simulator.account_event("ban")
    await simulator.settle()
    assert [c["field"] for p in inbox.payloads for c in p["entry"][0]["changes"]] == [
        "account_update"
    ]


async def test_an_override_takes_messages_but_not_account_events(
    simulator: Simulator, inbox: Inbox, graph: Graph
) -> None:
    body = {
        "override_callback_uri": "http://inbox.test/over",
        "verify_token": seed.VERIFY_TOKEN,
    }
    assert (await graph.post(f"{WABA}/subscribed_apps", body)).json() == {"success": True}
    simulator.customer_sends("lucia", "Hola")
    simulator.account_event("quality", quality="RED")
    await simulator.settle()
    assert sorted(inbox.urls) == ["http://inbox.test/hook", "http://inbox.test/over"]
    assert all(h["x-hub-signature-256"] == signature(b) for h, b in inbox.received)


async def test_a_phone_override_wins(simulator: Simulator, inbox: Inbox, graph: Graph) -> None:
    setting = {
        "override_callback_uri": "http://inbox.test/phone",
        "verify_token": seed.VERIFY_TOKEN,
    }
    await graph.post(NUMBER, {"webhook_configuration": setting})
    simulator.customer_sends("lucia", "Hola")
    await simulator.settle()
    assert inbox.urls == ["http://inbox.test/phone"]


async def test_any_payload_can_be_sent(simulator: Simulator, inbox: Inbox) -> None:
    payload = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": []}]}
    simulator.send_webhook(payload)
    await simulator.settle()
    assert inbox.payloads == [payload]


async def test_more_than_three_megabytes_is_refused(simulator: Simulator) -> None:
    with pytest.raises(ValueError, match="3 MB"):
        simulator.send_webhook({"entry": "x" * (3 * 1024 * 1024)})
