"""The webhook log: what Meta delivered to a workspace, what was refused, and what came of it.

A delivery has no workspace of its own; `EventOwner` says whom it concerns, and of one that also
concerns others only the own part is read. Pages go by key, newest first, never by offset.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import case, func, or_, select, text
from sqlmodel import Session, col

from domain import access, accounts, event_owners, event_parts, labels, refusals, webhook_words
from domain.access import Actor
from domain.event_owners import Number
from domain.event_parts import Part
from illumichat_app.clock import now
from models import EventOwner, EventState, WebhookEvent

Show = Literal["all", "rejected", "duplicate", "failed", "unknown"]
SHOWN: tuple[Show, ...] = ("all", "rejected", "duplicate", "failed", "unknown")

PAGE = 50
MOST_COUNTED = 1000
# Whether Meta repeated an item stands in the outcome, which no index covers: one page looks at
# this many deliveries and says so.
MOST_LOOKED_AT = 20_000
# A list of 50 deliveries of 3 MB would be 150 MB; a larger one is read when it is opened.
LARGEST_LISTED = 128 * 1024


class Cursor(NamedTuple):
    """Where a page ends: its oldest delivery, and when that came."""

    event_id: int
    at: datetime


@dataclass(frozen=True)
class Row:
    id: int
    key: str
    at: str
    day: str
    kinds: str
    number: str
    verdict: str
    tone: str
    came: str
    copies: int = 1
    advice: str = ""


@dataclass(frozen=True)
class LogPage:
    rows: list[Row]
    older: Cursor | None
    looked_at: int = 0  # how many deliveries were looked at, when not all of them could be


@dataclass(frozen=True)
class Counts:
    """In words, because each count stops at 1,000."""

    all: str = ""
    rejected: str = ""
    duplicate: str = ""
    failed: str = ""
    unknown: str = ""


def page(
    session: Session, actor: Actor, show: Show = "all", before: Cursor | None = None
) -> LogPage:
    """One page of the log, below a cursor. Admins only."""
    access.require_admin(actor)
    zone = labels.zone(accounts.profile(session, actor)[1].time_zone)
    numbers = event_owners.own_numbers(session, actor.workspace_id)
    refused = [_refused(one, zone) for one in refusals.of(numbers)]
    if show == "rejected":
        return LogPage([row for _, row in refused], None)
    found, older, looked_at = _found(session, actor, show, before)
    rows = [
        (event.created_at, _row(event, verdict, zone))
        for event in found
        if show in (verdict := _verdict(event, numbers)).shown
    ]
    if show == "all":
        rows += [pair for pair in refused if _within(pair[0], before, older)]
        rows.sort(key=lambda pair: pair[0], reverse=True)
    return LogPage([row for _, row in rows], older, looked_at)


def _within(at: datetime, before: Cursor | None, older: Cursor | None) -> bool:
    return (before is None or at < before.at) and (older is None or at >= older.at)


def counts(session: Session, actor: Actor) -> Counts:
    """How many there are of each, up to 1,000. Admins only."""
    access.require_admin(actor)
    numbers = event_owners.own_numbers(session, actor.workspace_id)
    refused = len(refusals.of(numbers))
    found = {show: _count(session, actor, show) for show in SHOWN if show != "rejected"}
    return Counts(rejected=webhook_words.bounded(refused, MOST_COUNTED), **found)


def _count(session: Session, actor: Actor, show: Show) -> str:
    if show in ("duplicate", "failed"):  # another company's part may be the one: look closely
        first = page(session, actor, show)
        if first.older is None or first.looked_at:
            return f"{len(first.rows)}{'+' if first.looked_at else ''}"
    ids = _wanted(actor, show, None, MOST_LOOKED_AT).with_only_columns(col(WebhookEvent.id))
    limited = ids.limit(MOST_COUNTED + 1).subquery()
    number = session.scalar(select(func.count()).select_from(limited)) or 0
    return webhook_words.bounded(int(number), MOST_COUNTED)


# ---- reading


def _found(
    session: Session, actor: Actor, show: Show, before: Cursor | None
) -> tuple[Sequence[Any], Cursor | None, int]:
    """The rows of a page, where it ends, and how many were looked at if that was a bound."""
    wanted = _wanted(actor, show, before, MOST_LOOKED_AT).limit(PAGE + 1)
    found = _all(session, wanted)
    if len(found) > PAGE:
        last = found[PAGE - 1]
        return found[:PAGE], Cursor(last.id, last.created_at), 0
    if show != "duplicate":
        return found, None, 0
    end = _window_end(session, actor, before)
    return found, end, MOST_LOOKED_AT if end else 0


def _all(session: Any, query: Any) -> list[Any]:
    return list(session.exec(query).all())


def _wanted(actor: Actor, show: Show, before: Cursor | None, window: int) -> Any:
    """The deliveries to show. The conditions stand as text, as the partial indexes have them:
    neither database uses such an index for a value that is bound later."""
    owned = EventOwner.workspace_id == actor.workspace_id
    if show == "duplicate":
        return _repeated(actor, before, window)
    # The order names the table whose index should lead.
    key = col(WebhookEvent.id) if show == "failed" else col(EventOwner.event_id)
    query = _select().join(EventOwner, col(EventOwner.event_id) == col(WebhookEvent.id))
    query = query.where(owned).order_by(key.desc())
    if show == "failed":
        query = query.where(text("webhook_event.state = 'failed'"))
    elif show == "unknown":
        query = query.where(text("event_owner.unknown"))
    if before is None:
        return query
    # Both keys: a merge of the two indexes would else walk one of them from its very end.
    return query.where(
        col(WebhookEvent.id) < before.event_id, col(EventOwner.event_id) < before.event_id
    )


def _repeated(actor: Actor, before: Cursor | None, window: int) -> Any:
    """Deliveries that came again, and those of which an item had come before."""
    newest = _owned(actor, before).limit(window).subquery()
    again = col(WebhookEvent.outcome)["duplicate"].as_integer().is_not(None)
    return (
        _select(newest.c.unknown)
        .join(newest, newest.c.event_id == col(WebhookEvent.id))
        .where(or_(col(WebhookEvent.copies) > 1, again))
        .order_by(newest.c.event_id.desc())
    )


def _owned(actor: Actor, before: Cursor | None) -> Any:
    query = select(col(EventOwner.event_id), col(EventOwner.unknown)).where(
        col(EventOwner.workspace_id) == actor.workspace_id
    )
    if before:
        query = query.where(col(EventOwner.event_id) < before.event_id)
    return query.order_by(col(EventOwner.event_id).desc())


def _window_end(session: Session, actor: Actor, before: Cursor | None) -> Cursor | None:
    window = _owned(actor, before).limit(MOST_LOOKED_AT).subquery()
    ((number, event_id),) = _all(session, select(func.count(), func.min(window.c.event_id)))
    if number < MOST_LOOKED_AT:
        return None
    at = session.scalar(select(col(WebhookEvent.created_at)).where(WebhookEvent.id == event_id))
    return Cursor(event_id, at or now())


def _select(unknown: Any = None) -> Any:
    octets = func.length(col(WebhookEvent.body))
    shown: list[Any] = [
        col(WebhookEvent.id),
        col(WebhookEvent.created_at),
        col(WebhookEvent.copies),
        col(WebhookEvent.state),
        col(WebhookEvent.outcome),
        octets.label("octets"),
        case((octets <= LARGEST_LISTED, col(WebhookEvent.body))).label("body"),
        (col(EventOwner.unknown) if unknown is None else unknown).label("unknown"),
    ]
    return select(*shown).select_from(WebhookEvent)


# ---- in words


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a workspace is told of a delivery, and the filters it is found under."""

    name: str
    tone: str
    shown: frozenset[str]
    came: list[str]
    kinds: str = ""
    number: str = ""


