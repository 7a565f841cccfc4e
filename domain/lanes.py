"""How much waits in each lane, and for how long, read from the tables that are its queues.

A unit waits once a worker could take it: what is being worked, or is due later, does not count.
The conditions stand as text, as the partial indexes have them: neither database uses such an index
for a value that is bound later.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, or_, select, text

from domain import assistant, media, outbox
from illumichat_app.clock import now
from illumichat_app.jobs import Lane
from models import Conversation, Media, Message, WebhookEvent

MOST_COUNTED = 100_000  # a longer queue is no other news, and counting it would cost


@dataclass(frozen=True, slots=True)
class Backlog:
    """The units of a lane that wait for a worker."""

    waiting: int
    since: datetime | None  # when the oldest of them could have been taken


def backlogs(session: Session) -> dict[Lane, Backlog]:
    """Of every lane that has a table of work; upkeep has none."""
    return {
        "inbound": Backlog(_deliveries(session), _oldest_delivery(session)),
        "replies": Backlog(_conversations(session), _past(assistant.next_due(session))),
        "outbox": Backlog(_messages(session), _past(outbox.next_due(session))),
        "media": Backlog(_files(session), _past(media.next_due(session))),
    }


def _deliveries(session: Session) -> int:
    return counted(session, select(WebhookEvent.id).where(text("webhook_event.state = 'stored'")))


def _oldest_delivery(session: Session) -> datetime | None:
    return session.exec(
        select(WebhookEvent.created_at)
        .where(text("webhook_event.state = 'stored'"))
        .order_by(col(WebhookEvent.id))
        .limit(1)
    ).first()


def _conversations(session: Session) -> int:
    lease, moment = col(Conversation.reply_lease_until), now()
    return counted(
        session,
        select(Conversation.id).where(
            assistant.ASKED,
            col(Conversation.reply_due_at) <= moment,
            or_(lease.is_(None), lease <= moment),
        ),
    )


def _messages(session: Session) -> int:
    return counted(
        session,
        select(Message.id).where(
            col(Message.status).in_(outbox.ON_ITS_WAY),
            text("message.status = 'queued'"),
            col(Message.next_attempt_at) <= now(),
        ),
    )


def _files(session: Session) -> int:
    lease, moment = col(Media.lease_until), now()
    return counted(
        session,
        select(Media.id).where(
            text("media.state = 'pending'"),
            col(Media.next_attempt_at) <= moment,
            or_(lease.is_(None), lease <= moment),
        ),
    )


def counted(session: Session, which: Any, most: int = MOST_COUNTED) -> int:
    """How many rows a query finds, at most `most`."""
    return session.exec(select(func.count()).select_from(which.limit(most).subquery())).one()


def _past(due: datetime | None) -> datetime | None:
    return due if due is not None and due <= now() else None
