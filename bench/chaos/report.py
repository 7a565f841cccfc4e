"""The figures of a run as a table and as JSON."""

import dataclasses
from collections import Counter
from typing import Any

from bench.chaos.plan import Settings
from bench.chaos.record import Record

MOST_SHOWN = 10


def figures(record: Record) -> dict[str, int]:
    ours = [row for row in record.rows if not row.inbound]
    return {
        "messages of customers": sum(row.inbound for row in record.rows),
        "messages of the assistant": sum(row.author == "assistant" for row in ours),
        "messages of agents": sum(row.author == "agent" for row in ours),
        "webhooks stored": sum(record.events.values()),
        "the same webhook again": record.copies,
        "calls to send": len(record.tries),
        "on the customers' phones": sum(not said.inbound for said in record.said),
        "unconfirmed, and shown so": sum(row.status == "unknown" for row in ours),
        "failed, and shown so": sum(row.status == "failed" for row in ours),
        "take-overs": sum(turn.kind == "taken_over" for turn in record.turns),
        "handed back": sum(turn.kind == "resumed" for turn in record.turns),
    }


def row(
    database: str,
    settings: Settings,
    record: Record,
    events: dict[str, Counter[str]],
    seconds: dict[str, float],
    violations: dict[str, list[str]],
) -> dict[str, Any]:
    return {
        "database": database,
        "settings": dataclasses.asdict(settings),
        "figures": figures(record),
        **{name: dict(sorted(counted.items())) for name, counted in events.items()},
        "seconds": {name: round(value) for name, value in seconds.items()},
        "violations": violations,
        "repeat": repeat(settings, database),
    }


def repeat(settings: Settings, database: str) -> str:
    given = dataclasses.asdict(settings) | {"database": database}
    words = " ".join(f"{name}={value}" for name, value in given.items())
    return f"CHAOS='{words}' make chaos"


def table(found: dict[str, Any]) -> str:
    lines = [f"\n{found['database']}", ""]
    for name, number in found["figures"].items():
        lines.append(f"{name:<46} {number:>8,}")
    for name in ("kills", "processes killed", "faults", "agents"):
        counted = ", ".join(f"{what} {number}" for what, number in found[name].items())
        lines.append(f"{name:<20} {counted}")
    lines.append(
        "seconds              " + ", ".join(f"{n} {v}" for n, v in found["seconds"].items())
    )
    lines.append("")
    for name, broken in found["violations"].items():
        lines.append(f"{name:<50} {len(broken) or 'kept':>5}")
        lines += [f"    {sentence}" for sentence in broken[:MOST_SHOWN]]
    return "\n".join([*lines, "", f"Again: {found['repeat']}"])
