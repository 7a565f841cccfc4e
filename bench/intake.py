"""Webhook intake: durable before the 200, beside the same route after the HMAC alone.

All servers of a run are up at once and take turns, so that noise hits each; the figure is the
median of the per-round ratios.
"""

import statistics
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

from bench import load, processes
from bench.load import Rate

ROUNDS = 5


def measure(database_url: str, redis_url: str) -> dict[str, object]:
    """The intake alone, and inside the whole app, each beside the route that only verifies."""
    own = processes.environment(database_url, redis_url)
    processes.migrate(own)
    with ExitStack() as servers:
        up = [
            servers.enter_context(processes.server_process(target, own | more))
            for target, more in (
                ("bench.intake_limit:app", {}),
                (processes.INTAKE, {}),
                (processes.APP, processes.reflex()),
            )
        ]
        rounds = rounds_of(up, ROUNDS)
    verified, durable, in_app = zip(*rounds, strict=True)
    return {
        "database": processes.dialect(database_url),
        "hmac_only_per_second": median(rate.per_second for rate in verified),
        "durable_per_second": median(rate.per_second for rate in durable),
        "durable_p50_ms": median(rate.p50 for rate in durable),
        "durable_p99_ms": median(rate.p99 for rate in durable),
        "in_app_per_second": median(rate.per_second for rate in in_app),
        "in_app_p99_ms": median(rate.p99 for rate in in_app),
        "ratio": ratio(durable, verified),
        "in_app_ratio": ratio(in_app, verified),
    }


def table(result: dict[str, object]) -> str:
    return "  ".join(f"{name} {value}" for name, value in result.items())


Server = tuple[int, subprocess.Popen[Any]]  # its port, and its process


def rounds_of(servers: Sequence[Server], rounds: int) -> list[tuple[Rate, ...]]:
    """Each server in turn, so many times; the first turn warms up and does not count."""
    return [tuple(_turn(*server) for server in servers) for _ in range(rounds + 1)][1:]


def _turn(port: int, process: subprocess.Popen[Any]) -> Rate:
    rate = load.flat_out(port)
    processes.wait_until_idle(process.pid)
    return rate


def median(values: Iterator[float]) -> float:
    return round(statistics.median(values), 1)


def ratio(ours: tuple[Rate, ...], theirs: tuple[Rate, ...]) -> float:
    """The median of the rounds' own ratios."""
    pairs = zip(ours, theirs, strict=True)
    return round(statistics.median(one.per_second / other.per_second for one, other in pairs), 3)