def _verdict(event: Any, numbers: Sequence[Number]) -> Verdict:
    mine = event_parts.part(event.body, numbers) if event.body else None
    return verdict(event, mine, numbers)


def verdict(event: Any, mine: Part | None, numbers: Sequence[Number]) -> Verdict:
    """Judge a delivery by the workspace's own part of it; None for one too large for a list."""
    bad = put_aside(event.outcome, mine)
    # A large one is not read here, so it cannot be said whose item was put aside.
    failed = bool(bad) or (mine is None and event.state is EventState.FAILED)
    whole = mine is not None and mine.whole
    again = event.copies > 1 or (whole and "duplicate" in event.outcome)
    shown = {"all"}
    shown |= {
        name for name, yes in zip(("failed", "duplicate"), (failed, again), strict=True) if yes
    }
    name, tone = _name(event, failed=failed, again=again)
    plain = Verdict(name, tone, frozenset(shown | ({"unknown"} if event.unknown else set())), [])
    return replace(plain, came=_came(event, mine, len(bad)), **_subject(event, mine, numbers))


def put_aside(outcome: dict[str, Any], mine: Part | None) -> list[dict[str, str]]:
    """The quarantined items of a workspace's part."""
    items: list[dict[str, str]] = outcome.get("quarantined", [])
    return [item for item in items if mine is not None and mine.holds(item.get("path"))]


