"""Who changed what in a workspace, in words that stay true when the rows are gone.

A line belongs to the transaction of its change: both are there, or neither. What a person did is
kept; what the product noticed by itself is not. Subjects and details never hold a secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlmodel import Session, and_, col, select

from domain import labels
from domain.access import Actor, require_admin
from illumichat_app import clock, nudges
from models import AuditAction, AuditEntry, Membership, User, Workspace

PAGE = 30
EVERYONE, THOSE_WHO_LEFT = 0, -1
Kind = Literal[
    "all", "numbers", "assistants", "people", "workspace", "contacts", "events", "templates"
]

# Each reads on into the subject: “Ana Ruiz connected the number +44 20 7946 0991”.
VERBS = {
    AuditAction.NUMBER_CONNECTED: "connected the number",
    AuditAction.NUMBER_DISCONNECTED: "disconnected the number",
    AuditAction.CHANNEL_CHANGED: "changed the messaging settings of",
    AuditAction.ASSISTANT_CREATED: "created the assistant",
    AuditAction.ASSISTANT_CHANGED: "changed the assistant",
    AuditAction.PASSAGE_SAVED: "saved the passage",
    AuditAction.PASSAGE_DELETED: "deleted the passage",
    AuditAction.MEMBER_INVITED: "invited",
    AuditAction.INVITATION_CANCELLED: "cancelled the invitation of",
    AuditAction.MEMBER_JOINED: "joined with",
    AuditAction.ROLE_CHANGED: "changed the role of",
    AuditAction.MEMBER_REMOVED: "removed",
    AuditAction.WORKSPACE_CHANGED: "changed the workspace",
    AuditAction.EVENTS_REPLAYED: "replayed",
    AuditAction.CONTACTS_IMPORTED: "imported contacts from",
    AuditAction.CONTACTS_MERGED: "merged the contact",
    AuditAction.CONTACT_DELETED: "deleted the contact",
    AuditAction.TEMPLATE_CREATED: "created the template",
    AuditAction.TEMPLATE_CHANGED: "changed the template",
    AuditAction.TEMPLATE_DELETED: "deleted the template",
    AuditAction.TEMPLATES_SYNCED: "synced the templates of",
}
KINDS: dict[Kind, tuple[AuditAction, ...]] = {
    "numbers": (
        AuditAction.NUMBER_CONNECTED,
        AuditAction.NUMBER_DISCONNECTED,
        AuditAction.CHANNEL_CHANGED,
    ),
    "assistants": (
        AuditAction.ASSISTANT_CREATED,
        AuditAction.ASSISTANT_CHANGED,
        AuditAction.PASSAGE_SAVED,
        AuditAction.PASSAGE_DELETED,
    ),
    "people": (
        AuditAction.MEMBER_INVITED,
        AuditAction.INVITATION_CANCELLED,
        AuditAction.MEMBER_JOINED,
        AuditAction.ROLE_CHANGED,
        AuditAction.MEMBER_REMOVED,
    ),
    "workspace": (AuditAction.WORKSPACE_CHANGED,),
    "contacts": (
        AuditAction.CONTACTS_IMPORTED,
        AuditAction.CONTACTS_MERGED,
        AuditAction.CONTACT_DELETED,
    ),
    "events": (AuditAction.EVENTS_REPLAYED,),
    "templates": (
        AuditAction.TEMPLATE_CREATED,
        AuditAction.TEMPLATE_CHANGED,
        AuditAction.TEMPLATE_DELETED,
        AuditAction.TEMPLATES_SYNCED,
    ),
}

_Found = tuple[AuditEntry, str, int | None]  # the workspace's time zone, the membership if any


# ---- writing


def note(
    session: Session, actor: Actor, action: AuditAction, subject: str = "", detail: str = ""
) -> AuditEntry:
    """Write one line: `actor` did `action` to `subject`; `detail` says what exactly, or nothing.

    The subject is a noun that ends the sentence of VERBS.
    """
    line = AuditEntry(
        workspace_id=actor.workspace_id,
        actor_id=actor.user_id,
        actor_name=actor.name,
        action=action,
        subject=subject,
        detail=detail,
    )
    session.add(line)
    nudges.after(session, actor.workspace_id)
    return line


def changes(before: Mapping[str, str], after: Mapping[str, str], besides: str = "") -> str:
    """“Name from “A” to “B”, time zone from …” for what differs, then `besides`; else nothing."""
    told = [
        f"{name} from {before[name]} to {words}"
        for name, words in after.items()
        if words != before[name]
    ]
    sentence = ", ".join([*told, *([besides] if besides else [])])
    return sentence[:1].upper() + sentence[1:]


# ---- reading


@dataclass(frozen=True)
class Line:
    """One change, as the page shows it; `left` says that the person is a member no longer."""

    id: int
    day: str
    at: str
    who: str
    initials: str
    face: int
    left: bool
    did: str
    subject: str
    detail: str


@dataclass(frozen=True)
class Page:
    """`next` is the key of the page below; at `changes_at` a new day begins, and days read anew."""

    lines: list[Line]
    next: int | None = None
    changes_at: datetime | None = None


def page(
    session: Session,
    actor: Actor,
    *,
    person: int = EVERYONE,
    kind: Kind = "all",
    after: int | None = None,
    limit: int = PAGE,
) -> Page:
    """Admins only: the newest lines below the key `after`, in one query. Raises NotAllowed."""
    require_admin(actor)
    # The page's two joins cost a row each; a query of their own would cost a round trip.
    member = and_(
        col(Membership.user_id) == AuditEntry.actor_id,
        col(Membership.workspace_id) == AuditEntry.workspace_id,
    )
    query: Any = (
        select(AuditEntry, Workspace.time_zone, Membership.id)
        .join(Workspace, col(Workspace.id) == AuditEntry.workspace_id)
        .outerjoin(Membership, member)
        .where(AuditEntry.workspace_id == actor.workspace_id, *_which(person, kind, after))
        .order_by(col(AuditEntry.id).desc())
        .limit(limit + 1)
    )
    return _page(_rows(session, query), limit)


def people(session: Session, actor: Actor) -> list[tuple[int, str]]:
    """Admins only: the members to choose from, by name. Raises NotAllowed."""
    require_admin(actor)
    query = (
        select(User.id, User.name)
        .join(Membership, col(Membership.user_id) == User.id)
        .where(Membership.workspace_id == actor.workspace_id)
    )
    return list(session.exec(query.order_by(func.lower(User.name), col(User.id))).all())


def _which(person: int, kind: Kind, after: int | None) -> list[Any]:
    which: list[Any] = []
    if person == THOSE_WHO_LEFT:
        which.append(col(Membership.id).is_(None))
    elif person != EVERYONE:
        which.append(AuditEntry.actor_id == person)
    if kind != "all":
        which.append(col(AuditEntry.action).in_(KINDS[kind]))
    if after is not None:
        which.append(col(AuditEntry.id) < after)
    return which


def _rows(session: Any, query: Any) -> list[_Found]:
    return list(session.exec(query).all())


def _page(rows: list[_Found], limit: int) -> Page:
    if not rows:
        return Page([])
    zone = labels.zone(rows[0][1])
    lines = [_line(entry, membership is None, zone) for entry, _, membership in rows[:limit]]
    return Page(lines, lines[-1].id if len(rows) > limit else None, _midnight(zone))


def _line(entry: AuditEntry, left: bool, zone: ZoneInfo) -> Line:
    today = clock.now().astimezone(zone).date()
    who = entry.actor_name or "Someone who left"
    return Line(
        id=entry.id,
        day=labels.day_name(entry.created_at.astimezone(zone).date(), today),
        at=labels.time_of_day(entry.created_at, zone),
        who=who,
        initials=labels.initials(who),
        face=entry.actor_id or 0,
        left=left,
        did=VERBS[entry.action],
        subject=entry.subject,
        detail=entry.detail,
    )


def _midnight(zone: ZoneInfo) -> datetime:
    tomorrow = clock.now().astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone)
