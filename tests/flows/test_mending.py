"""The number stops working and works again: nobody who wrote meanwhile is forgotten."""

from datetime import timedelta

import pytest

from domain import connection_check, conversations
from illumichat_app import clock, db
from integrations.whatsapp import process_client
from models import AssistantTrace, ConnectionStatus, WhatsAppConnection
from tests.flows.stack import Stack, conversation, rows

pytestmark = pytest.mark.anyio


async def press_test(stack: Stack) -> None:
    with db.reading() as session:
        subject = connection_check.subject(session, stack.ana, stack.channel.id)
    report = await connection_check.examine(await process_client.graph(), subject)
    with db.transaction() as session:
        connection_check.record(session, subject, report)


async def revoked(stack: Stack) -> None:
    """Meta knows the token no longer; an answer finds it out."""
    stack.simulator.faults.update({"token_expired": True})
    stack.says("When are you open?")
    await stack.settle()
    assert rows(WhatsAppConnection)[0].status is ConnectionStatus.ISSUE
    assert stack.on_phone() == []


async def test_who_wrote_meanwhile_is_answered_once(stack: Stack) -> None:
    await revoked(stack)
    stack.says("How long does delivery take?", "tomasz")
    await stack.settle()
    assert rows(AssistantTrace)[-1].reason == "not_connected"

    stack.simulator.faults.update({"token_expired": False})
    await press_test(stack)
    await stack.settle()

    assert rows(WhatsAppConnection)[0].status is ConnectionStatus.CONNECTED
    assert [len(stack.on_phone(who)) for who in ("lucia", "tomasz")] == [1, 1]
    await press_test(stack)
    await stack.settle()
    assert [len(stack.on_phone(who)) for who in ("lucia", "tomasz")] == [1, 1]


async def test_a_person_who_took_over_meanwhile_goes_on(stack: Stack) -> None:
    await revoked(stack)
    with db.transaction() as session:
        conversations.take_over(session, stack.sam, conversation().id)

    stack.simulator.faults.update({"token_expired": False})
    await press_test(stack)
    await stack.settle()

    assert stack.on_phone() == []


async def test_nobody_is_answered_after_the_window(stack: Stack) -> None:
    await revoked(stack)
    traces = len(rows(AssistantTrace))

    clock.freeze(clock.now() + timedelta(hours=25))
    stack.simulator.faults.update({"token_expired": False})
    await press_test(stack)
    await stack.settle()

    assert stack.on_phone() == []
    assert len(rows(AssistantTrace)) == traces
