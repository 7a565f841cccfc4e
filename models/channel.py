from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Field

from models.columns import Encrypted, Row, json_field, ref, word


class ChannelKind(StrEnum):
    WHATSAPP = "whatsapp"


class ReadReceipts(StrEnum):
    ON_OPEN = "on_open"
    ON_REPLY = "on_reply"
    NEVER = "never"


class Channel(Row, table=True):
    """A way customers reach an assistant, and how its conversations are handled."""

    workspace_id: int = ref("workspace.id", index=True)
    assistant_id: int = ref("assistant.id", index=True)
    kind: ChannelKind = word(ChannelKind, ChannelKind.WHATSAPP)
    name: str
    enabled: bool = True
    ai_replies: bool = True
    match_contacts: bool = False
    auto_create_contacts: bool = False
    max_message_length: int = 4096
    read_receipts: ReadReceipts = word(ReadReceipts, ReadReceipts.ON_REPLY)


class ConnectMethod(StrEnum):
    EMBEDDED = "embedded"
    MANUAL = "manual"


class ConnectionStatus(StrEnum):
    CONNECTED = "connected"
    ISSUE = "issue"
    DISCONNECTED = "disconnected"


class WhatsAppConnection(Row, table=True):
    """A WhatsApp Business number and its credentials. A number belongs to one channel only."""

    __tablename__ = "whatsapp_connection"  # pyright: ignore[reportAssignmentType]

    workspace_id: int = ref("workspace.id", index=True)
    channel_id: int = ref("channel.id", unique=True)
    phone_number_id: str = Field(unique=True)
    waba_id: str = Field(index=True)
    display_phone_number: str
    verified_name: str = ""
    method: ConnectMethod = word(ConnectMethod)
    access_token: str = Field(sa_type=Encrypted, repr=False)
    # None: connected by Embedded Signup, so the platform's own app signs its webhooks.
    app_secret: str | None = Field(default=None, sa_type=Encrypted, repr=False)
    pin: str | None = Field(default=None, sa_type=Encrypted, repr=False)
    # The last 4 characters, which a page may show; "" for a short secret or none.
    token_end: str = ""
    secret_end: str = ""
    status: ConnectionStatus = word(ConnectionStatus, ConnectionStatus.CONNECTED)
    issue: str = ""
    health: dict[str, Any] = json_field(dict)
    connected_by: int | None = ref("app_user.id", nullable=True, ondelete="SET NULL")
    checked_at: datetime | None = None
    first_event_at: datetime | None = None  # signed for this connection
    last_event_at: datetime | None = None
    templates_due_at: datetime | None = None  # when to read the templates from Meta again
    # How much was learned of it outside a check: a check that began before the last is out of date.
    news: int = 0
