"""Many conversations at once: each is decided by itself, in as many statements as one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlmodel import Session, col, select

from domain import assistant
from domain.assistant import Lease, Prepared, Silent
from illumichat_app import clock, db
from integrations.llm import Answer, ModelFailure
from models import (
    AssistantTrace,
    Channel,
    Conversation,
    Message,
    MessageDaily,
    MessageStatus,
    State,
)
from tests import factories
from tests.assistant.conftest import Shop

ANSWER = Answer("From 9 to 17.", None, "passage")


@pytest.fixture
def talks(shop: Shop) -> list[Conversation]:
    """Four customers who ask on two channels of two assistants."""
    place, helper = shop.place, factories.assistant(shop.session, shop.place, returns="Never.")
    other = factories.channel(
        shop.session, place, helper, phone_number_id="310000000000008", waba_id="2"
    )
    first = shop.session.get_one(Channel, shop.conversation.channel_id)
    made = [factories.conversation(shop.session, on) for on in (first, first, other)]
    return [shop.conversation, *made]


def asked(shop: Shop, talks: list[Conversation], text: str = "And returns?") -> list[Lease]:
    """Each asks; the leases in the order of the conversations."""
    for talk in talks:
        Shop(shop.session, talk, shop.ana, shop.place).says(text)
    leases = assistant.due(shop.session, clock.now(), len(talks))
    shop.session.expire_all()
    return sorted(leases, key=lambda lease: lease.conversation_id)


def prepared(shop: Shop, leases: list[Lease]) -> list[Prepared]:
    found = assistant.prepare(shop.session, leases, clock.now())
    return [each for each in found if isinstance(each, Prepared)]


def decisions(session: Session, talk: Conversation) -> list[tuple[str, str]]:
    mine = select(AssistantTrace).where(AssistantTrace.conversation_id == talk.id)
    rows = session.exec(mine.order_by(col(AssistantTrace.id)))
    return [(row.decision.value, row.reason) for row in rows]


def queued(session: Session, talk: Conversation) -> list[str]:
    mine = select(Message).where(Message.conversation_id == talk.id)
    mine = mine.where(Message.status == MessageStatus.QUEUED).order_by(col(Message.id))
    return [row.text for row in session.exec(mine)]


def test_each_is_asked_its_own_words_of_its_own_assistant(shop: Shop, talks: list[Conversation]):
    for number, talk in enumerate(talks):
        factories.message(
            shop.session, talk, f"I am {number}", sent_at=clock.now() - timedelta(minutes=1)
        )
    found = prepared(shop, asked(shop, talks))

    assert [[turn.text for turn in each.question.burst] for each in found] == [
        [f"I am {number}", "And returns?"] for number in range(4)
    ]
    assert [[passage.body for passage in each.question.passages] for each in found] == [
        *[["Within 30 days."]] * 3,
        ["Never."],
    ]
    assert [each.typing.wamid for each in found if each.typing] == [each.wamid for each in found]


def test_silence_in_one_is_no_silence_in_another(shop: Shop, talks: list[Conversation]):
    leases = asked(shop, talks)
    talks[0].state = State.HUMAN
    Shop(shop.session, talks[1], shop.ana, shop.place).answered("Within 30 days.")
    talks[2].reply_lease_until = None
    found = assistant.prepare(shop.session, leases, clock.now())

    assert found[:3] == [
        Silent("person_answers"),
        Silent("nothing_to_answer"),
        Silent("lease_lost"),
    ]
    assert isinstance(found[3], Prepared)
    assert [decisions(shop.session, talk) for talk in talks] == [
        [("silent", "person_answers")],
        [("silent", "nothing_to_answer")],
        [],
        [],
    ]


def test_each_outcome_is_settled_by_itself(shop: Shop, talks: list[Conversation]):
    one, two, three, four = prepared(shop, asked(shop, talks))
    talks[0].state = State.HUMAN
    over = Answer("A colleague comes.", "no_answer", "unknown")
    failure = ModelFailure("The AI provider could not answer", retryable=True)
    outcomes = [(one, ANSWER), (two, over), (three, failure), (four, ANSWER)]
    assistant.settle(shop.session, outcomes, clock.now())
    shop.session.flush()

    assert [queued(shop.session, talk) for talk in talks] == [
        [],
        ["A colleague comes."],
        [],
        ["From 9 to 17."],
    ]
    assert [decisions(shop.session, talk) for talk in talks] == [
        [("dropped", "person_answers")],
        [("handed_over", "no_answer: unknown")],
        [("failed", "The AI provider could not answer")],
        [("answered", "passage")],
    ]
    assert [talk.needs_reply for talk in talks] == [False, False, True, False]


def test_the_same_lease_twice_in_a_set_is_one_answer(shop: Shop, talks: list[Conversation]):
    (only,) = prepared(shop, asked(shop, talks[:1]))
    assistant.settle(shop.session, [(only, ANSWER), (only, ANSWER)], clock.now())

    assert queued(shop.session, talks[0]) == ["From 9 to 17."]
    assert decisions(shop.session, talks[0]) == [("answered", "passage")]


def test_many_take_as_many_statements_as_one(shop: Shop, talks: list[Conversation]):
    leases = asked(shop, talks)
    shop.session.commit()

    assert answered(leases[:1]) == answered(leases[1:3])
    assert [queued(shop.session, talk) for talk in talks] == [*[["From 9 to 17."]] * 3, []]
    assert shop.session.exec(select(MessageDaily)).one().by_assistant == 3


def answered(leases: list[Lease]) -> int:
    """Answer these together, as the lane does, and count the statements."""
    with statements() as made:
        found = db.transact(lambda session: assistant.prepare(session, leases, clock.now()))
        outcomes = [(each, ANSWER) for each in found if isinstance(each, Prepared)]
        db.transact(lambda session: assistant.settle(session, outcomes, clock.now()))
    assert len(outcomes) == len(leases)
    return len(made)


@contextmanager
def statements() -> Iterator[list[str]]:
    made: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        made.append(statement)

    event.listen(db.engine(), "before_cursor_execute", note)
    try:
        yield made
    finally:
        event.remove(db.engine(), "before_cursor_execute", note)
