"""Arguments that fit a handler's annotations and aim at another company's rows."""

import dataclasses
import inspect
import types
import typing
from collections.abc import Iterator
from enum import Enum
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pydantic import BaseModel
from reflex_components_core.core._upload import UploadChunk, UploadChunkIterator

WORDS = ("admin", "agent", "forged", "UTC", "")
FORM = {
    "name": "Forged",
    "role": "admin",
    "email": "forged@demo.test",
    "time_zone": "Asia/Tokyo",
    "text": "forged text",
    "current": "correct horse battery",
    "new": "a forged password",
}


def attempts(function: Any, ids: list[int]) -> Iterator[dict[str, Any]]:
    """One set of arguments for each id, with the words in turn."""
    hints = get_type_hints(function)
    names = list(inspect.signature(function).parameters)[1:]
    rounds = max(len(ids), len(WORDS)) if names else 1
    for turn in range(rounds):
        yield {name: value(hints[name], ids[turn % len(ids)], turn) for name in names}


def value(hint: Any, number: int, turn: int) -> Any:
    """A value of this kind. Raises TypeError for a kind it does not know yet: add it here."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any or hint is int:
        return number
    if hint is str:
        return str(number) if turn % 2 else WORDS[turn // 2 % len(WORDS)]
    if hint in (bool, float):
        return hint(1)
    if origin is Literal:
        return arguments[turn % len(arguments)]
    if origin in (typing.Union, types.UnionType):
        return value(arguments[0], number, turn)
    if origin is dict or hint is dict:
        return FORM | {key: str(number) for key in ("id", "user_id", "conversation_id")}
    if origin in (list, set, tuple) or hint in (list, set, tuple):
        return [value(arguments[0], number, turn)] if arguments else [number]
    return _object(hint, number, turn)


def _object(hint: Any, number: int, turn: int) -> Any:
    if hint is UploadChunkIterator:
        return _upload()
    if isinstance(hint, type) and issubclass(hint, Enum):
        return list(hint)[turn % len(hint)].value
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        fields = {name: field.annotation for name, field in hint.model_fields.items()}
    elif dataclasses.is_dataclass(hint) or typing.is_typeddict(hint):
        fields = get_type_hints(hint)
    else:
        raise TypeError(f"no plausible value for {hint}")
    return {name: value(kind, number, turn) for name, kind in fields.items()}


def _upload() -> UploadChunkIterator:
    """A file that has arrived whole."""
    chunks = UploadChunkIterator()
    data = b"name,phone\nForged,+34 612 55 50 14\n"
    chunks._chunks.append(
        UploadChunk(filename="forged.csv", offset=0, content_type="text/csv", data=data)
    )
    chunks._closed = True
    return chunks
