"""Files from the composer to the phone: given to Meta once, never lost, never doubled."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import select

import workers.media
import workers.outbox
from domain import media, outbox, outgoing_media, undo
from domain.access import Actor
from domain.outgoing_media import File
from illumichat_app import clock, db
from illumichat_app.errors import ChannelOff, Invalid, NotFound, WindowClosed
from integrations.whatsapp import process_client
from integrations.whatsapp.errors import Reply, from_reply
from models import Channel, Media, MediaState, Message, MessageStatus, SendAttempt, State
from tests import factories
from tests.conftest import NOON
from tests.flows.stack import Stack, conversation, rows
from tests.sending import files
from tests.sending.conftest import Attach

pytestmark = pytest.mark.anyio

S = MessageStatus


def send(
    actor: Actor, file: File, caption: str = "", key: str = "key-00001", **more: Any
) -> Message:
    with db.transaction() as session:
        return outgoing_media.queue_media(
            session, actor, conversation().id, file.ref, caption, key, **more
        )


def uploads(stack: Stack) -> int:
    targets = [entry.target for entry in stack.simulator.traffic.entries if entry.method == "POST"]
    return sum(target.partition("?")[0].endswith("/media") for target in targets)


def last(stack: Stack) -> Any:
    return stack.simulator.thread("lucia").messages[-1]


def received(stack: Stack) -> bytes:
    return stack.simulator.world.blobs[last(stack).content["id"]]


def newest() -> Message:
    return rows(Message)[-1]


class TestSending:
    @pytest.mark.parametrize(
        ("content", "name", "kind"),
        [
            (files.JPEG, "a.jpg", "image"),
            (files.mp4(b"vide"), "v.mp4", "video"),
            (files.MP3, "s.mp3", "audio"),
            (files.PDF, "offer.pdf", "document"),
            (files.webp(), "s.webp", "sticker"),
        ],
    )
    async def test_it_reaches_the_phone(
        self, greeted: Stack, attach: Attach, content: bytes, name: str, kind: str
    ) -> None:
        send(greeted.ana, attach(greeted.ana, content, name))
        await greeted.settle()
        assert (last(greeted).type, received(greeted)) == (kind, content)
        assert newest().status is S.READ
        assert conversation().state is State.HUMAN

    async def test_words_and_name_go_along(self, greeted: Stack, attach: Attach) -> None:
        send(greeted.ana, attach(greeted.ana), "Here it is.")
        await greeted.settle()
        assert last(greeted).content["caption"] == "Here it is."
        assert last(greeted).content["filename"] == "offer.pdf"
        assert conversation().last_preview == "📄 offer.pdf: Here it is."

    @pytest.mark.parametrize(
        ("content", "voice"),
        [(files.ogg(), True), (files.ogg(channels=2), None), (files.MP3, None)],
    )
    async def test_a_voice_note_is_one_where_whatsapp_can_show_it(
        self, greeted: Stack, attach: Attach, content: bytes, voice: bool | None
    ) -> None:
        send(greeted.ana, attach(greeted.ana, content, "voice.ogg"), voice=True)
        await greeted.settle()
        assert last(greeted).content.get("voice") is voice

    async def test_it_answers_a_message(self, greeted: Stack, attach: Attach) -> None:
        question = rows(Message)[0]
        send(greeted.ana, attach(greeted.ana), reply_to=question.id)
        await greeted.settle()
        assert last(greeted).context_id == question.wamid

    async def test_it_is_there_to_be_seen_before_meta_has_it(
        self, greeted: Stack, attach: Attach
    ) -> None:
        send(greeted.ana, attach(greeted.ana))
        (row,) = rows(Media)
        assert (row.state, row.meta_id, row.mime_type) == (
            MediaState.PENDING,
            "",
            "application/pdf",
        )
        assert (media.folder() / row.path).read_bytes() == files.PDF
        await greeted.settle()
        (row,) = rows(Media)
        assert (row.state, row.uploaded_at) == (MediaState.READY, NOON)

    async def test_words_wait_for_the_file_before_them(
        self, greeted: Stack, attach: Attach
    ) -> None:
        send(greeted.ana, attach(greeted.ana))
        with db.transaction() as session:
            outbox.queue_text(session, greeted.ana, conversation().id, "Did it come?", "key-00002")
        assert await workers.outbox.claim(10) == []
        await greeted.settle()
        said = [m.type for m in greeted.simulator.thread("lucia").messages if not m.inbound]
        assert said[-2:] == ["document", "text"]

    async def test_a_double_click_is_one(self, greeted: Stack, attach: Attach) -> None:
        file = attach(greeted.ana)
        assert send(greeted.ana, file).id == send(greeted.ana, file).id
        await greeted.settle()
        assert uploads(greeted) == 1


class TestRefusals:
    async def test_a_closed_window(self, greeted: Stack, attach: Attach) -> None:
        file = attach(greeted.ana)
        clock.freeze(NOON + timedelta(hours=24))
        with pytest.raises(WindowClosed):
            send(greeted.ana, file)
        await greeted.settle()
        assert (uploads(greeted), rows(Media)) == (0, [])

    async def test_a_window_that_closed_before_the_upload(
        self, greeted: Stack, attach: Attach
    ) -> None:
        send(greeted.ana, attach(greeted.ana))
        clock.freeze(NOON + timedelta(hours=24))
        await greeted.settle()
        assert (newest().status, uploads(greeted)) == (S.FAILED, 0)
        assert "24-hour window" in newest().error

    async def test_a_channel_that_is_off(self, greeted: Stack, attach: Attach) -> None:
        file = attach(greeted.ana)
        with db.transaction() as session:
            session.get_one(Channel, greeted.channel.id).enabled = False
        with pytest.raises(ChannelOff):
            send(greeted.ana, file)
        with pytest.raises(ChannelOff):
            attach(greeted.ana)

    @pytest.mark.parametrize("content", [files.MP3, files.ogg(), files.webp()])
    async def test_words_where_whatsapp_shows_none(
        self, greeted: Stack, attach: Attach, content: bytes
    ) -> None:
        with pytest.raises(Invalid, match="no words"):
            send(greeted.ana, attach(greeted.ana, content, "x"), "Listen")

    @pytest.mark.parametrize("caption", ["x" * 1025, None, 5])
    async def test_words_that_are_none_or_too_many(
        self, greeted: Stack, attach: Attach, caption: Any
    ) -> None:
        with pytest.raises(Invalid):
            send(greeted.ana, attach(greeted.ana), caption)

    @pytest.mark.parametrize("ref", ["", "../../secret", "0" * 32, None, {"x": 1}])
    async def test_a_file_that_is_none(self, greeted: Stack, ref: Any) -> None:
        with db.transaction() as session, pytest.raises(Invalid, match="Attach it again"):
            outgoing_media.queue_media(
                session, greeted.ana, conversation().id, ref, "", "key-00001"
            )

    async def test_a_colleagues_file(self, greeted: Stack, attach: Attach) -> None:
        with pytest.raises(Invalid):
            send(greeted.sam, attach(greeted.ana))

    async def test_a_file_of_another_conversation(self, greeted: Stack, attach: Attach) -> None:
        file = attach(greeted.ana)
        with db.transaction() as session:
            other = factories.conversation(
                session, greeted.channel, window_ends_at=NOON + timedelta(hours=1)
            )
        with db.transaction() as session, pytest.raises(Invalid):
            outgoing_media.queue_media(session, greeted.ana, other.id, file.ref, "", "key-00001")

    async def test_an_unknown_conversation(self, greeted: Stack, attach: Attach) -> None:
        file = attach(greeted.ana)
        with db.transaction() as session, pytest.raises(NotFound):
            outgoing_media.queue_media(session, greeted.ana, 999, file.ref, "", "key-00001")

    async def test_a_file_that_meta_refuses(self, greeted: Stack, attach: Attach) -> None:
        message = send(greeted.ana, attach(greeted.ana))
        with db.transaction() as session:
            session.exec(select(Media)).one().mime_type = "video/webm"
        await greeted.settle()
        failed = newest()
        assert (failed.id, failed.status, failed.error_code) == (message.id, S.FAILED, 100)
        assert rows(SendAttempt)[-1].message_id != message.id


class TestTrouble:
    async def test_an_upload_that_fails_is_tried_again(
        self, greeted: Stack, attach: Attach, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        send(greeted.ana, attach(greeted.ana))
        await break_uploads(greeted, monkeypatch, times=2)
        await greeted.drain()
        assert newest().status is S.QUEUED
        assert rows(Media)[0].next_attempt_at == NOON + timedelta(seconds=2)
        clock.freeze(NOON + timedelta(minutes=1))
        await greeted.drain()
        clock.freeze(NOON + timedelta(minutes=2))
        await greeted.settle()
        assert (newest().status, received(greeted)) == (S.READ, files.PDF)

    async def test_one_that_always_fails_ends_with_the_reason(
        self, greeted: Stack, attach: Attach, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        send(greeted.ana, attach(greeted.ana))
        with db.transaction() as session:
            outbox.queue_text(session, greeted.ana, conversation().id, "And words", "key-00002")
        await break_uploads(greeted, monkeypatch, times=99)
        for minutes in range(outgoing_media.MOST_UPLOADS):
            clock.freeze(NOON + timedelta(minutes=10 * minutes))
            await greeted.drain()
        await greeted.settle()
        first, second = rows(Message)[-2:]
        assert (first.status, second.status) == (S.FAILED, S.READ)
        assert "WhatsApp" in first.error

    async def test_an_expired_token_is_shown_on_the_connection(
        self, greeted: Stack, attach: Attach
    ) -> None:
        send(greeted.ana, attach(greeted.ana))
        greeted.simulator.faults.update({"token_expired": 1})
        await greeted.drain()
        assert newest().status is S.FAILED
        assert "token" in newest().error

    async def test_a_crash_before_the_upload_loses_nothing(
        self, greeted: Stack, attach: Attach
    ) -> None:
        send(greeted.ana, attach(greeted.ana))
        assert len(await workers.media.claim(10)) == 1  # and the worker dies
        await greeted.drain()
        assert newest().status is S.QUEUED
        clock.freeze(NOON + media.LEASE + timedelta(seconds=1))
        await greeted.settle()
        assert (newest().status, received(greeted), uploads(greeted)) == (S.READ, files.PDF, 1)

    async def test_a_crash_after_the_upload_uploads_nothing_again(
        self, greeted: Stack, attach: Attach
    ) -> None:
        send(greeted.ana, attach(greeted.ana))
        for unit in await workers.media.claim(10):
            await workers.media.move(unit)
        assert rows(Media)[0].meta_id
        assert newest().status is S.QUEUED  # the worker of the outbox has not begun
        await greeted.settle()
        assert (newest().status, uploads(greeted)) == (S.READ, 1)
        assert len(greeted.on_phone()) == 2

    async def test_a_late_upload_does_not_send_twice(self, greeted: Stack, attach: Attach) -> None:
        send(greeted.ana, attach(greeted.ana))
        (late,) = await workers.media.claim(10)
        clock.freeze(NOON + media.LEASE + timedelta(seconds=1))
        await greeted.settle()
        await workers.media.move(late)
        await greeted.settle()
        assert len(greeted.on_phone()) == 2

    async def test_meta_forgot_the_file_so_it_gets_it_once_more(
        self, greeted: Stack, attach: Attach
    ) -> None:
        send(greeted.ana, attach(greeted.ana))
        for unit in await workers.media.claim(10):
            await workers.media.move(unit)
        greeted.simulator.world.media.clear()
        await greeted.settle()
        assert (newest().status, uploads(greeted)) == (S.READ, 2)
        assert [each.outcome for each in rows(SendAttempt)][-2:] == ["refused", "accepted"]

    async def test_and_only_once(self, greeted: Stack, attach: Attach) -> None:
        send(greeted.ana, attach(greeted.ana))
        greeted.simulator.faults.update({"refuse_code": 131009})
        await greeted.settle()
        assert (newest().status, newest().attempts, uploads(greeted)) == (S.FAILED, 2, 2)

    async def test_words_have_no_file_to_give_again(self, greeted: Stack) -> None:
        with db.transaction() as session:
            outbox.queue_text(session, greeted.ana, conversation().id, "Words", "key-00001")
        greeted.simulator.faults.update({"refuse_code": 131009})
        await greeted.settle()
        assert (newest().status, newest().attempts) == (S.FAILED, 1)

    async def test_a_file_that_left_the_disk(self, greeted: Stack, attach: Attach) -> None:
        send(greeted.ana, attach(greeted.ana))
        (media.folder() / rows(Media)[0].path).unlink()
        await greeted.settle()
        assert (newest().status, uploads(greeted)) == (S.FAILED, 0)
        assert "Attach it again" in newest().error

    async def test_one_that_was_taken_back_is_not_uploaded(
        self, greeted: Stack, attach: Attach
    ) -> None:
        send(greeted.ana, attach(greeted.ana))
        with db.transaction() as session:
            undo.undo_take_over(session, greeted.ana, conversation().id)
        await greeted.settle()
        assert (newest().status, uploads(greeted)) == (S.CANCELLED, 0)

    async def test_an_upload_without_end_is_given_up(
        self, greeted: Stack, attach: Attach, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        send(greeted.ana, attach(greeted.ana))
        client = await process_client.graph()
        monkeypatch.setattr(client, "upload", lambda *_: asyncio.Event().wait())
        monkeypatch.setattr(workers.media, "UPLOAD_SECONDS", 0)
        await greeted.drain()
        assert newest().status is S.QUEUED
        assert rows(Media)[0].next_attempt_at == NOON + timedelta(seconds=2)


async def break_uploads(stack: Stack, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    client = await process_client.graph()
    real, left = client.upload, times

    async def broken(*args: Any) -> str:
        nonlocal left
        left -= 1
        if left >= 0:
            raise from_reply(Reply(500, httpx.Headers(), b"{}"), repeatable=True)
        return await real(*args)

    monkeypatch.setattr(client, "upload", broken)


class TestSweep:
    def listed(self) -> list[Path]:
        return [each for each in (media.folder() / "unsent").iterdir() if each.is_file()]

    @pytest.fixture(autouse=True)
    def _clean(self) -> None:
        folder = media.folder() / "unsent"
        folder.mkdir(parents=True, exist_ok=True)
        for each in folder.iterdir():
            each.unlink()

    def sweep(self) -> int:
        with db.transaction() as session:
            return outgoing_media.forget_abandoned(session)

    async def test_what_nobody_sent_goes_after_a_day(self, greeted: Stack, attach: Attach) -> None:
        file = attach(greeted.ana)
        place = media.folder() / str(greeted.workspace.id) / file.ref
        part = outgoing_media.place_to_receive()
        part.write_bytes(b"half")
        os.utime(part, (NOON.timestamp(), NOON.timestamp()))
        clock.freeze(NOON + timedelta(hours=24))
        assert self.sweep() == 0
        assert place.exists()
        clock.freeze(NOON + timedelta(hours=26))
        assert self.sweep() == 2
        assert not place.exists()
        assert self.listed() == []

    async def test_what_was_sent_stays(self, greeted: Stack, attach: Attach) -> None:
        file = attach(greeted.ana)
        send(greeted.ana, file)
        clock.freeze(NOON + timedelta(hours=26))
        assert self.sweep() == 0
        assert (media.folder() / str(greeted.workspace.id) / file.ref).exists()
        assert self.listed() == []

    async def test_an_old_file_is_not_sent_any_more(self, greeted: Stack, attach: Attach) -> None:
        file = attach(greeted.ana)
        clock.freeze(NOON + timedelta(hours=25))
        greeted.says("Still there?")
        await greeted.settle()
        with pytest.raises(Invalid, match="Attach it again"):
            send(greeted.ana, file)

    async def test_nothing_to_sweep(self, greeted: Stack) -> None:
        (media.folder() / "unsent").rmdir()
        assert self.sweep() == 0
