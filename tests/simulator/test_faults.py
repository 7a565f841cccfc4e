"""Each fault switch, on and off."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from meta_simulator import Simulator
from tests.simulator.conftest import NUMBER, WABA, Graph, Inbox, error
from tests.simulator.test_webhooks import signature

pytestmark = pytest.mark.anyio
Open = Callable[..., Any]


async def test_duplicates_arrive_at_the_same_time(simulator: Simulator, inbox: Inbox) -> None:
    simulator.faults.update({"duplicate_webhooks": True})
    simulator.customer_sends("lucia", "Hola")
    await simulator.settle()
    assert len(inbox.received) == 2
    assert inbox.received[0][1] == inbox.received[1][1]
    assert inbox.together == 2


async def test_an_answered_webhook_comes_once_more(simulator: Simulator, inbox: Inbox) -> None:
    simulator.faults.update({"repeated_webhooks": True})
    simulator.customer_sends("lucia", "Hola")
    await simulator.settle()
    assert len(inbox.received) == 2
    assert inbox.received[0][1] == inbox.received[1][1]
    assert inbox.together == 1


async def test_a_refused_webhook_is_not_taken_for_answered(
    simulator: Simulator, inbox: Inbox
) -> None:
    simulator.faults.update({"repeated_webhooks": 1})
    inbox.answers = [500]
    simulator.customer_sends("lucia", "Hola")
    await simulator.settle()
    assert len(inbox.received) == 3


async def test_late_webhooks_are_overtaken(simulator: Simulator, inbox: Inbox) -> None:
    simulator.faults.update({"late_webhooks": 2})
    for text in ("one", "two", "three"):
        simulator.customer_sends("lucia", text)
    await simulator.settle()
    assert [item["text"]["body"] for item in inbox.items("messages")] == ["three", "two", "one"]


async def test_statuses_arrive_backwards_with_true_times(
    simulator: Simulator, inbox: Inbox, graph: Graph, open_window: Open
) -> None:
    await open_window()
    simulator.faults.update({"statuses_out_of_order": True})
    await graph.send()
    await simulator.settle()
    assert inbox.statuses() == ["read", "delivered", "sent"]
    times = [int(s["timestamp"]) for s in inbox.items("statuses")]
    assert times == sorted(times, reverse=True)


async def test_500_before_accepting(
    simulator: Simulator, inbox: Inbox, graph: Graph, open_window: Open
) -> None:
    await open_window()
    simulator.faults.update({"send_500": 1})
    assert error(await graph.send())[:2] == (500, 131000)
    await simulator.settle()
    assert inbox.received == []
    assert (await graph.send()).status_code == 200


@pytest.mark.parametrize(
    ("fault", "raised"),
    [("timeout_after_accept", httpx.ReadTimeout), ("cut_after_accept", httpx.ReadError)],
)
async def test_no_answer_after_accepting(
    simulator: Simulator,
    inbox: Inbox,
    graph: Graph,
    open_window: Open,
    fault: str,
    raised: type[Exception],
) -> None:
    await open_window()
    simulator.faults.update({fault: 1})
    body = {"type": "text", "text": {"body": "x"}, "biz_opaque_callback_data": "try-7"}
    with pytest.raises(raised):
        await graph.send(**body)
    await simulator.settle()
    assert {s["biz_opaque_callback_data"] for s in inbox.items("statuses")} == {"try-7"}
    assert simulator.traffic.entries[-4].status == 0


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("pair_limit", (400, 131056)),
        ("throughput", (400, 130429)),
        ("token_expired", (401, 190)),
    ],
)
async def test_refusals(
    simulator: Simulator, graph: Graph, open_window: Open, fault: str, expected: tuple[int, int]
) -> None:
    await open_window()
    simulator.faults.update({fault: 2})
    assert error(await graph.send())[:2] == expected
    assert error(await graph.send())[:2] == expected
    assert (await graph.send()).status_code == 200


async def test_new_templates_are_rejected(simulator: Simulator, inbox: Inbox, graph: Graph) -> None:
    simulator.faults.update({"reject_templates": True})
    part = {"type": "BODY", "text": "Hello, this is a test."}
    body = {"name": "t", "language": "en", "category": "UTILITY", "components": [part]}
    made = (await graph.post(f"{WABA}/message_templates", body)).json()
    await simulator.settle()
    assert (await graph.get(made["id"])).json()["status"] == "REJECTED"
    assert inbox.values("message_template_status_update")[0]["event"] == "REJECTED"


async def test_template_webhooks_may_write_the_language_with_a_dash(
    simulator: Simulator, inbox: Inbox
) -> None:
    simulator.faults.update({"dashed_language": 1})
    for verdict in ("PAUSED", "APPROVED"):
        simulator.review_template("880000000000001", verdict)
    await simulator.settle()
    values = inbox.values("message_template_status_update")
    assert [v["message_template_language"] for v in values] == ["en-US", "en_US"]


async def test_batches_are_three_by_three_over_all_accounts(
    simulator: Simulator, inbox: Inbox
) -> None:
    tenant = simulator.add_tenant(name="Blue Kite")
    simulator.faults.update({"batch": True})
    ids = [simulator.customer_sends("lucia", f"{i}") for i in range(7)]
    ids += [simulator.customer_sends("tomasz", "x", number_id=tenant["phone_number_id"])]
    await simulator.settle()
    assert len(inbox.received) == 1
    entries = inbox.payloads[0]["entry"]
    shape = [[len(c["value"]["messages"]) for c in e["changes"]] for e in entries]
    assert shape == [[3, 3, 1], [1]]
    assert [m["id"] for m in inbox.items("messages")] == ids


async def test_files_are_gone(simulator: Simulator, inbox: Inbox, graph: Graph) -> None:
    media_id = simulator.add_media(b"x", "image/png")
    url = (await graph.get(media_id)).json()["url"]
    simulator.faults.update({"media_404": True})
    assert (await graph.http.get(url)).status_code == 404
    assert (await graph.get(media_id)).status_code == 404
    simulator.faults.update({"media_404": False})
    assert (await graph.http.get(url)).status_code == 200


async def test_a_corrupt_signature(simulator: Simulator, inbox: Inbox) -> None:
    simulator.faults.update({"corrupt_signature": 1})
    simulator.customer_sends("lucia", "a")
    simulator.customer_sends("lucia", "b")
    await simulator.settle()
    good = [h["x-hub-signature-256"] == signature(b) for h, b in inbox.received]
    assert good == [False, True]
    assert all(len(h["x-hub-signature-256"]) == 71 for h, _ in inbox.received)


async def test_the_window_error_can_come_at_once(
    simulator: Simulator, inbox: Inbox, graph: Graph
) -> None:
    simulator.faults.update({"window_sync": True})
    assert error(await graph.send())[:2] == (400, 131047)
    await simulator.settle()
    assert inbox.received == []


async def test_any_failure_code(
    simulator: Simulator, inbox: Inbox, graph: Graph, open_window: Open
) -> None:
    await open_window()
    simulator.faults.update({"fail_code": 131026})
    await graph.send()
    await simulator.settle()
    assert [s["errors"][0]["code"] for s in inbox.items("statuses")] == [131026]


@pytest.mark.parametrize("code", [4, 80007, 131016, 368])
async def test_any_refusal_code(
    simulator: Simulator, inbox: Inbox, graph: Graph, code: int
) -> None:
    simulator.faults.update({"refuse_code": code})
    assert error(await graph.send())[1] == code
    simulator.faults.update({"refuse_code": 0})
    assert (await graph.send()).status_code == 200


@pytest.mark.parametrize(
    "change", [{"nothing": True}, {"batch": "yes"}, {"fail_code": 1}, {"refuse_code": 999}]
)
async def test_unknown_switches_are_refused_and_change_nothing(
    simulator: Simulator, change: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="unknown fault"):
        simulator.faults.update({"send_500": True} | change)
    assert simulator.faults.as_json()["send_500"] is False


async def test_switches_read_as_they_were_set(simulator: Simulator, graph: Graph) -> None:
    simulator.faults.update({"send_500": True, "pair_limit": 2})
    found = simulator.faults.as_json()
    assert (found["send_500"], found["pair_limit"], found["batch"]) == (True, 2, False)
    assert NUMBER not in found
