"""Erasing one customer: the contact, all that was said, and the files; for good, as if never been.

What remains for a while is told where it is asked: raw deliveries, until they are too old, and
backups. The audit trail says that somebody was erased, and not who.
"""

from dataclasses import dataclass

from sqlmodel import Session, col, or_, select

from domain import audit, contact_edit, contact_list, retention, rollup
from domain.access import Actor, require_admin
from illumichat_app import nudges
from illumichat_app.clock import now
from illumichat_app.errors import Conflict
from models import (
    AuditAction,
    Conversation,
    CustomerIdentity,
    Media,
    Message,
    MessageStatus,
    ParkedUpdate,
)

UNDER_WAY = (
    "Something of this customer is on its way at this moment: a message that is being sent, a file "
    "that is fetched, or an answer of the assistant. Try again in a minute."
)
_SENDING = (MessageStatus.QUEUED, MessageStatus.SENDING)


@dataclass(frozen=True, slots=True)
class Erased:
    conversations: int
    messages: int


def erase(session: Session, actor: Actor, contact_id: int) -> Erased:
    """Admins only. Raises NotAllowed, NotFound, Conflict."""
    require_admin(actor)
    contact_edit.one_writer(session, actor)
    contact = contact_list.find(session, actor, contact_id)
    identities = _identities(session, contact.id)
    talks = _talks(session, contact.id, [each.id for each in identities])
    _require_quiet(session, talks)
    erased = Erased(len(talks), sum(_erase(session, talk) for talk in talks))
    for row in (*identities, contact):
        session.delete(row)
    talked = f"{erased.conversations} conversations and {erased.messages} messages"
    audit.note(
        session, actor, AuditAction.CONTACT_DELETED, f"number {contact_id}", f"Erased with {talked}"
    )
    return erased


def _identities(session: Session, contact_id: int) -> list[CustomerIdentity]:
    linked = select(Conversation.identity_id).where(Conversation.contact_id == contact_id)
    mine = CustomerIdentity.contact_id == contact_id
    query = select(CustomerIdentity).where(or_(mine, col(CustomerIdentity.id).in_(linked)))
    return list(session.exec(query.order_by(col(CustomerIdentity.id))))


def _talks(session: Session, contact_id: int, identities: list[int]) -> list[Conversation]:
    """Locked in one order, before their messages, as everywhere."""
    query = (
        select(Conversation)
        .where(
            or_(
                col(Conversation.identity_id).in_(identities),
                col(Conversation.contact_id) == contact_id,
            )
        )
        .order_by(col(Conversation.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(session.exec(query))


def _require_quiet(session: Session, talks: list[Conversation]) -> None:
    """Whoever works on a row that is gone would fail, or leave a file that nobody knows."""
    ids, moment = [talk.id for talk in talks], now()
    sending = select(Message.id).where(
        col(Message.conversation_id).in_(ids), col(Message.status).in_(_SENDING)
    )
    fetching = (
        select(Media.id)
        .join(Message, col(Message.id) == Media.message_id)
        .where(col(Message.conversation_id).in_(ids), col(Media.lease_until) > moment)
    )
    answering = any(t.reply_lease_until and t.reply_lease_until > moment for t in talks)
    if answering or any(session.exec(each.limit(1)).first() for each in (sending, fetching)):
        raise Conflict(UNDER_WAY)


def _erase(session: Session, talk: Conversation) -> int:
    nudges.after(session, talk.workspace_id, talk.id)
    query = select(Message).where(Message.conversation_id == talk.id).order_by(col(Message.id))
    messages = list(session.exec(query))
    rollup.erased(session, talk, messages)
    _forget_parked(session, talk.channel_id, messages)
    ids = [message.id for message in messages]
    for start in range(0, len(ids), retention.AT_ONCE):
        retention.delete_with_files(session, ids[start : start + retention.AT_ONCE])
    session.delete(talk)
    session.flush()
    return len(ids)


def _forget_parked(session: Session, channel_id: int, messages: list[Message]) -> None:
    """Edits that wait for a message hold words of the customer."""
    wamids = [message.wamid for message in messages if message.wamid]
    query = select(ParkedUpdate).where(ParkedUpdate.channel_id == channel_id)
    for row in session.exec(query):
        if row.wamid in wamids:
            session.delete(row)
