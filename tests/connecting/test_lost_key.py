"""The key of a number's secrets is gone: what still works, and what says what to do."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from domain import (
    channel_card,
    channels,
    connecting,
    connection_check,
    outbox,
    templates,
    thread,
)
from domain.connections import NumberTaken
from illumichat_app import db
from illumichat_app.errors import SecretLost
from integrations.whatsapp.signup import StepResult, StepState
from models import Channel, ConnectionStatus, Message, MessageStatus, WhatsAppConnection
from tests import factories
from tests.conftest import NOON
from tests.connecting.conftest import KITE_SECRET, Shop, live, lose, values
from tests.flows.stack import apply_events, rows
from workers import connecting as scheduled

pytestmark = pytest.mark.anyio
WORDS = "opens with none of the ENCRYPTION_KEYS"


def stored() -> dict[str, Any]:
    """The connection's row without its secrets."""
    with db.reading() as session:
        (row,) = session.exec(select(WhatsAppConnection).options(*channels.sealed())).all()
        return {name: getattr(row, name) for name in ("id", "status", "issue", "channel_id")}


async def disconnect(shop: Shop) -> StepResult:
    return await connecting.end(shop.client, shop.ana, stored()["channel_id"])


async def test_test_says_what_to_do(shop: Shop) -> None:
    await shop.connect()
    lose(live()[0])
    with db.reading() as session, pytest.raises(SecretLost, match=WORDS):
        connection_check.subject(session, shop.ana, stored()["channel_id"])


async def test_disconnecting_is_possible_and_says_that_meta_was_not_told(shop: Shop) -> None:
    await shop.connect()
    lose(live()[0])
    result = await disconnect(shop)
    assert (result.state, result.name) == (StepState.WARNING, "unsubscribe")
    assert "Meta was not told" in result.sentence
    assert "remove this app" in result.fix
    (row,) = rows(WhatsAppConnection)
    assert (row.status, row.access_token, row.app_secret, row.pin) == (
        ConnectionStatus.DISCONNECTED,
        "",
        None,
        None,
    )


async def test_connecting_again_replaces_the_secrets(shop: Shop) -> None:
    company = shop.company()
    form = values(company)
    await connecting.connect_manually(shop.client, shop.ana, shop.assistant.id, form)
    channel = live()[0].channel_id
    lose(live()[0])
    # While it counts as connected, the way is to disconnect it first, and that is said.
    with pytest.raises(NumberTaken, match="Disconnect it there first"):
        await connecting.connect_manually(shop.client, shop.ana, shop.assistant.id, form)
    await disconnect(shop)
    outcome = await connecting.connect_manually(shop.client, shop.ana, shop.assistant.id, form)
    assert not outcome.errors
    (row,) = live()
    assert (row.channel_id, row.app_secret, row.issue) == (channel, KITE_SECRET, "")


async def test_the_schedule_shows_the_issue_and_checks_the_others(shop: Shop) -> None:
    await shop.connect()
    (lost,) = live()
    lose(lost, "access_token")
    with db.transaction() as session:
        place = factories.workspace(session, "Rival Ropes")
        factories.channel(
            session,
            place,
            factories.assistant(session, place),
            waba_id="210000000000002",
            phone_number_id="310000000000099",
        )
        session.execute(text("UPDATE whatsapp_connection SET checked_at = NULL"))
        session.execute(text("UPDATE whatsapp_connection SET templates_due_at = created_at"))
    with db.transaction() as session:
        due = [subject.connection_id for subject in connection_check.due(session)]
    assert lost.id not in due
    assert len(due) == 1
    with db.transaction() as session:
        assert [number for number, _, _ in templates.due(session)] == due
    card = shown(shop)
    assert card.status == "issue"
    assert WORDS in card.issue
    assert "disconnect the number and connect it again" in card.issue


async def test_with_the_key_put_back_it_works_again(shop: Shop) -> None:
    await shop.connect()
    with db.reading() as session:
        query = text("SELECT access_token FROM whatsapp_connection")
        kept = session.execute(query).scalar_one()
    lose(live()[0], "access_token")
    with db.transaction() as session:
        session.execute(text("UPDATE whatsapp_connection SET checked_at = NULL"))
    await scheduled.check_due()
    assert stored()["status"] is ConnectionStatus.ISSUE
    with db.transaction() as session:
        session.execute(
            text("UPDATE whatsapp_connection SET checked_at = NULL, access_token = :kept"),
            {"kept": kept},
        )
    await scheduled.check_due()
    assert (stored()["status"], stored()["issue"]) == (ConnectionStatus.CONNECTED, "")


async def test_a_send_fails_with_the_reason_and_the_thread_opens(shop: Shop) -> None:
    await shop.connect()
    lose(live()[0])
    with db.transaction() as session:
        channel = session.get_one(Channel, stored()["channel_id"])
        talk = factories.conversation(session, channel, window_ends_at=NOON + timedelta(hours=1))
        outbox.queue_text(session, shop.ana, talk.id, "Still there?", "key-00001")
    with db.reading() as session:
        assert thread.thread(session, shop.ana, talk.id)
    with db.transaction() as session:
        assert outbox.claim(session, 5) == []
    (message,) = rows(Message)
    assert message.status is MessageStatus.FAILED
    assert WORDS in message.error


async def test_customers_still_reach_the_inbox_of_a_number_from_signup(shop: Shop) -> None:
    await shop.sign_up()
    (row,) = live()
    shop.simulator.customer_sends("lucia", "Hello", number_id=row.phone_number_id)
    lose(row, "access_token", "pin")
    await shop.simulator.settle()
    apply_events()
    assert [message.text for message in rows(Message)] == ["Hello"]


def shown(shop: Shop) -> channel_card.Card:
    with db.reading() as session:
        return channel_card.read(session, shop.ana, shop.assistant.id)
