"""What Meta would refuse in a draft, named while it is written, and the fix for it. Pure.

Source: Meta, template components; template review; error codes of message templates.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from domain import template_drafts as drafts
from domain.template_drafts import Draft, DraftButton
from domain.template_parts import LONGEST_BODY, LONGEST_HEADER, LONGEST_LINK
from domain.template_words import LANGUAGES

Remedy = Literal[
    "",
    "clean_name",
    "next_name",
    "marketing",
    "braces",
    "renumber",
    "lead_in",
    "closing",
    "separate",
    "cut_body",
    "sample",
    "plain_header",
    "plain_footer",
    "plain_labels",
    "https",
    "link_end",
    "plain_phones",
]
NAME = re.compile(r"[a-z0-9_]{1,512}")
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2190-\u21ff\u2b00-\u2bff\ufe0f\u200d\u20e3]"
)
_FORMATTING = re.compile(r"[*~`]|(?<!\w)_|_(?!\w)")
_ADJACENT = re.compile(r"\}\}\s*\{\{")
_LOST_BRACES = re.compile(r"\{\{|\}\}")
_LONE_BRACES = re.compile(r"\{[\w .-]{1,40}\}")
_PROMOTION = re.compile(
    r"\d ?%|\b(discount|sale|coupon|promo|special offer|black friday|descuento|oferta|rebajas|"
    r"cupón|remise|soldes|promotion|desconto|promoção|cupom)",
    re.IGNORECASE,
)
MOST_LINKS, MOST_PHONES = 2, 1


@dataclass(frozen=True)
class Known:
    """What is known of the account: templates by name and language, and names that may be locked.

    `unsure` are those whose creation Meta did not confirm.
    """

    taken: frozenset[tuple[str, str]] = frozenset()
    locked: frozenset[tuple[str, str]] = frozenset()
    unsure: frozenset[tuple[str, str]] = frozenset()
    own: tuple[str, str] = field(default=("", ""))  # of the template that is changed


@dataclass(frozen=True)
class Problem:
    """`part` is the field: name, body, body.1 for its example, button.0.text…

    `fix` is what the fixing button says; `blocking`: it cannot be sent in like this.
    """

    part: str
    sentence: str
    fix: str = ""
    remedy: Remedy = ""
    blocking: bool = True


def check(draft: Draft, known: Known) -> list[Problem]:
    """Everything there is to say, part by part."""
    found = [*_name(draft, known), *_language(draft)]
    if draft.category == "AUTHENTICATION":
        return [*found, *_minutes(draft)]
    return [
        *found,
        *_category(draft),
        *_header(draft),
        *_body(draft),
        *_examples(draft),
        *_footer(draft),
        *_buttons(draft),
    ]


# ---- the name


def _name(draft: Draft, known: Known) -> Iterator[Problem]:
    if (draft.name, draft.language) == known.own:
        return
    if not draft.name:
        yield Problem("name", "Give it a name.")
    elif not NAME.fullmatch(draft.name):
        clean = clean_name(draft.name)
        fix = f"Use {_cut(clean)}" if clean else ""
        sentence = "Meta takes lowercase letters, numbers and underscores only, at most 512."
        yield Problem("name", sentence, fix, "clean_name" if clean else "")
    else:
        yield from _taken(draft, known)


def _taken(draft: Draft, known: Known) -> Iterator[Problem]:
    identity = (draft.name, draft.language)
    fix = f"Use {_cut(free_name(draft, known))}"
    language = LANGUAGES.get(draft.language, draft.language)
    if identity in known.unsure:
        sentence = "It was handed in, and Meta has not confirmed it. Press Sync with Meta first."
        yield Problem("name", sentence)
    elif identity in known.taken:
        sentence = f"There is already a template of this name in {language}."
        yield Problem("name", sentence, fix, "next_name")
    elif identity in known.locked:
        sentence = (
            f"It was deleted here in {language} less than 30 days ago, and Meta locks the name "
            "of a deleted template so long."
        )
        yield Problem("name", sentence, fix, "next_name", blocking=False)


def clean_name(name: str) -> str:
    """The name as Meta takes it: Order Confirmación is order_confirmacion."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"_{2,}", "_", re.sub(r"[^a-z0-9]+", "_", plain)).strip("_")[:512]


def free_name(draft: Draft, known: Known) -> str:
    """The name with the first number that is free in its language."""
    base = base_name(draft.name)
    number = 2
    used = known.taken | known.locked | known.unsure
    while (f"{base}_{number}", draft.language) in used:
        number += 1
    return f"{base}_{number}"


def base_name(name: str) -> str:
    """The name without the number that free_name gave it."""
    return re.sub(r"_\d{1,3}$", "", name)[:500]


