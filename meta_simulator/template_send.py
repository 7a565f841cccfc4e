"""Sending a template: does it exist, and do the values fit."""

import re

from meta_simulator.errors import GraphError, message_error
from meta_simulator.shapes import child, children
from meta_simulator.world import Json, Template, World

VARIABLE = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
UGLY = re.compile(r"[\n\r\t]| {5,}")
MEDIA_FORMATS = ("IMAGE", "VIDEO", "DOCUMENT", "LOCATION")
VALUE_TYPES = ("text", "currency", "date_time")


def find(world: World, waba_id: str, name: str, language: str) -> Template:
    """The approved template. Raises 132001, 132015 or 132016."""
    template = next(
        (
            t
            for t in world.templates.values()
            if (t.waba_id, t.name, t.language) == (waba_id, name, language)
        ),
        None,
    )
    if template is not None and template.status in ("PAUSED", "DISABLED"):
        raise message_error(132015 if template.status == "PAUSED" else 132016)
    if template is None or template.status != "APPROVED":
        raise _absent(name, language)
    return template


def render(template: Template, components: list[Json]) -> Json:
    """The message as the customer sees it. Raises 132000, 132005, 132012 or 132018."""
    rendered: Json = {"name": template.name, "language": template.language}
    for part in template.components:
        kind = str(part["type"]).upper()
        if kind == "HEADER":
            rendered["header"] = _header(template, part, components)
        elif kind == "BODY":
            rendered["body"] = _filled(template, part, "body", _values(components, "body"))
        elif kind == "FOOTER":
            rendered["footer"] = part.get("text", "")
        elif kind == "BUTTONS":
            rendered["buttons"] = _buttons(part, components)
    _check_length(rendered)
    return rendered


def variables(text: str) -> list[str]:
    """The names in `{{…}}`, each once, in order."""
    return list(dict.fromkeys(VARIABLE.findall(text)))


def _absent(name: str, language: str) -> GraphError:
    details = f"template name ({name}) does not exist in {language}"
    return message_error(132001, details)


def _values(components: list[Json], kind: str) -> list[Json]:
    return [
        value
        for component in components
        if str(component.get("type", "")).lower() == kind
        for value in children(component, "parameters")
    ]


def _header(template: Template, part: Json, components: list[Json]) -> Json:
    values = _values(components, "header")
    style = str(part.get("format", "TEXT")).upper()
    if style not in MEDIA_FORMATS:
        return {"type": "text", "text": _filled(template, part, "header", values)}
    if len(values) != 1:
        raise _count("header", 1, len(values))
    kind = str(values[0].get("type"))
    if kind != style.lower() or not child(values[0], kind):
        raise message_error(
            132012, f"header: Format mismatch, expected {style}, received {kind.upper()}"
        )
    return {"type": kind, kind: values[0][kind]}


def _filled(template: Template, part: Json, where: str, values: list[Json]) -> str:
    text = str(part.get("text", ""))
    names = variables(text)
    if len(values) != len(names):
        raise _count(where, len(names), len(values))
    words = _by_name(template, names, values) if names else {}
    return VARIABLE.sub(lambda match: words[match[1]], text)


def _by_name(template: Template, names: list[str], values: list[Json]) -> dict[str, str]:
    if template.parameter_format != "NAMED":
        return {name: _word(value) for name, value in zip(names, values, strict=True)}
    words = {str(value.get("parameter_name", "")): _word(value) for value in values}
    if absent := [name for name in names if name not in words]:
        raise GraphError(
            400,
            100,
            "(#100) Invalid parameter",
            details=f"Parameter name is missing or empty: {absent[0]}",
        )
    return words


def _word(value: Json) -> str:
    kind = str(value.get("type", "text"))
    if kind not in VALUE_TYPES:
        raise message_error(132012, f"Format mismatch, expected TEXT, received {kind.upper()}")
    word = value.get(kind) if kind == "text" else child(value, kind).get("fallback_value")
    if not isinstance(word, str) or not word:
        raise message_error(131008, "Parameter of type text is missing text value")
    if UGLY.search(word):
        raise message_error(
            132018,
            "Param text cannot have new-line/tab characters or more than 4 consecutive spaces",
        )
    return word


def _buttons(part: Json, components: list[Json]) -> list[Json]:
    buttons: list[Json] = []
    for index, button in enumerate(children(part, "buttons")):
        given = _button_values(components, index)
        needed = _needed(button)
        if needed and len(given) != 1:
            raise _count(f"button at index {index}", needed, len(given))
        buttons.append(_button(button, given))
    return buttons


def _button_values(components: list[Json], index: int) -> list[Json]:
    return [
        value
        for component in components
        if str(component.get("type", "")).lower() == "button"
        and str(component.get("index")) == str(index)
        for value in children(component, "parameters")
    ]


def _needed(button: Json) -> int:
    kind = str(button.get("type", "")).upper()
    return int(kind == "COPY_CODE" or bool(variables(str(button.get("url", "")))))


def _button(button: Json, given: list[Json]) -> Json:
    shown: Json = {"type": str(button.get("type", "")).upper(), "text": button.get("text", "")}
    if button.get("url"):
        word = str(given[0].get("text", "")) if given else ""
        shown["url"] = VARIABLE.sub(lambda _: word, str(button["url"]))
    if shown["type"] == "QUICK_REPLY":
        shown["payload"] = given[0].get("payload") if given else shown["text"]
    if button.get("phone_number"):
        shown["phone_number"] = button["phone_number"]
    return shown


def _count(where: str, expected: int, got: int) -> GraphError:
    return message_error(
        132000,
        f"{where}: number of localizable_params ({got}) does not match the expected number of "
        f"params ({expected})",
    )


def _check_length(rendered: Json) -> None:
    if len(str(rendered.get("body", ""))) > 1024:
        raise message_error(132005, "The body is longer than 1024 characters with its values.")
    header = child(rendered, "header")
    if len(str(header.get("text", ""))) > 60:
        raise message_error(132005, "The header is longer than 60 characters with its values.")
