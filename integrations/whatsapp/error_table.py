"""Meta's error codes: what became of the request, and what to say to whom.

Source: Meta, WhatsApp Cloud API error codes. Branch on the code: titles are translated.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Literal


class Outcome(StrEnum):
    """What became of a request: said no, surely not done yet, or nobody knows."""

    REFUSED = "refused"
    RETRY = "retry"
    UNKNOWN = "unknown"


Audience = Literal["agent", "admin"]


@dataclass(frozen=True, slots=True)
class Advice:
    """What a code means: `sentence` says what happened, `next_step` what to do."""

    outcome: Outcome
    audience: Audience
    sentence: str
    next_step: str
    token_problem: bool = False
    wait: timedelta | None = None

    @property
    def text(self) -> str:
        """Both sentences."""
        return f"{self.sentence} {self.next_step}"


def explain(code: int | None, subcode: int | None = None) -> Advice:
    """The advice for a code of an error answer or of a `failed` status."""
    if (code, subcode) == (100, 33):
        return NOT_FOUND
    if code is not None and 200 <= code <= 299:
        return _NO_ACCESS
    return TABLE.get(code, UNLISTED) if code is not None else UNLISTED


def _agent(sentence: str, next_step: str) -> Advice:
    return Advice(Outcome.REFUSED, "agent", sentence, next_step)


def _admin(sentence: str, next_step: str, *, token_problem: bool = False) -> Advice:
    return Advice(Outcome.REFUSED, "admin", sentence, next_step, token_problem)


def _later(sentence: str, wait: timedelta | None = None) -> Advice:
    return Advice(Outcome.RETRY, "agent", sentence, "It is tried again automatically.", wait=wait)


UNSURE = Advice(
    Outcome.UNKNOWN,
    "agent",
    "WhatsApp had a problem, so it is not certain that this was sent.",
    "Wait a few minutes for a delivery tick before you send it again.",
)
_NO_ACCESS = _admin(
    "Meta says this connection lacks a permission.",
    "Give the system user access to the WhatsApp account in Meta Business settings, "
    "then reconnect the number.",
    token_problem=True,
)
RECONNECT = _admin(
    "Meta no longer accepts the access token of this number.",
    "Reconnect the number with a new token.",
    token_problem=True,
)
NOT_FOUND = _admin(
    "Meta cannot find this number or account, or the token may not see it.",
    "Check the phone number ID and the token's access, then reconnect the number.",
)
WRONG_SECRET = _admin(
    "Meta did not accept the app secret of this connection.",
    "Copy the app secret again from the Meta app's basic settings.",
    token_problem=True,
)
UNLISTED = _agent(
    "WhatsApp refused this.",
    "Check the message and try again; if it keeps happening, tell your administrator.",
)
_BAD_VALUE = _agent(
    "WhatsApp did not accept a part of this message.",
    "Change the message and send it again.",
)
_TEMPLATE_VALUES = _agent(
    "The values filled into the template do not fit it.",
    "Check each value: none empty, no line breaks, tabs or long gaps.",
)
_ACCOUNT_BLOCKED = _admin(
    "Meta has blocked or locked this WhatsApp account.",
    "Open WhatsApp Manager, Account quality, to see why and to appeal.",
)
_PAYMENT = _admin(
    "Meta has a problem with the payment method of this account.",
    "Add or mend the payment method in WhatsApp Manager.",
)
_PIN = _admin(
    "Meta did not accept the two-step PIN or the registration of this number.",
    "Check the PIN in WhatsApp Manager, wait five minutes, then register the number again.",
)
_REGISTER = _admin(
    "This number is not registered for WhatsApp yet.",
    "Register the number on its channel page.",
)
_TEMPLATE_OFF = _admin(
    "Meta has paused or switched off this template.",
    "Improve the template in WhatsApp Manager, or choose another one.",
)
_MARKETING_OFF = _admin(
    "Marketing templates are not allowed on this account.",
    "Check the marketing settings in WhatsApp Manager, or use a utility template.",
)
_FLOW = _agent(
    "The form in this message is blocked or used too often.",
    "Send a plain message instead, or try again in an hour.",
)
_BUSY = "Too many requests reached WhatsApp at once."
TOO_BUSY = _later(_BUSY)
HICCUP = _later("WhatsApp had a problem for a moment.")
DAMAGED_FILE = _later("The file arrived damaged.")
FOREIGN_FILE = _agent(
    "The file lies outside WhatsApp, so it was not fetched.", "Ask the customer to resend it."
)
LARGE_FILE = _agent("The file is too large.", "Ask the customer for a smaller one.")
UNREACHED = _later("WhatsApp could not be reached.")
_MAINTENANCE = _later(
    "WhatsApp is maintaining this number for a minute or two.", timedelta(minutes=2)
)

TABLE: dict[int, Advice] = {
    0: RECONNECT,
    190: RECONNECT,
    3: _NO_ACCESS,
    10: _NO_ACCESS,
    131005: _NO_ACCESS,
    100: _BAD_VALUE,
    33: _admin("This number was deleted at Meta.", "Connect another number."),
    1: UNSURE,
    2: UNSURE,
    131000: UNSURE,
    131016: UNSURE,
    133004: UNSURE,
    134102: UNSURE,
    4: _later(_BUSY, timedelta(minutes=5)),
    80007: _later(_BUSY, timedelta(minutes=5)),
    130429: TOO_BUSY,
    131056: _later("Too many messages to this customer in a short time."),
    131057: _MAINTENANCE,
    2494100: _MAINTENANCE,
    134101: _later("Meta is still preparing this template.", timedelta(minutes=10)),
    131048: _admin(
        "Meta limits this number because customers blocked or reported it.",
        "Check the number's quality in WhatsApp Manager and send fewer unasked messages.",
    ),
    131064: _admin(
        "Meta limits this account because templates had the wrong category.",
        "Mend the categories in WhatsApp Manager and wait until the limit is lifted.",
    ),
    133016: _admin(
        "This number was registered too often.", "Wait 72 hours, then register it again."
    ),
    368: _ACCOUNT_BLOCKED,
    131031: _ACCOUNT_BLOCKED,
    130497: _agent(
        "WhatsApp does not let this business write to the customer's country.",
        "Reach the customer another way.",
    ),
    130403: _agent("This customer is blocked.", "Unblock the customer first."),
    130472: _agent(
        "Meta keeps marketing messages from this customer as part of a test.",
        "Reach the customer another way, or wait until they write.",
    ),
    131008: _BAD_VALUE,
    131009: _BAD_VALUE,
    135000: _BAD_VALUE,
    131021: _agent("This is the business's own number.", "Choose another customer."),
    131026: _agent(
        "This customer cannot receive it on WhatsApp.",
        "Check the number, or reach the customer another way.",
    ),
    131030: _admin(
        "This is a test number, and the customer is not on its list.",
        "Add the customer's number to the list in the Meta app; for Mexico and Argentina "
        "also try it without the extra 1 or 9.",
    ),
    131037: _admin(
        "The display name of this number is not approved.", "Get it approved in WhatsApp Manager."
    ),
    131042: _PAYMENT,
    131044: _PAYMENT,
    134011: _PAYMENT,
    131045: _REGISTER,
    133010: _REGISTER,
    131047: _agent(
        "More than 24 hours have passed since the customer's last message.",
        "Send a template; you can write freely again when the customer answers.",
    ),
    131049: _agent(
        "Meta chose not to deliver this, to keep marketing to this customer low.",
        "Do not send it again today.",
    ),
    131050: _agent(
        "This customer stopped marketing messages.", "Do not send marketing to this customer."
    ),
    131051: _agent("WhatsApp does not support this kind of message.", "Send it as plain text."),
    131052: _agent("The customer's file could not be fetched.", "Ask the customer to resend it."),
    131053: _agent(
        "WhatsApp did not accept the file.",
        "Send it in another format or smaller: JPEG or PNG, MP4, OGG or PDF.",
    ),
    131055: _MARKETING_OFF,
    131063: _MARKETING_OFF,
    134100: _MARKETING_OFF,
    131060: _agent(
        "WhatsApp could not pass this message on, so its content is lost.",
        "Ask the customer to send it again.",
    ),
    131062: _agent(
        "This kind of message needs the customer's phone number, which is hidden.",
        "Ask the customer for the number.",
    ),
    132000: _TEMPLATE_VALUES,
    132008: _TEMPLATE_VALUES,
    132012: _TEMPLATE_VALUES,
    132018: _TEMPLATE_VALUES,
    132001: _agent(
        "This template does not exist in that language, or is not approved.",
        "Choose another template, or ask your administrator to refresh the list.",
    ),
    132005: _agent("The template's text gets too long with these values.", "Use shorter values."),
    132007: _agent("The template breaks a WhatsApp text rule.", "Use another template."),
    132015: _TEMPLATE_OFF,
    132016: _TEMPLATE_OFF,
    132068: _FLOW,
    132069: _FLOW,
    133000: _PIN,
    133005: _PIN,
    133006: _PIN,
    133008: _PIN,
    133009: _PIN,
    133015: _PIN,
    136024: _admin("This number is verified already.", "Go on to register it."),
    137000: _agent(
        "The customer's phone or WhatsApp installation has changed.",
        "Make sure it is still the same person before you send anything private.",
    ),
}
