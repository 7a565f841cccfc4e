from datetime import timedelta
from typing import Any

import pytest

from domain import thread, trace_reasons, unread
from domain.assistant import Gate
from domain.thread_lines import Item
from illumichat_app import clock
from illumichat_app.clock import now
from illumichat_app.errors import NotFound
from models import (
    AssistantTrace,
    Author,
    Conversation,
    ConversationEvent,
    CustomerIdentity,
    Decision,
    Direction,
    Media,
    MediaState,
    Message,
    MessageStatus,
    State,
)
from tests import factories
from tests.inbox.conftest import Desk

MINUTE = timedelta(minutes=1)


def say(desk: Desk, into: Conversation, text: str, minutes_ago: float, **facts: Any) -> Message:
    return factories.message(
        desk.session, into, text, sent_at=now() - minutes_ago * MINUTE, **facts
    )


def answer(desk: Desk, into: Conversation, text: str, minutes_ago: float, **facts: Any) -> Message:
    given = {
        "direction": Direction.OUT,
        "author": Author.ASSISTANT,
        "status": MessageStatus.READ,
    }
    return say(desk, into, text, minutes_ago, **given | facts)


def happen(desk: Desk, to: Conversation, kind: str, minutes_ago: float, **facts: Any) -> None:
    row = ConversationEvent(
        workspace_id=to.workspace_id,
        conversation_id=to.id,
        kind=kind,
        created_at=now() - minutes_ago * MINUTE,
        **facts,
    )
    desk.session.add(row)
    desk.session.flush()


def read(desk: Desk, of: Conversation, **more: Any) -> thread.ThreadPage:
    return thread.thread(desk.session, desk.ana, of.id, **more)


def words(page: thread.ThreadPage) -> list[str]:
    return [item.text for item in page.items]


def only(page: thread.ThreadPage) -> Item:
    [item] = [item for item in page.items if item.kind == "message"]
    return item


def open_conversation(desk: Desk, **facts: Any) -> Conversation:
    return desk.conversation(**{"window_ends_at": now() + timedelta(hours=20)} | facts)


def test_lines_stand_in_order_with_days_between(desk: Desk) -> None:
    talk = open_conversation(desk)
    say(desk, talk, "First", 60 * 24)
    say(desk, talk, "Where is it?", 9)
    happen(desk, talk, "taken_over", 8, user_id=desk.ana.user_id)
    answer(desk, talk, "On its way", 7, author=Author.AGENT, user_id=desk.ana.user_id)
    page = read(desk, talk)
    assert words(page) == [
        "Yesterday",
        "First",
        "Today",
        "Where is it?",
        "Ana took over",
        "On its way",
    ]
    assert [item.kind for item in page.items][2:5] == ["day", "message", "system"]
    assert page.items[-1].author == "Ana Ruiz"
    assert page.items[-1].time == "12:53"  # Madrid


def test_messages_of_one_second_keep_the_order_they_came_in(desk: Desk) -> None:
    talk = open_conversation(desk)
    for number in range(5):
        say(desk, talk, f"Line {number}", 1)
    assert words(read(desk, talk))[1:] == [f"Line {number}" for number in range(5)]


def test_older_pages_join_without_gap_or_repeat(desk: Desk) -> None:
    talk = open_conversation(desk)
    for number in range(7):
        say(desk, talk, f"Line {number}", 10 if number < 4 else 5)
    happen(desk, talk, "claimed", 7, user_id=desk.sam.user_id)
    happen(desk, talk, "released", 20, user_id=desk.sam.user_id)
    newest = read(desk, talk, limit=2)
    middle = read(desk, talk, limit=3, before=newest.older)
    oldest = read(desk, talk, limit=3, before=middle.older)
    lines = words(oldest)[1:] + words(middle)[1:] + words(newest)[1:]
    assert oldest.older is None
    assert lines == [
        "Sam released this conversation",
        "Line 0",
        "Line 1",
        "Line 2",
        "Line 3",
        "Sam claimed this conversation",
        "Line 4",
        "Line 5",
        "Line 6",
    ]


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30])
def test_no_such_conversation(desk: Desk, number: int) -> None:
    with pytest.raises(NotFound):
        thread.thread(desk.session, desk.ana, number)


