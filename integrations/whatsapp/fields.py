"""Reading one value out of Meta's JSON: the right type, storable, or `MalformedError`."""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

# PostgreSQL refuses NUL in text and lone surrogates in UTF-8; customers' names hold both.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_DEEPEST = 40
# Beyond this a browser rounds; no quantity is that large, so such a number is an id.
_LARGEST_EXACT = 2**53
_LONGEST_INTEGER = 40

Json = Mapping[str, Any]


class MalformedError(Exception):
    """An item lacks what its kind needs. The reason names the field, never its value."""


def load_json(data: bytes | str) -> object:
    """JSON with whole numbers exact; a number too long to be one stays text.

    Raises ValueError, or RecursionError for absurd nesting.
    """
    return json.loads(data, parse_int=_whole_number)


def _whole_number(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else digits


def record(value: object, name: str) -> Json:
    """`value` as a JSON object, or MalformedError."""
    if not isinstance(value, dict):
        raise MalformedError(f"{name} is not an object")
    return cast(Json, value)


def optional_record(value: object) -> Json:
    """`value` as a JSON object, or an empty one."""
    return cast(Json, value) if isinstance(value, dict) else {}


def records(value: object) -> list[Json]:
    """The objects of a JSON array; anything else is left out."""
    items = cast(list[object], value) if isinstance(value, list) else []
    return [cast(Json, item) for item in items if isinstance(item, dict)]


def text(source: Json, name: str) -> str:
    """A text or number as storable text, or MalformedError when absent or empty."""
    found = optional_text(source, name)
    if found is None:
        raise MalformedError(f"{name} is missing")
    return found


def optional_text(source: Json, name: str) -> str | None:
    """A text or whole number as storable text; None when absent, empty or of another type."""
    value = source.get(name)
    # Template ids come as JSON integers beyond 2^53.
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return storable_text(value) or None if isinstance(value, str) else None


def flag(source: Json, name: str) -> bool:
    """Whether the field is JSON true."""
    return source.get(name) is True


def moment(source: Json, name: str = "timestamp") -> datetime:
    """Seconds since 1970, as digits or integer, as aware UTC; or MalformedError."""
    found = optional_moment(source, name)
    if found is None:
        raise MalformedError(f"{name} is not a time in seconds")
    return found


def optional_moment(source: Json, name: str) -> datetime | None:
    """Seconds since 1970 as aware UTC; None when absent, not a number or past year 9999."""
    digits = optional_text(source, name) or ""
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 12):
        return None
    try:
        return datetime.fromtimestamp(int(digits), UTC)
    except ValueError:
        return None


def storable(source: Json) -> dict[str, Any]:
    """A deep copy that a JSON column takes: no NUL, lone surrogate, NaN or deep nesting."""
    return cast(dict[str, Any], _storable_value(source, _DEEPEST))


def _storable_value(value: object, depth: int) -> object:
    if depth == 0:
        raise MalformedError("nested too deeply")
    if isinstance(value, dict):
        members = cast(dict[str, object], value).items()
        return {storable_text(name): _storable_value(item, depth - 1) for name, item in members}
    if isinstance(value, list):
        return [_storable_value(item, depth - 1) for item in cast(list[object], value)]
    return _storable_scalar(value)


def _storable_scalar(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and abs(value) > _LARGEST_EXACT:
        return str(value)
    return storable_text(value) if isinstance(value, str) else value


def storable_text(value: str) -> str:
    """Without the characters a text column refuses."""
    return _UNSTORABLE.sub("", value)
