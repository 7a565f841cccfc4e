"""Stored deliveries, applied in arrival order: together where they can be, else one by one.

One transaction takes about a second of them; each item stands in a savepoint of its own as soon as
one of them is poison.
"""

import logging
import time
from collections.abc import Iterator, Sequence

from sqlmodel import Session, col, select

from domain import ahead, event_owners, inbound, rollup
from illumichat_app import db, jobs
from illumichat_app.clock import now
from integrations.whatsapp import updates
from models import EventState, WebhookEvent

_log = logging.getLogger(__name__)

# One delivery may hold 1,000 items. While they are applied nobody else writes to SQLite, and agents
# wait for the conversations that were touched.
LONGEST_SECONDS = 1.0


def drain(session: Session, limit: int = 200) -> int:
    """Apply the oldest waiting events, in arrival order, for about a second; returns how many."""
    ends = time.monotonic() + LONGEST_SECONDS
    events = session.exec(
        select(WebhookEvent)
        .where(WebhookEvent.state == EventState.STORED)
        .order_by(col(WebhookEvent.id))
        .limit(limit)
    ).all()
    done = 0
    for together in _batches(events):
        if not _apply_together(session, together):
            for event, items in together:
                _apply_event(session, event, items)
        event_owners.note(session, together)
        done += len(together)
        if time.monotonic() > ends:
            break
    return done


# An event and what it says.
Parsed = tuple[WebhookEvent, list[updates.Update]]

MOST_TOGETHER = 500


def _batches(events: Sequence[WebhookEvent]) -> Iterator[list[Parsed]]:
    """Events in order, some 500 items at a time."""
    batch: list[Parsed] = []
    items = 0
    for event in events:
        batch.append((event, updates.parse(event.body)))
        items += len(batch[-1][1])
        if items >= MOST_TOGETHER:
            yield batch
            batch, items = [], 0
    if batch:
        yield batch


def _apply_together(session: Session, batch: list[Parsed]) -> bool:
    """All events as one set: some ten queries instead of ten for each item. False if one of them is
    poison: then nothing was changed, and they are to be applied one by one."""
    deliveries = [
        (inbound.Delivery(session, event.signed_by), event, items) for event, items in batch
    ]
    try:
        with rollup.undone_on_error(session), session.begin_nested():
            known = ahead.read(session, [update for _, items in batch for update in items])
            for delivery, _, items in deliveries:
                for update in items:
                    delivery.count(inbound.apply(delivery, update))
            ahead.finish(session, known)
    except Exception as problem:
        ahead.stop(session)
        if db.is_passing(problem):
            raise
        _log.info("%s events are applied one by one: %s", len(batch), type(problem).__name__)
        return False
    for delivery, event, _ in deliveries:
        _processed(event, delivery)
    return True


def waiting(session: Session) -> bool:
    """Whether a stored event has not been applied."""
    stored = select(WebhookEvent.id).where(WebhookEvent.state == EventState.STORED).limit(1)
    return session.exec(stored).first() is not None


def replay(session: Session, first: int, last: int) -> int:
    """Put stored events back in the queue; returns how many."""
    events = session.exec(
        select(WebhookEvent).where(WebhookEvent.id >= first, WebhookEvent.id <= last)
    ).all()
    for event in events:
        event.state = EventState.STORED
    jobs.wake_after(session, "inbound")
    return len(events)


def _apply_event(session: Session, event: WebhookEvent, items: list[updates.Update]) -> None:
    """Apply every item of an event; running it again changes nothing more."""
    delivery = inbound.Delivery(session, event.signed_by)
    for update in items:
        _apply_alone(delivery, update)
    _processed(event, delivery)


def _processed(event: WebhookEvent, delivery: inbound.Delivery) -> None:
    bad = "quarantined" in delivery.outcome
    event.state = EventState.FAILED if bad else EventState.PROCESSED
    event.outcome, event.processed_at = delivery.outcome, now()


def _apply_alone(delivery: inbound.Delivery, update: updates.Update) -> None:
    """In a savepoint: a poison item is put aside and its siblings go on."""
    try:
        with rollup.undone_on_error(delivery.session), delivery.session.begin_nested():
            what = inbound.apply(delivery, update)
            delivery.session.flush()
        delivery.count(what)
    except Exception as problem:
        if db.is_passing(problem):
            raise  # the item is good: the whole transaction goes again
        _log.exception("quarantined %s", update.path)
        delivery.quarantine(update.path, type(problem).__name__)
