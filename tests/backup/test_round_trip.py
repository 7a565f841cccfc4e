"""Backup and restore, as typed: what comes back, and what the machine does with it."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet

import workers.inbound
import workers.media
import workers.outbox
import workers.replies
from domain import auto_resume, outbox, restored
from domain.conversations import HandOver
from illumichat_app import clock, db, jobs
from illumichat_app import illumichat_app as root
from illumichat_app.config import settings
from models import (
    Author,
    Conversation,
    ConversationEvent,
    Invitation,
    LoginSession,
    Message,
    MessageStatus,
    Role,
    SendAttempt,
    State,
)
from tests import factories
from tests.backup.conftest import Run, destroy, everything, files, media, on_sqlite, with_file
from tests.conftest import NOON
from tests.flows.stack import Stack, apply_events, conversation, rows
from workers import upkeep

pytestmark = pytest.mark.anyio

S = MessageStatus


@contextmanager
def a_writer(talk: Conversation) -> Iterator[None]:
    """Around a block, somebody writes two messages in each transaction."""
    began, enough = threading.Event(), threading.Event()

    def write() -> None:
        while not enough.wait(0.001):
            with db.transaction() as session:
                for _ in range(2):
                    factories.message(session, talk, "meanwhile")
            began.set()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        try:
            assert began.wait(20)
            yield
        finally:
            enough.set()
    writing.result()


async def test_all_of_it_comes_back(talk: Conversation, run: Run, archive: Path, capsys) -> None:
    before, pictures = everything(), files()
    with a_writer(talk):
        run("backup", archive)
    after = everything()
    destroy()
    run("restore", archive)
    back = everything()
    for name, kept in before.items():
        assert kept <= back[name] <= after[name], name
    added = len(back["message"] - before["message"])
    assert added >= 2
    assert added % 2 == 0  # no half of a transaction
    assert files() == pictures
    said = capsys.readouterr().out
    assert "ENCRYPTION_KEYS are not in it" in said
    assert "is in place" in said
    assert archive.stat().st_mode & 0o077 == 0
    with db.reading() as session:  # the index of words came along
        found = session.get_one(Message, 1).text
    assert found == "Grüße 😀"
    await it_answers()


async def it_answers() -> None:
    door = httpx.AsyncClient(transport=httpx.ASGITransport(root.api), base_url="http://x.test")
    async with door:
        assert (await door.get("/health")).json()["database"] == "ok"
    with db.transaction() as session:  # numbers go on where they were
        made = factories.message(session, session.get_one(Conversation, 1), "after")
    assert made.id == max(message.id for message in rows(Message))
    sweep()


def sweep() -> None:
    """What the upkeep lane does about conversations and messages."""
    with db.transaction() as session:
        outbox.give_up_expired(session)
    upkeep.resume_paused()
    upkeep.wake_what_waits()


async def stop_after(stack: Stack, lanes: int) -> None:
    """Lucía writes; this many lanes do their work, then all stops."""
    stack.says("When are you open?")
    await stack.simulator.settle()
    if lanes > 0:
        apply_events()
    if lanes > 1:
        for lease in await workers.replies.claim(5):
            await workers.replies.reply(lease)
    if lanes > 2:
        await workers.outbox.claim(5)


@pytest.mark.parametrize("lanes", [0, 1, 2, 3], ids=["stored", "waiting", "queued", "sending"])
@on_sqlite
async def test_what_was_said_since_is_not_said_again(
    stack: Stack, run: Run, archive: Path, lanes: int
) -> None:
    await stop_after(stack, lanes)
    run("backup", archive)
    if lanes == 3:  # the worker that held it goes on
        with db.transaction() as session:
            session.get_one(Message, 2).status = S.QUEUED
    await stack.settle()
    said = stack.on_phone()
    assert len(said) == 1
    run("restore", archive, "--replace")
    clock.freeze(NOON + timedelta(minutes=10))
    for _ in range(2):
        sweep()
        await stack.settle()
    assert stack.on_phone() == said
    talk = conversation()
    if lanes < 2:
        assert (talk.state, talk.hand_over_reason) == (State.NEEDS_HUMAN, HandOver.RESTORED)
        assert [message.text for message in rows(Message)] == ["When are you open?"]
    else:
        answer = rows(Message)[1]
        assert answer.status is S.UNKNOWN
        assert "backup of 23 Nov 2026 12:00 UTC" in answer.error
        assert all(attempt.finished_at for attempt in rows(SendAttempt))


@on_sqlite
async def test_the_machine_goes_on_with_what_comes_after(
    stack: Stack, run: Run, archive: Path
) -> None:
    stack.says("Hello")
    await stack.settle()
    run("backup", archive)
    jobs.enqueue("outbox")  # what Redis still holds is no more than a wake
    run("restore", archive, "--replace")
    before = len(stack.on_phone())
    stack.says("When are you open on Monday?")
    await stack.settle()
    assert len(stack.on_phone()) > before


@on_sqlite
def test_a_pause_of_then_does_not_end_by_itself(
    talk: Conversation, run: Run, archive: Path
) -> None:
    with db.transaction() as session:
        row = session.get_one(Conversation, talk.id)
        row.state, row.ai_resumes_at = State.HUMAN, NOON + timedelta(minutes=5)
    run("backup", archive)
    run("restore", archive, "--replace")
    clock.freeze(NOON + timedelta(minutes=6))
    with db.transaction() as session:
        assert auto_resume.resume_due(session) == 0
    assert conversation().state is State.HUMAN
    assert rows(ConversationEvent)[-1].kind == "restored"


@on_sqlite
def test_sign_ins_and_links_of_then_have_ended(talk: Conversation, run: Run, archive: Path) -> None:
    later = NOON + timedelta(days=7)
    with db.transaction() as session:
        session.add(LoginSession(user_id=1, token_digest="a", last_seen_at=NOON, expires_at=later))
        session.add(Invitation(workspace_id=1, role=Role.ADMIN, token_digest="b", expires_at=later))
    run("backup", archive)
    run("restore", archive, "--replace")
    assert rows(LoginSession)[0].revoked_at == NOON
    assert rows(Invitation)[0].expires_at == NOON


def test_what_was_there_is_kept_beside(talk: Conversation, run: Run, archive: Path, capsys) -> None:
    run("backup", archive)
    with db.transaction() as session:
        with_file(session, session.get_one(Conversation, talk.id), "newer", b"newer")
    run("restore", archive, "--replace")
    assert list(files()) == ["1/a1"]
    said = capsys.readouterr().out
    kept = media().with_name("media.before-20261123_120000")
    assert (kept / "1" / "newer").read_bytes() == b"newer"
    assert f"kept in the folder {kept}" in said
    assert "before_20261123_120000" in said or "test.db.before-20261123_120000" in said
    clock.freeze(NOON + timedelta(seconds=1))
    run("restore", archive, "--replace")  # and again, over what was restored


@on_sqlite
def test_another_key_is_told_and_nothing_breaks(
    talk: Conversation, run: Run, archive: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    run("backup", archive)
    monkeypatch.setenv("ENCRYPTION_KEYS", Fernet.generate_key().decode())
    settings.cache_clear()
    run("restore", archive, "--replace")
    assert "1 stored secrets open with none of the ENCRYPTION_KEYS" in capsys.readouterr().out
    with db.transaction() as session:
        row = session.get_one(Conversation, talk.id)
        factories.message(
            session, row, author=Author.AGENT, direction="out", status=S.QUEUED,
            next_attempt_at=NOON,
        )  # fmt: skip
    with db.transaction() as session:
        assert outbox.claim(session, 5) == []
    assert "opens with none" in rows(Message)[-1].error


def test_an_interrupted_one_changes_nothing_and_goes_again(
    talk: Conversation, run: Run, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("backup", archive)
    with db.transaction() as session:
        factories.message(session, session.get_one(Conversation, talk.id), "newer")
    before, pictures = everything(), files()

    class Killed(BaseException):
        pass

    def killed(*_: Any) -> bool:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(restored, "settle", killed)
        with pytest.raises(Killed):
            run("restore", archive, "--replace")
    assert (everything(), files()) == (before, pictures)
    run("restore", archive, "--replace")
    assert "newer" not in [message.text for message in rows(Message)]
