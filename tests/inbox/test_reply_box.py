"""What the boxes below the messages tell the server, through the real processor and guard."""

from datetime import timedelta
from typing import Any

import pytest

from domain import outgoing_media
from domain.outgoing_media import Received
from illumichat_app import db
from illumichat_app.errors import Conflict, NotFound
from models import Conversation, Direction, Message, MessageStatus, SavedReply, State
from state.note import Note
from state.reply import Reply
from state.saved_reply import SavedReplies
from state.thread import Thread
from tests.accounts.conftest import Team, _nobody_is_remembered, _quick_hashes, team
from tests.flows.stack import rows
from tests.inbox.boxes import OTHER, change, close_window, foreign, of_kind, sent, tab, told
from tests.inbox.test_state import KEY, Browser, browser, replies, server, stored, talk
from tests.security import pipeline
from tests.sending import files

__all__ = ["_nobody_is_remembered", "_quick_hashes", "foreign", "server", "tab", "talk", "team"]
pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("redis")]


# ---- a reply that takes over, and taking it back


async def test_undo_brings_the_words_back(tab: Browser, talk: int, hold: timedelta) -> None:
    await tab.do(Reply, "send", text="Wait, let me look", send_key=KEY)
    shown = [tab.var(Reply, name) for name in ("undo_key", "undo_in", "undo_seconds")]
    assert shown == [KEY, talk, 5]
    await tab.do(Reply, "undo", key=OTHER)
    assert tab.var(Reply, "given_back") == "Wait, let me look"
    assert (tab.var(Reply, "given_back_key"), tab.var(Reply, "undo_key")) == (OTHER, "")
    assert stored(talk).state is State.ASSISTANT
    (row,) = replies("Wait, let me look")
    assert row.status is MessageStatus.CANCELLED
    last = tab.var(Thread, "items")[-2]
    assert (last.text, last.tick_label) == ("Wait, let me look", "Taken back, not sent")


async def test_other_words_under_a_key_that_is_taken_are_not_lost(tab: Browser, talk: int) -> None:
    await tab.do(Reply, "send", text="Hello", send_key=KEY)
    await tab.do(Reply, "send", text="Hello again", send_key=KEY)
    assert told(tab, "Something else was sent")
    assert (len(replies("Hello")), replies("Hello again")) == (1, [])
    await tab.do(Reply, "send", text="Hello again", send_key=OTHER)
    assert len(replies("Hello again")) == 1


async def test_what_is_out_is_not_given_back(tab: Browser, talk: int) -> None:
    await tab.do(Reply, "send", text="Gone", send_key=KEY)
    change(Message, replies("Gone")[0].id, status=MessageStatus.SENT, attempts=1)
    await tab.do(Reply, "undo", key=OTHER)
    assert told(tab, "already on its way")
    assert stored(talk).state is State.HUMAN
    assert "Reply.given_back_key" not in tab.server.wire.text


async def test_nothing_to_undo_where_a_person_answers(
    tab: Browser, talk: int, hold: timedelta
) -> None:
    await tab.do(Reply, "send", text="First", send_key=KEY)
    change(Conversation, talk, state=State.HUMAN)
    await tab.do(Reply, "undo", key="a-first-undo")
    change(Conversation, talk, state=State.HUMAN, claimed_by=None)
    await tab.do(Reply, "send", text="Second", send_key=OTHER)
    assert tab.var(Reply, "undo_seconds") == 0
    await tab.do(Reply, "undo", key="a-second-undo")
    assert told(tab, "no take-over of yours")


async def test_a_stranger_takes_nothing_back(
    tab: Browser, foreign: Browser, talk: int, hold: timedelta
) -> None:
    await tab.do(Reply, "send", text="Mine", send_key=KEY)
    await foreign.do(Reply, "undo", key=OTHER)
    assert replies("Mine")[0].status is MessageStatus.QUEUED


@pytest.mark.parametrize("text", ["", "  ", "x" * 4097])
async def test_words_that_cannot_go_out(tab: Browser, talk: int, text: str) -> None:
    await tab.do(Reply, "send", text=text, send_key=KEY)
    assert tab.var(Reply, "answered") == KEY
    assert told(tab, "Write something first") or told(tab, "at most 4096")
    assert stored(talk).state is State.ASSISTANT


# ---- files


def attach(team: Team, talk: int, content: bytes, name: str) -> str:
    """What the upload route does with a file that has arrived."""
    place = outgoing_media.place_to_receive()
    place.write_bytes(content)
    with db.transaction() as session:
        received = Received(place, name)
        return outgoing_media.accept(session, team.admin, talk, received).ref


def given(ref: str, number: int = 1) -> dict[str, Any]:
    return {"ref": ref, "key": f"file-key-{number}", "voice": False}


async def test_words_stand_beside_the_first_file_that_carries_them(
    tab: Browser, team: Team, talk: int
) -> None:
    refs = [
        attach(team, talk, files.MP3, "song.mp3"),
        attach(team, talk, files.PDF, "offer.pdf"),
        attach(team, talk, files.PNG, "lid.png"),
    ]
    batch = [given(ref, number) for number, ref in enumerate(refs)]
    for _ in range(2):  # the same keys again are the same messages
        await tab.do(Reply, "send", text="Our offer", send_key=KEY, files=batch)
    assert sent() == [("audio", ""), ("document", "Our offer"), ("image", "")]
    assert tab.var(Reply, "taken") == KEY


async def test_words_that_no_file_carries_follow_on_their_own(
    tab: Browser, team: Team, talk: int
) -> None:
    ref = attach(team, talk, files.MP3, "song.mp3")
    await tab.do(Reply, "send", text="Listen", send_key=KEY, files=[given(ref)])
    assert sent() == [("audio", ""), ("text", "Listen")]


