"""Deliveries that were turned away at the door: never stored, the last 200 noted in Redis.

Nobody proved who sent them, so a company is shown only those that name one of its numbers.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redis import RedisError

from domain.event_owners import Number
from illumichat_app import jobs

PLACE = "webhook:refusals"  # where illumichat_app.webhook notes them

_log = logging.getLogger(__name__)

_REASONS = {
    "signature does not match": "Its signature does not fit this number's app secret",
    "not signed": "It carried no signature",
    "too large": "It was larger than anything Meta sends",
}
_UNSIGNED = (
    "Meta signs everything, so this came from somebody else, or a proxy in front of this server "
    "removes the X-Hub-Signature-256 header."
)
_OWN_APP = (
    "Check the app secret: compare the one stored for {} with Meta's App Dashboard (App settings, "
    "Basic) and connect the number again with the right one. Meta repeats what was refused for 7 "
    "days. If the secret is right, somebody else sent this, and there is nothing to do."
)
_PLATFORM = (
    "Check the app secret: whoever runs this server compares META_APP_SECRET with Meta's App "
    "Dashboard. Meta repeats what was refused for 7 days. If the secret is right, somebody else "
    "sent this, and there is nothing to do."
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One of them, in words, with what to do about it."""

    at: datetime
    reason: str
    size: int
    number: str
    advice: str


def of(numbers: Sequence[Number]) -> list[Refusal]:
    """Those that name one of these numbers, newest first."""
    by_id = {number.phone_number_id: number for number in numbers}
    found: list[Refusal] = []
    for entry in _noted():
        named = [by_id[each] for each in entry["phone_number_ids"] if each in by_id]
        if named:
            found.append(_refusal(entry, named[0]))
    return found


def _noted() -> list[dict[str, Any]]:
    store: Any = jobs.redis()
    try:
        raw = store.lrange(PLACE, 0, -1)
    except RedisError:
        _log.warning("the refusals could not be read: Redis does not answer")
        return []
    return [json.loads(entry) for entry in raw]


def _refusal(entry: dict[str, Any], number: Number) -> Refusal:
    reason = str(entry["reason"])
    advice = _OWN_APP.format(number.display) if number.own_app else _PLATFORM
    return Refusal(
        at=datetime.fromisoformat(entry["at"]),
        reason=_REASONS.get(reason, reason),
        size=int(entry["size"]),
        number=number.display,
        advice=_UNSIGNED if reason == "not signed" else advice,
    )
