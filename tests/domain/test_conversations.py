"""Who answers: every verb in every state."""

import asyncio
from datetime import timedelta

import pytest

from domain import conversations
from domain.access import Actor
from domain.conversations import TRANSITIONS, HandOver, Verb
from illumichat_app import db
from illumichat_app.errors import BadTransition, Conflict, NotFound
from models import (
    Author,
    Channel,
    Conversation,
    ConversationEvent,
    Direction,
    MessageStatus,
    State,
    Workspace,
)
from tests import factories
from tests.conftest import NOON
from tests.flows.stack import rows, seed


@pytest.fixture
def place(database: str, redis: None, noon: object) -> tuple[Workspace, Channel, Actor, Actor]:
    with db.transaction() as session:
        return seed(session)


def made(place: tuple[Workspace, Channel, Actor, Actor], **facts: object) -> int:
    with db.transaction() as session:
        facts = {"window_ends_at": NOON + timedelta(hours=1)} | facts
        return factories.conversation(session, place[1], **facts).id


def now(number: int) -> Conversation:
    (row,) = rows(Conversation, id=number)
    return row


ACTIONS = {
    Verb.TAKE_OVER: conversations.take_over,
    Verb.RESUME: conversations.resume_ai,
    Verb.CLOSE: conversations.close,
    Verb.REOPEN: conversations.reopen,
}


@pytest.mark.parametrize("verb", ACTIONS)
@pytest.mark.parametrize("state", State)
def test_the_table_is_the_law(place, state: State, verb: Verb) -> None:
    number = made(place, state=state)
    target = TRANSITIONS.get((state, verb))
    with db.transaction() as session:
        if target is None:
            with pytest.raises(BadTransition):
                ACTIONS[verb](session, place[2], number)
        else:
            ACTIONS[verb](session, place[2], number)
    assert now(number).state is (target or state)
    events = rows(ConversationEvent)
    assert [event.kind for event in events] == ([verb] if target else [])
    assert all(event.user_id == place[2].user_id for event in events)


@pytest.mark.parametrize("verb", ACTIONS)
def test_nobody_reaches_into_another_workspace(place, verb: Verb) -> None:
    number = made(place)
    with db.transaction() as session:
        stranger = factories.person(session, factories.workspace(session, "Other"))
    with db.transaction() as session, pytest.raises(NotFound):
        ACTIONS[verb](session, stranger, number)
    assert rows(ConversationEvent) == []


@pytest.mark.parametrize("state", [state for state in State if state is not State.ASSISTANT])
def test_only_the_assistant_hands_over(place, state: State) -> None:
    number = made(place, state=state)
    with db.transaction() as session, pytest.raises(BadTransition):
        conversations.hand_over(session, session.get_one(Conversation, number), HandOver.NO_ANSWER)


def test_a_hand_over_keeps_its_reason(place) -> None:
    number = made(place, needs_reply=True)
    with db.transaction() as session:
        conversations.hand_over(session, session.get_one(Conversation, number), HandOver.NO_ANSWER)
    assert (now(number).state, now(number).hand_over_reason) == (State.NEEDS_HUMAN, "no_answer")
    assert not now(number).needs_reply


def test_one_claim_wins(place) -> None:
    _, _, ana, sam = place
    number = made(place)

    def claim(actor: Actor) -> str:
        try:
            with db.transaction() as session:
                conversations.claim(session, actor, number)
        except Conflict as refusal:
            return refusal.message
        return "mine"

    async def race() -> list[str]:
        return await asyncio.gather(*(asyncio.to_thread(claim, one) for one in (ana, sam)))

    results = asyncio.run(race())
    assert results.count("mine") == 1
    assert any("has already claimed this" in result for result in results)


def test_a_claim_can_be_given_up_by_its_holder_only(place) -> None:
    _, _, ana, sam = place
    number = made(place)
    with db.transaction() as session:
        conversations.claim(session, ana, number)
        conversations.claim(session, ana, number)
    with db.transaction() as session, pytest.raises(Conflict):
        conversations.release(session, sam, number)
    with db.transaction() as session:
        conversations.release(session, ana, number)
    assert now(number).claimed_by is None


ANSWERED = {"direction": Direction.OUT, "author": Author.AGENT}


@pytest.mark.parametrize(
    ("last", "waits"),
    [
        ({}, True),
        (ANSWERED | {"status": MessageStatus.SENT}, False),
        (ANSWERED | {"status": MessageStatus.FAILED}, True),
        ({"direction": Direction.NOTE, "author": Author.AGENT}, True),
    ],
)
def test_the_assistant_resumes_at_once_only_if_the_customer_waits(
    place, last: dict[str, object], waits: bool
) -> None:
    number = made(place, state=State.HUMAN)
    with db.transaction() as session:
        row = session.get_one(Conversation, number)
        factories.message(session, row, "Anybody?", sent_at=NOON - timedelta(minutes=1))
        factories.message(session, row, "Yes", **last)
    with db.transaction() as session:
        conversations.resume_ai(session, place[2], number)
    assert now(number).needs_reply is waits
    assert now(number).claimed_by is None
