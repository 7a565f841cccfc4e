from datetime import date
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from models.columns import BigId, Row, ref, word


class Counted(StrEnum):
    """What a DailyCount counts, and what its `part` is."""

    HOUR = "hour"  # customers' messages; weekday * 24 + hour, Monday is 0
    FAILURE = "failure"  # messages that failed; Meta's error code, 0 without one
    BY_ASSISTANT_WITHIN = "assistant_within"  # answers; seconds, a step of domain.waiting
    BY_PEOPLE_WITHIN = "people_within"
    NEW = "new"  # conversations that began; 0
    # From here on conversations, each once for a day.
    ACTIVE = "active"  # that said something; the ordinal of their active day before, 0 for none
    ANSWERED = "answered"  # 0, and so are the rest
    ASSISTED = "assisted"  # by the assistant, or it asked for a person
    ALONE = "alone"  # answered by the assistant, which asked for nobody, and nobody else wrote
    HANDED_OVER = "handed_over"


class DailyCount(Row, table=True):
    """A count of a channel's day, broken down further than MessageDaily."""

    __table_args__ = (UniqueConstraint("workspace_id", "channel_id", "what", "day", "part"),)

    workspace_id: int = ref("workspace.id")
    channel_id: int = ref("channel.id")
    what: Counted = word(Counted)
    day: date
    part: int = 0
    number: int = 0


class ConversationDay(Row, table=True):
    """What a conversation did in a day: how each counts once, and what stands behind a bar.

    No foreign key to the conversation: it would wait for whoever works on it, and these counts are
    written last, when waiting for a conversation is a deadlock.
    """

    __table_args__ = (
        UniqueConstraint("conversation_id", "day"),
        Index("ix_conversation_day_list", "workspace_id", "channel_id", "day", "conversation_id"),
    )

    workspace_id: int = ref("workspace.id")
    channel_id: int = ref("channel.id")
    conversation_id: int = Field(sa_type=BigId)
    day: date
    inbound: int = 0
    outbound: int = 0
    by_assistant: int = 0  # of the outbound ones, those that did not fail
    by_people: int = 0
    hand_overs: int = 0
