"""A template as an admin writes it, and what Meta is sent of it. Pure.

Source: Meta, template components; authentication templates.
"""

import re
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from domain import template_parts, template_words
from domain.template_parts import Person
from integrations.whatsapp.fields import optional_text, records, storable_text
from models import Template

Category = Literal["UTILITY", "MARKETING", "AUTHENTICATION"]
ButtonKind = Literal["reply", "link", "phone"]
LONGEST_NAME, LONGEST_LABEL, LONGEST_PHONE = 512, 25, 20
LONGEST_FOOTER = 60
# Beyond Meta's limits, so that what is too long can be seen and shortened.
MOST_TYPED = 4000
VARIABLE_WHOLE = r"\{\{(?:\d+|[a-z][a-z0-9_]*)\}\}"
VARIABLE = re.compile(r"\{\{(\d+|[a-z][a-z0-9_]*)\}\}")


@dataclass(frozen=True)
class DraftButton:
    """`target` is the link or the number, `example` what stands for the link's variable."""

    kind: ButtonKind = "reply"
    text: str = ""
    target: str = ""
    example: str = ""


@dataclass(frozen=True)
class Draft:
    """`template` is the row that is changed, 0 for a new one; `approved` locks its category.

    `examples` by place and name: header.1, body.first_name.
    """

    template: int = 0
    approved: bool = False
    name: str = ""
    category: Category = "UTILITY"
    language: str = "en_US"
    header: str = ""
    body: str = ""
    footer: str = ""
    examples: dict[str, str] = field(default_factory=dict[str, str])
    buttons: list[DraftButton] = field(default_factory=list[DraftButton])
    advice: bool = True  # authentication: “do not share this code”
    minutes: str = "10"  # authentication: how long the code is good for; empty: not said


@dataclass(frozen=True)
class Slot:
    """A variable of the draft and the example that stands for it."""

    key: str
    label: str
    example: str = ""


def names_in(text: str) -> list[str]:
    """The variables of a text, each once, in the order they stand there."""
    return list(dict.fromkeys(VARIABLE.findall(text)))


def slots(draft: Draft) -> list[Slot]:
    """The variables that need an example."""
    if draft.category == "AUTHENTICATION":
        return []
    return [
        Slot(f"{place}.{name}", _label(place, name), draft.examples.get(f"{place}.{name}", ""))
        for place, text in (("header", draft.header), ("body", draft.body))
        for name in names_in(text)
    ]


def _label(place: str, name: str) -> str:
    return f"Header {{{{{name}}}}}" if place == "header" else f"{{{{{name}}}}}"


def is_named(draft: Draft) -> bool:
    """Whether its variables have names; else numbers."""
    found = names_in(f"{draft.header} {draft.body}")
    return any(not name.isdigit() for name in found)


# ---- what Meta is sent


def payload(draft: Draft) -> dict[str, Any]:
    """The body of a create call."""
    style = "NAMED" if is_named(draft) else "POSITIONAL"
    return {
        "name": draft.name,
        "language": draft.language,
        "category": draft.category,
        "components": components(draft),
    } | ({} if draft.category == "AUTHENTICATION" else {"parameter_format": style})


def components(draft: Draft) -> list[dict[str, Any]]:
    """Header, body, footer and buttons, as far as they are there."""
    if draft.category == "AUTHENTICATION":
        return _code_components(draft)
    made = [_text_part(draft, "body", draft.body)]
    if draft.header:
        made.insert(0, _text_part(draft, "header", draft.header) | {"format": "TEXT"})
    if draft.footer:
        made.append({"type": "FOOTER", "text": draft.footer})
    if draft.buttons:
        made.append({"type": "BUTTONS", "buttons": [_button(each) for each in draft.buttons]})
    return made


def _text_part(draft: Draft, place: str, text: str) -> dict[str, Any]:
    part: dict[str, Any] = {"type": place.upper(), "text": text}
    names = names_in(text)
    values = [draft.examples.get(f"{place}.{name}", "") for name in names]
    if names and is_named(draft):
        given = [{"param_name": n, "example": v} for n, v in zip(names, values, strict=True)]
        part["example"] = {f"{place}_text_named_params": given}
    elif names:
        # A list in a list for the body, but not for the header.
        part["example"] = {f"{place}_text": [values] if place == "body" else values}
    return part


def _button(button: DraftButton) -> dict[str, Any]:
    if button.kind == "reply":
        return {"type": "QUICK_REPLY", "text": button.text}
    if button.kind == "phone":
        return {"type": "PHONE_NUMBER", "text": button.text, "phone_number": button.target}
    made: dict[str, Any] = {"type": "URL", "text": button.text, "url": button.target}
    if names_in(button.target):
        made["example"] = [VARIABLE.sub(lambda _: button.example, button.target)]
    return made


