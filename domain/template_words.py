"""What Meta says of a template, in words: status, category, language, quality, reasons. Pure."""

from typing import NamedTuple

# Ours, while nobody knows yet whether Meta has a template. The next reading of its list settles it.
SUBMITTING = "SUBMITTING"

LANGUAGES = {
    "en_US": "English (US)",
    "en_GB": "English (UK)",
    "es": "Spanish",
    "fr": "French",
    "pt_BR": "Portuguese (BR)",
}
CATEGORIES = {
    "UTILITY": "Utility",
    "MARKETING": "Marketing",
    "AUTHENTICATION": "Authentication",
}


class Word(NamedTuple):
    """A word and the tone of its chip: gray, jade, amber or red."""

    words: str
    tone: str


STATUSES = {
    "APPROVED": Word("Approved", "jade"),
    "PENDING": Word("Pending", "amber"),
    SUBMITTING: Word("Not confirmed", "amber"),
    "IN_APPEAL": Word("In appeal", "amber"),
    "REJECTED": Word("Rejected", "red"),
    "PAUSED": Word("Paused", "gray"),
    "DISABLED": Word("Disabled", "red"),
    "LIMIT_EXCEEDED": Word("Over the limit", "red"),
    "LOCKED": Word("Locked", "gray"),
    "ARCHIVED": Word("Archived", "gray"),
    "PENDING_DELETION": Word("Being deleted", "gray"),
    "DELETED": Word("Deleted", "gray"),
}
_QUALITIES = {
    "GREEN": Word("High", "jade"),
    "YELLOW": Word("Medium", "amber"),
    "RED": Word("Low", "red"),
}
_NOTES = {
    SUBMITTING: "Meta did not confirm that it has this template. It is looked up soon; Sync with "
    "Meta does it now.",
    "IN_APPEAL": "Meta is reviewing it once more, usually within a day.",
    "PAUSED": "Paused by Meta because customers disliked it: 3 hours the first time, 6 the second, "
    "then it is switched off. Better words help.",
    "DISABLED": "Switched off by Meta for good, because customers disliked it again. Write another "
    "one.",
    "LIMIT_EXCEEDED": "The account has more templates than Meta allows. Delete some others.",
    "LOCKED": "Locked by Meta. Nothing can be changed or sent.",
    "ARCHIVED": "Archived by Meta because it was not used for a year.",
    "PENDING_DELETION": "Meta is deleting it and keeps its name locked for 30 days.",
}
_REASONS = {
    "PROMOTIONAL": "promotional content. Recreate it as Marketing.",
    "INCORRECT_CATEGORY": "the text does not fit the category. Recreate it in another one.",
    "TAG_CONTENT_MISMATCH": "the text does not fit the category. Recreate it in another one.",
    "CATEGORY_NOT_AVAILABLE": "this account may not use this category. Recreate it in another one.",
    "INVALID_FORMAT": "the variables, their examples or a link are not as Meta wants them.",
    "ABUSIVE_CONTENT": "Meta found the words abusive or threatening. Write them anew.",
    "SCAM": "Meta took it for a fraud. Say who you are, and ask for no personal data.",
}
_BY_CATEGORY = {"UTILITY": "MARKETING", "MARKETING": "UTILITY"}


def status(code: str) -> Word:
    """One of Meta's that is not known yet is shown as it is."""
    return STATUSES.get(code, Word(_spoken(code), "gray"))


def category(code: str) -> str:
    return CATEGORIES.get(code, _spoken(code))


def language(code: str) -> str:
    return LANGUAGES.get(code, code)


def quality(code: str) -> Word | None:
    """How customers take it; None while Meta does not say."""
    return _QUALITIES.get(code)


def note(code: str, category_code: str, reason: str) -> str:
    """Why it cannot be sent, and what helps; empty for what can."""
    if code != "REJECTED":
        return _NOTES.get(code, "")
    if reason == "PROMOTIONAL" and category_code == "UTILITY":
        return "Rejected: promotional content in a Utility template. Recreate it as Marketing."
    said = _REASONS.get(reason, "Meta gave no reason. Change the words and send it in again.")
    return f"Rejected: {said}"


def better_category(code: str, reason: str) -> str:
    """The category in which a rejected one is more likely to be taken."""
    wrong = reason in ("PROMOTIONAL", "INCORRECT_CATEGORY", "TAG_CONTENT_MISMATCH")
    promotional = reason == "PROMOTIONAL"
    return ("MARKETING" if promotional else _BY_CATEGORY.get(code, code)) if wrong else code


def _spoken(code: str) -> str:
    return code.replace("_", " ").capitalize()