async def test_a_file_alone_answers_a_message(tab: Browser, team: Team, talk: int) -> None:
    asked = tab.var(Thread, "items")[-1]
    await tab.do(Reply, "answer", message_id=asked.id)
    ref = attach(team, talk, files.ogg(), "voice-note.ogg")
    await tab.do(Reply, "send", text="", send_key=KEY, files=[given(ref) | {"voice": True}])
    (row,) = of_kind("audio")
    assert (row.reply_to, row.content["voice"]) == (rows(Message, id=asked.id)[0].wamid, True)
    assert tab.var(Reply, "quoting") == 0


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ([{"ref": "0" * 32, "key": "file-key-1"}], "no longer here"),
        ([{"ref": 7, "key": ["file-key-1"]}], "out of date"),
        ([{}], "out of date"),
        ([{"ref": "0" * 32, "key": f"file-key-{n}"} for n in range(11)], "At most 10 files"),
    ],
)
async def test_files_that_are_not_there_send_nothing(
    tab: Browser, team: Team, talk: int, broken: list[dict[str, Any]], words: str
) -> None:
    ref = attach(team, talk, files.PDF, "offer.pdf")
    await tab.do(Reply, "send", text="", send_key=KEY, files=[given(ref, 99), *broken])
    assert told(tab, words)
    assert (sent(), stored(talk).state) == ([], State.ASSISTANT)


async def test_a_colleagues_file_is_not_mine_to_send(
    server: pipeline.Server, team: Team, talk: int
) -> None:
    ref = attach(team, talk, files.PDF, "offer.pdf")
    agent = browser(server, team, talk, "agent")
    await agent.open()
    await agent.do(Reply, "send", text="", send_key=KEY, files=[given(ref)])
    assert (sent(), told(agent, "Attach it again")) == ([], True)


async def test_a_file_for_a_closed_window_stays(tab: Browser, team: Team, talk: int) -> None:
    ref = attach(team, talk, files.PDF, "offer.pdf")
    close_window(talk)
    await tab.do(Reply, "send", text="", send_key=KEY, files=[given(ref)])
    assert (sent(), told(tab, "24-hour window is closed")) == ([], True)


# ---- notes


async def test_a_note_is_one_note_and_works_with_the_window_closed(tab: Browser, talk: int) -> None:
    close_window(talk)
    for _ in range(2):
        await tab.do(Note, "save", text="Check with Kim", key=KEY)
    (note,) = replies("Check with Kim")
    assert (note.direction, tab.var(Note, "taken")) == (Direction.NOTE, KEY)
    assert stored(talk).state is State.ASSISTANT


async def test_an_empty_note_is_refused(tab: Browser) -> None:
    await tab.do(Note, "save", text=" ", key=KEY)
    assert (tab.var(Note, "answered"), told(tab, "Write something first")) == (KEY, True)


async def test_a_strangers_note_goes_nowhere(foreign: Browser) -> None:
    await foreign.do(Note, "save", text="Hello", key=KEY)
    assert replies("Hello") == []


async def test_the_colleagues_one_can_name(tab: Browser, team: Team) -> None:
    await tab.do(Note, "load")
    assert tab.var(Note, "people") == [team.agent.name]


# ---- saved replies


async def test_a_saved_reply_is_found_and_filled_in(tab: Browser, team: Team, talk: int) -> None:
    await tab.do(SavedReplies, "save", shortcut="hello", text="Hello {first_name}, {agent} here.")
    assert told(tab, "/hello")
    await tab.do(SavedReplies, "search", words="hel")
    (found,) = tab.var(SavedReplies, "found")
    assert (found.shortcut, tab.var(SavedReplies, "words")) == ("hello", "hel")
    await tab.do(SavedReplies, "choose", saved_reply_id=found.id, key=KEY)
    assert tab.var(SavedReplies, "filled") == f"Hello Lucía, {team.admin.name} here."
    assert tab.var(SavedReplies, "filled_key") == KEY


async def test_a_stranger_gets_no_saved_reply(tab: Browser, foreign: Browser, team: Team) -> None:
    await tab.do(SavedReplies, "save", shortcut="secret", text="Ours alone")
    (row,) = rows(SavedReply)
    await foreign.do(SavedReplies, "search", words="secret")
    with pytest.raises(NotFound):
        await foreign.do(SavedReplies, "choose", saved_reply_id=row.id, key=KEY)
    assert "Ours alone" not in foreign.server.wire.text


async def test_a_shortcut_that_is_taken_stays_as_it_is(tab: Browser) -> None:
    await tab.do(SavedReplies, "save", shortcut="hello", text="One")
    with pytest.raises(Conflict, match="already a saved reply"):
        await tab.do(SavedReplies, "save", shortcut="hello", text="Two")
    assert [row.text for row in rows(SavedReply)] == ["One"]


# ---- coming back, and quoting


async def test_after_a_break_the_thread_is_read_anew(tab: Browser, talk: int) -> None:
    close_window(talk)
    await tab.do(Reply, "catch_up", key=KEY)
    assert tab.var(Reply, "caught_up") == KEY
    assert tab.var(Thread, "composer").mode == "closed_window"


async def test_only_what_is_in_the_thread_can_be_quoted(tab: Browser, talk: int) -> None:
    await tab.do(Reply, "answer", message_id=tab.var(Thread, "items")[-1].id)
    assert (tab.var(Reply, "quote"), tab.var(Reply, "quote_in")) == ("Line 59", talk)
    await tab.do(Reply, "answer", message_id=999)
    assert (tab.var(Reply, "quoting"), tab.var(Reply, "quote")) == (0, "")
