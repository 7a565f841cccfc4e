"""The assistant's own time: from a delivery at our door to the request at the model.

One customer after the other writes; the debounce, which waits for more words on purpose, is taken
off. The model is a stub in this process that speaks OpenAI's protocol, so both moments are read
from one clock.
"""

import asyncio
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench import company, graph_stub, load, processes
from illumichat_app.ops.ports import free_port

MESSAGES = 40
EVERY = 0.25  # seconds between two customers: nobody waits for another
DEBOUNCE = 1.5  # the product's own default
PATIENCE = 20.0
_MARK = re.compile(rb"question-(\d+)-")


def measure(database_url: str, redis_url: str) -> dict[str, Any]:
    """Milliseconds beyond the debounce."""
    arrived: dict[int, float] = {}
    own = processes.environment(database_url, redis_url, REPLY_DEBOUNCE_SECONDS=str(DEBOUNCE))
    processes.migrate(own)
    company.make()
    processes.forget(redis_url)
    with _model(arrived) as model, processes.module("bench.graph_stub", own, "0") as meta:
        own |= {
            "AI_MODEL": "openai:bench",
            "AI_BASE_URL": f"http://127.0.0.1:{model}/v1",
            "OPENAI_API_KEY": "bench",
            "META_GRAPH_URL": f"http://127.0.0.1:{meta}",
        }
        with processes.product(own) as (port, _):
            _ask(port, arrived, 0, 1)  # loads the provider's library
            sent = _ask(port, arrived, 1, processes.count(MESSAGES))
    took = sorted((arrived[number] - at - DEBOUNCE) * 1000 for number, at in sent.items())
    return {
        "database": processes.dialect(database_url),
        "messages": len(took),
        "debounce_ms": DEBOUNCE * 1000,
        "p50_ms": round(took[len(took) // 2], 1),
        "p95_ms": round(took[int(len(took) * 0.95)], 1),
    }


def table(result: dict[str, Any]) -> str:
    return (
        f"{result['database']}: event to the model's request, beyond the debounce of"
        f" {result['debounce_ms']:.0f} ms: p50 {result['p50_ms']}, p95 {result['p95_ms']} ms"
    )


def _ask(port: int, arrived: dict[int, float], first: int, count: int) -> dict[int, float]:
    """So many customers ask, each at its moment; waits until all are at the model."""
    numbers = range(first, first + count)
    written = load.paced(port, 1 / EVERY, count * EVERY, _questions(numbers))
    ends = time.monotonic() + PATIENCE
    while missing := set(numbers) - set(arrived):
        if time.monotonic() > ends:
            raise RuntimeError(f"{len(missing)} of {count} questions never reached the model")
        time.sleep(0.05)
    return {int(wamid.rpartition(".")[2]): at for wamid, at in written.sent.items()}


def _questions(numbers: range) -> Iterator[tuple[str, bytes]]:
    for number in numbers:
        wamid = f"wamid.question.{time.time_ns()}.{number}"
        said = load.payload(wamid, f"346{20_000_000 + number}", words=f"question-{number}-")
        yield wamid, load.request(json.dumps(said).encode())


# ---- the model


@contextmanager
def _model(arrived: dict[int, float]) -> Iterator[int]:
    """A model that notes when it was asked and says yes."""
    port, loop = free_port(), asyncio.new_event_loop()

    def answer(request: bytes) -> bytes:
        moment = time.time()
        for number in _MARK.findall(request):
            arrived.setdefault(int(number), moment)
        return _completion(request)

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(graph_stub.listen(port, answer, 0))
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    processes.wait(port)
    yield port
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


def _completion(request: bytes) -> bytes:
    """OpenAI's chat completion that calls the tool it was given (OpenAI: function calling)."""
    body = request.partition(b"\r\n\r\n")[2]
    asked = json.loads(body) if body else {}
    name = asked["tools"][0]["function"]["name"] if asked.get("tools") else "none"
    call = {"name": name, "arguments": json.dumps({"text": "Yes."})}
    message = {
        "role": "assistant",
        "tool_calls": [{"id": "1", "type": "function", "function": call}],
    }
    choice = {"index": 0, "finish_reason": "tool_calls", "message": message}
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    whole = {"id": "1", "object": "chat.completion", "created": 1, "model": "bench"}
    return json.dumps(whole | {"choices": [choice], "usage": usage}).encode()
