"""Applying what Meta delivered: one transaction, each item in a savepoint of its own.

An item counts only for a connection whose own secret (or the platform's, if Embedded Signup
connected it) signed the delivery: one company's app must never speak for another's number.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

from sqlmodel import Session, col, select

from domain import (
    account_news,
    ahead,
    channels,
    conversations,
    customers,
    echoes,
    messages,
    parked,
    rollup,
    statuses,
    waiting,
    window,
)
from illumichat_app import db, jobs
from illumichat_app.clock import now
from illumichat_app.config import settings
from integrations.whatsapp import update_types as meta
from integrations.whatsapp import updates
from models import (
    Author,
    Channel,
    Conversation,
    ConversationEvent,
    Direction,
    Media,
    Message,
    MessageStatus,
    State,
    WhatsAppConnection,
)

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Delivery:
    """One stored event while it is applied: who signed it, and what became of its items."""

    session: Session
    signed_by: str
    outcome: dict[str, Any] = field(default_factory=dict[str, Any])

    def count(self, what: str) -> None:
        self.outcome[what] = self.outcome.get(what, 0) + 1

    def quarantine(self, path: str, reason: str) -> None:
        self.outcome.setdefault("quarantined", []).append({"path": path, "reason": reason})


# Our clock and Meta's differ by seconds; a time further ahead would open the window for ever.
MOST_AHEAD = timedelta(hours=1)


def apply(delivery: Delivery, update: updates.Update) -> str:
    """Returns the word for the outcome's count."""
    if isinstance(update, meta.Poison):
        delivery.quarantine(update.path, update.reason)
        return "unreadable"
    if isinstance(update, meta.Unknown):
        return "unknown"
    if isinstance(update, _OF_THE_ACCOUNT):
        return _apply_to_account(delivery, update)
    connection = _connection(delivery.session, update.phone_number_id)
    if connection is None:
        return "other_number"
    if channels.signer(connection) != delivery.signed_by:
        delivery.quarantine(update.path, "signed by an app that does not own this number")
        return "foreign"
    _heard_of(connection)
    connection.last_event_at = now()
    channel = _channel(delivery.session, connection)
    return _HANDLERS[type(update)](delivery.session, channel, _not_ahead(update))


def _heard_of(connection: WhatsAppConnection) -> None:
    """The first signed event proves that its app's secret and callback are right."""
    if connection.first_event_at is None:
        connection.first_event_at = now()


def _not_ahead(update: Any) -> Any:
    """The update, with a time of the future taken for the present."""
    name = "sent_at" if hasattr(update, "sent_at") else "at"
    moment = getattr(update, name, None)
    if moment is None or moment <= now() + MOST_AHEAD:
        return update
    return replace(update, **{name: now()})


_OF_THE_ACCOUNT = (meta.TemplateChange, meta.NumberChange, meta.AccountChange)


def _apply_to_account(delivery: Delivery, update: account_news.News) -> str:
    """Account news names no phone number id; it reaches each connection that it may speak for."""
    mine = [
        connection
        for connection in account_news.concerned(delivery.session, update)
        if channels.signer(connection) == delivery.signed_by
    ]
    for connection in mine:
        _heard_of(connection)
        account_news.apply(delivery.session, connection, update)
    return "account" if mine else "other_account"


def _connection(session: Session, phone_number_id: str | None) -> WhatsAppConnection | None:
    if not phone_number_id:
        return None
    known = ahead.of(session)
    if known and phone_number_id in known.connections:
        return known.connections[phone_number_id]
    query = select(WhatsAppConnection).where(WhatsAppConnection.phone_number_id == phone_number_id)
    return session.exec(query.options(*channels.sealed("access_token", "pin"))).first()


def _channel(session: Session, connection: WhatsAppConnection) -> Channel:
    known = ahead.of(session)
    found = known.channels.get(connection.channel_id) if known else None
    return found or session.get_one(Channel, connection.channel_id)


def _message(session: Session, channel: Channel, update: meta.InboundMessage) -> str:
    identity = customers.identify(session, channel, update.sender)
    conversation = customers.resume(session, channel, identity, update.sent_at)
    message = _insert(session, conversation, update)
    if message is None:
        return "duplicate"
    conversations.written_again(session, conversation)
    if update.opens_window:
        window.opened_by(conversation, update.sent_at)
    conversation.unread += 1
    conversation.inbound_count += 1
    waiting.asked(conversation, update.sent_at)
    ahead.numbered(session, message, partial(_newest, conversation))
    messages.last_line(session, conversation, message)
    rollup.added(session, message)
    if update.media:
        ahead.numbered(session, message, partial(_fetch_later, session, conversation, update.media))
    parked.join(session, message)
    if conversation.state is State.ASSISTANT:
        pause = timedelta(seconds=settings().reply_debounce_seconds)
        conversations.reply_soon(session, conversation, now() + pause)
    return "messages"


def _newest(conversation: Conversation, message_id: int) -> None:
    conversation.last_customer_message_id = message_id


