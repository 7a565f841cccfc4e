"""A webhook POST as a list of updates (Meta: Webhooks, payload reference).

Every array is looped, an item that cannot be read becomes `Poison` and harms no sibling.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, cast

from integrations.whatsapp.fields import (
    Json,
    MalformedError,
    load_json,
    moment,
    optional_moment,
    optional_record,
    optional_text,
    record,
    records,
    storable,
    text,
)
from integrations.whatsapp.message_updates import read_echo, read_message
from integrations.whatsapp.people import own_ids, person_of
from integrations.whatsapp.update_types import (
    AccountChange,
    Call,
    ChannelError,
    Echo,
    Edit,
    Identity,
    InboundMessage,
    MediaRef,
    MetaError,
    NumberChange,
    NumberChanged,
    Origin,
    Poison,
    Reaction,
    Revoke,
    Status,
    TemplateChange,
    Unknown,
    Update,
    UserIdChanged,
    UserPreference,
)

__all__ = [
    "AccountChange",
    "Call",
    "ChannelError",
    "Echo",
    "Edit",
    "Identity",
    "InboundMessage",
    "MediaRef",
    "MetaError",
    "NumberChange",
    "NumberChanged",
    "Origin",
    "Poison",
    "Reaction",
    "Revoke",
    "Status",
    "TemplateChange",
    "Unknown",
    "Update",
    "UserIdChanged",
    "UserPreference",
    "parse",
]

_OBJECT = "whatsapp_business_account"


def parse(body: bytes) -> list[Update]:
    """Every update in one POST, in arrival order, messages before statuses. Never raises."""
    try:
        envelope = record(load_json(body), "body")
        if envelope.get("object", _OBJECT) != _OBJECT:
            return [Unknown(path="object", field=text(envelope, "object"))]
        return list(_entries(envelope))
    except (ValueError, RecursionError):
        return [Poison(path="", reason="body is not JSON")]
    except MalformedError as problem:
        return [Poison(path="", reason=str(problem))]


def _entries(envelope: Json) -> Iterator[Update]:
    for path, item in _array(envelope, "entry", ""):
        if isinstance(item, dict):
            yield from _changes(path, cast(Json, item))
        else:
            yield Poison(path=path, reason="entry is not an object")


def _changes(path: str, entry: Json) -> Iterator[Update]:
    waba_id = optional_text(entry, "id")
    for change_path, item in _array(entry, "changes", path):
        change = optional_record(item)
        if isinstance(change.get("value"), dict):
            yield from _change(change_path, entry, change)
        else:
            yield Poison(path=change_path, waba_id=waba_id, reason="value is not an object")


def _change(path: str, entry: Json, change: Json) -> Iterator[Update]:
    """Messages come before statuses: a bad status must never hold back a message."""
    field, value = optional_text(change, "field") or "", change["value"]
    origin = _origin(path, entry, value)
    if field in _LISTS:
        yield from _lists(origin, field, value)
    else:
        reader = _WHOLE.get(field, _unknown)
        yield from _read(origin, lambda: reader(origin, field, entry, value))


def _lists(origin: dict[str, Any], field: str, value: Json) -> Iterator[Update]:
    present = [pair for pair in _LISTS[field] if value.get(pair[0]) is not None]
    for name, reader in present:
        for path, item in _array(value, name, origin["path"]):
            yield from _item(origin | {"path": path}, name, reader, value, item)
    errors = _errors(value)
    if errors and "messages" not in value:
        yield ChannelError(**origin, errors=errors)
    elif not present:
        yield Unknown(**origin, field=field)


def _item(
    origin: dict[str, Any], name: str, reader: "_ItemReader", value: Json, item: object
) -> Iterator[Update]:
    return _read(origin, lambda: reader(origin, value, record(item, name)))


def _read(origin: dict[str, Any], reader: Callable[[], Update]) -> Iterator[Update]:
    try:
        yield reader()
    except MalformedError as problem:
        yield Poison(**origin, reason=str(problem))


def _array(source: Json, name: str, path: str) -> Iterator[tuple[str, object]]:
    """Each item with its path; what should be an array and is not stands for one bad item."""
    here = f"{path}.{name}" if path else name
    items = source.get(name)
    if not isinstance(items, list):
        yield here, None
        return
    for index, item in enumerate(cast(list[object], items)):
        yield f"{here}[{index}]", item


def _origin(path: str, entry: Json, value: Json) -> dict[str, Any]:
    metadata = optional_record(value.get("metadata"))
    display = [optional_text(part, "display_phone_number") for part in (metadata, value)]
    # Digits in webhooks, but spaced and hyphenated on the phone number node.
    digits = re.sub(r"\D", "", next(filter(None, display), ""))
    return {
        "path": path,
        "waba_id": optional_text(entry, "id"),
        "phone_number_id": optional_text(metadata, "phone_number_id"),
        "display_phone_number": digits or None,
    }


def _status(origin: dict[str, Any], value: Json, item: Json) -> Status:
    pricing = optional_record(item.get("pricing"))
    return Status(
        **origin,
        wamid=text(item, "id"),
        status=text(item, "status"),
        at=moment(item),
        callback_data=optional_text(item, "biz_opaque_callback_data"),
        recipient=_recipient(value, item),
        errors=_errors(item),
        pricing=storable(pricing) or None,
    )


def _recipient(value: Json, item: Json) -> Identity:
    names = ("recipient_id", "recipient_user_id", "recipient_parent_user_id")
    if item.get("recipient_type") == "group":
        # There `recipient_id` is the group.
        names = tuple(name.replace("recipient", "recipient_participant") for name in names)
    alone = len(records(value.get("statuses"))) <= 1
    return person_of(value, own_ids(item, *names), alone=alone)


def _errors(item: Json) -> tuple[MetaError, ...]:
    return tuple(_error(error) for error in records(item.get("errors")))


def _error(error: Json) -> MetaError:
    code = optional_text(error, "code") or ""
    return MetaError(
        int(code) if code.isascii() and code.isdigit() and len(code) <= 18 else None,
        optional_text(error, "title"),
        optional_text(error, "message"),
        optional_text(optional_record(error.get("error_data")), "details"),
    )


def _call(origin: dict[str, Any], value: Json, item: Json) -> Call:
    direction = optional_text(item, "direction")
    event = text(item, "event")
    by_us = direction == "BUSINESS_INITIATED"
    side = "to" if by_us else "from"
    own = own_ids(item, side, f"{side}_user_id", f"{side}_parent_user_id")
    alone = len(records(value.get("calls"))) <= 1
    return Call(
        **origin,
        sender=person_of(value, own, alone=alone),
        call_id=text(item, "id"),
        event=event,
        direction=direction,
        at=optional_moment(item, "timestamp") or moment(item, "start_time"),
        status=optional_text(item, "status"),
        opens_window=event == "connect" and not by_us,
    )


def _call_status(origin: dict[str, Any], value: Json, item: Json) -> Call:
    """The customer's side of a call the business placed."""
    status = text(item, "status")
    return Call(
        **origin,
        sender=_recipient(value, item),
        call_id=text(item, "id"),
        event="status",
        direction="BUSINESS_INITIATED",
        at=moment(item),
        status=status,
        opens_window=status == "ACCEPTED",
    )


