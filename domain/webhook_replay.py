"""Putting deliveries back in the queue, by an admin and only those of the own workspace.

Applying one twice changes nothing. That is true as long as its numbers are where they were: a
number may have moved to another company since, which must not be sent our customers' old words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, text
from sqlmodel import Session, col, func, select

from domain import access, accounts, audit, event_owners, labels, webhook_delivery
from domain.access import Actor
from illumichat_app import jobs, nudges
from illumichat_app.errors import Conflict, Invalid
from models import AuditAction, EventOwner, EventState, WebhookEvent

STEP = 200
MOST = 50_000
# Deliveries that several requests store at once are numbered a moment out of order.
SLACK = timedelta(minutes=5)


@dataclass(frozen=True)
class Range:
    """The own deliveries between two moments: how many, and the keys they lie between."""

    count: int = 0
    first: int = 0
    last: int = 0
    words: str = ""
    begins: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True)
class Step:
    """One step of a replay: where it ended, and how many went back and how many could not."""

    last: int
    queued: int
    left_out: int


def one(session: Session, actor: Actor, event_id: int) -> None:
    """Put one delivery back in the queue. Admins only.

    Raises NotFound, and Conflict when it waits already or its number has moved away.
    """
    event, _ = webhook_delivery.own(session, actor, event_id)
    if event.state is EventState.STORED:
        raise Conflict("This delivery is in the queue already.")
    if not _again(session, [event]):
        raise Conflict(
            "This delivery names a number that belongs to another company now, so it cannot be "
            "applied again."
        )
    audit.note(session, actor, AuditAction.EVENTS_REPLAYED, f"Delivery {event.id}")
    nudges.after(session, actor.workspace_id)


def between(session: Session, actor: Actor, begins: str, ends: str) -> Range:
    """What a replay of this time would take; both are local times of the workspace, as a browser's
    field writes them. Admins only. Raises Invalid."""
    access.require_admin(actor)
    zone = labels.zone(accounts.profile(session, actor)[1].time_zone)
    first, last = _moment(begins, zone), _moment(ends, zone)
    if first >= last:
        raise Invalid("The end must be after the beginning.")
    low, high = _key_at(session, first - SLACK), _key_at(session, last + SLACK)
    words = f"{_words(first, zone)} to {_words(last, zone)}"
    found = Range(0, low, high, words, first, last)
    ids = _own_ids(actor, found, low - 1).limit(MOST + 1).subquery()
    count = session.exec(select(func.count()).select_from(ids)).one()
    if count > MOST:
        raise Invalid(f"These are more than {MOST:,} deliveries. Choose a shorter time.")
    return Range(count, low, high, words, first, last)


def _words(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %Y %H:%M}"


def _moment(given: str, zone: ZoneInfo) -> datetime:
    try:
        # Without its zone a time would be read in the server's.
        moment = datetime.fromisoformat(given[:19]).replace(tzinfo=zone)
    except ValueError:
        moment = None
    if moment is None or not 2000 < moment.year < 3000:
        raise Invalid("Choose a day and a time for both ends.")
    return moment


def note_start(session: Session, actor: Actor, wanted: Range) -> None:
    """Who replays what, before the first step: a replay that breaks off was still begun."""
    access.require_admin(actor)
    many = "1 delivery" if wanted.count == 1 else f"{wanted.count:,} deliveries"
    audit.note(session, actor, AuditAction.EVENTS_REPLAYED, many, wanted.words)


def step(session: Session, actor: Actor, wanted: Range, after: int) -> Step:
    """Put the next own deliveries of the range back in the queue. Admins only."""
    access.require_admin(actor)
    events = session.exec(
        select(WebhookEvent)
        .where(col(WebhookEvent.id).in_(_own_ids(actor, wanted, after).limit(STEP)))
        .order_by(col(WebhookEvent.id))
    ).all()
    if not events:
        return Step(after, 0, 0)
    queued = _again(session, events)
    return Step(events[-1].id, queued, len(events) - queued)


def waiting(session: Session, actor: Actor, first: int, last: int) -> bool:
    """Whether any of these deliveries has not been applied yet. Admins only."""
    access.require_admin(actor)
    return (
        session.exec(
            select(WebhookEvent.id)
            .join(EventOwner, col(EventOwner.event_id) == WebhookEvent.id)
            .where(
                text("webhook_event.state = 'stored'"),
                EventOwner.workspace_id == actor.workspace_id,
                col(EventOwner.event_id).between(first, last),
                col(WebhookEvent.id).between(first, last),
            )
            .limit(1)
        ).first()
        is not None
    )


def _again(session: Session, events: Sequence[WebhookEvent]) -> int:
    """Put back those that reach nobody they did not reach before; returns how many."""
    known: dict[int, set[int]] = {}
    ids = [event.id for event in events]
    rows = session.exec(
        select(EventOwner.event_id, EventOwner.workspace_id).where(
            col(EventOwner.event_id).in_(ids)
        )
    )
    for event_id, workspace_id in rows:
        known.setdefault(event_id, set()).add(workspace_id)
    reached = event_owners.of_deliveries(session, events)
    same = [event for event in events if reached[event.id] <= known[event.id]]
    for event in same:
        event.state = EventState.STORED
    jobs.wake_after(session, "inbound")
    return len(same)


def _own_ids(actor: Actor, wanted: Range, after: int):  # noqa: ANN202  SQLModel's own long type
    return (
        select(WebhookEvent.id)
        .join(EventOwner, col(EventOwner.event_id) == WebhookEvent.id)
        .where(
            EventOwner.workspace_id == actor.workspace_id,
            # Both keys, as in the log: each index is entered at its own end.
            col(EventOwner.event_id).between(after + 1, wanted.last),
            col(WebhookEvent.id).between(after + 1, wanted.last),
            *_within(wanted),
        )
        .order_by(col(EventOwner.event_id))
    )


def _within(wanted: Range) -> list[ColumnElement[bool]]:
    at = col(WebhookEvent.created_at)
    return [at >= wanted.begins, at <= wanted.ends]


def _key_at(session: Session, moment: datetime) -> int:
    """The key of the last delivery stored by then. Keys grow with time, so it is found by halving:
    no index of the times is needed."""
    low, high = 0, session.exec(select(func.max(WebhookEvent.id))).one() or 0
    while low < high:
        middle = (low + high + 1) // 2
        stored = session.exec(
            select(WebhookEvent.id, WebhookEvent.created_at)
            .where(col(WebhookEvent.id) <= middle)
            .order_by(col(WebhookEvent.id).desc())
            .limit(1)
        ).first()
        if stored is None or stored[1] <= moment:
            low = middle
        else:
            high = stored[0] - 1
    return low
