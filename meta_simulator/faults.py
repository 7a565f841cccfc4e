"""Things that go wrong on purpose."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from meta_simulator.errors import MESSAGE_ERRORS
from meta_simulator.world import Json

ALWAYS = -1
CODES = ("fail_code", "refuse_code")


@dataclass(slots=True)
class Faults:
    """Each switch is off (0), on until switched off (-1), or on for the next n times (n)."""

    duplicate_webhooks: int = 0
    repeated_webhooks: int = 0
    late_webhooks: int = 0
    statuses_out_of_order: int = 0
    send_500: int = 0
    timeout_after_accept: int = 0
    cut_after_accept: int = 0
    pair_limit: int = 0
    throughput: int = 0
    token_expired: int = 0
    reject_templates: int = 0
    hold_templates: int = 0
    batch: int = 0
    media_404: int = 0
    corrupt_signature: int = 0
    window_sync: int = 0
    dashed_language: int = 0
    fail_code: int = 0
    refuse_code: int = 0

    def take(self, name: str) -> bool:
        """True if the switch is on; uses up one of a limited number."""
        left = getattr(self, name)
        if left > 0:
            setattr(self, name, left - 1)
        return left != 0

    def update(self, changes: dict[str, Any]) -> None:
        """Set switches by name: true, false or a number of times.

        `fail_code` and `refuse_code` are error codes, 0 for none. Raises ValueError for an
        unknown name or a value of another kind.
        """
        known = {f.name for f in fields(self)}
        for name, value in changes.items():
            if name not in known or not isinstance(value, int):
                raise ValueError(f"unknown fault or bad value: {name}")
            if name in CODES and value and value not in MESSAGE_ERRORS:
                raise ValueError(f"unknown fault: there is no error code {value}")
        for name, value in changes.items():
            setattr(self, name, ALWAYS if value is True else int(value))

    def as_json(self) -> Json:
        """true, false, or the number of times left."""
        words: dict[int, bool] = {0: False, ALWAYS: True}
        values = asdict(self)
        return {k: v if k in CODES else words.get(v, v) for k, v in values.items()}
