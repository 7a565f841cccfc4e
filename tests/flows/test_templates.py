"""A template's life: written, pending, approved by Meta's webhook, offered to agents, gone."""

import pytest

from domain import template_messages, template_writing
from domain.template_drafts import Draft
from domain.template_messages import Choice
from illumichat_app import db
from illumichat_app.errors import Invalid
from integrations.whatsapp import process_client
from models import Conversation, Message, MessageStatus, Template
from tests.flows.stack import Stack, conversation, rows

pytestmark = pytest.mark.anyio

DRAFT = Draft(
    name="ready",
    body="Hi {{1}}, your order {{2}} is ready for you to pick up.",
    examples={"body.1": "Rui", "body.2": "4471"},
)


async def hand_in(stack: Stack) -> None:
    client = await process_client.graph()
    helper = stack.channel.assistant_id
    result = await template_writing.create(client, stack.ana, helper, DRAFT)
    assert result.state == "done"


def offered(stack: Stack) -> Choice:
    with db.transaction() as session:
        found = template_messages.choices(session, stack.sam, conversation().id, "ready")
    (only,) = found
    return only


def send(stack: Stack, template_id: int) -> None:
    values = {"body.1": "Ana", "body.2": "12"}
    with db.transaction() as session:
        template_messages.queue_template(
            session, stack.sam, conversation().id, template_id, values, "key-of-this-send"
        )


async def test_written_pending_approved_and_sent(stack: Stack) -> None:
    stack.says("Hello")
    await stack.settle()
    await hand_in(stack)
    pending = offered(stack)
    assert pending.problem == "Meta is still reviewing it."
    with pytest.raises(Invalid, match="still reviewing"):
        send(stack, pending.id)
    await stack.settle()
    assert offered(stack).problem == ""
    send(stack, pending.id)
    await stack.settle()
    assert stack.sends()[-1]["template"]["name"] == "ready"
    (sent,) = (row for row in rows(Message) if row.kind == "template")
    assert sent.text == "Hi Ana, your order 12 is ready for you to pick up."
    assert sent.status is not MessageStatus.FAILED


@pytest.mark.parametrize("verdict", ["REJECTED", "PAUSED", "DISABLED"])
async def test_what_meta_stops_is_offered_no_longer(stack: Stack, verdict: str) -> None:
    stack.says("Hello")
    await stack.settle()
    await hand_in(stack)
    await stack.settle()
    (row,) = rows(Template, name="ready")
    stack.simulator.review_template(row.meta_id, verdict, "PROMOTIONAL")
    await stack.settle()
    assert offered(stack).problem != ""
    with pytest.raises(Invalid):
        send(stack, row.id)


async def test_one_that_meta_deleted_disappears(stack: Stack) -> None:
    await hand_in(stack)
    (row,) = rows(Template, name="ready")
    value = {
        "event": "DELETED",
        "message_template_id": int(row.meta_id),
        "message_template_name": "ready",
        "message_template_language": "en-US",
    }
    await stack.simulator.settle()
    stack.simulator.emit("message_template_status_update", value, waba_id="210000000000001")
    await stack.settle()
    assert rows(Template, name="ready") == []
    assert rows(Conversation) == []
