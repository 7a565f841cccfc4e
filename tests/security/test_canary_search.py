"""The search for secrets finds what is planted."""

import logging
from typing import Any

import pytest
import reflex as rx
import sqlalchemy as sa

from domain import connection_check
from illumichat_app import db, jobs, webhook
from illumichat_app.errors import AppError
from tests.connecting.conftest import shop
from tests.security import sinks
from tests.security.canary import TOKEN, Desk, _everything_is_logged, desk, search, server
from tests.security.sinks import Sinks

__all__ = ["_everything_is_logged", "desk", "server", "shop"]

pytestmark = pytest.mark.anyio


def _in_the_log(_desk: Desk) -> None:
    logging.getLogger("domain.outbox").warning("could not send with %s", TOKEN)


def _in_a_library_log(_desk: Desk) -> None:
    logging.getLogger("httpx").debug("sent %s", TOKEN)


def _in_the_database(_desk: Desk) -> None:
    with db.transaction() as session:
        session.execute(sa.text("UPDATE assistant SET instructions = :words"), {"words": TOKEN})


def _in_redis(_desk: Desk) -> None:
    jobs.redis().lpush(webhook.REFUSALS, f'{{"reason": "{TOKEN}"}}')


def _in_an_rq_job(_desk: Desk) -> None:
    from rq import Queue

    Queue("upkeep", connection=jobs.redis()).enqueue("workers.upkeep.drain", TOKEN)


def _in_an_exception(desk: Desk) -> None:
    desk.raised.append(AppError(f"refused {TOKEN}"))


def _in_hex(_desk: Desk) -> None:
    logging.getLogger("domain.outbox").warning("could not send %s", TOKEN.encode().hex())


PLANTS = {
    _in_the_log: "log",
    _in_a_library_log: "log",
    _in_hex: "log",
    _in_the_database: "database",
    _in_redis: "redis",
    _in_an_rq_job: "redis",
    _in_an_exception: "exceptions",
}


@pytest.mark.parametrize("plant", [pytest.param(plant, id=plant.__name__) for plant in PLANTS])
async def test_the_search_finds_what_is_planted(
    desk: Desk, caplog: pytest.LogCaptureFixture, plant: Any
) -> None:
    assert (await search(desk, caplog)).found([TOKEN]) == set()
    plant(desk)
    assert (await search(desk, caplog)).found([TOKEN]) == {(PLANTS[plant], TOKEN)}


async def test_the_search_finds_what_a_page_is_told(
    desk: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A var with the token reaches the browser, and the state in Redis."""
    monkeypatch.setattr(connection_check, "callback_url", lambda: f"https://x.test/{TOKEN}")
    await desk.at(desk.assistant)
    found = (await search(desk, caplog)).found([TOKEN])
    assert found == {("browser", TOKEN), ("redis", TOKEN)}


def test_the_search_reads_every_page(monkeypatch: pytest.MonkeyPatch) -> None:
    before = sinks.pages()
    assert len(before) > 10
    for words in ("Sign in", "Search contacts"):
        assert words in str(before)
    monkeypatch.setattr(sinks, "decorated_pages", lambda: [(lambda: rx.text(TOKEN), {})])
    found = Sinks()
    found.add("pages", *sinks.pages())
    assert found.found([TOKEN]) == {("pages", TOKEN)}
