"""The same intake beside what others do: pywa's server, and plain FastAPI with SQLModel.

Then each server is killed under load: what was answered with 200 and is not stored is lost, for
Meta sends it never again.
"""

import json
import time
from contextlib import ExitStack
from typing import Any

from sqlalchemy import create_engine, text

from bench import load, processes
from bench.intake import median, ratio, rounds_of

ROUNDS = 3
# Name, target, and the statement that tells what it stored.
OURS = ("ours", processes.INTAKE, "SELECT body FROM webhook_event WHERE id > :after")
PYWA = ("pywa", "bench.peer_pywa:app", "SELECT wamid FROM peer_message WHERE id > :after")
FASTAPI = ("fastapi", "bench.peer_fastapi:app", PYWA[2])
SERVERS = (OURS, PYWA, FASTAPI)


def measure(database_url: str, redis_url: str) -> dict[str, Any]:
    environments = {
        name: processes.environment(_own(database_url, name), redis_url) for name, *_ in SERVERS
    }
    processes.migrate(environments["ours"])
    with ExitStack() as servers:
        up = [
            servers.enter_context(processes.server_process(target, environments[name]))
            for name, target, _ in SERVERS
        ]
        ours, pywa, fastapi = zip(*rounds_of(up, ROUNDS), strict=True)
    result: dict[str, Any] = {
        "database": processes.dialect(database_url),
        "ratio_to_pywa": ratio(ours, pywa),
        "ratio_to_fastapi": ratio(ours, fastapi),
    }
    for (name, *_), rates in zip(SERVERS, (ours, pywa, fastapi), strict=True):
        result[name] = {
            "per_second": median(rate.per_second for rate in rates),
            "p50_ms": median(rate.p50 for rate in rates),
            "p99_ms": median(rate.p99 for rate in rates),
        }
    for name, target, stored in SERVERS:
        result[name] |= _killed(target, environments[name], stored)
    return result


def _own(database_url: str, name: str) -> str:
    """Each has a SQLite file of its own; a PostgreSQL is shared, its tables are not."""
    return database_url.replace("peers.db", f"peers-{name}.db")


def table(result: dict[str, Any]) -> str:
    head = (
        f"{result['database']}: {result['ratio_to_pywa']} x pywa, "
        f"{result['ratio_to_fastapi']} x FastAPI with SQLModel"
    )
    lines = [
        f"  {name:8} {row['per_second']:8.0f}/s  p50 {row['p50_ms']:6.1f}  p99 {row['p99_ms']:7.1f}"
        f"  killed: acked {row['acked']}, of them lost {row['lost']}"
        for name, row in result.items()
        if isinstance(row, dict)
    ]
    return "\n".join([head, *lines])


# ---- SIGKILL under load


def _killed(target: str, environment: dict[str, str], stored: str) -> dict[str, int]:
    """How many 200s were given before the kill, and how many of these messages are not there."""
    engine = create_engine(environment["DATABASE_URL"])
    source = stored.split()[3]
    with engine.connect() as connection:
        last = text(f"SELECT coalesce(max(id), 0) FROM {source}")
        after = connection.execute(last).scalar_one()
    with processes.server_process(target, environment) as (port, process):
        acked = load.acked_until_killed(port, processes.SECONDS, lambda: processes.kill(process))
    time.sleep(0.2)  # a server of PostgreSQL may still be at the commit it was told
    with engine.connect() as connection:
        rows = connection.execute(text(stored), {"after": after}).scalars().all()
    engine.dispose()
    kept = {_wamid(row) for row in rows}
    return {"acked": len(acked), "lost": len(set(acked) - kept)}


def _wamid(row: Any) -> str:
    """A row is a wamid, or the whole delivery."""
    if isinstance(row, str):
        return row
    return json.loads(row)["entry"][0]["changes"][0]["value"]["messages"][0]["id"]
