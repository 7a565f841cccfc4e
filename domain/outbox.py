"""Outgoing messages: queued in the transaction that decides them, claimed, sent, recorded.

The message row is the outbox. Meta takes no idempotency key, so a call whose answer was lost is
never repeated by machine: it is `unknown` until a status webhook brings our attempt's key back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import ColumnElement, String, bindparam, insert, literal_column
from sqlalchemy.orm import aliased, load_only
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
    sent_rows,
)
from domain.access import Actor
from illumichat_app import jobs
from illumichat_app.clock import now
from illumichat_app.errors import AppError, Invalid
from integrations.whatsapp.client import Credentials, Sent
from integrations.whatsapp.errors import GraphError, Outcome
from models import (
    AttemptOutcome,
    Author,
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
    bounds = {"moment": moment, "lease": moment + LEASE, "most": limit}
    claimed = [number for (number,) in session.exec(_CLAIM, params=bounds)]
    if not claimed:
        return []
    rows = session.exec(_CLAIMED, params={"claimed": claimed}).all()
    return _prepared(session, [_Claimed(*row) for row in rows])


def _first_of_its_conversation() -> ColumnElement[bool]:
    """No earlier message of the same conversation is still on its way; no words wait for a 👍."""
    earlier = aliased(Message)
    return ~exists().where(
        col(earlier.conversation_id) == Message.conversation_id,
        col(earlier.id) < Message.id,
        col(earlier.status).in_(ON_ITS_WAY),
        or_(col(earlier.kind) != "reaction", col(Message.kind) == "reaction"),
    )


# A conversation that somebody changes at this moment waits: it may be taken over, and what was read
# before that commit would let the assistant talk over a person.
_DUE = (
    select(Message.id)
    .join(Conversation)
    .where(
        col(Message.status).in_(ON_ITS_WAY),
        Message.status == MessageStatus.QUEUED,
        col(Message.next_attempt_at) <= bindparam("moment"),
        _first_of_its_conversation(),
    )
    .order_by(col(Message.next_attempt_at))
    .limit(bindparam("most"))  # type: ignore[arg-type]
    .with_for_update(skip_locked=True, key_share=True, of=(Message, Conversation))
    .cte("due")  # PostgreSQL may run a subquery again for each row, and lock more every time
)
_CLAIM = (
    update(Message)
    .where(col(Message.id).in_(select(_DUE.c.id)), Message.status == MessageStatus.QUEUED)  # type: ignore[arg-type]
    .values(
        status=MessageStatus.SENDING,
        lease_until=bindparam("lease"),
        attempts=Message.attempts + 1,
    )
    .returning(col(Message.id))
    .execution_options(synchronize_session=False)
)


class _Claimed(NamedTuple):
    message: Message
    conversation: Conversation
    identity: CustomerIdentity


# Only what the checks and the bodies ask for: a refused message reads the rest when it is asked.
_CLAIMED = (
    select(Message, Conversation, CustomerIdentity)
    .join(Conversation, col(Conversation.id) == Message.conversation_id)
    .join(CustomerIdentity, col(CustomerIdentity.id) == Conversation.identity_id)
    .where(col(Message.id).in_(bindparam("claimed", expanding=True)))
    .order_by(col(Message.id))
    .options(
        load_only(
            *(Message.channel_id, Message.conversation_id, Message.author, Message.attempts),  # type: ignore[arg-type]
            *(Message.kind, Message.text, Message.content, Message.reply_to),  # type: ignore[arg-type]
        ),
        load_only(Conversation.state, Conversation.window_ends_at),  # type: ignore[arg-type]
        load_only(CustomerIdentity.wa_id, CustomerIdentity.bsuid),  # type: ignore[arg-type]
    )
    .execution_options(populate_existing=True)
)


def _prepared(session: Session, claimed: list[_Claimed]) -> list[Sending]:
    """The calls to make. What a check refuses fails here, and Meta is not called at all."""
    as_whom = channels.senders(session, {row.message.channel_id for row in claimed})
    files = outgoing_media.of_all(
        session, outgoing_bodies.with_file(row.message for row in claimed)
    )
    prepared: list[Sending] = []
    for row in claimed:
        try:
            credentials = _checked_again(row, as_whom[row.message.channel_id])
        except AppError as refusal:
            sending.failed(session, row.message, refusal.message)
            continue
        body = outgoing_bodies.of(row.identity, row.message, files.get(row.message.id))
        number, key = row.message.id, uuid4().hex
        prepared.append(Sending(number, row.conversation.id, key, credentials, body))
    _begin_attempts(session, claimed, prepared)
    return prepared


def _checked_again(row: _Claimed, as_whom: Credentials | AppError) -> Credentials:
    """Much may have changed since it was queued. Raises ChannelOff, SecretLost, WindowClosed,
    Invalid."""
    if isinstance(as_whom, AppError):
        raise as_whom
    sending.require_window(row.conversation, row.message.kind)
    _require_assistants_turn(row.conversation, row.message)
    return as_whom


def _require_assistants_turn(conversation: Conversation, message: Message) -> None:
    """Never talk over a person who took over after the answer was queued."""
    taken_over = conversation.state in (State.HUMAN, State.CLOSED)
    if message.author is Author.ASSISTANT and taken_over:
        raise Invalid("Not sent: a person took over first.")


def _begin_attempts(session: Session, claimed: list[_Claimed], begun: list[Sending]) -> None:
    if not begun:
        return
    numbers, moment = {row.message.id: row.message.attempts for row in claimed}, now()
    session.connection().execute(
        insert(SendAttempt),
        [
            {
                "message_id": each.message_id,
                "key": each.attempt_key,
                "number": numbers[each.message_id],
                "created_at": moment,
            }
            for each in begun
        ],
    )


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


Answer = tuple[Sending, Sent | GraphError]


def record(session: Session, sending: Sending, result: Sent | GraphError) -> None:
    """Write down what Meta answered. A status may have come first; it is never taken back."""
    record_all(session, [(sending, result)])


def record_all(session: Session, answers: Sequence[Answer]) -> None:
    """The same for many, in a constant number of statements."""
    sent = sent_rows.locked(session, [each.message_id for each, _ in answers])
    came_of = {each.attempt_key: result for each, result in answers}
    sent_rows.end_attempts(session, came_of, _HELD)
    for each, result in answers:
        message = sent[each.message_id]
        message.lease_until = None
        if isinstance(result, Sent):
            _taken(session, message, result.wamid)
        else:
            _not_sent(session, message, result)
    sent_rows.write(session, sent.values())
    parked.join_all(session, sent.values())
    jobs.wake_after(session, "outbox")


def accepted(session: Session, message: Message, wamid: str) -> None:
    """Meta has it. Statuses that came before we knew the wamid are joined now."""
    _taken(session, message, wamid)
    session.flush()
    parked.join(session, message)


def _taken(session: Session, message: Message, wamid: str) -> None:
    with rollup.recounted(session, message):
        message.wamid = message.wamid or wamid
    if message.status in (*WAITING, MessageStatus.UNKNOWN):
        messages.moved_on(session, message, MessageStatus.ACCEPTED)
        if message.kind == "reaction":
            _react(session, message)


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
