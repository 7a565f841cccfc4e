"""What a delivery said and what came of it, in words an admin reads. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from integrations.whatsapp import update_types as meta
from integrations.whatsapp.updates import Update

_KINDS: dict[type, tuple[str, str]] = {
    meta.InboundMessage: ("message", "messages"),
    meta.Status: ("status", "statuses"),
    meta.Reaction: ("reaction", "reactions"),
    meta.Edit: ("edited message", "edited messages"),
    meta.Revoke: ("deleted message", "deleted messages"),
    meta.NumberChanged: ("customer's new number", "customers' new numbers"),
    meta.UserIdChanged: ("customer's new user id", "customers' new user ids"),
    meta.Call: ("call", "calls"),
    meta.Echo: ("message from the phone app", "messages from the phone app"),
    meta.NumberChange: ("number notice", "number notices"),
    meta.AccountChange: ("account notice", "account notices"),
    meta.UserPreference: ("customer preference", "customer preferences"),
    meta.ChannelError: ("number problem", "number problems"),
    meta.Poison: ("unreadable item", "unreadable items"),
}
_TEMPLATES = {
    "message_template_status_update": ("template status", "template statuses"),
    "message_template_quality_update": ("template quality", "template qualities"),
    "template_category_update": ("template category", "template categories"),
}
_STATUSES = {"sent", "delivered", "read", "played", "failed"}
_TEMPLATE = ("template notice", "template notices")

_CAME = {
    "messages": ("1 message stored", "{} messages stored"),
    "duplicate": ("1 already known, so nothing changed", "{} already known, so nothing changed"),
    "statuses": ("1 status applied", "{} statuses applied"),
    "parked": ("1 kept until its message comes", "{} kept until their messages come"),
    "reactions": ("1 reaction applied", "{} reactions applied"),
    "edits": ("1 message edited", "{} messages edited"),
    "revokes": ("1 message deleted", "{} messages deleted"),
    "customers": ("1 customer updated", "{} customers updated"),
    "calls": ("1 call noted", "{} calls noted"),
    "echoes": ("1 message from the phone app", "{} messages from the phone app"),
    "account": ("1 notice taken in", "{} notices taken in"),
    "other_account": ("1 for an account that is not connected", "{} for accounts not connected"),
    "other_number": ("1 for a number that is not connected", "{} for numbers not connected"),
    "unknown": (
        "1 of a kind that this version does not know",
        "{} of kinds that this version does not know",
    ),
    "unreadable": ("1 could not be read", "{} could not be read"),
    "foreign": ("1 signed by another app", "{} signed by another app"),
}
_NOT_COUNTED = {"unreadable", "foreign"}  # each is named with its path and reason


def kinds(items: Iterable[Update]) -> str:
    """“2 messages, 1 status”."""
    found = Counter(_kind(update) for update in items)
    words = [f"{number} {one if number == 1 else many}" for (one, many), number in found.items()]
    return ", ".join(words)


def _kind(update: Update) -> tuple[str, str]:
    if isinstance(update, meta.TemplateChange):
        return _TEMPLATES.get(update.field, _TEMPLATE)
    if isinstance(update, meta.Status) and update.status in _STATUSES:
        return f"status ({update.status})", f"statuses ({update.status})"
    if isinstance(update, meta.Unknown):
        strange = f"unknown “{update.field[:40]}”"
        return strange, strange
    return _KINDS[type(update)]


def came_of(outcome: Mapping[str, Any]) -> list[str]:
    """What the stored counts say, one sentence for each; put-aside items are not among them."""
    return [
        one_of(word, number)
        for word, number in outcome.items()
        if isinstance(number, int) and word not in _NOT_COUNTED
    ]


def one_of(word: str, number: int = 1) -> str:
    """The sentence for an outcome's count."""
    one, many = _CAME.get(word, ("1 applied", "{} applied"))
    return one if number == 1 else many.format(number)


def reason(given: str) -> str:
    """Why an item was put aside; the name of an exception is no reason a person can use."""
    if re.fullmatch(r"\w+", given):
        return f"The product could not apply it ({given}). Replay it after an update."
    if "does not own this number" in given:
        return "It was signed by another app than the one that this number belongs to."
    return given[:1].upper() + given[1:] + "."


def put_aside(number: int) -> str:
    """How many items of a delivery were quarantined."""
    return "1 item put aside" if number == 1 else f"{number} items put aside"


def size(octets: int) -> str:
    """512 bytes, 1.4 KB, 2.1 MB, 3.0 GB."""
    if octets < 1000:
        return f"{octets} bytes"
    if octets < 10**6:
        return f"{octets / 1000:.1f} KB"
    return f"{octets / 10**6:.1f} MB" if octets < 10**9 else f"{octets / 10**9:.1f} GB"


def signature(value: str) -> str:
    """Enough of a signature to compare it by eye."""
    return value if len(value) <= 24 else f"{value[:15]}…{value[-6:]}"


def bounded(number: int, most: int) -> str:
    """A count that was stopped at `most` + 1."""
    return f"more than {most:,}".replace(",", " ") if number > most else f"{number:,}"


def where(problem_line: int, column: int, message: str) -> str:
    """Where and why a text is not JSON."""
    words = next((said for start, said in _JSON if message.startswith(start)), "it is not JSON")
    return f"Line {problem_line}, column {column}: {words}."


_JSON = (
    ("Expecting ',' delimiter", "a comma is missing here, or a bracket before it"),
    ("Expecting ':' delimiter", "a colon is missing between a name and its value"),
    ("Expecting property name", "a name in double quotes is expected, perhaps after a last comma"),
    ("Illegal trailing comma", "there is a comma after the last value"),
    ("Expecting value", "a value is expected here and there is none, or it is cut off"),
    ("Extra data", "the payload ended here, and more text follows"),
    ("Unterminated string", "a text begins here and its closing quote is missing"),
    ("Invalid control character", "a text holds a line break or another control character"),
    ("Invalid \\", "there is a backslash that JSON does not know"),
)
