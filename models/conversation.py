from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from models.columns import BigId, Row, json_field, ref, word


class State(StrEnum):
    """Who answers."""

    ASSISTANT = "assistant"
    NEEDS_HUMAN = "needs_human"
    HUMAN = "human"
    CLOSED = "closed"


class Author(StrEnum):
    CUSTOMER = "customer"
    ASSISTANT = "assistant"
    AGENT = "agent"
    SYSTEM = "system"


class Conversation(Row, table=True):
    """Everything said between a customer and the company on one channel.

    The row carries what an inbox page shows, so that a page of rows is one query.
    """

    __table_args__ = (
        Index("ix_conversation_list", "workspace_id", "state", "last_at", "id"),
        Index("ix_conversation_mine", "workspace_id", "claimed_by", "last_at", "id"),
        Index("ix_conversation_held", "workspace_id", "state", "claimed_by", "last_at", "id"),
        Index("ix_conversation_of_channel", "workspace_id", "state", "channel_id", "last_at", "id"),
        Index(
            "ix_conversation_of_assistant",
            "workspace_id",
            "state",
            "assistant_id",
            "last_at",
            "id",
        ),
        Index("ix_conversation_window", "workspace_id", "window_ends_at"),
        Index(
            "ix_conversation_waiting",
            "reply_due_at",
            postgresql_where=text("needs_reply"),
            sqlite_where=text("needs_reply"),
        ),
        Index(
            "ix_conversation_resume",
            "ai_resumes_at",
            postgresql_where=text("ai_resumes_at IS NOT NULL"),
            sqlite_where=text("ai_resumes_at IS NOT NULL"),
        ),
    )

    workspace_id: int = ref("workspace.id")
    channel_id: int = ref("channel.id", index=True)
    assistant_id: int = ref("assistant.id", index=True)
    identity_id: int = ref("customer_identity.id", unique=True)
    contact_id: int | None = ref("contact.id", nullable=True, index=True, ondelete="SET NULL")
    state: State = word(State, State.ASSISTANT)
    ai_enabled: bool = True
    claimed_by: int | None = ref("app_user.id", nullable=True, ondelete="SET NULL", index=True)
    claimed_at: datetime | None = None
    ai_resumes_at: datetime | None = None
    hand_over_reason: str = ""

    title: str = ""
    unread: int = 0  # nobody has read these
    inbound_count: int = 0  # all that the customer wrote; an agent's unread ones follow from it
    last_at: datetime
    last_preview: str = ""
    last_author: Author = word(Author, Author.CUSTOMER)
    # Meta's time of the customer's last message or call, plus 24 hours.
    window_ends_at: datetime | None = None
    # The customer's first message that nobody has answered, or the moment a person was asked for.
    waiting_since: datetime | None = None

    needs_reply: bool = False
    reply_due_at: datetime | None = None
    reply_lease_until: datetime | None = None
    reply_attempts: int = 0
    last_customer_message_id: int | None = Field(default=None, sa_type=BigId)


class ConversationSeen(Row, table=True):
    """How much of a conversation an agent has read."""

    __table_args__ = (UniqueConstraint("user_id", "conversation_id"),)

    user_id: int = ref("app_user.id")
    conversation_id: int = ref("conversation.id", index=True)
    inbound_count: int = 0  # of the conversation, when it was read last


class ConversationEvent(Row, table=True):
    """What happened to a conversation: a line in the thread, the audit and the analytics."""

    __table_args__ = (Index("ix_conversation_event_thread", "conversation_id", "created_at"),)

    workspace_id: int = ref("workspace.id")
    conversation_id: int = ref("conversation.id")
    kind: str
    user_id: int | None = ref("app_user.id", nullable=True, ondelete="SET NULL")
    data: dict[str, Any] = json_field(dict)
