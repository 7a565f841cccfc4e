"""Rows that a batch of updates will ask for, read and locked in a few queries instead of several
for each.

The rules ask by the ids Meta knows. While a batch is applied, its answers stand here; without a
batch, or for an id it did not foresee, they are read one by one as anywhere else.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import Table, insert
from sqlmodel import Session, col, or_, select

from domain import channels
from illumichat_app import db
from illumichat_app.clock import now
from integrations.whatsapp.updates import Update
from models import (
    Channel,
    Conversation,
    CustomerIdentity,
    Message,
    ParkedUpdate,
    WhatsAppConnection,
)

Wamid = tuple[int, str]  # channel, wamid
Person = tuple[int, str, str]  # channel, which id, the id


@dataclass(slots=True)
class Ahead:
    """What was read ahead. None as a value: there is no such row."""

    connections: dict[str, WhatsAppConnection | None] = field(
        default_factory=dict[str, WhatsAppConnection | None]
    )
    identities: dict[Person, CustomerIdentity | None] = field(
        default_factory=dict[Person, CustomerIdentity | None]
    )
    conversations: dict[int, Conversation | None] = field(
        default_factory=dict[int, Conversation | None]
    )
    messages: dict[Wamid, Message | None] = field(default_factory=dict[Wamid, Message | None])
    parked: dict[Wamid, list[ParkedUpdate]] = field(default_factory=dict[Wamid, list[ParkedUpdate]])
    # New messages, not written yet, and what is to be done when they have their numbers.
    unwritten: list[Message] = field(default_factory=list[Message])
    to_number: list[tuple[Message, Callable[[int], None]]] = field(
        default_factory=list[tuple[Message, Callable[[int], None]]]
    )
    channels: dict[int, Channel] = field(default_factory=dict[int, Channel])


def of(session: Session) -> Ahead | None:
    return session.info.get("ahead")


def forget(session: Session) -> None:
    """Identities changed hands: what was read ahead is no longer true."""
    if (ahead := of(session)) is not None:
        ahead.identities.clear()
        ahead.conversations.clear()


def read(session: Session, updates: Sequence[Update]) -> Ahead:
    """Read what these updates will ask for and remember it in the session."""
    ahead = Ahead()
    numbers = {u.phone_number_id for u in updates if u.phone_number_id}
    ahead.connections = _connections(session, numbers)
    known = {n: c.channel_id for n, c in ahead.connections.items() if c}
    ahead.channels = _channels(session, known.values())
    mine = [(known[u.phone_number_id or ""], u) for u in updates if u.phone_number_id in known]
    _read_people(session, ahead, mine)
    _read_messages(session, ahead, mine)
    session.info["ahead"] = ahead
    return ahead


def _connections(session: Session, numbers: set[str]) -> dict[str, WhatsAppConnection | None]:
    named = select(WhatsAppConnection).where(col(WhatsAppConnection.phone_number_id).in_(numbers))
    # Only whose signature speaks for them counts here.
    rows = session.exec(named.options(*channels.sealed("access_token", "pin")))
    return dict.fromkeys(numbers) | {row.phone_number_id: row for row in rows}


def _channels(session: Session, channel_ids: Iterable[int]) -> dict[int, Channel]:
    rows = session.exec(select(Channel).where(col(Channel.id).in_(set(channel_ids))))
    return {row.id: row for row in rows}


def _read_people(session: Session, ahead: Ahead, updates: list[tuple[int, Update]]) -> None:
    wanted = {
        (channel_id, column, value)
        for channel_id, update in updates
        if (person := getattr(update, "sender", None))
        for column, value in (("bsuid", person.user_id), ("wa_id", person.wa_id))
        if value
    }
    ahead.identities = dict.fromkeys(wanted)
    rows = session.exec(
        select(CustomerIdentity).where(
            col(CustomerIdentity.channel_id).in_({channel for channel, _, _ in wanted}),
            or_(
                *(
                    getattr(CustomerIdentity, column).in_({v for _, c, v in wanted if c == column})
                    for column in ("bsuid", "wa_id")
                )
            ),
        )
    ).all()
    for row in rows:
        remember(ahead, row)
    _read_conversations(session, ahead, [row.id for row in rows])


def remember(ahead: Ahead, row: CustomerIdentity) -> None:
    for column, value in (("bsuid", row.bsuid), ("wa_id", row.wa_id)):
        if value:
            ahead.identities[row.channel_id, column, value] = row


def _read_conversations(session: Session, ahead: Ahead, identity_ids: list[int]) -> None:
    ahead.conversations = dict.fromkeys(identity_ids)
    rows = session.exec(
        select(Conversation)
        .where(col(Conversation.identity_id).in_(identity_ids))
        .order_by(col(Conversation.id))
        .with_for_update()
    )
    ahead.conversations |= {row.identity_id: row for row in rows}


def _read_messages(session: Session, ahead: Ahead, updates: list[tuple[int, Update]]) -> None:
    wanted: set[Wamid] = set()
    for channel_id, update in updates:
        for name in ("wamid", "target"):
            if wamid := getattr(update, name, None):
                wanted.add((channel_id, wamid))
    wamids = {wamid for _, wamid in wanted}
    ahead.messages = dict.fromkeys(wanted)
    ahead.parked = {key: [] for key in wanted}
    theirs = select(Message).where(col(Message.wamid).in_(wamids)).order_by(col(Message.id))
    for row in session.exec(theirs.with_for_update()):
        ahead.messages[row.channel_id, row.wamid or ""] = row
    waiting = select(ParkedUpdate).where(col(ParkedUpdate.wamid).in_(wamids))
    for row in session.exec(waiting.order_by(col(ParkedUpdate.id))):
        ahead.parked.setdefault((row.channel_id, row.wamid), []).append(row)


# ---- new messages, written together


def add(ahead: Ahead, values: dict[str, Any]) -> Message:
    """A new message, written with the batch."""
    message = unmapped(values)
    ahead.messages[message.channel_id, message.wamid or ""] = message
    ahead.unwritten.append(message)
    return message


def unmapped(values: dict[str, Any]) -> Message:
    """A new message that has what the rules read and change of one, at a tenth of the cost of a
    mapped row."""
    return cast(Message, SimpleNamespace(**{**_EMPTY, "created_at": now(), **values}))


def numbered(session: Session, message: Message, use: Callable[[int], None]) -> None:
    """`use(id)`, now or as soon as the message is written."""
    ahead = of(session)
    if ahead and not hasattr(message, "id"):
        ahead.to_number.append((message, use))
    else:
        use(message.id)


def write(session: Session) -> None:
    """Write the batch's new messages. Raises IntegrityError if one came in by another way."""
    ahead = of(session)
    if ahead is None or not ahead.unwritten:
        return
    values = [vars(message) for message in ahead.unwritten]
    rows = db.insert_rows(session.connection(), _INSERT, values)
    numbers = {(channel_id, wamid): number for number, channel_id, wamid in rows.all()}
    for message in ahead.unwritten:
        message.id = numbers[message.channel_id, message.wamid]
    for message, use in ahead.to_number:
        use(message.id)
    ahead.unwritten, ahead.to_number = [], []


