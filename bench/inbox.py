"""The inbox on a large company: milliseconds of SQL for lists, counts, threads and search.

`BENCH='inbox 100x'` seeds a hundred thousand conversations, a thread of twenty thousand and a
million messages; 10x, the default, has a tenth of the messages, and 1x a hundredth of all. Each
figure stands beside page 1 of a company with a hundred conversations, within one run.
"""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bench import company, drain, processes
from bench.inbox_seed import BASE, Size, seed

SIZES = {
    "1x": Size(1_000, 200, 10_000),
    "10x": Size(100_000, 20_000, 100_000),
    "100x": Size(100_000, 20_000, 1_000_000),
}
ROUNDS = 7
# A connection of a running server has done it before: psycopg prepares a statement at its sixth
# time, and PostgreSQL keeps a plan after five more. A round does each statement twice.
WARM_UP = 6
BASELINE = "page 1 of 100"

Case = Callable[[Any], object]


def measure(
    database_url: str, redis_url: str, size: str = "10x", purpose: str = ""
) -> dict[str, object]:
    """Seed an empty database and measure; for `growth` also the drain into it."""
    processes.migrate(processes.environment(database_url, redis_url))
    result = _run(size)
    if purpose == "growth":
        company.connect()
        result["drain"] = drain.rates(database_url, rounds=1)
    return result


def table(result: dict[str, Any]) -> str:
    """The figures as lines: name, milliseconds of SQL, of all, and the ratio to the baseline."""
    head = f"{result['database']}, {result['size']}, seeded in {result['seeded_in_seconds']} s"
    lines = [
        f"{name:34}{row['sql_ms']:9.2f}{row['whole_ms']:9.2f}{row['ratio']:9.1f}"
        for name, row in result["figures"].items()
    ]
    if "drain" in result:
        lines.append(f"{'drain, events a second':34}{result['drain']['per_second']:9.0f}")
    return "\n".join([head, f"{'':34}{'SQL ms':>9}{'all ms':>9}{'ratio':>9}", *lines])


def _run(size: str) -> dict[str, object]:
    from illumichat_app import clock, db

    began = time.perf_counter()
    seed(db.engine(), SIZES[size])
    seconds = round(time.perf_counter() - began, 1)
    clock.freeze(datetime.fromtimestamp(BASE, UTC))
    with db.reading() as session:
        figures = _figures(_cases(session))
    clock.freeze(None)
    return {
        "database": db.engine().dialect.name,
        "size": size,
        "seeded_in_seconds": seconds,
        "figures": figures,
    }


def _figures(cases: dict[str, Case]) -> dict[str, dict[str, float]]:
    """Rounds over all cases, so that a busy moment of the machine meets each of them."""
    rounds = [{name: _timed(case) for name, case in cases.items()} for _ in range(WARM_UP + ROUNDS)]
    rounds = rounds[WARM_UP:]
    base = [each[BASELINE][0] for each in rounds]
    return {
        name: {
            "sql_ms": round(statistics.median(each[name][0] for each in rounds), 3),
            "whole_ms": round(statistics.median(each[name][1] for each in rounds), 3),
            "ratio": round(
                statistics.median(
                    each[name][0] / one for each, one in zip(rounds, base, strict=True)
                ),
                2,
            ),
        }
        for name in cases
    }


def _timed(case: Case) -> tuple[float, float]:
    """Milliseconds of its statements alone, with their rows, and of all of it."""
    from illumichat_app import db

    with db.reading() as session:
        statements = _listen(session)
        began = time.perf_counter()
        case(session)
        whole = time.perf_counter() - began
        cursor = session.connection().connection.cursor()
        began = time.perf_counter()
        for statement, values in statements:
            cursor.execute(statement, values)
            cursor.fetchall()
        return (time.perf_counter() - began) * 1000, whole * 1000


def _listen(session: Any) -> list[tuple[str, Any]]:
    from sqlalchemy import event

    statements: list[tuple[str, Any]] = []

    def note(*given: Any) -> None:
        statements.append((given[2], given[3]))

    event.listen(session.connection(), "before_cursor_execute", note)
    return statements


# ---- what is measured


def _cases(session: Any) -> dict[str, Case]:
    from domain import inbox
    from domain.access import Actor
    from models import Role

    me = Actor(user_id=101, workspace_id=1, role=Role.AGENT, name="Agent 1")
    neighbour = Actor(user_id=201, workspace_id=2, role=Role.AGENT, name="Agent 1")
    return {
        BASELINE: lambda on: inbox.page(on, neighbour, "open"),
        **_lists(session, me),
        **_threads(session, me),
        **_searches(me, neighbour),
    }


