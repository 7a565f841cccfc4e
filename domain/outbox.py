"""Outgoing messages: queued in the transaction that decides them, claimed, sent, recorded.

The message row is the outbox. Meta takes no idempotency key, so a call whose answer was lost is
never repeated by machine: it is `unknown` until a status webhook brings our attempt's key back.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, exists, select, update

from domain import access, channels, conversations, messages, parked, window
from domain.access import Actor
from illumichat_app import jobs
from illumichat_app.clock import now
from illumichat_app.errors import AppError, Invalid
from integrations.whatsapp import messages as bodies
from integrations.whatsapp.client import Credentials, Sent
from integrations.whatsapp.errors import GraphError, Outcome
from models import (
    AttemptOutcome,
    Author,
    Channel,
    Conversation,
    CustomerIdentity,
    Message,
    MessageStatus,
    SendAttempt,
    State,
)

# Longer than the client's 20 s time-out, so that a lease ends only with its worker.
LEASE = timedelta(seconds=30)
MOST_ATTEMPTS = 8
GAVE_UP = f"Not sent: WhatsApp took none of {MOST_ATTEMPTS} tries. Send it again later."
LONGEST_TEXT = 4096  # Meta: text messages

WAITING = (MessageStatus.QUEUED, MessageStatus.SENDING)


def queue_text(
    session: Session,
    actor: Actor,
    conversation_id: int,
    text: str,
    send_key: str,
    reply_to: str | None = None,
) -> Message:
    """A person's reply; it takes the conversation over in the same transaction.

    `send_key` is made by the sender's browser: the same key again is the same message.
    Raises NotFound, Invalid, WindowClosed, ChannelOff.
    """
    conversation = access.conversation(session, actor, conversation_id)
    text = _checked(text)
    if sent := _already_queued(session, actor, send_key):
        return sent
    _require_sendable(session, conversation)
    conversations.taken_over_by(session, conversation, actor)
    message = messages.outgoing(
        session,
        conversation,
        Author.AGENT,
        text,
        user_id=actor.user_id,
        send_key=f"{actor.user_id}:{send_key}",
        reply_to=reply_to,
    )
    conversation.unread = 0
    jobs.wake_after(session, "outbox")
    return message


def queue_answer(session: Session, conversation: Conversation, texts: list[str]) -> list[Message]:
    """The assistant's answer, in order. Raises WindowClosed, ChannelOff."""
    _require_sendable(session, conversation)
    queued = [messages.outgoing(session, conversation, Author.ASSISTANT, text) for text in texts]
    jobs.wake_after(session, "outbox")
    return queued


