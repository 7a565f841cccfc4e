"""What may stand in a contact: a name, a phone number in any written form, an e-mail. Pure."""

import re
import unicodedata
from dataclasses import dataclass, replace

import phonenumbers

from domain import accounts, contacts, labels
from domain.assistants import storable
from illumichat_app.errors import Invalid

NAME_LENGTH = 120
PHONE_LENGTH = 40  # as written, with spaces and brackets
EMAIL_LENGTH = accounts.EMAIL_LENGTH

EXAMPLE = "+34 612 55 50 14"
_BESIDES = re.compile(r"[^\w+]")


@dataclass(frozen=True, slots=True)
class Values:
    """The three values as they are kept; `phone` is E.164 digits without the plus."""

    name: str = ""
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Problems:
    """A sentence for each field that must be mended; empty for the others."""

    name: str = ""
    phone: str = ""
    email: str = ""

    def __bool__(self) -> bool:
        return bool(self.name or self.phone or self.email)


class InvalidContact(Invalid):
    """What is wrong, field by field."""

    def __init__(self, problems: Problems) -> None:
        super().__init__(problems.name or problems.phone or problems.email)
        self.problems = problems


def clean(name: str, phone: str, email: str, stored: str | None = None) -> Values:
    """The values as they are kept. Raises InvalidContact.

    A number that is written as `stored` is shown was not touched and stays, whatever the rules.
    """
    untouched = stored and phone.strip() == labels.phone(stored)
    values, problems = check(name, EXAMPLE if untouched else phone, email)
    if problems:
        raise InvalidContact(problems)
    return replace(values, phone=stored) if untouched else values


def check(name: str, phone: str, email: str) -> tuple[Values, Problems]:
    """What can be kept of it, and what is wrong with the rest."""
    kept: dict[str, str | None] = {}
    wrong: dict[str, str] = {}
    written = {"name": name, "phone": phone, "email": email}
    for field, read in (("name", clean_name), ("phone", clean_phone), ("email", clean_email)):
        try:
            kept[field] = read(written[field])
        except Invalid as refusal:
            wrong[field] = refusal.message
    values = Values(kept.get("name") or "", kept.get("phone"), kept.get("email"))
    if not wrong and values == Values():
        wrong["name"] = "Write a name, a phone number or an e-mail."
    return values, Problems(**wrong)


def clean_name(words: str) -> str:
    """The name on one line. Raises Invalid."""
    name = " ".join(storable(words).split())
    if len(name) > NAME_LENGTH:
        raise Invalid(f"A name may have {NAME_LENGTH} characters at most; this has {len(name):,}.")
    return name


def clean_phone(words: str) -> str | None:
    """E.164 digits of a number with + or 00, None for an empty one. Raises Invalid."""
    # Numbers copied from chats carry wide digits, and marks for the direction of writing.
    compact = _BESIDES.sub("", unicodedata.normalize("NFKC", words))
    if not compact and not words.strip():
        return None
    if compact.startswith("00"):
        compact = f"+{compact[2:]}"
    if not compact.removeprefix("+").isdecimal():
        raise Invalid(f"This is not a phone number. Write it like {EXAMPLE}.")
    if not compact.startswith("+"):
        raise Invalid(f"Begin with + and the country code, for example {EXAMPLE}.")
    return _possible(compact)


def _possible(compact: str) -> str:
    """The number in a form that its country dials today, where there is one."""
    try:
        number = phonenumbers.parse(compact)
    except phonenumbers.NumberParseException:
        raise Invalid(f"This number does not exist in any country. Compare {EXAMPLE}.") from None
    digits = f"{number.country_code}{phonenumbers.national_significant_number(number)}"
    if phonenumbers.is_possible_number(number):
        return digits
    for form in sorted(contacts.forms(digits) - {digits}):
        if phonenumbers.is_possible_number(phonenumbers.parse(f"+{form}")):
            return form
    raise Invalid(f"This number is too short or too long for its country. Compare {EXAMPLE}.")


def clean_email(words: str) -> str | None:
    """The e-mail in lower case, None for an empty one. Raises Invalid."""
    words = words.strip()
    return accounts.clean_email(storable(words)) if words else None
