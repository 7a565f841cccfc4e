"""The counts of all processes of a deployment, added up in Redis (docs/decisions/0005).

Each process counts for itself (`metrics`) and every two seconds adds what is new to one hash.
While Redis is away the difference waits and goes with the next.
"""

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample
from redis import RedisError

from illumichat_app import jobs
from illumichat_app.metrics import REGISTRY

PLACE = "metrics:counts"
EVERY_SECONDS = 2.0

_log = logging.getLogger(__name__)
_published: dict[str, float] = {}
_one_at_a_time = threading.Lock()


def publish() -> None:
    """Add what this process counted since the last time."""
    with _one_at_a_time:
        counted = {_key(sample): sample.value for sample in _samples()}
        new = {key: value - _published.get(key, 0) for key, value in counted.items()}
        grown = {key: value for key, value in new.items() if value}
        if not grown:
            return
        try:
            with jobs.redis().pipeline() as pipe:
                for key, value in grown.items():
                    pipe.hincrbyfloat(PLACE, key, value)
                pipe.execute()
        except RedisError:
            _log.info("the counts wait: Redis does not answer")
        else:
            _published.update(counted)


@contextmanager
def publishing() -> Iterator[None]:
    """Publish from a thread while the process works, and once more at its end."""
    ended = threading.Event()
    thread = threading.Thread(target=_publish_until, args=(ended,), name="metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(EVERY_SECONDS)
        publish()


def _publish_until(ended: threading.Event) -> None:
    while not ended.wait(EVERY_SECONDS):
        publish()


class Counts(Collector):
    """What all processes counted, for the exposition. Raises RedisError."""

    def collect(self) -> Iterator[Metric]:
        """This process's own families with the values of all: the series are the same in each."""
        found = cast(dict[bytes, bytes], jobs.redis().hgetall(PLACE))
        values = {key.decode(): float(value) for key, value in found.items()}
        for family in REGISTRY.collect():
            whole = Metric(family.name, family.documentation, family.type)
            for sample in family.samples:
                if _counts(sample):
                    whole.add_sample(sample.name, sample.labels, values.get(_key(sample), 0.0))
            yield whole


def _samples() -> Iterator[Sample]:
    for family in REGISTRY.collect():
        yield from filter(_counts, family.samples)


def _counts(sample: Any) -> bool:
    """Not the moment at which a process began: it cannot be added up."""
    return not sample.name.endswith("_created")


def _key(sample: Any) -> str:
    return json.dumps([sample.name, sample.labels], sort_keys=True)
