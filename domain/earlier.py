"""What was before: the closed episodes of a conversation, and its contact's other conversations.

A customer has one conversation on a channel (docs/decisions/0001), so what people call an earlier
conversation is the stretch from one opening to the next closing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.sql import func
from sqlmodel import Session, col

from domain import inbox_rows, labels
from domain.access import Actor
from domain.assistants import number
from illumichat_app.clock import now
from illumichat_app.errors import NotFound
from models import Channel, Conversation, ConversationEvent, Direction, Message, State, User
from models import Workspace as Place

MOST = 20
MOST_EVENTS = 400
MOST_COUNTED = 1_000

_CLOSED = "closed"
# Whoever did one of these looked after the customer.
_HANDLED = ("claimed", "taken_over", "reopened")


@dataclass(frozen=True)
class Past:
    """One line of the list; a click leads to `conversation`, at `message` if it has one."""

    key: str = ""
    when: str = ""
    title: str = ""
    detail: str = ""
    conversation: int = 0
    message: int = 0


@dataclass
class _Episode:
    began: datetime
    opened_by: str  # empty: the customer
    ended: datetime  # as it began, until it closes
    since: datetime | None = None  # the closing before, if there was one
    closed_by: str = ""
    handled_by: list[str] = field(default_factory=list[str])


def of(session: Session, actor: Actor, conversation_id: int) -> list[Past]:
    """At most 20, the newest first, by three queries. Raises NotFound."""
    conversation, tz = _conversation(session, actor, conversation_id)
    events = _events(session, conversation)
    episodes = list(_episodes(conversation, events))[-MOST:]
    counted = _counted(session, conversation, episodes)
    lines = [
        (each.ended, _past(conversation, each, *numbers, tz))
        for each, numbers in zip(episodes, counted, strict=True)
    ]
    lines += _elsewhere(session, actor, conversation, tz)
    newest = sorted(lines, key=lambda line: line[0], reverse=True)
    return [past for _, past in newest[:MOST]]


# ---- rows


def _rows(session: Any, query: Any) -> list[Any]:
    return list(session.exec(query).all())


def _conversation(
    session: Session, actor: Actor, conversation_id: int
) -> tuple[Conversation, ZoneInfo]:
    rows = _rows(
        session,
        select(Conversation, col(Place.time_zone))
        .join(Place, col(Place.id) == Conversation.workspace_id)
        .where(
            col(Conversation.id) == number(conversation_id),
            col(Conversation.workspace_id) == actor.workspace_id,
        ),
    )
    if not rows:
        raise NotFound
    return rows[0][0], labels.zone(rows[0][1])


def _events(session: Session, conversation: Conversation) -> list[Any]:
    """The newest that open, close or say who handles it, in order."""
    event: Any = ConversationEvent
    query = (
        select(ConversationEvent, col(User.name))
        .outerjoin(User, col(User.id) == ConversationEvent.user_id)
        .where(
            col(event.conversation_id) == conversation.id,
            or_(
                col(event.kind).in_((_CLOSED, "written_again", *_HANDLED)),
                event.data["from"].as_string() == State.CLOSED.value,
            ),
        )
        .order_by(col(event.created_at).desc(), col(event.id).desc())
        .limit(MOST_EVENTS)
    )
    return _rows(session, query)[::-1]


def _episodes(conversation: Conversation, events: Sequence[Any]) -> Iterable[_Episode]:
    """In order; the first of a long history begins nowhere we know and is left out."""
    whole = len(events) < MOST_EVENTS
    episode = _Episode(conversation.created_at, "", conversation.created_at) if whole else None
    closed: datetime | None = None
    for event, name in events:
        if event.data.get("from") == State.CLOSED:
            episode = _Episode(event.created_at, name or "", event.created_at, closed)
        if episode and event.kind in _HANDLED and name and name not in episode.handled_by:
            episode.handled_by.append(name)
        if event.kind == _CLOSED:
            if episode:
                episode.ended, episode.closed_by = event.created_at, name or ""
                yield episode
            closed, episode = event.created_at, None


def _counted(
    session: Session, conversation: Conversation, episodes: Sequence[_Episode]
) -> list[tuple[int, int]]:
    """How many messages each has and which was the first, in one query."""
    if not episodes:
        return []
    asked = [
        each.scalar_subquery()
        for episode in episodes
        for each in _count_and_first(conversation, episode)
    ]
    (numbers,) = _rows(session, select(*asked))
    return [(numbers[at], numbers[at + 1] or 0) for at in range(0, len(numbers), 2)]


def _count_and_first(conversation: Conversation, episode: _Episode) -> tuple[Any, Any]:
    """By Meta's time since the last closing: what opened it was sent before we heard of it."""
    mine = select(col(Message.id)).where(
        col(Message.conversation_id) == conversation.id,
        col(Message.direction) != Direction.NOTE,
        col(Message.kind) != "reaction",
        col(Message.sent_at) <= episode.ended,
    )
    if episode.since:
        mine = mine.where(col(Message.sent_at) > episode.since)
    some = mine.limit(MOST_COUNTED + 1).subquery()
    first = mine.order_by(col(Message.sent_at), col(Message.id)).limit(1)
    return select(func.count()).select_from(some), first


def _elsewhere(
    session: Session, actor: Actor, conversation: Conversation, tz: ZoneInfo
) -> list[tuple[datetime, Past]]:
    if conversation.contact_id is None:
        return []
    query = (
        select(Conversation, col(Channel.name), col(User.name))
        .join(Channel, col(Channel.id) == Conversation.channel_id)
        .outerjoin(User, col(User.id) == Conversation.claimed_by)
        .where(
            col(Conversation.contact_id) == conversation.contact_id,
            col(Conversation.workspace_id) == actor.workspace_id,
            col(Conversation.id) != conversation.id,
        )
        .order_by(col(Conversation.last_at).desc())
        .limit(MOST)
    )
    return [
        (row.last_at, _other(actor, row, channel, holder, tz))
        for row, channel, holder in _rows(session, query)
    ]


# ---- in words


def _past(
    conversation: Conversation, episode: _Episode, count: int, first: int, tz: ZoneInfo
) -> Past:
    return Past(
        key=f"e{episode.began.isoformat()}",
        when=_span(episode, tz),
        title=f"Opened by {episode.opened_by or 'the customer'}, "
        f"closed by {episode.closed_by or 'somebody'}",
        detail=f"{_messages(count)} · {' and '.join(episode.handled_by) or 'the assistant'}",
        conversation=conversation.id,
        message=first,
    )


def _span(episode: _Episode, tz: ZoneInfo) -> str:
    began, over = _day(episode.began, tz), _day(episode.ended, tz)
    return began if began == over else f"{began} – {over}"


def _day(at: datetime, tz: ZoneInfo) -> str:
    local, today = at.astimezone(tz), now().astimezone(tz)
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local.day} {local:%b}{year}"


def _messages(count: int) -> str:
    if count > MOST_COUNTED:
        return "more than 1 000 messages"
    return f"{count} message{'' if count == 1 else 's'}"


def _other(actor: Actor, row: Conversation, channel: str, holder: str | None, tz: ZoneInfo) -> Past:
    state, _ = inbox_rows.who_answers(actor, row, holder)
    return Past(
        key=f"c{row.id}",
        when=_day(row.last_at, tz),
        title=f"{row.title or 'WhatsApp user'} on {channel}",
        detail=state,
        conversation=row.id,
    )
