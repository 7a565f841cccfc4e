"""Messages that are older than their workspace keeps them: what goes, and what stays."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from domain import notes, recount, retention, retries, rollup, thread
from domain.access import Actor
from illumichat_app import clock, db
from illumichat_app.config import settings
from illumichat_app.errors import Conflict, Invalid, NotAllowed
from models import (
    AssistantTrace,
    AuditEntry,
    Author,
    Conversation,
    ConversationDay,
    ConversationEvent,
    DailyCount,
    Decision,
    Direction,
    Media,
    MediaState,
    Mention,
    Message,
    MessageDaily,
    MessageStatus,
    SendAttempt,
    Workspace,
)
from tests import factories
from tests.conftest import NOON
from tests.flows.stack import rows, seed
from workers import retention as nightly
from workers import upkeep

S = MessageStatus
OLD = NOON - timedelta(days=100)
TONIGHT = (NOON + timedelta(days=1)).replace(hour=2)


@pytest.fixture
def people(
    database: str, redis: None, noon: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[Actor]]:
    """An admin and an agent; customers' files have a folder of their own."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    settings.cache_clear()
    with db.transaction() as session:
        _, channel, ana, sam = seed(session)
        factories.conversation(session, channel)
    yield [ana, sam]
    settings.cache_clear()


def talk(session: Session) -> Conversation:
    return session.get_one(Conversation, 1)


def keep(admin: Actor, days: int) -> None:
    with db.transaction() as session:
        retention.save(session, admin, days)


def said(at: datetime, words: str = "Hello", **facts: Any) -> Message:
    """A message of then, counted as then."""
    facts = {"sent_at": at, "created_at": at, "day": at.date(), "hour": at.hour} | facts
    with db.transaction() as session:
        made = factories.message(session, talk(session), words, **facts)
        rollup.added(session, made)
    return made


def ours(at: datetime, status: MessageStatus, words: str = "Hi", **facts: Any) -> Message:
    return said(at, words, direction=Direction.OUT, author=Author.AGENT, status=status, **facts)


def with_file(message: Message, name: str, state: MediaState = MediaState.READY) -> Path:
    path = settings().data_dir / "media" / "1" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"picture")
    with db.transaction() as session:
        session.add(
            Media(
                workspace_id=1, channel_id=message.channel_id, message_id=message.id,
                meta_id="1", state=state, path=f"1/{name}",
            )
        )  # fmt: skip
    return path


def night(moment: datetime = TONIGHT) -> None:
    clock.freeze(moment)
    nightly.delete_old()


def words() -> list[str]:
    return [message.text for message in rows(Message)]


# ---- the rule


def test_an_admin_says_how_long(people: list[Actor]) -> None:
    keep(people[0], 365)
    (place,) = rows(Workspace)
    assert (place.keep_messages_days, place.messages_go_from) == (365, TONIGHT)
    assert rows(AuditEntry)[-1].detail == "Keeps messages from for ever to 1 year"
    keep(people[0], 365)
    assert len(rows(AuditEntry)) == 1
    clock.freeze(NOON + timedelta(days=3))
    keep(people[0], 730)  # longer: what runs goes on
    assert rows(Workspace)[0].messages_go_from == TONIGHT


@pytest.mark.parametrize("days", [-1, 1, 29, 3651, True, 90.5, "90"])
def test_a_time_that_does_not_fit_is_refused(people: list[Actor], days: Any) -> None:
    for ask in (retention.save, retention.preview):
        with db.transaction() as session, pytest.raises(Invalid, match="30 to 3650 days"):
            ask(session, people[0], days)
    assert rows(Workspace)[0].keep_messages_days == 0


def test_an_agent_may_not(people: list[Actor]) -> None:
    with db.transaction() as session:
        for ask in (retention.save, retention.preview):
            with pytest.raises(NotAllowed):
                ask(session, people[1], 365)
        with pytest.raises(NotAllowed):
            retention.read(session, people[1])


