"""What the page says of a number: Meta's capitals in words, ages, and who may read it."""

from datetime import timedelta
from typing import Any

import pytest

from domain import channel_card, connecting, connections
from domain.channel_card import Card, age, limit
from illumichat_app import clock, db
from illumichat_app.errors import NotAllowed, NotFound
from models import ConnectionStatus, WhatsAppConnection
from tests.conftest import NOON
from tests.connecting.conftest import KITE_SECRET, Shop, competitor, live
from tests.flows.stack import rows

pytestmark = pytest.mark.anyio


def card(shop: Shop) -> Card:
    with db.reading() as session:
        return channel_card.read(session, shop.ana, shop.assistant.id)


def change(**facts: Any) -> None:
    with db.transaction() as session:
        row = session.get_one(WhatsAppConnection, live()[0].id)
        row.health = row.health | facts.pop("health", {})
        for name, value in facts.items():
            setattr(row, name, value)


def words(shown: Card) -> dict[str, str]:
    return {fact.label: fact.words for fact in [*shown.facts, *shown.more]}


@pytest.mark.parametrize(
    ("tier", "said"),
    [
        ("TIER_50", "50 / day"),
        ("TIER_250", "250 / day"),
        ("TIER_1K", "1\u00a0000 / day"),
        ("TIER_10K", "10\u00a0000 / day"),
        ("TIER_100K", "100\u00a0000 / day"),
        ("TIER_UNLIMITED", "Unlimited"),
        ("", "Not known yet"),
        ("NOT_SET", "Not known yet"),
        ("TIER_LARGE", "TIER_LARGE"),
        ("5000", "5000"),
    ],
)
def test_limits_are_told_in_words(tier: str, said: str) -> None:
    assert limit(tier) == said


@pytest.mark.parametrize(
    ("seconds", "said", "changes_in"),
    [
        (0, "just now", 10),
        (12, "12 s ago", 10),
        (60, "1 min ago", 60),
        (150, "2 min ago", 30),
        (7200, "2 h ago", 3600),
        (-5, "just now", 10),
    ],
)
def test_ages_say_when_they_change(seconds: int, said: str, changes_in: int) -> None:
    told, changes = age(NOON - timedelta(seconds=seconds), NOON)
    assert (told, changes) == (said, NOON + timedelta(seconds=changes_in))


def test_without_a_moment_there_is_no_age() -> None:
    assert age(None, NOON) == ("", None)


async def test_an_assistant_without_a_number(shop: Shop) -> None:
    assert card(shop) == Card("Harbour assistant", "HA")


async def test_a_connected_number_in_words(shop: Shop) -> None:
    await shop.sign_up(business="Blue Kite", phone="+44 20 7946 0555")
    shown = card(shop)
    assert (shown.status, shown.number, shown.name) == (
        "connected",
        "+44 20 7946 0555",
        "Blue Kite",
    )
    assert shown.how == "connected by Embedded Signup on 23 Nov"
    assert words(shown) == {
        "Quality rating": "Green",
        "Messaging limit": "2\u00a0000 / day",
        "Display name": "Approved",
        "Last event": "None yet",
        "Throughput": "80 messages a second",
        "Access token": f"ends in {live()[0].access_token[-4:]}, saved on 23 Nov, does not expire",
        "Connected by": "Ana Ruiz",
    }
    assert [(mark.words, mark.state) for mark in shown.marks] == [
        ("Token valid", "ok"),
        ("Number registered", "ok"),
        ("Webhooks subscribed", "ok"),
        ("Can send", "ok"),
    ]
    assert (shown.checked, shown.manual) == ("checked just now", False)


