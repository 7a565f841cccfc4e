"""What holds for everything a person sends: checks first, one row a click, one line a retry."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from domain import (
    channels,
    conversations,
    ledger,
    outbox,
    outgoing_media,
    queueing,
    reactions,
    retries,
    template_messages,
    thread,
)
from domain.access import Actor
from illumichat_app import clock, db
from illumichat_app.errors import (
    ChannelOff,
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    WindowClosed,
)
from integrations.whatsapp.client import Sent
from models import (
    Author,
    Channel,
    ConnectionStatus,
    Conversation,
    ConversationEvent,
    Media,
    Message,
    MessageDaily,
    MessageStatus,
    Role,
    State,
    Template,
    WhatsAppConnection,
    Workspace,
)
from tests import factories
from tests.conftest import NOON
from tests.flows.stack import Stack, conversation, rows
from tests.sending import files
from tests.sending.conftest import Attach

pytestmark = pytest.mark.anyio

S = MessageStatus
LATE = NOON + timedelta(hours=24)


def write(actor: Actor, text: str = "Good morning", key: str = "key-00001", **more: Any) -> Message:
    with db.transaction() as session:
        return outbox.queue_text(session, actor, conversation().id, text, key, **more)


def react(actor: Actor, message: Message, emoji: str | None = "👍") -> Message:
    with db.transaction() as session:
        return reactions.queue_reaction(session, actor, conversation().id, message.id, emoji)


def retry(actor: Actor, message: Message, key: str = "key-again", **more: Any) -> Message:
    with db.transaction() as session:
        return retries.retry(session, actor, message.id, key, **more)


def newest() -> Message:
    return rows(Message)[-1]


def first() -> Message:
    return rows(Message)[0]


async def failed(stack: Stack, code: int = 131026) -> Message:
    """A reply that Meta refused."""
    stack.simulator.faults.update({"refuse_code": code})
    write(stack.ana)
    await stack.settle()
    stack.simulator.faults.update({"refuse_code": 0})
    return newest()


# ---- no free-form message outside the window, ever

Send = Callable[[Any, Actor, int], Any]


def _sends(file: str, failed_id: int, answered: int) -> dict[str, Send]:
    return {
        "text": lambda s, who, n: outbox.queue_text(s, who, n, "Hello", f"key-{n:05}t"),
        "quote": lambda s, who, n: outbox.queue_text(
            s, who, n, "Hello", f"key-{n:05}q", reply_to=answered
        ),
        "media": lambda s, who, n: outgoing_media.queue_media(
            s, who, n, file, "Look", f"key-{n:05}m"
        ),
        "reaction": lambda s, who, n: reactions.queue_reaction(s, who, n, answered, "👍"),
        "retry": lambda s, who, n: retries.retry(s, who, failed_id, f"key-{n:05}r"),
        "answer": _answer,
    }


def _answer(session: Session, who: Actor, number: int) -> None:
    conversation = conversations.access.conversation(session, who, number)
    answers = queueing.Answers(session, channels.linked(session, [conversation.channel_id]))
    answers.add(conversation, ["Hello"])
    answers.write()


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    kind=st.sampled_from(["text", "quote", "media", "reaction", "retry", "answer"]),
    late=st.timedeltas(min_value=timedelta(), max_value=timedelta(days=400)),
    state=st.sampled_from(list(State)),
)
def check_closed(
    stack: Stack, sends: dict[str, Send], kind: str, late: timedelta, state: State
) -> None:
    clock.freeze(LATE + late)
    before = [row.model_dump() for row in rows(Message)]
    with db.transaction() as session:
        session.get_one(Conversation, conversation().id).state = state
    with pytest.raises(WindowClosed), db.transaction() as session:
        sends[kind](session, stack.ana, conversation().id)
    assert [row.model_dump() for row in rows(Message)] == before
    assert conversation().state is state


async def test_outside_the_window_nothing_free_form_is_queued(
    greeted: Stack,
    attach: Attach,
) -> None:
    sends = _sends(attach(greeted.ana).ref, (await failed(greeted)).id, first().id)
    calls = len(greeted.simulator.traffic.entries)
    check_closed(greeted, sends)
    assert rows(Media) == []
    await greeted.drain()
    assert len(greeted.simulator.traffic.entries) == calls


@pytest.mark.parametrize("kind", ["text", "quote", "media", "reaction", "retry", "answer"])
async def test_a_second_before_its_end_everything_goes(
    greeted: Stack,
    attach: Attach,
    kind: str,
) -> None:
    ref, message = attach(greeted.ana).ref, await failed(greeted)
    clock.freeze(LATE - timedelta(seconds=1))
    before = len(rows(Message))
    with db.transaction() as session:
        _sends(ref, message.id, first().id)[kind](session, greeted.ana, conversation().id)
    assert len(rows(Message)) == before + 1


@pytest.mark.parametrize("kind", ["text", "quote", "media", "reaction", "retry", "answer"])
async def test_nothing_goes_through_a_channel_that_is_off(
    greeted: Stack,
    attach: Attach,
    kind: str,
) -> None:
    send = _sends(attach(greeted.ana).ref, (await failed(greeted)).id, first().id)[kind]
    with db.transaction() as session:
        session.exec(select(WhatsAppConnection)).one().status = ConnectionStatus.ISSUE
    with db.transaction() as session, pytest.raises(ChannelOff):
        send(session, greeted.ana, conversation().id)


@pytest.mark.parametrize("kind", ["text", "quote", "media", "reaction", "retry"])
async def test_only_the_claimer_sends_where_the_workspace_says_so(
    greeted: Stack,
    attach: Attach,
    kind: str,
) -> None:
    message = await failed(greeted)
    send = _sends(attach(greeted.sam).ref, message.id, first().id)[kind]
    with db.transaction() as session:
        session.get_one(Workspace, greeted.workspace.id).only_claimer_replies = True
    with db.transaction() as session, pytest.raises(NotAllowed, match="Ana"):
        send(session, greeted.sam, conversation().id)


# ---- quoted replies


async def test_a_reply_quotes_a_message(greeted: Stack) -> None:
    write(greeted.ana, reply_to=first().id)
    await greeted.settle()
    assert greeted.simulator.thread("lucia").messages[-1].context_id == first().wamid


async def test_only_what_the_customer_can_see_is_quoted(greeted: Stack) -> None:
    number = conversation().id

    def quote(message_id: int) -> None:
        with db.transaction() as session:
            outbox.queue_text(session, greeted.ana, number, "So?", "key-00001", reply_to=message_id)

    with db.transaction() as session:
        mine = session.get_one(Conversation, number)
        foreign = factories.message(session, factories.conversation(session, greeted.channel))
        lost = factories.message(session, mine, wamid=None)
        gone = factories.message(session, mine, deleted_at=NOON)
    for message in (foreign, lost, gone):
        with pytest.raises(Invalid):
            quote(message.id)
    with pytest.raises(NotFound):
        quote(999)


# ---- reactions


class TestReactions:
    async def test_it_stands_on_the_message_once_whatsapp_has_it(self, greeted: Stack) -> None:
        react(greeted.ana, first())
        assert first().reactions == {}
        await greeted.settle()
        assert first().reactions["us"]["emoji"] == "👍"
        assert greeted.simulator.thread("lucia").messages[0].reactions == {"business": "👍"}

    async def test_it_is_taken_away(self, greeted: Stack) -> None:
        react(greeted.ana, first())
        await greeted.settle()
        clock.freeze(NOON + timedelta(seconds=9))
        react(greeted.ana, first(), None)
        await greeted.settle()
        assert first().reactions["us"]["emoji"] is None
        assert greeted.simulator.thread("lucia").messages[0].reactions == {"business": ""}

    async def test_a_waiting_one_changes(self, greeted: Stack) -> None:
        assert react(greeted.ana, first()).id == react(greeted.sam, first(), "🎉").id
        await greeted.settle()
        assert first().reactions["us"]["emoji"] == "🎉"
        assert [m["type"] for m in greeted.sends()].count("reaction") == 1

    async def test_it_is_no_message(self, greeted: Stack) -> None:
        before, (counts,) = conversation(), rows(MessageDaily)
        react(greeted.ana, newest())
        await greeted.settle()
        with db.reading() as session:
            shown = thread.thread(session, greeted.ana, conversation().id)
        assert next(item.text for item in shown.items if item.kind == "message") == "Hello"
        assert sum(item.kind == "message" for item in shown.items) == 2
        after = conversation()
        assert (after.last_at, after.last_preview) == (before.last_at, before.last_preview)
        assert (after.state, after.claimed_by) == (State.ASSISTANT, None)
        (now_counts,) = rows(MessageDaily)
        assert now_counts.model_dump() == counts.model_dump()

    async def test_no_words_wait_for_it(self, greeted: Stack) -> None:
        greeted.simulator.faults.update({"pair_limit": 1})
        react(greeted.ana, first())
        await greeted.drain()
        write(greeted.ana, "Words")
        await greeted.drain()
        assert greeted.on_phone()[-1] == "Words"

    async def test_one_that_is_refused_says_so_in_the_thread(self, greeted: Stack) -> None:
        greeted.simulator.faults.update({"refuse_code": 131026})
        react(greeted.ana, first())
        await greeted.settle()
        assert first().reactions == {}
        event = rows(ConversationEvent)[-1]
        assert event.kind == "reaction_not_sent"
        assert "cannot receive" in event.data["reason"]

    @pytest.mark.parametrize("emoji", ["", "ok", "👍 👍", "x" * 33, 5, {"a": 1}])
    async def test_one_emoji_only(self, greeted: Stack, emoji: Any) -> None:
        with pytest.raises(Invalid):
            react(greeted.ana, first(), emoji)

    @pytest.mark.parametrize("emoji", ["👍", "❤️", "👨‍👩‍👧‍👦", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"])
    async def test_any_emoji(self, greeted: Stack, emoji: str) -> None:
        assert react(greeted.ana, first(), emoji).content == {"emoji": emoji}


# ---- once more


class TestRetry:
    async def test_it_is_a_new_line_and_the_old_one_stays(self, greeted: Stack) -> None:
        old = await failed(greeted)
        new = retry(greeted.sam, old)
        await greeted.settle()
        old, sent = rows(Message)[-2:]
        assert (sent.id, sent.text, sent.status) == (new.id, "Good morning", S.READ)
        assert (old.status, old.content["again"]["message_id"]) == (S.FAILED, new.id)
        assert conversation().claimed_by == greeted.sam.user_id

    async def test_twice_is_once(self, greeted: Stack) -> None:
        old = await failed(greeted)
        one = retry(greeted.ana, old)
        assert retry(greeted.ana, old).id == one.id
        assert retry(greeted.sam, old, "key-other").id == one.id

    async def test_the_new_attempt_can_fail_and_go_again(self, greeted: Stack) -> None:
        old = await failed(greeted)
        greeted.simulator.faults.update({"refuse_code": 131026})
        second = retry(greeted.ana, old)
        await greeted.settle()
        greeted.simulator.faults.update({"refuse_code": 0})
        third = retry(greeted.ana, second, "key-third")
        await greeted.settle()
        assert third.id > second.id > old.id
        assert newest().status is S.READ

    async def test_what_may_have_arrived_needs_a_word(self, greeted: Stack) -> None:
        greeted.simulator.faults.update({"send_500": 1})
        write(greeted.ana)
        await greeted.settle()
        doubtful = newest()
        assert doubtful.status is S.UNKNOWN
        with pytest.raises(Conflict, match="may have arrived"):
            retry(greeted.ana, doubtful)
        retry(greeted.ana, doubtful, i_checked=True)
        await greeted.settle()
        assert (rows(Message)[-2].status, newest().status) == (S.UNKNOWN, S.READ)

    async def test_what_did_not_fail_is_not_sent_again(self, greeted: Stack) -> None:
        write(greeted.ana)
        with pytest.raises(Conflict):
            retry(greeted.ana, newest())
        with pytest.raises(Invalid):
            retry(greeted.ana, first())

    async def test_a_refused_retry_leaves_no_trace(self, greeted: Stack) -> None:
        old = await failed(greeted)
        clock.freeze(LATE)
        with pytest.raises(WindowClosed):
            retry(greeted.ana, old)
        assert "again" not in newest().content

    async def test_what_the_assistant_could_not_say(self, stack: Stack) -> None:
        stack.simulator.faults.update({"refuse_code": 131026})
        stack.says("Hello")
        await stack.settle()
        stack.simulator.faults.update({"refuse_code": 0})
        old = newest()
        assert (old.author, old.status) == (Author.ASSISTANT, S.FAILED)
        new = retry(stack.ana, old)
        await stack.settle()
        assert (new.author, newest().status) == (Author.AGENT, S.READ)

    async def test_a_file_is_given_to_meta_once(self, greeted: Stack, attach: Attach) -> None:
        with db.transaction() as session:
            outgoing_media.queue_media(
                session,
                greeted.ana,
                conversation().id,
                attach(greeted.ana).ref,
                "Here",
                "key-00001",
            )
        greeted.simulator.faults.update({"refuse_code": 131026})
        await greeted.settle()
        greeted.simulator.faults.update({"refuse_code": 0})
        retry(greeted.ana, newest())
        await greeted.settle()
        one, two = rows(Media)
        assert (one.meta_id, one.path) == (two.meta_id, two.path)
        assert newest().status is S.READ

    @pytest.mark.parametrize("days", [24, 26])
    async def test_unless_it_is_too_old(
        self,
        greeted: Stack,
        attach: Attach,
        days: int,
    ) -> None:
        message = await self._with_file(greeted, attach)
        clock.freeze(NOON + timedelta(days=days))
        greeted.says("Hello again")
        await greeted.settle()
        with db.transaction() as session:
            session.get_one(Message, message.id).status = S.FAILED
        retry(greeted.ana, message)
        await greeted.settle()
        one, two = rows(Media)
        assert (one.meta_id == two.meta_id) is (days < 25)
        assert newest().status is S.READ

    async def test_a_file_that_meta_never_got(self, greeted: Stack, attach: Attach) -> None:
        ref = attach(greeted.ana).ref
        with db.transaction() as session:
            outgoing_media.queue_media(
                session, greeted.ana, conversation().id, ref, "", "key-00001"
            )
        greeted.simulator.faults.update({"token_expired": 1})
        await greeted.settle()
        assert newest().status is S.FAILED
        with db.transaction() as session:
            session.exec(select(WhatsAppConnection)).one().status = ConnectionStatus.CONNECTED
        retry(greeted.ana, newest())
        await greeted.settle()
        assert newest().status is S.READ

    async def test_a_file_that_left_the_disk(self, greeted: Stack, attach: Attach) -> None:
        message = await self._with_file(greeted, attach)
        with db.transaction() as session:
            session.get_one(Message, message.id).status = S.FAILED
            session.exec(select(Media)).one().path = "gone"
        with pytest.raises(Invalid, match="Attach it again"):
            retry(greeted.ana, message)
        with db.transaction() as session:
            session.delete(session.exec(select(Media)).one())
        with pytest.raises(Invalid, match="Attach it again"):
            retry(greeted.ana, message)

    async def _with_file(self, stack: Stack, attach: Attach) -> Message:
        ref = attach(stack.ana, files.PDF, "a.pdf").ref
        with db.transaction() as session:
            message = outgoing_media.queue_media(
                session, stack.ana, conversation().id, ref, "", "key-00001"
            )
        await stack.settle()
        return message

    async def test_a_template_also_when_the_window_is_closed(self, greeted: Stack) -> None:
        old = await self._template(greeted)
        clock.freeze(LATE)
        retry(greeted.ana, old)
        await greeted.settle()
        assert (newest().kind, newest().status) == ("template", S.READ)

    async def test_a_template_that_is_not_approved_any_more(self, greeted: Stack) -> None:
        old = await self._template(greeted)
        with db.transaction() as session:
            found = select(Template).where(Template.name == "hello_world")
            session.exec(found).one().status = "PAUSED"
        with pytest.raises(Invalid, match="paused"):
            retry(greeted.ana, old)
        with db.transaction() as session:
            session.delete(session.exec(found).one())
        with pytest.raises(Invalid, match="gone"):
            retry(greeted.ana, old)

    async def _template(self, stack: Stack) -> Message:
        stack.simulator.faults.update({"refuse_code": 131026})
        with db.transaction() as session:
            number = session.exec(select(Template.id).where(Template.name == "hello_world")).one()
            template_messages.queue_template(
                session, stack.ana, conversation().id, number, {}, "key-00001"
            )
        await stack.settle()
        stack.simulator.faults.update({"refuse_code": 0})
        return newest()

    async def test_another_workspace_finds_nothing(self, greeted: Stack) -> None:
        old = await failed(greeted)
        with db.transaction() as session:
            stranger = factories.person(
                session, factories.workspace(session, "Other"), role=Role.ADMIN
            )
        with pytest.raises(NotFound):
            retry(stranger, old)
        with db.reading() as session:
            for look in (ledger.of, ledger.why):
                with pytest.raises(NotFound):
                    look(session, stranger, old.id)


# ---- what became of it, and why


def book(actor: Actor, message: Message) -> ledger.Ledger:
    with db.reading() as session:
        return ledger.of(session, actor, message.id)


def why(actor: Actor, message: Message) -> ledger.Why:
    with db.reading() as session:
        return ledger.why(session, actor, message.id)


class TestLedger:
    async def test_every_attempt_with_its_reason(self, greeted: Stack) -> None:
        greeted.simulator.faults.update({"pair_limit": 1})
        write(greeted.ana)
        await greeted.drain()
        clock.freeze(NOON + timedelta(seconds=5))
        await greeted.settle()
        found = book(greeted.ana, newest())
        assert (found.sent_by, found.status, found.can_retry) == ("Ana Ruiz", "Read", False)
        one, two = found.attempts
        assert (one.number, one.code, two.number) == (1, "131056", 2)
        assert one.trace_id
        assert one.started == "23 Nov 2026 12:00:00"
        assert (two.wamid, two.outcome) == (newest().wamid, "WhatsApp has it")
        assert found.times[0] == ("Written", "23 Nov 2026 12:00:00")

    async def test_a_failed_one_can_go_again_once(self, greeted: Stack) -> None:
        old = await failed(greeted)
        assert book(greeted.ana, old).can_retry
        retry(greeted.ana, old)
        found = book(greeted.ana, old)
        assert (found.can_retry, found.sent_again) == (False, "23 Nov 2026 12:00:00")
        assert "cannot receive" in found.problem

    async def test_a_doubtful_one_says_so(self, greeted: Stack) -> None:
        greeted.simulator.faults.update({"send_500": 1})
        write(greeted.ana)
        await greeted.settle()
        found = book(greeted.ana, newest())
        assert (found.can_retry, found.must_check) == (True, True)

    async def test_the_file_is_in_it(self, greeted: Stack, attach: Attach) -> None:
        with db.transaction() as session:
            outgoing_media.queue_media(
                session, greeted.ana, conversation().id, attach(greeted.ana).ref, "", "key-00001"
            )
        await greeted.settle()
        assert "File given to WhatsApp" in dict(book(greeted.ana, newest()).times)

    async def test_who_wrote_it(self, greeted: Stack) -> None:
        question, answer = rows(Message)
        assert book(greeted.ana, question).sent_by == "The customer"
        assert book(greeted.ana, answer).sent_by == "Harbour assistant"
        with db.transaction() as session:
            echo = factories.message(
                session,
                conversation(),
                direction="out",
                author=Author.AGENT,
                status=S.ACCEPTED,
                content={"source": "phone app"},
            )
        assert book(greeted.ana, echo).sent_by == "The WhatsApp Business app"

    async def test_a_template_that_is_held_back(self, greeted: Stack) -> None:
        write(greeted.ana)
        with db.transaction() as session:
            (sending,) = outbox.claim(session, 1)
            held = Sent("wamid.HELD", None, None, "held_for_quality_assessment")
            outbox.record(session, sending, held)
        assert "holds it back" in book(greeted.ana, newest()).attempts[0].problem


class TestWhy:
    async def test_each_answer_has_its_own_decision(self, stack: Stack) -> None:
        for number, text in enumerate(("What about returns?", "When is the shop open?")):
            clock.freeze(NOON + timedelta(minutes=number))
            stack.says(text)
            await stack.settle()
        answers = [row for row in rows(Message) if row.author is Author.ASSISTANT]
        found = [why(stack.ana, answer) for answer in answers]
        assert [each.passages[0] for each in found] == ["Returns", "Opening hours"]
        assert found[0].decision == "The assistant answered."
        assert found[0].model
        assert [each.at for each in found] == ["23 Nov 2026 12:00:00", "23 Nov 2026 12:01:00"]
        questions = [row for row in rows(Message) if row.author is Author.CUSTOMER]
        assert [why(stack.ana, each) for each in questions] == found

    async def test_a_silence_has_its_reason(self, stack: Stack) -> None:
        with db.transaction() as session:
            session.get_one(Channel, stack.channel.id).ai_replies = False
        stack.says("Hello?")
        await stack.settle()
        found = why(stack.ana, newest())
        assert found.decision == "The assistant stayed silent."
        assert "switched off for this channel" in found.reason

    async def test_a_hand_over_has_its_reason(self, stack: Stack) -> None:
        stack.says("I want to talk to a person")
        await stack.settle()
        found = why(stack.ana, first())
        assert found.decision == "The assistant asked for a person."
        assert "asked for a person" in found.reason

    async def test_before_and_without_a_decision(self, greeted: Stack) -> None:
        write(greeted.ana)
        await greeted.settle()
        assert why(greeted.ana, newest()).decision == "A person wrote this."
        greeted.says("Thanks")
        await greeted.settle()
        assert "a person looked after" in why(greeted.ana, newest()).reason
        with db.transaction() as session:
            session.get_one(Conversation, conversation().id).needs_reply = True
            old = factories.message(
                session,
                conversation(),
                direction="out",
                author=Author.ASSISTANT,
                status=S.READ,
                created_at=NOON + timedelta(days=9),
            )
        assert "about to look" in why(greeted.ana, rows(Message)[-2]).reason
        assert "before decisions" in why(greeted.ana, old).reason
