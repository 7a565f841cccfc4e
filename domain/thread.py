"""One conversation as a person reads it: its lines in order, its facts, what the composer may do.

A constant number of queries, however long the page; no table row leaves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from domain import access, channels, composer, labels, thread_lines, thread_rows, unread
from domain.access import Actor
from domain.composer import Composer
from domain.inbox import who_answers, window_left
from domain.thread_lines import Item, Line
from domain.thread_rows import Cursor, Found
from illumichat_app.clock import now
from illumichat_app.errors import NotFound
from models import (
    Assistant,
    AssistantTrace,
    Channel,
    Contact,
    Conversation,
    CustomerIdentity,
    Direction,
    State,
    User,
    WhatsAppConnection,
    Workspace,
)

PAGE = 50


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
    newer: Cursor | None  # None: this page reaches the end of the conversation
    unread: int
    unread_from: int | None  # the first message this person has not read
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
    unread: int


def thread(
    session: Session,
    actor: Actor,
    conversation_id: int,
    before: Cursor | None = None,
    limit: int = PAGE,
    unread_from: int | None = None,
    after: Cursor | None = None,
) -> ThreadPage:
    """The newest lines, those before a cursor, or those after one; a page is never empty between.

    `unread_from` keeps the divider in its place. Raises NotFound if the conversation is missing
    or foreign.
    """
    facts = _facts(session, actor, conversation_id)
    if after:
        found = thread_rows.after(session, facts.conversation, after, limit)
    else:
        found = thread_rows.before(session, facts.conversation, before, limit)
    return _page(session, actor, facts, found, unread_from)


def around(
    session: Session,
    actor: Actor,
    conversation_id: int,
    message_id: int,
    limit: int = PAGE,
    unread_from: int | None = None,
) -> ThreadPage:
    """The lines before and after one message, which is among them.

    Raises NotFound if the conversation or the message is missing or foreign.
    """
    facts = _facts(session, actor, conversation_id)
    message = access.message(session, actor, message_id)
    if message.conversation_id != facts.conversation.id:
        raise NotFound
    here = thread_rows.cursor(message)
    found = thread_rows.around(session, facts.conversation, here, limit)
    return _page(session, actor, facts, found, unread_from)


def version(
    session: Session, actor: Actor, conversation_id: int, oldest: Cursor, newest: Cursor
) -> str:
    """A mark of the messages from one to another; it changes when one of them does.

    Lets a reader who scrolled up keep the pages above: they are read again only when their mark
    changed. Raises NotFound.
    """
    facts = _facts(session, actor, conversation_id)
    return thread_rows.version(session, facts.conversation, oldest, newest)


def _page(
    session: Session, actor: Actor, facts: _Facts, found: Found, unread_from: int | None
) -> ThreadPage:
    shown, tz = found.shown, labels.zone(facts.workspace.time_zone)
    if unread_from is None and not found.newer:
        unread_from = _first_unread(facts.unread, shown)
    lines = _lines(session, facts, found)
    return ThreadPage(
        items=thread_lines.with_separators(lines, unread_from, now(), tz),
        header=_header(actor, facts),
        composer=_composer(actor, facts, tz),
        details=_details(session, facts, tz),
        older=thread_rows.cursor(shown[0][0]) if shown and found.older else None,
        newer=thread_rows.cursor(shown[-1][0]) if shown and found.newer else None,
        unread=facts.unread,
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
            unread.unread_column(actor),
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
        .options(*channels.sealed())
    )
    rows = _rows(session, query)
    if not rows:
        raise NotFound
    return _Facts(*rows[0])


def _lines(session: Session, facts: _Facts, found: Found) -> list[Line]:
    tz = labels.zone(facts.workspace.time_zone)
    quotes = thread_rows.quotes(session, facts.conversation, found)
    said = [
        thread_lines.message_line(message, media, name, facts.assistant.name, quotes, tz)
        for message, media, name in found.shown
    ]
    happened = [
        thread_lines.event_line(event, name, tz)
        for event, name in thread_rows.events(session, facts.conversation, found)
    ]
    shut = thread_lines.window_line(facts.conversation, now(), None)
    here = [line for line in shut if found.holds(line.place[0])]
    return sorted(said + happened + here, key=lambda line: line.place)


def _first_unread(count: int, shown: Sequence[Any]) -> int | None:
    if not count:
        return None
    inbound = [row[0].id for row in shown if row[0].direction is Direction.IN]
    return next(iter(inbound[-count:]), None)


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
        actor,
        facts.conversation,
        facts.channel,
        facts.connection,
        facts.holder,
        now(),
        tz,
        only_claimer=facts.workspace.only_claimer_replies,
    )


def _details(session: Session, facts: _Facts, tz: ZoneInfo) -> Details:
    conversation = facts.conversation
    return Details(
        since=f"Customer since {conversation.created_at.astimezone(tz):%b %Y}",
        facts=_contact_facts(facts),
        who_sentence=composer.who_sentence(
            conversation,
            facts.holder,
            facts.assistant.name,
            now(),
            tz,
            channel_ai=facts.channel.ai_replies,
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
