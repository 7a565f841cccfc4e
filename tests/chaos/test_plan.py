"""One seed gives one plan, and the plan holds what the settings promise."""

from typing import Any

import pytest

from bench.chaos import plan
from bench.chaos.plan import (
    LEAST_PAUSE,
    OF_POSTGRESQL,
    Episode,
    Fault,
    Kill,
    Mending,
    Plan,
    Settings,
    Writing,
)
from meta_simulator.faults import Faults

SETTINGS = Settings(seed=3, messages=600, customers=40, minutes=3, agents=2)


def made(database: str = "sqlite", settings: Settings = SETTINGS) -> Plan:
    return plan.make(settings, database)


def steps(kind: type, **of: Any) -> list:
    return [step for step in made(**of).steps if isinstance(step, kind)]


def test_a_seed_is_a_plan() -> None:
    assert made() == made()
    assert made() != made(settings=Settings(seed=4, messages=600, customers=40, minutes=3))


def test_every_message_is_written_within_the_time_and_is_unlike_any_other() -> None:
    written = steps(Writing)

    assert len(written) + SETTINGS.closing == SETTINGS.messages
    assert len({step.text for step in written}) == len(written)
    assert all(0 <= step.at <= SETTINGS.seconds for step in written)
    assert {step.customer for step in written} == set(range(SETTINGS.closing, SETTINGS.customers))


def test_nobody_writes_twice_in_a_second_of_metas() -> None:
    last: dict[int, float] = {}
    for step in steps(Writing):
        assert step.at - last.get(step.customer, -LEAST_PAUSE) >= LEAST_PAUSE - 1e-6
        last[step.customer] = step.at


def test_a_customer_has_one_agent_and_no_two_replies_are_alike() -> None:
    episodes = steps(Episode)
    replies = [reply for episode in episodes for reply in episode.replies]

    assert all(episode.agent == episode.customer % SETTINGS.agents for episode in episodes)
    assert len(set(replies)) == len(replies)
    assert {episode.hands_back for episode in episodes} == {True, False}


def test_somebody_answers_around_the_end_of_each_window() -> None:
    near = {
        customer
        for customer, closes in enumerate(made().closes_at)
        for episode in steps(Episode)
        if episode.customer == customer and abs(episode.at - closes) <= 6
    }
    assert near == set(range(SETTINGS.closing))


def test_each_fault_is_one_of_the_simulator_and_the_token_comes_back() -> None:
    faults = steps(Fault)
    token = [step.value for step in faults if step.name == "token_expired"]

    assert {step.name for step in faults} <= set(Faults.__slots__)
    assert token == [True, False, True, False]
    assert len(steps(Mending)) == 2


def test_only_a_postgresql_dies_as_a_server() -> None:
    here = {kill.victim for kill in steps(Kill, database="sqlite")}
    there = {kill.victim for kill in steps(Kill, database="postgresql")}

    assert not here & set(OF_POSTGRESQL)
    assert there & set(OF_POSTGRESQL)
    assert {"web", "outbox"} <= here


def test_settings_are_read() -> None:
    assert plan.read(["seed=9", "minutes=2.5", "messages=50", "customers=10"]) == Settings(
        seed=9, minutes=2.5, messages=50, customers=10
    )


@pytest.mark.parametrize(
    "word",
    [
        "sed=9",
        "seed",
        "seed=nine",
        "database=oracle",
        "agents=0",
        "customers=1",
        "minutes=0.1",
        "kill_every=0",
    ],
)
def test_settings_that_cannot_be(word: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  each has its own sentence
        plan.read([word])
