"""Who a webhook item is about: the item's own ids joined with the `contacts` array."""

from integrations.whatsapp.fields import (
    Json,
    MalformedError,
    optional_record,
    optional_text,
    records,
)
from integrations.whatsapp.update_types import Identity


def sender_of(value: Json, message: Json) -> Identity:
    """The customer who wrote `message`; MalformedError when nothing identifies one."""
    own = own_ids(message, "from", "from_user_id", "from_parent_user_id")
    identity = _joined(value, own, alone=_senders(value) <= 1)
    if identity.wa_id is None and identity.user_id is None:
        raise MalformedError("no sender")
    return identity


def person_of(value: Json, own: Identity, *, alone: bool) -> Identity:
    """`own` completed from its contact; `alone`: the only contact may be it without an id."""
    return _joined(value, own, alone=alone)


def own_ids(item: Json, wa_id: str, user_id: str, parent_user_id: str) -> Identity:
    """The ids an item carries itself, under the given names."""
    return Identity(
        optional_text(item, wa_id),
        optional_text(item, user_id),
        optional_text(item, parent_user_id),
    )


def _senders(value: Json) -> int:
    messages = records(value.get("messages"))
    names = ("from_user_id", "from")
    return len({tuple(optional_text(message, name) for name in names) for message in messages})


def _joined(value: Json, own: Identity, *, alone: bool) -> Identity:
    contact = _matching(records(value.get("contacts")), own, alone=alone)
    profile = optional_record(contact.get("profile"))
    return Identity(
        # In Brazil, Mexico and Argentina the dialled form differs: contacts hold the real id.
        optional_text(contact, "wa_id") or own.wa_id,
        own.user_id or optional_text(contact, "user_id"),
        own.parent_user_id or optional_text(contact, "parent_user_id"),
        optional_text(profile, "username"),
        optional_text(profile, "name"),
    )


def _matching(contacts: list[Json], own: Identity, *, alone: bool) -> Json:
    """By user id, else by phone, else the only contact of an only sender; else nothing."""
    for contact in contacts:
        if own.user_id and optional_text(contact, "user_id") == own.user_id:
            return contact
    possible = [contact for contact in contacts if not _someone_else(contact, own)]
    for contact in possible:
        if own.wa_id and optional_text(contact, "wa_id") == own.wa_id:
            return contact
    return possible[0] if alone and len(contacts) == len(possible) == 1 else {}


def _someone_else(contact: Json, own: Identity) -> bool:
    user_id = optional_text(contact, "user_id")
    return bool(own.user_id and user_id and user_id != own.user_id)
