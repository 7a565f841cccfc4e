"""Colleagues at the same conversation."""

from datetime import timedelta

import pytest
from redis import RedisError

from domain import presence
from domain.access import Actor
from illumichat_app import clock, jobs, nudges
from models import Role
from tests.conftest import NOON

ANA = Actor(user_id=1, workspace_id=1, role=Role.ADMIN, name="Ana Ruiz")
SAM = Actor(user_id=2, workspace_id=1, role=Role.AGENT, name="Sam Okafor")
EVE = Actor(user_id=3, workspace_id=2, role=Role.ADMIN, name="Eve Elsewhere")

pytestmark = pytest.mark.usefixtures("redis", "noon")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """What the browsers were told."""
    heard: list[tuple[int, int]] = []
    monkeypatch.setattr(nudges, "company_changed", lambda *where: heard.append(where))
    return heard


def names(company: presence.Company) -> list[str]:
    return [person.name for person in company.people]


def test_each_sees_the_other_and_not_herself() -> None:
    assert names(presence.here(ANA, 7, "a")) == []
    assert names(presence.here(SAM, 7, "s")) == ["Ana Ruiz"]
    assert presence.company(ANA, 7).people[0] == presence.Present(2, "Sam Okafor", "SO", False)
    assert names(presence.company(ANA, 8)) == []


def test_another_workspace_sees_nobody() -> None:
    presence.here(ANA, 7, "a")
    assert names(presence.here(EVE, 7, "e")) == []


def test_closing_one_of_two_tabs_leaves_the_person_there() -> None:
    presence.here(SAM, 7, "one")
    presence.here(SAM, 7, "two")
    presence.away(SAM, 7, "one")
    assert names(presence.company(ANA, 7)) == ["Sam Okafor"]
    presence.away(SAM, 7, "two")
    assert names(presence.company(ANA, 7)) == []


def test_a_tab_that_died_is_left_out() -> None:
    presence.here(SAM, 7, "s")
    clock.freeze(NOON + presence.GONE_AFTER)
    assert names(presence.company(ANA, 7)) == []


def test_typing_lasts_seconds_and_outlives_a_refresh() -> None:
    presence.here(SAM, 7, "s")
    presence.typing(SAM, 7, "s")
    presence.here(SAM, 7, "s")
    company = presence.company(ANA, 7)
    assert (company.people[0].typing, company.changes_at) == (True, NOON + presence.TYPING_LASTS)
    clock.freeze(NOON + presence.TYPING_LASTS)
    company = presence.company(ANA, 7)
    assert (company.people[0].typing, company.changes_at) == (False, NOON + presence.GONE_AFTER)


@pytest.mark.parametrize(
    ("typing", "sentence"),
    [
        ({}, ""),
        ({"Sam": False}, "Sam is looking"),
        ({"Sam": True}, "Sam is typing…"),
        ({"Sam": False, "Lee": False, "Kim": False}, "Kim, Lee and Sam are looking"),
        ({"Sam": True, "Lee": False}, "Sam is typing…"),
        ({"Sam": True, "Lee": True}, "Lee and Sam are typing…"),
    ],
)
def test_what_they_do_in_words(typing: dict[str, bool], sentence: str) -> None:
    for number, (name, writes) in enumerate(typing.items(), start=10):
        who = Actor(user_id=number, workspace_id=1, role=Role.AGENT, name=f"{name} Okafor")
        presence.here(who, 7, name)
        if writes:
            presence.typing(who, 7, name)
    assert presence.company(ANA, 7).sentence == sentence


def test_a_lost_connection_takes_the_person_away(told: list[object]) -> None:
    presence.here(SAM, 7, "s")
    presence.lost(SAM, 7, "s")
    presence.lost(SAM, 7, "s")
    assert names(presence.company(ANA, 7)) == []
    assert told == [(1, 7)] * 2


def test_a_tab_that_came_back_to_another_process_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as there:
        there.setattr(presence, "_process", lambda: "other:1")
        presence.here(SAM, 7, "s")
    presence.lost(SAM, 7, "s")
    assert names(presence.company(ANA, 7)) == ["Sam Okafor"]


def test_who_was_given_up_and_is_heard_again_is_told(told: list[object]) -> None:
    presence.here(SAM, 7, "s")
    clock.freeze(NOON + timedelta(hours=1))
    presence.here(SAM, 7, "s")
    assert told == [(1, 7)] * 2


def test_browsers_are_told_of_changes_only(told: list[object]) -> None:
    for _ in range(3):
        presence.here(SAM, 7, "s")
    for _ in range(3):
        presence.typing(SAM, 7, "s")
    clock.freeze(NOON + timedelta(seconds=3))
    presence.typing(SAM, 7, "s")
    presence.away(SAM, 7, "s")
    presence.away(SAM, 7, "s")
    assert told == [(1, 7)] * 3


def test_without_redis_nobody_is_seen_and_nothing_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise RedisError

    monkeypatch.setattr(jobs, "redis", away)
    assert presence.here(ANA, 7, "a") == presence.Company([], None)
    presence.typing(ANA, 7, "a")
    presence.away(ANA, 7, "a")
    presence.lost(ANA, 7, "a")
