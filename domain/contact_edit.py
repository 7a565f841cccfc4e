"""Adding, changing and deleting contacts; each number belongs to one contact of a workspace."""

from sqlmodel import Session, select

from domain import audit, contact_fields, contact_list, contacts, labels
from domain.access import Actor, require_admin
from domain.contact_fields import Values
from illumichat_app import nudges
from illumichat_app.errors import Conflict
from models import AuditAction, Contact, Conversation, Workspace


class PhoneTaken(Conflict):
    """Another contact has this number, perhaps in another of its forms."""

    def __init__(self, holder: Contact) -> None:
        title, phone = contact_list.title_of(holder), labels.phone(holder.phone)
        whose = f"{title} ({phone})" if title != phone else title
        super().__init__(f"This number is already the one of {whose}.")
        self.contact_id, self.title = holder.id, title


def save(
    session: Session, actor: Actor, contact_id: int, *, name: str, phone: str, email: str
) -> int:
    """Change a contact, or add one when the id is 0; returns its id.

    Raises InvalidContact, PhoneTaken, NotFound.
    """
    one_writer(session, actor)
    row = contact_list.find(session, actor, contact_id) if contact_id else None
    before = row.phone if row else None
    values = contact_fields.clean(name, phone, email, stored=before)
    if values.phone != before:
        _require_free_phone(session, actor, values.phone, but=contact_id)
    row = row or Contact(workspace_id=actor.workspace_id)
    write(row, values)
    session.add(row)
    session.flush()
    nudge(session, row)
    return row.id


def delete(session: Session, actor: Actor, contact_id: int) -> None:
    """Admins only: the conversations stay, without the link. Raises NotAllowed, NotFound."""
    require_admin(actor)
    one_writer(session, actor)
    row = contact_list.find(session, actor, contact_id)
    nudge(session, row)
    audit.note(session, actor, AuditAction.CONTACT_DELETED, contact_list.title_of(row))
    session.delete(row)


def one_writer(session: Session, actor: Actor) -> None:
    """Wait until no other transaction changes contacts of this workspace.

    A number in its several forms fits no unique constraint, so looking and writing must not be
    torn apart. The lock leaves out keys: inserts that refer to the workspace need not wait for it.
    """
    query = select(Workspace.id).where(Workspace.id == actor.workspace_id)
    session.exec(query.with_for_update(key_share=True)).one()


def write(row: Contact, values: Values) -> None:
    """Put the values into the row, and what the list sorts by."""
    row.name, row.phone, row.email = values.name, values.phone, values.email
    row.sort_name = contacts.sort_name(values.name)


def nudge(session: Session, contact: Contact) -> None:
    """Its conversations are shown anew."""
    ids = session.exec(select(Conversation.id).where(Conversation.contact_id == contact.id))
    for id_ in ids:
        nudges.after(session, contact.workspace_id, id_)


def _require_free_phone(session: Session, actor: Actor, phone: str | None, but: int) -> None:
    holder = contacts.by_phone(session, actor.workspace_id, phone)
    if holder and holder.id != but:
        raise PhoneTaken(holder)
