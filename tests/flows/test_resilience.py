"""Several hands at once, hands that die, and neighbours that are away: nothing lost or doubled.

In each race one transaction stops in its middle while another does all it can, then goes on.
"""

import random
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import timedelta
from functools import partial
from itertools import count
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

import workers.inbound
import workers.media
import workers.replies
from domain import customers, deliveries, media, outbox, parked, rollup, window
from illumichat_app import clock, db, jobs
from illumichat_app.config import settings
from illumichat_app.errors import NotFound
from integrations.whatsapp import process_client
from integrations.whatsapp.client import Sent
from integrations.whatsapp.error_table import UNREACHED
from integrations.whatsapp.errors import GraphError
from models import (
    Conversation,
    CustomerIdentity,
    EventState,
    Media,
    MediaState,
    Message,
    MessageDaily,
    MessageStatus,
    ParkedUpdate,
    WebhookEvent,
)
from tests import payloads
from tests.conftest import NOON
from tests.flows.stack import Stack, apply_events, conversation, rows
from tests.flows.test_statuses import status

pytestmark = pytest.mark.anyio

S = MessageStatus
Work = Callable[[], Any]


class Race:
    """At a chosen call, lets `work` run in another thread, then goes on."""

    def __init__(self, patch: pytest.MonkeyPatch, pool: ThreadPoolExecutor) -> None:
        self._patch, self._pool = patch, pool
        self._other: Future[Any] | None = None

    def at(
        self, module: ModuleType, name: str, work: Work, call: int = 1, after: bool = False
    ) -> None:
        """Before (or after) call number `call` of `module.name`."""
        original, calls = getattr(module, name), count(1)

        def interrupted(*args: Any, **kwargs: Any) -> Any:
            if next(calls) != call:
                return original(*args, **kwargs)
            if not after:
                self._start(work)
            result = original(*args, **kwargs)
            if after:
                self._start(work)
            return result

        self._patch.setattr(module, name, interrupted)

    def _start(self, work: Work) -> None:
        self._other = self._pool.submit(work)
        wait([self._other], timeout=0.5)  # it ends, or it waits for a lock of ours

    def finish(self) -> None:
        """Let the other one end; raises what it raised."""
        assert self._other is not None, "the race never took place"
        self._other.result()


@pytest.fixture
def race(monkeypatch: pytest.MonkeyPatch) -> Iterator[Race]:
    with ThreadPoolExecutor() as pool:
        yield Race(monkeypatch, pool)


def text(wamid: str, wa_id: str = "34612555014", **fields: Any) -> dict[str, Any]:
    item = {"from": wa_id, "id": wamid, "timestamp": str(int(NOON.timestamp())), "type": "text"}
    return item | {"text": {"body": wamid}} | fields


def delivery(*items: dict[str, Any]) -> dict[str, Any]:
    metadata = {"display_phone_number": "442079460991", "phone_number_id": "310000000000007"}
    value = {"messaging_product": "whatsapp", "metadata": metadata, "messages": list(items)}
    change = {"field": "messages", "value": value}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "210000000000001", "changes": [change]}],
    }


async def stored(stack: Stack, *items: dict[str, Any]) -> None:
    assert await stack.deliver(delivery(*items)) == 200


async def received(stack: Stack, *items: dict[str, Any]) -> None:
    await stored(stack, *items)
    apply_events()


def reply(stack: Stack, conversation_id: int, key: str = "key-00001") -> Message:
    with db.transaction() as session:
        return outbox.queue_text(session, stack.ana, conversation_id, "Good morning", key)


async def in_flight(stack: Stack) -> tuple[outbox.Sending, Message]:
    """A reply whose call to Meta has begun; its row as Meta's statuses will name it."""
    await received(stack, text("wamid.1"))
    reply(stack, conversation().id)
    with db.transaction() as session:
        (sending,) = outbox.claim(session, 1)
    message = rows(Message)[-1]
    message.wamid = "wamid.OUT"
    return sending, message


def answered(sending: outbox.Sending) -> None:
    """Meta's 200 for a send is written down."""
    with db.transaction() as session:
        outbox.record(session, sending, Sent("wamid.OUT", None, None, None))


def recount() -> dict[str, int]:
    """What the rollup must say, counted from the messages."""
    found = rows(Message)
    reached = {
        "accepted": (S.ACCEPTED, S.SENT, S.DELIVERED, S.READ, S.PLAYED),
        "delivered": (S.DELIVERED, S.READ, S.PLAYED),
        "read": (S.READ, S.PLAYED),
        "failed": (S.FAILED,),
    }
    counts = {name: sum(row.status in among for row in found) for name, among in reached.items()}
    return counts | {
        "inbound": sum(row.direction == "in" for row in found),
        "by_assistant": sum(row.author == "assistant" for row in found),
        "by_agents": sum(row.author == "agent" for row in found),
    }


