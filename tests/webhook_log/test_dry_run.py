"""“Paste a payload”: it says what would happen, and nothing does."""

import json
from typing import Any

import pytest

from domain import webhook_dry_run
from domain.webhook_dry_run import Report
from illumichat_app import db, jobs
from illumichat_app.errors import Invalid, NotAllowed
from integrations.whatsapp import signature
from tests import payloads
from tests.conftest import PLATFORM_SECRET
from tests.security.pipeline import database_rows
from tests.webhook_log.conftest import (
    MILL_SECRET,
    Company,
    World,
    change,
    delivered,
    envelope,
    poison,
    strange,
    text,
)


def tried(who: Company, given: object, header: str = "") -> Report:
    words = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    with db.reading() as session:
        return webhook_dry_run.run(session, who.admin, words, header)


def everything() -> tuple[dict[str, list[dict[str, Any]]], dict[bytes, Any]]:
    """Every row of every table, and all that Redis holds: flags, queues, jobs."""
    redis: Any = jobs.redis()
    return database_rows(), {key: redis.dump(key) for key in redis.keys("*")}


@pytest.mark.parametrize(
    "name", [name for name in payloads.names() if name not in ("05_signature", "12_history")]
)
def test_nothing_changes_whatever_is_pasted(world: World, name: str) -> None:
    delivered(text(world.harbour))
    heard = jobs.redis().pubsub(ignore_subscribe_messages=True)
    heard.psubscribe("*")
    heard.get_message(timeout=1)
    before = everything()
    report = tried(world.harbour, payloads.load(name))
    assert report.problem == ""
    assert everything() == before
    assert heard.get_message() is None
    heard.close()


def test_a_new_message_would_start_a_conversation(world: World) -> None:
    (line,) = tried(world.harbour, text(world.harbour)).lines
    assert (line.verdict, line.number) == ("Accepted", world.harbour.display)
    assert line.what.startswith("1 message stored, in a new conversation with ")


def test_a_known_customer_and_a_known_message(world: World) -> None:
    delivered(text(world.harbour))
    (line,) = tried(world.harbour, text(world.harbour, "wamid.B")).lines
    assert ", with " in line.what
    assert "new conversation" not in line.what
    (line,) = tried(world.harbour, text(world.harbour)).lines
    assert line.verdict == "Duplicate"


def test_each_item_is_judged_alone(world: World) -> None:
    payload = poison(world.harbour)
    payload["entry"] += [strange(world.harbour)["entry"][0], text(world.hill)["entry"][0]]
    lines = tried(world.harbour, payload).lines
    assert [line.verdict for line in lines] == ["Unreadable", "Accepted", "Unknown", "Not yours"]
    assert lines[0].path == "entry[0].changes[0].messages[0]"
    assert "imestamp" in lines[0].what
    assert "brand_new" in lines[2].what


def test_another_companys_number_and_one_of_nobody_look_the_same(world: World) -> None:
    (theirs,) = tried(world.harbour, text(world.hill)).lines
    nobodys = text(world.hill)
    nobodys["entry"][0]["id"] = "9"
    nobodys["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = "9"
    assert tried(world.harbour, nobodys).lines == [theirs]
    assert theirs.number == ""


@pytest.mark.parametrize(
    ("who", "secret", "words"),
    [
        ("harbour", PLATFORM_SECRET, "is right"),
        ("mill", MILL_SECRET, "is right"),
        ("mill", PLATFORM_SECRET, "fits none"),
        ("harbour", MILL_SECRET, "fits none"),
        ("harbour", "", "fits none"),
    ],
)
def test_the_signature(world: World, who: str, secret: str, words: str) -> None:
    us = getattr(world, who)
    given = json.dumps(text(us))
    report = tried(us, given, signature.sign(secret, given.encode()))
    assert words in report.signature
    assert MILL_SECRET not in repr(report)
    assert PLATFORM_SECRET not in repr(report)


def test_without_a_signature_nothing_is_said_of_it(world: World) -> None:
    assert tried(world.harbour, text(world.harbour)).signature == ""


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ('{\n  "a": 1\n  "b": 2\n}', "Line 3, column 3: a comma is missing"),
        ('{"a" 1}', "Line 1, column 6: a colon is missing"),
        ('{"a": }', "Line 1, column 7: a value is expected"),
        ("{} {}", "Line 1, column 4: the payload ended"),
        ('{"a": "b', "Line 1, column 7: a text begins here"),
        ("hello", "Line 1, column 1: a value is expected"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_not_json_is_explained(world: World, given: str, words: str) -> None:
    report = tried(world.harbour, given)
    assert words in report.problem
    assert report.lines == []


@pytest.mark.parametrize("given", ["", "  \n", "x" * (webhook_dry_run.MOST_TEXT + 1)])
def test_nothing_and_too_much_are_refused(world: World, given: str) -> None:
    with pytest.raises(Invalid):
        tried(world.harbour, given)


def test_half_a_character_harms_nothing(world: World) -> None:
    report = tried(world.harbour, '{"entry": "\ud83d"}')
    assert [line.verdict for line in report.lines] == ["Unreadable"]


def test_only_so_many_items_are_tried(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_dry_run, "MOST_ITEMS", 2)
    us = world.harbour
    report = tried(us, envelope((us, [change(us, wamid=f"wamid.{n}") for n in range(5)])))
    assert (len(report.lines), report.left_out) == (2, 3)


def test_an_agent_may_not(world: World) -> None:
    with db.reading() as session, pytest.raises(NotAllowed):
        webhook_dry_run.run(session, world.harbour.agent, "{}")
