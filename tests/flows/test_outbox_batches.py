"""Sending many at once: one claim, one record, and each message has its own outcome."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

import workers.outbox
from domain import channels, outbox, parked
from domain.outbox import Sending
from domain.queueing import Answers
from illumichat_app import db
from integrations.whatsapp import process_client
from integrations.whatsapp.client import Sent
from integrations.whatsapp.error_table import UNREACHED, UNSURE
from integrations.whatsapp.errors import GraphError, explain
from models import AttemptOutcome, Message, MessageStatus, SendAttempt
from tests import factories
from tests.conftest import NOON
from tests.flows.stack import Stack, rows

pytestmark = pytest.mark.anyio

S, A = MessageStatus, AttemptOutcome


def queued(stack: Stack, number: int) -> None:
    """One answer in each of so many conversations."""
    with db.transaction() as session:
        answers = Answers(session, channels.linked(session, {stack.channel.id}))
        for turn in range(number):
            talk = factories.conversation(
                session, stack.channel, window_ends_at=NOON + timedelta(hours=1)
            )
            answers.add(talk, [f"Answer {turn}"])
        answers.write()


def claimed(limit: int) -> list[Sending]:
    with db.transaction() as session:
        return sorted(outbox.claim(session, limit), key=lambda sending: sending.message_id)


def took(number: int) -> Sent:
    return Sent(f"wamid.OUT.{number}", None, None, None)


async def test_no_more_are_claimed_than_were_asked_for(stack: Stack) -> None:
    queued(stack, 20)
    assert [len(claimed(7)) for _ in range(4)] == [7, 7, 6, 0]


async def test_each_answer_is_written_down_for_its_own_message(stack: Stack) -> None:
    queued(stack, 5)
    sendings = claimed(5)
    with db.transaction() as session:
        status = {"status": "delivered", "at": NOON.isoformat(), "code": None, "title": None}
        parked.apply_or_park(session, stack.channel.id, "wamid.OUT.1", "status", status)
    refused = GraphError("no", explain(131026), code=131026)
    answers = [
        took(0),
        took(1),
        refused,
        GraphError("away", UNREACHED),
        GraphError("lost", UNSURE),
    ]
    with db.transaction() as session:
        outbox.record_all(session, list(zip(sendings, answers, strict=True)))
    sent = rows(Message)
    assert [row.status for row in sent] == [S.ACCEPTED, S.DELIVERED, S.FAILED, S.QUEUED, S.UNKNOWN]
    assert [row.wamid for row in sent] == ["wamid.OUT.0", "wamid.OUT.1", None, None, None]
    assert [row.error_code for row in sent] == [None, None, 131026, None, None]
    assert [row.lease_until for row in sent] == [None] * 5
    assert sent[3].next_attempt_at > NOON
    attempts = rows(SendAttempt)
    assert {row.message_id: row.outcome for row in attempts} == dict(
        zip(
            [row.id for row in sent],
            [A.ACCEPTED, A.ACCEPTED, A.REFUSED, A.RETRY, A.UNKNOWN],
            strict=True,
        )
    )
    assert {row.key for row in attempts} == {sending.attempt_key for sending in sendings}


async def test_a_status_that_settled_an_attempt_keeps_its_wamid(stack: Stack) -> None:
    queued(stack, 1)
    (sending,) = claimed(1)
    with db.transaction() as session:
        (message,) = rows(Message)
        outbox.accepted(session, session.merge(message), "wamid.OUT.0")
        attempt = session.merge(rows(SendAttempt)[0])
        attempt.outcome, attempt.wamid = A.ACCEPTED, "wamid.OUT.0"
    with db.transaction() as session:
        outbox.record(session, sending, GraphError("lost", UNSURE))
    assert (rows(Message)[0].status, rows(Message)[0].wamid) == (S.ACCEPTED, "wamid.OUT.0")
    assert rows(SendAttempt)[0].wamid == "wamid.OUT.0"


async def test_many_take_no_more_statements_than_few(stack: Stack) -> None:
    def statements(number: int) -> tuple[int, int]:
        queued(stack, number)
        with counted() as count:
            sendings = claimed(number)
            claiming = count[0]
            with db.transaction() as session:
                answers: list[Any] = [(each, took(each.message_id)) for each in sendings]
                outbox.record_all(session, answers)
        assert len(sendings) == number
        return claiming, count[0] - claiming

    assert statements(2) == statements(30)


@contextmanager
def counted() -> Generator[list[int]]:
    count = [0]

    def one_more(*_: object) -> None:
        count[0] += 1

    event.listen(db.engine(), "before_cursor_execute", one_more)
    try:
        yield count
    finally:
        event.remove(db.engine(), "before_cursor_execute", one_more)


async def test_an_answer_that_cannot_be_written_holds_up_no_other(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued(stack, 3)
    sendings = await workers.outbox.claim(3)
    same = iter(["wamid.OUT", "wamid.OUT", "wamid.OTHER"])
    client = await process_client.graph()
    monkeypatch.setattr(client, "send", always(lambda: Sent(next(same), None, None, None)))
    answered = [await workers.outbox.send(sending) for sending in sendings]
    came = await asyncio.gather(*answered, return_exceptions=True)
    assert [type(each) for each in came if each] == [IntegrityError]
    assert sorted(row.status for row in rows(Message)) == [S.ACCEPTED, S.ACCEPTED, S.SENDING]


def always(make: Callable[[], Sent]) -> Callable[..., Any]:
    async def send(*_: object, **__: object) -> Sent:
        return make()

    return send
