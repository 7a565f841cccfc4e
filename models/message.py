from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from models.columns import Row, json_field, ref, word
from models.conversation import Author


class Direction(StrEnum):
    IN = "in"
    OUT = "out"
    NOTE = "note"  # internal: never leaves the house


class MessageStatus(StrEnum):
    RECEIVED = "received"
    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    PLAYED = "played"
    FAILED = "failed"
    CANCELLED = "cancelled"  # taken back before anybody began to send it
    UNKNOWN = "unknown"  # cut off after writing: it may or may not have gone out


# They never reached the customer and never will: nobody said them.
NEVER_SENT = (MessageStatus.FAILED, MessageStatus.CANCELLED)


class Message(Row, table=True):
    """One message. An outgoing row is its own outbox entry.

    `sent_at` is Meta's time and orders the thread; `created_at` is ours.
    """

    __table_args__ = (
        UniqueConstraint("channel_id", "wamid"),
        UniqueConstraint("workspace_id", "send_key"),
        Index("ix_message_thread", "conversation_id", "sent_at", "id"),
        Index(
            "ix_message_outbox",
            "next_attempt_at",
            postgresql_where=text("status IN ('queued', 'sending')"),
            sqlite_where=text("status IN ('queued', 'sending')"),
        ),
        Index(
            "ix_message_unsent",
            "conversation_id",
            "id",
            postgresql_where=text("status IN ('queued', 'sending')"),
            sqlite_where=text("status IN ('queued', 'sending')"),
        ),
        Index(
            "ix_message_unconfirmed",
            "workspace_id",
            "id",
            postgresql_where=text("status = 'unknown'"),
            sqlite_where=text("status = 'unknown'"),
        ),
    )

    workspace_id: int = ref("workspace.id")
    channel_id: int = ref("channel.id")
    conversation_id: int = ref("conversation.id")
    direction: Direction = word(Direction)
    author: Author = word(Author)
    user_id: int | None = ref("app_user.id", nullable=True, ondelete="SET NULL")
    kind: str = "text"
    text: str = ""
    content: dict[str, Any] = json_field(dict)
    reply_to: str | None = None  # the wamid it answers
    reactions: dict[str, Any] = json_field(dict)  # who -> {"emoji": "👍" or None, "at": ISO time}
    edited_at: datetime | None = None
    deleted_at: datetime | None = None

    wamid: str | None = None
    send_key: str | None = None  # made by the sender's browser, so a double click is one row
    status: MessageStatus = word(MessageStatus)
    status_at: datetime | None = None
    sent_at: datetime
    day: date  # of created_at in the workspace's time zone: the rollup it counts in
    hour: int = 0  # of the same moment
    waited: int | None = None  # seconds for which the customer had waited when this answered

    next_attempt_at: datetime | None = None
    lease_until: datetime | None = None
    attempts: int = 0
    error_code: int | None = None
    error: str = ""


class AttemptOutcome(StrEnum):
    STARTED = "started"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    RETRY = "retry"
    UNKNOWN = "unknown"


class SendAttempt(Row, table=True):
    """One call to Meta for one message; written before the call, so that a crash leaves a trace.

    Its key travels as biz_opaque_callback_data: Meta takes no idempotency key, and the status
    webhook that brings it back settles an attempt whose answer was lost.
    """

    message_id: int = ref("message.id", index=True)
    key: str = Field(unique=True)
    number: int
    outcome: AttemptOutcome = word(AttemptOutcome, AttemptOutcome.STARTED)
    finished_at: datetime | None = None
    wamid: str | None = None
    error_code: int | None = None
    error: str = ""
    fbtrace_id: str = ""


class Mention(Row, table=True):
    """An internal note that names a colleague, until they have read it."""

    __table_args__ = (
        UniqueConstraint("message_id", "user_id"),
        Index(
            "ix_mention_unread",
            "user_id",
            "workspace_id",
            postgresql_where=text("seen_at IS NULL"),
            sqlite_where=text("seen_at IS NULL"),
        ),
    )

    workspace_id: int = ref("workspace.id")
    conversation_id: int = ref("conversation.id", index=True)
    message_id: int = ref("message.id")
    user_id: int = ref("app_user.id")
    seen_at: datetime | None = None


class ParkedUpdate(Row, table=True):
    """A status, reaction, edit or deletion that came before the message it is about."""

    __table_args__ = (Index("ix_parked_update_target", "channel_id", "wamid"),)

    channel_id: int = ref("channel.id")
    wamid: str
    kind: str
    data: dict[str, Any] = json_field(dict)


class MediaState(StrEnum):
    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


class Media(Row, table=True):
    """A file of a message: fetched from Meta by a job, because Meta's address lives 5 minutes."""

    __table_args__ = (
        Index(
            "ix_media_pending",
            "next_attempt_at",
            postgresql_where=text("state = 'pending'"),
            sqlite_where=text("state = 'pending'"),
        ),
    )

    workspace_id: int = ref("workspace.id")
    channel_id: int = ref("channel.id")
    message_id: int = ref("message.id", unique=True)
    meta_id: str  # of ours: empty until it is uploaded
    uploaded_at: datetime | None = None  # Meta keeps what we upload for 30 days
    mime_type: str = ""
    sha256: str = ""
    filename: str = ""
    size: int = 0
    voice: bool = False
    state: MediaState = word(MediaState, MediaState.PENDING)
    path: str = ""  # below DATA_DIR/media
    next_attempt_at: datetime | None = None
    lease_until: datetime | None = None
    attempts: int = 0
    error: str = ""


class MessageDaily(Row, table=True):
    """Counts of a channel's day, kept in the transaction that changes the messages."""

    __table_args__ = (UniqueConstraint("workspace_id", "channel_id", "day"),)

    workspace_id: int = ref("workspace.id")
    channel_id: int = ref("channel.id")
    day: date
    inbound: int = 0
    by_assistant: int = 0
    by_agents: int = 0
    by_template: int = 0
    accepted: int = 0
    delivered: int = 0
    read: int = 0
    failed: int = 0
