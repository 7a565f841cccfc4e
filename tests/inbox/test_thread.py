from datetime import timedelta
from typing import Any

import pytest

from domain import thread, trace_reasons, unread
from domain.gates import Gate
from illumichat_app import clock
from illumichat_app.clock import now
from illumichat_app.errors import NotFound
from models import (
    AssistantTrace,
    Author,
    CustomerIdentity,
    Decision,
    State,
)
from tests.inbox.conftest import Desk
from tests.inbox.talks import MINUTE, answer, happen, open_conversation, read, say, words


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
