"""A message as a line: its fate, what hangs on it, what may be done with it."""

from typing import Any

import pytest

from domain import media, notes
from domain.message_lines import UNCONFIRMED
from domain.thread_lines import Card
from illumichat_app.clock import now
from illumichat_app.errors import Conflict, NotFound
from models import (
    Author,
    Direction,
    Media,
    MediaState,
    Message,
    MessageStatus,
)
from tests.inbox.conftest import Desk
from tests.inbox.talks import answer, only, open_conversation, read, say


@pytest.mark.parametrize(
    ("status", "error", "tick", "read_", "failed", "problem"),
    [
        (MessageStatus.QUEUED, "", "◷", False, False, ""),
        (MessageStatus.SENT, "", "✓", False, False, ""),
        (MessageStatus.READ, "", "✓✓", True, False, ""),
        (MessageStatus.FAILED, "The number is gone.", "!", False, True, "The number is gone."),
        (MessageStatus.UNKNOWN, "Answer lost.", "?", False, False, f"Answer lost. {UNCONFIRMED}"),
        (MessageStatus.DELIVERED, "An old reason", "✓✓", False, False, ""),
    ],
)
def test_the_fate_of_an_outgoing_message(
    desk: Desk,
    status: MessageStatus,
    error: str,
    tick: str,
    read_: bool,
    failed: bool,
    problem: str,
) -> None:
    talk = open_conversation(desk)
    answer(desk, talk, "Hello", 1, status=status, error=error)
    item = only(read(desk, talk))
    assert (item.tick, item.read, item.failed, item.problem) == (tick, read_, failed, problem)
    assert (item.by_assistant, item.author) == (True, "Harbour assistant")


def test_a_customers_message_has_no_tick(desk: Desk) -> None:
    talk = open_conversation(desk)
    say(desk, talk, "Hello", 1)
    item = only(read(desk, talk))
    assert (item.side, item.tick, item.author) == ("in", "", "")


def test_marks_of_a_changed_message(desk: Desk) -> None:
    talk = open_conversation(desk)
    reactions = {"1": {"emoji": "❤️", "at": "x"}, "2": {"emoji": None, "at": "x"}, "3": "odd"}
    say(desk, talk, "Hello", 1, edited_at=now(), reactions=reactions)
    item = only(read(desk, talk))
    assert (item.edited, item.deleted, item.reactions) == (True, False, "❤️")
    assert item.reactions_label == "❤️ from the customer"


def test_a_deleted_message_shows_nothing_of_itself(desk: Desk) -> None:
    talk = open_conversation(desk)
    content = {"latitude": 1, "longitude": 2, "name": "Home"}
    say(desk, talk, "My secret", 1, kind="location", content=content, deleted_at=now())
    item = only(read(desk, talk))
    assert (item.text, item.place) == ("The customer deleted this message.", "")


def test_a_reply_quotes_what_it_answers(desk: Desk) -> None:
    talk = open_conversation(desk)
    question = say(desk, talk, "Is it lost?", 9)
    answer(desk, talk, "No", 8, reply_to=question.wamid)
    answer(desk, talk, "Sure", 7, reply_to="wamid.unknown")
    items = [item for item in read(desk, talk, limit=2).items if item.kind == "message"]
    assert [(item.quote_id, item.quote_author, item.quote) for item in items] == [
        (question.id, "Customer", "Is it lost?"),
        (0, "", "An earlier message"),
    ]


def test_a_quote_never_reaches_into_another_conversation(desk: Desk) -> None:
    secret = say(desk, open_conversation(desk), "Secret", 9)
    talk = open_conversation(desk)
    answer(desk, talk, "No", 8, reply_to=secret.wamid)
    assert only(read(desk, talk)).quote == "An earlier message"


def hang(desk: Desk, on: Message, **facts: Any) -> Media:
    """A file on a message."""
    given = {"meta_id": "1", "state": MediaState.READY} | facts
    row = Media(workspace_id=on.workspace_id, channel_id=on.channel_id, message_id=on.id, **given)
    desk.session.add(row)
    desk.session.flush()
    return row


