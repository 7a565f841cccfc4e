"""Which messages and events stand on a page of a thread; each page is a walk down an index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Text, and_, cast, literal, select, true, tuple_
from sqlmodel import Session, col

from domain import labels
from models import Conversation, ConversationEvent, Direction, Media, Mention, Message, User

MOST_EVENTS = 200
MOST_BETWEEN = 200  # late ones may have come between the messages of a page


class Cursor(NamedTuple):
    """The oldest or the newest message that is shown; the next page begins beyond it."""

    sent_at: datetime
    id: int


class Span(NamedTuple):
    """A part of a conversation: from a message, to before another. None: where it begins, ends.

    The spans of two pages that meet leave no gap for a message that comes late.
    """

    start: Cursor | None
    end: Cursor | None


@dataclass(frozen=True)
class Found:
    """The messages of a page in order, each with its file and writer, and what lies beyond.

    Its time is from its oldest message to the next page's: so events fall between no two pages.
    """

    shown: Sequence[Any]
    older: bool
    newer: bool
    next: Cursor | None  # the first message of the next page

    @property
    def span(self) -> Span:
        return Span(cursor(self.shown[0][0]) if self.shown and self.older else None, self.next)

    @property
    def start(self) -> datetime | None:
        return self.span.start.sent_at if self.span.start else None

    @property
    def end(self) -> datetime | None:
        return self.next.sent_at if self.next else None

    def holds(self, moment: datetime) -> bool:
        begun = self.start is None or moment >= self.start
        return begun and (self.end is None or moment < self.end)


def cursor(message: Message) -> Cursor:
    return Cursor(message.sent_at, message.id)


def before(session: Session, conversation: Conversation, place: Cursor | None, limit: int) -> Found:
    """The newest messages, or those before one."""
    rows = _upwards(session, conversation, place and _place() < _at(place), limit + 1)
    return Found(rows[:limit][::-1], len(rows) > limit, place is not None, place)


def after(session: Session, conversation: Conversation, place: Cursor, limit: int) -> Found:
    """The messages that came after one."""
    rows = _downwards(session, conversation, _place() > _at(place), limit + 1)
    return Found(rows[:limit], True, len(rows) > limit, _first_beyond(rows, limit))


def _first_beyond(rows: Sequence[Any], limit: int) -> Cursor | None:
    return cursor(rows[limit][0]) if len(rows) > limit else None


def around(session: Session, conversation: Conversation, place: Cursor, limit: int) -> Found:
    """One message among those before and after it."""
    half = limit // 2
    above = _upwards(session, conversation, _place() <= _at(place), limit - half + 1)
    below = after(session, conversation, place, half)
    shown = [*above[: limit - half][::-1], *below.shown]
    return Found(shown, len(above) > limit - half, below.newer, below.next)


def between(session: Session, conversation: Conversation, span: Span, limit: int) -> Found:
    """The messages of a span as they are now; of one without an end, the oldest `limit`."""
    most = MOST_BETWEEN if span.end else limit
    rows = _downwards(session, conversation, _in(span), most + 1)
    following = _first_beyond(rows, most) or span.end
    return Found(rows[:most], span.start is not None, following is not None, following)


def first_unread(session: Session, conversation: Conversation, count: int) -> Message | None:
    """The oldest of the customer's last `count` messages."""
    if not count:
        return None
    newest = (each.desc() for each in _oldest_first())
    query = (
        select(Message)
        .where(
            col(Message.conversation_id) == conversation.id,
            col(Message.direction) == Direction.IN,
        )
        .order_by(*newest)
        .offset(count - 1)
        .limit(1)
    )
    return next((message for (message,) in _rows(session, query)), None)


def _upwards(session: Session, conversation: Conversation, part: Any, limit: int) -> Sequence[Any]:
    query = _messages(conversation).order_by(*(each.desc() for each in _oldest_first()))
    return _rows(session, (query if part is None else query.where(part)).limit(limit))


def _downwards(
    session: Session, conversation: Conversation, part: Any, limit: int
) -> Sequence[Any]:
    query = _messages(conversation).where(part).order_by(*_oldest_first())
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


def _in(span: Span) -> Any:
    ends = [_place() >= _at(span.start)] if span.start else []
    return and_(true(), *ends, *([_place() < _at(span.end)] if span.end else []))


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


def mentioned(session: Session, found: Found) -> dict[int, list[str]]:
    """How the notes of a page may name the colleagues they mention, by the note's id."""
    notes = [row[0].id for row in found.shown if row[0].direction is Direction.NOTE]
    if not notes:
        return {}
    query = (
        select(col(Mention.message_id), col(User.name), col(User.email))
        .join(User, col(User.id) == Mention.user_id)
        .where(col(Mention.message_id).in_(notes))
    )
    named: dict[int, list[str]] = {}
    for note, name, email in _rows(session, query):
        handles = [name, labels.first_name(name), email.partition("@")[0]]
        named.setdefault(note, []).extend(f"@{handle}" for handle in handles if handle)
    return named


def version(session: Session, conversation: Conversation, span: Span) -> str:
    """A mark of all that can change about the messages of a span."""
    query = _within(
        select(
            col(Message.id),
            col(Message.status),
            col(Message.edited_at),
            col(Message.deleted_at),
            cast(col(Message.reactions), Text),
            _again(),
            col(Media.state),
        ).select_from(Message),
        conversation,
    ).where(_in(span))
    rows = _rows(session, query.order_by(*_oldest_first()).limit(MOST_BETWEEN))
    return sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()


def _again() -> Any:
    """When a failed one was sent once more."""
    content: Any = col(Message.content)
    return content["again"]["at"].as_string()
