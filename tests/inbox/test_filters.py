import random
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from sqlmodel import col, select

from domain import inbox
from domain.inbox import Filters
from illumichat_app.clock import now
from illumichat_app.errors import Invalid
from models import Author, Conversation, Direction, Mention, MessageStatus, State
from tests import factories
from tests.inbox.conftest import Desk, joined_long_ago

MINUTE = timedelta(minutes=1)


def found(desk: Desk, view: str = "open", **filters: Any) -> list[str]:
    page = inbox.page(desk.session, desk.ana, view, filters=Filters(**filters))
    return [row.title for row in page.rows]


def mention(desk: Desk, talk: Conversation, seen: bool = False) -> None:
    note = factories.message(desk.session, talk, "@Ana", direction=Direction.NOTE)
    row = Mention(
        workspace_id=talk.workspace_id,
        conversation_id=talk.id,
        message_id=note.id,
        user_id=desk.ana.user_id,
        seen_at=now() if seen else None,
    )
    desk.session.add(row)
    desk.session.flush()


@pytest.fixture
def mixed(desk: Desk) -> list[Conversation]:
    """Sixty conversations of every kind, many at the same moment, in a fixed disorder."""
    joined_long_ago(desk)
    dice = random.Random(7)
    helper = factories.assistant(desk.session, factories.workspace(desk.session))
    helper.workspace_id = desk.channel.workspace_id
    other = factories.channel(
        desk.session,
        factories.workspace(desk.session),
        helper,
        phone_number_id="9",
    )
    other.workspace_id = desk.channel.workspace_id
    desk.session.flush()
    made = []
    for number in range(60):
        on = dice.choice([desk.channel, other])
        talk = factories.conversation(
            desk.session,
            on,
            title=f"C{number}",
            state=dice.choice(list(State)),
            claimed_by=dice.choice([None, desk.ana.user_id, desk.sam.user_id]),
            inbound_count=dice.choice([0, 0, 3]),
            last_at=now() - dice.randrange(8) * MINUTE,
            window_ends_at=dice.choice([None, now() + dice.randrange(1, 9) * 60 * MINUTE]),
        )
        if dice.random() < 0.2:
            mention(desk, talk)
        made.append(talk)
    return made


def combinations(desk: Desk, rows: list[Conversation]) -> list[Filters]:
    channels = sorted({row.channel_id for row in rows})
    one = [Filters(), *(Filters(channel=number) for number in channels)]
    one += [Filters(assistant=number) for number in sorted({row.assistant_id for row in rows})]
    handlers = ["ai", "nobody", "me", str(desk.sam.user_id)]
    every = [replace(each, handler=handler) for each in one for handler in ["", *handlers]]
    return every + [replace(each, unread=True) for each in every]


@pytest.mark.parametrize("view", inbox.VIEWS)
def test_pages_of_any_filter_hold_every_row_once_in_order(
    desk: Desk, mixed: list[Conversation], view: str
) -> None:
    for filters in combinations(desk, mixed):
        expected = [row.id for row in in_order(desk, mixed, view) if fits(desk, row, filters)]
        assert walked(desk, view, filters) == expected, filters


def walked(desk: Desk, view: str, filters: Filters) -> list[int]:
    seen: list[int] = []
    cursor = None
    while True:
        page = inbox.page(desk.session, desk.ana, view, cursor, 3, filters=filters)
        seen += [row.id for row in page.rows]
        cursor = page.next
        if cursor is None:
            return seen


def in_order(desk: Desk, rows: list[Conversation], view: str) -> list[Conversation]:
    """The rule of each view, said a second time without a database."""
    named = {
        row.conversation_id
        for row in desk.session.exec(select(Mention).where(col(Mention.seen_at).is_(None)))
    }
    soon = now() + timedelta(hours=6)
    holds = {
        "open": lambda row: row.state is not State.CLOSED,
        "mine": lambda row: row.claimed_by == desk.ana.user_id and row.state is not State.CLOSED,
        "unclaimed": lambda row: row.claimed_by is None and row.state is not State.CLOSED,
        "needs_human": lambda row: row.state is State.NEEDS_HUMAN,
        "closing_soon": lambda row: (
            row.state is not State.CLOSED
            and row.window_ends_at is not None
            and row.window_ends_at <= soon
        ),
        "mentions": lambda row: row.id in named,
        "closed": lambda row: row.state is State.CLOSED,
    }[view]
    kept = [row for row in rows if holds(row)]
    if view == "closing_soon":
        return sorted(kept, key=lambda row: (row.window_ends_at, row.id))
    return sorted(kept, key=lambda row: (row.last_at, row.id), reverse=True)


