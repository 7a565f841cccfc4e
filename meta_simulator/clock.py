"""The simulator's clock: real time plus an offset that may be shared through a file."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path


class Clock:
    """Seconds since the epoch, moved by an offset.

    With `file`, the offset (seconds, as text) lives there, so that another process that reads
    the same file stays on the same time.
    """

    def __init__(
        self, file: str | Path | None = None, source: Callable[[], float] = time.time
    ) -> None:
        self._file = Path(file) if file else None
        self._source = source
        self._offset = 0.0
        self._seen: tuple[int, int] | None = None

    def now(self) -> float:
        """Seconds since the epoch, as the simulated world sees them."""
        return self._source() + self.offset

    def at(self) -> datetime:
        """The same moment as an aware UTC datetime."""
        return datetime.fromtimestamp(self.now(), UTC)

    @property
    def offset(self) -> float:
        """Seconds added to real time."""
        if self._file is not None:
            self._reload(self._file)
        return self._offset

    def set_offset(self, seconds: float) -> None:
        """Move the clock to real time plus `seconds`."""
        self._offset = seconds
        if self._file is not None:
            _write(self._file, seconds)

    def advance(self, seconds: float) -> None:
        """Move the clock by `seconds` from where it stands."""
        self.set_offset(self.offset + seconds)

    def reset(self) -> None:
        """Back to real time."""
        self.set_offset(0.0)

    def _reload(self, file: Path) -> None:
        try:
            stat = file.stat()
        except FileNotFoundError:
            self._offset, self._seen = 0.0, None
            return
        stamp = (stat.st_mtime_ns, stat.st_ino)
        if stamp != self._seen:
            self._seen = stamp
            self._offset = _parse(file.read_text(encoding="ascii", errors="replace"))


def _parse(text: str) -> float:
    try:
        return float(text.strip() or 0)
    except ValueError:
        return 0.0


def _write(file: Path, seconds: float) -> None:
    # A reader must never see half a number: write aside, then swap.
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    aside.write_text(repr(seconds), encoding="ascii")
    aside.replace(file)
