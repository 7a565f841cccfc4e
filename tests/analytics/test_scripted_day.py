"""A day as people lived it, through the webhook and every lane, and each figure counted by hand."""

from datetime import timedelta
from typing import Any

import pytest

from domain import analytics, analytics_lists, conversations, outbox, waiting
from domain.analytics import Page, Scope
from domain.analytics_period import Asked
from illumichat_app import clock, db
from models import Conversation, Message
from tests.analytics.recounting import stored, truth
from tests.conftest import NOON
from tests.flows.stack import Stack, apply_events, rows
from tests.flows.test_resilience import delivery, text
from tests.flows.test_statuses import status

pytestmark = pytest.mark.anyio

ANNA, BEN, CARO = "34612555014", "34612555015", "34612555016"


def at(seconds: float) -> None:
    clock.freeze(NOON + timedelta(seconds=seconds))


async def writes(stack: Stack, who: str, wamid: str, body: str = "Hello") -> None:
    """A customer's message, received and applied; no other lane runs."""
    item = text(wamid, who) | {"text": {"body": body}}
    item["timestamp"] = str(int(clock.now().timestamp()))
    assert await stack.deliver(delivery(item)) == 200
    apply_events()


async def becomes(stack: Stack, message: Message, *words: str, **more: Any) -> None:
    for word in words:
        assert await stack.deliver(status(message, word, **more)) == 200
    apply_events()


def talk(number: int) -> Conversation:
    return rows(Conversation)[number]


def person_says(stack: Stack, number: int, key: str) -> None:
    with db.transaction() as session:
        outbox.queue_text(session, stack.sam, talk(number).id, "Good morning", f"key-{key}-long")


def page(stack: Stack, days: str = "7") -> Page:
    with db.reading() as session:
        where = analytics.place(session, stack.ana, Scope(stack.channel.assistant_id), Asked(days))
        return analytics.read(session, stack.ana, where)


def figures(shown: Page) -> dict[str, tuple[str, str, str]]:
    plain = [
        (tile.key, *(words.replace("\N{NO-BREAK SPACE}", " ") for words in _of(tile)))
        for tile in (*shown.tiles, *shown.facts)
    ]
    return {key: (value, note, change) for key, value, note, change in plain}


def _of(tile: analytics.Tile) -> tuple[str, str, str]:
    return tile.value, tile.note, tile.change


async def the_day(stack: Stack) -> None:
    """A week ago Anna wrote twice. Today:

    Anna asks, the assistant answers within 4 s, and it is read.
    Ben asks for a person: the assistant says so at once and hands over. Sam answers a minute later;
    Meta takes that and cannot deliver it. A second later Sam writes once more: delivered.
    Caro writes, and Sam answers after 100 s; Meta has that one and says no more.
    Anna writes once more, and nobody has answered yet.
    """
    at(-7 * 24 * 3600)
    await writes(stack, ANNA, "wamid.old.1")
    await writes(stack, ANNA, "wamid.old.2")
    with db.transaction() as session:
        conversations.close(session, stack.sam, talk(0).id)

    at(0)
    await writes(stack, ANNA, "wamid.anna.1", "How long does delivery take?")
    at(4)
    await stack.drain()
    (answer,) = [row for row in rows(Message) if row.author == "assistant"]
    await becomes(stack, answer, "delivered", "read", "read", "sent")

    at(3600)
    await writes(stack, BEN, "wamid.ben.1", "I want to speak to a human")
    await stack.drain()
    at(3660)
    person_says(stack, 1, "ben-1")
    await stack.drain()
    (lost,) = [row for row in rows(Message) if row.author == "agent"]
    await becomes(stack, lost, "failed", errors=[{"code": 131026, "title": "Undeliverable"}])
    at(3661)
    person_says(stack, 1, "ben-2")
    await stack.drain()
    await becomes(stack, rows(Message)[-1], "delivered")

    at(7200)
    await writes(stack, CARO, "wamid.caro.1", "Hello?")
    at(7300)
    person_says(stack, 2, "caro-1")
    await stack.drain()
    at(7400)
    await writes(stack, ANNA, "wamid.anna.2", "And to Portugal?")


