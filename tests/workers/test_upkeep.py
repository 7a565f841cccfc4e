"""The sweep: what a lost wake left behind is found within seconds."""

from datetime import timedelta

import pytest
from rq import Queue
from sqlalchemy import text
from sqlmodel import select

from domain import connection_check, inbox_search, message_words, rollup
from domain.access import Actor
from illumichat_app import clock, db, jobs
from integrations.whatsapp.signup import failed
from models import (
    Author,
    ConnectionStatus,
    Conversation,
    ConversationDay,
    Direction,
    LoginSession,
    Media,
    Message,
    MessageDaily,
    MessageStatus,
    Role,
    User,
    WebhookEvent,
    WhatsAppConnection,
)
from tests import factories
from tests.conftest import NOON
from tests.flows.stack import rows, seed
from workers import upkeep


@pytest.fixture
def talk(database: str, redis: None, noon: object) -> Conversation:
    with db.transaction() as session:
        _, channel, _, _ = seed(session)
        return factories.conversation(session, channel, window_ends_at=NOON + timedelta(hours=1))


def woken() -> set[str]:
    return {lane for lane in jobs.DRAINS if len(Queue(lane, connection=jobs.redis()))}


def test_a_quiet_house_wakes_nobody(talk: Conversation) -> None:
    upkeep.drain()
    assert woken() == set()


def test_a_stored_event_is_found(talk: Conversation) -> None:
    with db.transaction() as session:
        session.add(WebhookEvent(digest="d", signed_by="s", body=b"{}"))
    upkeep.drain()
    assert woken() == {"inbound"}


def test_a_waiting_customer_is_found(talk: Conversation) -> None:
    with db.transaction() as session:
        row = session.get_one(Conversation, talk.id)
        row.needs_reply, row.reply_due_at = True, NOON
    upkeep.drain()
    assert woken() == {"replies"}


def test_a_queued_message_is_found_when_it_is_due(talk: Conversation) -> None:
    with db.transaction() as session:
        factories.message(
            session,
            talk,
            direction=Direction.OUT,
            author=Author.AGENT,
            status=MessageStatus.QUEUED,
            next_attempt_at=NOON + timedelta(minutes=5),
        )
    upkeep.drain()
    assert woken() == set()
    clock.freeze(NOON + timedelta(minutes=5))
    upkeep.drain()
    assert woken() == {"outbox"}


def test_a_pending_file_is_found(talk: Conversation) -> None:
    with db.transaction() as session:
        message = factories.message(session, talk, kind="image")
        session.add(
            Media(
                workspace_id=talk.workspace_id,
                channel_id=talk.channel_id,
                message_id=message.id,
                meta_id="1",
                next_attempt_at=NOON,
            )
        )
    upkeep.drain()
    assert woken() == {"media"}


def test_a_message_whose_sender_died_is_shown_as_unknown(talk: Conversation) -> None:
    with db.transaction() as session:
        factories.message(
            session,
            talk,
            direction=Direction.OUT,
            author=Author.AGENT,
            status=MessageStatus.SENDING,
            lease_until=NOON - timedelta(seconds=1),
        )
    upkeep.drain()
    assert rows(Message)[0].status is MessageStatus.UNKNOWN


def test_sessions_that_ended_long_ago_are_forgotten(talk: Conversation) -> None:
    with db.transaction() as session:
        owner = session.get_one(User, 1)
        for days in (-31, -1, 14):
            session.add(
                LoginSession(
                    user_id=owner.id,
                    token_digest=f"digest {days}",
                    last_seen_at=NOON,
                    expires_at=NOON + timedelta(days=days),
                )
            )
    upkeep.drain()
    assert len(rows(LoginSession)) == 2


def test_days_that_nobody_counted_are_counted(talk: Conversation) -> None:
    with db.transaction() as session:
        message = factories.message(session, session.get_one(Conversation, talk.id))
        session.add(
            MessageDaily(
                workspace_id=talk.workspace_id,
                channel_id=talk.channel_id,
                day=message.day,
                inbound=1,
            )
        )
    upkeep.drain()
    assert [row.inbound for row in rows(ConversationDay)] == [1]


def test_each_night_the_last_days_are_compared(
    talk: Conversation, caplog: pytest.LogCaptureFixture
) -> None:
    with db.transaction() as session:
        rollup.added(session, factories.message(session, session.get_one(Conversation, talk.id)))
    upkeep.drain()
    with db.transaction() as session:
        session.exec(select(MessageDaily)).one().inbound = 5
    upkeep.drain()
    assert rows(MessageDaily)[0].inbound == 5  # this night's look is over
    clock.freeze(NOON + timedelta(days=1))
    upkeep.drain()
    assert rows(MessageDaily)[0].inbound == 1
    assert "daily.inbound[0] was off by 4" in caplog.text
    clock.freeze(NOON + timedelta(days=2))
    caplog.clear()
    upkeep.drain()
    assert "differed" not in caplog.text


def test_the_look_waits_for_the_night(talk: Conversation) -> None:
    clock.freeze(NOON.replace(hour=upkeep.NIGHT_FROM - 1))
    assert not upkeep._night_begins()
    clock.freeze(NOON.replace(hour=upkeep.NIGHT_FROM))
    assert upkeep._night_begins()
    assert not upkeep._night_begins()


def test_a_number_whose_check_is_due_is_checked(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def examine(*_: object) -> connection_check.Report:
        return connection_check.Report((failed("token", "Dead.", "Reconnect."),))

    monkeypatch.setattr(connection_check, "examine", examine)
    upkeep.drain()
    assert rows(WhatsAppConnection)[0].status is ConnectionStatus.CONNECTED
    clock.freeze(NOON + connection_check.EVERY)
    upkeep.drain()
    assert rows(WhatsAppConnection)[0].issue == "Dead. Reconnect."


def test_what_was_said_gets_into_the_index(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_words, "MOST_AT_ONCE", 2)
    with db.transaction() as session:
        for number in range(5):
            factories.message(session, talk, f"parcel {number}")
    upkeep.drain()
    with db.reading() as session:
        if session.get_bind().dialect.name == "postgresql":
            for table, number in (("message_words", 5), ("message_words_due", 0)):
                count = text(f"SELECT count(*) FROM {table}")
                assert (table, session.execute(count).scalar_one()) == (table, number)
        words = inbox_search.messages(
            session, Actor(1, talk.workspace_id, Role.AGENT, "Ana"), "parcel"
        )
        assert len(words.rows) == 5
