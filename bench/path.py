"""The whole path in real processes: webhook, inbound, the assistant's answer, outbox, Meta's 200.

Meta is a stub that answers after 80 ms. The assistant is the offline one, without debounce. First
many customers write at once, which tells how many messages a second the path carries; then they
write at a steady pace of seven tenths of that, which tells how long one takes.
"""

import statistics
import time
from itertools import pairwise
from subprocess import Popen
from typing import Any

from bench import company, load, processes

FIRST = 200  # customers of the warm-up, which tells how many the burst needs
SHARE = 0.7  # of the capacity, at the steady pace
BURST_PER_SECOND = 1_000
STUB_MS = 80
PATIENCE = 15.0  # until the last answer is out
STAGES = ("intake and inbound", "reply", "wait for the outbox", "send and record")


def measure(database_url: str, redis_url: str) -> dict[str, Any]:
    """Answers a second; event to sent, by stage; what a message costs in each process."""
    own = processes.environment(database_url, redis_url, REPLY_DEBOUNCE_SECONDS="0")
    processes.migrate(own)
    company.make()
    processes.forget(redis_url)
    with processes.module("bench.graph_stub", own, str(STUB_MS)) as meta:
        own |= {"META_GRAPH_URL": f"http://127.0.0.1:{meta}"}
        with processes.product(own) as (port, parts):
            warmed = _written(port, BURST_PER_SECOND, processes.count(FIRST))
            customers = max(FIRST // 2, round(3 * processes.SECONDS * warmed["per_second"]))
            before = _cpu(parts)
            burst = _written(port, BURST_PER_SECOND, customers)
            used = {name: seconds - before[name] for name, seconds in _cpu(parts).items()}
            capacity = burst["per_second"]
            pace = capacity * SHARE
            steady = _written(port, pace, round(6 * processes.SECONDS * pace))
    return {
        "database": processes.dialect(database_url),
        "per_second": capacity,
        "burst": burst,
        "steady": steady,
        # Of the burst: a busy machine makes it slower, but not dearer.
        "cpu_ms": {name: round(of / customers * 1000, 1) for name, of in used.items()},
    }


def _cpu(parts: dict[str, Popen[Any]]) -> dict[str, float]:
    return {name: processes.cpu_seconds(part.pid) for name, part in parts.items()}


def table(result: dict[str, Any]) -> str:
    steady = result["steady"]
    lines = [
        f"{result['database']}: {result['per_second']} answers/s when all write at once; at"
        f" {steady['pace']}/s event to sent p50 {steady['p50_ms']} ms, p99 {steady['p99_ms']} ms,"
        f" {steady['lost']} lost",
        *(f"  {name:22}{ms:8.0f} ms p50" for name, ms in steady["stages_p50_ms"].items()),
        "  processor's ms a message: "
        + ", ".join(f"{name} {ms}" for name, ms in result["cpu_ms"].items()),
    ]
    return "\n".join(lines)


def _written(port: int, pace: float, messages: int) -> dict[str, Any]:
    """So many customers write one message each; what became of it."""
    written = load.paced(port, pace, messages / pace, load.new_messages(customers=messages))
    if written.refused:
        raise RuntimeError(written.refused[0][:300].decode(errors="replace"))
    answers = _wait_for_answers(written.sent)
    took = sorted(answer[-1] - written.sent[wamid] for wamid, answer in answers.items())
    seconds = max(answer[-1] for answer in answers.values()) - min(written.sent.values())
    return {
        "pace": round(pace, 1),
        "messages": messages,
        "lost": messages - len(answers),
        "per_second": round(len(answers) / seconds, 1),
        "p50_ms": _ms(took[len(took) // 2]),
        "p99_ms": _ms(took[int(len(took) * 0.99)]),
        "stages_p50_ms": _stages(written.sent, answers),
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


# Of one message: applied, answer queued, claimed, sent; by the wall clock.
Answer = tuple[float, ...]


def _wait_for_answers(sent: dict[str, float]) -> dict[str, Answer]:
    """Until each is answered, or none has come for so long that no more will."""
    answers: dict[str, Answer] = {}
    ends = time.monotonic() + PATIENCE
    while len(answers) < len(sent) and time.monotonic() < ends:
        time.sleep(0.5)
        found = _answers(sent)
        if len(found) > len(answers):
            ends = time.monotonic() + PATIENCE
        answers = found
    return answers


def _answers(sent: dict[str, float]) -> dict[str, Answer]:
    """What the database knows of each message; the tables hold the moments of every stage."""
    from sqlalchemy import select
    from sqlalchemy.orm import aliased
    from sqlmodel import col

    from illumichat_app import db
    from models import AttemptOutcome, Direction, Message, SendAttempt

    said, answer = aliased(Message), aliased(Message)
    first = next(iter(sent)).rpartition(".")[0]  # all of one load begin alike
    query = (
        select(
            col(said.wamid),
            col(said.created_at),
            col(answer.created_at),
            col(SendAttempt.created_at),
            col(SendAttempt.finished_at),
        )
        .join(answer, col(answer.conversation_id) == col(said.conversation_id))
        .join(SendAttempt, col(SendAttempt.message_id) == col(answer.id))
        .where(
            col(said.wamid).startswith(first),
            col(answer.id) > col(said.id),
            col(answer.direction) == Direction.OUT,
            col(SendAttempt.outcome) == AttemptOutcome.ACCEPTED,
        )
    )
    with db.reading() as session:
        rows = session.execute(query).all()
    return {wamid: tuple(moment.timestamp() for moment in moments) for wamid, *moments in rows}


def _stages(sent: dict[str, float], answers: dict[str, Answer]) -> dict[str, float]:
    parts = [
        [later - earlier for earlier, later in pairwise((sent[wamid], *answer))]
        for wamid, answer in answers.items()
    ]
    return {
        name: _ms(statistics.median(each))
        for name, each in zip(STAGES, zip(*parts, strict=True), strict=True)
    }
