"""The outbox lane as it is in production, beside httpx alone without a database.

Each round queues one message for each of 300 conversations; the lane claims, sends and records
them. The limit sends the same bodies over as many one-connection clients and keeps no state.
"""

import asyncio
import json
import statistics
import sys
import time
from typing import Any

import httpx

from bench import company, drain, load, processes

MESSAGES, ROUNDS = 300, 3
DELAYS = (0, 80)  # ms until the stub answers


def measure(database_url: str, redis_url: str) -> dict[str, Any]:
    """Sends a second of both, and their ratio, at each delay."""
    own = processes.environment(database_url, redis_url, REPLY_DEBOUNCE_SECONDS="30")
    processes.migrate(own)
    result: dict[str, Any] = {"database": processes.dialect(database_url)}
    for delay in DELAYS:
        with processes.module("bench.graph_stub", own, str(delay)) as port:
            meta = {"META_GRAPH_URL": f"http://127.0.0.1:{port}"}
            result[f"{delay} ms"] = processes.answer_of("bench.outbox", own | meta)
    return result


def table(result: dict[str, Any]) -> str:
    lines = [
        f"  stub of {delay:6}{row['per_second']:6.0f}/s  httpx alone"
        f" {row['limit_per_second']:6.0f}/s  ratio {row['ratio']:.2f}  CPU of the lane"
        f" {row['cpu_ms']:.1f} ms a send, httpx alone {row['limit_cpu_ms']:.1f}"
        for delay, row in result.items()
        if isinstance(row, dict)
    ]
    return "\n".join([f"{result['database']}: outbox", *lines])


def _run() -> dict[str, float]:

    company.make()
    messages = processes.count(MESSAGES)
    _write_in(messages)
    turns = [(_ours(messages), _limit(messages)) for _ in range(ROUNDS + 1)][1:]
    return {
        "messages": messages,
        "per_second": round(statistics.median(messages / ours[0] for ours, _ in turns), 1),
        "limit_per_second": round(statistics.median(messages / other[0] for _, other in turns), 1),
        "ratio": round(statistics.median(other[0] / ours[0] for ours, other in turns), 3),
        "cpu_ms": round(statistics.median(ours[1] for ours, _ in turns) / messages * 1000, 2),
        "limit_cpu_ms": round(
            statistics.median(other[1] for _, other in turns) / messages * 1000, 2
        ),
    }


def _write_in(customers: int) -> None:
    """So many customers write, which opens their windows."""
    tag = time.time_ns()
    drain.store([load.body(f"wamid.{tag}.{n}", 612_000_000 + n) for n in range(customers)])
    drain.apply()


# ---- ours


def _ours(messages: int) -> tuple[float, float]:
    """Seconds from the first claim to the last record, and of the processor."""
    from workers import outbox

    first = _queue(messages)
    cpu = time.process_time()
    outbox.drain()
    return _seconds(first, messages), time.process_time() - cpu


def _queue(messages: int) -> int:
    """One answer in each conversation; returns the number of the first attempt to come."""
    from sqlmodel import func, select

    from domain import channels, queueing
    from illumichat_app import db
    from models import Conversation, SendAttempt

    with db.transaction() as session:
        talks = session.exec(select(Conversation).limit(messages)).all()
        on = channels.linked(session, {conversation.channel_id for conversation in talks})
        answers = queueing.Answers(session, on)
        for conversation in talks:
            answers.add(conversation, ["Your parcel comes tomorrow."])
        answers.write()
        return (session.exec(select(func.max(SendAttempt.id))).one() or 0) + 1


def _seconds(first: int, messages: int) -> float:
    from sqlmodel import func, select

    from illumichat_app import db
    from models import AttemptOutcome, SendAttempt

    with db.reading() as session:
        mine = (SendAttempt.id >= first, SendAttempt.outcome == AttemptOutcome.ACCEPTED)
        sent, began, ended = session.exec(
            select(
                func.count(), func.min(SendAttempt.created_at), func.max(SendAttempt.finished_at)
            ).where(*mine)
        ).one()
    if sent != messages or began is None or ended is None:
        raise RuntimeError(f"{sent} of {messages} messages were sent")
    return (ended - began).total_seconds()


# ---- the limit


def _limit(messages: int) -> tuple[float, float]:
    from illumichat_app.config import settings

    cpu = time.process_time()
    seconds = asyncio.run(_send_all(settings().meta_graph_url, messages))
    return seconds, time.process_time() - cpu


async def _send_all(base: str, messages: int) -> float:
    """As many clients of one connection each as the lane has."""
    from illumichat_app.config import settings

    context = httpx.create_ssl_context()
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
    clients = [
        httpx.AsyncClient(verify=context, limits=limits) for _ in range(settings().meta_connections)
    ]
    left = iter(range(messages))
    began = time.perf_counter()
    await asyncio.gather(*(_send(client, base, left) for client in clients))
    seconds = time.perf_counter() - began
    await asyncio.gather(*(client.aclose() for client in clients))
    return seconds


async def _send(client: httpx.AsyncClient, base: str, left: Any) -> None:
    for number in left:
        await client.post(
            f"{base}/v26.0/{load.PHONE_NUMBER_ID}/messages",
            headers={"Authorization": "Bearer bench"},
            json={
                "messaging_product": "whatsapp",
                "recipient_type": "individual",
                "to": f"34{612_000_000 + number}",
                "type": "text",
                "text": {"body": "Your parcel comes tomorrow."},
                "biz_opaque_callback_data": f"{number:032x}",
            },
        )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_run()) + "\n")
