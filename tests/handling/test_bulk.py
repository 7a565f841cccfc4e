"""Many conversations at once: all are found or none change, and nobody waits for ever."""

from collections.abc import Callable
from typing import Any

import pytest

from domain import bulk, unread
from illumichat_app import db
from illumichat_app.errors import Invalid, NotFound
from models import ConversationEvent, State
from tests import factories
from tests.flows.stack import rows
from tests.handling.conftest import Team, do, kinds, now

ACTIONS = [bulk.close, bulk.claim, bulk.mark_read]
Action = Callable[..., str]


def test_closing_counts_what_was_closed_already(team: Team) -> None:
    open_ones = [team.talk(claimed_by=team.ana.user_id), team.talk(state=State.HUMAN), team.talk()]
    shut = team.talk(state=State.CLOSED)
    assert do(bulk.close, team.sam, [*open_ones, shut]) == "3 closed, 1 was closed already"
    assert {now(number).state for number in open_ones} == {State.CLOSED}
    assert {now(number).claimed_by for number in open_ones} == {None}
    assert [kinds(number) for number in [*open_ones, shut]] == [["closed"]] * 3 + [[]]
    assert {event.user_id for event in rows(ConversationEvent)} == {team.sam.user_id}
    assert do(bulk.close, team.sam, open_ones) == "0 closed, 3 were closed already"


def test_claiming_counts_why_not(team: Team) -> None:
    free = [team.talk(), team.talk(state=State.NEEDS_HUMAN)]
    mine, theirs = (team.talk(claimed_by=one.user_id) for one in (team.sam, team.ana))
    shut = team.talk(state=State.CLOSED)
    told = do(bulk.claim, team.sam, [*free, mine, theirs, shut])
    assert told == "2 claimed, 1 was yours already, 1 was claimed by a colleague, 1 was closed"
    assert [now(number).claimed_by for number in (*free, mine, theirs, shut)] == [
        *[team.sam.user_id] * 3,
        team.ana.user_id,
        None,
    ]
    assert [kinds(number) for number in (free[0], mine)] == [["claimed"], []]


def test_reading_is_the_readers_own(team: Team) -> None:
    numbers = [team.talk(), team.talk()]
    for number in numbers:
        team.says(number)
    do(unread.mark_read, team.sam, numbers[0])
    assert do(bulk.mark_read, team.sam, numbers) == "1 marked as read, 1 was read already"
    with db.reading() as session:
        assert [unread.of(session, team.sam, number) for number in numbers] == [0, 0]
        assert [unread.of(session, team.ana, number) for number in numbers] == [1, 1]


@pytest.mark.parametrize("action", ACTIONS)
def test_one_of_anothers_refuses_all(team: Team, action: Action) -> None:
    number = team.talk()
    team.says(number)
    with db.transaction() as session:
        place = factories.workspace(session, "Third Shop")
        channel = factories.channel(
            session, place, factories.assistant(session, place), phone_number_id="31000000000000"
        )
        foreign = factories.conversation(session, channel).id
    before = (now(number), now(foreign))
    with pytest.raises(NotFound, match="Nothing was changed"):
        do(action, team.sam, [number, foreign])
    assert (now(number), now(foreign)) == before
    assert rows(ConversationEvent) == []


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("odd", [0, -1, True, "1", None, 2**70])
def test_what_is_no_number_refuses_all(team: Team, action: Action, odd: Any) -> None:
    number = team.talk()
    team.says(number)
    with pytest.raises(NotFound):
        do(action, team.sam, [odd, number])
    assert now(number).unread == 1
    assert kinds(number) == []


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("ids", [[], list(range(1, 202))])
def test_none_or_too_many_are_refused(team: Team, action: Action, ids: list[int]) -> None:
    with pytest.raises(Invalid, match="between 1 and 200"):
        do(action, team.sam, ids)


def test_one_named_twice_counts_once(team: Team) -> None:
    number = team.talk()
    assert do(bulk.close, team.sam, [number, number]) == "1 closed"


def test_two_crossing_choices_never_block_each_other(team: Team) -> None:
    numbers = [team.talk() for _ in range(20)]
    results = team.at_once(
        lambda: do(bulk.claim, team.sam, numbers),
        lambda: do(bulk.claim, team.ana, numbers[::-1]),
        lambda: do(bulk.mark_read, team.lee, numbers[::-1]),
    )
    assert sorted(results[:2]) == ["0 claimed, 20 were claimed by a colleague", "20 claimed"]
    assert len({now(number).claimed_by for number in numbers}) == 1
