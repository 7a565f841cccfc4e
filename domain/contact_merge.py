"""Two contacts were one person: choose what survives, then one of them goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from sqlmodel import Session, col, or_, select, update

from domain import audit, contact_edit, contact_list, labels
from domain.access import Actor, require_admin
from domain.contact_fields import Values
from illumichat_app import nudges
from illumichat_app.errors import Invalid
from models import AuditAction, Contact, Conversation, CustomerIdentity

Side = Literal["kept", "gone"]
Field = Literal["name", "phone", "email"]
FIELDS: tuple[Field, ...] = ("name", "phone", "email")
LABELS: dict[Field, str] = {"name": "Name", "phone": "Phone", "email": "E-mail"}


@dataclass(frozen=True)
class Choice:
    """One field of both contacts; `open` when both have a value and they differ."""

    field: Field
    label: str
    kept: str
    gone: str
    side: Side
    open: bool


@dataclass(frozen=True)
class Preview:
    """What a merge would do; nothing is changed by looking."""

    kept_title: str
    gone_title: str
    fields: list[Choice]
    conversations: int  # how many the contact holds afterwards


def preview(session: Session, actor: Actor, kept_id: int, gone_id: int) -> Preview:
    """Admins only: both contacts side by side. Raises NotAllowed, NotFound, Invalid."""
    kept, gone = _both(session, actor, kept_id, gone_id)
    return Preview(
        kept_title=contact_list.title_of(kept),
        gone_title=contact_list.title_of(gone),
        fields=[_choice(field, kept, gone) for field in FIELDS],
        conversations=len(_conversations(session, kept, gone)),
    )


def merge(
    session: Session, actor: Actor, kept_id: int, gone_id: int, sides: Mapping[Field, Side]
) -> str:
    """Admins only: `kept` gets everything of `gone`, which is deleted; returns its title.

    `sides` says whose value survives where both have one. Raises NotAllowed, NotFound, Invalid.
    """
    require_admin(actor)
    contact_edit.one_writer(session, actor)
    kept, gone = _both(session, actor, kept_id, gone_id)
    # In the order of the inbound lane, conversations before contacts, so that nobody deadlocks.
    talks = _conversations(session, kept, gone, lock=True)
    contact_edit.write(kept, _surviving(kept, gone, sides))
    session.add(kept)
    _move(session, kept, gone)
    for id_ in talks:
        nudges.after(session, actor.workspace_id, id_)
    title, lost = contact_list.title_of(kept), contact_list.title_of(gone)
    audit.note(session, actor, AuditAction.CONTACTS_MERGED, title, f"with {lost}")
    session.delete(gone)
    return title


def _both(session: Session, actor: Actor, kept_id: int, gone_id: int) -> tuple[Contact, Contact]:
    require_admin(actor)
    if kept_id == gone_id:
        raise Invalid("A contact cannot be merged with itself. Choose another one.")
    kept = contact_list.find(session, actor, kept_id)
    return kept, contact_list.find(session, actor, gone_id)


def _choice(field: Field, kept: Contact, gone: Contact) -> Choice:
    mine, theirs = _shown(field, kept), _shown(field, gone)
    side: Side = "kept" if mine else "gone"
    return Choice(
        field, LABELS[field], mine, theirs, side, bool(mine and theirs and mine != theirs)
    )


def _shown(field: Field, contact: Contact) -> str:
    value = cast("str | None", getattr(contact, field))
    return labels.phone(value) if field == "phone" else value or ""


def _conversations(
    session: Session, kept: Contact, gone: Contact, *, lock: bool = False
) -> list[int]:
    query = select(Conversation.id).where(
        or_(Conversation.contact_id == kept.id, Conversation.contact_id == gone.id)
    )
    ordered = query.order_by(col(Conversation.id))
    return list(session.exec(ordered.with_for_update() if lock else ordered))


def _surviving(kept: Contact, gone: Contact, sides: Mapping[Field, Side]) -> Values:
    chosen: dict[str, Any] = {}
    for field in FIELDS:
        first, second = (gone, kept) if sides.get(field) == "gone" else (kept, gone)
        chosen[field] = getattr(first, field) or getattr(second, field)
    return Values(chosen["name"] or "", chosen["phone"], chosen["email"])


def _move(session: Session, kept: Contact, gone: Contact) -> None:
    for table in (CustomerIdentity, Conversation):
        session.exec(
            update(table).where(col(table.contact_id) == gone.id).values(contact_id=kept.id)
        )
