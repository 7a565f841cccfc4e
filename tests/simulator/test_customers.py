"""What customers send, in the shapes of the webhook reference."""

from typing import Any

import pytest

from meta_simulator import Simulator, seed
from tests.simulator.conftest import JORGE_ID, NUMBER, Graph, Inbox

pytestmark = pytest.mark.anyio


async def received(simulator: Simulator, inbox: Inbox, **fields: Any) -> dict[str, Any]:
    simulator.customer_sends("lucia", **fields)
    await simulator.settle()
    return inbox.items("messages")[-1]


@pytest.mark.parametrize(
    ("kind", "facts", "expected"),
    [
        ("image", {"caption": "Look"}, {"mime_type": "image/jpeg", "caption": "Look"}),
        ("video", {}, {"mime_type": "video/mp4"}),
        ("audio", {}, {"mime_type": "audio/ogg; codecs=opus", "voice": True}),
        ("document", {"filename": "é.pdf"}, {"mime_type": "application/pdf", "filename": "é.pdf"}),
        ("sticker", {}, {"mime_type": "image/webp", "animated": False}),
    ],
)
async def test_files(
    simulator: Simulator,
    inbox: Inbox,
    graph: Graph,
    kind: str,
    facts: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    item = await received(simulator, inbox, type=kind, data=b"bytes", **facts)
    part = item[kind]
    assert item["type"] == kind
    assert {k: part[k] for k in expected} == expected
    assert len(part["sha256"]) == 44
    url = (await graph.get(part["id"])).json()["url"]
    assert (await graph.http.get(url)).content == b"bytes"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"type": "location", "latitude": 1.5, "longitude": 2, "name": "Here"},
            {"location": {"latitude": 1.5, "longitude": 2.0, "name": "Here"}},
        ),
        (
            {"type": "contacts", "contacts": [{"name": {"formatted_name": "Ana"}}]},
            {"contacts": [{"name": {"formatted_name": "Ana"}}]},
        ),
        (
            {"type": "reaction", "message_id": "wamid.x", "emoji": "👍"},
            {"reaction": {"message_id": "wamid.x", "emoji": "👍"}},
        ),
        (
            {"type": "reaction", "message_id": "wamid.x"},
            {"reaction": {"message_id": "wamid.x"}},
        ),
        (
            {"type": "button", "text": "Yes", "payload": "Y"},
            {"button": {"text": "Yes", "payload": "Y"}},
        ),
        (
            {"type": "edit", "message_id": "wamid.x", "text": "new"},
            {
                "edit": {
                    "original_message_id": "wamid.x",
                    "message": {"type": "text", "text": {"body": "new"}},
                }
            },
        ),
        (
            {"type": "revoke", "message_id": "wamid.x"},
            {"revoke": {"original_message_id": "wamid.x"}},
        ),
        (
            {"type": "unsupported", "unsupported": "poll_creation"},
            {"unsupported": {"type": "poll_creation"}},
        ),
        ({"type": "hologram", "content": {"x": 1}}, {"hologram": {"x": 1}}),
        (
            {"text": "ad", "extra": {"referral": {"source_type": "ad"}}},
            {"text": {"body": "ad"}, "referral": {"source_type": "ad"}},
        ),
        (
            {"type": "interactive", "id": "a", "title": "A"},
            {"interactive": {"type": "button_reply", "button_reply": {"id": "a", "title": "A"}}},
        ),
    ],
)
async def test_other_types(
    simulator: Simulator, inbox: Inbox, fields: dict[str, Any], expected: dict[str, Any]
) -> None:
    item = await received(simulator, inbox, **fields)
    assert item["type"] == fields.get("type", "text")
    assert {k: item[k] for k in expected} == expected


async def test_unsupported_messages_carry_their_code(simulator: Simulator, inbox: Inbox) -> None:
    item = await received(simulator, inbox, type="unsupported", code=131060)
    assert item["errors"][0]["code"] == 131060


async def test_a_reply_names_the_quoted_message_and_its_author(
    simulator: Simulator, inbox: Inbox, graph: Graph
) -> None:
    own = simulator.customer_sends("lucia", "one")
    ours = (await graph.send()).json()["messages"][0]["id"]
    assert (await received(simulator, inbox, text="a", reply_to=own))["context"] == {
        "from": "34612555014",
        "id": own,
    }
    assert (await received(simulator, inbox, text="b", reply_to=ours))["context"] == {
        "from": "442079460991",
        "id": ours,
    }


