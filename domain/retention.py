"""How long messages and deliveries are kept, and deleting what is older, some rows at a time.

Whole days go, in the workspace's time zone, with files, notes and the lines between. What is still
under way stays, and so does a message that may or may not have arrived: a person decides about it.
The counts of analytics stay too: `messages_gone_before` says which days cannot be counted anew.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, delete, exists, select

from domain import access, audit, labels, last_line, outgoing_media, waiting
from domain.access import Actor
from illumichat_app import nudges
from illumichat_app.clock import now
from illumichat_app.config import settings
from illumichat_app.errors import Invalid
from models import (
    AssistantTrace,
    AuditAction,
    Conversation,
    ConversationEvent,
    Direction,
    EventOwner,
    EventState,
    Media,
    MediaState,
    Message,
    MessageStatus,
    WebhookEvent,
    Workspace,
)

FOR_EVER, YEAR = 0, 365
# Longer than what the nightly look at the counts compares, and than Meta repeats itself.
SHORTEST, LONGEST = 30, 3650
NIGHT_FROM = 2  # o'clock, UTC: nothing is deleted before the night after a change
AT_ONCE, TALKS_AT_ONCE = 500, 50
GONE = "Older messages were deleted"
_UNDER_WAY = (MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.UNKNOWN)


# ---- the rule


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule would delete, and when that begins. Times are of the workspace."""

    days: int
    messages: int
    conversations: int
    files: int
    before: str
    begins: str


def in_words(days: int) -> str:
    """for ever, 1 year, 2 years, 90 days."""
    if days == FOR_EVER:
        return "for ever"
    years, rest = divmod(days, YEAR)
    if rest == 0:
        return "1 year" if years == 1 else f"{years} years"
    return f"{days} days"


def read(session: Session, actor: Actor) -> int:
    """Admins only: for how many days messages are kept; 0: for ever. Raises NotAllowed."""
    access.require_admin(actor)
    return session.get_one(Workspace, actor.workspace_id).keep_messages_days


def preview(session: Session, actor: Actor, days: int) -> Preview:
    """Admins only: counts before anything is changed. Raises NotAllowed, Invalid."""
    access.require_admin(actor)
    days, moment = _clean(days), now()
    workspace = session.get_one(Workspace, actor.workspace_id)
    zone, begins = labels.zone(workspace.time_zone), _night_after(moment)
    day, at = _border(workspace, days, begins) if days else (date.min, begins)
    old = (col(Message.workspace_id) == workspace.id, *_may_go(day, at))
    counted = (func.count(), func.count(func.distinct(col(Message.conversation_id))))
    messages, talks = session.exec(select(*counted).where(*old)).one()
    files = session.exec(
        select(func.count())
        .select_from(Media)
        .join(Message, col(Message.id) == Media.message_id)
        .where(Media.path != "", *old)
    ).one()
    before = f"{day.day} {day:%B %Y}" if days else ""
    return Preview(days, messages, talks, files, before, labels.moment(begins, moment, zone))


def save(session: Session, actor: Actor, days: int) -> None:
    """Admins only; a shorter time begins in the coming night. Raises NotAllowed, Invalid."""
    access.require_admin(actor)
    days = _clean(days)
    workspace = session.get_one(Workspace, actor.workspace_id, with_for_update=True)
    before = workspace.keep_messages_days
    if days == before:
        return
    if days and (before == FOR_EVER or days < before):
        workspace.messages_go_from = _night_after(now())
    workspace.keep_messages_days = days
    told = audit.changes({"keeps messages": in_words(before)}, {"keeps messages": in_words(days)})
    audit.note(session, actor, AuditAction.WORKSPACE_CHANGED, workspace.name, told)


def _clean(days: object) -> int:
    if type(days) is not int or not (days == FOR_EVER or SHORTEST <= days <= LONGEST):
        raise Invalid(f"Messages are kept for {SHORTEST} to {LONGEST} days, or for ever.")
    return days


def _night_after(moment: datetime) -> datetime:
    tonight = moment.replace(hour=NIGHT_FROM, minute=0, second=0, microsecond=0)
    return tonight if tonight > moment else tonight + timedelta(days=1)


def _border(workspace: Workspace, days: int, moment: datetime) -> tuple[date, datetime]:
    """The first day that is kept, and when it begins."""
    zone = labels.zone(workspace.time_zone)
    day = moment.astimezone(zone).date() - timedelta(days=days)
    return day, datetime.combine(day, time(), zone)


def _may_go(day: date, at: datetime) -> tuple[Any, ...]:
    """Old by Meta's time and by ours (a phone's history comes late), and nothing is waited for."""
    fetched = select(Media.message_id).where(Media.state == MediaState.PENDING)
    return (
        col(Message.day) < day,
        col(Message.sent_at) < at,
        col(Message.status).not_in(_UNDER_WAY),
        col(Message.id).not_in(fetched),
    )


# ---- deleting messages


def due(session: Session) -> list[int]:
    """The workspaces that do not keep their messages for ever."""
    rule = (col(Workspace.keep_messages_days) > 0, col(Workspace.messages_go_from) <= now())
    return list(session.exec(select(Workspace.id).where(*rule).order_by(col(Workspace.id))))


