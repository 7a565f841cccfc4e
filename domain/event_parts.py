"""The part of a delivery that a workspace may see: one POST may speak of several companies."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from domain import event_owners
from domain.event_owners import Number
from integrations.whatsapp import updates
from integrations.whatsapp.fields import load_json, optional_record, storable_text
from integrations.whatsapp.updates import Update

_CHANGE = re.compile(r"entry\[(\d+)\]\.changes\[(\d+)\](?![^.])")
_Place = tuple[int, int]  # of the entry, of the change in it


@dataclass(frozen=True, slots=True)
class Part:
    """The items of a delivery that concern some numbers. `whole`: there are no others."""

    items: list[Update]
    places: frozenset[_Place]
    whole: bool

    def holds(self, path: object) -> bool:
        """Whether the item at this path is among them."""
        return _place(str(path)) in self.places


def part(body: bytes, numbers: Sequence[Number]) -> Part:
    """What of a delivery concerns these numbers."""
    items = updates.parse(body)
    mine = [update for update in items if concerned(numbers, update)]
    places = frozenset(place for update in mine if (place := _place(update.path)))
    whole = len(mine) == len(items) and _all_places(body) <= places
    return Part(mine, places, whole)


def _all_places(body: bytes) -> set[_Place]:
    """Of every change, those without an item too: an empty list still names its number."""
    try:
        entries = _list(optional_record(load_json(body)).get("entry"))
    except (ValueError, RecursionError):
        return set()
    return {
        (index, at)
        for index, entry in enumerate(entries)
        for at in range(len(_list(optional_record(entry).get("changes"))) or 1)
    }


def _list(value: object) -> list[object]:
    return cast(list[object], value) if isinstance(value, list) else []


def concerned(numbers: Iterable[Number], update: Update) -> list[Number]:
    """Those of the numbers that an item speaks of."""
    return [number for number in numbers if event_owners.concerns(number, update)]


def _place(path: str) -> _Place | None:
    found = _CHANGE.match(path)
    return (int(found[1]), int(found[2])) if found else None


def text(body: bytes, mine: Part, *, pretty: bool) -> str:
    """The delivery as stored, or only the workspace's part of it; `pretty` indents it."""
    stored = body.decode("utf-8", errors="replace")
    if mine.whole and not pretty:
        return stored
    try:
        envelope = load_json(body)
        shown = envelope if mine.whole else _cut(optional_record(envelope), mine.places)
        return storable_text(json.dumps(shown, indent=2 if pretty else None, ensure_ascii=False))
    except (ValueError, RecursionError):
        return stored if mine.whole else ""


def _cut(envelope: Mapping[str, Any], places: frozenset[_Place]) -> dict[str, Any]:
    """Only what is known to be the workspace's own is copied."""
    entries: list[dict[str, Any]] = []
    for index, entry in enumerate(_list(envelope.get("entry"))):
        known = optional_record(entry)
        changes = [
            change for at, change in enumerate(_list(known.get("changes"))) if (index, at) in places
        ]
        if changes:
            kept = {name: known[name] for name in ("id", "time") if name in known}
            entries.append(kept | {"changes": changes})
    return {"object": envelope.get("object"), "entry": entries}
