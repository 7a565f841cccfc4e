"""The contacts of a workspace as a person reads them: a page of the list, one contact in full."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, func, select, tuple_, union_all
from sqlmodel import Session, col

from domain import contacts, inbox_rows, labels, window
from domain.access import Actor
from domain.assistants import number, storable
from illumichat_app.clock import now
from illumichat_app.errors import NotFound
from models import Channel, Contact, Conversation, CustomerIdentity, User, Workspace

PAGE = 50
LONGEST_SEARCH = 80
SHORTEST_NUMBER = 3  # digits: fewer are found in nearly every number
MOST_CONVERSATIONS = 20


class Cursor(NamedTuple):
    """Where a page ended: the next one starts below it, also among equal names."""

    sort_name: str
    id: int


@dataclass(frozen=True)
class ContactRow:
    """A contact in the list."""

    id: int = 0
    title: str = ""
    initials: str = ""
    phone: str = ""
    email: str = ""
    conversations: int = 0
    seen: str = ""  # when the customer last wrote or called; empty for never
    seen_iso: str = ""


@dataclass(frozen=True)
class ContactPage:
    rows: list[ContactRow]
    next: Cursor | None


@dataclass(frozen=True)
class Talk:
    """A conversation of a contact."""

    id: int
    title: str
    channel: str
    state: str
    tone: str
    time: str


@dataclass(frozen=True)
class ContactDetail:
    """One contact; the phone number as people write it."""

    id: int = 0
    title: str = ""
    initials: str = ""
    name: str = ""
    phone: str = ""
    email: str = ""
    talks: list[Talk] = field(default_factory=list[Talk])


def page(
    session: Session, actor: Actor, search: str = "", after: Cursor | None = None, limit: int = PAGE
) -> ContactPage:
    """A page in the order of names, by one query; a search looks at names, numbers, e-mails."""
    words = storable(search).strip()[:LONGEST_SEARCH]
    keys = _found(actor, words, after, limit + 1) if words else _keys(actor, after, limit + 1)
    rows = _rows(session, _with_talks(keys))
    shown = rows[:limit]
    last = shown[-1][0] if len(rows) > limit else None
    return ContactPage(
        rows=[_row(*row) for row in shown],
        next=Cursor(last.sort_name, last.id) if last else None,
    )


def total(session: Session, actor: Actor) -> int:
    """How many contacts the workspace has."""
    query = select(func.count(col(Contact.id)))
    return _rows(session, query.where(col(Contact.workspace_id) == actor.workspace_id))[0][0]


def detail(session: Session, actor: Actor, contact_id: int) -> ContactDetail:
    """One contact and its conversations, the newest first. Raises NotFound."""
    contact = find(session, actor, contact_id)
    title = title_of(contact)
    return ContactDetail(
        id=contact.id,
        title=title,
        initials=labels.initials(title),
        name=contact.name,
        phone=labels.phone(contact.phone),
        email=contact.email or "",
        talks=_conversations(session, actor, contact),
    )


def find(session: Session, actor: Actor, contact_id: int) -> Contact:
    """The contact. Raises NotFound if it is missing or foreign."""
    row = session.get(Contact, number(contact_id))
    if row is None or row.workspace_id != actor.workspace_id:
        raise NotFound("This contact is not here any more. Somebody may have merged or deleted it.")
    return row


def title_of(contact: Contact) -> str:
    """What to call a contact, which may have no name."""
    return contact.name or labels.phone(contact.phone) or contact.email or "No name"


# ---- the query


def _rows(session: Any, query: Any) -> list[Any]:
    return list(session.exec(query).all())


def _keys(actor: Actor, after: Cursor | None, limit: int, *found: Any, walk: bool = True) -> Any:
    """The ids of a page; `walk` goes down the index of names until the page is full."""
    # SQLite would walk it for every order by the bare name, and look each row up besides.
    name: Any = col(Contact.sort_name) if walk else func.coalesce(col(Contact.sort_name), "")
    query = select(col(Contact.id)).where(col(Contact.workspace_id) == actor.workspace_id, *found)
    if after:
        query = query.where(tuple_(name, col(Contact.id)) > after)
    return query.order_by(name, col(Contact.id)).limit(limit)


def _found(actor: Actor, words: str, after: Cursor | None, limit: int) -> Any:
    """One branch for each way to be found, because each has its own best plan."""
    name, email = col(Contact.sort_name), col(Contact.email)
    named = [name.contains(word, autoescape=True) for word in contacts.sort_name(words).split()]
    branches = [
        _keys(actor, after, limit, *named),
        _keys(actor, after, limit, email.contains(words.lower(), autoescape=True), walk=False),
        *[_keys(actor, after, limit, numbered, walk=False) for numbered in _by_number(words)],
    ]
    # SQLite takes ORDER BY and LIMIT inside a UNION only in a subquery.
    every = union_all(*[select(branch.subquery().c.id) for branch in branches]).subquery()
    merged = select(col(Contact.id)).where(col(Contact.id).in_(select(every.c.id)))
    return merged.order_by(name, col(Contact.id)).limit(limit)


def _by_number(words: str) -> list[Any]:
    """A number as people write it: +34 612…, 0034 612…, 612-55…, (0)612…"""
    digits = "".join(each for each in words if each.isdecimal())
    international = words.lstrip(" (").startswith(("+", "00"))
    digits = digits.removeprefix("00") if international else digits.lstrip("0")
    if len(digits) < SHORTEST_NUMBER or any(each.isalpha() for each in words):
        return []
    phone = col(Contact.phone)
    # A range is a walk down an index where LIKE is not.
    begins = and_(phone >= digits, phone < f"{digits}:")
    whole = phone.in_(contacts.forms(digits))
    return [whole, begins if international else phone.contains(digits, autoescape=True)]


def _with_talks(keys: Any) -> Any:
    """The rows, on how many conversations each is, and when the customer's window ends."""
    of_contact = col(Conversation.contact_id) == Contact.id
    talks = select(func.count(col(Conversation.id))).where(of_contact).correlate(Contact)
    # It follows the customer's last message or call by 24 hours.
    ends = select(func.max(col(Conversation.window_ends_at))).where(of_contact).correlate(Contact)
    return (
        select(Contact, talks.scalar_subquery(), ends.scalar_subquery(), col(Workspace.time_zone))
        .join(Workspace, col(Workspace.id) == Contact.workspace_id)
        .where(col(Contact.id).in_(select(keys.subquery().c.id)))
        .order_by(col(Contact.sort_name), col(Contact.id))
    )


