"""Sending: acceptance, rules, refusals and statuses."""

from collections.abc import Callable
from typing import Any

import pytest

from meta_simulator import Simulator
from tests.simulator.conftest import JORGE_ID, LUCIA, NUMBER, Graph, Inbox, error

pytestmark = pytest.mark.anyio
Open = Callable[..., Any]


async def test_a_text_is_accepted_and_then_read(
    simulator: Simulator, inbox: Inbox, graph: Graph, open_window: Open
) -> None:
    await open_window()
    body = {"type": "text", "text": {"body": "Hello"}, "biz_opaque_callback_data": "try-1"}
    answer = (await graph.send(**body)).json()
    wamid = answer["messages"][0]["id"]
    assert answer["messaging_product"] == "whatsapp"
    assert answer["contacts"] == [
        {"input": LUCIA, "wa_id": "34612555014", "user_id": "ES.20881234567890123401"}
    ]
    await simulator.settle()
    statuses = inbox.items("statuses")
    assert [s["status"] for s in statuses] == ["sent", "delivered", "read"]
    assert {s["id"] for s in statuses} == {wamid}
    assert {s["biz_opaque_callback_data"] for s in statuses} == {"try-1"}
    assert {s["recipient_id"] for s in statuses} == {"34612555014"}
    assert ["pricing" in s for s in statuses] == [True, True, False]


async def test_a_user_id_goes_in_recipient(
    simulator: Simulator, inbox: Inbox, graph: Graph, open_window: Open
) -> None:
    await open_window("jorge")
    answer = (await graph.send(JORGE_ID)).json()
    assert answer["contacts"] == [{"input": JORGE_ID, "user_id": JORGE_ID}]
    await simulator.settle()
    assert inbox.statuses() == ["sent", "delivered", "read"]
    assert all("recipient_id" not in s for s in inbox.items("statuses"))
    assert {s["recipient_user_id"] for s in inbox.items("statuses")} == {JORGE_ID}


async def test_a_user_id_in_to_is_accepted_and_lost(
    simulator: Simulator, inbox: Inbox, graph: Graph, open_window: Open
) -> None:
    await open_window("jorge")
    body = {
        "messaging_product": "whatsapp",
        "to": JORGE_ID,
        "type": "text",
        "text": {"body": "Hello"},
    }
    answer = await graph.post(f"{NUMBER}/messages", body)
    assert answer.status_code == 200
    assert answer.json()["messages"][0]["id"].startswith("wamid.")
    await simulator.settle()
    assert inbox.received == []
    assert [m.inbound for m in simulator.thread("jorge").messages] == [True]


async def test_to_wins_over_recipient(
    simulator: Simulator, graph: Graph, open_window: Open
) -> None:
    await open_window()
    body = {"recipient": JORGE_ID, "type": "text", "text": {"body": "x"}}
    assert (await graph.send(LUCIA, **body)).json()["contacts"][0]["wa_id"] == "34612555014"


@pytest.mark.parametrize(
    ("hours", "expected"), [(23.99, ["sent", "delivered", "read"]), (24, ["failed"])]
)
async def test_the_window_is_24_hours(
    simulator: Simulator,
    inbox: Inbox,
    graph: Graph,
    open_window: Open,
    hours: float,
    expected: list[str],
) -> None:
    await open_window()
    simulator.clock.advance(hours * 3600)
    assert (await graph.send()).status_code == 200
    await simulator.settle()
    assert inbox.statuses() == expected


async def test_the_failed_status_says_131047(
    simulator: Simulator, inbox: Inbox, graph: Graph
) -> None:
    await graph.send()
    await simulator.settle()
    value = inbox.values()[0]
    assert value["statuses"][0]["errors"][0]["code"] == 131047
    assert "contacts" not in value
    assert "recipient_user_id" not in value["statuses"][0]


async def test_a_call_opens_the_window(simulator: Simulator, inbox: Inbox, graph: Graph) -> None:
    simulator.customer_calls("lucia")
    await graph.send()
    await simulator.settle()
    assert [c["event"] for v in inbox.values("calls") for c in v["calls"]] == [
        "connect",
        "terminate",
    ]
    assert inbox.statuses() == ["sent", "delivered", "read"]


async def test_a_template_needs_no_window(simulator: Simulator, inbox: Inbox, graph: Graph) -> None:
    template = {"name": "hello_world", "language": {"code": "en_US"}}
    answer = (await graph.send(type="template", template=template)).json()
    assert answer["messages"][0]["message_status"] == "accepted"
    await simulator.settle()
    assert inbox.statuses() == ["sent", "delivered", "read"]
    assert inbox.items("statuses")[0]["pricing"]["category"] == "utility"


async def test_nobody_at_that_number_fails_with_131026(
    simulator: Simulator, inbox: Inbox, graph: Graph
) -> None:
    assert (await graph.send("+34600000000")).status_code == 200
    await simulator.settle()
    assert inbox.items("statuses")[0]["errors"][0]["code"] == 131026


