from enum import StrEnum

from sqlalchemy import Index
from sqlmodel import Field

from models.columns import Row, ref, word


class AuditAction(StrEnum):
    NUMBER_CONNECTED = "number_connected"
    NUMBER_DISCONNECTED = "number_disconnected"
    CHANNEL_CHANGED = "channel_changed"
    ASSISTANT_CREATED = "assistant_created"
    ASSISTANT_CHANGED = "assistant_changed"
    PASSAGE_SAVED = "passage_saved"
    PASSAGE_DELETED = "passage_deleted"
    MEMBER_INVITED = "member_invited"
    INVITATION_CANCELLED = "invitation_cancelled"
    MEMBER_JOINED = "member_joined"
    ROLE_CHANGED = "role_changed"
    MEMBER_REMOVED = "member_removed"
    WORKSPACE_CHANGED = "workspace_changed"
    EVENTS_REPLAYED = "events_replayed"
    CONTACTS_IMPORTED = "contacts_imported"
    CONTACTS_MERGED = "contacts_merged"
    CONTACT_DELETED = "contact_deleted"
    TEMPLATE_CREATED = "template_created"
    TEMPLATE_CHANGED = "template_changed"
    TEMPLATE_DELETED = "template_deleted"
    TEMPLATES_SYNCED = "templates_synced"


class AuditEntry(Row, table=True):
    """Who changed what in a workspace, in words that stay true when the rows are gone."""

    __table_args__ = (Index("ix_audit_entry_newest", "workspace_id", "id"),)

    workspace_id: int = ref("workspace.id")
    actor_id: int | None = ref("app_user.id", nullable=True, ondelete="SET NULL")
    actor_name: str
    action: AuditAction = word(AuditAction)
    subject: str = ""  # what it concerns: a number, a person, an assistant
    detail: str = Field(default="")
