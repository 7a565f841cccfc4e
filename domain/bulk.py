"""The same change to many chosen conversations, in one transaction: all are found, or none change.

The rows are locked in the order of their numbers, as a batch of deliveries locks them, so that two
of these never wait for each other.
"""

from collections import Counter
from collections.abc import Sequence

from sqlmodel import Session, col, select

from domain import conversations, unread
from domain.access import Actor
from illumichat_app.errors import Invalid, NotFound
from models import Conversation, State

MOST = 200


def close(session: Session, actor: Actor, ids: Sequence[int]) -> str:
    """Close them. Returns e.g. "12 closed, 3 were closed already". Raises Invalid, NotFound."""
    told: Counter[str] = Counter()
    for row in _chosen(session, actor, ids):
        if row.state is State.CLOSED:
            told["already"] += 1
        else:
            conversations.closed_by(session, row, actor)
            told["closed"] += 1
    return _sentence(told, closed="closed", already="closed already")


def claim(session: Session, actor: Actor, ids: Sequence[int]) -> str:
    """Claim those that nobody has; the others are counted. Raises Invalid, NotFound."""
    told: Counter[str] = Counter()
    for row in _chosen(session, actor, ids):
        if row.claimed_by is not None:
            told["mine" if row.claimed_by == actor.user_id else "theirs"] += 1
        elif row.state is State.CLOSED:
            told["shut"] += 1
        else:
            conversations.claimed_for(session, row, actor)
            told["claimed"] += 1
    return _sentence(
        told,
        claimed="claimed",
        mine="yours already",
        theirs="claimed by a colleague",
        shut="closed",
    )


def mark_read(session: Session, actor: Actor, ids: Sequence[int]) -> str:
    """Read for this person. Raises Invalid, NotFound."""
    rows = _chosen(session, actor, ids)
    news = unread.read_by(session, actor, rows)
    told = Counter(read=news, already=len(rows) - news)
    return _sentence(told, read="marked as read", already="read already")


def _chosen(session: Session, actor: Actor, ids: Sequence[int]) -> Sequence[Conversation]:
    if not all(type(number) is int and 0 < number < 2**63 for number in ids):
        raise NotFound
    wanted = set(ids)
    if not 0 < len(wanted) <= MOST:
        raise Invalid(f"Choose between 1 and {MOST} conversations at a time.")
    rows = session.exec(
        select(Conversation)
        .where(Conversation.workspace_id == actor.workspace_id, col(Conversation.id).in_(wanted))
        .order_by(col(Conversation.id))
        .with_for_update()
    ).all()
    if len(rows) != len(wanted):
        raise NotFound("One of these conversations is not here any more. Nothing was changed.")
    return rows


def _sentence(told: Counter[str], **words: str) -> str:
    """The first word tells what was done, the others why it was not."""
    done, *rest = words
    left = [
        f"{number} {'was' if number == 1 else 'were'} {words[name]}"
        for name in rest
        if (number := told[name])
    ]
    return ", ".join([f"{told[done]} {words[done]}", *left])
