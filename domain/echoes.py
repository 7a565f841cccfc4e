"""Messages the company sent from its WhatsApp Business phone app (Meta: coexistence).

They belong in the thread as ours, never as the customer's, and a person who answers by phone has
taken the conversation over.
"""

from sqlmodel import Session

from domain import customers, messages, parked, rollup, waiting
from integrations.whatsapp import update_types as meta
from models import (
    Author,
    Channel,
    Conversation,
    Direction,
    Message,
    MessageStatus,
    State,
)


def apply(session: Session, channel: Channel, update: meta.Echo) -> str:
    """Add the message, or change the earlier echo that an edit or a deletion names."""
    if update.target:
        return _change(session, channel, update, update.target)
    if parked.by_wamid(session, channel.id, update.wamid):
        return "duplicate"
    person = meta.Identity(wa_id=update.to_wa_id, user_id=update.to_user_id)
    identity = customers.identify(session, channel, person)
    conversation = customers.resume(session, channel, identity, update.sent_at)
    message = _message(session, conversation, update)
    messages.last_line(session, conversation, message)
    rollup.added(session, message)
    parked.join(session, message)
    _person_answered(conversation)
    return "echoes"


def _change(session: Session, channel: Channel, update: meta.Echo, target: str) -> str:
    at = update.sent_at.isoformat()
    data = {
        "edit": {"text": update.text, "at": at},
        "revoke": {"at": at},
        "reaction": {"who": "us", "emoji": update.content.get("emoji"), "at": at},
    }[update.kind]
    parked.apply_or_park(session, channel.id, target, update.kind, data)
    return "echoes"


def _message(session: Session, conversation: Conversation, update: meta.Echo) -> Message:
    message = Message(
        workspace_id=conversation.workspace_id,
        channel_id=conversation.channel_id,
        conversation_id=conversation.id,
        direction=Direction.OUT,
        author=Author.AGENT,
        kind=update.kind,
        text=update.text or "",
        content=update.content | {"source": "phone app"},
        reply_to=update.reply_to,
        wamid=update.wamid,
        status=MessageStatus.ACCEPTED,
        sent_at=update.sent_at,
        day=rollup.day_of(session, conversation.workspace_id, update.sent_at),
        hour=rollup.hour_of(session, conversation.workspace_id, update.sent_at),
    )
    waiting.answered(conversation, message)
    session.add(message)
    session.flush()
    return message


def _person_answered(conversation: Conversation) -> None:
    if conversation.state in (State.ASSISTANT, State.NEEDS_HUMAN):
        conversation.state = State.HUMAN
        conversation.needs_reply = False
