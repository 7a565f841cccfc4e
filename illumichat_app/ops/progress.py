"""Progress in plain lines, one per step, with the seconds it took. Standard library only."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Iterator, Mapping, Sequence  # noqa: UP035  must import before Python 3.9 too

HEARTBEAT_SECONDS = 20
SIGNS_OF_LIFE_AFTER = 2


class StepFailed(Exception):
    """The command of a step failed; `output` is what it printed."""

    def __init__(self, sentence: str, output: str = "") -> None:
        super().__init__(sentence)
        self.output = output


class Step:
    """One numbered line. Set `note` to say more than the seconds ("unchanged")."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.note = ""
        self._began = time.monotonic()
        self._over = threading.Event()
        self._live = sys.stdout.isatty()

    def follow(self) -> None:
        """Show that the step is alive: every second on a terminal, now and then in a log."""
        pause = 1 if self._live else SIGNS_OF_LIFE_AFTER
        while not self._over.wait(pause):
            self._write(f"{self.title} … {self._seconds()}", end="" if self._live else "\n")
            pause = 1 if self._live else HEARTBEAT_SECONDS

    def finish(self, word: str = "") -> None:
        self._over.set()
        said = ", ".join(part for part in (word or self.note, self._seconds()) if part)
        self._write(f"{self.title} … {said}", end="\n")

    def _seconds(self) -> str:
        seconds = time.monotonic() - self._began
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"

    def _write(self, line: str, end: str) -> None:
        say(line, end)


def say(line: str, end: str = "\n") -> None:
    """Print a line in place of the unfinished one that a terminal shows."""
    print(("\r\x1b[K" if sys.stdout.isatty() else "") + line, end=end, flush=True)


@contextmanager
def step(number: int, total: int, label: str) -> Iterator[Step]:
    """Show one step while its block runs; a failure is shown as such and goes on upward."""
    shown = Step(f"[{number}/{total}] {label}")
    ticker = threading.Thread(target=shown.follow, daemon=True)
    ticker.start()
    word = "stopped"
    try:
        yield shown
        word = ""
    except Exception:
        word = "failed"
        raise
    finally:
        shown.finish(word)
        ticker.join()


def run_quietly(
    command: Sequence[str], env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> str:
    """Run a command, keeping its output for the case that it fails.

    Returns what it printed. Raises StepFailed with the output when its exit code is not 0.
    Its whole process group is ended when this process is interrupted.
    """
    with tempfile.TemporaryFile() as printed:
        process = subprocess.Popen(
            command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=printed,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            code = process.wait()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        printed.seek(0)
        output = printed.read().decode(errors="replace")
    if code:
        raise StepFailed(f"`{_short(command)}` ended with code {code}.", output)
    return output


def _short(command: Sequence[str]) -> str:
    return " ".join([Path(command[0]).name, *command[1:4]])


def interrupt_on_termination() -> None:
    """Make Ctrl-C, SIGTERM and a closed terminal all raise KeyboardInterrupt.

    A shell starts background jobs with SIGINT ignored, so that one is set as well; SIGHUP
    stays ignored under nohup.
    """
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def tail(text: str, lines: int = 40) -> str:
    """The last lines of a text."""
    return "\n".join(text.rstrip().splitlines()[-lines:])