def test_it_is_counted_before(people: list[Actor]) -> None:
    with_file(said(OLD), "a")
    said(OLD)
    said(NOON)
    ours(OLD, S.UNKNOWN)
    with db.reading() as session:
        found = retention.preview(session, people[0], 90)
        assert (found.messages, found.conversations, found.files) == (2, 1, 1)
        assert (found.before, found.begins) == ("26 August 2026", "tomorrow 02:00")
        assert retention.preview(session, people[0], 365).messages == 0
        assert retention.preview(session, people[0], 0).before == ""


# ---- what goes and what stays


def test_old_messages_go_with_all_that_hangs_on_them(people: list[Actor]) -> None:
    ana, sam = people
    message = ours(OLD, S.READ, "old words", user_id=sam.user_id)
    file = with_file(message, "a")
    clock.freeze(OLD)
    with db.transaction() as session:
        session.add(SendAttempt(message_id=message.id, key="k", number=1))
        note = notes.add(session, sam, 1, "@Ana old note", "key-00001")
        session.add(AssistantTrace(workspace_id=1, conversation_id=1, decision=Decision.SILENT))
        session.add(ConversationEvent(workspace_id=1, conversation_id=1, kind="claimed"))
        assert note
    clock.freeze(NOON)
    assert rows(Mention)
    said(NOON, "new words")
    keep(ana, 30)
    night()
    assert words() == ["new words"]
    gone = (Media, SendAttempt, Mention, AssistantTrace, ConversationEvent)
    assert [rows(table) for table in gone] == [[]] * len(gone)
    assert not file.exists()
    with db.reading() as session:
        if session.get_bind().dialect.name == "sqlite":
            found = text("SELECT count(*) FROM message_words WHERE message_words MATCH 'old'")
            assert session.execute(found).scalar_one() == 0


def test_what_is_under_way_or_undecided_stays(people: list[Actor]) -> None:
    ours(OLD, S.QUEUED, "queued")
    ours(OLD, S.SENDING, "sending")
    ours(OLD, S.UNKNOWN, "unknown")
    with_file(said(OLD, "being fetched"), "a", MediaState.PENDING)
    said(NOON, "history", sent_at=OLD)  # came late, from a phone
    said(OLD, "said late", sent_at=NOON)
    kept = words()
    ours(OLD, S.FAILED, "failed")
    keep(people[0], 30)
    night()
    assert words() == kept


def test_a_customer_who_waits_for_the_assistant_keeps_all(people: list[Actor]) -> None:
    said(OLD)
    with db.transaction() as session:
        talk(session).needs_reply = True
    keep(people[0], 30)
    night()
    assert words() == ["Hello"]


def test_a_day_goes_whole_and_on_the_workspaces_clock(people: list[Actor]) -> None:
    with db.transaction() as session:
        session.get_one(Workspace, 1).time_zone = "America/New_York"
    first = datetime.fromisoformat("2026-10-24T04:00Z")  # midnight there
    said(first - timedelta(seconds=1), "last of the day before", day=first.date() - timedelta(1))
    said(first, "first", day=first.date())
    keep(people[0], 30)
    night(datetime.fromisoformat("2026-11-24T04:30Z"))  # the 23rd there
    assert words() == ["first"]


def test_another_workspace_keeps_its_own(people: list[Actor]) -> None:
    said(OLD)
    with db.transaction() as session:
        place = factories.workspace(session, "Rival Ropes")
        channel = factories.channel(
            session, place, factories.assistant(session, place), phone_number_id="31"
        )
        factories.message(
            session, factories.conversation(session, channel), "theirs",
            sent_at=OLD, day=OLD.date(),
        )  # fmt: skip
    keep(people[0], 30)
    night()
    assert words() == ["theirs"]


def test_a_file_of_two_messages_goes_with_the_last(people: list[Actor]) -> None:
    file = with_file(said(OLD), "a")
    with_file(said(NOON), "a")
    keep(people[0], 30)
    night()
    assert file.exists()
    night(NOON + timedelta(days=40))
    assert not file.exists()


def test_the_list_says_that_they_are_gone(people: list[Actor]) -> None:
    said(OLD)
    with db.transaction() as session:
        row = talk(session)
        row.last_at, row.last_preview, row.unread, row.waiting_since = OLD, "Hello", 1, OLD
    keep(people[0], 30)
    night()
    (row,) = rows(Conversation)
    assert (row.last_preview, row.unread, row.waiting_since) == (retention.GONE, 0, None)
    assert row.last_at == OLD


