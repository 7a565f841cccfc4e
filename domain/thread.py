"""One conversation as a person reads it: its lines in order, its facts, what the composer may do.

A constant number of queries, however long the page; no table row leaves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam
from sqlalchemy import select as sa_select
from sqlmodel import Session, col

from domain import (
    access,
    channels,
    composer,
    labels,
    message_lines,
    thread_details,
    thread_lines,
    thread_rows,
    unread,
    window,
)
from domain.access import Actor
from domain.asking import ASKER, asked_by
from domain.composer import Composer
from domain.message_lines import Reader
from domain.thread_details import Details, Facts, Header
from domain.thread_lines import Item, Line
from domain.thread_rows import Cursor, Found, Span
from illumichat_app.clock import now
from illumichat_app.errors import NotFound
from models import (
    Assistant,
    Channel,
    Contact,
    Conversation,
    CustomerIdentity,
    Direction,
    Message,
    User,
    WhatsAppConnection,
    Workspace,
)

PAGE = 50
MOST_AT_THE_END = 75  # a page that grows; more, and the reader pages on


@dataclass(frozen=True)
class ThreadPage:
    items: list[Item]
    header: Header
    composer: Composer
    details: Details
    span: Span
    older: Cursor | None
    newer: Cursor | None  # None: this page reaches the end of the conversation
    newest: int  # the id of its newest message, once it reaches the end
    answering: str  # who is preparing an answer
    unread: int
    unread_from: int | None  # the first message this person has not read
    changes_at: datetime


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

    `unread_from` keeps the divider in its place; with 0 there is none. Raises NotFound if the
    conversation is missing or foreign.
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


def opening(session: Session, actor: Actor, conversation_id: int, limit: int = PAGE) -> ThreadPage:
    """Where a person begins to read: at the first message they have not read, else at the end."""
    facts = _facts(session, actor, conversation_id)
    first = thread_rows.first_unread(session, facts.conversation, facts.unread)
    found = thread_rows.before(session, facts.conversation, None, limit)
    if first and first.id not in {row[0].id for row in found.shown}:
        here = thread_rows.cursor(first)
        found = thread_rows.around(session, facts.conversation, here, limit)
    return _page(session, actor, facts, found, first.id if first else None)


def again(
    session: Session,
    actor: Actor,
    conversation_id: int,
    span: Span,
    unread_from: int | None = None,
) -> ThreadPage:
    """A page that is shown, as it is now; one at the end grows with what comes. Raises NotFound."""
    return again_of(session, [actor], conversation_id, span, unread_from)[actor.user_id]


def again_of(
    session: Session,
    people: Sequence[Actor],
    conversation_id: int,
    span: Span,
    unread_from: int | None = None,
) -> dict[int, ThreadPage]:
    """The same for several people of one company, by their ids and in as many statements."""
    facts = _facts(session, people[0], conversation_id)
    found = thread_rows.between(session, facts.conversation, span, MOST_AT_THE_END)
    beside = _beside(session, facts, found)
    left = unread.numbers_of(session, people, facts.conversation) if len(people) > 1 else {}
    return {
        who.user_id: _told(
            who,
            facts._replace(unread=left.get(who.user_id, facts.unread)),
            found,
            beside,
            unread_from,
        )
        for who in people
    }


def version(session: Session, actor: Actor, conversation_id: int, span: Span) -> str:
    """A mark of the messages of a page; it changes when one of them does.

    Lets a reader who scrolled up keep the page above: it is read again only when its mark
    changed. Raises NotFound.
    """
    facts = _facts(session, actor, conversation_id)
    return thread_rows.version(session, facts.conversation, span)


class _Beside(NamedTuple):
    """What is read beside the messages of a page, and is the same to everybody."""

    quotes: dict[str, Message]
    mentioned: dict[int, list[str]]
    events: Sequence[Any]
    details: Details


def _beside(session: Session, facts: Facts, found: Found) -> _Beside:
    return _Beside(
        thread_rows.quotes(session, facts.conversation, found),
        thread_rows.mentioned(session, found),
        thread_rows.events(session, facts.conversation, found),
        thread_details.details(session, facts, labels.zone(facts.workspace.time_zone)),
    )


def _page(
    session: Session, actor: Actor, facts: Facts, found: Found, unread_from: int | None
) -> ThreadPage:
    return _told(actor, facts, found, _beside(session, facts, found), unread_from)


def _told(
    actor: Actor, facts: Facts, found: Found, beside: _Beside, unread_from: int | None
) -> ThreadPage:
    shown, tz = found.shown, labels.zone(facts.workspace.time_zone)
    if unread_from is None and not found.newer:
        unread_from = _first_unread(facts.unread, shown)
    lines, may = _lines(actor, facts, found, beside), _composer(actor, facts, tz)
    return ThreadPage(
        items=thread_lines.with_separators(lines, unread_from, now(), tz),
        header=thread_details.header(actor, facts),
        composer=may,
        details=beside.details,
        span=found.span,
        older=found.span.start,
        newer=thread_rows.cursor(shown[-1][0]) if shown and found.newer else None,
        newest=0 if found.newer else max((row[0].id for row in shown), default=0),
        answering=_answering(facts, may),
        unread=facts.unread,
        unread_from=unread_from,
        changes_at=thread_details.changes_at(facts.conversation),
    )


# ---- rows


def _facts(session: Session, actor: Actor, conversation_id: int) -> Facts:
    if not 0 < conversation_id < 2**63:
        raise NotFound
    reader: Any = session
    rows = reader.exec(_of_conversation(), params=asked_by(actor, wanted=conversation_id)).all()
    if not rows:
        raise NotFound
    return Facts(*rows[0])


@cache
def _of_conversation() -> Any:
    return (
        sa_select(
            Conversation,
            Workspace,
            Channel,
            WhatsAppConnection,
            CustomerIdentity,
            Contact,
            User,
            Assistant,
            unread.unread_column(ASKER),
        )
        .join(Workspace, col(Workspace.id) == Conversation.workspace_id)
        .join(Channel, col(Channel.id) == Conversation.channel_id)
        .outerjoin(WhatsAppConnection, col(WhatsAppConnection.channel_id) == Channel.id)
        .join(CustomerIdentity, col(CustomerIdentity.id) == Conversation.identity_id)
        .outerjoin(Contact, col(Contact.id) == Conversation.contact_id)
        .outerjoin(User, col(User.id) == Conversation.claimed_by)
        .join(Assistant, col(Assistant.id) == Conversation.assistant_id)
        .where(
            col(Conversation.id) == bindparam("wanted"),
            col(Conversation.workspace_id) == ASKER.workspace_id,
        )
        .options(*channels.sealed())
    )


def _lines(actor: Actor, facts: Facts, found: Found, beside: _Beside) -> list[Line]:
    tz = labels.zone(facts.workspace.time_zone)
    reader = Reader(
        actor,
        facts.assistant.name,
        tz,
        now(),
        window.is_open(facts.conversation, now()),
        beside.quotes,
        beside.mentioned,
    )
    said = [
        message_lines.line(message, media, name, reader) for message, media, name in found.shown
    ]
    happened = [thread_lines.event_line(event, name, tz) for event, name in beside.events]
    shut = thread_lines.window_line(facts.conversation, now(), None)
    here = [line for line in shut if found.holds(line.place[0])]
    return sorted(said + happened + here, key=lambda line: line.place)


def _first_unread(count: int, shown: Sequence[Any]) -> int | None:
    if not count:
        return None
    inbound = [row[0].id for row in shown if row[0].direction is Direction.IN]
    return next(iter(inbound[-count:]), None)


# ---- in words


def _answering(facts: Facts, may: Composer) -> str:
    """Who is about to answer, or nobody."""
    coming = facts.conversation.needs_reply and may.mode == "assistant_answers"
    return facts.assistant.name if coming else ""


def _composer(actor: Actor, facts: Facts, tz: ZoneInfo) -> Composer:
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