async def test_tapping_a_button_and_a_row_gives_what_was_sent(
    simulator: Simulator, inbox: Inbox, graph: Graph
) -> None:
    simulator.customer_sends("lucia", "Hi")
    button = {"type": "reply", "reply": {"id": "b1", "title": "Yes"}}
    row = {"id": "r1", "title": "Row", "description": "More"}
    actions = [
        ("button", {"buttons": [button]}, {"id": "b1", "title": "Yes"}),
        ("list", {"button": "Pick", "sections": [{"rows": [row]}]}, row),
    ]
    for kind, action, choice in actions:
        part = {"type": kind, "body": {"text": "Choose"}, "action": action}
        sent = (await graph.send(type="interactive", interactive=part)).json()
        wamid = sent["messages"][0]["id"]
        item = await received(
            simulator, inbox, type="interactive", id=choice["id"], message_id=wamid, reply_to=wamid
        )
        reply = item["interactive"]
        assert reply[reply["type"]] == choice
        assert item["context"]["id"] == wamid


async def test_edits_deletions_and_reactions_change_the_thread(simulator: Simulator) -> None:
    first = simulator.customer_sends("lucia", "one")
    second = simulator.customer_sends("lucia", "two")
    simulator.customer_sends("lucia", type="edit", message_id=first, text="uno")
    simulator.customer_sends("lucia", type="revoke", message_id=second)
    simulator.customer_sends("lucia", type="reaction", message_id=first, emoji="❤️")
    messages = simulator.thread("lucia").messages
    assert [(m.content["body"], m.edited, m.revoked) for m in messages] == [
        ("uno", True, False),
        ("two", False, True),
    ]
    assert messages[0].reactions == {"customer": "❤️"}


async def test_a_new_phone_number(simulator: Simulator, inbox: Inbox, graph: Graph) -> None:
    simulator.customer_sends("lucia", "Hi")
    await simulator.settle()
    inbox.received.clear()
    simulator.change_number("lucia", "+34 699 000 111")
    await simulator.settle()
    moved, renamed = inbox.items("messages")
    assert moved["from"] == "34612555014"
    assert moved["system"]["type"] == "user_changed_number"
    assert moved["system"]["wa_id"] == "34699000111"
    assert "contacts" not in inbox.values()[0]
    assert renamed["system"]["type"] == "user_changed_user_id"
    update = inbox.values("user_id_update")[0]["user_id_update"][0]
    assert update["user_id"]["previous"] == "ES.20881234567890123401"
    assert update["user_id"]["current"] == simulator.customer("lucia").user_ids[seed.BUSINESS_ID]
    assert update["user_id"]["previous"] != update["user_id"]["current"]
    assert (await graph.send("+34699000111")).json()["contacts"][0]["wa_id"] == "34699000111"


async def test_a_new_user_id(simulator: Simulator, inbox: Inbox, graph: Graph) -> None:
    simulator.customer_sends("jorge", "Hi")
    simulator.change_user_id("jorge")
    await simulator.settle()
    assert inbox.items("messages")[1]["from_user_id"] == JORGE_ID
    assert "wa_id" not in inbox.values("user_id_update")[0]["user_id_update"][0]
    await graph.send(JORGE_ID)
    await simulator.settle()
    assert inbox.items("statuses")[-1]["errors"][0]["code"] == 131026


async def test_the_phone_number_can_become_visible(simulator: Simulator, inbox: Inbox) -> None:
    simulator.customer_sends("jorge", "one")
    simulator.change_customer("jorge", phone_visible=True)
    simulator.customer_sends("jorge", "two")
    await simulator.settle()
    assert [("from" in m, m["from_user_id"]) for m in inbox.items("messages")] == [
        (False, JORGE_ID),
        (True, JORGE_ID),
    ]


@pytest.mark.parametrize(
    ("name", "phone"), [("", "+34600111222"), ("Ana", "123"), ("Ana", "+34 612 555 014")]
)
async def test_impossible_customers_are_refused(
    simulator: Simulator, name: str, phone: str
) -> None:
    with pytest.raises(ValueError, match="phone number"):
        simulator.add_customer(name, phone)


async def test_a_new_customer_gets_an_id_and_a_country(simulator: Simulator) -> None:
    made = simulator.add_customer("Zoë Öz", "+44 7700 900123")
    assert (made.id, made.country, made.wa_id) == ("zoe-oz", "GB", "447700900123")


async def test_nobody_can_write_to_an_unregistered_number(simulator: Simulator) -> None:
    simulator.world.numbers[NUMBER].platform_type = "NOT_APPLICABLE"
    with pytest.raises(ValueError, match="not registered"):
        simulator.customer_sends("lucia", "Hi")
