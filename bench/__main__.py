"""`make bench`: measure, print tables, keep the figures as JSON, draw charts.

Each measurement runs in a process of its own for each database, which reads its own settings: one
that fails says so and loses none of the others' results, which are kept as they come.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg

from bench import machine, processes
from bench.inbox import SIZES

# Those that `make bench` runs, in this order; the inbox and analytics are in `growth`.
WHOLE = (
    "intake",
    "peers",
    "drain",
    "outbox",
    "path",
    "assistant",
    "push",
    "paint",
    "memory",
    "growth",
)
ALONE = ("inbox", "analytics")
SIZED = ("inbox", "analytics", "paint")
DRAWN = "charts"
RESULTS = Path(".data") / "bench.json"

Results = dict[str, Any]


def main() -> int:
    """Returns 1 if a measurement failed."""
    chosen, size = choose(sys.argv[1:])
    results: Results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen:
            if name != DRAWN:
                results[name] = _taken()
                for run in _measured(name, size, folder):
                    results[name]["runs"].append(run)
                    failed += [name] if has_failed(run) else []
                    keep(results)
    if DRAWN in chosen:
        _draw(results)
    print(f"Kept in {RESULTS}" + (f"; failed: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


def choose(words: list[str]) -> tuple[list[str], str]:
    """BENCH='inbox 100x': which measurements, all without a name, and the size of the data."""
    sizes = [word for word in words if word in SIZES]
    names = [word for word in words if word not in sizes]
    known = (*WHOLE, *ALONE, DRAWN)
    if unknown := set(names) - set(known):
        sys.exit(f"No measurement {', '.join(sorted(unknown))}; there are {', '.join(known)}.")
    return names or [*WHOLE, DRAWN], sizes[0] if sizes else "10x"


def keep(results: Results) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")


def has_failed(run: Results) -> bool:
    """Whether it, or one of its parts, has no figures."""
    parts = [part for part in run.values() if isinstance(part, dict)]
    return "failed" in run or any("failed" in part for part in parts)


def _taken() -> Results:
    moment = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    return {"taken": moment, "machine": machine.words(), "runs": []}


def _measured(name: str, size: str, folder: str) -> Iterator[Results]:
    """The measurement on each database."""
    for url in _databases(folder):
        began = time.monotonic()
        print(f"{name}, {processes.dialect(url)} …", flush=True)
        yield from _grown(url) if name == "growth" else [_run(name, url, size)]
        print(f"  ({time.monotonic() - began:.0f} s)\n", flush=True)


def _databases(folder: str) -> list[str]:
    postgres = os.environ.get("TEST_DATABASE_URL")
    return [f"sqlite:///{folder}/bench.db", *([postgres] if postgres else [])]


def _grown(url: str) -> Iterator[Results]:
    """Inbox, search, drain and analytics with 1, 10 and 100 times the data."""
    for size in SIZES:
        parts = {name: _run(name, url, size, "growth") for name in ALONE}
        yield {"database": processes.dialect(url), "size": size} | parts


def _run(name: str, url: str, *words: str) -> Results:
    """One measurement on an empty database, in a process of its own; a failure is a result."""
    given = words if name in SIZED else ()
    with _of_its_own(url, name) as empty, tempfile.NamedTemporaryFile("r") as answer:
        settings = processes.environment(empty, os.environ["TEST_REDIS_URL"])
        command = [sys.executable, "-m", "bench", "--alone", name, empty, answer.name, *given]
        code = subprocess.run(command, env=settings, check=False).returncode
        said = answer.read()
    if code or not said:
        print(f"  {name} failed with exit code {code}; {processes.LOG} may say why", flush=True)
        return {"database": processes.dialect(url), "failed": f"exit code {code}"}
    return json.loads(said)


def alone(name: str, url: str, answer: str, *words: str) -> None:
    measurement = import_module(f"bench.{name}")
    result = measurement.measure(url, os.environ["REDIS_URL"], *words)
    print(measurement.table(result), flush=True)
    Path(answer).write_text(json.dumps(result))


@contextmanager
def _of_its_own(url: str, purpose: str) -> Iterator[str]:
    """An empty database beside the given one."""
    if url.startswith("sqlite"):
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/{purpose}.db"
        return
    server, _, name = url.rpartition("/")
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}_{purpose}"')  # type: ignore[arg-type]
        try:
            yield f"{server}/{name}_{purpose}"
        finally:
            connection.execute(f'DROP DATABASE "{name}_{purpose}" WITH (FORCE)')  # type: ignore[arg-type]


def _draw(results: Results) -> None:
    from bench import charts, report

    print(report.table(results))
    drawn = charts.draw(results)
    for file in [report.write(results, drawn), *drawn]:
        print(f"Drawn: {file}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--alone"]:
        alone(*sys.argv[2:])
    else:
        sys.exit(main())