def test_an_answer_to_a_message_that_is_gone_is_shown(people: list[Actor]) -> None:
    asked = said(OLD)
    said(NOON, "Still waiting", reply_to=asked.wamid)
    keep(people[0], 30)
    night()
    with db.reading() as session:
        shown = thread.thread(session, people[0], 1)
    assert "Still waiting" in repr(shown)


def test_what_was_sent_again_is_not_sent_a_third_time(people: list[Actor]) -> None:
    first = ours(OLD, S.UNKNOWN)
    again = ours(OLD, S.READ)
    with db.transaction() as session:
        row = session.get_one(Message, first.id)
        row.content = {"again": {"message_id": again.id, "at": OLD.isoformat()}}
    keep(people[0], 30)
    night()
    assert [message.id for message in rows(Message)] == [first.id]
    with db.transaction() as session, pytest.raises(Conflict, match="sent again already"):
        retries.retry(session, people[0], first.id, "key-00009", i_checked=True)


# ---- when


def test_nothing_goes_before_the_night_or_twice_in_it(people: list[Actor]) -> None:
    said(OLD)
    keep(people[0], 30)
    upkeep.drain()
    assert words() == ["Hello"]
    night(TONIGHT - timedelta(seconds=1))
    assert words() == ["Hello"]
    night()
    assert words() == []
    said(OLD)
    night(TONIGHT + timedelta(hours=1))
    assert words() == ["Hello"]
    night(TONIGHT + timedelta(days=1))
    assert words() == []


def test_a_rule_that_is_taken_back_deletes_nothing(people: list[Actor]) -> None:
    said(OLD)
    keep(people[0], 30)
    keep(people[0], 0)
    night()
    assert words() == ["Hello"]


def test_it_goes_on_in_portions(people: list[Actor], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    monkeypatch.setattr(retention, "TALKS_AT_ONCE", 1)
    with db.transaction() as session:
        channel = session.get_one(Conversation, 1)
        other = factories.conversation(session, _channel(session, channel))
        for _ in range(3):
            factories.message(session, other, sent_at=OLD, day=OLD.date())
    for _ in range(5):
        said(OLD)
    keep(people[0], 30)
    with monkeypatch.context() as patch:
        patch.setattr(nightly, "ROUND_SECONDS", -1.0)  # the time is up at once
        night()
        assert len(words()) == 8
    night(TONIGHT + timedelta(seconds=10))
    assert words() == []


def _channel(session: Session, talk: Conversation) -> Any:
    from models import Channel

    return session.get_one(Channel, talk.channel_id)


# ---- the counts


def counts() -> list[list[dict[str, Any]]]:
    tables = (MessageDaily, DailyCount, ConversationDay)
    return [
        sorted((row.model_dump(exclude={"id", "created_at"}) for row in rows(table)), key=repr)
        for table in tables
    ]


def test_the_counts_of_gone_days_stay_through_every_recount(people: list[Actor]) -> None:
    for days in (100, 99, 20, 1):
        said(NOON - timedelta(days=days))
        ours(NOON - timedelta(days=days), S.DELIVERED)
    upkeep.count_anew()  # the beginning of the conversation is counted too
    before = counts()
    keep(people[0], 30)
    night()
    assert len(words()) == 4
    upkeep.count_anew()
    assert counts() == before
    with db.reading() as session:
        assert recount.check(session) == {}
        assert recount.first_uncounted(session) is None
    with db.transaction() as session:
        recount.repair(session)
    assert counts() == before
    with db.transaction() as session:  # a day that is kept is mended as ever
        session.exec(_wrong())
    upkeep.count_anew()
    assert counts() == before


def _wrong() -> Any:
    from sqlmodel import col, update

    return (
        update(MessageDaily)
        .where(col(MessageDaily.day) > OLD.date() + timedelta(30))
        .values(read=9)
    )


def test_a_longer_rule_brings_no_count_back(people: list[Actor]) -> None:
    said(OLD)
    upkeep.count_anew()
    before = counts()
    keep(people[0], 30)
    night()
    keep(people[0], 0)
    upkeep.count_anew()
    assert counts() == before
