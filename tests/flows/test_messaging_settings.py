"""Each messaging setting, saved as the page saves it, counts from the next message on."""

from dataclasses import replace

import pytest

import workers.replies
from domain import messaging_settings, outbox
from illumichat_app import db
from illumichat_app.errors import ChannelOff
from models import (
    AssistantTrace,
    Author,
    Contact,
    Conversation,
    CustomerIdentity,
    KnowledgePassage,
    Message,
)
from tests.flows.stack import Stack, apply_events, conversation, rows, texts

pytestmark = pytest.mark.anyio
HOURS = "What are your opening hours?"


def change(stack: Stack, **values: object) -> None:
    """An admin saves the form."""
    with db.transaction() as session:
        now = messaging_settings.read(session, stack.ana, stack.channel.id)
        given = replace(now, **values)
        messaging_settings.save(session, stack.ana, stack.channel.id, given, began_from=now)


async def ask(stack: Stack, text: str = HOURS, customer: str = "lucia") -> None:
    stack.says(text, customer)
    await stack.settle()


async def test_without_ai_replies_the_inbox_fills_and_nobody_answers(stack: Stack) -> None:
    change(stack, ai_replies=False)
    await ask(stack)
    assert (texts("in"), stack.sends()) == ([HOURS], [])
    assert conversation().unread == 1
    assert [trace.reason for trace in rows(AssistantTrace)] == ["channel_ai_off"]
    with db.transaction() as session:
        outbox.queue_text(session, stack.ana, conversation().id, "We open at nine", "key-00001")
    await stack.settle()
    assert stack.on_phone() == ["We open at nine"]


async def test_with_ai_replies_again_the_next_message_is_answered(stack: Stack) -> None:
    change(stack, ai_replies=False)
    await ask(stack)
    change(stack, ai_replies=True)
    await stack.settle()
    assert stack.on_phone() == []
    await ask(stack, "And when do you open on Monday?")
    assert ["9:00 to 17:00" in text for text in stack.on_phone()] == [True]


async def test_switching_off_counts_for_a_message_that_waits_for_its_answer(stack: Stack) -> None:
    stack.says(HOURS)
    await stack.simulator.settle()
    apply_events()
    change(stack, ai_replies=False)
    await stack.settle()
    assert (texts("in"), stack.on_phone()) == ([HOURS], [])


async def test_a_channel_that_is_off_still_shows_what_customers_write(stack: Stack) -> None:
    change(stack, enabled=False)
    await ask(stack)
    assert (texts("in"), stack.sends(), conversation().unread) == ([HOURS], [], 1)
    with pytest.raises(ChannelOff, match="switched off"), db.transaction() as session:
        outbox.queue_text(session, stack.ana, conversation().id, "Hello?", "key-00001")
    change(stack, enabled=True)
    await ask(stack, "And when do you open on Monday?")
    assert ["9:00 to 17:00" in text for text in stack.on_phone()] == [True]


async def test_what_was_queued_before_the_channel_went_off_is_not_sent(stack: Stack) -> None:
    stack.says(HOURS)
    await stack.simulator.settle()
    apply_events()
    for lease in await workers.replies.claim(10):
        await workers.replies.reply(lease)
    (queued,) = rows(Message, author=Author.ASSISTANT)
    change(stack, enabled=False)
    await stack.settle()
    assert (stack.on_phone(), stack.sends()) == ([], [])
    assert "switched off" in rows(Message, id=queued.id)[0].error


async def test_matching_links_the_known_and_makes_no_one(stack: Stack) -> None:
    with db.transaction() as session:
        session.add(Contact(workspace_id=stack.workspace.id, name="Lucía M.", phone="34612555014"))
    await ask(stack)
    assert conversation().contact_id is None
    change(stack, match_contacts=True)
    await ask(stack, "Second")
    await ask(stack, "I am new", "tomasz")
    (known,) = rows(Contact)
    assert [row.contact_id for row in rows(Conversation)] == [known.id, None]


async def test_creating_makes_a_contact_once_and_ends_with_matching(stack: Stack) -> None:
    change(stack, match_contacts=True, auto_create_contacts=True)
    await ask(stack, "I am new", "tomasz")
    await ask(stack, "Still me", "tomasz")
    (made,) = rows(Contact)
    assert (made.name, made.phone) == ("Tomasz Kowal", "48512555210")
    assert conversation().contact_id == made.id
    change(stack, match_contacts=False, auto_create_contacts=False)
    await ask(stack)
    assert rows(Contact) == [made]
    assert [row.contact_id for row in rows(CustomerIdentity)] == [made.id, None]


@pytest.mark.parametrize(("limit", "messages"), [(1000, 2), (2000, 1), (3000, 1), (4096, 1)])
async def test_a_long_answer_is_split_and_nothing_of_it_lost(
    stack: Stack, limit: int, messages: int
) -> None:
    with db.transaction() as session:
        session.add(
            KnowledgePassage(
                assistant_id=stack.channel.assistant_id, title="Warranty", body=WARRANTY
            )
        )
    change(stack, max_message_length=limit)
    await ask(stack, "What does the warranty cover?")
    said = stack.on_phone()
    assert len(said) == messages
    assert max(len(text) for text in said) <= limit
    assert " ".join(said) == WARRANTY


WARRANTY = " ".join(
    f"The warranty covers {part} {'and every stitch of it ' * 25}for two years."
    for part in ("sails", "ropes")
)


async def test_a_new_limit_counts_from_the_next_answer_on(stack: Stack) -> None:
    change(stack, max_message_length=1000)
    with db.transaction() as session:
        passage = KnowledgePassage(
            assistant_id=stack.channel.assistant_id, title="Warranty", body=WARRANTY
        )
        session.add(passage)
    await ask(stack, "What does the warranty cover?")
    assert len(stack.on_phone()) == 2
    change(stack, max_message_length=2000)
    await ask(stack, "What does the warranty cover, again?")
    assert len(stack.on_phone()) == 3
