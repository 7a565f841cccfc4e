"""What a person does with one message, at the door the browser uses."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from domain import notes
from domain.access import Actor
from illumichat_app import db
from illumichat_app.clock import now
from illumichat_app.errors import AppError
from models import Author, Conversation, Direction, Media, MediaState, Message, MessageStatus
from state.message import OneMessage
from state.thread import Thread
from tests import factories
from tests.accounts.conftest import Team
from tests.inbox.test_state import (
    KEY,
    Browser,
    _nobody_is_remembered,
    _quick_hashes,
    browser,
    server,
    stored,
    talk,
    team,
)
from tests.security import pipeline

__all__ = ["_nobody_is_remembered", "_quick_hashes", "server", "talk", "team"]
pytestmark = pytest.mark.anyio


@pytest.fixture
async def tab(server: pipeline.Server, team: Team, talk: int) -> Browser:
    opened = browser(server, team, talk)
    await opened.open()
    return opened


def ours(into: int, status: MessageStatus = MessageStatus.FAILED, **facts: Any) -> int:
    """A message of ours, failed unless told otherwise."""
    with db.transaction() as session:
        given = {"direction": Direction.OUT, "author": Author.AGENT, "status": status}
        talk = session.get_one(Conversation, into)
        return factories.message(session, talk, "Of course", **given | facts).id


def customers() -> int:
    with db.reading() as session:
        return session.exec(select(Message.id).where(Message.text == "Line 59")).one()


def written(text: str) -> list[Message]:
    with db.reading() as session:
        found = select(Message).where(Message.text == text).order_by(Message.id)
        return list(session.exec(found).all())


def reactions() -> list[Any]:
    with db.reading() as session:
        rows = session.exec(select(Message).where(Message.kind == "reaction")).all()
        return [row.content["emoji"] for row in rows]


def note_of(who: Actor, into: int) -> int:
    with db.transaction() as session:
        return notes.add(session, who, into, "Call back", "key-of-a-note").id


async def refused(tab: Browser, words: str, handler: str, **payload: Any) -> None:
    """The handler refuses with these words, and the person reads them."""
    with pytest.raises(AppError, match=words):
        await tab.do(OneMessage, handler, **payload)


# ---- reactions


async def test_a_reaction_and_its_end(tab: Browser) -> None:
    number = customers()
    await tab.do(OneMessage, "react", message_id=number, emoji="👍")
    assert reactions() == ["👍"]
    await tab.do(OneMessage, "react", message_id=number, emoji="")
    assert reactions() == [None]


async def test_no_reaction_once_the_window_is_closed(tab: Browser, talk: int) -> None:
    with db.transaction() as session:
        session.get_one(Conversation, talk).window_ends_at = now() - timedelta(hours=1)
    await refused(tab, "24-hour window is closed", "react", message_id=customers(), emoji="👍")
    assert reactions() == []


async def test_no_reaction_to_a_message_of_another_conversation(
    tab: Browser,
    talk: int,
) -> None:
    with db.transaction() as session:
        on = session.get_one(factories.Channel, stored(talk).channel_id)
        elsewhere = factories.message(session, factories.conversation(session, on), "Other").id
    await refused(tab, "not part of this conversation", "react", message_id=elsewhere, emoji="👍")
    assert reactions() == []


# ---- sending again


async def test_a_failed_message_goes_again_as_a_new_one(tab: Browser, talk: int) -> None:
    number = ours(talk)
    for _ in range(2):
        await tab.do(OneMessage, "retry", message_id=number, send_key=KEY, i_checked=False)
    assert [row.status for row in written("Of course")] == ["failed", "queued"]
    shown = {item.id: item for item in tab.var(Thread, "items")}
    assert shown[number].again.startswith("Sent again at ")


async def test_an_unconfirmed_one_goes_again_when_somebody_checked(
    tab: Browser,
    talk: int,
) -> None:
    number = ours(talk, MessageStatus.UNKNOWN)
    attempt = {"message_id": number, "send_key": KEY}
    await refused(tab, "may have arrived", "retry", **attempt, i_checked=False)
    assert len(written("Of course")) == 1
    await tab.do(OneMessage, "retry", **attempt, i_checked=True)
    assert len(written("Of course")) == 2


async def test_a_delivered_message_does_not_go_again(tab: Browser, talk: int) -> None:
    number = ours(talk, MessageStatus.DELIVERED)
    attempt = {"message_id": number, "send_key": KEY, "i_checked": True}
    await refused(tab, "did not fail", "retry", **attempt)
    assert len(written("Of course")) == 1


# ---- what is behind it


async def test_the_ledger_and_the_reasons(tab: Browser, talk: int) -> None:
    await tab.do(OneMessage, "details", message_id=ours(talk))
    assert tab.var(OneMessage, "showing") == "details"
    assert tab.var(OneMessage, "ledger").status == "Not sent"
    await tab.do(OneMessage, "explain", message_id=customers())
    assert tab.var(OneMessage, "showing") == "why"
    assert tab.var(OneMessage, "why").decision == "Nothing is recorded about this."
    await tab.do(OneMessage, "close")
    assert tab.var(OneMessage, "showing") == ""


async def test_a_stranger_learns_and_does_nothing(
    server: pipeline.Server,
    team: Team,
    talk: int,
) -> None:
    number, note = ours(talk), note_of(team.admin, talk)
    tab = browser(server, team, talk, "stranger")
    await tab.open()
    for handler, arguments in (
        ("details", {"message_id": number}),
        ("explain", {"message_id": number}),
        ("react", {"message_id": number, "emoji": "👍"}),
        ("retry", {"message_id": number, "send_key": KEY, "i_checked": True}),
        ("fetch_again", {"message_id": number}),
        ("edit_note", {"note_id": note, "text": "Forged"}),
        ("delete_note", {"note_id": note}),
    ):
        await refused(tab, "not here any more", handler, **arguments)
    assert len(written("Of course")) == len(written("Call back")) == 1
    assert reactions() == []


# ---- files and notes


async def test_a_file_is_fetched_again(tab: Browser, talk: int) -> None:
    with db.transaction() as session:
        message = session.get_one(Message, customers())
        message.kind = "image"
        file = Media(
            workspace_id=message.workspace_id,
            channel_id=message.channel_id,
            message_id=message.id,
            meta_id="1",
            state=MediaState.FAILED,
        )
        session.add(file)
    await tab.do(OneMessage, "fetch_again", message_id=message.id)
    assert tab.var(Thread, "items")[-1].media_state == "pending"
    await refused(tab, "not missing", "fetch_again", message_id=message.id)


async def test_a_note_is_changed_and_removed_by_its_author(
    tab: Browser,
    team: Team,
    talk: int,
) -> None:
    number = note_of(team.admin, talk)
    await tab.do(OneMessage, "edit_note", note_id=number, text="Call back at 5")
    assert (tab.var(OneMessage, "saved"), len(written("Call back at 5"))) == (1, 1)
    assert tab.var(Thread, "items")[-1].edited is True
    await tab.do(OneMessage, "delete_note", note_id=number)
    assert written("Call back at 5") == []
    assert tab.var(Thread, "items")[-1].text == "Ana deleted an internal note"


async def test_a_colleagues_note_stays(tab: Browser, team: Team, talk: int) -> None:
    number = note_of(team.agent, talk)
    words = "Only the person who wrote"
    await refused(tab, words, "edit_note", note_id=number, text="Mine now")
    await refused(tab, words, "delete_note", note_id=number)
    assert len(written("Call back")) == 1
