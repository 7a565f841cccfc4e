"""The log of every request in and out, and the live feed of the page."""

import asyncio
import re
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson

from meta_simulator.shapes import as_list, as_object
from meta_simulator.world import Json

SECRET_KEYS = frozenset(
    (
        "access_token", "input_token", "client_secret", "code", "pin", "verify_token",
        "appsecret_proof", "token", "secret", "password", "hub.verify_token",
    )
)  # fmt: skip
TOKEN = re.compile(r"EAA[A-Za-z0-9_-]{4,}")
BODY_LIMIT = 20_000


@dataclass(slots=True)
class Entry:
    """One line of the log: `in` is a Graph request, `out` a webhook of ours."""

    id: int
    time: float
    direction: str
    summary: str
    method: str
    target: str
    status: int
    ms: int
    request: Any
    response: Any
    headers: dict[str, str] = field(default_factory=dict[str, str])


class Traffic:
    """Keeps the newest entries and tells listeners about news."""

    def __init__(self, size: int = 500) -> None:
        self.entries: deque[Entry] = deque(maxlen=size)
        self.listeners: dict[asyncio.Queue[Json], str] = {}
        self._count = 0

    def add(self, **values: Any) -> Entry:
        """Log one exchange; bodies are masked here and nowhere else."""
        self._count += 1
        values["request"] = masked(values["request"])
        values["response"] = masked(values["response"])
        entry = Entry(id=self._count, **values)
        self.entries.append(entry)
        if self.listeners:
            self.tell("traffic", entry=asdict(entry))
        return entry

    def tell(self, kind: str, **values: Any) -> None:
        """Send a piece of news to every open page."""
        for queue in list(self.listeners):
            if queue.full():
                self.listeners.pop(queue, None)
            else:
                queue.put_nowait({"kind": kind} | values)

    def listen(self, customer_id: str) -> asyncio.Queue[Json]:
        """A new listener; `customer_id` is the phone that is open in it."""
        queue: asyncio.Queue[Json] = asyncio.Queue(1000)
        self.listeners[queue] = customer_id
        return queue

    def is_open(self, customer_id: str) -> bool:
        """True while some page shows this customer's phone."""
        return customer_id in self.listeners.values()

    def clear(self) -> None:
        """Forget the log."""
        self.entries.clear()
        self.tell("reset")


def masked(value: Any) -> Any:
    """A copy without tokens, secrets, codes and PINs; long bodies are cut."""
    if isinstance(value, (bytes, bytearray)):
        return f"({len(value)} bytes)"
    if isinstance(value, str):
        return TOKEN.sub("EAA…", value[:BODY_LIMIT])
    if (node := as_object(value)) is not None:
        return {k: "…" if _secret(k, v) else masked(v) for k, v in node.items()}
    return [masked(item) for item in as_list(value)] or value


def _secret(key: Any, value: Any) -> bool:
    # A signup code is long; the `code` of a template language is not a secret.
    return key in SECRET_KEYS and isinstance(value, str) and (key != "code" or len(value) > 15)


def masked_query(query: str) -> str:
    """A query string without its secrets."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(k, "…" if k in SECRET_KEYS else v) for k, v in pairs], safe="…,{}")


def readable(body: bytes) -> Any:
    """A body as JSON if it is JSON, as text if it is short text, else its size."""
    if not body:
        return None
    try:
        return orjson.loads(body) if len(body) <= BODY_LIMIT else body
    except orjson.JSONDecodeError:
        return body if b"\x00" in body else body.decode(errors="replace")