def delete_messages(session: Session, workspace_id: int, after: int) -> int | None:
    """Delete some old messages of the conversations above `after`.

    Returns the conversation to go on after, None when there are no more.
    """
    workspace = session.get_one(Workspace, workspace_id)
    day, at = _border(workspace, workspace.keep_messages_days, now())
    talks = _talks(session, workspace_id, after, day, at)
    if not talks:
        return None
    among = [talk.id for talk in talks]
    query = select(Message.id).where(col(Message.conversation_id).in_(among), *_may_go(day, at))
    going = list(session.exec(query.order_by(col(Message.id)).limit(AT_ONCE)))
    _mark_gone(session, workspace, day)
    delete_with_files(session, going)
    for table in (AssistantTrace, ConversationEvent):
        old = (col(table.conversation_id).in_(among), col(table.created_at) < at)
        session.exec(delete(table).where(*old))
    for talk in talks:
        _tidy(session, talk, at)
    return among[-1] if len(going) < AT_ONCE else after


def _talks(
    session: Session, workspace_id: int, after: int, day: date, at: datetime
) -> list[Conversation]:
    """Locked before their messages, as everywhere. One that somebody holds is left for later."""
    old = exists().where(col(Message.conversation_id) == Conversation.id, *_may_go(day, at))
    query = (
        select(Conversation)
        .where(
            Conversation.workspace_id == workspace_id,
            col(Conversation.id) > after,
            ~col(Conversation.needs_reply),
            old,
        )
        .order_by(col(Conversation.id))
        .limit(TALKS_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    return list(session.exec(query))


def _mark_gone(session: Session, workspace: Workspace, day: date) -> None:
    """Only further: a rule that became longer brings no message back."""
    if workspace.messages_gone_before is None or workspace.messages_gone_before < day:
        workspace.messages_gone_before = day
        session.flush()


def _tidy(session: Session, talk: Conversation, at: datetime) -> None:
    """What the list shows of a conversation whose newest messages went."""
    if talk.last_at >= at:
        return
    last_line.renew(session, talk)
    talk.last_preview = talk.last_preview or GONE
    unread = select(func.count()).where(
        col(Message.conversation_id) == talk.id, col(Message.direction) == Direction.IN
    )
    talk.unread = min(talk.unread, session.exec(unread).one())
    if talk.unread == 0:
        waiting.over(talk)
    nudges.after(session, talk.workspace_id, talk.id)


def delete_with_files(session: Session, messages: list[int]) -> None:
    """Files first: a row whose file is gone is deleted next time, a file without a row never.

    A file that was sent once more belongs to two messages, and goes with the last one.
    """
    mine = col(Media.message_id).in_(messages)
    paths = set(session.exec(select(Media.path).where(mine, Media.path != "")))
    shared = set(session.exec(select(Media.path).where(~mine, col(Media.path).in_(paths))))
    for path in paths - shared:
        (outgoing_media.folder() / path).unlink(missing_ok=True)
    session.exec(delete(Message).where(col(Message.id).in_(messages)))


def gone_before(session: Session) -> dict[int, date]:
    """By workspace: counts of earlier days stand, their messages may be gone."""
    gone = col(Workspace.messages_gone_before).is_not(None)
    rows = session.exec(select(Workspace).where(gone)).all()
    return {each.id: each.messages_gone_before for each in rows if each.messages_gone_before}


# ---- deleting deliveries


def delete_events(session: Session, after: int) -> int | None:
    """Delete old ones among the next deliveries above `after`; returns as `delete_messages`.

    One that was not applied yet stays.
    """
    if not (days := settings().keep_events_days):
        return None
    query = (
        select(WebhookEvent.id, WebhookEvent.created_at, WebhookEvent.state)
        .where(col(WebhookEvent.id) > after)
        .order_by(col(WebhookEvent.id))
        .limit(AT_ONCE)
    )
    return _delete_events(session, list(session.exec(query)), now() - timedelta(days=days))


def delete_events_of(session: Session, workspace_id: int, after: int) -> int | None:
    """The same for deliveries that speak of a workspace: they are not kept longer than the
    messages in them."""
    workspace = session.get_one(Workspace, workspace_id)
    _, at = _border(workspace, workspace.keep_messages_days, now())
    query = (
        select(WebhookEvent.id, WebhookEvent.created_at, WebhookEvent.state)
        .join(EventOwner, col(EventOwner.event_id) == WebhookEvent.id)
        .where(EventOwner.workspace_id == workspace_id, col(EventOwner.event_id) > after)
        .order_by(col(EventOwner.event_id))
        .limit(AT_ONCE)
    )
    return _delete_events(session, list(session.exec(query)), at)


def _delete_events(session: Session, rows: list[Any], at: datetime) -> int | None:
    """Numbers rise with time, so the first that is young ends the walk."""
    old = [(number, state) for number, created_at, state in rows if created_at < at]
    going = [number for number, state in old if state is not EventState.STORED]
    session.exec(delete(WebhookEvent).where(col(WebhookEvent.id).in_(going)))
    return rows[-1][0] if rows and len(old) == len(rows) else None
