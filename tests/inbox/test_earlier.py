"""What was before in a conversation, and with its contact elsewhere."""

from datetime import timedelta

import pytest

from domain import conversations, earlier
from domain.earlier import Past
from illumichat_app import clock
from illumichat_app.errors import NotFound
from models import Contact, Conversation, State
from tests import factories
from tests.conftest import NOON
from tests.inbox.conftest import Desk

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def past(desk: Desk, of: Conversation) -> list[Past]:
    desk.session.flush()
    return earlier.of(desk.session, desk.ana, of.id)


def at(hours: float) -> None:
    clock.freeze(NOON + hours * HOUR)


def write(desk: Desk, into: Conversation, text: str) -> int:
    """The customer writes, and the conversation opens if it was closed."""
    conversations.written_again(desk.session, into)
    return factories.message(desk.session, into, text).id


def close(desk: Desk, talk: Conversation) -> None:
    conversations.close(desk.session, desk.sam, talk.id)


def test_nothing_was_before_the_first_closing(desk: Desk) -> None:
    talk = desk.conversation()
    write(desk, talk, "Hello")
    assert past(desk, talk) == []


def test_each_closing_ends_an_episode(desk: Desk) -> None:
    talk = desk.conversation()
    first = write(desk, talk, "Hello")
    at(1)
    conversations.take_over(desk.session, desk.ana, talk.id)
    at(2)
    close(desk, talk)
    at(30)
    second = write(desk, talk, "Again")
    factories.message(desk.session, talk, "And again")
    at(31)
    close(desk, talk)
    at(32)
    conversations.reopen(desk.session, desk.sam, talk.id)
    newest, oldest = past(desk, talk)
    assert oldest.title == "Opened by the customer, closed by Sam Okoro"
    assert (oldest.when, oldest.detail) == ("23 Nov", "1 message · Ana Ruiz")
    assert (oldest.conversation, oldest.message) == (talk.id, first)
    assert (newest.when, newest.detail) == ("24 Nov", "2 messages · the assistant")
    assert newest.message == second
    at(80)
    close(desk, talk)
    assert past(desk, talk)[0].title == "Opened by Sam Okoro, closed by Sam Okoro"
    assert past(desk, talk)[0].when == "24 Nov – 26 Nov"


def test_a_take_over_opens_a_closed_conversation(desk: Desk) -> None:
    talk = desk.conversation(state=State.CLOSED)
    conversations.take_over(desk.session, desk.ana, talk.id)
    at(1)
    close(desk, talk)
    assert past(desk, talk)[0].title == "Opened by Ana Ruiz, closed by Sam Okoro"
    assert past(desk, talk)[0].message == 0


def test_the_newest_20_by_a_constant_number_of_queries(
    desk: Desk, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = desk.conversation()
    for number in range(25):
        at(number)
        write(desk, talk, f"Line {number}")
        at(number + 0.5)
        close(desk, talk)
    desk.session.flush()
    statements.clear()
    lines = past(desk, talk)
    assert (len(lines), len(statements)) == (20, 3)
    assert all(line.detail == "1 message · the assistant" for line in lines)
    monkeypatch.setattr(earlier, "MOST_EVENTS", 6)
    assert [line.key for line in past(desk, talk)] == [line.key for line in lines[:3]]


def test_the_contacts_other_conversations_are_among_them(desk: Desk) -> None:
    maria = Contact(workspace_id=desk.channel.workspace_id, name="Maria", sort_name="maria")
    desk.session.add(maria)
    desk.session.flush()
    talk = desk.conversation(contact_id=maria.id)
    other = desk.conversation(contact_id=maria.id, title="@maria", last_at=NOON - DAY)
    desk.conversation()
    assert past(desk, talk) == [
        Past(f"c{other.id}", "22 Nov", "@maria on Harbour Support", "✦ AI", other.id, 0)
    ]
    close(desk, talk)
    assert [line.conversation for line in past(desk, talk)] == [talk.id, other.id]


def test_a_foreign_or_missing_conversation_is_not_found(desk: Desk) -> None:
    talk = desk.conversation()
    for actor, number in ((desk.stranger, talk.id), (desk.ana, talk.id + 9), (desk.ana, 0)):
        with pytest.raises(NotFound):
            earlier.of(desk.session, actor, number)


def test_a_year_that_is_over_is_named(desk: Desk) -> None:
    talk = desk.conversation()
    close(desk, talk)
    clock.freeze(NOON + 60 * DAY)
    assert past(desk, talk)[0].when == "23 Nov 2026"