def _cut(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:39]}…"


# ---- category and language


def _language(draft: Draft) -> Iterator[Problem]:
    if draft.language not in LANGUAGES and not draft.template:
        yield Problem("language", "Choose one of the languages in the list.")


def _category(draft: Draft) -> Iterator[Problem]:
    if draft.category == "UTILITY" and not draft.approved and _PROMOTION.search(draft.body):
        sentence = (
            "This reads like a promotion. Meta rejects promotions in Utility, or moves them to "
            "Marketing by itself."
        )
        yield Problem("category", sentence, "Make it Marketing", "marketing", blocking=False)


def _minutes(draft: Draft) -> Iterator[Problem]:
    digits = draft.minutes
    fine = digits.isascii() and digits.isdigit() and 1 <= int(digits[:5]) <= 90
    if digits and not fine:
        yield Problem("minutes", "Meta takes 1 to 90 minutes, or nothing.")


# ---- header, body, footer


def _header(draft: Draft) -> Iterator[Problem]:
    text = draft.header
    if not text:
        return
    if text != plain(text):
        sentence = "A header is one line, without emoji and without * _ ~ or `."
        yield Problem("header", sentence, "Make it plain", "plain_header")
    if len(text) > LONGEST_HEADER:
        yield Problem("header", _too_long(len(text), LONGEST_HEADER))
    yield from _braces("header", text)
    if len(drafts.names_in(text)) > 1:
        yield Problem("header", "A header takes one variable.")
    elif any(name.isdigit() and name != "1" for name in drafts.names_in(text)):
        sentence = "The variable of a header is {{1}}."
        yield Problem("header", sentence, "Number it", "renumber")


def _body(draft: Draft) -> Iterator[Problem]:
    text = draft.body
    if not text.strip():
        yield Problem("body", "Write the text.")
        return
    if len(text) > LONGEST_BODY:
        sentence = _too_long(len(text), LONGEST_BODY)
        yield Problem("body", sentence, f"Cut it to {LONGEST_BODY}", "cut_body")
    yield from _braces("body", text)
    yield from _numbers(draft)
    yield from _places(text.strip())
    yield from _density(text)


def _braces(part: str, text: str) -> Iterator[Problem]:
    rest = drafts.VARIABLE.sub("", text)
    if _LOST_BRACES.search(rest):
        sentence = (
            "A variable is written {{1}} or {{first_name}}: two braces on each side, no spaces, "
            "lowercase."
        )
        yield Problem(part, sentence, "Mend the braces", "braces")
    elif _LONE_BRACES.search(rest):
        sentence = "A variable has two braces on each side; with one it is sent as it stands."
        yield Problem(part, sentence, "Make it a variable", "braces", blocking=False)


def _numbers(draft: Draft) -> Iterator[Problem]:
    names = drafts.names_in(draft.body)
    numbers = [name for name in names if name.isdigit()]
    mixed = drafts.is_named(draft) and bool(numbers or _numbered_header(draft))
    if mixed:
        sentence = "Meta takes variables with numbers or with names, not both."
        yield Problem("body", sentence, "Number them all", "renumber")
    elif numbers != [str(place + 1) for place in range(len(numbers))]:
        sentence = "Variables count up from {{1}} in the order they stand in the text."
        yield Problem("body", sentence, "Renumber them", "renumber")


def _numbered_header(draft: Draft) -> bool:
    return any(name.isdigit() for name in drafts.names_in(draft.header))


def _places(text: str) -> Iterator[Problem]:
    first, last = text.startswith("{{"), text.endswith("}}")
    if first:
        sentence = "The text may not begin with a variable."
        yield Problem("body", sentence, "Add a greeting", "lead_in")
    if last:
        sentence = "The text may not end with a variable."
        yield Problem("body", sentence, "Add a closing", "closing")
    if _ADJACENT.search(text):
        sentence = "Two variables may not touch: words go between them."
        yield Problem("body", sentence, "Put a comma between", "separate")


def _density(text: str) -> Iterator[Problem]:
    """Meta does not publish the ratio; this is the rule of thumb (Meta: error 2388293)."""
    variables = len(drafts.VARIABLE.findall(text))
    words = len(re.findall(r"\w+", drafts.VARIABLE.sub(" ", text)))
    if variables and words < 2 * variables + 1:
        count = "1 variable needs" if variables == 1 else f"{variables} variables need"
        sentence = f"Too many variables for the text: {count} about {2 * variables + 1} words"
        yield Problem("body", f"{sentence} around, and there are {words}.", blocking=False)