def _name(event: Any, *, failed: bool, again: bool) -> tuple[str, str]:
    if event.state is EventState.STORED:
        return "Waiting", "amber"
    if failed:
        return "Failed", "red"
    if event.unknown:
        return "Unknown", "blue"
    return ("Duplicate", "gray") if again else ("Accepted", "jade")


def _came(event: Any, mine: Part | None, bad: int) -> list[str]:
    if event.state is EventState.STORED:
        return ["In the queue"]
    words = [webhook_words.put_aside(bad)] if bad else []
    if mine is None:
        return [*words, "Large: open it to see"]
    if not mine.whole:
        return [*words, "Also concerns other companies, so it is not counted"]
    return [*words, *webhook_words.came_of(event.outcome)] or ["Nothing to do"]


def _subject(event: Any, mine: Part | None, numbers: Sequence[Number]) -> dict[str, str]:
    if mine is None:
        return {"kinds": f"Large delivery, {webhook_words.size(event.octets)}"}
    theirs = {
        number.display for update in mine.items for number in event_parts.concerned(numbers, update)
    }
    gone = "Your number was moved away" if not mine.items else "Delivery"
    return {
        "kinds": webhook_words.kinds(mine.items) or gone,
        "number": next(iter(theirs)) if len(theirs) == 1 else f"{len(theirs) or 'no'} numbers",
    }


def _row(event: Any, found: Verdict, zone: Any) -> Row:
    return Row(
        id=event.id,
        key=f"e{event.id}",
        at=f"{event.created_at.astimezone(zone):%H:%M:%S}",
        day=labels.day_name(
            event.created_at.astimezone(zone).date(), now().astimezone(zone).date()
        ),
        kinds=found.kinds,
        number=found.number,
        verdict=found.name,
        tone=found.tone,
        came=", ".join(found.came),
        copies=event.copies,
    )


def _refused(one: refusals.Refusal, zone: Any) -> tuple[datetime, Row]:
    local, today = one.at.astimezone(zone), now().astimezone(zone).date()
    row = Row(
        id=0,
        key=f"r{one.at.isoformat()}{one.size}",
        at=f"{local:%H:%M:%S}",
        day=labels.day_name(local.date(), today),
        kinds=f"Refused, {webhook_words.size(one.size)}",
        number=one.number,
        verdict="Rejected",
        tone="red",
        came=one.reason,
        advice=one.advice,
    )
    return one.at, row
