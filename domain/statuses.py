"""What became of a message we sent."""

from typing import Any

from sqlmodel import Session, select

from domain import outbox, parked
from integrations.whatsapp import update_types as meta
from models import AttemptOutcome, Channel, Message, SendAttempt


def apply(session: Session, channel: Channel, update: meta.Status) -> str:
    """Move the message forward. A status for every other app's message comes too: it is parked."""
    data = _data(update)
    known = parked.by_wamid(session, channel.id, update.wamid)
    if known is None and update.callback_data:
        known = _settled(session, channel, update)
    if known is None:
        parked.apply_or_park(session, channel.id, update.wamid, "status", data)
        return "parked"
    parked.apply(session, known, "status", data)
    return "statuses"


def _data(update: meta.Status) -> dict[str, Any]:
    error = update.errors[0] if update.errors else None
    return {
        "status": update.status,
        "at": update.at.isoformat(),
        "code": error.code if error else None,
        "title": error.title if error else None,
    }


def _settled(session: Session, channel: Channel, update: meta.Status) -> Message | None:
    """Our attempt's key came back: Meta has the message whose answer we lost or still await."""
    attempt = session.exec(
        select(SendAttempt).where(SendAttempt.key == update.callback_data)
    ).first()
    if attempt is None:
        return None
    message = session.get_one(
        Message, attempt.message_id, with_for_update=True, populate_existing=True
    )
    if message.channel_id != channel.id:
        return None
    attempt.outcome, attempt.wamid = AttemptOutcome.ACCEPTED, update.wamid
    message.error = ""
    outbox.accepted(session, message, update.wamid)
    return message