def _preference(origin: dict[str, Any], value: Json, item: Json) -> UserPreference:
    own = own_ids(item, "wa_id", "user_id", "parent_user_id")
    alone = len(records(value.get("user_preferences"))) <= 1
    return UserPreference(
        **origin,
        identity=person_of(value, own, alone=alone),
        category=text(item, "category"),
        value=text(item, "value"),
        at=moment(item),
    )


def _user_id(origin: dict[str, Any], _value: Json, item: Json) -> UserIdChanged:
    change = record(item.get("user_id"), "user_id")
    return UserIdChanged(
        **origin,
        at=moment(item),
        previous=optional_text(change, "previous"),
        current=text(change, "current"),
        wa_id=optional_text(item, "wa_id"),
    )


_ItemReader = Callable[[dict[str, Any], Json, Json], Update]
_ECHOES: tuple[tuple[str, _ItemReader], ...] = (("message_echoes", read_echo),)
_LISTS: dict[str, tuple[tuple[str, _ItemReader], ...]] = {
    "messages": (("messages", read_message), ("statuses", _status)),
    "calls": (("calls", _call), ("statuses", _call_status)),
    "message_echoes": _ECHOES,
    "smb_message_echoes": _ECHOES,
    "user_preferences": (("user_preferences", _preference),),
    "user_id_update": (("user_id_update", _user_id),),
}


def _template(origin: dict[str, Any], field: str, entry: Json, value: Json) -> TemplateChange:
    language = optional_text(value, "message_template_language")
    return TemplateChange(
        **origin,
        field=field,
        at=optional_moment(entry, "time"),
        template_id=optional_text(value, "message_template_id"),
        name=optional_text(value, "message_template_name"),
        # Meta writes en-US here and en_US where templates are listed.
        language=language.replace("-", "_") if language else None,
        value=storable(value),
    )


def _number(origin: dict[str, Any], field: str, entry: Json, value: Json) -> NumberChange:
    at = optional_moment(entry, "time")
    return NumberChange(**origin, field=field, at=at, value=storable(value))


def _account(origin: dict[str, Any], field: str, entry: Json, value: Json) -> AccountChange:
    event = optional_text(value, "event") or optional_text(value, "decision")
    return AccountChange(
        **dict(origin, waba_id=_account_id(origin, event, value)),
        field=field,
        event=event,
        at=optional_moment(entry, "time"),
        value=storable(value),
    )


def _account_id(origin: dict[str, Any], event: str | None, value: Json) -> str | None:
    """Entries of PARTNER_* events carry the business portfolio's id instead of the account's."""
    named = optional_text(optional_record(value.get("waba_info")), "waba_id")
    is_partner = (event or "").startswith("PARTNER_")
    return named or (None if is_partner else origin["waba_id"])


def _unknown(origin: dict[str, Any], field: str, _entry: Json, _value: Json) -> Unknown:
    return Unknown(**origin, field=field)


_WHOLE: dict[str, Callable[[dict[str, Any], str, Json, Json], Update]] = {
    "message_template_status_update": _template,
    "message_template_quality_update": _template,
    "message_template_components_update": _template,
    "template_category_update": _template,
    "template_correct_category_detection": _template,
    "phone_number_quality_update": _number,
    "phone_number_name_update": _number,
    "security": _number,
    "business_username_updates": _number,
    "account_update": _account,
    "account_review_update": _account,
    "account_alerts": _account,
    "business_capability_update": _account,
}
