"""The contact behind the customer of a conversation: linked, made, or let go by a person."""

from dataclasses import dataclass

from sqlmodel import Session, select

from domain import access, contact_edit, contact_list, labels
from domain.access import Actor
from domain.assistants import number
from illumichat_app import nudges
from illumichat_app.errors import Conflict, NotFound
from models import Contact, Conversation, CustomerIdentity


@dataclass(frozen=True)
class Draft:
    """The fields of the dialog: the contact's own, or what WhatsApp says of the customer."""

    contact: int = 0  # 0: a new one
    title: str = ""
    name: str = ""
    phone: str = ""
    email: str = ""


def draft(session: Session, actor: Actor, conversation_id: int) -> Draft:
    """What stands in the fields before anybody writes. Raises NotFound."""
    identity, contact = _customer(session, actor, conversation_id)
    if contact is None:
        name, phone = identity.profile_name or "", labels.phone(identity.wa_id)
        return Draft(0, identity.title, name, phone)
    title, phone = contact_list.title_of(contact), labels.phone(contact.phone)
    return Draft(contact.id, title, contact.name, phone, contact.email or "")


def save(
    session: Session, actor: Actor, conversation_id: int, *, name: str, phone: str, email: str
) -> int:
    """Change the customer's contact, or make one and link it; returns the contact's id.

    Raises NotFound, InvalidContact, PhoneTaken.
    """
    _, contact = _customer(session, actor, conversation_id)
    known = contact.id if contact else 0
    saved = contact_edit.save(session, actor, known, name=name, phone=phone, email=email)
    if not known:
        link(session, actor, conversation_id, saved)
    return saved


def link(session: Session, actor: Actor, conversation_id: int, contact_id: int) -> None:
    """The customer is this contact. Raises NotFound, or Conflict where a link exists."""
    # Whoever merges or deletes contacts waits, so that the contact is still there at the end.
    contact_edit.one_writer(session, actor)
    contact = contact_list.find(session, actor, contact_id)
    conversation, identity = _locked(session, actor, conversation_id)
    if identity.contact_id not in (None, contact.id):
        raise Conflict("This customer is linked to another contact. Unlink that one first.")
    _set(session, conversation, identity, contact.id)


def unlink(session: Session, actor: Actor, conversation_id: int) -> None:
    """The customer is no contact; the contact stays as it is. Raises NotFound."""
    conversation, identity = _locked(session, actor, conversation_id)
    _set(session, conversation, identity, None)


def _set(
    session: Session,
    conversation: Conversation,
    identity: CustomerIdentity,
    contact_id: int | None,
) -> None:
    identity.contact_id = conversation.contact_id = contact_id
    nudges.after(session, conversation.workspace_id, conversation.id)


def _locked(
    session: Session, actor: Actor, conversation_id: int
) -> tuple[Conversation, CustomerIdentity]:
    conversation = access.conversation(session, actor, conversation_id)
    return conversation, session.get_one(CustomerIdentity, conversation.identity_id)


def _customer(
    session: Session, actor: Actor, conversation_id: int
) -> tuple[CustomerIdentity, Contact | None]:
    found = session.exec(
        select(Conversation.contact_id, CustomerIdentity)
        .join(CustomerIdentity)
        .where(
            Conversation.id == number(conversation_id),
            Conversation.workspace_id == actor.workspace_id,
        )
    ).first()
    if found is None:
        raise NotFound
    contact_id, identity = found
    return identity, session.get(Contact, contact_id) if contact_id else None
