"""Any sequence of messages and statuses, in any order and with repetitions: the counts are those
of a recount."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import SQLModel, select

from domain import assistant, conversations, customers, messages, outbox, recount, rollup, undo
from domain.conversations import HandOver
from illumichat_app import clock, db
from illumichat_app.errors import AppError
from models import (
    Author,
    Conversation,
    ConversationDay,
    CustomerIdentity,
    DailyCount,
    Direction,
    Message,
    MessageDaily,
    MessageStatus,
)
from tests import factories
from tests.analytics.recounting import stored, truth
from tests.conftest import NOON
from tests.flows import stack as flows
from tests.flows.stack import Stack, apply_events, rows
from tests.flows.test_resilience import delivery, text
from tests.flows.test_statuses import status
from workers import upkeep

pytestmark = pytest.mark.anyio

CUSTOMERS = ("34612555014", "34612555015", "34612555016")
WORDS = ("sent", "delivered", "read", "failed", "played")
CODES = (131026, 131047, 130472)

deeds = st.lists(
    st.one_of(
        st.tuples(st.just("receive"), st.integers(0, 2), st.integers(0, 9)),
        st.tuples(st.just("answer"), st.integers(0, 2), st.booleans()),
        st.tuples(st.just("person"), st.integers(0, 2), st.integers(0, 3)),
        st.tuples(st.just("take back"), st.integers(0, 2)),
        st.tuples(st.just("accepted"), st.integers(0, 9)),
        st.tuples(st.just("refused"), st.integers(0, 9), st.sampled_from(CODES)),
        st.tuples(
            st.just("status"),
            st.integers(0, 9),
            st.sampled_from(WORDS),
            st.sampled_from(CODES),
            st.integers(1, 3),
        ),
        st.tuples(st.just("echo"), st.integers(0, 2), st.integers(0, 2)),
        st.tuples(st.just("hand over"), st.integers(0, 2)),
        st.tuples(st.just("close"), st.integers(0, 2)),
        st.tuples(st.just("later"), st.sampled_from([7, 400, 9_000, 90_000, 200_000])),
        st.tuples(st.just("merge"), st.integers(0, 2), st.integers(0, 2)),
    ),
    min_size=12,
    max_size=40,
)


# Everybody has written once, and two were answered; what follows has something to change.
BEGINNING = (
    *(("receive", who, 0) for who in range(3)),
    *(("answer", who, False) for who in range(2)),
    *(("accepted", which) for which in range(2)),
)


class Company:
    """Does what the deeds say; a refusal is an answer like any other."""

    def __init__(self, stack: Stack, sam: Any, channel_id: int) -> None:
        self.stack, self.sam, self.channel_id = stack, sam, channel_id

    async def do(self, deed: tuple[Any, ...]) -> None:
        try:
            done = getattr(self, "_" + deed[0].replace(" ", "_"))(*deed[1:])
            if done is not None:
                await done
        except AppError:
            return

    async def _receive(self, who: int, number: int) -> None:
        assert await self.stack.deliver(delivery(text(f"wamid.{who}.{number}", CUSTOMERS[who])))
        apply_events()

    def _answer(self, who: int, hand_over: bool) -> None:
        with self._talk(who) as (session, talk):
            if talk:
                messages.outgoing(session, talk, Author.ASSISTANT, "Hello")
                if hand_over:
                    conversations.hand_over(session, talk, HandOver.NO_ANSWER)

    def _person(self, who: int, key: int) -> None:
        with self._talk(who) as (session, talk):
            if talk:
                outbox.queue_text(session, self.sam, talk.id, "Morning", f"key-{who}-{key}-long")

    def _take_back(self, who: int) -> None:
        with self._talk(who) as (session, talk):
            if talk:
                _cancel_unsent(session, talk)

    def _accepted(self, which: int) -> None:
        with db.transaction() as session:
            if message := _outgoing(session, which):
                outbox.accepted(session, message, message.wamid or f"wamid.OUT.{message.id}")

    def _refused(self, which: int, code: int) -> None:
        with db.transaction() as session:
            message = _outgoing(session, which)
            if message and message.status in outbox.WAITING:
                outbox.sending.failed(session, message, "No", code)

    async def _status(self, which: int, word: str, code: int, times: int) -> None:
        said = [m for m in rows(Message) if m.direction == "out"]
        if not said:
            return
        message = said[which % len(said)]
        message.wamid = message.wamid or f"wamid.OUT.{message.id}"  # it may come too early
        errors = {"errors": [{"code": code, "title": "no"}]} if word == "failed" else {}
        for _ in range(times):
            assert await self.stack.deliver(status(message, word, **errors)) == 200
        apply_events()

    async def _echo(self, who: int, days: int) -> None:
        at = int((clock.now() - timedelta(days=days)).timestamp())
        echo = text(f"wamid.ECHO.{who}.{days}", "442079460991", to=CUSTOMERS[who])
        echo["timestamp"] = str(at)
        payload = delivery()
        change = payload["entry"][0]["changes"][0]
        change["field"] = "smb_message_echoes"
        change["value"] = {"metadata": change["value"]["metadata"], "message_echoes": [echo]}
        assert await self.stack.deliver(payload) == 200
        apply_events()

    def _hand_over(self, who: int) -> None:
        with self._talk(who) as (session, talk):
            if talk:
                conversations.hand_over(session, talk, HandOver.ASKED_FOR_PERSON)

    def _close(self, who: int) -> None:
        with self._talk(who) as (session, talk):
            if talk:
                conversations.close(session, self.sam, talk.id)

    def _later(self, seconds: int) -> None:
        clock.freeze(clock.now() + timedelta(seconds=seconds))

    def _merge(self, one: int, other: int) -> None:
        with db.transaction() as session:
            keep, gone = (_identity(session, who) for who in (one, other))
            if keep and gone and keep is not gone:
                customers.merge(session, keep=keep, gone=gone)

    def _talk(self, who: int) -> Any:
        return _InHand(who)


class _InHand:
    def __init__(self, who: int) -> None:
        self._who, self._transaction = who, db.transaction()

    def __enter__(self) -> tuple[Any, Conversation | None]:
        session = self._transaction.__enter__()
        person = _identity(session, self._who)
        return session, person and customers.conversation_of(session, person)

    def __exit__(self, *problem: Any) -> Any:
        return self._transaction.__exit__(*problem)


def _identity(session: Any, who: int) -> CustomerIdentity | None:
    named = select(CustomerIdentity).where(CustomerIdentity.wa_id == CUSTOMERS[who])
    return session.exec(named).first()


def _outgoing(session: Any, which: int) -> Message | None:
    query = select(Message).where(Message.direction == "out").order_by(Message.id)
    said = session.exec(query).all()
    return said[which % len(said)] if said else None


def _cancel_unsent(session: Any, talk: Conversation) -> None:
    unsent = select(Message).where(
        Message.conversation_id == talk.id, Message.status == MessageStatus.QUEUED
    )
    for message in session.exec(unsent).all():
        messages.moved_on(session, message, MessageStatus.CANCELLED)


def begin_again() -> Any:
    with db.engine().begin() as connection:
        for table in reversed(SQLModel.metadata.sorted_tables):
            connection.execute(table.delete())
    clock.freeze(NOON)
    with db.transaction() as session:
        return flows.seed(session)


@settings(
    max_examples=40,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(what=deeds)
async def test_the_counts_are_those_of_a_recount(stack: Stack, what: list[Any]) -> None:
    _, channel, _, sam = begin_again()
    company = Company(stack, sam, channel.id)
    for deed in [*BEGINNING, *what]:
        await company.do(deed)
    counted = stored()
    assert counted == truth()
    with db.reading() as session:
        assert recount.check(session) == {}
    upkeep.count_anew()
    assert stored() == counted


@pytest.fixture
def looks_right() -> Callable[[], None]:
    def look() -> None:
        assert stored() == truth()

    return look


class TestMoments:
    """The cases a reader would think of first."""

    async def test_what_meta_took_and_could_not_deliver_was_accepted(
        self, stack: Stack, looks_right: Callable[[], None]
    ) -> None:
        talk = self._talk(stack)
        with db.transaction() as session:
            message = messages.outgoing(session, talk, Author.AGENT, "Hello")
            outbox.accepted(session, message, "wamid.OUT")
            outbox.sending.failed(session, message, "No", 131026)
        (day,) = rows(MessageDaily)
        assert (day.accepted, day.delivered, day.failed) == (1, 0, 1)
        looks_right()

    async def test_a_second_reason_replaces_the_first(
        self, stack: Stack, looks_right: Callable[[], None]
    ) -> None:
        talk = self._talk(stack)
        with db.transaction() as session:
            message = messages.outgoing(session, talk, Author.AGENT, "Hello")
            outbox.accepted(session, message, "wamid.OUT")
        for code in (131026, 131047):
            await stack.deliver(status(message, "failed", errors=[{"code": code, "title": "x"}]))
            apply_events()
        failures = {row.part: row.number for row in rows(DailyCount, what="failure")}
        assert failures == {131026: 0, 131047: 1}
        looks_right()

    async def test_a_message_taken_back_leaves_nothing_and_the_customer_waits_on(
        self, stack: Stack, looks_right: Callable[[], None]
    ) -> None:
        await stack.deliver(delivery(text("wamid.1")))
        apply_events()
        talk = rows(Conversation)[0]
        with db.transaction() as session:
            outbox.queue_text(session, stack.ana, talk.id, "Oh", "key-00001")
            undo.undo_take_over(session, stack.ana, talk.id)
        assert rows(Conversation)[0].waiting_since == NOON
        (day,) = rows(ConversationDay)
        assert (day.inbound, day.by_people) == (1, 0)

    async def test_a_person_is_waited_for_from_the_hand_over_on(self, stack: Stack) -> None:
        await stack.deliver(delivery(text("wamid.1")))
        apply_events()
        with db.transaction() as session:
            talk = session.get_one(Conversation, rows(Conversation)[0].id)
            clock.freeze(NOON + timedelta(seconds=4))
            said = messages.outgoing(session, talk, Author.ASSISTANT, "One moment")
            conversations.hand_over(session, talk, HandOver.ASKED_FOR_PERSON)
            clock.freeze(NOON + timedelta(seconds=64))
            answer = messages.outgoing(session, talk, Author.AGENT, "Here I am")
        assert (said.waited, answer.waited) == (4, 60)
        within = {(str(row.what), row.part) for row in rows(DailyCount) if "within" in row.what}
        assert within == {("assistant_within", 4), ("people_within", 60)}

    async def test_what_is_counted_while_two_become_one_is_kept(
        self, stack: Stack, looks_right: Callable[[], None]
    ) -> None:
        with db.transaction() as session:
            talks = [factories.conversation(session, stack.channel) for _ in range(2)]
            for talk in talks:
                rollup.began(session, talk)
                rollup.added(session, factories.message(session, talk, hour=12))
            kept, gone = (session.get_one(CustomerIdentity, talk.identity_id) for talk in talks)
            customers.merge(session, keep=kept, gone=gone)
        assert [(row.conversation_id, row.inbound) for row in rows(ConversationDay)] == [(1, 2)]
        looks_right()

    async def test_a_hand_over_alone_makes_no_conversation_active(
        self, stack: Stack, looks_right: Callable[[], None]
    ) -> None:
        talk, other = self._talk(stack), self._talk(stack)
        with db.transaction() as session:
            conversations.hand_over(session, session.get_one(Conversation, talk.id), "no_answer")
        with db.transaction() as session:
            identities = [session.get_one(CustomerIdentity, t.identity_id) for t in (other, talk)]
            customers.merge(session, keep=identities[0], gone=identities[1])
        assert [row.what for row in rows(DailyCount) if row.number] == [
            *("new", "assisted", "handed_over")
        ]
        looks_right()

    async def test_notes_and_reactions_are_no_messages_and_a_template_is_one(
        self, stack: Stack, looks_right: Callable[[], None]
    ) -> None:
        talk = self._talk(stack)
        kinds: list[dict[str, Any]] = [
            {"direction": Direction.NOTE},
            {"direction": Direction.OUT, "kind": "reaction"},
            {"direction": Direction.OUT, "kind": "template"},
        ]
        with db.transaction() as session:
            for facts in kinds:
                facts |= {"author": Author.AGENT, "status": MessageStatus.QUEUED}
                rollup.added(session, factories.message(session, talk, **facts))
        (day,) = rows(MessageDaily)
        assert (day.by_agents, day.by_template) == (0, 1)
        looks_right()

    async def test_nothing_to_answer_ends_the_wait(self, stack: Stack) -> None:
        await stack.deliver(delivery(text("wamid.1")))
        apply_events()
        assert rows(Conversation)[0].waiting_since
        with db.transaction() as session:
            session.exec(select(Message)).one().deleted_at = clock.now()
        with db.transaction() as session:
            assistant.prepare(session, assistant.due(session, clock.now(), 1), clock.now())
        assert rows(Conversation)[0].waiting_since is None

    def _talk(self, stack: Stack) -> Conversation:
        with db.transaction() as session:
            talk = factories.conversation(session, stack.channel)
            rollup.began(session, talk)
            return talk


class TestRepair:
    async def test_old_days_are_found_and_counted(self, stack: Stack) -> None:
        await stack.deliver(delivery(text("wamid.1")))
        apply_events()
        right = stored()
        with db.transaction() as session:
            for row in session.exec(select(ConversationDay)).all():
                session.delete(row)
        with db.reading() as session:
            assert recount.first_uncounted(session) == NOON.date()
        upkeep.count_anew(NOON.date())
        assert stored() == right
        with db.reading() as session:
            assert recount.first_uncounted(session) is None

    async def test_a_long_time_is_counted_a_portion_at_a_time(self, stack: Stack) -> None:
        for number, days in enumerate((0, 3, 20, 41, 42)):
            clock.freeze(NOON + timedelta(days=days))
            await stack.deliver(delivery(text(f"wamid.{number}")))
            apply_events()
        right = stored()
        assert right == truth()
        upkeep.count_anew()
        assert stored() == right
        upkeep.count_anew(NOON.date() + timedelta(days=20))
        assert stored() == right

    async def test_a_wrong_count_is_named_and_mended(
        self, stack: Stack, caplog: pytest.LogCaptureFixture
    ) -> None:
        await stack.deliver(delivery(text("wamid.1")))
        apply_events()
        right = stored()
        with db.transaction() as session:
            session.exec(select(MessageDaily)).one().inbound = 7
        with db.reading() as session:
            differing = recount.check(session)
        recount.report(differing)
        assert "2026-11-23: daily.inbound[0] was off by 6" in caplog.text
        with db.transaction() as session:
            recount.repair(session)
        assert stored() == right

    def test_an_empty_house_has_nothing_to_count(self, database: str) -> None:
        assert upkeep.count_anew() == 0
        with db.reading() as session:
            assert recount.first_uncounted(session) is None
