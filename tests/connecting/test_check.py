"""The Test button and the hourly check: what each finding says and does."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from domain import channels, connecting, connection_check, connections
from domain.connection_check import Report, Subject
from illumichat_app import clock, db, webhook
from illumichat_app.config import settings
from illumichat_app.errors import NotAllowed, NotFound
from integrations.whatsapp.signup import failed
from meta_simulator import seed
from models import ConnectionStatus, WhatsAppConnection
from tests.conftest import NOON
from tests.connecting.conftest import Shop, away, competitor, live, states, values, wired
from tests.flows.stack import rows
from workers import connecting as schedule

pytestmark = pytest.mark.anyio
FINE = {
    "address": "skipped",
    "clock": "skipped",
    "token": "ok",
    "expiry": "ok",
    "permissions": "ok",
    "secret": "ok",
    "subscribed": "ok",
    "callback": "ok",
    "registered": "ok",
    "health": "ok",
}


async def connected(shop: Shop) -> Any:
    """The demo's number, connected by the signup window; returns its row."""
    await shop.sign_up(waba_id=seed.WABA_ID, phone_number_id=seed.NUMBER_ID)
    return live()[0]


def token_of(shop: Shop) -> Any:
    return shop.simulator.world.tokens[live()[0].access_token]


async def examined(shop: Shop) -> Report:
    return await connection_check.examine(shop.client, connection_check.subject_of(live()[0]))


async def test_a_working_number_passes_and_its_facts_are_kept(shop: Shop) -> None:
    await connected(shop)
    number = shop.number(seed.NUMBER_ID)
    number.quality, number.messaging_limit, number.throughput = "YELLOW", "TIER_10K", "HIGH"
    number.verified_name, number.name_status = "Harbour Ropes", "PENDING_REVIEW"
    clock.freeze(NOON + timedelta(hours=2))
    assert states((await shop.check()).values()) == FINE
    (row,) = live()
    assert (row.status, row.verified_name) == (ConnectionStatus.CONNECTED, "Harbour Ropes")
    assert row.checked_at == NOON + timedelta(hours=2)
    facts = {
        "quality": "YELLOW",
        "limit": "TIER_10K",
        "throughput": "HIGH",
        "name_status": "PENDING_REVIEW",
        "can_send": "AVAILABLE",
        "token_expires_at": None,
    }
    assert {name: row.health[name] for name in facts} == facts
    assert [check["name"] for check in row.health["checks"]] == list(FINE)


async def test_a_manual_connection_passes_with_its_own_app(shop: Shop) -> None:
    await shop.connect()
    assert states((await shop.check()).values()) == FINE


def spoil_token(shop: Shop) -> None:
    token_of(shop).dead_subcode = 460


def expire_token(shop: Shop) -> None:
    token_of(shop).expires_at = clock.now().timestamp() - 60


def drop_scope(shop: Shop) -> None:
    token_of(shop).scopes = ["whatsapp_business_management"]


def change_secret(shop: Shop) -> None:
    next(iter(shop.simulator.world.apps.values())).secret = "changed"


def unsubscribe(shop: Shop) -> None:
    shop.simulator.world.wabas[seed.WABA_ID].subscriptions.clear()


def deregister(shop: Shop) -> None:
    shop.number(seed.NUMBER_ID).platform_type = "NOT_APPLICABLE"


def ban(shop: Shop) -> None:
    shop.simulator.world.wabas[seed.WABA_ID].ban_state = "DISABLE"


def delete_number(shop: Shop) -> None:
    del shop.simulator.world.numbers[seed.NUMBER_ID]


@pytest.mark.parametrize(
    ("spoil", "name", "sentence", "fix"),
    [
        (spoil_token, "token", "no longer accepts the access token", "connect it again"),
        (expire_token, "token", "no longer accepts the access token", "connect it again"),
        (drop_scope, "permissions", "whatsapp_business_messaging", "Give the permission"),
        (change_secret, "secret", "not that of the token's app", "Copy the app secret"),
        (unsubscribe, "subscribed", "does not deliver", "Subscribe again"),
        (deregister, "registered", "not registered", "Register again"),
        (ban, "health", "Meta blocks messages", "The account is disabled."),
        (delete_number, "registered", "did not show the number", "reconnect"),
    ],
)
async def test_each_finding_breaks_the_connection_with_its_reason_and_way_out(
    shop: Shop, spoil: Callable[[Shop], None], name: str, sentence: str, fix: str
) -> None:
    await connected(shop)
    spoil(shop)
    step = (await shop.check())[name]
    assert step.state == "failed"
    assert sentence in step.sentence
    assert fix in step.fix
    (row,) = live()
    assert (row.status, row.issue) == (ConnectionStatus.ISSUE, step.text)
    with db.reading() as session:
        channel = session.get_one(connections.Channel, row.channel_id)
        assert channels.why_not(channel, row) is not None