def fits(desk: Desk, row: Conversation, filters: Filters) -> bool:
    handled = {
        "": True,
        "ai": row.state is State.ASSISTANT,
        "nobody": row.claimed_by is None and row.state is not State.ASSISTANT,
        "me": row.claimed_by == desk.ana.user_id,
        str(desk.sam.user_id): row.claimed_by == desk.sam.user_id,
    }[filters.handler]
    return (
        handled
        and filters.channel in (0, row.channel_id)
        and filters.assistant in (0, row.assistant_id)
        and not (filters.unread and row.inbound_count == 0)
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"handler": "everybody"},
        {"handler": "0"},
        {"handler": "-1"},
        {"handler": "9" * 30},
        {"handler": None},
        {"handler": {"a": 1}},
        {"channel": -1},
        {"channel": True},
        {"channel": "1"},
        {"assistant": 2**63},
        {"unread": "yes"},
    ],
)
def test_a_filter_that_no_menu_offers_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        Filters(**wrong)


def test_a_filter_counts_what_narrows() -> None:
    assert Filters().active == 0
    assert Filters(channel=1, handler="me", unread=True).active == 3


def test_a_foreign_channel_leads_nowhere(desk: Desk) -> None:
    desk.conversation()
    page = inbox.page(desk.session, desk.stranger, "open", filters=Filters(channel=desk.channel.id))
    assert page.rows == []


def test_the_menus_offer_what_the_workspace_has(desk: Desk) -> None:
    choices = inbox.filter_choices(desk.session, desk.ana)
    assert [(each.value, each.label) for each in choices.channels] == [
        (str(desk.channel.id), "Harbour Support")
    ]
    assert [each.label for each in choices.assistants] == ["Harbour assistant"]
    assert [each.label for each in choices.handlers] == ["✦ AI", "Me", "Nobody", "Sam Okoro"]
    for each in choices.handlers:
        Filters(handler=each.value)
    assert inbox.filter_choices(desk.session, desk.stranger).channels == []


def test_a_count_stops_at_a_thousand(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "MOST_COUNTED", 2)
    monkeypatch.setattr(inbox, "_STOP", 3)
    for _ in range(5):
        desk.conversation()
    desk.conversation(state=State.NEEDS_HUMAN)
    counts = inbox.counts(desk.session, desk.ana)
    assert (counts.open, counts.needs_human) == (3, 1)
    assert (counts.shown["open"], counts.shown["needs_human"]) == ("999+", "1")


# ---- what a row says beyond its conversation


def test_a_row_names_its_channel(desk: Desk) -> None:
    desk.conversation()
    [row] = inbox.page(desk.session, desk.ana, "open").rows
    assert (row.channel, row.channel_kind) == ("Harbour Support", "whatsapp")


@pytest.mark.parametrize(("seen", "marked"), [(False, True), (True, False)])
def test_a_row_marks_a_mention_until_it_is_read(desk: Desk, seen: bool, marked: bool) -> None:
    talk = desk.conversation()
    mention(desk, talk, seen)
    [row] = inbox.page(desk.session, desk.ana, "open").rows
    assert row.mentioned is marked
    [row] = inbox.page(desk.session, desk.sam, "open").rows
    assert row.mentioned is False


