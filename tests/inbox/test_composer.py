from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from domain import thread
from domain.composer import Composer
from illumichat_app.clock import now
from models import ConnectionStatus, State, WhatsAppConnection
from tests.inbox.conftest import Desk

HOURS = {"window_ends_at": timedelta(hours=3)}


def composer(desk: Desk, **facts: Any) -> Composer:
    for name in ("window_ends_at", "claimed_at"):
        if facts.get(name) is not None:
            facts[name] = now() + facts[name]
    if isinstance(facts.get("claimed_by"), str):
        facts["claimed_by"] = getattr(desk, facts["claimed_by"]).user_id
    talk = desk.conversation(**facts)
    return thread.thread(desk.session, desk.ana, talk.id).composer


@pytest.mark.parametrize(
    ("facts", "mode", "sentence"),
    [
        (
            HOURS | {"state": State.ASSISTANT},
            "assistant_answers",
            "Replying takes over from the assistant.",
        ),
        (HOURS | {"state": State.HUMAN, "claimed_by": "ana"}, "human", ""),
        (HOURS | {"state": State.HUMAN}, "human", ""),
        (
            HOURS | {"state": State.NEEDS_HUMAN, "hand_over_reason": "no_answer"},
            "human",
            "The assistant did not know the answer.",
        ),
        (
            HOURS | {"state": State.CLOSED},
            "closed",
            "This conversation is closed. Your reply opens it again.",
        ),
    ],
)
def test_where_a_person_can_write(
    desk: Desk, facts: dict[str, Any], mode: str, sentence: str
) -> None:
    shown = composer(desk, **facts)
    assert (shown.mode, shown.sentence, shown.can_write) == (mode, sentence, True)
    assert shown.time_left == "3 h 00 m left"
    assert not shown.hurry


def test_the_last_hour_is_marked(desk: Desk) -> None:
    assert composer(desk, window_ends_at=timedelta(minutes=59)).hurry


@pytest.mark.parametrize(
    ("ends", "heading"),
    [
        (timedelta(hours=-2), "The 24-hour window closed 2 h ago"),
        (timedelta(0), "The 24-hour window closed just now"),
        (None, "The 24-hour window has not opened yet"),
    ],
)
def test_a_closed_window_says_what_can_be_done(
    desk: Desk, ends: timedelta | None, heading: str
) -> None:
    shown = composer(desk, title="Marta Silva", window_ends_at=ends)
    assert (shown.mode, shown.can_write, shown.heading) == ("closed_window", False, heading)
    assert "Marta" in shown.sentence
    assert shown.can_send_template


def test_a_colleagues_conversation_names_them(desk: Desk) -> None:
    facts = {"state": State.HUMAN, "claimed_by": "sam", "claimed_at": timedelta(minutes=-19)}
    shown = composer(desk, **HOURS | facts)
    assert (shown.mode, shown.can_write) == ("claimed_by_other", False)
    assert shown.sentence == "Sam Okoro answers here since 12:41."
    assert not shown.can_send_template


def test_a_channel_that_is_off(desk: Desk) -> None:
    desk.channel.enabled = False
    shown = composer(desk, **HOURS)
    assert (shown.mode, shown.can_write) == ("channel_off", False)
    assert "switched off" in shown.sentence
    assert (shown.can_send_template, shown.assistant_id) == (False, desk.channel.assistant_id)


@pytest.mark.parametrize(
    ("status", "mode"),
    [
        (ConnectionStatus.ISSUE, "connection_issue"),
        (ConnectionStatus.DISCONNECTED, "channel_off"),
    ],
)
def test_a_broken_connection(desk: Desk, status: ConnectionStatus, mode: str) -> None:
    connection = desk.session.exec(select(WhatsAppConnection)).one()
    connection.status, connection.issue = status, "Meta took the access token back."
    desk.session.flush()
    shown = composer(desk, **HOURS)
    assert (shown.mode, shown.can_write) == (mode, False)


@pytest.mark.parametrize(
    ("facts", "start"),
    [
        ({"state": State.ASSISTANT}, "Harbour assistant answers by itself."),
        ({"state": State.NEEDS_HUMAN}, "Nobody answers until"),
        ({"state": State.CLOSED}, "Closed."),
        ({"state": State.HUMAN}, "People answer."),
        ({"state": State.HUMAN, "resumes": timedelta(minutes=15)}, "AI is paused and resumes at"),
    ],
)
def test_who_answers_in_a_sentence(desk: Desk, facts: dict[str, Any], start: str) -> None:
    facts = dict(facts)
    if resumes := facts.pop("resumes", None):
        facts["ai_resumes_at"] = now() + resumes
    talk = desk.conversation(**facts)
    page = thread.thread(desk.session, desk.ana, talk.id)
    assert page.details.who_sentence.startswith(start)


@pytest.mark.parametrize(
    ("ends", "start"),
    [
        (timedelta(hours=20), "Free-form replies until tomorrow 09:00."),
        (timedelta(hours=-2), "Closed since 11:00."),
        (None, "It opens when the customer writes."),
    ],
)
def test_the_window_in_a_sentence(desk: Desk, ends: timedelta | None, start: str) -> None:
    talk = desk.conversation(window_ends_at=now() + ends if ends else None)
    page = thread.thread(desk.session, desk.ana, talk.id)
    assert page.details.window_sentence.startswith(start)