def _examples(draft: Draft) -> Iterator[Problem]:
    for slot in drafts.slots(draft):
        if not slot.example.strip():
            sentence = f"Meta's review needs an example for {slot.label}."
            yield Problem(slot.key, sentence, "Fill in samples", "sample")
        elif re.search(r"[\n\t{}]", slot.example):
            yield Problem(slot.key, "An example is plain words: no braces, no line breaks.")


def _footer(draft: Draft) -> Iterator[Problem]:
    text = draft.footer
    if _LOST_BRACES.search(text):
        yield Problem("footer", "A footer takes no variables.", "Make it plain", "plain_footer")
    elif text != plain(text):
        sentence = "A footer is one line, without emoji and without * _ ~ or `."
        yield Problem("footer", sentence, "Make it plain", "plain_footer")
    if len(text) > drafts.LONGEST_FOOTER:
        yield Problem("footer", _too_long(len(text), drafts.LONGEST_FOOTER))


def plain(text: str) -> str:
    """One line without emoji and formatting; the variables stay as they are."""
    parts = re.split(r"(\{\{[^{}]*\}\})", _EMOJI.sub("", text))
    parts[::2] = [_FORMATTING.sub("", part) for part in parts[::2]]
    return re.sub(r"\s*[\n\t]\s*", " ", "".join(parts))


def _too_long(length: int, longest: int) -> str:
    return f"It has {length} characters; Meta takes {longest}."


# ---- buttons


def _buttons(draft: Draft) -> Iterator[Problem]:
    labels = [each.text.strip().casefold() for each in draft.buttons]
    for index, button in enumerate(draft.buttons):
        where = f"button.{index}"
        yield from _label(where, button.text)
        if labels[index] and labels.index(labels[index]) < index:
            yield Problem(f"{where}.text", "Another button has this label already.")
        if button.kind == "link":
            yield from _link(where, button)
        elif button.kind == "phone" and not re.fullmatch(r"\+\d{5,19}", button.target):
            clean = clean_phone(button.target)
            fix = f"Use {clean}" if re.fullmatch(r"\+\d{5,19}", clean) else ""
            sentence = "The number with its country code, such as +34960130220."
            yield Problem(f"{where}.target", sentence, fix, "plain_phones" if fix else "")
    yield from _counts(draft.buttons)


def _label(where: str, text: str) -> Iterator[Problem]:
    if not text.strip():
        yield Problem(f"{where}.text", "Give the button a label.")
    elif text != plain(text) or _LOST_BRACES.search(text):
        sentence = "A label has no emoji, no variables and no formatting."
        yield Problem(f"{where}.text", sentence, "Make it plain", "plain_labels")
    elif len(text) > drafts.LONGEST_LABEL:
        yield Problem(f"{where}.text", _too_long(len(text), drafts.LONGEST_LABEL))


def _link(where: str, button: DraftButton) -> Iterator[Problem]:
    url, names = button.target, drafts.names_in(button.target)
    if not re.match(r"https?://[^\s/]+\.[^\s/]+", url) or " " in url:
        fix = "Add https://" if re.match(r"[\w-]+(\.[\w-]+)+(/\S*)?$", url) else ""
        sentence = "A whole address, such as https://example.com/orders."
        yield Problem(f"{where}.target", sentence, fix, "https" if fix else "")
    elif len(url) > LONGEST_LINK:
        yield Problem(f"{where}.target", _too_long(len(url), LONGEST_LINK))
    elif names != names[:1] or (names and not url.endswith("{{1}}")):
        sentence = "An address takes one variable, {{1}}, at its very end."
        yield Problem(f"{where}.target", sentence, "Move it to the end", "link_end")
    elif names and not button.example.strip():
        yield Problem(f"{where}.example", "Give an example for the end of the link.")
    elif names and re.search(r"[\s{}]", button.example):
        yield Problem(f"{where}.example", "No spaces and no braces here.")


def clean_phone(number: str) -> str:
    """+34 960 13 02 20 is +34960130220; 00 is a plus."""
    digits = re.sub(r"[^\d]", "", number)
    return "+" + (digits.removeprefix("00") if not number.strip().startswith("+") else digits)


def _counts(buttons: list[DraftButton]) -> Iterator[Problem]:
    kinds = [each.kind for each in buttons]
    for kind, most, words in (("link", MOST_LINKS, "2 links"), ("phone", MOST_PHONES, "1 phone")):
        if kinds.count(kind) > most:  # pyright: ignore[reportArgumentType]
            yield Problem("buttons", f"Meta takes {words} at most.")
    if len(buttons) > drafts.MOST_BUTTONS:
        yield Problem("buttons", "Meta takes 10 buttons at most.")
