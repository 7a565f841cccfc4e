"""Templates from the composer to the phone, and what never leaves the house."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from domain import template_messages
from domain.access import Actor
from domain.template_messages import Choice
from illumichat_app import clock, db
from illumichat_app.errors import ChannelOff, Invalid, NotAllowed, NotFound
from integrations.whatsapp.errors import explain
from meta_simulator.world import Template as AtMeta
from models import (
    Channel,
    Contact,
    Conversation,
    ConversationEvent,
    Message,
    MessageDaily,
    MessageStatus,
    Role,
    State,
    Template,
    WhatsAppConnection,
    Workspace,
)
from tests import factories
from tests.conftest import NOON
from tests.flows.stack import Stack, conversation, rows
from tests.sending import files
from tests.sending.conftest import Attach, read_templates

pytestmark = pytest.mark.anyio

MISSED = {"body.1": "Lucía", "body.2": "4471"}


def offered(actor: Actor, search: str = "") -> dict[str, Choice]:
    with db.transaction() as session:
        found = template_messages.choices(session, actor, conversation().id, search)
    return {each.name: each for each in found}


def send(actor: Actor, name: str, values: dict[str, Any] | None = None, **more: Any) -> Message:
    key = more.pop("key", "key-00001")
    with db.transaction() as session:
        number = session.exec(select(Template.id).where(Template.name == name)).one()
        return template_messages.queue_template(
            session, actor, conversation().id, number, values or {}, key, **more
        )


def add(stack: Stack, name: str, *components: dict[str, Any], **facts: Any) -> None:
    """A template at Meta and here."""
    with db.transaction() as session:
        row = Template(
            **{
                "workspace_id": stack.workspace.id,
                "waba_id": "210000000000001",
                "name": name,
                "language": "en_US",
                "category": "UTILITY",
                "status": "APPROVED",
                "components": list(components),
            }
            | facts
        )
        session.add(row)
    stack.simulator.world.templates[name] = AtMeta(
        name, row.waba_id, name, row.language, row.category, row.components, "APPROVED",
        row.parameter_format,
    )  # fmt: skip


def on_the_phone(stack: Stack) -> dict[str, Any]:
    return stack.simulator.thread("lucia").messages[-1].rendered


class TestChoices:
    async def test_the_approved_come_first_and_the_others_say_why(self, greeted: Stack) -> None:
        found = offered(greeted.ana)
        names = list(found)
        assert set(names[:4]) == {"hello_world", "we_missed_you", "order_update", "login_code"}
        assert [found[name].problem for name in names[:4]] == [""] * 4
        assert "reviewing" in found["spring_offer"].problem
        assert "rejected" in found["free_gift"].problem

    @pytest.mark.parametrize(
        ("status", "words"), [("PAUSED", "paused"), ("DISABLED", "switched it off"), ("X", "now")]
    )
    async def test_other_states_in_words(self, greeted: Stack, status: str, words: str) -> None:
        with db.transaction() as session:
            session.exec(
                select(Template).where(Template.name == "hello_world")
            ).one().status = status
        assert words in offered(greeted.ana)["hello_world"].problem
        with pytest.raises(Invalid, match=words):
            send(greeted.ana, "hello_world")

    @pytest.mark.parametrize(
        ("search", "names"),
        [
            ("order", {"order_update"}),
            ("PEDIDO", {"we_missed_you"}),
            ("we missed", {"we_missed_you"}),
            ("es pedido", {"we_missed_you"}),
            ("nothing like it", set()),
        ],
    )
    async def test_search_looks_at_names_languages_and_words(
        self, greeted: Stack, search: str, names: set[str]
    ) -> None:
        assert set(offered(greeted.ana, search)) == names

    async def test_known_values_are_filled_in(self, greeted: Stack) -> None:
        with db.transaction() as session:
            contact = Contact(workspace_id=greeted.workspace.id, name="Lulu Marín Sanz")
            session.add(contact)
            session.flush()
            session.get_one(Conversation, conversation().id).contact_id = contact.id
        variables = {
            each.key: each.value for each in offered(greeted.ana)["order_update"].variables
        }
        assert variables == {"body.first_name": "Lulu", "body.order_number": ""}

    async def test_only_those_of_the_conversations_account(self, greeted: Stack) -> None:
        add(greeted, "elsewhere", {"type": "BODY", "text": "x"}, waba_id="210000000000002")
        assert "elsewhere" not in offered(greeted.ana)
        with pytest.raises(NotFound):
            send(greeted.ana, "elsewhere")

    async def test_the_list_is_bounded(self, greeted: Stack) -> None:
        for number in range(template_messages.MOST_CHOICES):
            add(greeted, f"more_{number}", {"type": "BODY", "text": "x"})
        found = offered(greeted.ana)
        assert len(found) == template_messages.MOST_CHOICES
        assert "free_gift" not in found
        assert "free_gift" in offered(greeted.ana, "gift")

    async def test_a_disconnected_channel_has_none(self, greeted: Stack) -> None:
        with db.transaction() as session:
            session.delete(session.exec(select(WhatsAppConnection)).one())
        assert offered(greeted.ana) == {}

    async def test_another_workspace_finds_nothing(self, greeted: Stack) -> None:
        with db.transaction() as session:
            stranger = factories.person(
                session, factories.workspace(session, "Other"), role=Role.ADMIN
            )
        with pytest.raises(NotFound):
            offered(stranger)
        with pytest.raises(NotFound):
            send(stranger, "hello_world")

    async def test_a_verification_code_needs_the_phone_number(self, stack: Stack) -> None:
        stack.says("Hola", "jorge")
        await stack.settle()
        await read_templates()
        assert "hidden" in offered(stack.ana)["login_code"].problem
        with pytest.raises(Invalid, match="hidden"):
            send(stack.ana, "login_code", {"body.1": "123456"})

    async def test_a_customer_who_stopped_marketing_gets_none(self, greeted: Stack) -> None:
        def told(value: str, at: str) -> None:
            with db.transaction() as session:
                session.add(
                    ConversationEvent(
                        workspace_id=greeted.workspace.id,
                        conversation_id=conversation().id,
                        kind="preference",
                        data={"category": "marketing_messages", "value": value, "at": at},
                    )
                )

        told("stop", "2026-11-22T10:00:00+00:00")
        assert "marketing" in offered(greeted.ana)["we_missed_you"].problem
        assert offered(greeted.ana)["hello_world"].problem == ""
        told("resume", "2026-11-22T11:00:00+00:00")
        assert offered(greeted.ana)["we_missed_you"].problem == ""


class TestSending:
    async def test_it_goes_out_when_the_window_is_closed_and_the_answer_opens_it(
        self, greeted: Stack
    ) -> None:
        clock.freeze(NOON + timedelta(hours=30))
        send(greeted.ana, "we_missed_you", MISSED)
        await greeted.settle()
        message = rows(Message)[-1]
        words = "Hola Lucía, no pudimos responderte a tiempo sobre el pedido 4471. ¿Seguimos?"
        assert (message.kind, message.text, message.status) == ("template", words, "read")
        assert on_the_phone(greeted)["body"] == words
        assert conversation().last_preview == words
        greeted.says("Sí")
        await greeted.settle()
        assert conversation().window_ends_at > clock.now()
        assert conversation().state is State.HUMAN

    async def test_it_goes_out_when_the_window_is_open_too(self, greeted: Stack) -> None:
        send(greeted.ana, "hello_world")
        await greeted.settle()
        assert rows(Message)[-1].status is MessageStatus.READ

    async def test_the_sender_takes_over_and_claims(self, greeted: Stack) -> None:
        send(greeted.ana, "hello_world")
        assert conversation().state is State.HUMAN
        assert conversation().claimed_by == greeted.ana.user_id

    async def test_it_counts_as_a_template(self, greeted: Stack) -> None:
        send(greeted.ana, "hello_world")
        (day,) = rows(MessageDaily)
        assert (day.by_template, day.by_agents) == (1, 0)

    async def test_named_values(self, greeted: Stack) -> None:
        send(greeted.ana, "order_update", {"body.first_name": "Lucía", "body.order_number": "9"})
        await greeted.settle()
        assert on_the_phone(greeted)["body"] == "Hello Lucía, your order 9 is on its way today."

    async def test_a_code_stands_in_its_button_too(self, greeted: Stack) -> None:
        send(greeted.ana, "login_code", {"body.1": "123456"})
        await greeted.settle()
        assert on_the_phone(greeted)["buttons"][0]["url"].endswith("code=otp123456")

    async def test_what_it_was_is_kept(self, greeted: Stack) -> None:
        content = send(greeted.ana, "we_missed_you", MISSED).content
        assert (content["name"], content["language"], content["category"]) == (
            "we_missed_you",
            "es",
            "Marketing",
        )
        assert content["buttons"] == [{"text": "Sí, seguimos", "kind": "reply", "detail": ""}]

    async def test_a_double_click_is_one(self, greeted: Stack) -> None:
        first, again = send(greeted.ana, "hello_world"), send(greeted.ana, "hello_world")
        assert first.id == again.id

    @pytest.mark.parametrize(
        "values",
        [{}, {"body.1": "Lucía"}, MISSED | {"body.2": "a\nb"}, MISSED | {"body.2": "x" * 1000}],
        ids=["none", "one missing", "line break", "too long"],
    )
    async def test_wrong_values_change_nothing_and_reach_nobody(
        self, greeted: Stack, values: dict[str, str]
    ) -> None:
        before, calls = rows(Message), len(greeted.simulator.traffic.entries)
        with pytest.raises(Invalid):
            send(greeted.ana, "we_missed_you", values)
        await greeted.settle()
        assert rows(Message) == before
        assert conversation().state is State.ASSISTANT
        assert len(greeted.simulator.traffic.entries) == calls

    async def test_a_channel_that_is_off_sends_none(self, greeted: Stack) -> None:
        with db.transaction() as session:
            session.get_one(Channel, greeted.channel.id).enabled = False
        with pytest.raises(ChannelOff):
            send(greeted.ana, "hello_world")

    async def test_one_that_waited_until_the_channel_was_off_is_not_sent(
        self, greeted: Stack
    ) -> None:
        send(greeted.ana, "hello_world")
        calls = len(greeted.sends())
        with db.transaction() as session:
            session.get_one(Channel, greeted.channel.id).enabled = False
        await greeted.drain()
        assert rows(Message)[-1].status is MessageStatus.FAILED
        assert len(greeted.sends()) == calls

    @pytest.mark.parametrize(
        ("code", "words"),
        [
            (132000, "values"),
            (132001, "does not exist"),
            (132005, "too long"),
            (132012, "values"),
            (132015, "paused"),
            (132016, "paused"),
            (132018, "values"),
            (131026, "cannot receive"),
            (131042, "payment"),
            (131049, "Meta chose"),
            (131050, "stopped marketing"),
        ],
    )
    async def test_metas_refusals_in_words(self, greeted: Stack, code: int, words: str) -> None:
        greeted.simulator.faults.update({"refuse_code": code})
        send(greeted.ana, "hello_world")
        await greeted.settle()
        message = rows(Message)[-1]
        assert (message.status, message.error_code) == (MessageStatus.FAILED, code)
        assert words in message.error
        assert message.attempts == 1


@pytest.mark.parametrize(
    ("code", "words"),
    [(132007, "text rule"), (132008, "values"), (131063, "Marketing templates")],
)
def test_refusals_that_the_simulator_does_not_make(code: int, words: str) -> None:
    assert words in explain(code).text


PICTURE = (
    {"type": "HEADER", "format": "IMAGE"},
    {"type": "BODY", "text": "Look at this."},
)
PAPER = ({"type": "HEADER", "format": "DOCUMENT"}, {"type": "BODY", "text": "Your bill."})


class TestHeaderFile:
    @pytest.mark.parametrize(
        ("parts", "content", "name"),
        [(PICTURE, files.JPEG, "a.jpg"), (PAPER, files.PDF, "bill.pdf")],
        ids=["image", "document"],
    )
    async def test_it_goes_along(
        self, greeted: Stack, attach: Attach, parts: Any, content: bytes, name: str
    ) -> None:
        add(greeted, "with_file", *parts)
        clock.freeze(NOON + timedelta(hours=30))
        file = attach(greeted.ana, content, name)
        send(greeted.ana, "with_file", header_file=file.ref)
        await greeted.settle()
        header = on_the_phone(greeted)["header"]
        assert greeted.simulator.world.blobs[header[header["type"]]["id"]] == content
        assert rows(Message)[-1].status is MessageStatus.READ

    async def test_it_is_asked_for(self, greeted: Stack) -> None:
        add(greeted, "with_file", *PICTURE)
        with pytest.raises(Invalid, match="Attach"):
            send(greeted.ana, "with_file")

    async def test_another_kind_does_not_fit(self, greeted: Stack, attach: Attach) -> None:
        add(greeted, "with_file", *PICTURE)
        with pytest.raises(Invalid, match="image"):
            send(greeted.ana, "with_file", header_file=attach(greeted.ana).ref)


async def test_only_the_claimer_may_send_where_the_workspace_says_so(greeted: Stack) -> None:
    send(greeted.ana, "hello_world")
    with db.transaction() as session:
        session.get_one(Workspace, greeted.workspace.id).only_claimer_replies = True
    with pytest.raises(NotAllowed, match="Ana"):
        send(greeted.sam, "hello_world", key="key-00002")
