"""Reads JSON of any shape without tripping."""

from typing import Any, cast

from meta_simulator.world import Json


def child(node: Json, name: str) -> Json:
    """The object under a name, or an empty one."""
    value = node.get(name)
    return cast(Json, value) if isinstance(value, dict) else {}


def children(node: Json, name: str) -> list[Json]:
    """The objects in the list under a name; what is not an object is left out."""
    return [item for item in as_list(node.get(name)) if isinstance(item, dict)]


def as_list(value: Any) -> list[Any]:
    """A list as it is, anything else as an empty one."""
    return cast(list[Any], value) if isinstance(value, list) else []


def as_object(value: Any) -> Json | None:
    """An object as it is, anything else as None."""
    return cast(Json, value) if isinstance(value, dict) else None
