"""From a bare clone to a command: virtual environment, packages, then the wanted stage.

Runs under whatever Python the machine has, before anything is installed, so it uses the
standard library only.   python3 illumichat_app/ops/bootstrap.py run|test|check|bench|chaos
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Sequence  # noqa: UP035  must import before Python 3.9 too

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[0] = str(ROOT)  # a script has its own folder there

from illumichat_app.ops import progress  # noqa: E402

OLDEST, NEWEST = (3, 11), (3, 13)
REQUIREMENTS = {"run": ("requirements.txt",)}
FOR_DEVELOPMENT = ("requirements.txt", "requirements-dev.txt")
# Stage -> steps that it shows in all.
STAGES = {"run": 5, "test": 3, "check": 1, "bench": 1, "chaos": 1}


def main(arguments: Sequence[str]) -> int:
    """Prepare the clone and become the stage; returns an exit code only when that fails."""
    if not arguments or arguments[0] not in STAGES:
        print(f"Say what to do: {', '.join(STAGES)}.")
        return 2
    os.chdir(ROOT)
    use_fitting_python(arguments)
    progress.interrupt_on_termination()
    try:
        python = prepare(arguments[0])
    except progress.StepFailed as failure:
        print(f"{progress.tail(failure.output)}\n\nThe set-up did not finish: {failure}")
        return 1
    except KeyboardInterrupt:
        print("Stopped.")
        return 130
    stage = f"illumichat_app.ops.{arguments[0]}"
    return os.execv(python, [str(python), "-m", stage, *arguments[1:]])  # noqa: S606


def use_fitting_python(arguments: Sequence[str]) -> None:
    """Go on under a Python of the supported range. Raises SystemExit when there is none."""
    if sys.platform == "win32":
        raise SystemExit("IllumiChat runs on Linux and macOS. On Windows, use it inside WSL.")
    if fits(sys.version_info[:2]):
        return
    other = next(filter(None, map(_usable, ("python3.13", "python3.12", "python3.11"))), None)
    if other is None:
        raise SystemExit(refusal(sys.version_info[:2]))
    os.execv(other, [other, str(Path(__file__).resolve()), *arguments])  # noqa: S606


def fits(version: Sequence[int]) -> bool:
    """Whether this (major, minor) is supported."""
    return OLDEST <= tuple(version) <= NEWEST


def refusal(version: Sequence[int]) -> str:
    """The sentence for a machine without a fitting Python."""
    return (
        f"IllumiChat needs Python 3.11, 3.12 or 3.13; this is Python {version[0]}.{version[1]}. "
        "Install one of them, or name it: make run PYTHON=/path/to/python3.12"
    )


def _usable(name: str) -> str | None:
    """The path of that Python if it really starts: a version manager leaves dead shims."""
    path = shutil.which(name)
    if path is None:
        return None
    probe = subprocess.run([path, "-c", "import venv"], capture_output=True, check=False)
    return path if probe.returncode == 0 else None


def prepare(stage: str) -> Path:
    """The Python of the clone's environment, with the packages of the stage installed.

    Raises StepFailed when the environment or a package cannot be had.
    """
    files = REQUIREMENTS.get(stage, FOR_DEVELOPMENT)
    python = ROOT / ".venv" / "bin" / "python"
    with progress.step(1, STAGES[stage], "Python packages") as step, locked("venv"):
        if is_current(files):
            step.note = "unchanged"
        else:
            install(python, files)
    return python


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Let one process of this clone at a time do the named work."""
    import fcntl  # not on Windows, which is refused in words before this

    folder = ROOT / ".build"
    folder.mkdir(exist_ok=True)
    with open(folder / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install(python: Path, files: Sequence[str]) -> None:
    if not _works(python):
        make_environment(python)
    for file in files:
        _stamp(file).unlink(missing_ok=True)
    wanted = [word for file in files for word in ("-r", file)]
    progress.run_quietly([str(python), "-m", "pip", "install", "--no-input", *wanted], cwd=ROOT)
    for file in files:
        _stamp(file).write_text(fingerprint(ROOT / file))


def is_current(files: Sequence[str]) -> bool:
    """Whether these requirement files are what the environment was made from."""
    python = ROOT / ".venv" / "bin" / "python"
    return _works(python) and all(
        _stamp(file).is_file() and _stamp(file).read_text() == fingerprint(ROOT / file)
        for file in files
    )


def fingerprint(file: Path) -> str:
    """Changes with the file's content and when the clone is moved: scripts hold its path."""
    return f"{hashlib.sha256(file.read_bytes()).hexdigest()} {file.parent}"


def _stamp(file: str) -> Path:
    return ROOT / ".venv" / f".installed-{file}"


def _works(python: Path) -> bool:
    """Whether the environment's Python starts and is of the supported range."""
    if not python.exists():
        return False
    ask = "import sys; print(*sys.version_info[:2])"
    answer = subprocess.run([str(python), "-c", ask], capture_output=True, text=True, check=False)
    return answer.returncode == 0 and fits([int(part) for part in answer.stdout.split()])


def make_environment(python: Path) -> None:
    """Make `.venv` anew. Raises StepFailed in words when this Python cannot."""
    folder = python.parent.parent
    shutil.rmtree(folder, ignore_errors=True)
    try:
        progress.run_quietly([sys.executable, "-m", "venv", str(folder)])
    except progress.StepFailed as failure:
        raise progress.StepFailed(
            "this Python cannot make a virtual environment. On Debian or Ubuntu install the "
            "package python3-venv, then try again.",
            failure.output,
        ) from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