def test_a_foreign_conversation_is_not_found(desk: Desk) -> None:
    talk = open_conversation(desk)
    say(desk, talk, "Secret", 1)
    with pytest.raises(NotFound):
        thread.thread(desk.session, desk.stranger, talk.id)


def test_the_number_of_queries_does_not_grow(desk: Desk, statements: list[str]) -> None:
    talk = open_conversation(desk, claimed_by=desk.sam.user_id, state=State.HUMAN)
    quoted = say(desk, talk, "Old question", 500)
    for number in range(30):
        facts = {"reply_to": quoted.wamid} if number % 2 else {}
        answer(desk, talk, f"Line {number}", 40 - number, user_id=desk.sam.user_id, **facts)
        happen(desk, talk, "claimed", 40 - number, user_id=desk.sam.user_id)
    number, counts = talk.id, []
    for limit in (4, 30):
        desk.session.expunge_all()
        statements.clear()
        thread.thread(desk.session, desk.ana, number, limit=limit)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 5


def test_the_divider_stands_before_the_first_unread_and_stays(desk: Desk) -> None:
    talk = open_conversation(desk, inbound_count=2)
    for number, minutes in enumerate((9, 8, 7)):
        say(desk, talk, f"Line {number}", minutes)
    page = read(desk, talk)
    assert words(page) == ["Today", "Line 0", "New messages", "Line 1", "Line 2"]
    unread.mark_read(desk.session, desk.ana, talk.id)
    again = read(desk, talk, unread_from=page.unread_from)
    assert (again.unread, words(again)) == (0, words(page))
    assert "New messages" not in words(read(desk, talk))


# ---- messages