def rolled_up() -> dict[str, int]:
    return {name: sum(getattr(day, name) for day in rows(MessageDaily)) for name in recount()}


class TestRaces:
    async def test_a_reply_while_a_message_comes_in_leaves_the_right_count(
        self, stack: Stack, race: Race
    ) -> None:
        await received(stack, *(text(f"wamid.{n}") for n in range(3)))
        number = conversation().id
        race.at(rollup, "day_of", lambda: reply(stack, number))
        await received(stack, text("wamid.late"))
        race.finish()
        assert conversation().unread <= 1

    async def test_a_message_that_comes_while_an_answer_is_queued_is_answered_too(
        self, stack: Stack, race: Race
    ) -> None:
        from domain import assistant

        await received(stack, text("wamid.1"))
        (lease,) = await workers.replies.claim(1)
        (prepared,) = await db.run(assistant.prepare, [lease], clock.now())
        assert isinstance(prepared, assistant.Prepared)
        answer = assistant.Answer("Hello", None, "")

        def answers() -> None:
            with db.transaction() as session:
                assistant.settle(session, [(prepared, answer)], clock.now())

        race.at(rollup, "day_of", answers)
        await received(stack, text("wamid.2"))
        race.finish()
        assert conversation().needs_reply

    async def test_a_batch_and_an_agent_never_block_each_other_for_good(
        self, stack: Stack, race: Race
    ) -> None:
        await received(stack, text("wamid.1"), text("wamid.2", "34612555015"))
        second = rows(Conversation)[1].id
        race.at(customers, "identify", lambda: reply(stack, second), call=2)
        await received(stack, text("wamid.3"), text("wamid.4", "34612555015"))
        race.finish()
        assert {row.state for row in rows(WebhookEvent)} == {EventState.PROCESSED}
        assert len(rows(Message)) == 5
        assert rolled_up() == recount()

    async def test_a_status_and_the_answer_of_the_send_count_once(
        self, stack: Stack, race: Race
    ) -> None:
        sending, message = await in_flight(stack)
        race.at(outbox, "accepted", partial(answered, sending))
        key = sending.attempt_key
        await stack.deliver(status(message, "sent", biz_opaque_callback_data=key))
        apply_events()
        race.finish()
        assert rows(Message)[-1].status is S.SENT
        assert rolled_up() == recount()

    async def test_a_status_parked_beside_the_commit_it_waits_for_is_found(
        self, stack: Stack, race: Race
    ) -> None:
        sending, message = await in_flight(stack)
        race.at(parked, "by_wamid", partial(answered, sending), call=2, after=True)
        await stack.deliver(status(message, "delivered"))
        apply_events()
        race.finish()
        with db.transaction() as session:
            parked.join_late(session)
        assert rows(Message)[-1].status is S.DELIVERED
        assert rows(ParkedUpdate) == []

    async def test_a_reply_into_a_conversation_that_is_merged_is_kept(
        self, stack: Stack, race: Race
    ) -> None:
        await received(stack, text("wamid.1"), text("wamid.2", "34612555015"))
        first, second = rows(Conversation)
        race.at(customers, "col", lambda: reply(stack, second.id), call=3)
        with db.transaction() as session:
            one, two = (session.get_one(CustomerIdentity, c.identity_id) for c in (first, second))
            customers.merge(session, keep=one, gone=two)
        with suppress(NotFound):  # she is told that this conversation is gone
            race.finish()
            assert len(rows(Message)) == 3