def _insert(
    session: Session, conversation: Conversation, update: meta.InboundMessage
) -> Message | None:
    """The new row, or None: Meta repeats itself, also at the same moment."""
    values: dict[str, Any] = {
        "workspace_id": conversation.workspace_id,
        "channel_id": conversation.channel_id,
        "conversation_id": conversation.id,
        "direction": Direction.IN,
        "author": Author.CUSTOMER,
        "kind": update.kind,
        "text": update.text or "",
        "content": update.content | ({"forwarded": True} if update.forwarded else {}),
        "reply_to": update.reply_to,
        "wamid": update.wamid,
        "status": MessageStatus.RECEIVED,
        "sent_at": update.sent_at,
        "day": rollup.day_of(session, conversation.workspace_id, now()),
        "hour": rollup.hour_of(session, conversation.workspace_id, now()),
    }
    known, key = ahead.of(session), (conversation.channel_id, update.wamid)
    if known is None or key not in known.messages:
        return _insert_alone(session, values)
    return None if known.messages[key] else ahead.add(known, values)


def _insert_alone(session: Session, values: dict[str, Any]) -> Message | None:
    inserted = session.exec(
        db.insert_into(session.get_bind().dialect.name, Message)
        .values(values)
        .on_conflict_do_nothing(index_elements=["channel_id", "wamid"])
        .returning(col(Message.id))
    ).first()
    if inserted is None:
        return None
    # Read afresh: SQLite gives the id of a row that was rolled back to the next one.
    return session.get_one(Message, inserted[0], populate_existing=True)


def _fetch_later(
    session: Session, conversation: Conversation, file: meta.MediaRef, message_id: int
) -> None:
    session.add(
        Media(
            workspace_id=conversation.workspace_id,
            channel_id=conversation.channel_id,
            message_id=message_id,
            meta_id=file.id,
            mime_type=file.mime_type or "",
            sha256=file.sha256 or "",
            filename=file.filename or "",
            voice=file.voice,
            next_attempt_at=now(),
        )
    )
    jobs.wake_after(session, "media")


def _reaction(session: Session, channel: Channel, update: meta.Reaction) -> str:
    identity = customers.identify(session, channel, update.sender)
    conversation = customers.resume(session, channel, identity, update.sent_at)
    window.opened_by(conversation, update.sent_at)
    data = {"who": "customer", "emoji": update.emoji, "at": update.sent_at.isoformat()}
    return _patch(session, channel, update.target, "reaction", data)


def _edit(session: Session, channel: Channel, update: meta.Edit) -> str:
    data = {"text": update.text, "at": update.sent_at.isoformat()}
    return _patch(session, channel, update.target, "edit", data)


def _revoke(session: Session, channel: Channel, update: meta.Revoke) -> str:
    return _patch(session, channel, update.target, "revoke", {"at": update.sent_at.isoformat()})


def _patch(session: Session, channel: Channel, target: str, kind: str, data: dict[str, Any]) -> str:
    return f"{kind}s" if parked.apply_or_park(session, channel.id, target, kind, data) else "parked"


def _number_changed(session: Session, channel: Channel, update: meta.NumberChanged) -> str:
    customers.number_changed(session, channel, update.old_wa_id, update.new_wa_id)
    if update.user_id:  # a new number brings a new user id
        customers.user_id_changed(session, channel, None, update.user_id, update.new_wa_id)
    identity = customers.identify(
        session, channel, meta.Identity(wa_id=update.new_wa_id, user_id=update.user_id)
    )
    conversation = customers.resume(session, channel, identity, update.sent_at)
    at = update.sent_at.isoformat()
    _note_once(session, conversation, "number_changed", number=update.new_wa_id, at=at)
    return "customers"


def _user_id_changed(session: Session, channel: Channel, update: meta.UserIdChanged) -> str:
    customers.user_id_changed(session, channel, update.previous, update.current, update.wa_id)
    return "customers"


def _call(session: Session, channel: Channel, update: meta.Call) -> str:
    """A call cannot be answered here, but it opens the window and people see that it came."""
    identity = customers.identify(session, channel, update.sender)
    conversation = customers.resume(session, channel, identity, update.at)
    if update.opens_window:
        window.opened_by(conversation, update.at)
    if update.event == "connect":
        _note_once(session, conversation, "called", call_id=update.call_id)
    return "calls"


def _note_once(session: Session, conversation: Conversation, kind: str, **data: Any) -> None:
    """A line in the thread; the same news again, repeated by Meta or replayed, adds none."""
    noted = session.exec(
        select(ConversationEvent).where(
            ConversationEvent.conversation_id == conversation.id, ConversationEvent.kind == kind
        )
    )
    if data not in [line.data for line in noted]:
        conversations.record(session, conversation, kind, **data)


def _status(session: Session, channel: Channel, update: meta.Status) -> str:
    return statuses.apply(session, channel, update)


def _echo(session: Session, channel: Channel, update: meta.Echo) -> str:
    return echoes.apply(session, channel, update)


def _preference(session: Session, channel: Channel, update: meta.UserPreference) -> str:
    identity = customers.identify(session, channel, update.identity)
    conversation = customers.resume(session, channel, identity, update.at)
    at = update.at.isoformat()
    _note_once(
        session, conversation, "preference", category=update.category, value=update.value, at=at
    )
    return "customers"


def _channel_error(session: Session, channel: Channel, update: meta.ChannelError) -> str:
    account_news.note_errors(session, channel, update)
    return "account"


_Handler = Callable[[Session, Channel, Any], str]

_HANDLERS: dict[type, _Handler] = {
    meta.InboundMessage: _message,
    meta.Reaction: _reaction,
    meta.Edit: _edit,
    meta.Revoke: _revoke,
    meta.NumberChanged: _number_changed,
    meta.UserIdChanged: _user_id_changed,
    meta.Call: _call,
    meta.Status: _status,
    meta.Echo: _echo,
    meta.UserPreference: _preference,
    meta.ChannelError: _channel_error,
}
