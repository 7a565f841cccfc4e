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
from illumichat_app.errors import ChannelOff, SecretLost
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


def why_not(channel: Channel, connection: WhatsAppConnection | None) -> str | None:
    """The sentence that says why nothing may be sent here, or None."""
    if not channel.enabled:
        return "This channel is switched off. An admin can switch it on again."
    if connection is None or connection.status is ConnectionStatus.DISCONNECTED:
        return "The WhatsApp number is disconnected. An admin can connect it again."
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
    platform = settings().meta_app_secret.get_secret_value() or None
    return Credentials(
        phone_number_id=connection.phone_number_id,
        token=connection.access_token,
        app_secret=connection.app_secret or platform,
    )


def credentials_of(session: Session, channel_id: int) -> Credentials:
    """The credentials of a channel's number. Raises ChannelOff when it has none, SecretLost."""
    connection = session.exec(_OF_CHANNEL, params={"channel": channel_id}).first()
    if connection is None:
        raise ChannelOff("The WhatsApp number is disconnected. An admin can connect it again.")
    return credentials(connection)


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
