"""What a person may write now, and the sentence that says so."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from domain import channels, labels, window
from domain.access import Actor
from models import Channel, ConnectionStatus, Conversation, State, User, WhatsAppConnection

Mode = Literal[
    "assistant_answers",
    "human",
    "closed_window",
    "channel_off",
    "connection_issue",
    "claimed_by_other",
    "closed",
]

LONGEST = 4096  # Meta: text messages
HURRY = timedelta(hours=1)

_ASKED = {
    "asked_for_person": "The customer asked for a person.",
    "no_answer": "The assistant did not know the answer.",
    "too_many_turns": "The assistant was going round in circles.",
    "model_failure": "The assistant could not answer because its model failed.",
    "restored": "A backup was restored: the customer may have been answered since it was made.",
}


@dataclass(frozen=True)
class Composer:
    mode: Mode = "human"
    can_write: bool = False
    heading: str = ""
    sentence: str = ""
    placeholder: str = ""
    time_left: str = ""
    hurry: bool = False
    assistant_id: int = 0  # whose channel it is, for a link to its page
    can_send_template: bool = True
    longest: int = LONGEST


def of(
    actor: Actor,
    conversation: Conversation,
    channel: Channel,
    connection: WhatsAppConnection | None,
    holder: User | None,
    moment: datetime,
    tz: ZoneInfo,
    *,
    only_claimer: bool = False,
) -> Composer:
    """The first obstacle counts; without one a person can write.

    `only_claimer` is the workspace's rule that nobody but the claimer may reply.
    """
    if reason := channels.why_not(channel, connection):
        return _channel_off(channel, connection, reason)
    if not window.is_open(conversation, moment):
        return _closed_window(conversation, moment)
    if conversation.state is State.CLOSED:
        sentence = "This conversation is closed. Your reply opens it again."
        return _writable("closed", conversation, moment, sentence)
    if conversation.claimed_by not in (None, actor.user_id) and (
        only_claimer or conversation.state is State.HUMAN
    ):
        return _claimed_by_other(conversation, holder, moment, tz, only_claimer)
    if conversation.state is State.ASSISTANT:
        return _assistants(conversation, channel, moment)
    return _writable("human", conversation, moment, why_asked(conversation))


def _channel_off(channel: Channel, connection: WhatsAppConnection | None, reason: str) -> Composer:
    broken = channel.enabled and connection and connection.status is ConnectionStatus.ISSUE
    if broken:
        shown = Composer("connection_issue", heading="Connection issue", sentence=reason)
    else:
        shown = Composer("channel_off", heading="Nothing can be sent", sentence=reason)
    return replace(shown, can_send_template=False, assistant_id=channel.assistant_id)


def _closed_window(conversation: Conversation, moment: datetime) -> Composer:
    name = labels.first_name(conversation.title) or "the customer"
    ends = conversation.window_ends_at
    if ends is None:
        heading = "The 24-hour window has not opened yet"
        sentence = f"WhatsApp lets you write freely once {name} has written to you."
    else:
        heading = f"The 24-hour window closed {labels.ago(moment - ends)}"
        sentence = (
            f"WhatsApp lets you write freely again when {name} answers. "
            "Until then, only an approved template reaches them."
        )
    return Composer("closed_window", heading=heading, sentence=sentence)


def _claimed_by_other(
    conversation: Conversation,
    holder: User | None,
    moment: datetime,
    tz: ZoneInfo,
    only_claimer: bool,
) -> Composer:
    name = holder.name if holder else "A colleague"
    at = conversation.claimed_at
    since = f" since {labels.moment(at, moment, tz)}" if at else ""
    does = "answers here" if conversation.state is State.HUMAN else "has claimed this"
    rule = " Only the person who claimed it may reply." if only_claimer else ""
    return Composer(
        "claimed_by_other",
        heading=labels.first_name(name),
        sentence=f"{name} {does}{since}.{rule}",
        can_send_template=False,
    )


def _assistants(conversation: Conversation, channel: Channel, moment: datetime) -> Composer:
    off = _ai_off(conversation.ai_enabled, channel.ai_replies)
    if off:
        return _writable("human", conversation, moment, f"{off} Nobody answers until you do.")
    sentence = "Replying takes over from the assistant."
    return _writable("assistant_answers", conversation, moment, sentence)


def _ai_off(conversation_on: bool, channel_on: bool) -> str:
    if not conversation_on:
        return "The AI is off for this conversation."
    return "" if channel_on else "The AI is off for this channel."


def _writable(mode: Mode, conversation: Conversation, moment: datetime, sentence: str) -> Composer:
    ends = conversation.window_ends_at
    span = ends - moment if ends else timedelta(0)
    name = labels.first_name(conversation.title) or "the customer"
    return Composer(
        mode,
        can_write=True,
        sentence=sentence,
        placeholder=f"Write to {name} on WhatsApp…",
        time_left=f"{labels.left(span)} left",
        hurry=span < HURRY,
    )


def why_asked(conversation: Conversation) -> str:
    """Why the assistant asked for a person, or nothing."""
    return why_asked_for(conversation.hand_over_reason)


def why_asked_for(reason: str) -> str:
    """The sentence of a hand-over reason; one this version does not know stays as it is."""
    return _ASKED.get(reason, reason)


def who_sentence(
    conversation: Conversation,
    holder: User | None,
    assistant: str,
    moment: datetime,
    tz: ZoneInfo,
    *,
    channel_ai: bool = True,
) -> str:
    """Who answers now, and when that changes. `channel_ai`: the channel's AI replies are on."""
    off = _ai_off(conversation.ai_enabled, channel_ai)
    if off and conversation.state in (State.ASSISTANT, State.NEEDS_HUMAN):
        return f"{off} Nobody answers until a person does."
    if conversation.state is State.ASSISTANT:
        return f"{assistant} answers by itself. Reply or take over to stop it."
    if conversation.state is State.NEEDS_HUMAN:
        return f"{why_asked(conversation)} Nobody answers until a person takes over.".strip()
    if conversation.state is State.CLOSED:
        return "Closed. It opens again when the customer writes."
    name = f"{holder.name} answers" if holder else "People answer"
    resumes = conversation.ai_resumes_at
    if off:
        return f"{name}. {off}"
    if resumes is None:
        return f"{name}. AI is paused until somebody resumes it."
    if resumes <= moment:
        return "The AI resumes now."
    return f"AI is paused and resumes at {labels.moment(resumes, moment, tz)}."


def window_sentence(conversation: Conversation, moment: datetime, tz: ZoneInfo) -> str:
    """Until when anything may be written, and what reaches the customer afterwards."""
    ends = conversation.window_ends_at
    if ends is None:
        return "It opens when the customer writes."
    when = labels.moment(ends, moment, tz)
    if moment < ends:
        return f"Free-form replies until {when}. After that only an approved template gets through."
    return f"Closed since {when}. It opens again when the customer writes."
