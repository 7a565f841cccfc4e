"""Replaying: only the own, and twice changes nothing."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from domain import inbound, webhook_replay
from illumichat_app import clock, db
from illumichat_app.errors import AppError, Conflict, Invalid, NotFound
from models import AuditEntry, EventState, Message, WebhookEvent, WhatsAppConnection
from tests import factories
from tests.conftest import NOON
from tests.flows.stack import apply_events, rows
from tests.security.pipeline import database_rows
from tests.webhook_log.conftest import Company, World, delivered, opened, poison, seen, text


def replay(who: Company, event: int) -> None:
    with db.transaction() as session:
        webhook_replay.one(session, who.admin, event)


def settled() -> dict[str, list[dict[str, Any]]]:
    """Every row but the trail of who replayed, and the moments at which they were applied."""
    tables = database_rows()
    del tables["audit_entry"]
    return tables


def test_a_replay_changes_nothing_twice(world: World) -> None:
    event = delivered(text(world.harbour))
    before = settled()
    replay(world.harbour, event)
    assert seen(world.harbour)[0].verdict == "Waiting"
    apply_events()
    (row,) = rows(WebhookEvent)
    assert row.outcome == {"duplicate": 1}
    after = settled()
    assert after.pop("webhook_event") != before.pop("webhook_event")
    assert after == before


def test_it_is_noted_who_replayed(world: World) -> None:
    event = delivered(text(world.harbour))
    replay(world.harbour, event)
    (entry,) = rows(AuditEntry)
    assert (entry.actor_name, entry.action) == ("Ana Ruiz", "events_replayed")


def test_a_replay_mends_what_an_update_can_read_now(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise KeyError("kind")

    with monkeypatch.context() as older:
        older.setitem(inbound._HANDLERS, inbound.meta.InboundMessage, broken)
        event = delivered(text(world.harbour))
    assert opened(world.harbour, event).put_aside[0].reason.startswith("The product could not")
    assert rows(Message) == []
    replay(world.harbour, event)
    apply_events()
    found = opened(world.harbour, event)
    assert (found.verdict, found.put_aside) == ("Accepted", [])
    assert len(rows(Message)) == 1


@pytest.mark.parametrize("event", [0, -1, 999, 2**63, "1", True, None, {"id": 1}])
def test_a_forged_id_is_not_here(world: World, event: Any) -> None:
    delivered(text(world.harbour))
    with pytest.raises(NotFound):
        replay(world.harbour, event)


def test_another_company_cannot_replay_ours(world: World) -> None:
    event = delivered(text(world.harbour))
    with pytest.raises(NotFound):
        replay(world.hill, event)
    assert rows(WebhookEvent)[0].state is EventState.PROCESSED


def test_what_waits_is_not_queued_again(world: World) -> None:
    event = delivered(text(world.harbour))
    replay(world.harbour, event)
    with pytest.raises(Conflict):
        replay(world.harbour, event)


def move_number(world: World) -> None:
    """Harbour disconnected its number, and Hill connected it."""
    with db.transaction() as session:
        row = session.exec(
            select(WhatsAppConnection).where(
                col(WhatsAppConnection.phone_number_id) == world.harbour.phone_number_id
            )
        ).one()
        place = session.get_one(factories.Workspace, world.hill.admin.workspace_id)
        other = factories.channel(
            session, place, factories.assistant(session, place), phone_number_id="1", waba_id="2"
        )
        new = session.exec(
            select(WhatsAppConnection).where(WhatsAppConnection.channel_id == other.id)
        ).one()
        session.delete(new)
        session.flush()
        row.workspace_id, row.channel_id = place.id, other.id


def test_a_number_that_moved_away_is_not_sent_our_customers_words(world: World) -> None:
    event = delivered(text(world.harbour))
    move_number(world)
    with pytest.raises(Conflict, match="another company"):
        replay(world.harbour, event)
    wanted = measured(world.harbour)
    assert wanted.count == 1
    with db.transaction() as session:
        step = webhook_replay.step(session, world.harbour.admin, wanted, wanted.first)
    assert (step.queued, step.left_out) == (0, 1)
    apply_events()
    assert {row.workspace_id for row in rows(Message)} == {world.harbour.admin.workspace_id}


# ---- a time


def measured(
    who: Company, begins: str = "2026-11-23T11:00", ends: str = "2026-11-23T13:00"
) -> webhook_replay.Range:
    with db.reading() as session:
        return webhook_replay.between(session, who.admin, begins, ends)


def test_a_time_holds_only_what_is_ours_and_came_then(world: World) -> None:
    every: list[int] = []
    for hour in range(5):
        clock.freeze(NOON + timedelta(hours=hour))
        every.append(delivered(text(world.harbour, f"wamid.{hour}")))
        delivered(text(world.hill, f"wamid.{hour}"))
    wanted = measured(world.harbour, "2026-11-23T12:30", "2026-11-23T14:00")
    assert wanted.count == 2
    assert wanted.words == "23 Nov 2026 12:30 to 23 Nov 2026 14:00"
    with db.transaction() as session:
        step = webhook_replay.step(session, world.harbour.admin, wanted, wanted.first)
    assert (step.queued, step.last) == (2, every[2])
    assert [row.id for row in rows(WebhookEvent, state=EventState.STORED)] == every[1:3]


def test_steps_go_on_where_the_last_one_ended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_replay, "STEP", 2)
    for n in range(5):
        delivered(text(world.harbour, f"wamid.{n}") if n else poison(world.harbour))
    wanted = measured(world.harbour)
    after, queued = wanted.first, []
    while True:
        with db.transaction() as session:
            step = webhook_replay.step(session, world.harbour.admin, wanted, after)
        if step.last == after:
            break
        with db.reading() as session:
            assert webhook_replay.waiting(session, world.harbour.admin, after + 1, step.last)
        apply_events()
        with db.reading() as session:
            assert not webhook_replay.waiting(session, world.harbour.admin, after + 1, step.last)
        after = step.last
        queued.append(step.queued)
    assert queued == [2, 2, 1]


def test_the_times_are_the_workspaces(world: World) -> None:
    with db.transaction() as session:
        place = session.get_one(factories.Workspace, world.harbour.admin.workspace_id)
        place.time_zone = "Asia/Tokyo"
    delivered(text(world.harbour))
    assert measured(world.harbour, "2026-11-23T20:59", "2026-11-23T21:01").count == 1
    assert measured(world.harbour, "2026-11-23T11:59", "2026-11-23T12:01").count == 0


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        ("", ""),
        ("yesterday", "2026-11-23T12:00"),
        ("2026-11-23T13:00", "2026-11-23T12:00"),
        ("2026-11-23T13:00", "2026-11-23T13:00"),
        ("0001-01-01T00:00", "2026-11-23T12:00"),
        ("2026-11-23T12:00", "9999-12-31T23:59"),
    ],
)
def test_a_time_that_is_none(world: World, begins: str, ends: str) -> None:
    with pytest.raises(Invalid):
        measured(world.harbour, begins, ends)


@pytest.mark.parametrize(("begins", "ends"), [("2001-01-01T00:00", "2999-12-31T23:59")])
def test_all_times(world: World, begins: str, ends: str) -> None:
    delivered(text(world.harbour))
    assert measured(world.harbour, begins, ends).count == 1


def test_too_many_are_refused_before_anything_is_done(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_replay, "MOST", 1)
    for n in range(2):
        delivered(text(world.harbour, f"wamid.{n}"))
    with pytest.raises(AppError, match="shorter"):
        measured(world.harbour)