def _lists(session: Any, me: Any) -> dict[str, Case]:
    from domain import inbox
    from domain.inbox import Filters

    deep = _deep(session, me)
    filters = {
        "channel": Filters(channel=101),
        "rare channel": Filters(channel=105),
        "assistant": Filters(assistant=102),
        "AI": Filters(handler="ai"),
        "nobody": Filters(handler="nobody"),
        "me": Filters(handler="me"),
        "rare member": Filters(handler="105"),
        "unread": Filters(unread=True),
        "rare channel, me, unread": Filters(channel=105, handler="me", unread=True),
    }
    return {
        **{f"view {view}": _page(me, view) for view in inbox.VIEWS},
        "page 1,000 of open": lambda on: inbox.page(on, me, "open", after=deep),
        **{f"filter {name}": _page(me, "open", filters=each) for name, each in filters.items()},
        "counts": lambda on: inbox.counts(on, me),
    }


def _page(me: Any, view: str, **more: Any) -> Case:
    from domain import inbox

    return lambda on: inbox.page(on, me, view, **more)


def _deep(session: Any, me: Any) -> Any:
    """The cursor of page 1,000, or of the last third of a smaller list."""
    from sqlmodel import col, func, select

    from domain.inbox import Cursor
    from models import Conversation, State

    mine = (
        col(Conversation.workspace_id) == me.workspace_id,
        col(Conversation.state) != State.CLOSED,
    )
    count = session.exec(select(func.count()).select_from(Conversation).where(*mine)).one()
    query = select(Conversation.last_at, Conversation.id).where(*mine)
    query = query.order_by(col(Conversation.last_at).desc(), col(Conversation.id).desc())
    return Cursor(*session.exec(query.offset(min(49_950, count * 2 // 3)).limit(1)).one())


def _threads(session: Any, me: Any) -> dict[str, Case]:
    from domain import thread
    from domain.thread_rows import Span

    first, middle = _ends(session)
    deep = thread.thread(session, me, 1, before=middle)
    near, far = Span(deep.older, middle), Span(first, middle)
    return {
        "thread, newest page": lambda on: thread.thread(on, me, 1),
        "thread, page in the middle": lambda on: thread.thread(on, me, 1, before=middle),
        "thread, page after the middle": lambda on: thread.thread(on, me, 1, after=middle),
        "thread, around a message": lambda on: thread.around(on, me, 1, middle.id),
        "thread, 500 lines again": lambda on: thread.thread(on, me, 1, limit=500),
        "thread, 50 lines unchanged": lambda on: thread.version(on, me, 1, near),
        "thread, 500 lines unchanged": lambda on: thread.version(on, me, 1, far),
    }


def _ends(session: Any) -> Any:
    """A message in the middle of the long thread, and one 500 before it."""
    from sqlmodel import col, func, select

    from domain.thread import Cursor
    from models import Message

    mine = col(Message.conversation_id) == 1
    count = session.exec(select(func.count()).select_from(Message).where(mine)).one()
    query = select(Message.sent_at, Message.id).where(mine)
    query = query.order_by(col(Message.sent_at), col(Message.id)).limit(1)
    half = count // 2
    return [Cursor(*session.exec(query.offset(at)).one()) for at in (max(0, half - 500), half)]


def _searches(me: Any, neighbour: Any) -> dict[str, Case]:
    words = {
        "in every message": "hello",
        "in a tenth": "parcel",
        "in a hundredth": "lot77",
        "in a thousandth": "batch777",
        "in one": "order1234",
        "nowhere": "zeppelin",
        "two words": "parcel batch770",
        "beginning of one in a third": "cour",
        "beginning of one in every": "hel",
    }
    people = {"name": "lucía", "name, two words": "lucia ortiz", "phone": "+34 600 00 07 77"}
    return {
        **{f"search, word {name}": _messages(me, each) for name, each in words.items()},
        "search, only the other has it": _messages(neighbour, "parcel"),
        **{f"people, {name}": _page(me, "open", search=each) for name, each in people.items()},
    }


def _messages(me: Any, words: str) -> Case:
    from domain import inbox_search

    return lambda on: inbox_search.messages(on, me, words)