@pytest.mark.parametrize(
    ("facts", "mark", "preview"),
    [
        ({"direction": Direction.NOTE, "author": Author.AGENT}, "note", "Note · Sam: Hi"),
        ({"direction": Direction.OUT, "author": Author.AGENT}, "agent", "Sam: Hi"),
        (
            {"direction": Direction.OUT, "author": Author.AGENT, "kind": "template"},
            "template",
            "Template: Hi",
        ),
        ({"direction": Direction.IN, "author": Author.CUSTOMER}, "", "Hi"),
    ],
)
def test_the_last_line_says_what_it_is(
    desk: Desk, facts: dict[str, Any], mark: str, preview: str
) -> None:
    talk = desk.conversation(last_author=facts["author"], last_preview="Hi")
    by = None if facts["author"] is Author.CUSTOMER else desk.sam.user_id
    factories.message(desk.session, talk, "Hi", user_id=by, **facts)
    [row] = inbox.page(desk.session, desk.ana, "open").rows
    assert (row.mark, row.preview) == (mark, preview)


def test_a_row_shows_that_the_last_message_failed(desk: Desk) -> None:
    talk = desk.conversation()
    failed = {"direction": Direction.OUT, "author": Author.AGENT, "status": MessageStatus.FAILED}
    factories.message(desk.session, talk, "Hi", sent_at=now() - MINUTE, **failed)
    [row] = inbox.page(desk.session, desk.ana, "open").rows
    assert row.failed is True
    factories.message(desk.session, talk, "Are you there?")
    [row] = inbox.page(desk.session, desk.ana, "open").rows
    assert row.failed is False


# ---- filters of an address


@pytest.mark.parametrize(
    ("filters", "query"),
    [
        (Filters(), ""),
        (Filters(channel=3), "?channel=3"),
        (Filters(assistant=2, handler="ai", unread=True), "?assistant=2&handler=ai&unread=1"),
    ],
)
def test_an_address_and_its_filters_are_the_same(filters: Filters, query: str) -> None:
    assert inbox.to_query(filters) == query
    assert inbox.from_query(dict(parse_qsl(query.lstrip("?")))) == filters


@pytest.mark.parametrize(
    "given",
    [
        {"channel": "3.5"},
        {"channel": "-3"},
        {"channel": "٣"},
        {"assistant": "9" * 30},
        {"handler": "all"},
        {"unread": "yes"},
        {"unread": ["1"]},
    ],
)
def test_an_address_that_no_menu_makes_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="out of date"):
        inbox.from_query(given)


def test_only_the_workspaces_own_pass(desk: Desk) -> None:
    on = desk.channel
    own = Filters(on.id, on.assistant_id, str(desk.sam.user_id))
    inbox.check(desk.session, desk.ana, own)
    inbox.check(desk.session, desk.ana, Filters(handler="me", unread=True))
    for filters in (
        Filters(channel=on.id),
        Filters(assistant=on.assistant_id),
        Filters(handler=str(desk.sam.user_id)),
    ):
        with pytest.raises(Invalid, match="out of date"):
            inbox.check(desk.session, desk.stranger, filters)


# ---- back up, and the row that stays


@pytest.mark.parametrize("view", inbox.VIEWS)
def test_the_way_back_up_ends_where_the_way_down_began(
    desk: Desk, mixed: list[Conversation], view: str
) -> None:
    for filters in combinations(desk, mixed):
        places = inbox.page(desk.session, desk.ana, view, filters=filters, limit=100).places
        for at, place in enumerate(places):
            found = inbox.above(desk.session, desk.ana, view, place, 3, filters)
            assert found == (places[at - 3] if at >= 3 else None), (filters, at)


def test_a_row_that_left_stays_in_its_place_if_asked(desk: Desk) -> None:
    rows = [desk.conversation(title=f"C{n}", last_at=now() - n * MINUTE) for n in range(4)]
    rows[2].state = State.CLOSED
    desk.session.flush()

    def titles(view: str = "open", **more: Any) -> list[str]:
        return [row.title for row in inbox.page(desk.session, desk.ana, view, **more).rows]

    assert titles() == ["C0", "C1", "C3"]
    assert titles(keep=rows[2].id) == ["C0", "C1", "C2", "C3"]
    assert titles(keep=rows[1].id) == ["C0", "C1", "C3"]
    assert titles("closing_soon", keep=rows[2].id) == []
    assert inbox.page(desk.session, desk.stranger, "open", keep=rows[2].id).rows == []
