"""Whether a channel may send, and as whom."""

import hashlib
import logging
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Dialect, Text, bindparam, type_coerce
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from domain import conversations
from illumichat_app import jobs, nudges
from illumichat_app.clock import now
from illumichat_app.config import settings
from illumichat_app.errors import AppError, ChannelOff, SecretLost
from integrations.whatsapp.client import Credentials
from models import Channel, ConnectionStatus, WhatsAppConnection
from models.columns import BigId, Encrypted

_log = logging.getLogger(__name__)
_SECRETS = ("access_token", "app_secret", "pin")


def connection_of(session: Session, channel_id: int) -> WhatsAppConnection | None:
    """The channel's connection, its secrets sealed."""
    return session.exec(_SEALED, params={"channel": channel_id}).first()


def sealed(*names: str) -> list[Any]:
    """Options of a query for connections: these secrets (all) are not opened before they are asked
    for, so that a lost key stops only what needs them."""
    return [defer(getattr(WhatsAppConnection, name)) for name in names or _SECRETS]


class Linked(NamedTuple):
    """A channel and the number it is connected to."""

    channel: Channel
    connection: WhatsAppConnection | None


def linked(session: Session, channel_ids: Iterable[int]) -> dict[int, Linked]:
    """Channels with their connections, whose secrets are sealed."""
    rows: Any = session.exec(_LINKED, params={"channels": sorted(set(channel_ids))})
    return {channel.id: Linked(channel, connection) for channel, connection in rows}


# Built once: naming the columns takes longer than reading the row.
_OF_CHANNEL = select(WhatsAppConnection).where(
    WhatsAppConnection.channel_id == bindparam("channel", type_=BigId)
)
_SEALED = _OF_CHANNEL.options(*sealed())
_LINKED = (
    select(Channel, WhatsAppConnection)
    .outerjoin(WhatsAppConnection, col(WhatsAppConnection.channel_id) == Channel.id)
    .where(col(Channel.id).in_(bindparam("channels", expanding=True, type_=BigId)))
    .options(*sealed())
)


def open_secrets(session: Session, row: WhatsAppConnection) -> None:
    """Raises SecretLost when one of them opens with none of the keys."""
    session.refresh(row, _SECRETS)


def opened(session: Session, rows: Iterable[WhatsAppConnection]) -> list[WhatsAppConnection]:
    """Of rows that were read sealed, those whose secrets open; the others get an issue."""
    return [row for row in rows if _opens(session, row)]


def _opens(session: Session, row: WhatsAppConnection) -> bool:
    try:
        open_secrets(session, row)
    except SecretLost as lost:
        broke(session, row, lost.message)
        return False
    return True


_DISCONNECTED = "The WhatsApp number is disconnected. An admin can connect it again."


def why_not(channel: Channel, connection: WhatsAppConnection | None) -> str | None:
    """The sentence that says why nothing may be sent here, or None."""
    if not channel.enabled:
        return "This channel is switched off. An admin can switch it on again."
    if connection is None or connection.status is ConnectionStatus.DISCONNECTED:
        return _DISCONNECTED
    if connection.status is ConnectionStatus.ISSUE:
        return f"The WhatsApp number has a connection issue: {connection.issue}"
    return None


def require_sendable(session: Session, channel: Channel) -> None:
    """Raises ChannelOff when the channel is off or its connection is broken."""
    require_working(Linked(channel, connection_of(session, channel.id)))


def require_working(at: Linked) -> None:
    """Raises ChannelOff when the channel is off or its connection is broken."""
    if reason := why_not(at.channel, at.connection):
        raise ChannelOff(reason)


def credentials(connection: WhatsAppConnection) -> Credentials:
    """What the Graph client needs to act for a number."""
    return _acting(connection, connection.access_token, connection.app_secret)


def _acting(connection: WhatsAppConnection, token: str, app_secret: str | None) -> Credentials:
    platform = settings().meta_app_secret.get_secret_value() or None
    return Credentials(connection.phone_number_id, token, app_secret or platform)


