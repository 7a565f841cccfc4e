"""Opening in the middle, reading both ways, and what is read again."""

from typing import Any

import pytest

from domain import thread
from illumichat_app.clock import now
from illumichat_app.errors import NotFound
from models import Conversation, Message, MessageStatus, State
from tests.inbox.conftest import Desk
from tests.inbox.talks import MINUTE, happen, open_conversation, read, say, words


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
    ends = [thread.Cursor(each.sent_at, each.id) for each in (said[3], said[13])]

    def mark() -> str:
        desk.session.flush()
        return thread.version(desk.session, desk.ana, talk.id, thread.Span(*ends))

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
        thread.version(desk.session, desk.stranger, talk.id, thread.Span(*ends))


def test_a_page_that_is_read_again_holds_what_came_late(desk: Desk) -> None:
    talk, said = long_talk(desk)
    newest = read(desk, talk, limit=5)
    above = read(desk, talk, limit=5, before=newest.older)
    late = said[17].sent_at  # of the last message above; its id is higher
    say(desk, talk, "Late", (now() - late) / MINUTE)
    again = [thread.again(desk.session, desk.ana, talk.id, page.span) for page in (above, newest)]
    lines = shown(again[0]) + shown(again[1])
    assert lines.count("Late") == 1
    assert [line for line in lines if line.startswith("Line")] == [
        f"Line {number}" for number in range(13, 23)
    ]


def test_a_page_at_the_end_grows_to_a_bound(desk: Desk) -> None:
    talk, _ = long_talk(desk, 3)
    span = read(desk, talk).span
    for number in range(90):
        say(desk, talk, f"More {number}", 1)
    page = thread.again(desk.session, desk.ana, talk.id, span)
    said = [item for item in page.items if item.kind == "message"]
    assert (len(said), page.newest) == (thread.MOST_AT_THE_END, 0)
    rest = read(desk, talk, after=page.newer)
    assert (shown(rest)[0], shown(rest)[-1]) == ("More 72", "More 89")
    assert rest.newest > said[-1].id


def test_a_person_begins_at_the_first_unread_message(desk: Desk) -> None:
    talk, said = long_talk(desk)
    page = thread.opening(desk.session, desk.ana, talk.id, limit=4)
    assert ("Line 22" in shown(page), page.unread_from) == (True, None)
    talk.inbound_count = 10
    desk.session.flush()
    page = thread.opening(desk.session, desk.ana, talk.id, limit=4)
    lines = words(page)
    assert lines[lines.index("New messages") + 1] == "Line 13"
    assert (page.unread_from, page.newest) == (said[13].id, 0)
    again = thread.again(desk.session, desk.ana, talk.id, page.span, unread_from=0)
    assert "New messages" not in words(again)


def test_a_new_attempt_changes_the_mark_above(desk: Desk) -> None:
    talk, said = long_talk(desk, 4)
    span = read(desk, talk).span
    before = thread.version(desk.session, desk.ana, talk.id, span)
    said[1].content = {"again": {"at": now().isoformat(), "message_id": 1}}
    desk.session.flush()
    assert thread.version(desk.session, desk.ana, talk.id, span) != before


@pytest.mark.parametrize(
    ("facts", "who"),
    [
        ({"needs_reply": True}, "Harbour assistant"),
        ({"needs_reply": False}, ""),
        ({"needs_reply": True, "ai_enabled": False}, ""),
        ({"needs_reply": True, "state": State.HUMAN}, ""),
    ],
)
def test_who_is_preparing_an_answer(desk: Desk, facts: dict[str, Any], who: str) -> None:
    assert read(desk, open_conversation(desk, **facts)).answering == who


def test_nobody_prepares_an_answer_that_could_not_be_sent(desk: Desk) -> None:
    talk = open_conversation(desk, needs_reply=True, window_ends_at=now() - MINUTE)
    assert read(desk, talk).answering == ""
