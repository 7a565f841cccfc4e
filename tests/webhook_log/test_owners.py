"""Whose a delivery is, and how much of it each may see."""

import json
from collections.abc import Callable

import pytest
from sqlalchemy import event as sql
from sqlmodel import select

from domain import deliveries, webhook_delivery, webhook_log, webhook_replay
from domain.access import Actor
from illumichat_app import db
from illumichat_app.errors import NotAllowed, NotFound
from models import EventOwner, WebhookEvent, WhatsAppConnection
from tests import payloads
from tests.flows.stack import apply_events, rows
from tests.payloads import encode
from tests.webhook_log.conftest import (
    MILL_SECRET,
    World,
    body,
    change,
    delivered,
    envelope,
    ids,
    opened,
    poison,
    seen,
    stored,
    strange,
    text,
)


def owners() -> set[tuple[int, int, bool]]:
    return {(row.workspace_id, row.event_id, row.unknown) for row in rows(EventOwner)}


def test_a_delivery_is_its_owners_and_nobody_elses(world: World) -> None:
    event = delivered(text(world.harbour))
    assert ids(world.harbour) == [event]
    assert ids(world.hill) == ids(world.mill) == []
    with pytest.raises(NotFound):
        opened(world.hill, event)
    with pytest.raises(NotFound):
        body(world.hill, event)


