"""Who is writing: one identity for each customer of a channel, however Meta names them.

Since 2026 a phone number may be hidden; the business-scoped user id (BSUID) is always there. A
message that carries both ids is the proof that they are one person.
"""

from datetime import datetime

from sqlmodel import Session, col, select, update

from domain import ahead, contacts, rollup, waiting
from integrations.whatsapp.update_types import Identity
from models import (
    AssistantTrace,
    Channel,
    Conversation,
    ConversationEvent,
    CustomerIdentity,
    Mention,
    Message,
    State,
)


def identify(session: Session, channel: Channel, person: Identity) -> CustomerIdentity:
    """The identity behind these ids, made, completed or merged as they say."""
    by_user = _by(session, channel, "bsuid", person.user_id)
    by_phone = _by(session, channel, "wa_id", person.wa_id)
    if by_user and by_phone and by_user.id != by_phone.id:
        _same_number(session, by_user, by_phone)
    elif by_phone and person.user_id and by_phone.bsuid not in (None, person.user_id):
        # A BSUID changes with the phone number, so another BSUID here is the number's new owner.
        _leave_number(session, by_phone)
        by_phone = None
    found = by_user or by_phone or _create(session, channel)
    if _complete(found, person):
        session.flush()
    if known := ahead.of(session):
        ahead.remember(known, found)
    return found


def _leave_number(session: Session, identity: CustomerIdentity) -> None:
    identity.wa_id = None
    session.flush()
    ahead.forget(session)


def _by(
    session: Session, channel: Channel, column: str, value: str | None
) -> CustomerIdentity | None:
    if not value:
        return None
    known = ahead.of(session)
    if known and (channel.id, column, value) in known.identities:
        return known.identities[channel.id, column, value]
    return session.exec(
        select(CustomerIdentity).where(
            CustomerIdentity.channel_id == channel.id,
            getattr(CustomerIdentity, column) == value,
        )
    ).first()


def _create(session: Session, channel: Channel) -> CustomerIdentity:
    made = CustomerIdentity(workspace_id=channel.workspace_id, channel_id=channel.id)
    session.add(made)
    return made


def _complete(found: CustomerIdentity, person: Identity) -> bool:
    """Keep what Meta says of the person; True if it names them by an id that is new to us."""
    said = {
        "bsuid": person.user_id,
        "wa_id": person.wa_id,
        "username": person.username,
        "profile_name": person.profile_name,
    }
    new = {name: value for name, value in said.items() if value and getattr(found, name) != value}
    for name, value in new.items():
        setattr(found, name, value)
    return not new.keys().isdisjoint({"bsuid", "wa_id"})


def _same_number(session: Session, by_user: CustomerIdentity, by_phone: CustomerIdentity) -> None:
    """Both ids in one message: merge an identity that had only the phone, else move the phone."""
    if by_phone.bsuid is None:
        merge(session, keep=by_user, gone=by_phone)
    else:
        _leave_number(session, by_phone)


def number_changed(session: Session, channel: Channel, old: str | None, new: str) -> None:
    """A customer moved to another phone number: the history stays with the person."""
    before = _by(session, channel, "wa_id", old)
    after = _by(session, channel, "wa_id", new)
    if before is None or before is after:
        return
    if after is not None:
        merge(session, keep=before, gone=after)
    before.wa_id = new
    session.flush()
    ahead.forget(session)


def user_id_changed(
    session: Session, channel: Channel, previous: str | None, current: str, wa_id: str | None
) -> CustomerIdentity | None:
    """Meta gave a customer a new BSUID: the history stays with the person."""
    before = _by(session, channel, "bsuid", previous) or _by(session, channel, "wa_id", wa_id)
    after = _by(session, channel, "bsuid", current)
    if before is None or before is after:
        return after
    if after is not None:
        merge(session, keep=before, gone=after)
    before.bsuid = current
    session.flush()
    ahead.forget(session)
    return before


def merge(session: Session, *, keep: CustomerIdentity, gone: CustomerIdentity) -> None:
    """Two identities were one person: one conversation goes on with the messages of both."""
    ahead.write(session)
    kept = conversation_of(session, keep)
    lost = conversation_of(session, gone)
    if lost and kept:
        _move(session, kept, lost)
    elif lost:
        lost.identity_id = keep.id
        session.flush()
    bsuid, wa_id = keep.bsuid or gone.bsuid, keep.wa_id or gone.wa_id
    contact_id = keep.contact_id or gone.contact_id
    session.delete(gone)
    session.flush()
    ahead.forget(session)
    keep.bsuid, keep.wa_id, keep.contact_id = bsuid, wa_id, contact_id


def conversation_of(session: Session, identity: CustomerIdentity) -> Conversation | None:
    """The conversation, locked: whoever counts or decides on stale values undoes a person's work.

    Its lock comes before those of its messages, and the counts come last: so nobody deadlocks.
    """
    known = ahead.of(session)
    if known and known.conversations.get(identity.id):
        return known.conversations[identity.id]
    return session.exec(
        select(Conversation)
        .where(Conversation.identity_id == identity.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()


def resume(
    session: Session, channel: Channel, identity: CustomerIdentity, at: datetime
) -> Conversation:
    """The customer's conversation on this channel, made at the first word."""
    contacts.link(session, channel, identity)
    conversation = conversation_of(session, identity)
    if conversation is None:
        conversation = Conversation(
            workspace_id=channel.workspace_id,
            channel_id=channel.id,
            assistant_id=channel.assistant_id,
            identity_id=identity.id,
            last_at=at,
            title=identity.title,
        )
        session.add(conversation)
        session.flush()
        rollup.began(session, conversation)
        if known := ahead.of(session):
            known.conversations[identity.id] = conversation
    conversation.title = identity.title
    conversation.contact_id = identity.contact_id or conversation.contact_id
    return conversation


# Of two conversations that become one, whoever is nearer to a person keeps the word.
_NEEDS_PERSON = {State.CLOSED: 0, State.ASSISTANT: 1, State.NEEDS_HUMAN: 2, State.HUMAN: 3}
_WHO_ANSWERS = ("state", "claimed_by", "claimed_at", "ai_resumes_at", "hand_over_reason")


def _move(session: Session, kept: Conversation, lost: Conversation) -> None:
    for table in (Message, ConversationEvent, AssistantTrace, Mention):
        session.exec(
            update(table)
            .where(col(table.conversation_id) == lost.id)
            .values(conversation_id=kept.id)
        )
    rollup.merged(session, kept, lost)
    if lost.waiting_since:
        waiting.asked(kept, lost.waiting_since)
    kept.unread += lost.unread
    kept.inbound_count += lost.inbound_count
    if lost.last_at > kept.last_at and lost.last_preview:
        kept.last_at, kept.last_preview = lost.last_at, lost.last_preview
        kept.last_author = lost.last_author
    heard = (kept.last_customer_message_id or 0, lost.last_customer_message_id or 0)
    kept.last_customer_message_id = max(heard) or None
    if _NEEDS_PERSON[lost.state] > _NEEDS_PERSON[kept.state]:
        for name in _WHO_ANSWERS:
            setattr(kept, name, getattr(lost, name))
    kept.ai_enabled = kept.ai_enabled and lost.ai_enabled
    ends = [end for end in (kept.window_ends_at, lost.window_ends_at) if end]
    kept.window_ends_at = max(ends, default=None)
    if lost.needs_reply and not kept.needs_reply:
        kept.needs_reply, kept.reply_due_at = True, lost.reply_due_at
    session.delete(lost)
    session.flush()