@pytest.mark.parametrize(
    ("facts", "label", "said"),
    [
        ({"quality": "YELLOW"}, "Quality rating", "Yellow"),
        ({"quality": "RED"}, "Quality rating", "Red"),
        ({"quality": "UNKNOWN"}, "Quality rating", "Not rated yet"),
        ({"quality": "PURPLE"}, "Quality rating", "PURPLE"),
        ({"name_status": "DECLINED"}, "Display name", "Declined"),
        ({"name_status": "SOMETHING_NEW"}, "Display name", "SOMETHING_NEW"),
        ({"throughput": "HIGH"}, "Throughput", "1 000 messages a second"),
        ({"token_expires_at": "2026-12-24T10:00:00+00:00"}, "Access token", "expires on 24 Dec"),
        (
            {"token_expires_at": "2027-02-01T10:00:00+00:00"},
            "Access token",
            "expires on 1 Feb 2027",
        ),
        ({"token_expires_at": "2026-11-01T10:00:00+00:00"}, "Access token", "expired on 1 Nov"),
        ({"on_business_app": True}, "Shared", "with the WhatsApp Business app"),
    ],
)
async def test_codes_become_words_and_unknown_ones_stay(
    shop: Shop, facts: dict[str, Any], label: str, said: str
) -> None:
    await shop.sign_up()
    change(health=facts)
    shown = words(card(shop))[label]
    assert shown == said or (label == "Access token" and shown.endswith(f", {said}"))


async def test_a_failed_check_is_marked_and_one_not_made_is_left_out(shop: Shop) -> None:
    await shop.sign_up()
    checks = [{"name": "token", "state": "failed"}, {"name": "health", "state": "skipped"}]
    change(health={"checks": checks}, status=ConnectionStatus.ISSUE, issue="It ended.")
    shown = card(shop)
    assert [(mark.words, mark.state) for mark in shown.marks] == [("Token refused", "failed")]
    assert (shown.status, shown.issue) == ("issue", "It ended.")


async def test_only_events_since_the_connection_prove_the_webhook(shop: Shop) -> None:
    await shop.connect()
    change(last_event_at=NOON - timedelta(days=1))
    assert card(shop).signed_event == ""
    change(first_event_at=NOON, last_event_at=NOON)
    clock.freeze(NOON + timedelta(minutes=5))
    shown = card(shop)
    assert shown.signed_event == "First signed event received at 12:00"
    assert (words(shown)["Last event"], shown.manual) == ("5 min ago", True)
    assert shown.changes_at == NOON + timedelta(minutes=6)


async def test_a_disconnected_number_is_remembered(shop: Shop) -> None:
    await shop.sign_up(phone="+44 20 7946 0555")
    (row,) = live()
    await connecting.end(shop.client, shop.ana, row.channel_id)
    shown = card(shop)
    assert (shown.status, shown.number) == ("disconnected", "+44 20 7946 0555")
    assert shown.channel == row.channel_id


async def test_a_secret_that_no_key_opens_does_not_hide_the_page(shop: Shop) -> None:
    await shop.sign_up()
    with db.engine().begin() as connection:
        connection.exec_driver_sql("UPDATE whatsapp_connection SET access_token = 'lost'")
    assert card(shop).status == "connected"


async def test_secrets_show_how_they_end_and_since_when(shop: Shop) -> None:
    await shop.connect()
    (row,) = live()
    assert words(card(shop))["App secret"] == f"ends in {KITE_SECRET[-4:]}, saved on 23 Nov"
    assert words(card(shop))["Access token"].startswith(f"ends in {row.access_token[-4:]}, saved")
    change(token_end="", secret_end="")  # saved before this was kept
    assert words(card(shop))["App secret"] == "saved on 23 Nov"
    await connecting.end(shop.client, shop.ana, row.channel_id)
    assert not {"Access token", "App secret"} & words(card(shop)).keys()
    (row,) = rows(WhatsAppConnection)
    assert (row.token_end, row.secret_end) == ("", "")


@pytest.mark.parametrize(
    ("secret", "shown"),
    [("a-long-secret-4711", "4711"), ("elevenchars", ""), ("short", ""), ("", ""), (None, "")],
)
def test_of_a_short_secret_nothing_is_shown(secret: str | None, shown: str) -> None:
    assert connections.last_letters(secret) == shown


async def test_agents_and_strangers_read_nothing(shop: Shop) -> None:
    stranger, _ = competitor()
    for who, refusal in ((shop.sam, NotAllowed), (stranger, NotFound)):
        with db.reading() as session, pytest.raises(refusal):
            channel_card.read(session, who, shop.assistant.id)