def test_a_number_that_is_not_ours_is_nobodys(world: World) -> None:
    payload = text(world.harbour)
    payload["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = "999"
    delivered(payload)
    delivered(b"no json at all")
    assert owners() == set()


@pytest.mark.parametrize("secret", [MILL_SECRET, "platform-app-secret"])
def test_a_foreign_signed_body_that_names_our_number_is_not_ours(world: World, secret: str) -> None:
    """Mill's app speaks of Harbour's number; the platform's app speaks of Mill's."""
    victim, other = (
        (world.harbour, world.mill) if secret == MILL_SECRET else (world.mill, world.harbour)
    )
    delivered(envelope((victim, [change(victim)])), secret)
    for show in webhook_log.SHOWN:
        assert ids(victim, show) == ids(other, show) == []


def test_each_company_sees_its_own_part_only(world: World) -> None:
    payload = envelope(
        (world.harbour, [change(world.harbour, wamid="wamid.HARBOUR")]),
        (world.hill, [change(world.hill, wamid="wamid.HILL")]),
    )
    event = delivered(payload)
    for who, own, others in (
        (world.harbour, "wamid.HARBOUR", world.hill),
        (world.hill, "wamid.HILL", world.harbour),
    ):
        shown = body(who, event)
        assert own in shown
        assert json.loads(shown)["entry"][0]["id"] == who.waba_id
        for word in (others.phone_number_id, others.waba_id):
            assert word not in shown
            assert word not in repr(opened(who, event))
        found = opened(who, event)
        assert (found.whole, found.kinds) == (False, "1 message")
        assert "not counted" in found.came[0]
        assert [each.href for each in found.touched] == [f"/inbox/open/{1 + (who is world.hill)}/"]


def test_an_empty_list_of_another_company_is_left_out_too(world: World) -> None:
    empty = change(world.hill)
    empty["value"]["messages"] = []
    event = delivered(envelope((world.harbour, [change(world.harbour)]), (world.hill, [empty])))
    assert world.hill.phone_number_id not in body(world.harbour, event)


def test_what_failed_for_others_is_not_our_failure(world: World) -> None:
    bad = poison(world.hill)["entry"][0]
    payload = text(world.harbour)
    payload["entry"].append(bad)
    event = delivered(payload)
    assert ids(world.harbour, "failed") == []
    assert opened(world.harbour, event).put_aside == []
    assert ids(world.hill, "failed") == [event]
    (aside,) = opened(world.hill, event).put_aside
    assert aside.path.startswith("entry[1].changes[0]")


def test_a_delivery_of_one_company_is_shown_exactly_as_it_came(world: World) -> None:
    raw = encode(text(world.harbour)).replace(b'"object"', b' "object"')
    event = delivered(raw)
    assert body(world.harbour, event) == raw.decode()
    assert opened(world.harbour, event).whole
    assert body(world.harbour, event, pretty=True).startswith('{\n  "object"')


def test_a_large_body_is_cut_and_says_by_how_much(world: World) -> None:
    payload = text(world.harbour)
    payload["entry"][0]["changes"][0]["value"]["messages"][0]["text"]["body"] = "x" * 200_000
    event = delivered(payload)
    (row,) = seen(world.harbour)
    assert row.kinds.startswith("Large delivery, 200")
    with db.reading() as session:
        admin = world.harbour.admin
        shown, left_out = webhook_delivery.body(session, admin, event, pretty=False)
        whole, _ = webhook_delivery.body(session, admin, event, pretty=False, most=None)
    assert (len(shown), len(shown) + left_out) == (webhook_delivery.MOST_SHOWN, len(whole))
    assert opened(world.harbour, event).kinds == "1 message"


def test_unknown_is_per_company(world: World) -> None:
    payload = text(world.harbour)
    payload["entry"] += strange(world.hill)["entry"]
    event = delivered(payload)
    assert owners() == {
        (world.harbour.admin.workspace_id, event, False),
        (world.hill.admin.workspace_id, event, True),
    }
    assert ids(world.hill, "unknown") == [event]
    assert ids(world.harbour, "unknown") == []


def test_news_of_an_account_is_every_numbers_of_it(world: World) -> None:
    payload = payloads.load("11_template_approved")
    event = delivered(payload)
    assert ids(world.harbour) == [event]
    assert ids(world.hill) == []
    assert "template status" in seen(world.harbour)[0].kinds


def test_news_of_a_number_is_not_its_neighbours(world: World) -> None:
    """Hill's number in the same account learns nothing of Harbour's."""
    with db.transaction() as session:
        row = session.exec(
            select(WhatsAppConnection).where(
                WhatsAppConnection.phone_number_id == world.hill.phone_number_id
            )
        ).one()
        row.waba_id = world.harbour.waba_id
    news = {"display_phone_number": "442079460991", "event": "FLAGGED", "current_limit": "TIER_1K"}
    part = {"field": "phone_number_quality_update", "value": news}
    event = delivered(envelope((world.harbour, [part])))
    assert ids(world.harbour) == [event]
    assert ids(world.hill) == []


def test_applied_again_owns_the_same(world: World) -> None:
    event = delivered(strange(world.harbour))
    before = owners()
    with db.transaction() as session:
        deliveries.replay(session, event, event)
    apply_events()
    assert owners() == before == {(world.harbour.admin.workspace_id, event, True)}


@pytest.mark.parametrize("kind", [text, poison], ids=["together", "one by one"])
def test_a_batch_pays_two_statements_for_its_owners(
    world: World, kind: Callable[..., dict[str, object]]
) -> None:
    said: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    for number in range(10):
        payload = kind(world.harbour)
        payload["n"] = number
        stored(payload)
    sql.listen(db.engine(), "before_cursor_execute", listen)
    apply_events()
    sql.remove(db.engine(), "before_cursor_execute", listen)
    about = [each for each in said if "event_owner" in each]
    named = [each for each in said if each.startswith("SELECT whatsapp_connection.workspace_id")]
    assert (len(about), len(named)) == (1, 1)
    assert len(owners()) == 10


def test_a_lost_secret_stops_nobody_else(world: World, clean_keys: None) -> None:
    event = delivered(text(world.harbour))
    assert ids(world.harbour) == [event]


@pytest.fixture
def clean_keys(world: World) -> None:
    """Mill's stored secret opens with none of the keys any more."""
    with db.engine().begin() as connection:
        connection.exec_driver_sql(
            "UPDATE whatsapp_connection SET app_secret = 'gone', access_token = 'gone', "
            "waba_id = '210000000000001' WHERE app_secret IS NOT NULL"
        )


def test_an_agent_sees_nothing(world: World) -> None:
    event = delivered(text(world.harbour))
    with db.reading() as session:
        for look in (
            lambda who: webhook_log.page(session, who),
            lambda who: webhook_log.counts(session, who),
            lambda who: webhook_delivery.detail(session, who, event),
            lambda who: webhook_delivery.body(session, who, event, pretty=False),
            lambda who: webhook_replay.one(session, who, event),
            lambda who: webhook_replay.between(session, who, "", ""),
            lambda who: webhook_replay.waiting(session, who, 1, 2),
        ):
            with pytest.raises(NotAllowed):
                look(world.harbour.agent)
    assert isinstance(world.harbour.agent, Actor)
    assert rows(WebhookEvent)[0].state == "processed"
