"""Outgoing messages: queued in the transaction that decides them, claimed, sent, recorded.

The message row is the outbox. Meta takes no idempotency key, so a call whose answer was lost is
never repeated by machine: it is `unknown` until a status webhook brings our attempt's key back.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, String, bindparam, literal_column
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, exists, func, or_, select, update

from domain import (
    access,
    channels,
    messages,
    outgoing_bodies,
    outgoing_media,
    parked,
    rollup,
    sending,
)
from domain.access import Actor
from illumichat_app import db, jobs
from illumichat_app.clock import now
from illumichat_app.errors import AppError, Invalid
from integrations.whatsapp.client import Credentials, Sent
from integrations.whatsapp.errors import GraphError, Outcome
from models import (
    AttemptOutcome,
    Author,
    Conversation,
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

# Meta: error codes. An id of a file that is gone is an invalid parameter, or a file that failed.
FILE_REFUSED = (100, 131009, 131053)
_HELD = {
    "held_for_quality_assessment": "WhatsApp holds it back while it checks the template's quality.",
    "paused": "WhatsApp holds it back because the template is paused.",
}

WAITING = (MessageStatus.QUEUED, MessageStatus.SENDING)
# As the partial indexes have it: SQLite uses none of them for values that are bound later, and
# would look at every message there is, fifty times a second.
ON_ITS_WAY: list[ColumnElement[str]] = [literal_column(f"'{status}'", String) for status in WAITING]


def queue_text(
    session: Session,
    actor: Actor,
    conversation_id: int,
    text: str,
    send_key: str,
    reply_to: int | None = None,
) -> Message:
    """A person's reply; it takes the conversation over in the same transaction.

    `send_key` is made by the sender's browser: the same key again is the same message.
    `reply_to` is the id of the message it answers.
    Raises NotFound, Invalid, Conflict, WindowClosed, ChannelOff, NotAllowed.
    """
    conversation = access.conversation(session, actor, conversation_id)
    text = _checked(text)
    if sent := sending.already_queued(session, actor, send_key):
        sending.require_same_words(sent, text)
        return sent
    sending.require_may_send(session, conversation, actor, "text")
    quoted = sending.quoted(session, actor, conversation, reply_to)
    return sending.queue(session, conversation, actor, text, send_key, reply_to=quoted)


def _checked(text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise Invalid("Write something first.")
    text = text.replace("\x00", "").strip()
    if len(text) > LONGEST_TEXT:
        raise Invalid(f"WhatsApp takes at most {LONGEST_TEXT} characters; this has {len(text)}.")
    return text


@dataclass(frozen=True, slots=True)
class Sending:
    """One claimed message, with everything the call needs: no row is read while it runs."""

    message_id: int
    conversation_id: int
    attempt_key: str
    credentials: Credentials = field(repr=False)
    body: dict[str, Any] = field(repr=False)


def claim(session: Session, limit: int) -> list[Sending]:
    """Claim due messages, only the oldest unsent one of each conversation, so that order holds."""
    moment = now()
    due = (
        select(Message.id)
        .where(
            col(Message.status).in_(ON_ITS_WAY),
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
    db.hold(session)
    rows = session.exec(_WITH_CONVERSATIONS, params={"claimed": [row[0] for row in claimed]})
    return [sending for row, _ in rows.all() if (sending := _prepared(session, row))]


_WITH_CONVERSATIONS = (
    select(Message, Conversation)
    .join(Conversation, col(Conversation.id) == Message.conversation_id)
    .where(col(Message.id).in_(bindparam("claimed", expanding=True)))
)


def _first_of_its_conversation() -> ColumnElement[bool]:
    """No earlier message of the same conversation is still on its way; no words wait for a 👍."""
    earlier = aliased(Message)
    return ~exists().where(
        col(earlier.conversation_id) == Message.conversation_id,
        col(earlier.id) < Message.id,
        col(earlier.status).in_(ON_ITS_WAY),
        or_(col(earlier.kind) != "reaction", col(Message.kind) == "reaction"),
    )


def _prepared(session: Session, message: Message) -> Sending | None:
    """The call to make, or None when a check refuses it: then Meta is not called at all."""
    conversation = session.get_one(Conversation, message.conversation_id)
    try:
        sending.require_sendable(session, conversation, message.kind)
        _require_assistants_turn(conversation, message)
        credentials = channels.credentials_of(session, message.channel_id)
    except AppError as refusal:
        sending.failed(session, message, refusal.message)
        return None
    attempt = SendAttempt(message_id=message.id, key=uuid4().hex, number=message.attempts)
    session.add(attempt)
    body = outgoing_bodies.of(session, conversation, message)
    return Sending(message.id, conversation.id, attempt.key, credentials, body)


def _require_assistants_turn(conversation: Conversation, message: Message) -> None:
    """Never talk over a person who took over after the answer was queued."""
    taken_over = conversation.state in (State.HUMAN, State.CLOSED)
    if message.author is Author.ASSISTANT and taken_over:
        raise Invalid("Not sent: a person took over first.")


def next_due(session: Session) -> datetime | None:
    """When the next queued message may be tried."""
    return session.exec(_NEXT_DUE).first()


_NEXT_DUE = (
    select(Message.next_attempt_at)
    .where(
        col(Message.status).in_(ON_ITS_WAY),
        Message.status == MessageStatus.QUEUED,
        col(Message.next_attempt_at).is_not(None),  # else Meta gets its file first
        _first_of_its_conversation(),
    )
    .order_by(col(Message.next_attempt_at))
    .limit(1)
)


def record(session: Session, sending: Sending, result: Sent | GraphError) -> None:
    """Write down what Meta answered. A status may have come first; it is never taken back."""
    message, attempt = session.exec(_SENT, params={"key": sending.attempt_key}).one()
    attempt.finished_at = now()
    message.lease_until = None
    if isinstance(result, Sent):
        attempt.outcome, attempt.wamid = AttemptOutcome.ACCEPTED, result.wamid
        attempt.error = _HELD.get(result.message_status or "", "")
        accepted(session, message, result.wamid)
    else:
        attempt.outcome = AttemptOutcome(result.outcome)
        attempt.error_code, attempt.error = result.code, result.message
        attempt.fbtrace_id = result.fbtrace_id or ""
        _not_sent(session, message, result)
    jobs.wake_after(session, "outbox")


_SENT = (
    select(Message, SendAttempt)
    .join(SendAttempt, col(SendAttempt.message_id) == Message.id)
    .where(SendAttempt.key == bindparam("key"))
    .with_for_update(of=Message)
    .execution_options(populate_existing=True)
)


def accepted(session: Session, message: Message, wamid: str) -> None:
    """Meta has it. Statuses that came before we knew the wamid are joined now."""
    with rollup.recounted(session, message):
        message.wamid = message.wamid or wamid
    if message.status in (*WAITING, MessageStatus.UNKNOWN):
        messages.moved_on(session, message, MessageStatus.ACCEPTED)
        if message.kind == "reaction":
            _react(session, message)
    session.flush()
    parked.join(session, message)


def _react(session: Session, message: Message) -> None:
    """Show our reaction on the message it is about; it is no line of its own."""
    at = message.sent_at.isoformat()
    data = {"who": "us", "emoji": message.content["emoji"], "at": at}
    parked.apply_or_park(session, message.channel_id, message.reply_to or "", "reaction", data)


def _not_sent(session: Session, message: Message, error: GraphError) -> None:
    if message.status is not MessageStatus.SENDING:
        return  # a status webhook already told us more than this answer does
    if _with_a_fresh_file(session, message, error):
        messages.moved_on(session, message, MessageStatus.QUEUED)
    elif error.outcome is Outcome.RETRY and message.attempts < MOST_ATTEMPTS:
        message.next_attempt_at = now() + error.delay(message.attempts)
        messages.moved_on(session, message, MessageStatus.QUEUED)
    elif error.outcome is Outcome.UNKNOWN:
        messages.moved_on(session, message, MessageStatus.UNKNOWN)
        message.error = "Meta's answer was lost, so this may or may not have arrived."
    elif error.outcome is Outcome.RETRY:
        sending.failed(session, message, GAVE_UP, error.code)
    else:
        sending.failed(session, message, error.advice, error.code)
    if error.token_problem:
        connection = channels.connection_of(session, message.channel_id)
        if connection:
            channels.broke(session, connection, error.advice)


def _with_a_fresh_file(session: Session, message: Message, error: GraphError) -> bool:
    """Meta no longer knows the file's id: it gets the file again, once."""
    if error.outcome is not Outcome.REFUSED or error.code not in FILE_REFUSED:
        return False
    refusals = session.exec(
        select(func.count()).where(
            SendAttempt.message_id == message.id, col(SendAttempt.error_code).in_(FILE_REFUSED)
        )
    ).one()
    return refusals == 1 and outgoing_media.upload_again(session, message)


def give_up_expired(session: Session) -> int:
    """A worker died in the middle of a call: nobody knows whether Meta got it."""
    rows = session.exec(
        select(Message)
        .where(
            col(Message.status).in_(ON_ITS_WAY),
            Message.status == MessageStatus.SENDING,
            col(Message.lease_until) < now(),
        )
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
