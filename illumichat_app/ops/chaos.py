"""`make chaos`: kill and break everything, on SQLite and where it is installed on PostgreSQL, and
judge what is left.

CHAOS='…' holds the settings, split as a shell would. Exit code 1 when a promise was broken.
"""

import os
import shlex
import subprocess
import sys

from illumichat_app.ops import services
from illumichat_app.ops.bootstrap import ROOT
from illumichat_app.ops.test import stop_on_termination

NO_POSTGRES = "PostgreSQL not found: chaos runs on SQLite only."


def main() -> int:
    stop_on_termination()
    words = shlex.split(os.environ.get("CHAOS", ""))
    try:
        return max(run(words, database) for database in databases(words))
    except KeyboardInterrupt:
        print("\nStopped.")
        return 130


def databases(words: list[str]) -> list[str]:
    """The one that was named, or all there are."""
    named = [word.removeprefix("database=") for word in words if word.startswith("database=")]
    if named:
        return named
    if services.postgres_programs() is None:
        print(NO_POSTGRES)
        return ["sqlite"]
    return ["sqlite", "postgresql"]


def run(words: list[str], database: str) -> int:
    """A process of its own for each database: settings are read once in a process."""
    command = [sys.executable, "-m", "bench.chaos", *words, f"database={database}"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