@pytest.mark.parametrize(
    ("status", "error", "tick", "read_", "failed", "problem"),
    [
        (MessageStatus.QUEUED, "", "◷", False, False, ""),
        (MessageStatus.SENT, "", "✓", False, False, ""),
        (MessageStatus.READ, "", "✓✓", True, False, ""),
        (MessageStatus.FAILED, "The number is gone.", "!", False, True, "The number is gone."),
        (MessageStatus.UNKNOWN, "Answer lost.", "?", False, False, "Answer lost."),
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
    assert [(item.quote_author, item.quote) for item in items] == [
        ("Customer", "Is it lost?"),
        ("", "An earlier message"),
    ]


def test_a_quote_never_reaches_into_another_conversation(desk: Desk) -> None:
    secret = say(desk, open_conversation(desk), "Secret", 9)
    talk = open_conversation(desk)
    answer(desk, talk, "No", 8, reply_to=secret.wamid)
    assert only(read(desk, talk)).quote == "An earlier message"


@pytest.mark.parametrize(
    ("state", "url"),
    [(MediaState.PENDING, False), (MediaState.FAILED, False), (MediaState.READY, True)],
)
def test_a_file_while_it_is_fetched_and_after(desk: Desk, state: MediaState, url: bool) -> None:
    talk = open_conversation(desk)
    picture = say(desk, talk, "The door", 1, kind="image")
    row = Media(
        workspace_id=talk.workspace_id,
        channel_id=talk.channel_id,
        message_id=picture.id,
        meta_id="1",
        state=state,
    )
    desk.session.add(row)
    desk.session.flush()
    item = only(read(desk, talk))
    assert (item.media, item.media_state, item.text) == ("image", state.value, "The door")
    assert item.media_url == (f"/api/media/{row.id}" if url else "")


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
            {"card": "Eva", "card_detail": "+34 6"},
        ),
        ("contacts", {"contacts": "odd"}, {"card": "Contact", "card_detail": ""}),
        ("unsupported", {"type": "poll"}, {"text": "Unsupported message"}),
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


# ---- events


@pytest.mark.parametrize(
    ("kind", "facts", "line"),
    [
        ("taken_over", {"by": "sam"}, "Sam took over"),
        ("resumed", {"by": "ana"}, "Ana resumed the AI"),
        ("resumed", {}, "The AI resumed"),
        (
            "handed_over",
            {"data": {"reason": "asked_for_person"}},
            "The assistant asked for a person. The customer asked for a person.",
        ),
        ("handed_over", {}, "The assistant asked for a person."),
        ("closed", {}, "Somebody closed this conversation"),
        ("number_changed", {}, "The customer changed their phone number"),
        ("something_new", {}, "Something new"),
    ],
)
def test_what_happened_in_words(desk: Desk, kind: str, facts: dict[str, Any], line: str) -> None:
    talk = open_conversation(desk)
    facts = dict(facts)
    if by := facts.pop("by", None):
        facts["user_id"] = getattr(desk, by).user_id
    happen(desk, talk, kind, 1, **facts)
    assert words(read(desk, talk)) == ["Today", line]


def test_the_place_where_the_window_closed(desk: Desk) -> None:
    talk = desk.conversation(window_ends_at=now() - MINUTE)
    say(desk, talk, "Hello", 24 * 60 + 1)
    assert words(read(desk, talk))[-1] == "24-hour window closed"


# ---- header, details


@pytest.mark.parametrize(
    ("state", "holder", "possible"),
    [
        (State.ASSISTANT, None, {"claim", "take_over", "close"}),
        (State.ASSISTANT, "ana", {"release", "take_over", "close"}),
        (State.ASSISTANT, "sam", {"take_over", "close"}),
        (State.NEEDS_HUMAN, None, {"claim", "take_over", "resume", "close"}),
        (State.HUMAN, None, {"claim", "resume", "close"}),
        (State.HUMAN, "ana", {"release", "resume", "close"}),
        (State.HUMAN, "sam", {"take_over", "resume", "close"}),
        (State.CLOSED, None, {"reopen"}),
    ],
)
def test_the_buttons_of_each_state(
    desk: Desk, state: State, holder: str | None, possible: set[str]
) -> None:
    claimed_by = getattr(desk, holder).user_id if holder else None
    header = read(desk, open_conversation(desk, state=state, claimed_by=claimed_by)).header
    verbs = ("claim", "release", "take_over", "resume", "close", "reopen")
    assert {verb for verb in verbs if getattr(header, f"can_{verb}")} == possible
    assert header.held_by == (" from Sam" if holder == "sam" else "")


def test_the_facts_of_the_customer(desk: Desk) -> None:
    talk = open_conversation(
        desk, wa_id="34612555014", claimed_by=desk.sam.user_id, claimed_at=now()
    )
    page = read(desk, talk)
    assert page.header.subtitle == "+34 612 55 50 14 · Harbour Support on WhatsApp"
    details = page.details
    assert (details.holder, details.holder_initials) == ("Sam Okoro", "SO")
    assert details.held_since == "since 13:00"
    assert (details.contact, details.contact_name) == (0, "")
    assert page.header.window_label == "20 h 00 m left"


@pytest.mark.parametrize(
    ("username", "subtitle", "phone"),
    [
        ("jorge.ortiz", "@jorge.ortiz", "Hidden by the customer"),
        (None, "Number hidden", "Hidden by the customer"),
    ],
)
def test_a_customer_without_a_visible_number(
    desk: Desk, username: str | None, subtitle: str, phone: str
) -> None:
    talk = open_conversation(desk)
    identity = desk.session.get_one(CustomerIdentity, talk.identity_id)
    identity.wa_id, identity.bsuid, identity.username = None, "ES.1", username
    desk.session.flush()
    page = read(desk, talk)
    assert page.header.subtitle == f"{subtitle} · Harbour Support on WhatsApp"
    assert dict(page.details.facts)["Phone"] == phone


def test_the_assistants_last_reasons(desk: Desk) -> None:
    talk = open_conversation(desk)
    assert read(desk, talk).details.trace == ""
    for decision, passages in ((Decision.SILENT, []), (Decision.ANSWERED, [1, 2])):
        desk.session.add(
            AssistantTrace(
                workspace_id=talk.workspace_id,
                conversation_id=talk.id,
                decision=decision,
                passages=passages,
                model="offline",
                milliseconds=12,
            )
        )
        desk.session.flush()
    assert read(desk, talk).details.trace == "2 knowledge passages · offline · 12 ms"


@pytest.mark.parametrize(
    ("decision", "reason", "silence"),
    [
        (Decision.SILENT, Gate.CHANNEL_AI_OFF, "AI replies are off for this channel."),
        (Decision.DROPPED, Gate.WINDOW_CLOSED, "The 24-hour window was closed."),
        (Decision.SILENT, "of a later version", "of a later version"),
        (Decision.ANSWERED, "found in the passages", ""),
    ],
)
def test_what_it_read_and_why_it_stayed_silent(
    desk: Desk, decision: Decision, reason: str, silence: str
) -> None:
    talk = open_conversation(desk)
    passages = [{"title": "Opening hours", "score": 2.5}, {"title": "Returns", "score": 1}, {}]
    desk.session.add(
        AssistantTrace(
            workspace_id=talk.workspace_id,
            conversation_id=talk.id,
            decision=decision,
            reason=reason,
            passages=passages,
        )
    )
    desk.session.flush()
    details = read(desk, talk).details
    assert (details.silence, details.passages) == (silence, ["Opening hours", "Returns"])


def test_every_gate_has_its_words() -> None:
    assert set(trace_reasons._SILENT) == set(Gate)


def test_a_thread_says_when_its_words_become_untrue(desk: Desk) -> None:
    talk = desk.conversation(window_ends_at=now() + timedelta(hours=2, seconds=20))
    assert read(desk, talk).changes_at == now() + timedelta(seconds=20)
    clock.freeze(now() + timedelta(hours=2))
    assert read(desk, talk).changes_at == talk.window_ends_at
    clock.freeze(now() + timedelta(hours=1))
    assert read(desk, talk).changes_at == now() + MINUTE


def test_the_countdown_of_the_pause_moves_on_its_own_minutes(desk: Desk) -> None:
    ends = now() + timedelta(minutes=14, seconds=20)
    talk = desk.conversation(state=State.HUMAN, ai_resumes_at=ends)
    assert read(desk, talk).details.resumes == "AI resumes in 14 min"
    assert read(desk, talk).changes_at == now() + timedelta(seconds=20)
    clock.freeze(ends - timedelta(seconds=30))
    assert read(desk, talk).details.resumes == "AI resumes in under 1 min"
    assert read(desk, talk).changes_at == ends
    clock.freeze(ends)
    assert read(desk, talk).details.resumes == "AI resumes now"


# ---- opening in the middle, reading both ways


def shown(page: thread.ThreadPage) -> list[str]:
    return [item.text for item in page.items if item.kind != "day"]


def long_talk(desk: Desk, lines: int = 23) -> tuple[Conversation, list[Message]]:
    """Lines in threes at the same moment, with an event between each three."""
    talk = open_conversation(desk)
    said = []
    for number in range(lines):
        said.append(say(desk, talk, f"Line {number}", 100 - number // 3))
        if number % 3 == 0:
            happen(desk, talk, "called", 99.5 - number // 3)
    return talk, said


@pytest.mark.parametrize("at", [0, 1, 10, 21, 22])
@pytest.mark.parametrize("limit", [1, 2, 5, 50])
def test_a_thread_opens_around_a_message_and_reads_on_both_ways(
    desk: Desk, at: int, limit: int
) -> None:
    talk, said = long_talk(desk)
    page = thread.around(desk.session, desk.ana, talk.id, said[at].id, limit=limit)
    assert said[at].text in words(page)
    lines = shown(page)
    older, newer = page.older, page.newer
    while older:
        above = read(desk, talk, before=older, limit=4)
        lines, older = shown(above) + lines, above.older
    while newer:
        below = read(desk, talk, after=newer, limit=4)
        lines, newer = lines + shown(below), below.newer
    assert lines == shown(read(desk, talk))


def test_around_a_foreign_message_is_not_found(desk: Desk) -> None:
    talk, said = long_talk(desk, 3)
    other = say(desk, open_conversation(desk), "Elsewhere", 1)
    for actor, into, number in (
        (desk.stranger, talk.id, said[0].id),
        (desk.ana, talk.id, other.id),
        (desk.ana, talk.id, 2**70),
        (desk.ana, 0, said[0].id),
    ):
        with pytest.raises(NotFound):
            thread.around(desk.session, actor, into, number)


def test_what_changes_above_changes_its_mark(desk: Desk) -> None:
    talk, said = long_talk(desk)
    ends = [thread.Cursor(each.sent_at, each.id) for each in (said[3], said[12])]

    def mark() -> str:
        desk.session.flush()
        return thread.version(desk.session, desk.ana, talk.id, *ends)

    before = mark()
    say(desk, talk, "New", 0)
    said[20].status = MessageStatus.FAILED
    assert mark() == before
    said[5].reactions = {"customer": {"emoji": "❤️", "at": "x"}}
    reacted = mark()
    assert reacted != before
    said[12].deleted_at = now()
    assert mark() != reacted
    with pytest.raises(NotFound):
        thread.version(desk.session, desk.stranger, talk.id, *ends)
