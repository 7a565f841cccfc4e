"""`make run` itself: seconds until it is ready, and the memory of each process.

The packages are installed already, so a first start here builds the pages if nobody has, and a
second one finds all as it was. Memory is read at rest, and again after customers have written.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import load, processes
from illumichat_app.ops import hold
from illumichat_app.ops.bootstrap import ROOT
from illumichat_app.ops.ports import free_port

READY = "IllumiChat is ready."
CUSTOMERS, PER_SECOND = 300, 30
# A word of its command line tells which process it is.
PARTS = {
    "workers inbound": "worker inbound",
    "workers replies": "worker replies",
    "workers outbox": "worker outbox",
    "workers media": "worker media",
    "workers upkeep": "worker upkeep",
    "workers cron": "worker cron",
    "granian": "web",
    "meta_simulator": "simulator",
    "supervisord": "supervisor",
    "valkey": "valkey",
    "ops.run": "make run",
}


def measure(database_url: str, _redis_url: str) -> dict[str, Any]:
    """Seconds of a first and of a second start, and megabytes by process."""
    with tempfile.TemporaryDirectory() as folder:
        own = _settings(database_url, Path(folder))
        with _started(own) as (_, first):
            pass
        with _started(own) as (process, second):
            processes.wait_until_idle(process.pid)
            rest = _memory(process.pid)
            written = load.paced(
                int(own["PORT"]),
                PER_SECOND,
                processes.count(CUSTOMERS) / PER_SECOND,
                load.new_messages(customers=processes.count(CUSTOMERS)),
            )
            processes.wait_until_idle(process.pid)
            after = _memory(process.pid)
    return {
        "database": processes.dialect(database_url),
        "first_start_s": first,
        "warm_start_s": second,
        "messages": len(written.acked),
        "rest_mb": rest,
        "loaded_mb": after,
    }


def table(result: dict[str, Any]) -> str:
    head = (
        f"{result['database']}: first start {result['first_start_s']} s, warm"
        f" {result['warm_start_s']} s; MB at rest, and after {result['messages']} messages"
    )
    rest, loaded = result["rest_mb"], result["loaded_mb"]
    lines = [
        f"  {name:16} RSS {one['rss']:6.0f} {loaded.get(name, one)['rss']:6.0f}"
        f"   PSS {one['pss']:6.0f} {loaded.get(name, one)['pss']:6.0f}"
        for name, one in rest.items()
    ]
    return "\n".join([head, *lines])


def _settings(database_url: str, folder: Path) -> dict[str, str]:
    """A demo of its own: nothing but the database may come from this measurement's settings."""
    ours = ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "DATA_DIR")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    kept |= {
        "DEMO": "1",
        "DATA_DIR": str(folder),
        "PORT": str(processes.page_port()),
        "SIMULATOR_PORT": str(free_port()),
        "META_APP_SECRET": processes.SECRET,
    }
    return kept | ({} if database_url.startswith("sqlite") else {"DATABASE_URL": database_url})


@contextmanager
def _started(environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], float]]:
    """`make run` without make, until it says that it is ready; and how long that took."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "illumichat_app.ops.run"],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=hold.die_with_parent,
    )
    try:
        _read_until_ready(process)
        yield process, round(time.monotonic() - began, 1)
    finally:
        process.terminate()
        process.wait(90)


def _read_until_ready(process: subprocess.Popen[str]) -> None:
    said: list[str] = []
    for line in process.stdout or ():
        said.append(line)
        if READY in line:
            return
    raise RuntimeError(f"make run did not become ready:\n{''.join(said)}")


def _memory(pid: int) -> dict[str, dict[str, float]]:
    """By part; several processes of one part are added up."""
    found: dict[str, dict[str, float]] = {}
    for one in processes.family(pid):
        name, used = _name(one), processes.memory_mb(one)
        before = found.get(name, {"rss": 0.0, "pss": 0.0})
        found[name] = {kind: round(before[kind] + used[kind], 1) for kind in used}
    whole = {kind: round(sum(one[kind] for one in found.values()), 1) for kind in ("rss", "pss")}
    return found | {"all": whole}


def _name(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return next((name for sign, name in PARTS.items() if sign in words), "other")
