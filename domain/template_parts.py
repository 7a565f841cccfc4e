"""A template's parts, its variables, and the message they make once filled in. Pure.

Source: Meta, template components; sending template messages.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, cast

from integrations.whatsapp.fields import (
    Json,
    optional_record,
    optional_text,
    records,
    storable_text,
)
from models import Template

LONGEST_HEADER = 60
LONGEST_BODY = 1024
LONGEST_LINK = 2000
LONGEST_CODE = 15
MEDIA_HEADERS = frozenset({"image", "video", "document"})

_VARIABLE = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
_UGLY = re.compile(r"[\x00-\x1f\x7f]| {5,}")
_CATEGORIES = {
    "MARKETING": "Marketing",
    "UTILITY": "Utility",
    "AUTHENTICATION": "Verification code",
}
_BUTTONS = {
    "QUICK_REPLY": "reply",
    "URL": "link",
    "PHONE_NUMBER": "phone",
    "COPY_CODE": "coupon",
    "OTP": "code",
    "REQUEST_CONTACT_INFO": "contact",
    "VOICE_CALL": "call",
}
_PARTS = frozenset({"HEADER", "BODY", "FOOTER", "BUTTONS"})
_CODE_BODY = "*{{1}}* is your verification code."


@dataclass(frozen=True)
class Button:
    """`kind` is reply, link, phone, coupon, code, contact or call; `detail` the link or number."""

    text: str
    kind: str
    detail: str = ""


@dataclass(frozen=True)
class Variable:
    """A value to fill in. `key` names it in the values: header.1, body.first_name, button.0."""

    key: str
    label: str
    example: str = ""
    value: str = ""  # prefilled from what is known of the customer
    longest: int = LONGEST_BODY

    @property
    def name(self) -> str:
        """Its name or number in the template."""
        return self.key.partition(".")[2]


@dataclass(frozen=True)
class Choice:
    """A template as the composer offers it; `problem` says why it cannot be sent, if so."""

    id: int = 0
    name: str = ""
    language: str = ""
    category: str = ""
    header_kind: str = ""  # text, image, video, document, or empty; the media ones need a file
    header: str = ""
    body: str = ""
    footer: str = ""
    buttons: list[Button] = field(default_factory=list[Button])
    variables: list[Variable] = field(default_factory=list[Variable])
    named: bool = False
    problem: str = ""

    @property
    def needs_file(self) -> bool:
        return self.header_kind in MEDIA_HEADERS


@dataclass(frozen=True)
class Preview:
    """The message as the phone shows it. `problems`: what is wrong, by the variable's key."""

    header_kind: str
    header: str
    body: str
    footer: str
    buttons: list[Button]
    problems: dict[str, str]


class Person(NamedTuple):
    """What is known of the customer, to fill in for the agent."""

    name: str = ""
    phone: str = ""
    email: str = ""
    username: str = ""


# ---- reading


def choice(template: Template, person: Person) -> Choice:
    """The parts of a template, with values filled in where the customer's are known."""
    parts = _parts(template)
    header = parts.get("HEADER", optional_record(None))
    body = optional_text(parts.get("BODY", optional_record(None)), "text") or ""
    if template.category == "AUTHENTICATION":
        body = body or _CODE_BODY
    buttons = records(parts.get("BUTTONS", optional_record(None)).get("buttons"))
    read = Choice(
        id=template.id,
        name=template.name,
        language=template.language,
        category=_CATEGORIES.get(template.category, template.category.capitalize()),
        header_kind=(optional_text(header, "format") or ("text" if header else "")).lower(),
        header=optional_text(header, "text") or "",
        body=body,
        footer=optional_text(parts.get("FOOTER", optional_record(None)), "text") or "",
        buttons=[_button(button, template) for button in buttons],
        named=template.parameter_format == "NAMED",
    )
    is_code = template.category == "AUTHENTICATION"
    variables = [*_text_variables(read, parts, is_code), *_button_variables(read, buttons)]
    filled = variables if is_code else [_prefilled(each, person) for each in variables]
    return replace(read, variables=filled, problem=_unsupported(template, read))