def _conversations(session: Session, actor: Actor, contact: Contact) -> list[Talk]:
    facts = (col(User.name), col(Channel.name), col(Workspace.time_zone))
    query = (
        select(Conversation, CustomerIdentity, *facts)
        .join(CustomerIdentity, col(CustomerIdentity.id) == Conversation.identity_id)
        .join(Channel, col(Channel.id) == Conversation.channel_id)
        .join(Workspace, col(Workspace.id) == Conversation.workspace_id)
        .outerjoin(User, col(User.id) == Conversation.claimed_by)
        .where(col(Conversation.contact_id) == contact.id)
        .order_by(col(Conversation.last_at).desc())
        .limit(MOST_CONVERSATIONS)
    )
    return [_talk(actor, *row) for row in _rows(session, query)]


# ---- in words


def _row(contact: Contact, talks: int, heard: datetime | None, time_zone: str) -> ContactRow:
    title, at = title_of(contact), heard - window.LENGTH if heard else None
    return ContactRow(
        id=contact.id,
        title=title,
        initials=labels.initials(title),
        phone=labels.phone(contact.phone),
        email=contact.email or "",
        conversations=talks,
        seen=labels.list_time(at, now(), labels.zone(time_zone)) if at else "",
        seen_iso=at.isoformat() if at else "",
    )


def _talk(
    actor: Actor,
    row: Conversation,
    identity: CustomerIdentity,
    holder: str | None,
    channel: str,
    time_zone: str,
) -> Talk:
    state, tone = inbox_rows.who_answers(actor, row, holder)
    return Talk(
        id=row.id,
        title=identity.title,
        channel=channel,
        state=state,
        tone=tone,
        time=labels.list_time(row.last_at, now(), labels.zone(time_zone)),
    )
