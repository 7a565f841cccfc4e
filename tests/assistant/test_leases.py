"""One run at a time for each conversation, and none is forgotten."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import Session

from domain import assistant
from domain.assistant import LEASE, Lease
from illumichat_app import clock, db
from models import (
    Conversation,
)
from tests import factories
from tests.assistant.conftest import Shop
from tests.assistant.steps import channel_of, later

# ---- leases


def test_a_lease_is_taken_once_and_comes_back_when_it_ends(shop: Shop):
    shop.says()
    first = shop.lease()
    assert assistant.due(shop.session, clock.now(), 10) == []
    assert assistant.next_due(shop.session) == first.until
    later(seconds=LEASE.total_seconds())

    assert shop.lease().conversation_id == first.conversation_id


def test_a_burst_waits_until_it_is_due(shop: Shop):
    shop.says()
    at = clock.now() + timedelta(seconds=1)
    shop.conversation.reply_due_at = at
    shop.session.flush()

    assert assistant.due(shop.session, clock.now(), 10) == []
    assert assistant.next_due(shop.session) == at
    assert len(assistant.due(shop.session, at, 10)) == 1


def test_nobody_waits(shop: Shop):
    assert assistant.due(shop.session, clock.now(), 10) == []
    assert assistant.next_due(shop.session) is None


def test_the_longest_wait_comes_first_and_no_more_than_asked_for(shop: Shop):
    waiting = _waiting(shop, 5)

    assert [lease.conversation_id for lease in assistant.due(shop.session, clock.now(), 1)] == [
        waiting[-1]
    ]
    assert len(assistant.due(shop.session, clock.now(), 2)) == 2
    assert len(assistant.due(shop.session, clock.now(), 10)) == 2


@pytest.mark.anyio
async def test_two_claimers_never_take_the_same_conversation(shop: Shop):
    waiting = _waiting(shop, 40)
    shop.session.commit()

    async def claim() -> list[Lease]:
        return [lease for _ in range(6) for lease in await db.run(assistant.due, clock.now(), 4)]

    claimed = [lease for part in await asyncio.gather(claim(), claim()) for lease in part]

    assert sorted(lease.conversation_id for lease in claimed) == sorted(waiting)


@pytest.mark.postgres
def test_a_claim_does_not_wait_for_a_locked_conversation(shop: Shop):
    if shop.session.get_bind().dialect.name != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    one, two = _waiting(shop, 2)
    shop.session.commit()
    shop.session.get(Conversation, one, with_for_update=True)
    with Session(db.engine()) as other:
        leases = assistant.due(other, clock.now(), 10)

    assert [lease.conversation_id for lease in leases] == [two]


def _waiting(shop: Shop, count: int) -> list[int]:
    """Conversations that are due, the last one since the longest time."""
    return [
        factories.conversation(
            shop.session,
            channel_of(shop),
            needs_reply=True,
            reply_due_at=clock.now() - timedelta(seconds=number),
        ).id
        for number in range(count)
    ]