def _parts(template: Template) -> dict[str, Json]:
    return {
        (optional_text(part, "type") or "").upper(): part for part in records(template.components)
    }


def _button(button: Json, template: Template) -> Button:
    word = (optional_text(button, "type") or "").upper()
    kind = _BUTTONS.get(word, word.lower())
    if template.category == "AUTHENTICATION":
        kind = "code"
    detail = optional_text(button, "url") or optional_text(button, "phone_number") or ""
    return Button(optional_text(button, "text") or "", kind, detail)


def _unsupported(template: Template, read: Choice) -> str:
    """What needs more than words and one file is not offered here."""
    odd = _parts(template).keys() - _PARTS
    known = {"", "text", *MEDIA_HEADERS}
    if odd or read.header_kind not in known or any(b.kind not in _KINDS for b in read.buttons):
        return "It has parts that cannot be filled in here, such as a carousel or a form."
    return ""


_KINDS = frozenset(_BUTTONS.values())


def _text_variables(read: Choice, parts: Mapping[str, Json], is_code: bool) -> list[Variable]:
    found: list[Variable] = []
    for where, text, longest in (
        ("header", read.header, LONGEST_HEADER),
        ("body", read.body, LONGEST_CODE if is_code else LONGEST_BODY),
    ):
        names = _names(text)
        part = parts.get(where.upper(), optional_record(None))
        examples = _examples(optional_record(part.get("example")), where, names)
        for name, example in zip(names, examples, strict=True):
            label = "Code" if is_code else _label(name, where)
            found.append(Variable(f"{where}.{name}", label, example, longest=longest))
    return found


def _names(text: str) -> list[str]:
    """Each variable once: numbers by number, since their values are sent in that order."""
    names = list(dict.fromkeys(_VARIABLE.findall(text)))
    return sorted(names, key=int) if all(name.isdigit() for name in names) else names


def _label(name: str, where: str) -> str:
    words = f"{{{{{name}}}}}" if name.isdigit() else name.replace("_", " ").capitalize()
    return f"Header {words}" if where == "header" else words


def _examples(example: Json, where: str, names: Sequence[str]) -> list[str]:
    """Meta: header_text ["x"], body_text [["x", "y"]], and named ones beside their names."""
    named = {
        optional_text(item, "param_name"): optional_text(item, "example") or ""
        for item in records(example.get(f"{where}_text_named_params"))
    }
    if named:
        return [named.get(name, "") for name in names]
    given = _items(example.get(f"{where}_text"))
    row = _items(given[0]) or given if given else []
    return [*map(str, row), *[""] * len(names)][: len(names)]


def _items(value: object) -> list[object]:
    return cast(list[object], value) if isinstance(value, list) else []


def _button_variables(read: Choice, buttons: Sequence[Json]) -> list[Variable]:
    found: list[Variable] = []
    for index, (button, shown) in enumerate(zip(buttons, read.buttons, strict=True)):
        example = button.get("example") or ""
        first = str(next(iter(_items(example)), example))
        if shown.kind == "coupon":
            found.append(Variable(f"button.{index}", "Code to copy", first, longest=LONGEST_CODE))
        elif shown.kind == "link" and _VARIABLE.search(shown.detail):
            start = _VARIABLE.split(shown.detail)[0]
            end, label = first.removeprefix(start), f"End of the link “{shown.text}”"
            found.append(Variable(f"button.{index}", label, end, longest=LONGEST_LINK))
    return found


# ---- values of the customer

_FIRST_NAMES = re.compile(
    r"^((first|customer|client|contact|given)_?)?(name|nombre|nome|vorname|prenom|imie)$"
)
_FULL_NAMES = frozenset({"full_name", "fullname", "complete_name"})