def _code_components(draft: Draft) -> list[dict[str, Any]]:
    """Meta's own words in its own form: nothing of it is written here."""
    made: list[dict[str, Any]] = [
        {"type": "BODY", "add_security_recommendation": draft.advice},
        {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE"}]},
    ]
    if draft.minutes:
        made.insert(1, {"type": "FOOTER", "code_expiration_minutes": int(draft.minutes)})
    return made


# ---- a draft made of a template

_KINDS: dict[str, ButtonKind] = {"reply": "reply", "link": "link", "phone": "phone"}


def from_template(row: Template) -> tuple[Draft, str]:
    """What can be written here of a template, and a sentence on what cannot."""
    read = template_parts.choice(row, Person())
    is_code = row.category == "AUTHENTICATION"
    examples = {each.key: each.example for each in read.variables}
    buttons = [
        DraftButton(_KINDS[each.kind], each.text, each.detail, examples.get(f"button.{index}", ""))
        for index, each in enumerate(read.buttons)
        if each.kind in _KINDS
    ]
    made = Draft(
        name=row.name,
        category=_category(row.category),
        language=row.language,
        header=read.header if read.header_kind == "text" else "",
        body=read.body,
        footer=read.footer,
        examples={k: v for k, v in examples.items() if not k.startswith("button.")},
        buttons=buttons,
    )
    if is_code:
        made = replace(_code_draft(row, made), header="", body="", footer="", buttons=[])
    lost = read.problem or read.needs_file or len(buttons) < len(read.buttons)
    return made, "" if is_code or not lost else LEFT_OUT


LEFT_OUT = (
    "This template has parts that cannot be written here, such as a picture or a form. They are "
    "left out."
)


def _category(code: str) -> Category:
    return {"MARKETING": "MARKETING", "AUTHENTICATION": "AUTHENTICATION"}.get(code, "UTILITY")  # pyright: ignore[reportReturnType]


def _code_draft(row: Template, draft: Draft) -> Draft:
    parts = {(optional_text(p, "type") or "").upper(): p for p in records(row.components)}
    minutes = optional_text(parts.get("FOOTER", {}), "code_expiration_minutes") or ""
    advice = parts.get("BODY", {}).get("add_security_recommendation") is True
    return replace(draft, minutes=minutes, advice=advice, examples={})


# ---- a draft kept in the browser

_reader = TypeAdapter(Draft)


def to_text(draft: Draft) -> str:
    """For the browser's own storage."""
    return _reader.dump_json(draft).decode()


def from_text(kept: str) -> Draft | None:
    """What the browser kept; None for anything that is no draft."""
    try:
        return cleaned(_reader.validate_json(kept))
    except (ValidationError, ValueError):
        return None


def cleaned(draft: Draft) -> Draft:
    """Storable, and no longer than a form can be."""
    words = {
        name: storable_text(getattr(draft, name))[:MOST_TYPED]
        for name in ("name", "header", "body", "footer", "language", "minutes")
    }
    examples = {key[:100]: _short(value) for key, value in list(draft.examples.items())[:100]}
    buttons = [
        DraftButton(each.kind, _short(each.text), _short(each.target), _short(each.example))
        for each in draft.buttons[:MOST_BUTTONS]
    ]
    return replace(draft, examples=examples, buttons=buttons, **words)


MOST_BUTTONS = 10


def _short(words: str) -> str:
    return storable_text(words)[:MOST_TYPED]


# ---- how the phone shows it


@dataclass(frozen=True)
class Piece:
    """Some words of the body; `strong` ones are values, or bold."""

    words: str
    strong: bool = False


@dataclass(frozen=True)
class PhoneView:
    """The message with its examples filled in."""

    header: str = ""
    pieces: list[Piece] = field(default_factory=list[Piece])
    footer: str = ""
    buttons: list[DraftButton] = field(default_factory=list[DraftButton])


_STRONG = re.compile(r"\*?\{\{(\d+|[a-z][a-z0-9_]*)\}\}\*?|\*([^*\s][^*\n{}]*)\*")


def phone_view(draft: Draft) -> PhoneView:
    """What is not filled in yet stays as its placeholder."""
    if draft.category == "AUTHENTICATION":
        return _code_view(draft)
    return PhoneView(
        header=_filled(draft, "header", draft.header),
        pieces=_pieces(draft),
        footer=draft.footer,
        buttons=draft.buttons,
    )


def _filled(draft: Draft, place: str, text: str) -> str:
    return VARIABLE.sub(lambda v: draft.examples.get(f"{place}.{v[1]}") or v[0], text)


def _pieces(draft: Draft) -> list[Piece]:
    found: list[Piece] = []
    end = 0
    for each in _STRONG.finditer(draft.body):
        found.append(Piece(draft.body[end : each.start()]))
        name, bold = each[1], each[2]
        shown = (draft.examples.get(f"body.{name}") or f"{{{{{name}}}}}") if name else bold
        found.append(Piece(shown, strong=True))
        end = each.end()
    return [piece for piece in [*found, Piece(draft.body[end:])] if piece.words]


_CODE = "123456"
# Meta writes these itself, in the language of the template; its words may differ a little.
_CODE_WORDS = {
    "en": (
        " is your verification code.",
        " For your security, do not share this code.",
        "This code expires in {} minutes.",
        "Copy code",
    ),
    "es": (
        " es tu código de verificación.",
        " Por tu seguridad, no lo compartas.",
        "Este código caduca en {} minutos.",
        "Copiar código",
    ),
    "fr": (
        " est votre code de vérification.",
        " Pour votre sécurité, ne partagez pas ce code.",
        "Ce code expire dans {} minutes.",
        "Copier le code",
    ),
    "pt": (
        " é o seu código de verificação.",
        " Para sua segurança, não o compartilhe.",
        "Este código expira em {} minutos.",
        "Copiar código",
    ),
}


def _code_view(draft: Draft) -> PhoneView:
    words = _CODE_WORDS.get(draft.language[:2], _CODE_WORDS["en"])
    said, advice, expires, label = words
    pieces = [Piece(_CODE, strong=True), Piece(said + (advice if draft.advice else ""))]
    footer = expires.format(draft.minutes) if draft.minutes else ""
    return PhoneView(pieces=pieces, footer=footer, buttons=[DraftButton("reply", label)])


def languages(draft: Draft) -> dict[str, str]:
    """What can be chosen: those the product offers, and the one the draft has."""
    own = {draft.language: template_words.language(draft.language)}
    return template_words.LANGUAGES | own
