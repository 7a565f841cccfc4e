from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, LargeBinary, text
from sqlmodel import Field

from models.columns import Row, json_field, word


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
    )

    digest: str = Field(unique=True)
    signed_by: str  # fingerprint of the secret that matched
    body: bytes = Field(sa_type=LargeBinary)
    headers: dict[str, Any] = json_field(dict)
    copies: int = 1
    state: EventState = word(EventState, EventState.STORED)
    processed_at: datetime | None = None
    outcome: dict[str, Any] = json_field(dict)
