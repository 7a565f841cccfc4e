"""What calls for a person on every page of the product: the unread number, and what just came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Literal

from sqlalchemy import bindparam, func, literal, select, union_all
from sqlmodel import Session, col

from domain import inbox_filters, mentions, unread
from domain.access import Actor
from domain.asking import EACH, MEMBER, among, asked_of
from illumichat_app.clock import now
from models import Conversation, Mention, State

Kind = Literal["human", "mine", "mention"]

MOST_LOOKED_AT = 300  # of each state: the badge must not read the whole list
MOST_SHOWN = 99
MOST_ALERTS = 10
FRESH = timedelta(minutes=15)
EVERYBODY = 0


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
    return news_of(session, [actor])[actor.user_id]


def news_of(session: Session, people: Sequence[Actor]) -> dict[int, News]:
    """The same for several people of one company, by their ids and in as many statements."""
    numbers, alerts = _unread(session, people), _alerts(session, people)
    return {
        who.user_id: News(
            numbers.get(who.user_id, 0), alerts[EVERYBODY] + alerts.get(who.user_id, [])
        )
        for who in people
    }


def _unread(session: Any, people: Sequence[Actor]) -> dict[int, int]:
    rows = session.exec(_counting(), params=asked_of(people)).all()
    return {person: min(number, MOST_SHOWN + 1) for person, number in rows}


@cache
def _counting() -> Any:
    return unread.counting(inbox_filters.newest("open", MOST_LOOKED_AT))


def _alerts(session: Any, people: Sequence[Actor]) -> dict[int, list[Alert]]:
    told: dict[int, list[Alert]] = {EVERYBODY: []}
    rows = session.exec(_alerting(), params=asked_of(people, since=now() - FRESH)).all()
    for kind, person, number, turn, title in rows:
        alert = Alert(f"{kind}:{number}:{turn}", kind, number, title)
        told.setdefault(person, []).append(alert)
    return told


@cache
def _alerting() -> Any:
    """Those that ask for a person, those of each one's own, and notes that name them."""
    return union_all(*(select(part.subquery()) for part in (_waiting(), _written_to(), _named())))


def _waiting() -> Any:
    waits = _fresh("human", literal(EVERYBODY), literal(0))
    newest = (col(Conversation.last_at).desc(), col(Conversation.id).desc())
    asks = col(Conversation.state) == State.NEEDS_HUMAN
    return waits.where(asks, *_lately()).order_by(*newest).limit(MOST_ALERTS)


def _written_to() -> Any:
    written = _fresh("mine", EACH.user_id, col(Conversation.inbound_count))
    unseen = unread.unread_column(EACH) > 0
    return _newest_of_each(
        written.join(MEMBER, col(MEMBER.user_id) == Conversation.claimed_by).where(
            *among(), unseen, *_lately()
        ),
        (col(Conversation.last_at), col(Conversation.id)),
    )


def _named() -> Any:
    return _newest_of_each(
        _fresh("mention", EACH.user_id, col(Mention.id))
        .join(Mention, col(Mention.conversation_id) == Conversation.id)
        .join(MEMBER, col(MEMBER.user_id) == Mention.user_id)
        .where(
            *among(),
            *mentions.unread_by(EACH),
            col(Mention.created_at) > bindparam("since"),
        ),
        (col(Mention.id),),
    )


def _fresh(kind: Kind, person: Any, turn: Any) -> Any:
    told: dict[str, Any] = {
        "kind": literal(kind),
        "person": person,
        "number": col(Conversation.id),
        "turn": turn,
        "title": col(Conversation.title),
    }
    return select(*(column.label(name) for name, column in told.items())).select_from(Conversation)


def _lately() -> tuple[Any, Any]:
    here = col(Conversation.workspace_id) == EACH.workspace_id
    return here, col(Conversation.last_at) > bindparam("since")


def _newest_of_each(found: Any, place: tuple[Any, ...]) -> Any:
    person: Any = EACH.user_id
    order = [column.desc() for column in place]
    rank = func.row_number().over(partition_by=person, order_by=order).label("rank")
    ranked = found.add_columns(rank).subquery()
    told = [column for column in ranked.c if column.name != "rank"]
    return select(*told).where(ranked.c.rank <= MOST_ALERTS).order_by(ranked.c.rank)