@pytest.mark.parametrize(
    ("state", "url"),
    [(MediaState.PENDING, False), (MediaState.FAILED, False), (MediaState.READY, True)],
)
def test_a_file_while_it_is_fetched_and_after(desk: Desk, state: MediaState, url: bool) -> None:
    talk = open_conversation(desk)
    row = hang(desk, say(desk, talk, "The door", 1, kind="image"), state=state, error="Gone.")
    item = only(read(desk, talk))
    assert (item.media, item.media_state, item.text) == ("image", state.value, "The door")
    assert item.media_url == (f"/api/media/{row.id}" if url else "")
    assert item.media_problem == ("Gone." if state is MediaState.FAILED else "")


def test_our_file_is_seen_before_whatsapp_has_it(desk: Desk) -> None:
    talk = open_conversation(desk)
    offer = answer(desk, talk, "", 1, kind="document", status=MessageStatus.QUEUED, wamid=None)
    facts = {"meta_id": "", "path": "1/a", "filename": "offer.pdf", "size": 1_400_000}
    row = hang(desk, offer, state=MediaState.PENDING, **facts)
    item = only(read(desk, talk))
    assert (item.media_state, item.media_url) == ("sending", f"/api/media/{row.id}")
    assert (item.media, item.media_name, item.media_size) == ("document", "offer.pdf", "1.4 MB")


@pytest.mark.parametrize(
    ("kind", "facts", "content", "player", "name"),
    [
        ("audio", {"voice": True}, {}, "voice", "Voice message"),
        ("audio", {"voice": True, "filename": "voice-note.ogg"}, {}, "voice", "Voice message"),
        ("audio", {"filename": "song.mp3"}, {}, "audio", "song.mp3"),
        ("audio", {}, {}, "audio", "Audio"),
        ("sticker", {}, {}, "sticker", "Sticker"),
        ("document", {}, {}, "document", "Document"),
        ("template", {}, {"header_kind": "video"}, "video", "Video"),
    ],
)
def test_how_a_file_is_shown(
    desk: Desk, kind: str, facts: dict[str, Any], content: dict[str, Any], player: str, name: str
) -> None:
    talk = open_conversation(desk)
    hang(desk, say(desk, talk, "", 1, kind=kind, content=content), **facts)
    item = only(read(desk, talk))
    assert (item.media, item.media_name) == (player, name)


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        (
            "location",
            {"latitude": 39.5, "longitude": -0.4, "name": "Port", "address": "Valencia"},
            {"place": "Port, Valencia", "text": ""},
        ),
        ("location", {"latitude": "x", "longitude": None}, {"place": "0.0,0.0"}),
        (
            "contacts",
            {"contacts": [{"name": {"formatted_name": "Eva"}, "phones": [{"phone": "+34 6"}]}]},
            {"cards": [Card("Eva", "+34 6")]},
        ),
        ("contacts", {"contacts": "odd"}, {"cards": [Card("Contact")]}),
        (
            "contacts",
            {
                "contacts": [
                    {"emails": [{"email": "e@a.test"}]},
                    {"phones": [{"wa_id": "346"}]},
                ]
            },
            {"cards": [Card("Contact", "e@a.test"), Card("Contact", "346")]},
        ),
        (
            "unsupported",
            {"type": "poll_creation"},
            {
                "text": "The customer sent a poll that WhatsApp does not pass on. "
                "Ask them to write it instead."
            },
        ),
        ("button", {"text": "Yes"}, {"label": "Pressed a button"}),
        ("interactive", {"type": "list_reply"}, {"label": "Chose from a list"}),
        (
            "interactive",
            {"type": "nfm_reply", "response": {"first_name": "Eva", "flow_token": "x", "odd": {}}},
            {"label": "Filled in a form", "text": "First name: Eva"},
        ),
        ("text", {"forwarded": True}, {"label": "Forwarded"}),
        (
            "template",
            {
                "name": "order_update",
                "header": "Your order",
                "footer": "Reply STOP",
                "buttons": [{"text": "Track"}, {"kind": "odd"}],
            },
            {
                "label": "Template · order_update",
                "heading": "Your order",
                "footer": "Reply STOP",
                "buttons": ["Track"],
            },
        ),
    ],
)
def test_what_hangs_on_a_message(
    desk: Desk, kind: str, content: dict[str, Any], expected: dict[str, str]
) -> None:
    talk = open_conversation(desk)
    say(desk, talk, "", 1, kind=kind, content=content)
    item = only(read(desk, talk))
    assert {name: getattr(item, name) for name in expected} == expected