def _prefilled(variable: Variable, person: Person) -> Variable:
    """The first value is a name in nearly every template; a number in its example says it's not."""
    name = variable.name.lower()
    first = person.name.split()[0] if person.name.split() else ""
    known = {
        **dict.fromkeys(_FULL_NAMES, person.name),
        **dict.fromkeys(("phone", "phone_number", "mobile"), person.phone),
        **dict.fromkeys(("email", "e_mail", "email_address"), person.email),
        "username": person.username,
    }
    leads = variable.key == "body.1" and not re.search(r"\d", variable.example)
    value = first if leads or _FIRST_NAMES.match(name) else known.get(name, "")
    return replace(variable, value=value[: variable.longest])


# ---- filling in


def preview(choice: Choice, values: Mapping[str, Any]) -> Preview:
    """The message with these values; what is missing stays as its placeholder."""
    words = _words(choice, values)
    problems = {
        each.key: problem for each in choice.variables if (problem := _wrong(each, words[each.key]))
    }
    header, body = _filled("header", choice.header, words), _filled("body", choice.body, words)
    for key, text, longest in (("header", header, LONGEST_HEADER), ("body", body, LONGEST_BODY)):
        if len(text) > longest:
            problems[key] = f"With these values it has {len(text)} characters; {longest} may be."
    buttons = [
        replace(button, detail=_link(button, words.get(f"button.{index}", "")))
        for index, button in enumerate(choice.buttons)
    ]
    return Preview(choice.header_kind, header, body, choice.footer, buttons, problems)


def _words(choice: Choice, values: Mapping[str, Any]) -> dict[str, str]:
    given = {each.key: values.get(each.key) for each in choice.variables}
    return {
        key: storable_text(value).strip() if isinstance(value, str) else ""
        for key, value in given.items()
    }


def first_problem(choice: Choice, shown: Preview) -> str:
    """The first thing to mend, as a sentence that names it; empty when nothing is."""
    labels = {each.key: each.label for each in choice.variables}
    labels |= {"header": "The header", "body": "The text"}
    return next((f"{labels[key]}: {words}" for key, words in shown.problems.items()), "")


def _wrong(variable: Variable, value: str) -> str:
    """What Meta refuses in a value (Meta: error codes 132000, 132012, 132018)."""
    if not value:
        return "Fill this in."
    if _UGLY.search(value):
        return "Line breaks, tabs and more than four spaces in a row are not allowed."
    if len(value) > variable.longest:
        return f"At most {variable.longest} characters; this has {len(value)}."
    if variable.key.startswith("button.") and " " in value:
        return "Spaces are not allowed here."
    return ""


def _filled(where: str, text: str, words: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: words.get(f"{where}.{found[1]}") or found[0], text)


def _link(button: Button, word: str) -> str:
    if button.kind == "code":
        return ""
    return _VARIABLE.sub(lambda found: word or found[0], button.detail) or word


def components(choice: Choice, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is sent beside the name. A header's file is added once Meta has it."""
    values = _words(choice, values)
    texts = [
        {"type": where, "parameters": parameters}
        for where in ("header", "body")
        if (parameters := _parameters(choice, where, values))
    ]
    return [*texts, *_button_components(choice, values)]


def _parameters(choice: Choice, where: str, values: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {"type": "text"}
        | ({"parameter_name": each.name} if choice.named else {})
        | {"text": values[each.key]}
        for each in choice.variables
        if each.key.startswith(f"{where}.")
    ]


def _button_components(choice: Choice, values: Mapping[str, str]) -> list[dict[str, Any]]:
    """A verification code goes into its button once more (Meta: authentication templates)."""
    made: list[dict[str, Any]] = []
    for index, button in enumerate(choice.buttons):
        code = button.kind == "code"
        value = values.get("body.1" if code else f"button.{index}", "")
        if not value:
            continue
        coupon = button.kind == "coupon"
        parameter = {"type": "coupon_code", "coupon_code": value}
        parameter = parameter if coupon else {"type": "text", "text": value}
        kind = "copy_code" if coupon else "url"
        made.append(
            {"type": "button", "sub_type": kind, "index": str(index), "parameters": [parameter]}
        )
    return made
