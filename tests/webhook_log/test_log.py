"""The list: verdicts, filters, pages, and what was turned away."""

import json
from datetime import timedelta

import anyio
import httpx
import pytest

from domain import refusals, webhook_log, webhook_words
from illumichat_app import clock, db, jobs, webhook
from integrations.whatsapp import signature
from tests.conftest import NOON, PLATFORM_SECRET
from tests.payloads import encode
from tests.webhook_log.conftest import (
    MILL_SECRET,
    Company,
    World,
    delivered,
    ids,
    opened,
    poison,
    seen,
    stored,
    strange,
    text,
)


def test_each_verdict_with_its_word(world: World) -> None:
    us = world.harbour
    for payload in (strange(us), poison(us), text(us)):
        delivered(payload)
    delivered(text(us, "wamid.B"), copies=3)
    stored(text(us, "wamid.C"))
    rows = {row.id: row for row in seen(us)}
    assert [(row.verdict, row.tone) for row in rows.values()] == [
        ("Duplicate", "gray"),
        ("Accepted", "jade"),
        ("Failed", "red"),
        ("Unknown", "blue"),
    ], "what waits for its first time is nobody's yet"
    assert [row.copies for row in rows.values()] == [3, 1, 1, 1]
    failed = seen(us, "failed")[0]
    assert failed.came == "1 item put aside, 1 message stored"
    assert failed.kinds == "1 unreadable item, 1 message"
    assert (failed.number, failed.at, failed.day) == (us.display, "12:00:00", "Today")


@pytest.mark.parametrize(
    ("show", "expected"), [("failed", 2), ("duplicate", 4), ("unknown", 1), ("rejected", None)]
)
def test_each_filter(world: World, show: webhook_log.Show, expected: int | None) -> None:
    us = world.harbour
    delivered(strange(us))
    delivered(poison(us))
    delivered(text(us))
    delivered(text(us, "wamid.B"), copies=2)
    assert ids(us, show) == ([expected] if expected else [])
    with db.reading() as session:
        counts = webhook_log.counts(session, us.admin)
    assert counts.all == "4"
    assert getattr(counts, show) == ("1" if expected else "0")


def test_an_item_that_came_in_another_body_is_a_duplicate(world: World) -> None:
    delivered(text(world.harbour))
    again = text(world.harbour)
    again["entry"][0]["time"] += 60
    event = delivered(again)
    assert ids(world.harbour, "duplicate") == [event]
    assert "already known" in seen(world.harbour, "duplicate")[0].came


def test_pages_go_by_key_and_meet_without_a_gap(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_log, "PAGE", 3)
    every = [delivered(text(world.harbour, f"wamid.{n}")) for n in range(8)]
    delivered(text(world.hill))
    read: list[int] = []
    before = None
    with db.reading() as session:
        while True:
            page = webhook_log.page(session, world.harbour.admin, "all", before)
            read += [row.id for row in page.rows]
            if (before := page.older) is None:
                break
            assert len(page.rows) == 3
    assert read == every[::-1]


def test_the_search_for_duplicates_says_how_far_it_looked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_log, "MOST_LOOKED_AT", 3)
    old = delivered(text(world.harbour, "wamid.OLD"), copies=2)
    for n in range(4):
        delivered(text(world.harbour, f"wamid.{n}"))
    with db.reading() as session:
        first = webhook_log.page(session, world.harbour.admin, "duplicate")
        then = webhook_log.page(session, world.harbour.admin, "duplicate", first.older)
        assert webhook_log.counts(session, world.harbour.admin).duplicate == "0+"
    assert (first.rows, first.looked_at) == ([], 3)
    assert [row.id for row in then.rows] == [old]
    assert (then.older, then.looked_at) == (None, 0)


def test_counts_stop(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_log, "MOST_COUNTED", 2)
    for n in range(4):
        delivered(text(world.harbour, f"wamid.{n}"))
    with db.reading() as session:
        assert webhook_log.counts(session, world.harbour.admin).all == "more than 2"


# ---- what was turned away