async def test_what_meta_announced_stays_the_reason(shop: Shop) -> None:
    row = await connected(shop)
    with db.transaction() as session:
        announced = session.get_one(WhatsAppConnection, row.id)
        channels.broke(session, announced, "Access was withdrawn at Meta.")
    spoil_token(shop)
    await shop.check()
    assert live()[0].issue == "Access was withdrawn at Meta."


async def test_the_reason_of_a_check_gives_way_to_that_of_the_next(shop: Shop) -> None:
    await connected(shop)
    unsubscribe(shop)
    await shop.check()
    spoil_token(shop)
    before = live()[0].issue
    found = await shop.check()
    assert before != live()[0].issue == found["token"].text


async def test_what_is_mended_at_meta_is_mended_here(shop: Shop) -> None:
    await connected(shop)
    deregister(shop)
    await shop.check()
    shop.number(seed.NUMBER_ID).platform_type = "CLOUD_API"
    await shop.check()
    assert (live()[0].status, live()[0].issue) == (ConnectionStatus.CONNECTED, "")


@pytest.mark.parametrize(
    ("days", "state", "words"),
    [
        (8, "ok", "good until 1 December 2026"),
        (7, "warning", "expires on 30 November 2026"),
        (-1, "failed", "expired on 22 November 2026"),
    ],
)
async def test_the_tokens_end_is_told_a_week_before(
    shop: Shop, days: int, state: str, words: str
) -> None:
    await connected(shop)
    ends = NOON + timedelta(days=days)
    token_of(shop).expires_at = ends.timestamp()
    step = (await shop.check())["expiry"]
    assert step.state == state
    assert words in step.sentence
    expected = ConnectionStatus.ISSUE if days < 0 else ConnectionStatus.CONNECTED
    assert live()[0].status is expected
    assert live()[0].health["token_expires_at"] == ends.isoformat()


@pytest.mark.parametrize(
    ("callback", "state", "words"),
    [
        ("http://127.0.0.1:3000/api/channels/webhook/whatsapp", "ok", "this deployment"),
        ("http://localhost:3001/api/channels/webhook/whatsapp", "warning", "localhost:3001"),
        ("https://old.example/hook", "warning", "https://old.example/hook"),
        ("", "warning", "no address"),
    ],
)
async def test_another_callback_address_is_a_warning_with_ours_to_copy(
    shop: Shop, callback: str, state: str, words: str
) -> None:
    await connected(shop)
    next(iter(shop.simulator.world.apps.values())).callback_url = callback
    step = (await shop.check())["callback"]
    assert step.state == state
    assert words in step.sentence
    assert state == "ok" or step.fix.endswith(connection_check.callback_url())
    assert live()[0].status is ConnectionStatus.CONNECTED


async def test_the_numbers_own_address_counts_before_the_apps(shop: Shop) -> None:
    await connected(shop)
    shop.number(seed.NUMBER_ID).override = "https://override.example/"
    assert "override.example" in (await shop.check())["callback"].sentence


def test_our_address_is_the_webhooks() -> None:
    assert connection_check.callback_url() == f"{settings().public_url}{webhook.PATH}"


async def test_a_limited_number_is_a_warning(shop: Shop) -> None:
    await connected(shop)
    shop.simulator.world.wabas[seed.WABA_ID].restrictions = ["RESTRICTED_UTILITY_TEMPLATES"]
    assert (await shop.check())["health"].state == "warning"
    assert live()[0].status is ConnectionStatus.CONNECTED


async def test_a_check_does_not_lift_a_restriction_meta_announced(shop: Shop) -> None:
    await connected(shop)
    told = "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"
    shop.simulator.world.wabas[seed.WABA_ID].restrictions = [told]
    with db.transaction() as session:
        row = session.get_one(WhatsAppConnection, live()[0].id)
        row.health = row.health | {
            "ACCOUNT_RESTRICTION": {"restriction_info": [{"restriction_type": told}]}
        }
        channels.broke(session, row, "Meta restricts this account.")
    await shop.check()
    assert live()[0].issue == "Meta restricts this account."
    shop.simulator.world.wabas[seed.WABA_ID].restrictions = []
    await shop.check()
    assert live()[0].status is ConnectionStatus.CONNECTED


async def over(shop: Shop, change: Callable[[httpx.Request], Awaitable[Any]]) -> Report:
    async with wired(shop, change) as client:
        subject = connection_check.subject_of(live()[0])
        report = await connection_check.examine(client, subject)
    await db.run(connection_check.record, subject, report)
    return report


@pytest.mark.parametrize(
    ("skew", "state", "words"),
    [
        (0, "ok", "agrees"),
        (60, "ok", "agrees"),
        (180, "warning", "3 min ahead of"),
        (-3600, "warning", "60 min behind"),
    ],
)
async def test_the_clock_is_compared_with_metas(
    shop: Shop, skew: int, state: str, words: str
) -> None:
    await connected(shop)
    at_meta = format_datetime(NOON - timedelta(seconds=skew), usegmt=True)

    async def dated(request: httpx.Request) -> dict[str, str]:
        return {"date": at_meta}

    step = next(step for step in (await over(shop, dated)).steps if step.name == "clock")
    assert step.state == state
    assert words in step.sentence


