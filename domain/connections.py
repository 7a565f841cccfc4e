"""The rows of connected numbers: saving one, and letting it go. Each function is one transaction.

A number belongs to one channel; the unique constraint on its id decides when two admins are equally
fast. What is saved was proved with Meta before.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from domain import access, audit, channels, connection_check, event_owners
from domain.access import Actor
from domain.connection_check import Subject
from domain.event_owners import Number
from illumichat_app import jobs
from illumichat_app.clock import now
from illumichat_app.errors import Conflict, NotFound, SecretLost
from integrations.whatsapp.client import Credentials
from integrations.whatsapp.management import NumberFacts
from models import (
    Assistant,
    AuditAction,
    Channel,
    ChannelKind,
    ConnectionStatus,
    ConnectMethod,
    WhatsAppConnection,
)

_SETTINGS = {
    "enabled",
    "ai_replies",
    "match_contacts",
    "auto_create_contacts",
    "max_message_length",
    "read_receipts",
}
_HOW = {
    ConnectMethod.EMBEDDED: "with Connect with WhatsApp",
    ConnectMethod.MANUAL: "with Advanced Setup",
}


class NumberTaken(Conflict):
    """The number or the assistant is in use; `assistant_id` is set if it is this workspace's."""

    def __init__(self, message: str, assistant_id: int | None = None) -> None:
        super().__init__(message)
        self.assistant_id = assistant_id


@dataclass(frozen=True, slots=True)
class Facts:
    """What was proved with Meta and is to be saved. `issue`: what is still to be done there."""

    method: ConnectMethod
    waba_id: str
    number: NumberFacts
    token: str = field(repr=False)
    app_secret: str | None = field(default=None, repr=False)
    issue: str = ""


def save(session: Session, actor: Actor, assistant_id: int, facts: Facts) -> Subject:
    """Connect a number whose facts Meta confirmed. Admins only.

    A number that was here before gets its old channel back, with its conversations. Raises
    NotAllowed, NotFound, NumberTaken.
    """
    assistant = require_assistant(session, actor, assistant_id, lock=True)
    _refuse_second_number(session, assistant, facts)
    before = _make_room(session, actor, assistant, facts)
    try:
        with session.begin_nested():
            row = _connection(session, actor, assistant, facts, before)
            session.flush()
    except IntegrityError:
        # Somebody else was a moment faster; what they saved is visible now.
        _refuse_taken(session, actor, facts.number.id)
        raise
    jobs.wake_after(session, "upkeep")
    how = f"To {assistant.name}, {_HOW[facts.method]}"
    audit.note(session, actor, AuditAction.NUMBER_CONNECTED, row.display_phone_number, how)
    return connection_check.subject_of(row)


def require_assistant(
    session: Session, actor: Actor, assistant_id: object, *, lock: bool = False
) -> Assistant:
    """The assistant, for an admin of its workspace. Raises NotAllowed, NotFound."""
    access.require_admin(actor)
    # An event's argument may be anything; SQLite refuses integers of more than 64 bits.
    if isinstance(assistant_id, bool) or not isinstance(assistant_id, int):
        raise NotFound
    if not 0 < assistant_id < 2**63:
        raise NotFound
    found = select(Assistant).where(
        Assistant.id == assistant_id, Assistant.workspace_id == actor.workspace_id
    )
    # Two numbers for one assistant at the same moment queue up here.
    row = session.exec(found.with_for_update() if lock else found).first()
    if row is None:
        raise NotFound
    return row


def _refuse_second_number(session: Session, assistant: Assistant, facts: Facts) -> None:
    for row, channel in _live(session, col(Channel.assistant_id) == assistant.id):
        if row.phone_number_id != facts.number.id:
            words = f"{assistant.name} already answers {row.display_phone_number}."
            raise NumberTaken(f"{words} Disconnect that number first.", channel.assistant_id)


@dataclass(frozen=True, slots=True)
class _Before:
    """What goes on from this number's earlier connection."""

    channel_id: int
    pin: str | None = field(repr=False)
    last_event_at: datetime | None


def _make_room(
    session: Session, actor: Actor, assistant: Assistant, facts: Facts
) -> _Before | None:
    """Remove this number's earlier connection; what goes on if it was this assistant's.

    Raises NumberTaken when it is in use: only a broken one may be connected over.
    """
    query = select(WhatsAppConnection).where(WhatsAppConnection.phone_number_id == facts.number.id)
    row = session.exec(query.with_for_update().options(*channels.sealed())).first()
    if row is None:
        return None
    own = session.get_one(Channel, row.channel_id).assistant_id == assistant.id
    broken = own and row.status is ConnectionStatus.ISSUE
    if row.status is not ConnectionStatus.DISCONNECTED and not broken:
        _refuse_taken(session, actor, facts.number.id)
    before = _Before(row.channel_id, _pin(session, row), row.last_event_at) if own else None
    session.delete(row)
    session.flush()
    return before


def _pin(session: Session, row: WhatsAppConnection) -> str | None:
    """The one a first try at registering may have set: Meta asks for the same again."""
    try:
        channels.open_secrets(session, row)
    except SecretLost:
        return None
    return row.pin


def _live(session: Session, which: ColumnElement[bool]) -> list[tuple[WhatsAppConnection, Channel]]:
    query = (
        select(WhatsAppConnection, Channel)
        .join(Channel, col(Channel.id) == WhatsAppConnection.channel_id)
        .where(WhatsAppConnection.status != ConnectionStatus.DISCONNECTED, which)
        .options(*channels.sealed())
    )
    return list(session.exec(query).all())


