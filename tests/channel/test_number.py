"""One assistant's number on its page: credentials, tests, retries, disconnecting, live news."""

import pytest

from domain import sessions, signing
from illumichat_app import db
from meta_simulator import seed
from models import WhatsAppConnection
from state import connection as work
from state import live as hub
from state.channel import Channel
from state.connection import Connection
from tests import factories
from tests.channel.conftest import Browser, connect, form, given
from tests.conftest import VERIFY_TOKEN
from tests.connecting.conftest import KITE_SECRET, Shop, another, live
from tests.security import pipeline

pytestmark = pytest.mark.anyio


# ---- manual


async def test_four_right_values_connect(admin: Browser, shop: Shop) -> None:
    company = shop.company()
    await admin.do(Connection, "connect_manually", **form(company))
    assert admin.steps == dict.fromkeys(("token", "number", "secret", "saved"), "ok") | {
        "subscribe": "skipped",
        "register": "skipped",
        "health": "ok",
        "templates": "ok",
    }
    assert (admin.card.status, admin.card.manual) == ("connected", True)
    assert admin.var(Channel, "callback_url").endswith("/api/channels/webhook/whatsapp")
    for secret in (company["token"], KITE_SECRET):
        assert secret not in admin.server.wire.text


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("phone_number_id", "310000000000099"),
        ("waba_id", "210000000000099"),
        ("access_token", "EAAgone"),
        ("app_secret", "not-it"),
    ],
)
async def test_a_wrong_value_is_told_at_its_field(
    admin: Browser, shop: Shop, field: str, wrong: str
) -> None:
    company = shop.company()
    await admin.do(Connection, "connect_manually", **form(company, **{field: wrong}))
    assert set(admin.var(Connection, "problems")) == {field}
    assert (live(), admin.idle) == ([], True)
    assert "EAAgone" not in admin.server.wire.text
    await admin.do(Connection, "connect_manually", **form(company))
    assert (admin.var(Connection, "problems"), admin.card.status) == ({}, "connected")


async def test_a_form_that_is_no_text_is_only_incomplete(admin: Browser) -> None:
    await admin.do(Connection, "connect_manually", form_data={"waba_id": {"$ne": 1}})
    assert set(admin.var(Connection, "problems")) == {
        "phone_number_id",
        "waba_id",
        "access_token",
        "app_secret",
    }


async def test_a_new_secret_counts_at_once(admin: Browser, shop: Shop) -> None:
    """What the intake remembered of the number before must not refuse its first events."""
    company = shop.company()
    claimed = signing.Claimed((company["phone_number_id"],), (company["waba_id"],))
    assert await signing.secrets_of(claimed) == set()
    await admin.do(Connection, "connect_manually", **form(company))
    assert await signing.secrets_of(claimed) == {KITE_SECRET}
    await admin.do(Connection, "disconnect")
    assert await signing.secrets_of(claimed) == set()


# ---- test, retry, disconnect


async def test_the_test_shows_every_check(admin: Browser, shop: Shop) -> None:
    await connect(shop, admin)
    await admin.do(Connection, "test")
    assert list(admin.steps) == list(work.CHECKS)
    assert admin.steps["token"] == admin.steps["registered"] == "ok"
    assert "failed" not in admin.steps.values()
    assert admin.var(Connection, "heading") == "Everything works"


async def test_a_dead_token_is_an_issue_with_its_way_out(admin: Browser, shop: Shop) -> None:
    await connect(shop, admin)
    shop.simulator.world.tokens[live()[0].access_token].dead_subcode = 463
    await admin.do(Connection, "test")
    assert admin.steps["token"] == "failed"
    assert "connect it again" in admin.step("token").fix
    assert (admin.card.status, "no longer accepts" in admin.card.issue) == ("issue", True)


