"""What happens to a conversation while the assistant thinks, and ways to let time pass."""

from datetime import timedelta

from sqlmodel import select

from illumichat_app import clock
from models import (
    AssistantTrace,
    Channel,
    ConnectionStatus,
    Decision,
    State,
    WhatsAppConnection,
)
from tests.assistant.conftest import Shop


def channel_of(shop: Shop) -> Channel:
    return shop.session.get_one(Channel, shop.conversation.channel_id)


def connection_of(shop: Shop) -> WhatsAppConnection:
    return shop.session.exec(select(WhatsAppConnection)).one()


def turn_off_channel(shop: Shop) -> None:
    channel_of(shop).enabled = False


def break_connection(shop: Shop) -> None:
    connection_of(shop).status = ConnectionStatus.ISSUE


def remove_connection(shop: Shop) -> None:
    shop.session.delete(connection_of(shop))


def turn_off_channel_ai(shop: Shop) -> None:
    channel_of(shop).ai_replies = False


def turn_off_ai(shop: Shop) -> None:
    shop.conversation.ai_enabled = False


def wait_for_person(shop: Shop) -> None:
    shop.conversation.state = State.NEEDS_HUMAN


def take_over(shop: Shop) -> None:
    shop.conversation.state = State.HUMAN


def close(shop: Shop) -> None:
    shop.conversation.state = State.CLOSED


def close_window(shop: Shop) -> None:
    shop.conversation.window_ends_at = clock.now()


GATES = [
    (turn_off_channel, "channel_off"),
    (break_connection, "not_connected"),
    (remove_connection, "not_connected"),
    (turn_off_channel_ai, "channel_ai_off"),
    (turn_off_ai, "conversation_ai_off"),
    (wait_for_person, "waits_for_person"),
    (take_over, "person_answers"),
    (close, "closed"),
    (close_window, "window_closed"),
]


def later(**span: float) -> None:
    clock.freeze(clock.now() + timedelta(**span))


def traced(shop: Shop, decision: Decision, count: int) -> None:
    for _ in range(count):
        shop.session.add(
            AssistantTrace(
                workspace_id=shop.conversation.workspace_id,
                conversation_id=shop.conversation.id,
                decision=decision,
            )
        )
    shop.session.flush()
