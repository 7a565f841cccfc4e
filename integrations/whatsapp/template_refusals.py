"""Why Meta refused a template: which part it is about, and a sentence for the admin.

Source: Meta, message template error codes. Most come as code 100 with a subcode.
"""

import re
from typing import NamedTuple

from integrations.whatsapp.errors import GraphError, Outcome

NAME_LOCKED, NAME_TAKEN, NO_TEMPLATE = 2388023, 2388024, 2593002


class Refusal(NamedTuple):
    """`part`: name, category, language, header, body, footer, buttons, or empty for the whole."""

    part: str
    sentence: str


def explain(error: GraphError) -> Refusal:
    """Meta's no in words; its own words stand behind ours where ours say less."""
    if error.outcome is not Outcome.REFUSED:
        return _NOT_NOW
    if known := _BY_SUBCODE.get(error.subcode or 0):
        return known if known.part else Refusal(_part(error.user_message or ""), known.sentence)
    if error.code == 100 and error.subcode != 33 and not error.token_problem:
        said = error.user_message or error.details or _plain(error.message)
        return Refusal(_part(said), f"Meta did not accept this: {said}")
    return Refusal("", error.advice)


def _plain(message: str) -> str:
    return message.removeprefix("(#100) ")


def _part(said: str) -> str:
    words = said.lower()
    return next((part for part, sign in _SIGNS if re.search(sign, words)), "")


_SIGNS = (
    ("buttons", r"\b(button|url|phone number|otp)"),
    ("header", r"\bheader\b"),
    ("footer", r"\bfooter\b"),
    ("body", r"\bbody\b|\bvariable|\bparameter.*text"),
    ("language", r"\blanguage\b"),
    ("category", r"\bcategory\b"),
    ("name", r"\bname\b"),
)
_NOT_NOW = Refusal(
    "",
    "Meta could not be reached or is too busy just now, so nothing was changed there. "
    "Try again in a minute.",
)
_BY_SUBCODE = {
    NAME_LOCKED: Refusal(
        "name",
        "Meta is still deleting a template of this name in this language and keeps the name locked "
        "for about four weeks. Use another name.",
    ),
    NAME_TAKEN: Refusal(
        "name", "Meta already has a template of this name in this language. Use another name."
    ),
    2388019: Refusal(
        "",
        "This WhatsApp account has as many templates as Meta allows. Delete some that you no "
        "longer send, or verify the business at Meta for a higher limit.",
    ),
    2388039: Refusal(
        "",
        "Meta does not allow a change now. An approved template can be changed once in 24 hours "
        "and ten times in 30 days, and none while it is in review.",
    ),
    2388040: Refusal("", "A text or a label is longer than Meta allows. Shorten it."),
    2388043: Refusal("body", "Meta misses an example. Give one for each variable."),
    2388047: Refusal("header", "Meta did not accept the header. Keep it to one plain line."),
    2388072: Refusal("body", "Meta did not accept the text or its variables. Check the braces."),
    2388073: Refusal("footer", "Meta did not accept the footer. Keep it to one plain line."),
    2388293: Refusal(
        "body",
        "There are too many variables for so little text. Write more words around them, or use "
        "fewer variables.",
    ),
    2388299: Refusal("body", "A variable may not stand at the very start or end of the text."),
}
