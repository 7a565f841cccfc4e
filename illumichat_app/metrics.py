"""What a process counts and times of its own work; `metrics_store` adds the processes up.

Every value of every label stands here, so that no series can be made by what somebody sends, and
each is there, as 0, from the first minute on. Nothing here tells one company from another.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any, Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Histogram

REGISTRY = CollectorRegistry()

Verdict = Literal["stored", "unsigned", "wrong_signature", "too_large", "too_slow", "not_stored"]
Applied = Literal["processed", "failed"]
Outcome = Literal["accepted", "refused", "retry", "unknown"]
Called = Literal["ok", "refused", "retry", "unknown"]
Decided = Literal["answered", "handed_over", "failed"]
Work = Literal["request", "event", "job"]


def _counter(name: str, words: str, label: str = "", values: Any = None) -> Counter:
    made = Counter(name, words, [label] if label else [], registry=REGISTRY)
    for value in get_args(values):
        made.labels(value)
    return made


def _histogram(
    name: str, words: str, buckets: tuple[float, ...], label: str = "", values: Any = None
) -> Histogram:
    made = Histogram(name, words, [label] if label else [], registry=REGISTRY, buckets=buckets)
    for value in get_args(values):
        made.labels(value)
    return made


_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_CALLS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 5.0, 10.0, 20.0)
_ANSWERS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)

_deliveries = _counter(
    "illumichat_webhook_deliveries",
    "Deliveries at the webhook, by what became of them.",
    "verdict",
    Verdict,
)
_ack = _histogram(
    "illumichat_webhook_ack_seconds",
    "From a delivery's first byte to our answer, of stored ones.",
    _FAST,
)
_applied = _counter(
    "illumichat_events_applied",
    "Stored deliveries that were applied; failed: some item of it was quarantined.",
    "outcome",
    Applied,
)
_sends = _counter(
    "illumichat_sends",
    "Tries to send a message, by what Meta made of them.",
    "outcome",
    Outcome,
)
_calls = _histogram(
    "illumichat_graph_call_seconds",
    "Calls to Meta's Graph API, by outcome.",
    _CALLS,
    "outcome",
    Called,
)
_answers = _histogram(
    "illumichat_assistant_answer_seconds",
    "From leasing a conversation to the assistant's answer, by what it decided.",
    _ANSWERS,
    "decision",
    Decided,
)
_refreshes = _counter("illumichat_live_refreshes", "Refreshes sent to open browsers.")
_failures = _counter(
    "illumichat_unexpected_errors",
    "Work that ended in an error nobody expected; its trace is in the log.",
    "work",
    Work,
)


def delivery(verdict: Verdict, started: float | None = None) -> None:
    """A delivery was answered; `started`, from perf_counter, times a stored one."""
    _deliveries.labels(verdict).inc()
    if started is not None:
        _ack.observe(perf_counter() - started)


def applied(outcome: Applied, number: int = 1) -> None:
    """So many stored deliveries were applied."""
    _applied.labels(outcome).inc(number)


def send(outcome: str) -> None:
    """Meta answered a try to send, or its answer was lost."""
    _sends.labels(outcome).inc()


@contextmanager
def graph_call() -> Iterator[None]:
    """Time a call to Meta; an error that does not say its outcome leaves it unknown."""
    started, outcome = perf_counter(), "ok"
    try:
        yield
    except BaseException as problem:
        outcome = str(getattr(problem, "outcome", "unknown"))
        raise
    finally:
        _calls.labels(outcome).observe(perf_counter() - started)


def answer(decision: Decided, seconds: float) -> None:
    """The assistant came to a decision."""
    _answers.labels(decision).observe(seconds)


def refreshed(number: int) -> None:
    """So many refreshes went to browsers."""
    _refreshes.inc(number)


def unexpected(work: Work) -> None:
    """A request, a page's event or a job ended in an error nobody expected."""
    _failures.labels(work).inc()
