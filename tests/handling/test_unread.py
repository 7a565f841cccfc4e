"""What each agent has not read, independent of colleagues and tabs."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import select

from domain import unread
from domain.access import Actor
from illumichat_app import clock, db
from illumichat_app.errors import Conflict, NotFound
from models import Conversation, ConversationSeen, Message, Role
from tests import factories
from tests.conftest import NOON
from tests.flows.stack import rows
from tests.handling.conftest import HOUR, MINUTE, Team, do, now


def left(actor: Actor, number: int) -> int:
    with db.reading() as session:
        return unread.of(session, actor, number)


@pytest.fixture
def talk(team: Team) -> int:
    """The customer has written three times."""
    number = team.talk()
    for _ in range(3):
        team.says(number)
    return number


def test_agents_are_independent(team: Team, talk: int) -> None:
    assert (left(team.ana, talk), left(team.sam, talk)) == (3, 3)
    do(unread.mark_read, team.ana, talk)
    assert (left(team.ana, talk), left(team.sam, talk)) == (0, 3)
    assert now(talk).unread == 0
    team.says(talk)
    assert (left(team.ana, talk), left(team.sam, talk)) == (1, 4)


def test_reading_twice_writes_once(team: Team, talk: int) -> None:
    for _ in range(2):
        do(unread.mark_read, team.ana, talk)
    assert [row.inbound_count for row in rows(ConversationSeen)] == [3]


def test_two_tabs_at_once_are_one_reader(team: Team, talk: int) -> None:
    team.at_once(*(lambda: do(unread.mark_read, team.ana, talk) for _ in range(3)))
    assert (left(team.ana, talk), len(rows(ConversationSeen))) == (0, 1)


def test_unread_again_is_one_persons_own(team: Team, talk: int) -> None:
    do(unread.mark_read, team.ana, talk)
    do(unread.mark_read, team.sam, talk)
    do(unread.mark_unread, team.ana, talk)
    do(unread.mark_unread, team.ana, talk)
    assert (left(team.ana, talk), left(team.sam, talk), now(talk).unread) == (1, 0, 0)


def test_what_is_unread_stays_as_much_unread(team: Team, talk: int) -> None:
    do(unread.mark_unread, team.ana, talk)
    assert left(team.ana, talk) == 3


def test_a_customer_who_never_wrote_leaves_nothing_to_read(team: Team) -> None:
    number = team.talk()
    with pytest.raises(Conflict, match="has not written"):
        do(unread.mark_unread, team.ana, number)


@pytest.mark.parametrize("change", [unread.mark_read, unread.mark_unread, unread.of])
def test_a_stranger_finds_nothing(team: Team, talk: int, change: Any) -> None:
    with pytest.raises(NotFound):
        do(change, team.stranger, talk)


# ---- people who join later


@pytest.mark.parametrize(
    ("wrote", "last_line", "count"),
    [
        (-MINUTE, -MINUTE, 0),
        (-MINUTE, MINUTE, 0),  # only a colleague answered since
        (timedelta(0), timedelta(0), 1),
        (MINUTE, MINUTE, 1),
    ],
)
def test_what_came_before_they_joined_counts_as_read(
    team: Team, wrote: timedelta, last_line: timedelta, count: int
) -> None:
    number = team.talk(last_at=NOON + HOUR + last_line)
    team.says(number, sent_at=NOON + HOUR + wrote)
    clock.freeze(NOON + HOUR)
    with db.transaction() as session:
        newcomer = factories.person(session, team.place, "Jo New", Role.AGENT)
    assert (left(newcomer, number), left(team.ana, number)) == (count, 1)


def test_what_they_put_back_stays_unread(team: Team) -> None:
    number = team.talk(last_at=NOON - HOUR)
    team.says(number, sent_at=NOON - HOUR)
    assert left(team.ana, number) == 0
    do(unread.mark_unread, team.ana, number)
    assert left(team.ana, number) == 1


# ---- for lists


@pytest.fixture
def statements(team: Team) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(db.engine(), "before_cursor_execute", note)
    yield seen
    event.remove(db.engine(), "before_cursor_execute", note)


def test_a_list_asks_once_for_all_rows(team: Team, talk: int, statements: list[str]) -> None:
    second = team.talk()
    team.says(second)
    do(unread.mark_read, team.ana, talk)
    mine = unread.unread_column(team.ana)
    statements.clear()
    with db.reading() as session:
        found = session.exec(select(Conversation.id, mine)).all()
        only = session.exec(select(Conversation.id).where(mine > 0)).all()
    assert ({tuple(row) for row in found}, list(only)) == ({(talk, 0), (second, 1)}, [second])
    assert len([s for s in statements if s.startswith("SELECT")]) == 2


def test_many_are_read_in_the_same_few_statements(
    team: Team, talk: int, statements: list[str]
) -> None:
    numbers = [talk]
    for _ in range(5):
        numbers.append(team.talk())
        team.says(numbers[-1])
    counts = []
    for some in (numbers[:2], numbers[2:]):
        with db.transaction() as session:
            held = list(session.exec(select(Conversation).where(Conversation.id.in_(some))))
            statements.clear()
            unread.read_by(session, team.ana, held)
            counts.append(len(statements))
    assert counts[0] == counts[1] <= 4
    assert {row.unread for row in rows(Conversation)} == {0}
    assert len(rows(Message)) == 8