class TestFaults:
    """A database, a queue server or a worker that fails in the middle."""

    async def test_a_fault_of_the_database_is_not_the_messages_fault(
        self, stack: Stack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await stored(stack, text("wamid.1"))
        with monkeypatch.context() as broken:
            broken.setattr(window, "opened_by", _no_room)
            with pytest.raises(OperationalError):
                workers.inbound.step()
        assert rows(WebhookEvent)[0].state is EventState.STORED
        apply_events()
        assert len(rows(Message)) == 1
        assert rolled_up() == recount()

    async def test_what_a_bad_item_counted_goes_with_it(
        self, stack: Stack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        join = parked.join

        def fails_for_one(session: Any, message: Message) -> None:
            join(session, message)
            if message.wamid == "wamid.bad":
                raise ZeroDivisionError

        monkeypatch.setattr(parked, "join", fails_for_one)
        await received(stack, text("wamid.bad"), text("wamid.good"))
        assert [row.wamid for row in rows(Message)] == ["wamid.good"]
        assert rolled_up() == recount()

    async def test_a_long_batch_is_applied_in_short_transactions(
        self, stack: Stack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(deliveries, "LONGEST_SECONDS", 0.0)
        monkeypatch.setattr(deliveries, "MOST_TOGETHER", 1)
        for number in range(3):
            await stored(stack, text(f"wamid.{number}"))
        assert workers.inbound.step()
        states = [row.state for row in rows(WebhookEvent)]
        assert states == [EventState.PROCESSED, EventState.STORED, EventState.STORED]

    async def test_a_killed_workers_file_is_fetched_by_the_next(self, stack: Stack) -> None:
        await stack.receive("09_media")
        pending = len(rows(Media, state=MediaState.PENDING))
        assert len(await workers.media.claim(9)) == pending > 0
        with db.reading() as session:
            due = media.next_due(session)
        assert due is not None
        clock.freeze(due + timedelta(seconds=1))
        assert len(await workers.media.claim(9)) == pending

    async def test_meta_being_away_for_long_ends_in_a_true_sentence(self, stack: Stack) -> None:
        await received(stack, text("wamid.1"))
        reply(stack, conversation().id)
        for _ in range(outbox.MOST_ATTEMPTS):
            with db.transaction() as session:
                (sending,) = outbox.claim(session, 1)
                outbox.record(session, sending, GraphError("away", UNREACHED))
            clock.freeze(clock.now() + timedelta(hours=1))
        assert rows(Message)[-1].status is S.FAILED
        assert rows(Message)[-1].error == outbox.GAVE_UP

    async def test_a_queue_server_that_hangs_does_not_hold_up_the_200(
        self, stack: Stack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            address = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
            monkeypatch.setenv("REDIS_URL", address)
            settings.cache_clear()
            jobs.redis.cache_clear()
            try:
                assert await stack.deliver(payloads.load("03_text")) == 200
            finally:
                monkeypatch.undo()
                settings.cache_clear()
                jobs.redis.cache_clear()
        assert len(rows(WebhookEvent)) == 1


def _no_room(*_: object) -> None:
    raise OperationalError("INSERT", {}, Exception("database or disk is full"))


class Killed(BaseException):
    """SIGKILL, as the database sees it: what was committed stays, nothing else happens."""


@pytest.mark.parametrize("seed", range(2))
async def test_workers_killed_anywhere_lose_and_double_nothing(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Killed before or after any commit and around any call to Meta, and begun again."""
    chance, asked, told = random.Random(seed), [], []
    client = await process_client.graph()
    send, run = client.send, db.run
    mortal = [True]

    async def deadly(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        for moment in ("before", "after"):
            if mortal[0] and chance.random() < 0.08:
                raise Killed(moment)
            if moment == "before":
                result = await work(*args, **kwargs)
        return result

    monkeypatch.setattr(db, "run", partial(deadly, run))
    monkeypatch.setattr(client, "send", partial(deadly, send))
    for turn in range(12):
        asked.append(stack.says(f"Question {turn}", chance.choice(["lucia", "tomasz", "jorge"])))
        await stack.simulator.settle()
        with suppress(Killed):
            await stack.drain()
        for talk in rows(Conversation):
            if chance.random() < 0.5:
                told.append(f"Part {len(told)}")
                with db.transaction() as session:
                    outbox.queue_text(session, stack.ana, talk.id, told[-1], f"key-{len(told):05}")
        with suppress(Killed):
            await stack.drain()
        clock.freeze(clock.now() + timedelta(minutes=1))
        give_up()
    mortal[0] = False
    for _ in range(3):
        await stack.settle()
        clock.freeze(clock.now() + timedelta(minutes=1))
        give_up()
    assert sorted(row.wamid for row in rows(Message) if row.direction == "in") == sorted(asked)
    assert not [row for row in rows(Message) if row.status in outbox.WAITING]
    assert not [row for row in rows(Conversation) if row.needs_reply]
    assert rolled_up() == recount()
    arrived = [line for who in ("lucia", "tomasz", "jorge") for line in parts(stack, who)]
    assert len(arrived) == len(set(arrived))
    lost = {row.text for row in rows(Message) if row.status is S.UNKNOWN}
    assert set(told) - set(arrived) <= lost
    assert told


def parts(stack: Stack, customer: str) -> list[str]:
    """The numbered lines on one phone; they must be in order."""
    lines = [line for line in stack.on_phone(customer) if line.startswith("Part ")]
    assert lines == sorted(lines, key=lambda line: int(line.split()[1]))
    return lines


def give_up() -> None:
    with db.transaction() as session:
        outbox.give_up_expired(session)
