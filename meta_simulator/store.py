"""Keeps the world on disk, so that a restart forgets nothing."""

import dataclasses
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import orjson

from meta_simulator.world import App, World

WORLD = "world.json"
MEDIA = "media"


def save(folder: Path, world: World) -> None:
    """Write the world, if it changed since the last time; files once each."""
    (folder / MEDIA).mkdir(parents=True, exist_ok=True)
    for media_id, data in list(world.blobs.items()):
        file = folder / MEDIA / media_id
        if not file.exists():
            file.write_bytes(data)
    facts = {f.name: getattr(world, f.name) for f in dataclasses.fields(world)}
    del facts["blobs"]
    text = orjson.dumps(facts, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)
    target = folder / WORLD
    if not target.exists() or target.read_bytes() != text:
        aside = folder / f"{WORLD}.tmp"
        aside.write_bytes(text)
        aside.replace(target)


def load(folder: Path | None, app: App, token: str) -> World | None:
    """The world of last time, with today's app settings and token; None if there is none."""
    if folder is None or not (folder / WORLD).exists():
        return None
    world: World = _build(World, orjson.loads((folder / WORLD).read_bytes()))
    for media_id in world.media:
        file = folder / MEDIA / media_id
        world.blobs[media_id] = file.read_bytes() if file.exists() else b""
    return world if _still_ours(world, app, token) else None


def _still_ours(world: World, app: App, token: str) -> bool:
    if app.id not in world.apps or token not in world.tokens:
        return False
    world.apps[app.id] = app
    return True


def _build(kind: Any, data: Any) -> Any:
    if get_origin(kind) in (UnionType, Union):
        inner = [k for k in get_args(kind) if k is not type(None)]
        return None if data is None else _build(inner[0], data)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(**{k: _build(hints[k], v) for k, v in data.items() if k in hints})
    if get_origin(kind) is list:
        return [_build(get_args(kind)[0], item) for item in data]
    if get_origin(kind) is dict:
        return {key: _build(get_args(kind)[1], value) for key, value in data.items()}
    return data
