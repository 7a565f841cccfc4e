"""Statuses, reactions, edits and deletions that came before the message they are about.

Meta promises no order, and a status can beat our own commit of the send's answer.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col, delete, select

from domain import ahead, messages, rollup, window
from illumichat_app.clock import now
from integrations.whatsapp.errors import explain
from models import Conversation, Direction, Message, MessageStatus, ParkedUpdate
from models.columns import BigId

KEPT_FOR = timedelta(days=7)  # as long as Meta repeats an undelivered webhook

_RANK = {
    MessageStatus.QUEUED: 0,
    MessageStatus.SENDING: 1,
    MessageStatus.UNKNOWN: 1,
    MessageStatus.ACCEPTED: 2,
    MessageStatus.SENT: 3,
    MessageStatus.FAILED: 4,
    MessageStatus.CANCELLED: 4,
    MessageStatus.DELIVERED: 5,
    MessageStatus.READ: 6,
    MessageStatus.PLAYED: 7,
}
_WORDS = {status.value for status in _RANK}


def apply_or_park(
    session: Session, channel_id: int, wamid: str, kind: str, data: dict[str, Any]
) -> bool:
    """Change the message now, or keep the change until the message comes. True if applied."""
    message = by_wamid(session, channel_id, wamid)
    if message is None:
        _park(session, ParkedUpdate(channel_id=channel_id, wamid=wamid, kind=kind, data=data))
        return False
    apply(session, message, kind, data)
    return True


def by_wamid(session: Session, channel_id: int, wamid: str) -> Message | None:
    """The message, locked: the answer of its send may be written at this very moment."""
    known = ahead.of(session)
    if known and (message := known.messages.get((channel_id, wamid))):
        return message
    return session.exec(
        select(Message)
        .where(Message.channel_id == channel_id, Message.wamid == wamid)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()


def join(session: Session, message: Message) -> None:
    """Apply what waited for this message, in the order it came."""
    for update in _waiting(session, message.channel_id, message.wamid):
        apply(session, message, update.kind, update.data)
        session.delete(update)
    if known := ahead.of(session):
        known.parked.pop((message.channel_id, message.wamid or ""), None)


def join_all(session: Session, messages: Iterable[Message]) -> None:
    """The same for many that are written: those for which nothing waits, and that is most of
    them, are not read."""
    numbers = {(message.channel_id, message.wamid): message.id for message in messages}
    wamids = [wamid for _, wamid in numbers if wamid]
    for key in session.exec(_TARGETS, params={"wamids": wamids}).all() if wamids else ():
        if key in numbers:
            join(session, session.get_one(Message, numbers[key], populate_existing=True))


_TARGETS = (
    select(ParkedUpdate.channel_id, ParkedUpdate.wamid)
    .where(col(ParkedUpdate.wamid).in_(bindparam("wamids", expanding=True)))
    .distinct()
    .order_by(col(ParkedUpdate.channel_id), col(ParkedUpdate.wamid))
)


def _park(session: Session, update: ParkedUpdate) -> None:
    """Once: Meta repeats itself, and events are replayed."""
    waiting = _waiting(session, update.channel_id, update.wamid)
    if not any((row.kind, row.data) == (update.kind, update.data) for row in waiting):
        session.add(update)
    if known := ahead.of(session):
        known.parked.pop((update.channel_id, update.wamid), None)


def _waiting(session: Session, channel_id: int, wamid: str | None) -> Sequence[ParkedUpdate]:
    known = ahead.of(session)
    if known and (channel_id, wamid or "") in known.parked:
        return known.parked[channel_id, wamid or ""]
    return session.exec(_PARKED, params={"channel": channel_id, "wamid": wamid}).all()


_PARKED = (
    select(ParkedUpdate)
    .where(
        ParkedUpdate.channel_id == bindparam("channel", type_=BigId),
        ParkedUpdate.wamid == bindparam("wamid"),
    )
    .order_by(col(ParkedUpdate.id))
)


def apply(session: Session, message: Message, kind: str, data: dict[str, Any]) -> None:
    """Make one change to its message. Each may come twice or late without harm."""
    _CHANGES[kind](session, message, data)


def _status(session: Session, message: Message, data: dict[str, Any]) -> None:
    """Forward only: sent < failed < delivered < read < played (Meta: status webhooks)."""
    if message.direction is not Direction.OUT or data["status"] not in _WORDS:
        return
    status, at = MessageStatus(data["status"]), datetime.fromisoformat(data["at"])
    if status is MessageStatus.FAILED:
        _keep_reason(session, message, data)
    if _RANK[status] > _RANK[message.status]:
        messages.moved_on(session, message, status, at)
        message.lease_until = None


def _keep_reason(session: Session, message: Message, data: dict[str, Any]) -> None:
    code: int | None = data["code"]
    with rollup.recounted(session, message):
        message.error_code = code
    message.error = explain(code).text if code else data["title"] or "Meta did not deliver this."
    if code == window.REFUSED_BY_META:
        conversation = session.get_one(Conversation, message.conversation_id)
        window.closed_by_meta(conversation, datetime.fromisoformat(data["at"]))


def _reaction(session: Session, message: Message, data: dict[str, Any]) -> None:
    """The last reaction of each person counts; an older one that comes late is left out."""
    mine = message.reactions.get(data["who"], {})
    if mine.get("at", "") > data["at"]:
        return
    message.reactions = message.reactions | {
        data["who"]: {"emoji": data["emoji"], "at": data["at"]}
    }
    messages.touched(session, message)


def _edit(session: Session, message: Message, data: dict[str, Any]) -> None:
    at = datetime.fromisoformat(data["at"])
    if message.edited_at and message.edited_at >= at:
        return
    message.text, message.edited_at = data["text"] or "", at
    messages.touched(session, message)


def _revoke(session: Session, message: Message, data: dict[str, Any]) -> None:
    """The customer deleted it: the words are kept out of sight, the place stays."""
    message.deleted_at = datetime.fromisoformat(data["at"])
    messages.touched(session, message)


_CHANGES = {"status": _status, "reaction": _reaction, "edit": _edit, "revoke": _revoke}


def join_late(session: Session) -> None:
    """Join what was parked at the moment when its message was committed beside it."""
    missed = (
        select(Message)
        .join(
            ParkedUpdate,
            (col(ParkedUpdate.channel_id) == Message.channel_id)
            & (col(ParkedUpdate.wamid) == Message.wamid),
        )
        .order_by(col(Message.id))
        .with_for_update(of=Message, skip_locked=True)
    )
    for message in session.exec(missed).unique().all():
        join(session, message)


def forget_old(session: Session) -> None:
    """Drop what nobody claimed: statuses of other apps' messages come for every number."""
    session.exec(delete(ParkedUpdate).where(col(ParkedUpdate.created_at) < now() - KEPT_FOR))