def test_a_note_is_marked_as_internal(desk: Desk) -> None:
    talk = open_conversation(desk)
    facts = {"direction": Direction.NOTE, "author": Author.AGENT, "user_id": desk.sam.user_id}
    say(desk, talk, "Check with the courier", 1, **facts)
    item = only(read(desk, talk))
    assert (item.side, item.author, item.tick) == ("note", "Internal note · Sam", "")


def test_a_note_shows_whom_it_mentions(desk: Desk) -> None:
    talk = open_conversation(desk)
    notes.add(desk.session, desk.ana, talk.id, "@Sam, please call", "key-of-a-note")
    assert only(read(desk, talk)).mentions[:2] == ["@Sam Okoro", "@Sam"]


# ---- what may be done


FAILED, UNKNOWN, SENT = MessageStatus.FAILED, MessageStatus.UNKNOWN, MessageStatus.SENT
OURS = {"us": {"emoji": "👍", "at": "x"}}


@pytest.mark.parametrize(
    ("facts", "verbs"),
    [
        ({"status": SENT}, "reply react copy details why"),
        ({"status": SENT, "reactions": OURS}, "reply react unreact copy details why"),
        ({"status": SENT, "author": Author.AGENT}, "reply react copy details"),
        ({"status": FAILED, "wamid": None}, "copy details why retry"),
        ({"status": UNKNOWN, "wamid": None}, "copy details why check"),
        ({"status": FAILED, "wamid": None, "content": {"again": {"at": "x"}}}, "copy details why"),
    ],
)
def test_what_may_be_done_with_ours(desk: Desk, facts: dict[str, Any], verbs: str) -> None:
    talk = open_conversation(desk)
    if "content" in facts:
        facts["content"] = {"again": {"at": now().isoformat(), "message_id": 1}}
    answer(desk, talk, "Hello", 1, **facts)
    item = only(read(desk, talk))
    assert item.can == verbs
    assert item.again == ("Sent again at 13:00" if "content" in facts else "")


def test_what_may_be_done_with_a_customers_message(desk: Desk) -> None:
    talk = open_conversation(desk)
    said = say(desk, talk, "Hello", 1)
    assert only(read(desk, talk)).can == "reply react copy details why"
    talk.window_ends_at = now()
    assert read(desk, talk).items[1].can == "reply copy details why"
    said.deleted_at = now()
    assert read(desk, talk).items[1].can == "details why"


def test_a_note_is_changed_by_its_author_alone(desk: Desk) -> None:
    talk = open_conversation(desk)
    facts = {"direction": Direction.NOTE, "author": Author.AGENT, "wamid": None}
    say(desk, talk, "Mine", 2, user_id=desk.ana.user_id, **facts)
    say(desk, talk, "Not mine", 1, user_id=desk.sam.user_id, **facts)
    mine, other = [item for item in read(desk, talk).items if item.kind == "message"]
    assert (mine.can, mine.mine) == ("copy edit delete", True)
    assert (other.can, other.mine) == ("copy", False)


# ---- a file that did not come


def test_a_file_that_was_given_up_is_fetched_again(desk: Desk) -> None:
    talk = open_conversation(desk)
    picture = say(desk, talk, "", 1, kind="image")
    row = hang(desk, picture, state=MediaState.FAILED, error="Gone.", attempts=6)
    media.fetch_again(desk.session, desk.ana, picture.id)
    assert (row.state, row.error, row.attempts) == (MediaState.PENDING, "", 0)
    assert row.next_attempt_at == now()
    assert desk.session.info["wakes"] == {"media"}
    with pytest.raises(Conflict):
        media.fetch_again(desk.session, desk.ana, picture.id)


def test_only_a_file_of_ones_own_is_fetched_again(desk: Desk) -> None:
    talk = open_conversation(desk)
    picture, words_only = say(desk, talk, "", 2, kind="image"), say(desk, talk, "Hello", 1)
    row = hang(desk, picture, state=MediaState.FAILED)
    with pytest.raises(NotFound):
        media.fetch_again(desk.session, desk.stranger, picture.id)
    with pytest.raises(Conflict):
        media.fetch_again(desk.session, desk.ana, words_only.id)
    assert row.state is MediaState.FAILED
