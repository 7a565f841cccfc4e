"""All tables, so that alembic and SQLAlchemy know the whole schema after one import."""

from models.analytics import ConversationDay, Counted, DailyCount
from models.assistant import Assistant, AssistantTrace, Decision, KnowledgePassage
from models.audit import AuditAction, AuditEntry
from models.channel import (
    Channel,
    ChannelKind,
    ConnectionStatus,
    ConnectMethod,
    ReadReceipts,
    WhatsAppConnection,
)
from models.contact import Contact, CustomerIdentity
from models.conversation import (
    Author,
    Conversation,
    ConversationEvent,
    ConversationSeen,
    State,
)
from models.message import (
    NEVER_SENT,
    AttemptOutcome,
    Direction,
    Media,
    MediaState,
    Mention,
    Message,
    MessageDaily,
    MessageStatus,
    ParkedUpdate,
    SendAttempt,
)
from models.saved_reply import SavedReply
from models.template import Template
from models.user import Invitation, LoginSession, Membership, Role, User
from models.webhook_event import EventOwner, EventState, WebhookEvent
from models.workspace import Workspace

__all__ = [
    "NEVER_SENT",
    "Assistant",
    "AssistantTrace",
    "AttemptOutcome",
    "AuditAction",
    "AuditEntry",
    "Author",
    "Channel",
    "ChannelKind",
    "ConnectMethod",
    "ConnectionStatus",
    "Contact",
    "Conversation",
    "ConversationDay",
    "ConversationEvent",
    "ConversationSeen",
    "Counted",
    "CustomerIdentity",
    "DailyCount",
    "Decision",
    "Direction",
    "EventOwner",
    "EventState",
    "Invitation",
    "KnowledgePassage",
    "LoginSession",
    "Media",
    "MediaState",
    "Membership",
    "Mention",
    "Message",
    "MessageDaily",
    "MessageStatus",
    "ParkedUpdate",
    "ReadReceipts",
    "Role",
    "SavedReply",
    "SendAttempt",
    "State",
    "Template",
    "User",
    "WebhookEvent",
    "WhatsAppConnection",
    "Workspace",
]
