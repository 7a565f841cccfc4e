"""The conversations behind the figures: the newest ones, and those of a day."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, union_all
from sqlmodel import Session, col

from domain import access, inbox_rows, labels
from domain.access import Actor
from domain.analytics import Place
from domain.analytics_words import count
from illumichat_app.clock import now
from illumichat_app.errors import Invalid
from models import Conversation, ConversationDay, State, User

NEWEST = 8
PAGE = 50


@dataclass(frozen=True)
class Talk:
    """A conversation, and the way to it."""

    id: int = 0
    title: str = ""
    line: str = ""
    who: str = ""
    tone: str = ""
    time: str = ""
    href: str = ""


@dataclass(frozen=True)
class DayPage:
    """A page of a day's conversations; `next` is the key of the one after it."""

    name: str
    rows: list[Talk]
    next: int | None


def recent(session: Session, actor: Actor, where: Place) -> list[Talk]:
    """The conversations with the newest messages. Admins only."""
    access.require_admin(actor)
    keys = union_all(*_newest(actor, where)).subquery() if where.channels else None
    if keys is None:
        return []
    newest = (
        select(Conversation, col(User.name))
        .outerjoin(User, col(User.id) == Conversation.claimed_by)
        .where(col(Conversation.id).in_(select(keys.c.id)))
        .order_by(col(Conversation.last_at).desc(), col(Conversation.id).desc())
        .limit(NEWEST)
    )
    return [
        _talk(actor, where, conversation, holder, conversation.last_preview)
        for conversation, holder in _rows(session, newest)
    ]


def _newest(actor: Actor, where: Place) -> list[Any]:
    """The newest of each state, and of each channel unless all are meant: each an index's end."""
    channels = [None] if where.whole else where.channels
    found: list[Any] = []
    for state in State:
        for channel in channels:
            query = select(col(Conversation.id)).where(
                col(Conversation.workspace_id) == actor.workspace_id,
                col(Conversation.state) == state,
            )
            if channel is not None:
                query = query.where(col(Conversation.channel_id) == channel)
            ordered = query.order_by(col(Conversation.last_at).desc(), col(Conversation.id).desc())
            found.append(select(ordered.limit(NEWEST).subquery().c.id))
    return found


def of_day(
    session: Session, actor: Actor, where: Place, day: str, after: int | None = None
) -> DayPage:
    """The conversations in which somebody wrote on that day. Raises NotAllowed, Invalid."""
    access.require_admin(actor)
    chosen = _day(day, where)
    key = col(ConversationDay.conversation_id)
    query = (
        select(ConversationDay, Conversation, col(User.name))
        .join(Conversation, col(Conversation.id) == key)
        .outerjoin(User, col(User.id) == Conversation.claimed_by)
        .where(
            col(ConversationDay.workspace_id) == actor.workspace_id,
            col(ConversationDay.channel_id).in_(where.channels),
            col(ConversationDay.day) == chosen,
            col(ConversationDay.inbound) + col(ConversationDay.outbound) > 0,
        )
        .order_by(key.desc())
        .limit(PAGE + 1)
    )
    rows = _rows(session, query if after is None else query.where(key < after))
    shown = [
        _talk(actor, where, conversation, holder, _in_and_out(did))
        for did, conversation, holder in rows[:PAGE]
    ]
    more = shown[-1].id if len(rows) > PAGE else None
    return DayPage(f"{chosen:%A} {chosen.day} {chosen:%B}", shown, more)


def _day(words: str, where: Place) -> date:
    try:
        day = date.fromisoformat(words)
    except ValueError:
        raise Invalid("Choose a day of the chart.") from None
    if not where.period.first <= day <= where.period.last:
        raise Invalid("This day is not in the period. Choose one of the chart.")
    return day


def _rows(session: Any, query: Any) -> list[Any]:
    return list(session.exec(query).all())


def _in_and_out(did: ConversationDay) -> str:
    return f"{count(did.inbound)} in · {count(did.outbound)} out"


def _talk(
    actor: Actor, where: Place, conversation: Conversation, holder: str | None, line: str
) -> Talk:
    who, tone = inbox_rows.who_answers(actor, conversation, holder)
    view = "closed" if conversation.state is State.CLOSED else "open"
    zone = labels.zone(where.time_zone)
    moment: datetime = now()
    return Talk(
        id=conversation.id,
        title=conversation.title or "WhatsApp user",
        line=line,
        who=who,
        tone=tone,
        time=labels.list_time(conversation.last_at, moment, zone),
        href=f"/inbox/{view}/{conversation.id}/",
    )
