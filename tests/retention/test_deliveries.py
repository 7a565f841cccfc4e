"""Raw deliveries: how long they are kept, and which of them stay longer."""

from datetime import timedelta

import pytest

from domain import retention
from illumichat_app import clock, db
from illumichat_app.config import Settings, settings
from models import EventOwner, EventState, WebhookEvent
from tests.conftest import NOON
from tests.flows.stack import rows, seed
from workers import retention as nightly

E = EventState


@pytest.fixture
def admin(database: str, redis: None, noon: object) -> object:
    with db.transaction() as session:
        return seed(session)[2]


def event(days: int, state: EventState = E.PROCESSED, owner: int | None = None) -> None:
    """A delivery of so many days ago."""
    with db.transaction() as session:
        made = WebhookEvent(
            digest=f"{len(rows(WebhookEvent))}", signed_by="s", body=b"{}", state=state,
            created_at=NOON - timedelta(days=days),
        )  # fmt: skip
        session.add(made)
        session.flush()
        if owner:
            session.add(EventOwner(workspace_id=owner, event_id=made.id))


def kept() -> list[int]:
    return [(NOON - each.created_at).days for each in rows(WebhookEvent)]


def test_old_ones_go_and_those_not_applied_stay(admin: object) -> None:
    for days, state in ((100, E.STORED), (95, E.FAILED), (92, E.PROCESSED), (89, E.PROCESSED)):
        event(days, state, owner=1)
    nightly.delete_old()
    assert kept() == [100, 89]
    assert len(rows(EventOwner)) == 2


def test_none_goes_when_they_are_kept_for_ever(
    admin: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEEP_EVENTS_DAYS", "0")
    settings.cache_clear()
    event(4000)
    nightly.delete_old()
    assert kept() == [4000]
    monkeypatch.undo()
    settings.cache_clear()


def test_they_are_not_kept_longer_than_the_messages_in_them(admin: object) -> None:
    event(60)
    event(50, owner=1)
    event(45, E.STORED, owner=1)
    event(40, owner=1)
    event(20, owner=1)
    with db.transaction() as session:
        retention.save(session, admin, 30)
    clock.freeze((NOON + timedelta(days=1)).replace(hour=2))
    nightly.delete_old()
    assert kept() == [60, 45, 20]


def test_they_go_in_portions(admin: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    for days in (99, 98, 97, 96, 95, 10):
        event(days)
    nightly.delete_old()
    assert kept() == [10]


@pytest.mark.parametrize("days", ["1", "7", "-1", "4000"])
def test_a_time_that_does_not_fit_stops_the_start(
    days: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEEP_EVENTS_DAYS", days)
    with pytest.raises(ValueError, match="keep_events_days"):
        Settings()
