"""One number, one assistant: who holds it, who is refused, and what stays when it is let go."""

import asyncio
import threading
from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from domain import channels, connecting, connection_check, connections
from domain.access import Actor
from domain.connections import Facts, NumberTaken
from illumichat_app import db
from illumichat_app.errors import ChannelOff, NotAllowed, NotFound
from integrations.whatsapp.management import NumberFacts
from meta_simulator import seed
from models import (
    Assistant,
    Channel,
    ConnectionStatus,
    ConnectMethod,
    Conversation,
    WhatsAppConnection,
)
from tests import factories
from tests.connecting.conftest import Shop, another, competitor, live, states
from tests.flows.stack import rows

pytestmark = pytest.mark.anyio


def facts(number_id: str = "310000000000050", issue: str = "", waba_id: str = "21") -> Facts:
    number = NumberFacts(
        number_id, f"+44 20 7946 {number_id[-4:]}", "Blue Kite", "GREEN", "TIER_250", "APPROVED",
        "STANDARD", "CONNECTED", "VERIFIED", "CLOUD_API", False, "", "",
    )  # fmt: skip
    return Facts(ConnectMethod.MANUAL, waba_id, number, "EAAtoken", "secret", issue)


def save(actor: Actor, assistant: Assistant, given: Facts) -> int:
    with db.transaction() as session:
        return connections.save(session, actor, assistant.id, given).channel_id


def drop(actor: Actor, channel_id: int) -> connections.Disconnected:
    with db.transaction() as session:
        return connections.disconnect(session, actor, channel_id)


async def test_a_number_elsewhere_in_the_workspace_names_the_assistant(shop: Shop) -> None:
    save(shop.ana, shop.assistant, facts())
    with pytest.raises(NumberTaken) as refusal:
        save(shop.ana, another(shop), facts())
    assert refusal.value.message == (
        "+44 20 7946 0050 is already connected to Harbour assistant. Disconnect it there first."
    )
    assert refusal.value.assistant_id == shop.assistant.id
    assert len(rows(Channel)) == len(rows(WhatsAppConnection)) == 1


async def test_a_number_of_another_workspace_says_only_elsewhere(shop: Shop) -> None:
    save(shop.ana, shop.assistant, facts())
    rival, theirs = competitor()
    with pytest.raises(NumberTaken) as refusal:
        save(rival, theirs, facts())
    assert refusal.value.message == (
        "This number is already connected elsewhere. Disconnect it there first."
    )
    assert refusal.value.assistant_id is None


async def test_an_assistant_takes_one_number(shop: Shop) -> None:
    save(shop.ana, shop.assistant, facts())
    with pytest.raises(NumberTaken, match=r"already answers \+44 20 7946 0050"):
        save(shop.ana, shop.assistant, facts("310000000000051"))


async def test_a_working_number_is_not_connected_over(shop: Shop) -> None:
    save(shop.ana, shop.assistant, facts())
    with pytest.raises(NumberTaken):
        save(shop.ana, shop.assistant, facts())


async def test_a_broken_number_is_connected_over_and_keeps_its_pin(shop: Shop) -> None:
    channel_id = save(shop.ana, shop.assistant, facts(issue="Unfinished."))
    before = live()[0]
    assert save(shop.ana, shop.assistant, facts()) == channel_id
    assert live()[0].pin == before.pin
    assert live()[0].status is ConnectionStatus.CONNECTED


