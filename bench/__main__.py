"""`make bench`: measure, print a table, keep it as JSON. Ratios are within one run."""

import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench import analytics, drain, inbox, intake, paint, push

ALL = ("intake", "drain", "inbox", "push", "paint", "analytics")
RESULTS = Path(".data") / "bench.json"


def main() -> None:
    chosen, size = _chosen(sys.argv[1:])
    results: dict[str, list[object]] = {name: [] for name in chosen}
    redis_url = os.environ["TEST_REDIS_URL"]
    with tempfile.TemporaryDirectory() as folder:
        for url in _databases(folder):
            if "intake" in chosen:
                results["intake"].append(show(intake.measure(url, redis_url)))
            if "drain" in chosen:
                results["drain"].append(show(drain.measure(url, redis_url)))
            for name in ("inbox", "push", "paint", "analytics"):
                if name in chosen:
                    with _of_its_own(url, name) as empty:
                        results[name].append(_seeded(name, empty, redis_url, size))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"machine": machine()} | results, indent=2) + "\n")
    print(f"Kept in {RESULTS}")


def _chosen(words: list[str]) -> tuple[list[str], str]:
    """BENCH='inbox 100x': which measurements, all without a name, and the size of the data."""
    sizes = [word for word in words if word in inbox.SIZES]
    names = [word for word in words if word not in sizes]
    if unknown := set(names) - set(ALL):
        sys.exit(f"No measurement {', '.join(sorted(unknown))}; there are {', '.join(ALL)}.")
    return names or list(ALL), sizes[0] if sizes else "10x"


def _databases(folder: str) -> list[str]:
    postgres = os.environ.get("TEST_DATABASE_URL")
    return [f"sqlite:///{folder}/bench.db", *([postgres] if postgres else [])]


def _seeded(name: str, url: str, redis_url: str, size: str) -> dict[str, object]:
    """Measure on an invented company, and print the table."""
    measured = {
        "inbox": lambda: (inbox.measure(url, redis_url, size), inbox.table),
        "push": lambda: (push.measure(url, redis_url), push.table),
        "paint": lambda: (paint.measure(url, redis_url, size), paint.table),
        "analytics": lambda: (analytics.measure(url, redis_url), analytics.table),
    }
    result, table = measured[name]()
    print(table(result), flush=True)
    return result


@contextmanager
def _of_its_own(url: str, purpose: str) -> Iterator[str]:
    """An empty database beside the given one."""
    if url.startswith("sqlite"):
        yield url.replace("bench.db", f"{purpose}.db")
        return
    server, _, name = url.rpartition("/")
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}_{purpose}"')  # type: ignore[arg-type]
        try:
            yield f"{server}/{name}_{purpose}"
        finally:
            connection.execute(f'DROP DATABASE "{name}_{purpose}" WITH (FORCE)')  # type: ignore[arg-type]


def show(row: dict[str, object]) -> dict[str, object]:
    print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)
    return row


def machine() -> str:
    python = sys.version.split()[0]
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {python}"


if __name__ == "__main__":
    main()
