"""One conversation as a person reads it: its lines in order, its facts, what the composer may do.

A constant number of queries, however long the page; no table row leaves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select as sa_select
from sqlalchemy import tuple_
from sqlmodel import Session, col, select

from domain import composer, labels, thread_lines
from domain.access import Actor
from domain.composer import Composer
from domain.inbox import who_answers, window_left
from domain.thread_lines import Item, Line
from illumichat_app.clock import now
from illumichat_app.errors import NotFound
from models import (
    Assistant,
    AssistantTrace,
    Channel,
    Contact,
    Conversation,
    ConversationEvent,
    CustomerIdentity,
    Direction,
    Media,
    Message,
    State,
    User,
    WhatsAppConnection,
    Workspace,
)

PAGE = 50
MOST_EVENTS = 200


class Cursor(NamedTuple):
    """The oldest message that is shown; older pages end before it."""

    sent_at: datetime
    id: int


@dataclass(frozen=True)
class Header:
    id: int = 0
    title: str = ""
    first_name: str = ""
    initials: str = ""
    face: int = 0
    subtitle: str = ""
    window: str = ""
    window_label: str = ""
    window_level: str = ""
    window_percent: int = 0
    state: str = ""
    who: str = ""
    who_tone: str = "gray"
    can_take_over: bool = False
    can_resume: bool = False
    can_close: bool = False
    can_reopen: bool = False


@dataclass(frozen=True)
class Details:
    since: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    who_sentence: str = ""
    window_sentence: str = ""
    trace: str = ""


@dataclass(frozen=True)
class ThreadPage:
    items: list[Item]
    header: Header
    composer: Composer
    details: Details
    older: Cursor | None
    unread: int
    unread_from: int | None  # the first message nobody has read
    changes_at: datetime


class _Facts(NamedTuple):
    conversation: Conversation
    workspace: Workspace
    channel: Channel
    connection: WhatsAppConnection | None
    identity: CustomerIdentity
    contact: Contact | None
    holder: User | None
    assistant: Assistant


def thread(
    session: Session,
    actor: Actor,
    conversation_id: int,
    before: Cursor | None = None,
    limit: int = PAGE,
    unread_from: int | None = None,
) -> ThreadPage:
    """The newest lines, or those before a cursor. `unread_from` keeps the divider in its place.

    Raises NotFound if the conversation is missing or foreign.
    """
    facts = _facts(session, actor, conversation_id)
    found = _messages(session, facts.conversation, before, limit + 1)
    shown = found[:limit][::-1]
    more = Cursor(shown[0][0].sent_at, shown[0][0].id) if len(found) > limit else None
    unread_from = unread_from or _first_unread(facts.conversation, shown)
    lines = _lines(session, facts, shown, before, more)
    tz = labels.zone(facts.workspace.time_zone)
    return ThreadPage(
        items=thread_lines.with_separators(lines, unread_from, now(), tz),
        header=_header(actor, facts),
        composer=_composer(actor, facts, tz),
        details=_details(session, facts, tz),
        older=more,
        unread=facts.conversation.unread,
        unread_from=unread_from,
        changes_at=_changes_at(facts.conversation),
    )


# ---- rows


def _rows(session: Any, query: Any) -> list[Any]:
    return list(session.exec(query).all())


def _facts(session: Session, actor: Actor, conversation_id: int) -> _Facts:
    if not 0 < conversation_id < 2**63:
        raise NotFound
    query = (
        sa_select(
            Conversation,
            Workspace,
            Channel,
            WhatsAppConnection,
            CustomerIdentity,
            Contact,
            User,
            Assistant,
        )
        .join(Workspace, col(Workspace.id) == Conversation.workspace_id)
        .join(Channel, col(Channel.id) == Conversation.channel_id)
        .outerjoin(WhatsAppConnection, col(WhatsAppConnection.channel_id) == Channel.id)
        .join(CustomerIdentity, col(CustomerIdentity.id) == Conversation.identity_id)
        .outerjoin(Contact, col(Contact.id) == Conversation.contact_id)
        .outerjoin(User, col(User.id) == Conversation.claimed_by)
        .join(Assistant, col(Assistant.id) == Conversation.assistant_id)
        .where(
            col(Conversation.id) == conversation_id,
            col(Conversation.workspace_id) == actor.workspace_id,
        )
    )
    rows = _rows(session, query)
    if not rows:
        raise NotFound
    return _Facts(*rows[0])


def _messages(
    session: Session, conversation: Conversation, before: Cursor | None, limit: int
) -> Sequence[Any]:
    place = tuple_(col(Message.sent_at), col(Message.id))
    query = (
        sa_select(Message, Media, col(User.name))
        .outerjoin(Media, col(Media.message_id) == Message.id)
        .outerjoin(User, col(User.id) == Message.user_id)
        .where(col(Message.conversation_id) == conversation.id)
        .order_by(col(Message.sent_at).desc(), col(Message.id).desc())
        .limit(limit)
    )
    if before:
        query = query.where(place < tuple_(before.sent_at, before.id))
    return _rows(session, query)


def _lines(
    session: Session,
    facts: _Facts,
    shown: Sequence[Any],
    before: Cursor | None,
    more: Cursor | None,
) -> list[Line]:
    tz = labels.zone(facts.workspace.time_zone)
    quotes = _quotes(session, facts.conversation, [row[0] for row in shown])
    said = [
        thread_lines.message_line(message, media, name, facts.assistant.name, quotes, tz)
        for message, media, name in shown
    ]
    happened = [
        thread_lines.event_line(event, name)
        for event, name in _events(session, facts.conversation, before, more)
    ]
    shut = [] if before else thread_lines.window_line(facts.conversation, now(), more)
    return sorted(said + happened + shut, key=lambda line: line.place)


def _quotes(
    session: Session, conversation: Conversation, shown: list[Message]
) -> dict[str, Message]:
    """The messages that are answered, also when they stand on an older page."""
    near = {message.wamid: message for message in shown if message.wamid}
    far = {message.reply_to for message in shown if message.reply_to} - near.keys()
    if not far:
        return near
    rows = session.exec(
        select(Message).where(
            Message.conversation_id == conversation.id, col(Message.wamid).in_(far)
        )
    ).all()
    return near | {row.wamid: row for row in rows if row.wamid}


def _events(
    session: Session, conversation: Conversation, before: Cursor | None, more: Cursor | None
) -> Sequence[Any]:
    """What happened between the oldest line of this page and its end."""
    query = (
        sa_select(ConversationEvent, col(User.name))
        .outerjoin(User, col(User.id) == ConversationEvent.user_id)
        .where(col(ConversationEvent.conversation_id) == conversation.id)
        .order_by(col(ConversationEvent.created_at).desc(), col(ConversationEvent.id).desc())
        .limit(MOST_EVENTS)
    )
    if before:
        query = query.where(col(ConversationEvent.created_at) < before.sent_at)
    if more:
        query = query.where(col(ConversationEvent.created_at) >= more.sent_at)
    return _rows(session, query)


def _first_unread(conversation: Conversation, shown: Sequence[Any]) -> int | None:
    if not conversation.unread:
        return None
    inbound = [row[0].id for row in shown if row[0].direction is Direction.IN]
    return next(iter(inbound[-conversation.unread :]), None)


# ---- in words


def _header(actor: Actor, facts: _Facts) -> Header:
    conversation, moment = facts.conversation, now()
    state = conversation.state
    level, label, percent = window_left(conversation, moment)
    title = conversation.title or facts.identity.title
    who, tone = who_answers(actor, conversation, facts.holder.name if facts.holder else None)
    by_other = state is State.HUMAN and conversation.claimed_by not in (None, actor.user_id)
    return Header(
        id=conversation.id,
        title=title,
        first_name=labels.first_name(title),
        initials=labels.initials(title),
        face=conversation.identity_id,
        subtitle=f"{_reached_at(facts)} · {facts.channel.name} on WhatsApp",
        window=label,
        window_label=f"{label} left" if percent else "Window closed",
        window_level=level,
        window_percent=percent,
        state=state.value,
        who="Human" if state is State.HUMAN and not by_other else who,
        who_tone=tone,
        can_take_over=state in (State.ASSISTANT, State.NEEDS_HUMAN)
        or (state is State.HUMAN and conversation.claimed_by is None),
        can_resume=state in (State.NEEDS_HUMAN, State.HUMAN),
        can_close=state is not State.CLOSED,
        can_reopen=state is State.CLOSED,
    )


def _reached_at(facts: _Facts) -> str:
    identity = facts.identity
    if identity.wa_id:
        return labels.phone(identity.wa_id)
    return f"@{identity.username}" if identity.username else "Number hidden"


def _composer(actor: Actor, facts: _Facts, tz: ZoneInfo) -> Composer:
    return composer.of(
        actor, facts.conversation, facts.channel, facts.connection, facts.holder, now(), tz
    )


def _details(session: Session, facts: _Facts, tz: ZoneInfo) -> Details:
    conversation = facts.conversation
    return Details(
        since=f"Customer since {conversation.created_at.astimezone(tz):%b %Y}",
        facts=_contact_facts(facts),
        who_sentence=composer.who_sentence(
            conversation, facts.holder, facts.assistant.name, now(), tz
        ),
        window_sentence=composer.window_sentence(conversation, now(), tz),
        trace=_last_trace(session, conversation),
    )


def _contact_facts(facts: _Facts) -> list[tuple[str, str]]:
    identity, contact = facts.identity, facts.contact
    known = [
        ("Phone", labels.phone(identity.wa_id) or "Hidden by the customer"),
        ("Username", f"@{identity.username}" if identity.username else ""),
        ("Contact", (contact.name or "Matched ✓") if contact else "Not matched"),
        ("E-mail", (contact.email or "") if contact else ""),
        ("Channel", facts.channel.name),
        ("Claimed by", facts.holder.name if facts.holder else "Nobody"),
    ]
    return [(name, value) for name, value in known if value]


def _last_trace(session: Session, conversation: Conversation) -> str:
    trace = session.exec(
        select(AssistantTrace)
        .where(AssistantTrace.conversation_id == conversation.id)
        .order_by(col(AssistantTrace.id).desc())
        .limit(1)
    ).first()
    return thread_lines.trace_words(trace) if trace else ""


def _changes_at(conversation: Conversation) -> datetime:
    """When the countdown shows its next minute, or the window or the pause ends."""
    moment = now()
    candidates = [moment + labels.MINUTE]
    if (ends := conversation.window_ends_at) and ends > moment:
        candidates.append(moment + (ends - moment) % labels.MINUTE)
        candidates.append(ends)
    if (resumes := conversation.ai_resumes_at) and resumes > moment:
        candidates.append(resumes)
    return min(at for at in candidates if at > moment)
