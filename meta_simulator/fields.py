"""The `fields` parameter and cursor paging."""

import base64
from typing import Any
from urllib.parse import urlencode

from meta_simulator.call import Call
from meta_simulator.errors import bad_param
from meta_simulator.world import Json


def pick(call: Call, node: Json, default: str, kind: str) -> Json:
    """Only the asked (or default) fields, and always the id. Raises 100 for unknown ones."""
    asked = split(call.text("fields")) or default.split()
    picked: Json = {}
    for name in asked:
        if name not in node:
            raise bad_param(f"Tried accessing nonexisting field ({name}) on node type ({kind})")
        if node[name] is not None:
            picked[name] = node[name]
    return picked | {"id": node["id"]}


def split(text: str) -> list[str]:
    """Field names at the top level: `a,b{c,d},e.x(1)` gives a, b, e."""
    names: list[str] = []
    depth, word = 0, ""
    for letter in text + ",":
        depth += (letter in "{(") - (letter in "})")
        if letter == "," and depth == 0:
            names.append(word)
            word = ""
        else:
            word += letter
    cleaned = [n.partition("{")[0].partition("(")[0].partition(".")[0].strip() for n in names]
    return [name for name in cleaned if name]


def page(call: Call, items: list[Json], default_limit: int = 25) -> Json:
    """One page with cursors; `next` and `previous` only where there is more."""
    limit = _limit(call, default_limit)
    start, end = _bounds(call, len(items), limit)
    shown = items[start:end]
    if not shown:
        return {"data": []}
    paging: Json = {"cursors": {"before": cursor(start), "after": cursor(end - 1)}}
    if end < len(items):
        paging["next"] = _link(call, limit, "after", cursor(end - 1))
    if start > 0:
        paging["previous"] = _link(call, limit, "before", cursor(start))
    return {"data": shown, "paging": paging}


def cursor(position: int) -> str:
    """An opaque mark of a position."""
    return base64.urlsafe_b64encode(f"c{position}".encode()).decode().rstrip("=")


def _bounds(call: Call, total: int, limit: int) -> tuple[int, int]:
    if before := call.text("before"):
        end = _position(before)
        return max(0, end - limit), end
    start = _position(call.text("after")) + 1 if call.text("after") else 0
    return start, min(total, start + limit)


def _limit(call: Call, default: int) -> int:
    text = call.text("limit")
    if not text:
        return default
    if not text.isdigit() or int(text) < 1:
        raise bad_param("Invalid parameter: limit")
    return min(int(text), 1000)


def _position(mark: str) -> int:
    try:
        text = base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4)).decode()
        return int(text.removeprefix("c"))
    except (ValueError, UnicodeDecodeError):
        raise bad_param("Invalid cursor") from None


def _link(call: Call, limit: int, name: str, mark: str) -> str:
    kept: dict[str, Any] = {
        k: v
        for k, v in call.params.items()
        if k not in ("after", "before", "limit", "access_token", "appsecret_proof")
    }
    query = urlencode(kept | {"limit": limit, name: mark})
    return f"{call.base_url}{call.request.url.path}?{query}"
