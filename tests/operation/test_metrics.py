"""GET /metrics: guarded, of all processes together, and of nobody in particular."""

import subprocess
import sys
from collections.abc import Callable

import httpx
import pytest

from illumichat_app import db, jobs, metrics, metrics_store
from integrations.whatsapp.error_table import Outcome
from models import Conversation
from tests import payloads
from tests.flows.stack import Stack, rows
from tests.operation.conftest import TOKEN, Series, hire, parsed

pytestmark = pytest.mark.anyio
BEARER = {"authorization": f"Bearer {TOKEN}"}
Read = Callable[[], Series]


async def test_without_a_token_they_are_off(web: httpx.AsyncClient) -> None:
    answer = await web.get("/metrics", headers={"authorization": "Bearer "})
    assert (answer.status_code, "illumichat_" in answer.text) == (404, False)


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer no", f"Basic {TOKEN}", TOKEN, "Bearer é"])
async def test_another_token_is_refused(web: httpx.AsyncClient, metered: None, given: str) -> None:
    answer = await web.get("/metrics", headers={"authorization": given.encode("latin-1")})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert "illumichat_" not in answer.text


async def test_the_token_opens_them(
    stack: Stack, web: httpx.AsyncClient, metered: None, staffed: None
) -> None:
    hire("outbox")
    stack.says("Hello")
    await stack.simulator.settle()
    answer = await web.get("/metrics", headers=BEARER)
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = parsed(answer.text)
    assert found["illumichat_database_up", ""] == found["illumichat_redis_up", ""] == 1
    assert found["illumichat_lane_waiting_units", "inbound"] == 1
    assert found["illumichat_lane_oldest_unit_seconds", "inbound"] == 0
    assert found["illumichat_lane_workers", "outbox"] == 2
    assert found["illumichat_lane_workers", "upkeep"] == 1
    assert found["illumichat_numbers", "connected"] == 1
    assert found["illumichat_quarantined_events", ""] == 0
    now = found["illumichat_last_sweep_timestamp_seconds", ""]
    assert found["illumichat_last_webhook_timestamp_seconds", ""] == now


async def test_the_whole_path_is_counted(stack: Stack, counts: Read) -> None:
    stack.says("When are you open?")
    await stack.settle()
    await stack.deliver(payloads.load("03_text"), secret="another")
    await stack.post(b"{}", None)
    await stack.post(b"[" * 4_000_000, None)
    found = counts()
    deliveries = {label: n for (name, label), n in found.items() if "webhook_deliveries" in name}
    stored = deliveries.pop("stored")
    refused = {"unsigned": 1, "wrong_signature": 1, "too_large": 1}
    assert deliveries == refused | {"too_slow": 0, "not_stored": 0}
    assert stored == found["illumichat_webhook_ack_seconds_count", ""] > 1
    assert found["illumichat_events_applied_total", "processed"] == stored
    assert found["illumichat_sends_total", "accepted"] == 1
    assert found["illumichat_graph_call_seconds_count", "ok"] >= 2  # the send, the blue ticks
    assert found["illumichat_assistant_answer_seconds_count", "answered"] == 1


async def test_what_failed_is_counted_as_it_failed(stack: Stack, counts: Read) -> None:
    stack.simulator.faults.update({"token_expired": 9})
    stack.says("Hello")
    await stack.settle()
    found = counts()
    assert found["illumichat_sends_total", "refused"] == 1
    assert found["illumichat_sends_total", "accepted"] == 0
    assert found["illumichat_graph_call_seconds_count", "ok"] == 0


async def test_a_delivery_that_cannot_be_stored_is_counted(
    stack: Stack, counts: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = db.build_engine("sqlite://")  # without tables
    with monkeypatch.context() as patch:
        patch.setattr(db, "engine", lambda: engine)
        assert await stack.deliver(payloads.load("03_text")) == 500
    assert counts()["illumichat_webhook_deliveries_total", "not_stored"] == 1
    engine.dispose()


def test_other_processes_are_added(counts: Read, redis_server: str) -> None:
    work = (
        "from illumichat_app import metrics, metrics_store\n"
        "with metrics_store.publishing():\n"
        "    metrics.send('accepted')\n"
    )
    for _ in range(2):
        subprocess.run([sys.executable, "-c", work], check=True)
    metrics.send("accepted")
    assert counts()["illumichat_sends_total", "accepted"] == 3
    assert counts()["illumichat_sends_total", "accepted"] == 3  # each once


def test_what_is_counted_without_redis_goes_later(
    counts: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = jobs.Redis.from_url("redis://127.0.0.1:1/0")
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "redis", lambda: nobody)
        metrics.send("unknown")
        metrics_store.publish()
    assert counts()["illumichat_sends_total", "unknown"] == 1


async def test_without_redis_the_database_is_still_told(
    web: httpx.AsyncClient, database: str, metered: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = jobs.Redis.from_url("redis://127.0.0.1:1/0")
    monkeypatch.setattr(jobs, "redis", lambda: nobody)
    found = parsed((await web.get("/metrics", headers=BEARER)).text)
    assert found["illumichat_redis_up", ""] == 0
    assert found["illumichat_unconfirmed_messages", ""] == 0
    assert ("illumichat_sends_total", "accepted") not in found


async def test_nothing_that_happens_makes_a_new_series(stack: Stack, counts: Read) -> None:
    before = counts().keys()
    stack.simulator.faults.update({"token_expired": 1})
    stack.says("Hello")
    await stack.settle()
    assert counts().keys() == before
    outcomes = {label for name, label in before if name == "illumichat_sends_total"}
    assert {each.value for each in Outcome} < outcomes


async def test_they_name_nobody(
    stack: Stack, web: httpx.AsyncClient, metered: None, staffed: None, counts: Read
) -> None:
    stack.says("Canary words")
    await stack.settle()
    counts()
    told = (await web.get("/metrics", headers=BEARER)).text
    talk = rows(Conversation)[0]
    for ours in ("Canary", "Harbour", talk.title, "310000000000007"):
        assert ours not in told
