"""A deployment to watch: its routes, its workers' births, and a clean count."""

from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from rq import Queue, SimpleWorker

from domain import vitals
from illumichat_app import illumichat_app as root
from illumichat_app import jobs, metrics_store
from illumichat_app.config import settings
from tests.accounts.conftest import PUBLIC, _nobody_is_remembered, _quick_hashes, team
from tests.flows.conftest import stack

__all__ = ["_nobody_is_remembered", "_quick_hashes", "stack", "team"]

TOKEN = "a-token-that-nobody-guesses"


@pytest.fixture(autouse=True)
def _look_anew() -> Iterator[None]:
    vitals.forget()
    yield
    vitals.forget()


@pytest.fixture
async def web() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(root.api)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
        yield client


@pytest.fixture
def staffed(redis: None) -> None:
    """Each lane has its worker, and the sweep has just looked."""
    for lane in jobs.DRAINS:
        hire(lane)
    jobs.note_sweep()


def hire(lane: str) -> None:
    worker = SimpleWorker([Queue(lane, connection=jobs.redis())], connection=jobs.redis())
    worker.register_birth()


@pytest.fixture
def metered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("METRICS_TOKEN", TOKEN)
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


Series = dict[tuple[str, str], float]


@pytest.fixture
def counts(redis: None) -> Callable[[], Series]:
    """What was counted since the test began."""
    metrics_store.publish()
    jobs.redis().delete(metrics_store.PLACE)

    def read() -> Series:
        metrics_store.publish()
        families = metrics_store.Counts().collect()
        return {
            (one.name, next(iter(one.labels.values()), "")): one.value
            for family in families
            for one in family.samples
            if not one.name.endswith("_bucket")
        }

    return read


def parsed(text: str) -> Series:
    """The samples of an exposition, by name and first label."""
    return {
        (one.name, next(iter(one.labels.values()), "")): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
        if not one.name.endswith("_bucket")
    }