async def test_a_lost_subscription_is_mended_by_its_retry(admin: Browser, shop: Shop) -> None:
    await connect(shop, admin)
    shop.simulator.world.wabas[live()[0].waba_id].subscriptions.clear()
    await admin.do(Connection, "test")
    failed = admin.step("subscribed")
    assert (failed.state, failed.again) == ("failed", "subscribe")
    await admin.do(Connection, "retry", step="subscribe")
    assert admin.step("subscribed").state == "ok"
    assert (admin.step("subscribed").again, admin.card.status) == ("", "connected")


async def test_a_number_with_a_pin_is_registered_with_it(admin: Browser, shop: Shop) -> None:
    answer = shop.answer()
    shop.number(answer.phone_number_id).pin = "424242"
    await admin.do(Connection, "sign_up", **given(answer))
    assert (admin.steps["register"], admin.step("register").again) == ("failed", "register")
    assert admin.card.status == "issue"
    await admin.do(Connection, "register", form_data={"pin": "12"})
    assert "six digits" in admin.problem
    await admin.do(Connection, "register", form_data={"pin": " 424242 "})
    assert admin.steps["register"] == admin.steps["health"] == "ok"
    assert admin.card.status == "connected"
    assert "424242" not in admin.server.wire.text


async def test_an_unknown_step_is_no_argument(admin: Browser, shop: Shop) -> None:
    await connect(shop, admin)
    await admin.do(Connection, "retry", step="saved")
    assert "something unexpected" in admin.told


async def test_without_a_number_there_is_nothing_to_test(admin: Browser) -> None:
    for handler in ("test", "disconnect"):
        await admin.do(Connection, handler)
        assert admin.problem


async def test_disconnecting_and_connecting_again_goes_on(admin: Browser, shop: Shop) -> None:
    await connect(shop, admin, waba_id=seed.WABA_ID, phone_number_id=seed.NUMBER_ID)
    channel = live()[0].channel_id
    await admin.do(Connection, "disconnect")
    assert (admin.card.status, admin.steps) == ("disconnected", {"unsubscribe": "ok"})
    await connect(shop, admin, waba_id=seed.WABA_ID, phone_number_id=seed.NUMBER_ID)
    assert (admin.card.status, live()[0].channel_id) == ("connected", channel)
    assert admin.var(Channel, "channel") == channel


async def test_the_list_can_be_put_away(admin: Browser, shop: Shop) -> None:
    await connect(shop, admin)
    await admin.do(Connection, "close")
    assert admin.steps == {}


# ---- the verify token, and what happens meanwhile


async def test_the_verify_token_goes_to_the_clipboard_and_into_no_var(admin: Browser) -> None:
    await admin.do(Channel, "copy_verify_token")
    assert any(VERIFY_TOKEN in event for event in admin.server.wire.events)
    deltas = [update.delta for _, update in admin.server.wire.updates]
    assert VERIFY_TOKEN not in str(deltas)


async def test_the_open_page_is_watched_until_it_is_left(admin: Browser, shop: Shop) -> None:
    await connect(shop, admin)
    (viewer,) = hub.viewers.values()
    assert viewer.refresh_at["channel"] is not None
    with db.transaction() as session:
        row = session.get_one(WhatsAppConnection, live()[0].id)
        row.health = row.health | {"quality": "RED"}
    await admin.do(Channel, "refresh")
    assert admin.card.facts[0].words == "Red"
    await admin.leave()
    assert "channel" not in viewer.refreshers


async def test_another_assistants_page_starts_anew(
    admin: Browser, shop: Shop, server: pipeline.Server
) -> None:
    await connect(shop, admin)
    admin.assistant = str(another(shop).id)
    await admin.open()
    assert (admin.card.status, admin.steps) == ("none", {})


async def test_an_admin_who_became_an_agent_is_refused(
    admin: Browser, shop: Shop, server: pipeline.Server
) -> None:
    with db.transaction() as session:
        row = session.get_one(factories.Membership, 1)
        assert row.user_id == shop.ana.user_id
        row.role = shop.sam.role
    sessions.forget_cached()
    await admin.do(Connection, "connect_manually", **form(shop.company()))
    assert live() == []