async def test_an_unreadable_date_is_no_finding(shop: Shop) -> None:
    await connected(shop)

    async def dated(request: httpx.Request) -> dict[str, str]:
        return {"date": "soon"}

    assert states((await over(shop, dated)).steps)["clock"] == "skipped"


@pytest.mark.parametrize("place", ["debug_token", "subscribed_apps", "health_status", ""])
async def test_when_meta_is_away_nothing_is_concluded(shop: Shop, place: str) -> None:
    await connected(shop)

    report = await over(shop, away(place))
    assert report.problem is None
    assert "skipped" in set(states(report.steps).values()) - {"ok"}
    assert live()[0].status is ConnectionStatus.CONNECTED
    with db.transaction() as session:
        channels.broke(session, session.get_one(WhatsAppConnection, live()[0].id), "Broken.")
    await over(shop, away(place))
    assert live()[0].status is ConnectionStatus.ISSUE


@pytest.mark.parametrize(
    ("graph", "public", "state"),
    [
        ("http://127.0.0.1:4000", "http://localhost:3000", "skipped"),
        ("https://graph.facebook.com", "https://chat.harbour.example", "ok"),
        ("https://graph.facebook.com", "http://chat.harbour.example", "warning"),
        ("https://graph.facebook.com", "https://localhost:3000", "warning"),
        ("https://graph.facebook.com", "https://192.168.1.5", "warning"),
        ("https://graph.facebook.com", "https://8.8.8.8", "ok"),
        ("https://graph.facebook.com", "https://box.local", "warning"),
    ],
)
async def test_meta_needs_a_public_https_address(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, graph: str, public: str, state: str
) -> None:
    await connected(shop)
    chosen = settings().model_copy(update={"meta_graph_url": graph, "public_url": public})
    monkeypatch.setattr(connection_check, "settings", lambda: chosen)
    step = (await shop.check())["address"]
    assert step.state == state
    assert state != "warning" or (public in step.sentence and "PUBLIC_URL" in step.fix)


async def test_agents_and_strangers_are_refused(shop: Shop) -> None:
    row = await connected(shop)
    rival, _ = competitor()
    for actor, refusal in ((shop.sam, NotAllowed), (rival, NotFound)):
        with db.reading() as session, pytest.raises(refusal):
            connection_check.subject(session, actor, row.channel_id)


async def test_a_late_result_does_not_touch_what_changed_meanwhile(shop: Shop) -> None:
    row = await connected(shop)
    old = connection_check.subject_of(row)
    bad = Report((failed("token", "Dead.", "Reconnect."),))
    renewed = replace(old, credentials=replace(old.credentials, token="EAAolder"))
    await db.run(connection_check.record, renewed, bad)
    assert live()[0].status is ConnectionStatus.CONNECTED
    await connecting.end(shop.client, shop.ana, row.channel_id)
    await db.run(connection_check.record, old, bad)
    assert rows(WhatsAppConnection)[0].status is ConnectionStatus.DISCONNECTED
    gone = replace(old, connection_id=999)
    await db.run(connection_check.record, gone, bad)


# ---- the schedule


def due() -> list[Subject]:
    with db.transaction() as session:
        return connection_check.due(session)


async def test_the_hourly_check_finds_what_broke(shop: Shop) -> None:
    await connected(shop)
    spoil_token(shop)
    await schedule.check_due()
    assert live()[0].status is ConnectionStatus.CONNECTED
    clock.freeze(NOON + connection_check.EVERY)
    await schedule.check_due()
    assert live()[0].status is ConnectionStatus.ISSUE
    assert due() == []


async def test_broken_connections_are_checked_too_and_mend_by_themselves(shop: Shop) -> None:
    row = await connected(shop)
    with db.transaction() as session:
        channels.broke(session, session.get_one(WhatsAppConnection, row.id), "Broken.")
        session.get_one(WhatsAppConnection, row.id).checked_at = None
    await schedule.check_due()
    assert live()[0].status is ConnectionStatus.CONNECTED


async def test_disconnected_numbers_are_left_alone(shop: Shop) -> None:
    row = await connected(shop)
    await connecting.end(shop.client, shop.ana, row.channel_id)
    clock.freeze(datetime(2027, 1, 1, tzinfo=UTC))
    assert due() == []


async def test_a_failed_check_of_a_manual_number_says_the_secret(shop: Shop) -> None:
    company = shop.company()
    form = values(company)
    await connecting.connect_manually(shop.client, shop.ana, shop.assistant.id, form)
    shop.simulator.world.apps[company["app_id"]].secret = "rotated"
    assert (await shop.check())["secret"].state == "failed"


async def test_a_dead_token_without_an_end_is_not_said_to_be_good(shop: Shop) -> None:
    await connected(shop)
    spoil_token(shop)
    found = await shop.check()
    assert {name: found[name].state.value for name in ("token", "expiry", "permissions")} == {
        "token": "failed",
        "expiry": "skipped",
        "permissions": "skipped",
    }
