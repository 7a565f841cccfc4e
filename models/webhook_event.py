from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from models.columns import Row, json_field, ref, word


class EventState(StrEnum):
    STORED = "stored"
    PROCESSED = "processed"
    FAILED = "failed"  # some or all of its items were quarantined


class WebhookEvent(Row, table=True):
    """A signed delivery exactly as Meta sent it. After our 200 Meta never sends it again.

    It has no workspace: one delivery may carry items of several companies.
    """

    __table_args__ = (
        Index(
            "ix_webhook_event_waiting",
            "id",
            postgresql_where=text("state = 'stored'"),
            sqlite_where=text("state = 'stored'"),
        ),
        Index(
            "ix_webhook_event_failed",
            "id",
            postgresql_where=text("state = 'failed'"),
            sqlite_where=text("state = 'failed'"),
        ),
        Index(
            "ix_webhook_event_repeated",
            "id",
            postgresql_where=text("copies > 1"),
            sqlite_where=text("copies > 1"),
        ),
    )

    digest: str = Field(unique=True)
    signed_by: str  # fingerprint of the secret that matched
    body: bytes = Field(sa_type=LargeBinary)
    headers: dict[str, Any] = json_field(dict)
    copies: int = 1
    state: EventState = word(EventState, EventState.STORED)
    processed_at: datetime | None = None
    outcome: dict[str, Any] = json_field(dict)


class EventOwner(Row, table=True):
    """A company that a delivery speaks of, so that its admins may see it in their log."""

    __table_args__ = (
        UniqueConstraint("workspace_id", "event_id"),
        Index(
            "ix_event_owner_unknown",
            "workspace_id",
            "event_id",
            postgresql_where=text("unknown"),
            sqlite_where=text("unknown"),
        ),
    )

    workspace_id: int = ref("workspace.id")
    event_id: int = ref("webhook_event.id", index=True)
    unknown: bool = False  # it holds something that this version does not know