def credentials_of(session: Session, channel_id: int) -> Credentials:
    """The credentials of a channel's number. Raises ChannelOff when it has none, SecretLost."""
    connection = session.exec(_OF_CHANNEL, params={"channel": channel_id}).first()
    if connection is None:
        raise ChannelOff(_DISCONNECTED)
    return credentials(connection)


def senders(session: Session, channel_ids: Iterable[int]) -> dict[int, Credentials | AppError]:
    """As whom each of these channels sends now, or why it may not."""
    rows = session.exec(_SENDERS, params={"channels": list(channel_ids)})
    dialect = session.get_bind().dialect
    return {row[0].id: _sender(*row, dialect) for row in rows}


def _sender(
    channel: Channel,
    connection: WhatsAppConnection | None,
    token: str | None,
    app_secret: str | None,
    dialect: Dialect,
) -> Credentials | AppError:
    reason = why_not(channel, connection)
    if connection is None or reason:
        return ChannelOff(reason or _DISCONNECTED)
    opened = Encrypted().process_result_value
    try:
        return _acting(connection, opened(token, dialect) or "", opened(app_secret, dialect))
    except SecretLost as lost:
        return lost


_SENDERS = (
    select(
        Channel,
        WhatsAppConnection,
        type_coerce(col(WhatsAppConnection.access_token), Text),
        type_coerce(col(WhatsAppConnection.app_secret), Text),
    )
    .outerjoin(WhatsAppConnection, col(WhatsAppConnection.channel_id) == Channel.id)
    .where(col(Channel.id).in_(bindparam("channels", expanding=True)))
    .options(*sealed())
    .execution_options(populate_existing=True)
)


def signing_secrets(
    session: Session, phone_number_ids: Iterable[str], waba_ids: Iterable[str]
) -> set[str]:
    """The app secrets of the connections that a delivery claims to be about.

    One that is lost opens nothing: what it signed is refused, and Meta sends it again for days.
    """
    stored = session.connection().scalars(
        select(type_coerce(col(WhatsAppConnection.app_secret), Text)).where(
            col(WhatsAppConnection.phone_number_id).in_(list(phone_number_ids))
            | col(WhatsAppConnection.waba_id).in_(list(waba_ids))
        )
    )
    dialect = session.get_bind().dialect
    return {secret for value in set(stored) if (secret := _unsealed(value, dialect))}


def _unsealed(stored: str | None, dialect: Dialect) -> str | None:
    try:
        return Encrypted().process_result_value(stored, dialect)
    except SecretLost:
        _log.warning("an app secret opens with none of the keys: its deliveries are refused")
        return None


@lru_cache(maxsize=256)
def fingerprint(secret: str) -> str:
    """Names a signing secret without revealing it."""
    return hashlib.sha256(b"webhook-signer:" + secret.encode()).hexdigest()[:32]


def signer(connection: WhatsAppConnection) -> str:
    """Whose signature speaks for this number: its own app's, else the platform's."""
    return fingerprint(connection.app_secret or settings().meta_app_secret.get_secret_value())


def broke(session: Session, connection: WhatsAppConnection, issue: str) -> None:
    """The connection no longer works; the reason is shown to admins."""
    if connection.status is ConnectionStatus.CONNECTED:
        connection.status, connection.issue = ConnectionStatus.ISSUE, issue
        connection.checked_at = now()
        connection.news += 1
        nudges.after(session, connection.workspace_id)


def mended(session: Session, connection: WhatsAppConnection) -> None:
    if connection.status is ConnectionStatus.ISSUE:
        connection.status, connection.issue = ConnectionStatus.CONNECTED, ""
        connection.checked_at = now()
        nudges.after(session, connection.workspace_id)
        session.flush()  # as everywhere, the connection is locked before conversations
        conversations.answer_waiting(session, connection.workspace_id, connection.channel_id)


def check_soon(session: Session, connection: WhatsAppConnection) -> None:
    """What is known of the number is out of date: it is read from Meta as soon as may be."""
    connection.checked_at = None
    jobs.wake_after(session, "upkeep")
