"""Which messages and events stand on a page of a thread; each page is a walk down an index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Text, cast, literal, select, tuple_
from sqlmodel import Session, col

from models import Conversation, ConversationEvent, Media, Message, User

MOST_EVENTS = 200


class Cursor(NamedTuple):
    """The oldest or the newest message that is shown; the next page begins beyond it."""

    sent_at: datetime
    id: int


@dataclass(frozen=True)
class Found:
    """The messages of a page in order, each with its file and writer, and what lies beyond.

    Its time is from its oldest message to the next page's: so events fall between no two pages.
    """

    shown: Sequence[Any]
    older: bool
    newer: bool
    end: datetime | None  # where the next page's time begins

    @property
    def start(self) -> datetime | None:
        return self.shown[0][0].sent_at if self.shown and self.older else None

    def holds(self, moment: datetime) -> bool:
        begun = self.start is None or moment >= self.start
        return begun and (self.end is None or moment < self.end)


def cursor(message: Message) -> Cursor:
    return Cursor(message.sent_at, message.id)


def before(session: Session, conversation: Conversation, place: Cursor | None, limit: int) -> Found:
    """The newest messages, or those before one."""
    rows = _upwards(session, conversation, place and _place() < _at(place), limit + 1)
    end = place.sent_at if place else None
    return Found(rows[:limit][::-1], len(rows) > limit, place is not None, end)


def after(session: Session, conversation: Conversation, place: Cursor, limit: int) -> Found:
    """The messages that came after one."""
    rows = _downwards(session, conversation, place, limit + 1)
    more = len(rows) > limit
    return Found(rows[:limit], True, more, rows[limit][0].sent_at if more else None)


def around(session: Session, conversation: Conversation, place: Cursor, limit: int) -> Found:
    """One message among those before and after it."""
    half = limit // 2
    above = _upwards(session, conversation, _place() <= _at(place), limit - half + 1)
    below = after(session, conversation, place, half)
    shown = [*above[: limit - half][::-1], *below.shown]
    return Found(shown, len(above) > limit - half, below.newer, below.end)


def _upwards(session: Session, conversation: Conversation, part: Any, limit: int) -> Sequence[Any]:
    query = _messages(conversation).order_by(*(each.desc() for each in _oldest_first()))
    return _rows(session, (query if part is None else query.where(part)).limit(limit))


def _downwards(
    session: Session, conversation: Conversation, place: Cursor, limit: int
) -> Sequence[Any]:
    query = _messages(conversation).where(_place() > _at(place)).order_by(*_oldest_first())
    return _rows(session, query.limit(limit))


def _messages(conversation: Conversation) -> Any:
    query = select(Message, Media, col(User.name)).outerjoin(User, col(User.id) == Message.user_id)
    return _within(query, conversation)


def _within(query: Any, conversation: Conversation) -> Any:
    """A reaction of ours is sent as a message of its own; it shows at the message it is about."""
    return query.outerjoin(Media, col(Media.message_id) == Message.id).where(
        col(Message.conversation_id) == conversation.id, col(Message.kind) != "reaction"
    )


def _oldest_first() -> tuple[Any, Any]:
    return col(Message.sent_at), col(Message.id)


def _place() -> Any:
    return tuple_(*_oldest_first())


def _at(place: Cursor) -> Any:
    sent_at, id_ = _oldest_first()
    return tuple_(literal(place.sent_at, sent_at.type), literal(place.id, id_.type))


def _rows(session: Any, query: Any) -> list[Any]:
    return list(session.exec(query).all())


def events(session: Session, conversation: Conversation, found: Found) -> Sequence[Any]:
    """What happened in the time of a page with who did it, the newest 200 of it."""
    at: Any = col(ConversationEvent.created_at)
    query = (
        select(ConversationEvent, col(User.name))
        .outerjoin(User, col(User.id) == ConversationEvent.user_id)
        .where(col(ConversationEvent.conversation_id) == conversation.id)
        .order_by(at.desc(), col(ConversationEvent.id).desc())
        .limit(MOST_EVENTS)
    )
    if found.end:
        query = query.where(at < found.end)
    if found.start:
        query = query.where(at >= found.start)
    return _rows(session, query)


def quotes(session: Session, conversation: Conversation, found: Found) -> dict[str, Message]:
    """The messages that are answered, by wamid, also when they stand on an older page."""
    shown: list[Message] = [row[0] for row in found.shown]
    near = {message.wamid: message for message in shown if message.wamid}
    far = {message.reply_to for message in shown if message.reply_to} - near.keys()
    if not far:
        return near
    query = select(Message).where(
        col(Message.conversation_id) == conversation.id, col(Message.wamid).in_(far)
    )
    return near | {row.wamid: row for (row,) in _rows(session, query) if row.wamid}


def version(session: Session, conversation: Conversation, oldest: Cursor, newest: Cursor) -> str:
    """A mark of all that can change about the messages from one to another."""
    query = _within(
        select(
            col(Message.id),
            col(Message.status),
            col(Message.edited_at),
            col(Message.deleted_at),
            cast(col(Message.reactions), Text),
            col(Media.state),
        ).select_from(Message),
        conversation,
    ).where(_place() >= _at(oldest), _place() <= _at(newest))
    rows = _rows(session, query.order_by(*_oldest_first()))
    return sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()
