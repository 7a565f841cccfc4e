"""What the boxes below the messages tell the server, through the real processor and guard."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from domain import outgoing_media, presence, receipts
from domain.outgoing_media import Received
from illumichat_app import db
from illumichat_app.clock import now
from illumichat_app.errors import Conflict, NotFound
from integrations import llm
from models import (
    AssistantTrace,
    Channel,
    Conversation,
    Direction,
    KnowledgePassage,
    Message,
    MessageStatus,
    ReadReceipts,
    SavedReply,
    State,
    Template,
)
from state import courtesies
from state.note import Note
from state.reply import Reply
from state.saved_reply import SavedReplies
from state.suggestion import Suggestion
from state.template import Templates
from state.thread import Thread
from tests.accounts.conftest import Team, _nobody_is_remembered, _quick_hashes, team
from tests.flows.stack import rows
from tests.inbox.test_state import KEY, Browser, browser, replies, server, stored, talk
from tests.security import pipeline
from tests.sending import files

__all__ = ["_nobody_is_remembered", "_quick_hashes", "server", "talk", "team"]
pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("redis")]

OTHER = "fedcba9876543210"


@pytest.fixture
async def tab(server: pipeline.Server, team: Team, talk: int) -> Browser:
    opened = browser(server, team, talk)
    await opened.open()
    return opened


@pytest.fixture
async def foreign(server: pipeline.Server, team: Team, talk: int) -> Browser:
    """A person of another company, at this conversation's address."""
    opened = browser(server, team, talk, "stranger")
    await opened.open()
    return opened


def told(tab: Browser, words: str) -> bool:
    return any(words in event for event in tab.server.wire.events)


def change(kind: type[Any], number: int, **facts: Any) -> None:
    with db.transaction() as session:
        row = session.get_one(kind, number)
        for name, value in facts.items():
            setattr(row, name, value)


def close_window(talk: int) -> None:
    change(Conversation, talk, window_ends_at=now() - timedelta(hours=1))


def of_kind(kind: str) -> list[Message]:
    return [row for row in rows(Message) if row.kind == kind]


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


def sent() -> list[tuple[str, str]]:
    with db.reading() as session:
        found = session.exec(select(Message).where(Message.direction == Direction.OUT))
        return [(row.kind, row.text) for row in found]


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


# ---- templates


@pytest.fixture
def templates(team: Team, talk: int) -> list[int]:
    """One that can be sent, in Spanish, and one that Meta rejected."""
    body = {"type": "BODY", "text": "Hola {{1}}, ¿seguimos?"}
    facts = {"workspace_id": team.admin.workspace_id, "waba_id": "210000000000001"}
    with db.transaction() as session:
        made = [
            Template(**facts, name=name, language=language, category="UTILITY", status=status)
            for name, language, status in (
                ("we_missed_you", "es", "APPROVED"),
                ("free_gift", "en_GB", "REJECTED"),
            )
        ]
        for row in made:
            row.components = [body]
            session.add(row)
        session.flush()
        return [row.id for row in made]


async def test_a_template_goes_out_when_the_window_is_closed(
    tab: Browser, talk: int, templates: list[int]
) -> None:
    close_window(talk)
    await tab.do(Templates, "search", words="", language="")
    good, bad = tab.var(Templates, "choices")
    assert (good.id, good.problem, good.variables[0].value) == (templates[0], "", "Lucía")
    assert "rejected" in bad.problem
    assert tab.var(Templates, "languages") == ["en_GB", "es"]
    assert tab.var(Templates, "loaded_for") == talk
    call = {"template_id": good.id, "values": {"body.1": "Marta"}, "header_file": ""}
    for _ in range(2):
        await tab.do(Templates, "send", **call, send_key=KEY)
    (row,) = of_kind("template")
    assert (row.text, tab.var(Templates, "taken")) == ("Hola Marta, ¿seguimos?", KEY)
    assert tab.var(Thread, "items")[-1].text == "Hola Marta, ¿seguimos?"


@pytest.mark.parametrize(
    ("words", "language", "names"),
    [("missed", "", ["we_missed_you"]), ("", "en_GB", ["free_gift"]), ("missed", "en_GB", [])],
)
async def test_templates_by_words_and_language(
    tab: Browser, templates: list[int], words: str, language: str, names: list[str]
) -> None:
    await tab.do(Templates, "search", words=words, language=language)
    assert [each.name for each in tab.var(Templates, "choices")] == names


@pytest.mark.parametrize(
    ("which", "values", "words"),
    [
        (1, {"body.1": "Marta"}, "rejected"),
        (0, {}, "Fill this in"),
        (0, {"body.1": "x" * 1025}, "characters"),
        (None, {"body.1": "Marta"}, "not here any more"),
    ],
)
async def test_templates_that_are_refused(
    tab: Browser, templates: list[int], which: int | None, values: dict[str, str], words: str
) -> None:
    number = 999 if which is None else templates[which]
    call = {"template_id": number, "values": values, "send_key": KEY, "header_file": ""}
    await tab.do(Templates, "send", **call)
    assert (tab.var(Templates, "answered"), told(tab, words)) == (KEY, True)
    assert of_kind("template") == []


async def test_a_stranger_sends_no_template(foreign: Browser, templates: list[int]) -> None:
    with pytest.raises(NotFound):
        await foreign.do(Templates, "search", words="", language="")
    call = {"template_id": templates[0], "values": {"body.1": "Marta"}, "header_file": ""}
    await foreign.do(Templates, "send", **call, send_key=KEY)
    assert of_kind("template") == []
    assert "we_missed_you" not in foreign.server.wire.text