@pytest.mark.parametrize("rivals", ["colleagues", "companies", "one assistant"])
async def test_of_two_admins_at_the_same_moment_one_wins(
    shop: Shop, rivals: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = {
        "colleagues": (shop.ana, another(shop)),
        "companies": competitor(),
        "one assistant": (shop.ana, shop.assistant),
    }[rivals]
    gate = threading.Barrier(2)

    def at_once(session: Session, actor: Actor, assistant_id: int) -> int:
        gate.wait(timeout=10)
        return connections.save(session, actor, assistant_id, facts()).channel_id

    ended = await asyncio.gather(
        asyncio.to_thread(_transaction, at_once, shop.ana, shop.assistant.id),
        asyncio.to_thread(_transaction, at_once, pair[0], pair[1].id),
        return_exceptions=True,
    )
    refusals = [end for end in ended if isinstance(end, NumberTaken)]
    assert len(refusals) == 1
    assert "is already connected" in refusals[0].message
    assert len(live()) == len(rows(Channel)) == 1


def _transaction(work, actor: Actor, assistant_id: int) -> int:  # type: ignore[no-untyped-def]
    with db.engine().connect():  # a connection is there before the start
        pass
    with Session(db.engine(), expire_on_commit=False) as session:
        # SQLite lets one writer in at a time: there the second waits before the gate.
        if session.get_bind().dialect.name == "sqlite":
            with session.begin():
                return connections.save(session, actor, assistant_id, facts()).channel_id
        with session.begin():
            return work(session, actor, assistant_id)


async def test_the_constraint_decides_when_both_looks_found_the_number_free(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(shop.ana, shop.assistant, facts())
    rival, theirs = competitor()
    monkeypatch.setattr(connections, "_make_room", lambda *_: None)
    with pytest.raises(NumberTaken, match="elsewhere"):
        save(rival, theirs, facts())
    assert len(rows(Channel)) == 1


async def test_another_broken_rule_is_not_taken_for_a_taken_number(shop: Shop) -> None:
    vanished = replace(shop.ana, user_id=999)
    with pytest.raises(IntegrityError):
        save(vanished, shop.assistant, facts())


async def test_agents_and_strangers_are_refused(shop: Shop) -> None:
    rival, _ = competitor()
    for actor, refusal in ((shop.sam, NotAllowed), (rival, NotFound)):
        with pytest.raises(refusal):
            save(actor, shop.assistant, facts())
    channel_id = save(shop.ana, shop.assistant, facts())
    for actor, refusal in ((shop.sam, NotAllowed), (rival, NotFound)):
        with pytest.raises(refusal):
            drop(actor, channel_id)
        with db.reading() as session, pytest.raises(refusal):
            connections.channel_of(session, actor, shop.assistant.id)
    assert live()[0].access_token == "EAAtoken"


async def test_disconnecting_keeps_the_conversations_and_erases_the_secrets(shop: Shop) -> None:
    channel_id = save(shop.ana, shop.assistant, facts())
    with db.transaction() as session:
        talk = factories.conversation(session, session.get_one(Channel, channel_id))
        factories.message(session, talk, "Hello")
    drop(shop.ana, channel_id)
    (row,) = rows(WhatsAppConnection)
    assert row.status is ConnectionStatus.DISCONNECTED
    assert (row.access_token, row.app_secret, row.pin) == ("", None, None)
    assert len(rows(Conversation)) == 1
    with db.reading() as session, pytest.raises(ChannelOff, match="disconnected"):
        channels.require_sendable(session, session.get_one(Channel, channel_id))


async def test_connecting_again_goes_on_with_channel_and_history(shop: Shop) -> None:
    channel_id = save(shop.ana, shop.assistant, facts())
    with db.transaction() as session:
        session.get_one(Channel, channel_id).max_message_length = 1000
    drop(shop.ana, channel_id)
    assert save(shop.ana, shop.assistant, facts()) == channel_id
    (row,) = rows(WhatsAppConnection)
    assert (row.status, row.access_token) == (ConnectionStatus.CONNECTED, "EAAtoken")
    assert rows(Channel)[0].max_message_length == 1000


async def test_a_new_number_gets_a_channel_of_its_own_with_the_same_settings(shop: Shop) -> None:
    first = save(shop.ana, shop.assistant, facts())
    with db.transaction() as session:
        session.get_one(Channel, first).ai_replies = False
    drop(shop.ana, first)
    second = save(shop.ana, shop.assistant, facts("310000000000051"))
    assert second != first
    assert [row.ai_replies for row in rows(Channel)] == [False, False]
    with db.reading() as session:
        assert connections.channel_of(session, shop.ana, shop.assistant.id) == second
    drop(shop.ana, second)
    assert save(shop.ana, shop.assistant, facts()) == first
    with db.reading() as session:
        assert connections.channel_of(session, shop.ana, shop.assistant.id) == first


async def test_a_number_that_was_let_go_may_move_and_come_back(shop: Shop) -> None:
    first = save(shop.ana, shop.assistant, facts())
    drop(shop.ana, first)
    rival, theirs = competitor()
    elsewhere = save(rival, theirs, facts())
    assert len(rows(WhatsAppConnection)) == 1
    drop(rival, elsewhere)
    assert save(shop.ana, shop.assistant, facts()) == first


async def test_an_assistant_without_a_number_has_no_channel(shop: Shop) -> None:
    with db.reading() as session:
        assert connections.channel_of(session, shop.ana, shop.assistant.id) is None


async def test_the_last_number_of_an_account_is_unsubscribed(shop: Shop) -> None:
    await shop.sign_up(waba_id=seed.WABA_ID, phone_number_id=seed.NUMBER_ID)
    second = another(shop)
    await shop.finish(shop.answer(waba_id=seed.WABA_ID, phone="+44 20 7946 0123"), assistant=second)
    one, two = (row.channel_id for row in live())
    waba = shop.simulator.world.wabas[seed.WABA_ID]
    assert (await connecting.end(shop.client, shop.ana, one)).state == "skipped"
    assert waba.subscriptions
    step = await connecting.end(shop.client, shop.ana, two)
    assert (step.state, step.sentence) == (
        "ok",
        "Disconnected. Meta delivers no more messages here.",
    )
    assert waba.subscriptions == {}


async def test_another_workspace_on_the_same_account_stays_subscribed(shop: Shop) -> None:
    await shop.sign_up(waba_id=seed.WABA_ID, phone_number_id=seed.NUMBER_ID)
    rival, theirs = competitor()
    answer = shop.answer(waba_id=seed.WABA_ID, phone="+44 20 7946 0123")
    await shop.finish(answer, actor=rival, assistant=theirs)
    await connecting.end(shop.client, shop.ana, live()[0].channel_id)
    assert shop.simulator.world.wabas[seed.WABA_ID].subscriptions


async def test_another_apps_number_does_not_keep_the_subscription(shop: Shop) -> None:
    save(shop.ana, shop.assistant, facts(waba_id=seed.WABA_ID))
    desk = another(shop)
    await shop.finish(
        shop.answer(waba_id=seed.WABA_ID, phone_number_id=seed.NUMBER_ID), assistant=desk
    )
    await connecting.end(shop.client, shop.ana, live()[1].channel_id)
    assert shop.simulator.world.wabas[seed.WABA_ID].subscriptions == {}


async def test_a_number_is_let_go_even_when_meta_refuses(shop: Shop) -> None:
    await shop.sign_up()
    shop.simulator.faults.update({"token_expired": 1})
    step = await connecting.end(shop.client, shop.ana, live()[0].channel_id)
    assert step.state == "warning"
    assert "remove this app" in step.fix
    assert live() == []


async def test_what_is_disconnected_is_not_disconnected_again(shop: Shop) -> None:
    channel_id = save(shop.ana, shop.assistant, facts())
    drop(shop.ana, channel_id)
    with pytest.raises(ChannelOff):
        drop(shop.ana, channel_id)
    with db.reading() as session, pytest.raises(ChannelOff):
        connection_check.subject(session, shop.ana, channel_id)


async def test_signup_over_a_disconnected_number_works_again(shop: Shop) -> None:
    choice = {"waba_id": seed.WABA_ID, "phone_number_id": seed.NUMBER_ID}
    await shop.sign_up(**choice)
    channel_id = live()[0].channel_id
    await connecting.end(shop.client, shop.ana, channel_id)
    steps = states(await shop.sign_up(**choice))
    assert (steps["subscribe"], steps["health"]) == ("ok", "ok")
    assert live()[0].channel_id == channel_id