async def test_every_figure_is_the_one_counted_by_hand(stack: Stack) -> None:
    await the_day(stack)
    shown = page(stack)
    assert figures(shown) == {
        # In: Anna 2, Ben 1, Caro 1, and 2 a week ago. Out: 2 of the assistant, 3 of Sam.
        "total": ("9", "", "▲ 350.0 % on the 7 days before"),
        "inbound": ("4", "", "▲ 100.0 %"),
        "outbound": ("5", "AI 2 · people 3 · templates 0", "none before"),
        # All 5 were accepted, also the lost one; delivered: Anna's answer and Sam's second.
        "delivery_rate": ("40.0 %", "2 delivered", ""),
        "read_rate": ("20.0 %", "1 read", ""),
        "delivered": ("2", "of 5 accepted by Meta", "none before"),
        "read": ("1", "of 5 accepted by Meta", "none before"),
        "failed": ("1", "", "none before"),
        # All three were answered, Anna by the assistant alone; it took part twice, asked once.
        "ai_share": ("33.3 %", "1 of 3 conversations", ""),
        "hand_over_share": ("50.0 %", "1 of 2 conversations", ""),
        "conversations": ("3", "", ""),
        "active": ("3", "", "▲ 200.0 %"),
        "taken_over": ("2", "", ""),
    }
    assert [(row.who, row.half, row.ninety, row.number) for row in shown.answers] == [
        # Anna 4 s, Ben's hand-over 0 s, Ben 61 s, Caro 100 s.
        ("Everybody", within(4), within(120), "4"),
        ("✦ AI", within(1), within(4), "2"),
        ("People", within(90), within(120), "2"),
    ]
    assert [(row.number, row.reason) for row in shown.failures] == [
        ("1", "This customer cannot receive it on WhatsApp.")
    ]


def within(seconds: int) -> str:
    return waiting.in_words(seconds)


async def test_the_days_and_hours_are_those_of_the_clock(stack: Stack) -> None:
    await the_day(stack)
    shown = page(stack)
    assert [(day.iso, day.inbound, day.outbound, day.active) for day in shown.days] == [
        *((f"2026-11-{number}", 0, 0, 0) for number in range(17, 23)),
        ("2026-11-23", 4, 5, 3),
    ]
    busy = {row.weekday: row.counts for row in shown.hours if any(row.counts)}
    assert busy == {"Mon": [{12: 1, 13: 1, 14: 2}.get(hour, 0) for hour in range(24)]}
    assert "4 messages came in and 5 went out. The busiest day was Monday 23 November" in shown.said


async def test_a_longer_period_counts_a_conversation_once(stack: Stack) -> None:
    await the_day(stack)
    shown = figures(page(stack, "30"))
    assert shown["inbound"] == ("6", "", "none before")
    assert shown["active"] == ("3", "", "none before")
    assert shown["ai_share"] == ("33.3 %", "1 of 3 conversations", "")


async def test_a_bar_opens_the_conversations_behind_it(stack: Stack) -> None:
    await the_day(stack)
    with db.reading() as session:
        scope = Scope(stack.channel.assistant_id)
        where = analytics.place(session, stack.ana, scope, Asked("30"))
        today = analytics_lists.of_day(session, stack.ana, where, "2026-11-23")
        earlier = analytics_lists.of_day(session, stack.ana, where, "2026-11-16")
        newest = analytics_lists.recent(session, stack.ana, where)
    assert [(row.id, row.line) for row in today.rows] == [
        (3, "1 in · 1 out"),
        (2, "1 in · 3 out"),
        (1, "2 in · 1 out"),
    ]
    assert [(row.id, row.line) for row in earlier.rows] == [(1, "2 in · 0 out")]
    assert (today.name, today.next) == ("Monday 23 November", None)
    assert [row.id for row in newest] == [1, 3, 2]
    assert newest[0].href == "/inbox/open/1/"


async def test_the_counts_of_the_day_are_those_of_a_recount(stack: Stack) -> None:
    await the_day(stack)
    assert stored() == truth()