async def test_a_template_that_takes_over_can_be_taken_back(
    tab: Browser, talk: int, templates: list[int], hold: timedelta
) -> None:
    call = {"template_id": templates[0], "values": {"body.1": "Marta"}, "header_file": ""}
    await tab.do(Templates, "send", **call, send_key=KEY)
    assert tab.var(Reply, "undo_key") == KEY
    await tab.do(Reply, "undo", key=OTHER)
    assert tab.var(Reply, "given_back_key") == OTHER
    assert (stored(talk).state, tab.var(Reply, "undo_seconds")) == (State.ASSISTANT, 5)


# ---- courtesies


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[receipts.Receipt]:
    """What would have been told to Meta."""
    made: list[receipts.Receipt] = []

    async def tell(_client: object, receipt: receipts.Receipt) -> None:
        made.append(receipt)

    async def graph() -> None:
        return None

    monkeypatch.setattr(courtesies.receipts, "tell", tell)
    monkeypatch.setattr(courtesies.process_client, "graph", graph)
    return made


def waiting(talk: int) -> str:
    """The customer's last words, which Meta can name."""
    with db.transaction() as session:
        row = session.get_one(Conversation, talk)
        last = session.exec(select(Message).order_by(Message.id.desc())).first()
        row.last_customer_message_id = last.id
        return last.wamid


async def test_typing_is_seen_by_colleagues_and_the_customer(
    tab: Browser, team: Team, talk: int, calls: list[receipts.Receipt]
) -> None:
    wamid = waiting(talk)
    for _ in range(2):  # at most one call in 20 seconds
        await tab.do(Reply, "typing", to_customer=True)
    await courtesies.settled()
    assert [(call.wamid, call.typing) for call in calls] == [(wamid, True)]
    (seen,) = presence.company(team.agent, talk).people
    assert (seen.name, seen.typing) == (team.admin.name, True)


async def test_a_note_in_the_making_is_not_told_to_the_customer(
    tab: Browser, team: Team, talk: int, calls: list[receipts.Receipt]
) -> None:
    waiting(talk)
    await tab.do(Reply, "typing", to_customer=False)
    await courtesies.settled()
    assert calls == []
    assert presence.company(team.agent, talk).people[0].typing


async def test_a_stranger_is_not_seen_typing(
    foreign: Browser, team: Team, talk: int, calls: list[receipts.Receipt]
) -> None:
    waiting(talk)
    await foreign.do(Reply, "typing", to_customer=True)
    await courtesies.settled()
    assert (calls, presence.company(team.agent, talk).people) == ([], [])


@pytest.mark.parametrize(("policy", "told"), [(ReadReceipts.ON_REPLY, 1), (ReadReceipts.NEVER, 0)])
async def test_a_reply_says_that_it_was_read(
    tab: Browser, talk: int, calls: list[receipts.Receipt], policy: ReadReceipts, told: int
) -> None:
    waiting(talk)
    change(Channel, stored(talk).channel_id, read_receipts=policy)
    await tab.do(Reply, "send", text="Of course", send_key=KEY)
    await courtesies.settled()
    assert [call.typing for call in calls] == [False] * told


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


# ---- a draft of the assistant


async def test_the_assistants_draft_is_only_a_draft(tab: Browser, talk: int) -> None:
    with db.transaction() as session:
        row = session.get_one(Conversation, talk)
        body = "The shop is open from Monday to Friday, 9:00 to 17:00."
        session.add(
            KnowledgePassage(assistant_id=row.assistant_id, title="Opening hours", body=body)
        )
        last = session.exec(select(Message).order_by(Message.id.desc())).first()
        last.text = "What are your opening hours?"
    await tab.do(Suggestion, "ask", key=KEY)
    assert "9:00 to 17:00" in tab.var(Suggestion, "words")
    assert tab.var(Suggestion, "answered") == KEY
    assert (sent(), rows(AssistantTrace)) == ([], [])
    assert stored(talk).state is State.ASSISTANT


async def test_without_an_answer_there_is_no_draft(tab: Browser) -> None:
    await tab.do(Suggestion, "ask", key=KEY)
    assert (tab.var(Suggestion, "words"), tab.var(Suggestion, "answered")) == ("", KEY)
    assert told(tab, "would hand over")


async def test_a_model_that_fails_says_so(tab: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(_question: llm.Question, _model: str) -> llm.Answer:
        raise llm.ModelFailure("the key is not accepted", retryable=False)

    monkeypatch.setattr(llm, "answer", fails)
    await tab.do(Suggestion, "ask", key=KEY)
    assert told(tab, "the key is not accepted")


async def test_what_is_answered_needs_no_draft(tab: Browser, talk: int) -> None:
    await tab.do(Reply, "send", text="Of course", send_key=KEY)
    await tab.do(Suggestion, "ask", key=OTHER)
    assert told(tab, "nothing to answer")


async def test_a_stranger_gets_no_draft(foreign: Browser) -> None:
    await foreign.do(Suggestion, "ask", key=KEY)
    assert foreign.var(Suggestion, "words") == ""


async def test_who_lost_the_conversation_meanwhile_gets_no_draft(
    tab: Browser, talk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(_question: llm.Question, model: str) -> llm.Answer:
        with db.transaction() as session:
            session.delete(session.get_one(Conversation, talk))
        return llm.Answer("Too late", None, "", model)

    monkeypatch.setattr(llm, "answer", slow)
    await tab.do(Suggestion, "ask", key=KEY)
    assert "Too late" not in tab.server.wire.text
