"""The one clock. In demo and tests it can be moved; everywhere else it is the real time."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from illumichat_app.config import settings

_offset = timedelta(0)
_seen = 0
_frozen: datetime | None = None


def now() -> datetime:
    """The present moment, aware, in UTC."""
    if _frozen is not None:
        return _frozen
    return datetime.now(UTC) + offset()


def offset() -> timedelta:
    """How far the demo clock is ahead of real time; the simulator writes it to a file.

    The file is looked at on each call and read only when it changed: a stat costs about 1 us.
    """
    global _offset, _seen
    path = settings().clock_file
    if not path:
        return timedelta(0)
    try:
        changed = os.stat(path).st_mtime_ns
    except FileNotFoundError:
        return timedelta(0)
    if changed != _seen:
        _offset, _seen = timedelta(seconds=float(Path(path).read_text() or 0)), changed
    return _offset


def freeze(moment: datetime | None) -> None:
    """Stand still at a moment (tests); None lets time run again."""
    global _frozen
    _frozen = moment