def _checked(text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise Invalid("Write something first.")
    text = text.replace("\x00", "").strip()
    if len(text) > LONGEST_TEXT:
        raise Invalid(f"WhatsApp takes at most {LONGEST_TEXT} characters; this has {len(text)}.")
    return text


def _already_queued(session: Session, actor: Actor, send_key: object) -> Message | None:
    if not isinstance(send_key, str) or not 8 <= len(send_key) <= 64:
        raise Invalid("This page is out of date. Reload it and send again.")
    return session.exec(
        select(Message).where(
            Message.workspace_id == actor.workspace_id,
            Message.send_key == f"{actor.user_id}:{send_key}",
        )
    ).first()


def _require_sendable(session: Session, conversation: Conversation) -> None:
    channels.require_sendable(session, session.get_one(Channel, conversation.channel_id))
    window.require_open(conversation, now())


@dataclass(frozen=True, slots=True)
class Sending:
    """One claimed message, with everything the call needs: no row is read while it runs."""

    message_id: int
    attempt_key: str
    credentials: Credentials = field(repr=False)
    body: dict[str, Any] = field(repr=False)


def claim(session: Session, limit: int) -> list[Sending]:
    """Claim due messages, only the oldest unsent one of each conversation, so that order holds."""
    moment = now()
    due = (
        select(Message.id)
        .where(
            Message.status == MessageStatus.QUEUED,
            col(Message.next_attempt_at) <= moment,
            _first_of_its_conversation(),
        )
        .order_by(col(Message.next_attempt_at))
        .limit(limit)
        .with_for_update(skip_locked=True, of=Message)
    )
    claimed = session.exec(
        update(Message)
        .where(col(Message.id).in_(due.scalar_subquery()), Message.status == MessageStatus.QUEUED)  # type: ignore[arg-type]
        .values(
            status=MessageStatus.SENDING,
            lease_until=moment + LEASE,
            attempts=Message.attempts + 1,
        )
        .returning(col(Message.id))
    ).all()
    rows = session.exec(select(Message).where(col(Message.id).in_([row[0] for row in claimed])))
    return [sending for row in rows.all() if (sending := _prepared(session, row))]


def _first_of_its_conversation() -> ColumnElement[bool]:
    """No earlier message of the same conversation is still on its way."""
    earlier = aliased(Message)
    return ~exists().where(
        col(earlier.conversation_id) == Message.conversation_id,
        col(earlier.id) < Message.id,
        col(earlier.status).in_(WAITING),
    )


def _prepared(session: Session, message: Message) -> Sending | None:
    """The call to make, or None when a check refuses it: then Meta is not called at all."""
    conversation = session.get_one(Conversation, message.conversation_id)
    try:
        _require_sendable(session, conversation)
        _require_assistants_turn(conversation, message)
    except AppError as refusal:
        _failed(session, message, refusal.message)
        return None
    attempt = SendAttempt(message_id=message.id, key=uuid4().hex, number=message.attempts)
    session.add(attempt)
    connection = channels.connection_of(session, message.channel_id)
    assert connection is not None  # noqa: S101  _require_sendable refused otherwise
    return Sending(
        message.id, attempt.key, channels.credentials(connection), _body(session, message)
    )


def _require_assistants_turn(conversation: Conversation, message: Message) -> None:
    """Never talk over a person who took over after the answer was queued."""
    taken_over = conversation.state in (State.HUMAN, State.CLOSED)
    if message.author is Author.ASSISTANT and taken_over:
        raise Invalid("Not sent: a person took over first.")


def _body(session: Session, message: Message) -> dict[str, Any]:
    conversation = session.get_one(Conversation, message.conversation_id)
    identity = session.get_one(CustomerIdentity, conversation.identity_id)
    to = bodies.Recipient(wa_id=identity.wa_id, user_id=identity.bsuid)
    return bodies.text(to, message.text, reply_to=message.reply_to)


def next_due(session: Session) -> datetime | None:
    """When the next queued message may be tried."""
    return session.exec(
        select(Message.next_attempt_at)
        .where(Message.status == MessageStatus.QUEUED, _first_of_its_conversation())
        .order_by(col(Message.next_attempt_at))
        .limit(1)
    ).first()


def record(session: Session, sending: Sending, result: Sent | GraphError) -> None:
    """Write down what Meta answered. A status may have come first; it is never taken back."""
    message = session.exec(
        select(Message).where(Message.id == sending.message_id).with_for_update()
    ).one()
    attempt = _attempt(session, sending.attempt_key)
    attempt.finished_at = now()
    message.lease_until = None
    if isinstance(result, Sent):
        attempt.outcome, attempt.wamid = AttemptOutcome.ACCEPTED, result.wamid
        accepted(session, message, result.wamid)
    else:
        attempt.outcome = AttemptOutcome(result.outcome)
        attempt.error_code, attempt.error = result.code, result.message
        attempt.fbtrace_id = result.fbtrace_id or ""
        _not_sent(session, message, result)
    jobs.wake_after(session, "outbox")


def _attempt(session: Session, key: str) -> SendAttempt:
    return session.exec(select(SendAttempt).where(SendAttempt.key == key)).one()


def accepted(session: Session, message: Message, wamid: str) -> None:
    """Meta has it. Statuses that came before we knew the wamid are joined now."""
    message.wamid = message.wamid or wamid
    if message.status in (*WAITING, MessageStatus.UNKNOWN):
        messages.moved_on(session, message, MessageStatus.ACCEPTED)
    session.flush()
    parked.join(session, message)


def _not_sent(session: Session, message: Message, error: GraphError) -> None:
    if message.status is not MessageStatus.SENDING:
        return  # a status webhook already told us more than this answer does
    if error.outcome is Outcome.RETRY and message.attempts < MOST_ATTEMPTS:
        message.next_attempt_at = now() + error.delay(message.attempts)
        messages.moved_on(session, message, MessageStatus.QUEUED)
    elif error.outcome is Outcome.UNKNOWN:
        messages.moved_on(session, message, MessageStatus.UNKNOWN)
        message.error = "Meta's answer was lost, so this may or may not have arrived."
    elif error.outcome is Outcome.RETRY:
        _failed(session, message, GAVE_UP, error.code)
    else:
        _failed(session, message, error.advice, error.code)
    if error.token_problem:
        connection = channels.connection_of(session, message.channel_id)
        if connection:
            channels.broke(session, connection, error.advice)


def _failed(session: Session, message: Message, reason: str, code: int | None = None) -> None:
    message.error, message.error_code, message.lease_until = reason, code, None
    messages.moved_on(session, message, MessageStatus.FAILED)
    if code == window.REFUSED_BY_META:
        conversation = session.get_one(Conversation, message.conversation_id)
        window.closed_by_meta(conversation, now())


def give_up_expired(session: Session) -> int:
    """A worker died in the middle of a call: nobody knows whether Meta got it."""
    rows = session.exec(
        select(Message)
        .where(Message.status == MessageStatus.SENDING, col(Message.lease_until) < now())
        .with_for_update(skip_locked=True)
    ).all()
    for message in rows:
        attempts = session.exec(
            select(SendAttempt).where(
                SendAttempt.message_id == message.id,
                SendAttempt.outcome == AttemptOutcome.STARTED,
            )
        )
        for attempt in attempts:
            attempt.outcome, attempt.finished_at = AttemptOutcome.UNKNOWN, now()
        message.error = "Sending was interrupted, so this may or may not have arrived."
        message.lease_until = None
        messages.moved_on(session, message, MessageStatus.UNKNOWN)
    return len(rows)
