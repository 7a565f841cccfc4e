from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from models.columns import Row, ref


class Contact(Row, table=True):
    """A person the company knows, with or without a phone number."""

    __table_args__ = (
        Index("ix_contact_phone", "workspace_id", "phone"),
        Index("ix_contact_listed", "workspace_id", "sort_name", "id"),
    )

    workspace_id: int = ref("workspace.id", index=True)
    name: str = ""
    sort_name: str = ""  # the name in lower case: SQLite's own LOWER knows ASCII only
    phone: str | None = None  # E.164 digits without the plus
    email: str | None = None


class CustomerIdentity(Row, table=True):
    """How a channel knows a customer. Since 2026 the phone number may be hidden.

    A business-scoped user id (BSUID) belongs to one Meta business portfolio, so an identity belongs
    to one channel; a contact may hold several.
    """

    __table_args__ = (
        UniqueConstraint("channel_id", "bsuid"),
        UniqueConstraint("channel_id", "wa_id"),
        CheckConstraint("bsuid IS NOT NULL OR wa_id IS NOT NULL", name="known_somehow"),
    )

    workspace_id: int = ref("workspace.id")
    channel_id: int = ref("channel.id")
    contact_id: int | None = ref("contact.id", nullable=True, index=True, ondelete="SET NULL")
    bsuid: str | None = Field(default=None)
    wa_id: str | None = Field(default=None)
    username: str | None = None
    profile_name: str | None = None

    @property
    def title(self) -> str:
        """What to call the customer in the inbox."""
        if self.profile_name:
            return self.profile_name
        if self.username:
            return f"@{self.username}"
        return f"WhatsApp user ••{(self.wa_id or self.bsuid or '')[-4:]}"
