"""What calls for a person on every page of the product: the unread number, and what just came."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Literal

from sqlalchemy import bindparam, func, literal, select, union_all
from sqlmodel import Session, col

from domain import inbox_filters
from domain.access import Actor
from domain.asking import ASKER, asked_by
from domain.unread import unread_column
from illumichat_app.clock import now
from models import Conversation, Mention, State

Kind = Literal["human", "mine", "mention"]

MOST_LOOKED_AT = 300  # of each state: the badge must not read the whole list
MOST_SHOWN = 99
MOST_ALERTS = 10
FRESH = timedelta(minutes=15)


@dataclass(frozen=True)
class Alert:
    """Something that just came; `key` is another one when it comes again."""

    key: str = ""
    kind: Kind = "human"
    conversation: int = 0
    title: str = ""


@dataclass(frozen=True)
class News:
    unread: int
    alerts: list[Alert]

    @property
    def shown(self) -> str:
        """The number as a badge has room for it; empty for none."""
        if self.unread > MOST_SHOWN:
            return f"{MOST_SHOWN}+"
        return str(self.unread) if self.unread else ""


def news(session: Session, actor: Actor) -> News:
    """How many of the newest conversations are unread to this person, and what just came."""
    return News(_unread(session, actor), _alerts(session, actor))


def _unread(session: Any, actor: Actor) -> int:
    return session.exec(_counting(), params=asked_by(actor)).one()[0]


@cache
def _counting() -> Any:
    newest = [
        branch.add_columns(unread_column(ASKER).label("unread")).subquery()
        for branch in inbox_filters.newest("open", MOST_LOOKED_AT)
    ]
    found = union_all(*(select(each) for each in newest)).subquery()
    kept = select(found.c.id).where(found.c.unread > 0).limit(MOST_SHOWN + 1).subquery()
    return select(func.count()).select_from(kept)


def _alerts(session: Any, actor: Actor) -> list[Alert]:
    values = asked_by(actor, since=now() - FRESH)
    rows = session.exec(_alerting(), params=values).all()
    return [
        Alert(f"{kind}:{number}:{turn}", kind, number, title) for kind, number, turn, title in rows
    ]


@cache
def _alerting() -> Any:
    """Those that ask for a person, those of this person's own, and notes that name them."""
    parts = [_waiting(), _written_to(), _named()]
    return union_all(*(select(part.subquery()) for part in parts))


def _waiting() -> Any:
    return _fresh("human", literal(0), col(Conversation.state) == State.NEEDS_HUMAN)


def _written_to() -> Any:
    mine = col(Conversation.claimed_by) == ASKER.user_id
    return _fresh("mine", col(Conversation.inbound_count), mine, unread_column(ASKER) > 0)


def _fresh(kind: Kind, turn: Any, *narrower: Any) -> Any:
    return (
        select(literal(kind), col(Conversation.id), turn, col(Conversation.title))
        .where(
            col(Conversation.workspace_id) == ASKER.workspace_id,
            col(Conversation.last_at) > bindparam("since"),
            *narrower,
        )
        .order_by(col(Conversation.last_at).desc(), col(Conversation.id).desc())
        .limit(MOST_ALERTS)
    )


def _named() -> Any:
    return (
        select(literal("mention"), col(Conversation.id), col(Mention.id), col(Conversation.title))
        .join(Conversation, col(Conversation.id) == Mention.conversation_id)
        .where(*inbox_filters.unread_mentions(), col(Mention.created_at) > bindparam("since"))
        .order_by(col(Mention.id).desc())
        .limit(MOST_ALERTS)
    )
