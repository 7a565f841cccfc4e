"""The webhook door: who may write, what is kept, and that nothing is lost or doubled."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from illumichat_app import clock, db, ingest, jobs, log, webhook
from illumichat_app.ingest import Ingest
from integrations.whatsapp import signature
from models import Conversation, EventState, Message, WebhookEvent
from tests import factories, payloads
from tests.conftest import NOON, PLATFORM_SECRET, VERIFY_TOKEN
from tests.flows.stack import Stack, apply_events, outcome, rows, texts
from tests.payloads import encode

pytestmark = pytest.mark.anyio


async def test_the_handshake_returns_the_challenge(stack: Stack) -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "1158", "hub.verify_token": VERIFY_TOKEN}
    answer = await stack.door.get(webhook.PATH, params=query)
    assert (answer.status_code, answer.text) == (200, "1158")


@pytest.mark.parametrize(
    "query",
    [
        {"hub.mode": "subscribe", "hub.challenge": "1158", "hub.verify_token": "guess"},
        {"hub.mode": "unsubscribe", "hub.challenge": "1158", "hub.verify_token": VERIFY_TOKEN},
        {"hub.challenge": "1158"},
    ],
)
async def test_the_handshake_refuses_a_stranger(stack: Stack, query: dict[str, str]) -> None:
    answer = await stack.door.get(webhook.PATH, params=query)
    assert answer.status_code == 403
    assert "1158" not in answer.text


async def test_a_signed_message_becomes_a_conversation(stack: Stack) -> None:
    stack.says("é 😀")
    await stack.settle()
    (conversation,) = rows(Conversation)
    assert conversation.title == "Lucía Marín"
    assert conversation.window_ends_at == NOON + timedelta(hours=24)
    assert "é 😀" in texts("in")


@pytest.mark.parametrize(
    ("secret", "header"),
    [("wrong", "sign"), (PLATFORM_SECRET, None), (PLATFORM_SECRET, "sha1"), ("", "sign")],
)
async def test_an_unsigned_delivery_is_refused_and_not_kept(
    stack: Stack, secret: str, header: str | None
) -> None:
    body = encode(payloads.load("03_text"))
    made = {"sign": signature.sign(secret, body), "sha1": "sha1=00", None: None}[header]
    assert await stack.post(body, made) == 401
    assert rows(WebhookEvent) == []


async def test_a_refusal_is_remembered_without_its_body(stack: Stack) -> None:
    await stack.post(b'{"secret":"words"}', "sha256=" + "0" * 64)
    (entry,) = jobs.redis().lrange(webhook.REFUSALS, 0, -1)
    assert b"signature does not match" in entry
    assert b"words" not in entry


async def test_refusals_are_bounded(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "KEPT_REFUSALS", 3)
    for _ in range(5):
        await stack.post(b"{}", None)
    assert jobs.redis().llen(webhook.REFUSALS) == 3
    assert jobs.redis().get(f"{webhook.REFUSALS}:count") == b"5"


async def test_an_oversized_delivery_is_refused(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "settings", lambda: _tiny(10))
    body = encode(payloads.load("03_text"))
    assert await stack.post(body, signature.sign(PLATFORM_SECRET, body)) == 413
    assert rows(WebhookEvent) == []


def _tiny(limit: int) -> object:
    return type("Tiny", (), {"webhook_max_bytes": limit})


async def test_signed_rubbish_is_stored_and_quarantined_with_200(stack: Stack) -> None:
    body = b"this is not JSON"
    assert await stack.post(body, signature.sign(PLATFORM_SECRET, body)) == 200
    apply_events()
    (event,) = rows(WebhookEvent)
    assert event.state is EventState.FAILED
    assert event.outcome["quarantined"][0]["reason"] == "body is not JSON"


async def test_the_event_is_on_disk_before_the_200(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_arrivals: object) -> None:
        raise OperationalError("insert", {}, Exception("disk full"))

    monkeypatch.setattr(webhook, "_ingest", Ingest(broken))
    assert await stack.deliver(payloads.load("03_text")) == 500
    monkeypatch.setattr(webhook, "_ingest", Ingest())
    assert await stack.deliver(payloads.load("03_text")) == 200
    assert len(rows(WebhookEvent)) == 1


async def test_redis_being_away_does_not_lose_the_event(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> object:
        raise jobs.RedisError("gone")

    monkeypatch.setattr(jobs, "redis", away)
    assert await stack.deliver(payloads.load("03_text")) == 200
    assert len(rows(WebhookEvent)) == 1


async def test_the_same_delivery_many_times_at_once_is_one_message(stack: Stack) -> None:
    payload = payloads.load("03_text")
    answers = await asyncio.gather(*(stack.deliver(payload) for _ in range(8)))
    assert set(answers) == {200}
    apply_events()
    (event,) = rows(WebhookEvent)
    assert event.copies == 8
    assert len(rows(Message)) == 1


async def test_the_same_delivery_after_six_days_is_nothing_new(stack: Stack) -> None:
    await stack.deliver(payloads.load("03_text"))
    apply_events()
    clock.freeze(NOON + timedelta(days=6))
    await stack.deliver(payloads.load("03_text"))
    apply_events()
    assert len(rows(Message)) == 1


async def test_the_same_message_in_another_envelope_is_a_duplicate(stack: Stack) -> None:
    payload = payloads.load("03_text")
    await stack.deliver(payload)
    payload["entry"][0]["time"] = 1791500001
    await stack.deliver(payload)
    apply_events()
    assert len(rows(Message)) == 1
    assert outcome()["duplicate"] == 1


async def test_a_stored_event_can_be_replayed(stack: Stack) -> None:
    from domain import deliveries

    await stack.deliver(payloads.load("03_text"))
    apply_events()
    with db.transaction() as session:
        session.delete(session.get_one(Message, 1))
    with db.transaction() as session:
        assert deliveries.replay(session, 1, 1) == 1
    apply_events()
    apply_events()
    assert len(rows(Message)) == 1


async def test_every_kept_byte_is_as_it_came(stack: Stack) -> None:
    body = encode(payloads.load("05_signature"))
    assert await stack.post(body, signature.sign(PLATFORM_SECRET, body)) == 200
    assert rows(WebhookEvent)[0].body == body


class TestTenants:
    """One address for everybody, so a signature speaks only for its own numbers."""

    @pytest.fixture
    def other(self, stack: Stack) -> str:
        """Another company, with its own app and its own number."""
        with db.transaction() as session:
            place = factories.workspace(session, "Blue Kite")
            helper = factories.assistant(session, place)
            factories.channel(
                session,
                place,
                helper,
                phone_number_id="320000000000001",
                waba_id="220000000000001",
                display="+34 910 000 001",
                app_secret="blue-kite-secret",
            )
        return "blue-kite-secret"

    async def test_its_own_secret_opens_its_own_number(self, stack: Stack, other: str) -> None:
        assert await stack.deliver(_text("320000000000001", "220000000000001"), other) == 200
        apply_events()
        (message,) = rows(Message)
        assert message.workspace_id != stack.workspace.id

    async def test_the_platform_cannot_speak_for_it(self, stack: Stack, other: str) -> None:
        assert await stack.deliver(_text("320000000000001", "220000000000001")) == 200
        apply_events()
        assert rows(Message) == []
        assert outcome()["foreign"] == 1

    async def test_it_cannot_speak_for_another_number(self, stack: Stack, other: str) -> None:
        assert await stack.deliver(_text("310000000000007", "210000000000001"), other) == 401
        mixed = _text("310000000000007", "210000000000001")
        mixed["entry"] += _text("320000000000001", "220000000000001", "wamid.own")["entry"]
        assert await stack.deliver(mixed, other) == 200
        apply_events()
        (message,) = rows(Message)
        assert message.wamid == "wamid.own"

    async def test_it_cannot_bring_bad_news_about_another_account(
        self, stack: Stack, other: str
    ) -> None:
        from models import ConnectionStatus, WhatsAppConnection

        lie = _text("320000000000001", "220000000000001")
        lie["entry"].append(
            {
                "id": "210000000000001",
                "changes": [
                    {
                        "field": "account_update",
                        "value": {
                            "event": "DISABLED_UPDATE",
                            "ban_info": {"waba_ban_state": "DISABLE"},
                        },
                    }
                ],
            }
        )
        assert await stack.deliver(lie, other) == 200
        apply_events()
        statuses = {row.status for row in rows(WhatsAppConnection)}
        assert statuses == {ConnectionStatus.CONNECTED}


def _text(phone_number_id: str, waba_id: str, wamid: str = "wamid.X") -> dict[str, object]:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "1", "phone_number_id": phone_number_id},
        "contacts": [{"profile": {"name": "Rui"}, "wa_id": "351910000001"}],
        "messages": [
            {
                "from": "351910000001",
                "id": wamid,
                "timestamp": "1795435200",
                "type": "text",
                "text": {"body": "Bom dia"},
            }
        ],
    }
    change = {"field": "messages", "value": value}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": waba_id, "changes": [change]}],
    }


async def test_the_writer_gathers_what_waits_into_one_batch() -> None:
    batches: list[int] = []
    writer = Ingest(lambda arrivals: batches.append(len(arrivals)))
    arrival = ingest.Arrival("s", b"{}", {}, NOON)
    await asyncio.gather(*(writer.put(arrival) for _ in range(50)))
    assert sum(batches) == 50
    assert len(batches) <= 2


async def test_a_delivery_whose_sender_hangs_up_is_no_error(stack: Stack) -> None:
    heard = iter(
        [
            {"type": "http.request", "body": b'{"object":', "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    answers: list[Any] = []

    async def receive() -> Any:
        return next(heard)

    async def send(message: Any) -> None:
        answers.append(message)

    scope = {"type": "http", "method": "POST", "path": webhook.PATH, "headers": []}
    await webhook.app(scope | {"query_string": b""}, receive, send)
    assert answers[0]["status"] == 400
    assert rows(WebhookEvent) == []


async def test_an_answer_has_the_apps_headers_and_the_number_of_the_log(stack: Stack) -> None:
    transport = httpx.ASGITransport(webhook.door(webhook.app, {"x-frame-options": "DENY"}))
    body = encode(payloads.load("03_text"))
    signed = {"x-hub-signature-256": signature.sign(PLATFORM_SECRET, body)}
    async with httpx.AsyncClient(transport=transport, base_url="http://app.test") as client:
        stored, refused = [
            await client.post(webhook.PATH, content=body, headers=headers)
            for headers in (signed, {})
        ]
        elsewhere = await client.get(webhook.PATH)
    (event,) = rows(WebhookEvent)
    assert (stored.status_code, stored.text) == (200, "OK")
    assert stored.headers["x-request-id"] == log.id_of_delivery(event.digest)
    assert (refused.status_code, len(refused.headers["x-request-id"])) == (401, 8)
    assert {each.headers["x-frame-options"] for each in (stored, refused)} == {"DENY"}
    assert (elsewhere.status_code, "x-frame-options" in elsewhere.headers) == (403, False)
