"""The line that an applied delivery leaves in the log, so that its way can be followed.

Its id is the one its arrival was logged under. `messages` are short names of the customer's
messages, which the assistant's line repeats; `attempts` are those of our sends that it reports on.
"""

import logging
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from illumichat_app import db, log, metrics
from integrations.whatsapp import updates
from models import WebhookEvent

MOST_NAMED = 20  # one delivery may hold 1,000 items
LONGEST_KEY = 64  # of an attempt: what Meta sends back is anybody's words

_log = logging.getLogger(__name__)

# An event's number, what it says, and what came of it.
Applied = tuple[int, Sequence[updates.Update], dict[str, Any]]


def note(session: Session, applied: Sequence[Applied]) -> None:
    """Count these deliveries and log them, once they are committed."""
    numbers = [number for number, _, _ in applied]
    named = session.exec(
        select(WebhookEvent.id, WebhookEvent.digest).where(col(WebhookEvent.id).in_(numbers))
    )
    ids = {number: log.id_of_delivery(digest) for number, digest in named}
    db.once_committed(session, lambda: _tell(applied, ids))


def _tell(applied: Sequence[Applied], ids: dict[int, str]) -> None:
    for number, items, outcome in applied:
        bad = "quarantined" in outcome
        metrics.applied("failed" if bad else "processed")
        fields = {"correlation_id": ids.get(number, ""), "event_id": number, **_named(items)}
        _log.info("delivery applied: %s", _in_words(outcome), extra=fields)


def _in_words(outcome: dict[str, Any]) -> str:
    counts = outcome | {"quarantined": len(outcome.get("quarantined", []))}
    return (
        ", ".join(f"{number} {name}" for name, number in counts.items() if number)
        or "nothing to do"
    )


def _named(items: Sequence[updates.Update]) -> dict[str, list[str]]:
    messages: list[str] = []
    attempts: list[str] = []
    for item in items[:MOST_NAMED]:
        key, wamid = getattr(item, "callback_data", None), getattr(item, "wamid", None)
        if key:
            attempts.append(str(key)[:LONGEST_KEY])
        elif wamid:
            messages.append(log.short_name(wamid))
    named = {"messages": messages, "attempts": attempts}
    return {name: found for name, found in named.items() if found}
