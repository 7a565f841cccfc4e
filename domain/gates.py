"""Whether the assistant may speak in a conversation."""

from datetime import datetime
from enum import StrEnum

from domain import window
from domain.channels import Linked
from models import ConnectionStatus, Conversation, State


class Gate(StrEnum):
    """Why the assistant stays silent, or why its answer was dropped."""

    CHANNEL_OFF = "channel_off"
    NOT_CONNECTED = "not_connected"
    CHANNEL_AI_OFF = "channel_ai_off"
    CONVERSATION_AI_OFF = "conversation_ai_off"
    WAITS_FOR_PERSON = "waits_for_person"
    PERSON_ANSWERS = "person_answers"
    CLOSED = "closed"
    WINDOW_CLOSED = "window_closed"
    NOTHING_TO_ANSWER = "nothing_to_answer"
    NEWER_MESSAGE = "newer_message"
    LEASE_LOST = "lease_lost"


def shut(conversation: Conversation, on: Linked, now: datetime) -> Gate | None:
    """The first reason, in this order, why the assistant must not speak."""
    channel, connection = on
    connected = connection is not None and connection.status is ConnectionStatus.CONNECTED
    gates = (
        (channel.enabled, Gate.CHANNEL_OFF),
        (connected, Gate.NOT_CONNECTED),
        (channel.ai_replies, Gate.CHANNEL_AI_OFF),
        (conversation.ai_enabled, Gate.CONVERSATION_AI_OFF),
        (conversation.state is not State.NEEDS_HUMAN, Gate.WAITS_FOR_PERSON),
        (conversation.state is not State.HUMAN, Gate.PERSON_ANSWERS),
        (conversation.state is not State.CLOSED, Gate.CLOSED),
        (window.is_open(conversation, now), Gate.WINDOW_CLOSED),
    )
    return next((gate for is_open, gate in gates if not is_open), None)