_EMPTY: dict[str, Any] = {
    name: column.get_default(call_default_factory=True)
    for name, column in Message.model_fields.items()
    if not column.is_required() and name not in ("id", "created_at")
}
_TABLE = cast(Table, Message.__table__)  # type: ignore[attr-defined]
_INSERT = insert(_TABLE).returning(_TABLE.c.id, _TABLE.c.channel_id, _TABLE.c.wamid)


def finish(session: Session) -> None:
    """Write what the batch changed."""
    write(session)
    _write_conversations(session)
    session.flush()
    stop(session)


def _write_conversations(session: Session) -> None:
    """On PostgreSQL all at once; a flush sends a statement for each. Nobody needs them after."""
    ahead, dirty = of(session), session.dirty
    if ahead is None or session.get_bind().dialect.name != "postgresql":
        return
    changed = [row for row in ahead.conversations.values() if row and row in dirty]
    if changed:
        values = [{name: getattr(row, name) for name in _OF_CONVERSATION} for row in changed]
        db.update_rows(session.connection(), _CONVERSATION, values)
    for row in changed:
        session.expunge(row)


_CONVERSATION = cast(Table, Conversation.__table__)  # type: ignore[attr-defined]
_OF_CONVERSATION = [name for name in _CONVERSATION.columns.keys() if name != "created_at"]  # noqa: SIM118


def stop(session: Session) -> None:
    """From here on every row is read when it is asked for."""
    session.info.pop("ahead", None)
