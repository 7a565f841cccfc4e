"""What Meta demands of a new template."""

import re
from itertools import pairwise
from typing import Any

import orjson

from meta_simulator import template_codes
from meta_simulator.call import Call
from meta_simulator.errors import GraphError, bad_param, template_error
from meta_simulator.shapes import as_list, child, children
from meta_simulator.template_send import VARIABLE, variables
from meta_simulator.world import Json, Template

NAME = re.compile(r"^[a-z0-9_]{1,512}$")
LANGUAGE = re.compile(r"^[a-z]{2,3}(_[A-Z]{2,3})?$")
NAMED = re.compile(r"^[a-z][a-z0-9_]*$")
CATEGORIES = ("UTILITY", "MARKETING", "AUTHENTICATION")
FORMATS = ("TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION")
BUTTON_LIMITS = {"QUICK_REPLY": 10, "URL": 2, "PHONE_NUMBER": 1, "COPY_CODE": 1}


def new_template(call: Call) -> Template:
    """A checked template, waiting for review. Raises code 100, mostly with a subcode."""
    name, language = call.required("name"), call.required("language")
    category = call.required("category").upper()
    if not NAME.match(name):
        raise bad_param("Param name must have only lowercase letters, digits and underscores.")
    if not LANGUAGE.match(language):
        raise bad_param(f"Param language must be a supported language code - got {language!r}.")
    if category not in CATEGORIES:
        raise bad_param(f"Param category must be one of {{{', '.join(CATEGORIES)}}}.")
    style = (call.text("parameter_format") or "POSITIONAL").upper()
    components = _components(call.params.get("components"))
    check_components(components, category, style)
    if category == "AUTHENTICATION":
        components = template_codes.written(components)
    template = Template(
        call.core.world.new_id("88"), call.node, name, language, category, components, "PENDING"
    )
    template.parameter_format, template.created = style, call.core.clock.now()
    if call.text("message_send_ttl_seconds"):
        template.ttl = int(call.text("message_send_ttl_seconds"))
    return template


def check_components(components: list[Json], category: str, style: str) -> None:
    """Each part by its own rule. Raises code 100."""
    kinds = [str(c.get("type", "")).upper() for c in components]
    if len(set(kinds)) != len(kinds):
        raise bad_param("Each component type may appear only once.")
    if "BODY" not in kinds:
        raise bad_param("Param components must have a BODY.")
    for component, kind in zip(components, kinds, strict=True):
        if kind not in _CHECKS:
            raise bad_param(f"Param components[]['type'] is not valid: {kind}")
        if category != "AUTHENTICATION":
            _CHECKS[kind](component, style)
        else:
            template_codes.check(component, kind)


def _header(part: Json, style: str) -> None:
    kind = str(part.get("format", "")).upper()
    if kind not in FORMATS:
        raise template_error(2388047, "Invalid header format", "The header format is not valid.")
    if kind in ("IMAGE", "VIDEO", "DOCUMENT"):
        if not child(part, "example").get("header_handle"):
            raise _no_example("HEADER")
        return
    if kind == "TEXT":
        text = _text(part, "header", 60, 2388047)
        _check_variables(part, text, "header", style)
        if len(variables(text)) > 1:
            raise template_error(2388047, "Invalid header", "A header takes one variable at most.")


def _body(part: Json, style: str) -> None:
    text = _text(part, "body", 1024, 2388072)
    stripped = text.strip()
    if stripped.startswith("{{") or stripped.endswith("}}"):
        raise template_error(
            2388299,
            "Variables can't be at the start or end of the template",
            "This template contains variables at the start or at the end.",
        )
    _check_variables(part, text, "body", style)
    count = len(variables(text))
    words = len(re.findall(r"\w+", VARIABLE.sub(" ", text)))
    if count and words < count + 1:
        raise template_error(
            2388293,
            "This template has too many variables for its length",
            "Reduce the number of variables or make the message longer.",
        )


def _footer(part: Json, style: str) -> None:
    del style
    if variables(_text(part, "footer", 60, 2388073)):
        raise template_error(2388073, "Invalid footer", "Variables are not allowed in a footer.")