def _refuse_taken(session: Session, actor: Actor, phone_number_id: str) -> None:
    """Raises NumberTaken; another company's name is nobody's business here."""
    for row, channel in _live(session, col(WhatsAppConnection.phone_number_id) == phone_number_id):
        if row.workspace_id != actor.workspace_id:
            raise NumberTaken(
                "This number is already connected elsewhere. Disconnect it there first."
            )
        name = session.get_one(Assistant, channel.assistant_id).name
        words = f"{row.display_phone_number} is already connected to {name}."
        raise NumberTaken(f"{words} Disconnect it there first.", channel.assistant_id)


def _connection(
    session: Session,
    actor: Actor,
    assistant: Assistant,
    facts: Facts,
    before: _Before | None,
) -> WhatsAppConnection:
    channel_id = before.channel_id if before else _free_channel(session, assistant).id
    row = WhatsAppConnection(
        workspace_id=actor.workspace_id,
        channel_id=channel_id,
        phone_number_id=facts.number.id,
        waba_id=facts.waba_id,
        display_phone_number=facts.number.display,
        verified_name=facts.number.verified_name,
        method=facts.method,
        access_token=facts.token,
        app_secret=facts.app_secret,
        token_end=last_letters(facts.token),
        secret_end=last_letters(facts.app_secret),
        pin=(before and before.pin) or f"{secrets.randbelow(10**6):06d}",
        status=ConnectionStatus.ISSUE if facts.issue else ConnectionStatus.CONNECTED,
        issue=facts.issue,
        health=connection_check.number_facts(facts.number),
        connected_by=actor.user_id,
        checked_at=now(),
        last_event_at=before.last_event_at if before else None,
        templates_due_at=now(),
    )
    session.add(row)
    return row


def last_letters(secret: str | None) -> str:
    """By which people tell one secret from another; of a short one that would be too much."""
    return secret[-4:] if secret and len(secret) >= _LONG_ENOUGH else ""


_LONG_ENOUGH = 12


def _free_channel(session: Session, assistant: Assistant) -> Channel:
    """The assistant's channel that has no number, else a new one with the settings of the last."""
    channels_newest = _channels(session, assistant)
    for channel, connection in channels_newest:
        if connection is None:
            return channel
    known = channels_newest[0][0].model_dump(include=_SETTINGS) if channels_newest else {}
    channel = Channel(
        workspace_id=assistant.workspace_id,
        assistant_id=assistant.id,
        kind=ChannelKind.WHATSAPP,
        name="WhatsApp",
        **known,
    )
    session.add(channel)
    session.flush()
    return channel


def _channels(
    session: Session, assistant: Assistant
) -> list[tuple[Channel, WhatsAppConnection | None]]:
    query = (
        select(Channel, WhatsAppConnection)
        .outerjoin(WhatsAppConnection, col(WhatsAppConnection.channel_id) == Channel.id)
        .where(Channel.assistant_id == assistant.id, Channel.kind == ChannelKind.WHATSAPP)
        .order_by(col(Channel.id).desc())
        .options(*channels.sealed())
    )
    return list(session.exec(query).all())


def channel_of(session: Session, actor: Actor, assistant_id: int) -> int | None:
    """The assistant's channel with a live number, else its newest, else None. Admins only."""
    found = _channels(session, require_assistant(session, actor, assistant_id))
    live = [
        channel.id
        for channel, row in found
        if row and row.status is not ConnectionStatus.DISCONNECTED
    ]
    return next(iter([*live, *(channel.id for channel, _ in found)]), None)


# ---- disconnecting


@dataclass(frozen=True, slots=True)
class Disconnected:
    """What is left to do at Meta: `unsubscribe` is set for the account's last number here.

    `locked`: the stored access opened with no key, so Meta cannot be told.
    """

    waba_id: str
    unsubscribe: Credentials | None = None
    locked: bool = False


def disconnect(session: Session, actor: Actor, channel_id: int) -> Disconnected:
    """Keep the conversations, erase the secrets, those too that no key opens. Admins only.

    The number stays with its channel, so that connecting it again goes on with its history, until
    another assistant takes it. Raises NotAllowed, NotFound, ChannelOff.
    """
    row = connection_check.connected(session, actor, channel_id)
    session.refresh(row, ["status"], with_for_update=True)
    left = _left(session, row)
    row.status, row.issue = ConnectionStatus.DISCONNECTED, ""
    row.access_token, row.app_secret, row.pin = "", None, None
    row.token_end = row.secret_end = ""
    row.templates_due_at = None
    answered_by = session.exec(
        select(Assistant.name)
        .join(Channel, col(Channel.assistant_id) == Assistant.id)
        .where(Channel.id == row.channel_id)
    ).one()
    number, of = row.display_phone_number, f"From {answered_by}"
    audit.note(session, actor, AuditAction.NUMBER_DISCONNECTED, number, of)
    return left


def _left(session: Session, row: WhatsAppConnection) -> Disconnected:
    """A subscription is one app's to one account, whichever workspace its numbers are in."""
    try:
        channels.open_secrets(session, row)
    except SecretLost:
        return Disconnected(row.waba_id, locked=True)
    signer = channels.signer(row)
    if any(other.signer in (signer, None) for other in _others_of_account(session, row)):
        return Disconnected(row.waba_id)
    return Disconnected(row.waba_id, channels.credentials(row))


def _others_of_account(session: Session, row: WhatsAppConnection) -> list[Number]:
    """Their `signer` is None when their secret is lost: it may be the same app's."""
    return list(
        event_owners.numbers(
            session,
            and_(
                col(WhatsAppConnection.waba_id) == row.waba_id,
                col(WhatsAppConnection.id) != row.id,
                col(WhatsAppConnection.status) != ConnectionStatus.DISCONNECTED,
            ),
        )
    )