def refused(of: Company, secret: str | None) -> None:
    body = encode(text(of))
    headers = {"X-Hub-Signature-256": signature.sign(secret, body)} if secret else {}
    transport = httpx.ASGITransport(webhook.app)

    async def post() -> int:
        async with httpx.AsyncClient(transport=transport, base_url="http://app.test") as door:
            return (await door.post(webhook.PATH, content=body, headers=headers)).status_code

    assert anyio.run(post) == 401


def test_the_door_and_the_log_agree_on_the_place() -> None:
    assert refusals.PLACE == webhook.REFUSALS


@pytest.mark.parametrize(
    ("who", "secret", "advice"),
    [
        ("harbour", "wrong", "META_APP_SECRET"),
        ("mill", "wrong", "App settings, Basic"),
        ("mill", None, "proxy"),
    ],
)
def test_a_refusal_is_shown_with_what_to_do(
    world: World, who: str, secret: str | None, advice: str
) -> None:
    us = getattr(world, who)
    refused(us, secret)
    for show in ("all", "rejected"):
        (row,) = seen(us, show)
        assert (row.id, row.verdict, row.number) == (0, "Rejected", us.display)
        assert advice in row.advice
    for other in (world.harbour, world.hill, world.mill):
        if other is not us:
            assert seen(other) == seen(other, "rejected") == []


def test_a_refusal_that_names_no_number_is_nobodys(world: World) -> None:
    payload = text(world.harbour)
    payload["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = "999"
    entry = {"at": NOON.isoformat(), "reason": "not signed", "size": 3, "phone_number_ids": []}
    jobs.redis().lpush(webhook.REFUSALS, json.dumps(entry))
    assert seen(world.harbour, "rejected") == []


def test_refusals_stand_between_the_deliveries_of_their_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_log, "PAGE", 2)
    for minute in range(4):
        clock.freeze(NOON + timedelta(minutes=minute))
        delivered(text(world.harbour, f"wamid.{minute}"))
        if minute == 1:
            clock.freeze(NOON + timedelta(minutes=minute, seconds=30))
            refused(world.harbour, "wrong")
    with db.reading() as session:
        first = webhook_log.page(session, world.harbour.admin)
        second = webhook_log.page(session, world.harbour.admin, "all", first.older)
    assert [row.id for row in first.rows] == [4, 3]
    assert [row.id for row in second.rows] == [0, 2, 1]


def test_without_redis_the_rest_is_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event = delivered(text(world.harbour))

    class Gone:
        def lrange(self, *_: object) -> None:
            raise refusals.RedisError("away")

    with monkeypatch.context() as away:
        away.setattr(jobs, "redis", Gone)
        assert ids(world.harbour) == [event]


# ---- one delivery, in words


@pytest.mark.parametrize(
    ("who", "secret", "signer"),
    [
        ("harbour", PLATFORM_SECRET, "the platform's app"),
        ("mill", MILL_SECRET, "your own app"),
    ],
)
def test_who_signed_it(world: World, who: str, secret: str, signer: str) -> None:
    us = getattr(world, who)
    found = opened(us, delivered(text(us), secret))
    assert dict(found.facts)["Signed by"] == signer
    assert dict(found.headers)["x-hub-signature-256"] == "sha256=abababab…ababab"
    assert secret not in repr(found)


def test_what_it_changed_is_linked(world: World) -> None:
    found = opened(world.harbour, delivered(text(world.harbour)))
    (touched,) = found.touched
    assert touched.href.startswith("/inbox/open/")
    assert "Conversation with" in touched.what


@pytest.mark.parametrize(
    ("octets", "words"), [(512, "512 bytes"), (1400, "1.4 KB"), (2_100_000, "2.1 MB")]
)
def test_sizes_in_words(octets: int, words: str) -> None:
    assert webhook_words.size(octets) == words


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("KeyError", "could not apply it (KeyError)"),
        ("signed by an app that does not own this number", "another app"),
        ("timestamp is missing", "Timestamp is missing."),
    ],
)
def test_reasons_in_words(given: str, words: str) -> None:
    assert words in webhook_words.reason(given)
