from datetime import timedelta

import pytest

from domain import inbox
from illumichat_app.clock import now
from illumichat_app.errors import NotFound
from models import Author, State
from tests.inbox.conftest import Desk, joined_long_ago

HOUR = timedelta(hours=1)


def titles(desk: Desk, view: str, **more: object) -> list[str]:
    return [row.title for row in inbox.page(desk.session, desk.ana, view, **more).rows]


def seed_views(desk: Desk) -> None:
    joined_long_ago(desk)
    moment, mine, sams = now(), desk.ana.user_id, desk.sam.user_id
    facts = [
        ("By AI", State.ASSISTANT, None, 20, 0),
        ("Mine", State.HUMAN, mine, 2, 3),
        ("Sam's", State.HUMAN, sams, 20, 0),
        ("Waiting", State.NEEDS_HUMAN, None, -1, 1),
        ("Done", State.CLOSED, None, 1, 1),
    ]
    for minutes, (title, state, holder, hours, written) in enumerate(facts):
        desk.conversation(
            title=title,
            state=state,
            claimed_by=holder,
            inbound_count=written,
            last_at=moment - timedelta(minutes=minutes),
            window_ends_at=moment + hours * HOUR,
        )


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        ("open", ["By AI", "Mine", "Sam's", "Waiting"]),
        ("mine", ["Mine"]),
        ("unclaimed", ["By AI", "Waiting"]),
        ("needs_human", ["Waiting"]),
        ("closing_soon", ["Mine"]),
        ("closed", ["Done"]),
    ],
)
def test_each_view_holds_its_own(desk: Desk, view: str, expected: list[str]) -> None:
    seed_views(desk)
    assert titles(desk, view) == expected


def test_counts_agree_with_the_views(desk: Desk, statements: list[str]) -> None:
    seed_views(desk)
    desk.session.flush()
    statements.clear()
    counts = inbox.counts(desk.session, desk.ana)
    assert len(statements) == 1
    for view in inbox.VIEWS:
        if view != "closed":
            assert getattr(counts, view) == len(titles(desk, view)), view


def test_a_foreign_workspace_sees_nothing(desk: Desk) -> None:
    seed_views(desk)
    for view in inbox.VIEWS:
        assert inbox.page(desk.session, desk.stranger, view).rows == []
    assert inbox.page(desk.session, desk.stranger, "open", search="Mine").rows == []
    counts = inbox.counts(desk.session, desk.stranger)
    assert {getattr(counts, name) for name in counts.shown} == {0}


def test_an_unknown_view_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound):
        inbox.page(desk.session, desk.ana, "everything")


def test_pages_neither_repeat_nor_skip_among_equal_times(desk: Desk) -> None:
    for number in range(7):
        state = State.HUMAN if number % 2 else State.ASSISTANT
        desk.conversation(title=f"Customer {number}", state=state, last_at=now())
    seen: list[str] = []
    cursor = None
    while True:
        page = inbox.page(desk.session, desk.ana, "open", after=cursor, limit=3)
        seen += [row.title for row in page.rows]
        cursor = page.next
        if cursor is None:
            break
    assert seen == [f"Customer {number}" for number in reversed(range(7))]


def test_a_page_is_one_query_however_long(desk: Desk, statements: list[str]) -> None:
    for number in range(40):
        desk.conversation(claimed_by=desk.sam.user_id, state=State.HUMAN, title=f"C {number}")
    desk.session.flush()
    desk.session.expire_all()
    statements.clear()
    assert len(inbox.page(desk.session, desk.ana, "open").rows) == 40
    assert len(statements) == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("lucía", ["Lucía Marín"]),
        ("612 555", ["Lucía Marín"]),
        ("100 %", ["100 % Café"]),
        ("%", []),
        ("_", []),
        ("nobody", []),
    ],
)
def test_search_looks_at_people_of_all_views(desk: Desk, words: str, expected: list[str]) -> None:
    desk.conversation(title="Lucía Marín", wa_id="34612555014", state=State.CLOSED)
    desk.conversation(title="100 % Café", wa_id="34699000000")
    assert titles(desk, "open", search=words) == expected


@pytest.mark.parametrize(
    ("facts", "who", "tone"),
    [
        ({"state": State.ASSISTANT}, "✦ AI", "gray"),
        ({"state": State.NEEDS_HUMAN}, "Wants a human", "amber"),
        ({"state": State.CLOSED}, "Closed", "gray"),
        ({"state": State.HUMAN}, "Unclaimed", "gray"),
        ({"state": State.HUMAN, "claimed_by": "ana"}, "Ana", "jade"),
        ({"state": State.HUMAN, "claimed_by": "sam"}, "Sam", "gray"),
        (
            {"state": State.HUMAN, "claimed_by": "ana", "ai_resumes_at": timedelta(minutes=14)},
            "Ana · 14 min left",
            "jade",
        ),
    ],
)
def test_the_chip_says_who_answers(desk: Desk, facts: dict, who: str, tone: str) -> None:
    if "claimed_by" in facts:
        facts = facts | {"claimed_by": getattr(desk, facts["claimed_by"]).user_id}
    if "ai_resumes_at" in facts:
        facts = facts | {"ai_resumes_at": now() + facts["ai_resumes_at"]}
    desk.conversation(**facts)
    view = "closed" if facts["state"] is State.CLOSED else "open"
    [row] = inbox.page(desk.session, desk.ana, view).rows
    assert (row.who, row.who_tone) == (who, tone)


@pytest.mark.parametrize(
    ("author", "holder", "preview"),
    [
        (Author.CUSTOMER, None, "Thanks"),
        (Author.ASSISTANT, None, "✦ Thanks"),
        (Author.AGENT, "ana", "You: Thanks"),
        (Author.AGENT, "sam", "Sam: Thanks"),
        (Author.AGENT, None, "Team: Thanks"),
    ],
)
def test_the_last_line_names_its_author(
    desk: Desk, author: Author, holder: str | None, preview: str
) -> None:
    claimed_by = getattr(desk, holder).user_id if holder else None
    desk.conversation(last_author=author, last_preview="Thanks", claimed_by=claimed_by)
    [row] = inbox.page(desk.session, desk.ana, "open").rows
    assert row.preview == preview


@pytest.mark.parametrize(
    ("hours", "level", "chip", "percent"),
    [
        (23, "open", "", 96),
        (6, "soon", "6 h 00 m to reply", 25),
        (0.001, "soon", "under 1 min to reply", 1),
        (0, "closed", "Window closed", 0),
        (-5, "closed", "Window closed", 0),
        (None, "", "", 0),
    ],
)
def test_the_window_of_a_row(
    desk: Desk, hours: float | None, level: str, chip: str, percent: int
) -> None:
    ends = None if hours is None else now() + hours * HOUR
    desk.conversation(window_ends_at=ends)
    [row] = inbox.page(desk.session, desk.ana, "open").rows
    assert (row.window_level, row.window, row.window_percent) == (level, chip, percent)


def test_a_page_says_when_its_words_become_untrue(desk: Desk) -> None:
    assert inbox.page(desk.session, desk.ana, "open").changes_at is None
    desk.conversation(window_ends_at=now() + 5 * HOUR)
    page = inbox.page(desk.session, desk.ana, "open")
    assert page.changes_at == now() + timedelta(minutes=1)
    desk.conversation(window_ends_at=now() + timedelta(seconds=20))
    page = inbox.page(desk.session, desk.ana, "open")
    assert page.changes_at == now() + timedelta(seconds=20)
