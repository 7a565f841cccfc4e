"""Stored deliveries, applied in arrival order: together where they can be, else one by one.

One transaction takes about a second of them; each item stands in a savepoint of its own as soon as
one of them is poison.
"""

import json
import logging
import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlmodel import Session, col, select, update

from domain import ahead, delivery_log, event_owners, inbound, rollup
from illumichat_app import db, jobs
from illumichat_app.clock import now
from integrations.whatsapp import updates
from models import EventState, WebhookEvent

_log = logging.getLogger(__name__)

# One delivery may hold 1,000 items. While they are applied nobody else writes to SQLite, and agents
# wait for the conversations that were touched.
LONGEST_SECONDS = 1.0

_STORED = (
    select(WebhookEvent.id, WebhookEvent.signed_by, WebhookEvent.body)
    .where(WebhookEvent.state == EventState.STORED)
    .order_by(col(WebhookEvent.id))
)


class Parsed(NamedTuple):
    """A stored event and what it says."""

    id: int
    delivery: inbound.Delivery
    items: list[updates.Update]


def drain(session: Session, limit: int = 200) -> int:
    """Apply the oldest waiting events, in arrival order, for about a second; returns how many."""
    ends = time.monotonic() + LONGEST_SECONDS
    done = 0
    for together in _batches(session, session.exec(_STORED.limit(limit)).all()):
        if not _apply_together(session, together):
            for event in together:
                event.delivery.outcome.clear()
                for item in event.items:
                    _apply_alone(event.delivery, item)
        _processed(session, together)
        event_owners.note(
            session, [(one.id, one.delivery.signed_by, one.items) for one in together]
        )
        delivery_log.note(session, [(one.id, one.items, one.delivery.outcome) for one in together])
        done += len(together)
        if time.monotonic() > ends:
            break
    return done


MOST_TOGETHER = 500


def _batches(session: Session, events: Sequence[tuple[int, str, bytes]]) -> Iterator[list[Parsed]]:
    """Events in order, some 500 items at a time."""
    batch: list[Parsed] = []
    items = 0
    for number, signed_by, body in events:
        delivery = inbound.Delivery(session, signed_by)
        batch.append(Parsed(number, delivery, updates.parse(body)))
        items += len(batch[-1].items)
        if items >= MOST_TOGETHER:
            yield batch
            batch, items = [], 0
    if batch:
        yield batch


def _apply_together(session: Session, batch: list[Parsed]) -> bool:
    """All events as one set: some ten queries instead of ten for each item. False if one of them is
    poison: then nothing was changed, and they are to be applied one by one."""
    try:
        with rollup.undone_on_error(session), session.begin_nested():
            ahead.read(session, [item for event in batch for item in event.items])
            for event in batch:
                for item in event.items:
                    event.delivery.count(inbound.apply(event.delivery, item))
            ahead.finish(session)
    except Exception as problem:
        ahead.stop(session)
        if db.is_passing(problem):
            raise
        _log.info("%s events are applied one by one: %s", len(batch), type(problem).__name__)
        return False
    return True


def _apply_alone(delivery: inbound.Delivery, item: updates.Update) -> None:
    """In a savepoint: a poison item is put aside and its siblings go on."""
    try:
        with rollup.undone_on_error(delivery.session), delivery.session.begin_nested():
            what = inbound.apply(delivery, item)
            delivery.session.flush()
        delivery.count(what)
    except Exception as problem:
        if db.is_passing(problem):
            raise  # the item is good: the whole transaction goes again
        _log.exception("quarantined %s", item.path)
        delivery.quarantine(item.path, type(problem).__name__)


def _processed(session: Session, batch: list[Parsed]) -> None:
    """Say so of all events; most of them have the same outcome. Applied again, nothing changes."""
    alike: dict[str, list[int]] = {}
    for event in batch:
        alike.setdefault(json.dumps(event.delivery.outcome), []).append(event.id)
    for told, numbers in alike.items():
        outcome: dict[str, Any] = json.loads(told)
        state = EventState.FAILED if "quarantined" in outcome else EventState.PROCESSED
        session.exec(
            update(WebhookEvent)
            .where(col(WebhookEvent.id).in_(numbers))
            .values(state=state, outcome=outcome, processed_at=now())
            .execution_options(synchronize_session=False)
        )


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