async def test_both_spellings_of_a_brazilian_number_reach_the_same_person(
    simulator: Simulator, inbox: Inbox, graph: Graph
) -> None:
    simulator.add_customer("Ana", "+55 11 90000-0001", wa_id="551100000001")
    for phone in ("+5511900000001", "551100000001"):
        answer = (await graph.send(phone)).json()
        assert answer["contacts"][0]["wa_id"] == "551100000001"


TEXT = {"type": "text"}
ROWS = [{"id": str(i), "title": f"Row {i}"} for i in range(11)]
BUTTONS = [{"type": "reply", "reply": {"id": str(i), "title": f"B{i}"}} for i in range(4)]


def _interactive(kind: str, **action: Any) -> dict[str, Any]:
    part = {"type": kind, "body": {"text": "Choose"}, "action": action}
    return {"type": "interactive", "interactive": part}


def _button(title: str, key: str = "a") -> dict[str, Any]:
    return {"type": "reply", "reply": {"id": key, "title": title}}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"text": {"body": "x" * 4097}}, 100),
        ({"text": {"body": ""}}, 131008),
        ({"text": {"body": 5}}, 100),
        ({"text": "x"}, 131008),
        ({"type": "image", "image": {"link": "https://x.test/a.png", "caption": "x" * 1025}}, 100),
        ({"type": "audio", "audio": {"link": "https://x.test/a.ogg", "caption": "x"}}, 100),
        ({"type": "image", "image": {}}, 131008),
        ({"type": "image", "image": {"id": "1"}}, 100),
        ({"type": "location", "location": {"latitude": 1}}, 131008),
        ({"type": "location", "location": {"latitude": 91, "longitude": 1}}, 131009),
        ({"type": "contacts", "contacts": []}, 131008),
        ({"type": "contacts", "contacts": [{"name": {}}]}, 131008),
        ({"type": "reaction", "reaction": {"message_id": "wamid.x"}}, 131008),
        ({"type": "poll", "poll": {}}, 100),
        ({"type": "unsupported"}, 131051),
        ({"type": "template", "template": {"name": "hello_world"}}, 131008),
        (_interactive("button", buttons=BUTTONS), 100),
        (_interactive("button", buttons=[_button("x" * 21)]), 100),
        (_interactive("button", buttons=[_button("a"), _button("b")]), 131009),
        (_interactive("list", button="Pick", sections=[{"rows": ROWS}]), 100),
        (_interactive("list", button="x" * 21, sections=[{"rows": ROWS[:1]}]), 100),
        (_interactive("cta_url", name="cta_url", parameters={"url": "https://x.test"}), 131008),
        (_interactive("quiz"), 100),
        ({"text": {"body": "x"}, "biz_opaque_callback_data": "x" * 513}, 100),
    ],
)
async def test_a_body_outside_the_limits_is_refused(
    graph: Graph, body: dict[str, Any], expected: int
) -> None:
    answer = await graph.send(**(TEXT | body))
    assert error(answer)[:2] == (400, expected)
    assert answer.json()["error"]["error_data"]["messaging_product"] == "whatsapp"


@pytest.mark.parametrize(
    "body",
    [
        {"text": {"body": "x" * 4096}},
        {"type": "image", "image": {"link": "https://x.test/a.png", "caption": "x" * 1024}},
        {"type": "location", "location": {"latitude": 39.4, "longitude": -0.3}},
        {"type": "contacts", "contacts": [{"name": {"formatted_name": "Ana"}}]},
        _interactive("button", buttons=BUTTONS[:3]),
        _interactive("list", button="Pick", sections=[{"rows": ROWS[:10]}]),
        _interactive(
            "cta_url", name="cta_url", parameters={"display_text": "a", "url": "https://x.test"}
        ),
    ],
)
async def test_a_body_at_the_limit_is_accepted(
    simulator: Simulator, inbox: Inbox, graph: Graph, open_window: Open, body: dict[str, Any]
) -> None:
    await open_window()
    assert (await graph.send(**(TEXT | body))).status_code == 200
    await simulator.settle()
    assert inbox.statuses() == ["sent", "delivered", "read"]


async def test_a_missing_recipient_and_the_own_number_are_refused(graph: Graph) -> None:
    body = {"messaging_product": "whatsapp", "type": "text", "text": {"body": "x"}}
    assert error(await graph.post(f"{NUMBER}/messages", body))[:2] == (400, 131008)
    assert error(await graph.send("+442079460991"))[:2] == (400, 131021)
    assert error(await graph.post(f"{NUMBER}/messages", body | {"recipient": "x"}))[:2] == (
        400,
        100,
    )


async def test_an_unregistered_number_cannot_send(simulator: Simulator, graph: Graph) -> None:
    simulator.world.numbers[NUMBER].platform_type = "NOT_APPLICABLE"
    assert error(await graph.send())[:2] == (400, 133010)


async def test_the_pair_limit_lends_45_and_gives_one_back_every_6_seconds(
    simulator: Simulator, graph: Graph, open_window: Open
) -> None:
    await open_window()
    await open_window("tomasz")
    codes = [(await graph.send()).status_code for _ in range(45)]
    assert set(codes) == {200}
    refused = await graph.send()
    assert error(refused) == (400, 131056, 2494078)
    assert (await graph.send("+48 512 555 210")).status_code == 200
    simulator.clock.advance(5.9)
    assert error(await graph.send())[1] == 131056
    simulator.clock.advance(0.1)
    assert (await graph.send()).status_code == 200
    assert error(await graph.send())[1] == 131056