def _buttons(part: Json, style: str) -> None:
    del style
    buttons = children(part, "buttons")
    kinds = [str(b.get("type", "")).upper() for b in buttons]
    if not 1 <= len(buttons) <= 10:
        raise bad_param("A template takes 1 to 10 buttons.")
    for kind, limit in BUTTON_LIMITS.items():
        if kinds.count(kind) > limit:
            raise bad_param(f"A template takes {limit} buttons of type {kind} at most.")
    if sum(a != b for a, b in pairwise([k == "QUICK_REPLY" for k in kinds])) > 1:
        raise bad_param("Quick reply buttons must stand together.")
    for button, kind in zip(buttons, kinds, strict=True):
        _button(button, kind)


def _button(button: Json, kind: str) -> None:
    if kind not in ("COPY_CODE", "OTP"):
        text = str(button.get("text", ""))
        if not text or len(text) > 25:
            raise template_error(
                2388040, "Character limit exceeded", "A button label has 1 to 25 characters."
            )
    url = str(button.get("url", ""))
    if kind == "URL":
        _check_url(button, url)
    if kind == "PHONE_NUMBER" and len(str(button.get("phone_number", ""))) not in range(5, 21):
        raise bad_param("The phone number of a button is not valid.")


def _check_url(button: Json, url: str) -> None:
    if not url.startswith(("https://", "http://")) or len(url) > 2000:
        raise bad_param("The URL of a button is not valid.")
    if not variables(url):
        return
    if not url.endswith("}}") or len(variables(url)) > 1:
        raise bad_param("A URL takes one variable, at its end.")
    if not button.get("example"):
        raise _no_example("BUTTONS")


_CHECKS = {"HEADER": _header, "BODY": _body, "FOOTER": _footer, "BUTTONS": _buttons}


def _text(part: Json, name: str, limit: int, subcode: int) -> str:
    text = part.get("text")
    if not isinstance(text, str) or not text.strip():
        raise template_error(subcode, f"Invalid {name}", f"The {name} needs a text.")
    if len(text) > limit:
        raise template_error(
            2388040, "Character limit exceeded", f"The {name} has more than {limit} characters."
        )
    return text


def _check_variables(part: Json, text: str, where: str, style: str) -> None:
    names = variables(text)
    subcode = 2388072 if where == "body" else 2388047
    if text.count("{{") != text.count("}}") or "}}{{" in text.replace(" ", ""):
        raise template_error(subcode, "Invalid variables", "Variables must not touch each other.")
    if not names:
        if "{{" in text:
            raise template_error(subcode, "Invalid variables", "A variable has no valid name.")
        return
    if style == "NAMED":
        if not all(NAMED.match(name) for name in names):
            raise template_error(subcode, "Invalid variables", "Variable names are lowercase.")
    elif names != [str(i + 1) for i in range(len(names))]:
        raise template_error(subcode, "Invalid variables", "Variables must count from {{1}}.")
    _check_example(part, where, style, len(names))


def _check_example(part: Json, where: str, style: str, count: int) -> None:
    example = child(part, "example")
    named = style == "NAMED"
    given = as_list(example.get(f"{where}_text{'_named_params' if named else ''}"))
    if where == "body" and not named:
        # Positional examples of a body are a list in a list; those of a header are not.
        given = as_list(given[0]) if given else []
    if len(given) != count:
        raise _no_example(where.upper())


def _no_example(where: str) -> GraphError:
    return GraphError(
        400,
        100,
        "Invalid parameter",
        subcode=2388043,
        user_title="Message template is missing expected field(s)",
        user_message=f"component of type {where} is missing expected field(s) (example)",
    )


def _components(value: Any) -> list[Json]:
    try:
        found: Any = orjson.loads(value) if isinstance(value, str) else value
    except orjson.JSONDecodeError:
        found = None
    if not (parts := children({"parts": found}, "parts")):
        raise bad_param("The parameter components is required.")
    return parts
