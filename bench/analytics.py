"""Analytics of 90 days at a million messages, beside the plain GROUP BY over the messages.

Seeds 50,000 conversations with a million messages of the last 90 days (a tenth or a hundredth of
both for 10x and 1x), counts them as the product does (`recount`), and measures what the page reads.
The plain queries give the same figures.
"""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, text

from bench import processes
from bench.inbox import _timed
from bench.inbox_seed import BASE, _place, _Run

DAYS = 90
MESSAGES = {"1x": 10_000, "10x": 100_000, "100x": 1_000_000}
TO_A_CONVERSATION = 20
ROUNDS = 7


def measure(
    database_url: str, redis_url: str, size: str = "100x", _purpose: str = ""
) -> dict[str, object]:
    """Seed an empty database and measure."""
    processes.migrate(processes.environment(database_url, redis_url))
    return _run(MESSAGES[size])


def table(result: dict[str, Any]) -> str:
    """The figures as lines: ours, the plain query, and how many times longer that took."""
    head = (
        f"{result['database']}, {result['messages']:,} messages in {DAYS} days; seeded in "
        f"{result['seeded_in_seconds']} s, counted in {result['counted_in_seconds']} s"
    )
    lines = [
        f"{name:34}{row['ms']:10.2f}{row['plain_ms']:10.0f}{row['ratio']:9.0f}"
        for name, row in result["figures"].items()
    ]
    return "\n".join([head, f"{'':34}{'SQL ms':>10}{'plain ms':>10}{'ratio':>9}", *lines])


def _run(messages: int) -> dict[str, object]:
    from illumichat_app import clock, db
    from workers import upkeep

    clock.freeze(datetime.fromtimestamp(BASE, UTC))
    seeded = _took(lambda: _seed(db.engine(), messages))
    made = _took(upkeep.count_anew)
    with db.engine().begin() as connection:
        connection.execute(text("ANALYZE"))
    return {
        "database": db.engine().dialect.name,
        "messages": messages,
        "seeded_in_seconds": seeded,
        "counted_in_seconds": made,
        "figures": _figures(),
    }