async def test_throughput_is_80_a_second_and_number(simulator: Simulator, graph: Graph) -> None:
    codes = [(await graph.send(f"+3460000{i:04d}")).status_code for i in range(80)]
    assert set(codes) == {200}
    assert error(await graph.send("+34600009999"))[:2] == (400, 130429)
    simulator.clock.advance(1)
    assert (await graph.send("+34600009999")).status_code == 200


async def test_reading_marks_all_earlier_messages_and_shows_typing(
    simulator: Simulator, graph: Graph
) -> None:
    simulator.customer_sends("lucia", "one")
    second = simulator.customer_sends("lucia", "two")
    body = {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": second,
        "typing_indicator": {"type": "text"},
    }
    assert (await graph.post(f"{NUMBER}/messages", body)).json() == {"success": True}
    thread = simulator.thread("lucia")
    assert [m.seen for m in thread.messages] == [True, True]
    assert thread.typing_until - simulator.clock.now() == 25
    await graph.send()
    assert thread.typing_until == 0


async def test_reading_an_unknown_message_is_refused(graph: Graph) -> None:
    body = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.none"}
    assert error(await graph.post(f"{NUMBER}/messages", body))[:2] == (400, 131009)


async def test_a_reaction_gets_only_sent(
    simulator: Simulator, inbox: Inbox, graph: Graph, open_window: Open
) -> None:
    wamid = await open_window()
    await graph.send(type="reaction", reaction={"message_id": wamid, "emoji": "👍"})
    await simulator.settle()
    assert inbox.statuses() == ["sent"]
    assert simulator.thread("lucia").messages[0].reactions == {"business": "👍"}


async def test_a_reaction_to_nothing_fails_with_131009(
    simulator: Simulator, inbox: Inbox, graph: Graph, open_window: Open
) -> None:
    await open_window()
    await graph.send(type="reaction", reaction={"message_id": "wamid.none", "emoji": "👍"})
    await simulator.settle()
    assert inbox.items("statuses")[0]["errors"][0]["code"] == 131009


async def test_an_offline_phone_gets_its_messages_later(
    simulator: Simulator, inbox: Inbox, graph: Graph, open_window: Open
) -> None:
    await open_window()
    simulator.change_customer("lucia", offline=True)
    await graph.send()
    await simulator.settle()
    assert inbox.statuses() == ["sent"]
    simulator.change_customer("lucia", offline=False)
    await simulator.settle()
    assert inbox.statuses() == ["sent", "delivered", "read"]


async def test_without_auto_read_the_customer_must_look(
    simulator: Simulator, inbox: Inbox, graph: Graph, open_window: Open
) -> None:
    simulator.world.auto_read = False
    await open_window()
    await graph.send()
    await simulator.settle()
    assert inbox.statuses() == ["sent", "delivered"]
    assert simulator.customer_reads("lucia") == 1
    await simulator.settle()
    assert inbox.statuses() == ["sent", "delivered", "read"]


async def test_read_receipts_can_be_off(
    simulator: Simulator, inbox: Inbox, graph: Graph, open_window: Open
) -> None:
    simulator.change_customer("lucia", read_receipts=False)
    await open_window()
    await graph.send()
    await simulator.settle()
    assert inbox.statuses() == ["sent", "delivered"]


async def test_a_customer_who_always_fails(
    simulator: Simulator, inbox: Inbox, graph: Graph, open_window: Open
) -> None:
    await open_window()
    simulator.change_customer("lucia", fail_code=131049)
    await graph.send()
    await simulator.settle()
    assert inbox.items("statuses")[0]["errors"][0]["code"] == 131049


async def test_a_blocked_customer_is_refused(graph: Graph, open_window: Open) -> None:
    await open_window()
    body = {"messaging_product": "whatsapp", "block_users": [{"user": LUCIA}]}
    answer = await graph.post(f"{NUMBER}/block_users", body)
    assert answer.json()["block_users"]["added_users"][0]["wa_id"] == "34612555014"
    assert error(await graph.send())[:2] == (400, 130403)
    body["block_users"] = [{"user": "+48 512 555 210"}]
    refused = await graph.post(f"{NUMBER}/block_users", body)
    assert error(refused)[:2] == (400, 139100)


async def test_a_blocked_customer_is_not_heard(
    simulator: Simulator, inbox: Inbox, open_window: Open
) -> None:
    await open_window()
    simulator.thread("lucia").blocked = True
    simulator.customer_sends("lucia", "Hello?")
    await simulator.settle()
    assert inbox.received == []


async def test_a_disabled_account_cannot_send(simulator: Simulator, graph: Graph) -> None:
    simulator.account_event("ban")
    assert error(await graph.send())[:2] == (403, 131031)
    simulator.account_event("reinstated")
    assert (await graph.send()).status_code == 200
