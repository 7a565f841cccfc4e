"""Which contact a WhatsApp customer is.

In three countries WhatsApp's form of a number differs from the dialled one, so each form counts.
"""

import phonenumbers
from sqlmodel import Session, col, select

from models import Channel, Contact, CustomerIdentity

_BRAZIL, _MEXICO, _ARGENTINA = 55, 52, 54


def link(session: Session, channel: Channel, identity: CustomerIdentity) -> Contact | None:
    """Link the customer to a contact, as the channel's settings say; returns the contact.

    A link that exists stays. A customer who hides the number can be created, never matched.
    """
    if not channel.match_contacts:
        return None
    if identity.contact_id is not None:
        return session.get(Contact, identity.contact_id)
    found = by_phone(session, channel.workspace_id, identity.wa_id, keep=True)
    if found is None and channel.auto_create_contacts:
        found = _create(session, identity)
    if found is not None:
        identity.contact_id = found.id
    return found


def by_phone(
    session: Session, workspace_id: int, digits: str | None, *, keep: bool = False
) -> Contact | None:
    """The workspace's oldest contact with this number in any of its forms.

    `keep` holds it until the commit: a merge at this moment must not take it from under a link.
    """
    if not digits:
        return None
    # Ordered and limited there, SQLite would walk all contacts in the order of their ids.
    query = select(Contact).where(
        Contact.workspace_id == workspace_id, col(Contact.phone).in_(forms(digits))
    )
    found = session.exec(query.with_for_update(read=True, key_share=True) if keep else query)
    return min(found, key=lambda each: each.id, default=None)


def _create(session: Session, identity: CustomerIdentity) -> Contact:
    name = identity.profile_name or identity.username or ""
    contact = Contact(
        workspace_id=identity.workspace_id,
        name=name,
        sort_name=sort_name(name),
        phone=identity.wa_id,
    )
    session.add(contact)
    session.flush()
    return contact


def sort_name(name: str) -> str:
    """What a contact is sorted and searched by; SQLite's own LOWER knows ASCII only."""
    return name.casefold()


def forms(digits: str) -> set[str]:
    """Every way to write the same mobile number, as E.164 digits without the plus.

    Brazil put a 9 before mobile numbers; Mexico had a 1 after 52 until 2019; Argentina has a 9
    after 54 in calls from abroad only.
    """
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return {digits}
    code, national = number.country_code, str(number.national_number)
    usual = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).lstrip("+")
    other = _OTHER[code](national) if code in _OTHER else None
    return {digits, usual} | ({f"{code}{other}"} if other else set())


def _brazil(national: str) -> str | None:
    """Two digits of area, then 9 and eight digits; landlines start with 2 to 5."""
    if len(national) == 11 and national[2] == "9":
        return national[:2] + national[3:]
    mobile = len(national) == 10 and national[2] in "6789"
    return f"{national[:2]}9{national[2:]}" if mobile else None


def _mexico(national: str) -> str | None:
    return _prefixed("1", national)


def _argentina(national: str) -> str | None:
    return _prefixed("9", national)


def _prefixed(prefix: str, national: str) -> str | None:
    if len(national) == 11 and national.startswith(prefix):
        return national[1:]
    return f"{prefix}{national}" if len(national) == 10 else None


_OTHER = {_BRAZIL: _brazil, _MEXICO: _mexico, _ARGENTINA: _argentina}