def _took(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return round(time.perf_counter() - began, 1)


# ---- what is measured


def _figures() -> dict[str, dict[str, float]]:
    pairs = {
        "messages by day": (_by_day, _plainly("days")),
        "the whole page": (_page, _plainly(*_PLAIN)),
    }
    found = {}
    for name, (ours, plain) in pairs.items():
        ms = statistics.median(_timed(ours)[0] for _ in range(ROUNDS + 1))
        plain_ms = _timed(plain)[0]
        found[name] = {
            "ms": round(ms, 3),
            "plain_ms": round(plain_ms, 1),
            "ratio": round(plain_ms / ms, 1),
        }
    return found


def _period() -> Any:
    from domain.analytics_period import Period

    today = datetime.fromtimestamp(BASE, UTC).date()
    return Period(today - timedelta(days=DAYS - 1), today)


def _by_day(session: Any) -> object:
    from domain import analytics_numbers as numbers

    return numbers._messages(numbers._Where(session, 1, [101]), _period())


def _page(session: Any) -> object:
    from domain import analytics_numbers

    return analytics_numbers.read(session, 1, [101], _period())


_OURS = "workspace_id = 1 AND channel_id = 101 AND day BETWEEN :first AND :last"
_PLAIN = {
    "days": f"SELECT day, direction, author, kind = 'template', status, count(*) FROM message"
    f" WHERE {_OURS} AND direction IN ('in', 'out') GROUP BY 1, 2, 3, 4, 5",
    "hours": f"SELECT day, hour, count(*) FROM message WHERE {_OURS} AND direction = 'in'"
    " GROUP BY 1, 2",
    "failures": f"SELECT error_code, count(*) FROM message WHERE {_OURS} AND status = 'failed'"
    " GROUP BY 1",
    "waits": f"SELECT author, waited, count(*) FROM message WHERE {_OURS} AND waited IS NOT NULL"
    " GROUP BY 1, 2",
    "active": f"SELECT count(DISTINCT conversation_id) FROM message WHERE {_OURS}",
    "active by day": f"SELECT day, count(DISTINCT conversation_id) FROM message WHERE {_OURS}"
    " GROUP BY 1",
    "alone": "SELECT count(*), sum(CASE WHEN people = 0 THEN 1 ELSE 0 END) FROM (SELECT"
    " conversation_id, day, sum(CASE author WHEN 'agent' THEN 1 ELSE 0 END) AS people FROM"
    f" message WHERE {_OURS} AND direction = 'out' GROUP BY 1, 2) AS days",
    "conversations": "SELECT count(*) FROM conversation WHERE workspace_id = 1"
    " AND channel_id = 101 AND :first <> :last",
}


def _plainly(*names: str) -> Callable[[Any], object]:
    days = {"first": str(_period().first), "last": str(_period().last)}

    def ask(session: Any) -> object:
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            given = {name: datetime.fromisoformat(day).date() for name, day in days.items()}
            return [connection.execute(text(_PLAIN[name]), given).all() for name in names]
        return [connection.execute(text(_PLAIN[name]), days).all() for name in names]

    return ask


# ---- the company


def _seed(engine: Engine, messages: int) -> None:
    """All on one channel: 7 in 14 messages come in, 6 are the assistant's, one is a person's."""
    with engine.begin() as connection:
        _place(connection, messages // TO_A_CONVERSATION)
        connection.execute(text("UPDATE conversation SET channel_id = 101"))
        kind = connection.dialect.name
        step = f"(:count - i) * {DAYS * 86_400 / messages}"
        # Four messages at a time, then again some days or weeks later.
        talk = "1 + (i / 4 % 3571) * (i / 4 % 2311) % :among"
        at = _SQL[kind]["at"].format(step)
        _Run(connection, 1)(
            "INSERT INTO message (created_at, workspace_id, channel_id, conversation_id, direction,"
            " author, kind, text, content, reactions, wamid, status, sent_at, day, hour, waited,"
            f" error_code, attempts, error) SELECT {at}, :place, 101, {talk},"
            " CASE i % 2 WHEN 0 THEN 'in' ELSE 'out' END,"
            " CASE WHEN i % 2 = 0 THEN 'customer' WHEN i % 14 = 13 THEN 'agent'"
            " ELSE 'assistant' END, 'text', '', '{{}}', '{{}}', 'wamid.' || i,"
            " CASE WHEN i % 2 = 0 THEN 'received' WHEN i % 50 = 1 THEN 'failed'"
            " WHEN i % 50 < 9 THEN 'delivered' ELSE 'read' END,"
            f" {at}, {_SQL[kind]['day'].format(step)}, {_SQL[kind]['hour'].format(step)},"
            " CASE i % 2 WHEN 1 THEN CASE WHEN i % 14 = 13 THEN 60 + i % 7000 ELSE 2 + i % 40 END"
            " END, CASE WHEN i % 50 = 1 THEN 131026 + i % 3 END, 0, '' FROM n",
            messages, among=messages // TO_A_CONVERSATION)  # fmt: skip


_MOMENT = f"to_timestamp({BASE} - ({{0}}))"
_SQL = {
    "sqlite": {
        "at": f"strftime('%Y-%m-%d %H:%M:%S', {BASE} - ({{0}}), 'unixepoch') || '.000000'",
        "day": f"date({BASE} - ({{0}}), 'unixepoch')",
        "hour": f"CAST(strftime('%H', {BASE} - ({{0}}), 'unixepoch') AS INTEGER)",
    },
    "postgresql": {
        "at": _MOMENT,
        "day": f"({_MOMENT} AT TIME ZONE 'UTC')::date",
        "hour": f"extract(hour FROM {_MOMENT} AT TIME ZONE 'UTC')",
    },
}
