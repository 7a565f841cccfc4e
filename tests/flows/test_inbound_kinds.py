"""What customers send: kept whole, shown in words, changed in place."""

from typing import Any

import pytest

from illumichat_app import db
from models import Conversation, EventState, Media, MediaState, Message, ParkedUpdate, WebhookEvent
from tests import factories, payloads
from tests.flows.stack import Stack, apply_events, conversation, outcome, rows

pytestmark = pytest.mark.anyio


async def test_every_kind_is_kept(stack: Stack) -> None:
    await stack.receive("kinds")
    kinds = {message.kind for message in rows(Message)}
    assert kinds >= {
        "text",
        "image",
        "video",
        "audio",
        "document",
        "sticker",
        "location",
        "contacts",
        "button",
        "interactive",
        "order",
        "system",
        "unsupported",
    }
    assert "quarantined" not in outcome()


async def test_a_batch_across_tenants_with_a_bad_item_keeps_the_rest(stack: Stack) -> None:
    with db.transaction() as session:
        place = factories.workspace(session, "Blue Kite")
        factories.channel(
            session,
            place,
            factories.assistant(session, place),
            phone_number_id="310000000000008",
            waba_id="210000000000002",
        )
    await stack.receive("02_batch")
    messages = rows(Message)
    assert len(messages) == 7
    assert {message.workspace_id for message in messages} == {stack.workspace.id, place.id}
    (event,) = rows(WebhookEvent)
    assert event.state is EventState.FAILED
    assert [bad["path"] for bad in event.outcome["quarantined"]] == [
        "entry[1].changes[0].messages[1]"
    ]


async def test_a_poison_item_is_put_aside_and_its_siblings_go_on(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    from domain import rollup

    real = rollup.added

    def poisoned(session: Any, message: Message) -> None:
        if message.wamid == "wamid.BATCH2":
            raise ZeroDivisionError
        real(session, message)

    monkeypatch.setattr(rollup, "added", poisoned)
    await stack.receive("02_batch")
    wamids = {message.wamid for message in rows(Message)}
    assert wamids == {"wamid.BATCH1", "wamid.BATCH3", "wamid.BATCH4"}
    assert outcome()["quarantined"][0]["reason"] == "ZeroDivisionError"


async def test_unknown_fields_types_and_statuses_survive(stack: Stack) -> None:
    await stack.receive("06_unknown")
    (message,) = rows(Message)
    assert message.kind == "unsupported"
    assert conversation().last_preview == "Unsupported message"
    assert outcome()["unknown"] >= 1


async def test_nul_and_lone_surrogates_do_not_break_the_database(stack: Stack) -> None:
    await stack.receive("05_signature")
    assert rows(Message)
    assert not any("\x00" in message.text for message in rows(Message))


async def test_an_unsupported_first_message_makes_a_conversation(stack: Stack) -> None:
    await stack.receive("09_unsupported_first")
    assert conversation().last_preview == "Unsupported message"


async def test_an_edit_changes_its_message(stack: Stack) -> None:
    await stack.receive("03_text", "08_edit_before_original")
    (message,) = rows(Message)
    assert message.text == "Hello, do you open on Saturday?"
    assert message.edited_at is not None
    assert conversation().last_preview == message.text


async def test_an_edit_that_comes_first_waits_for_its_message(stack: Stack) -> None:
    await stack.receive("08_edit_before_original")
    assert rows(Message) == []
    await stack.receive("03_text")
    (message,) = rows(Message)
    assert message.text == "Hello, do you open on Saturday?"
    assert rows(ParkedUpdate) == []


async def test_a_deleted_message_is_marked(stack: Stack) -> None:
    await stack.receive("03_text", "08_revoke")
    (message,) = rows(Message)
    assert message.deleted_at is not None
    assert conversation().last_preview == "Message deleted"


async def test_a_reaction_to_an_unknown_message_is_no_message(stack: Stack) -> None:
    await stack.receive("08_reaction_unknown")
    assert rows(Message) == []
    assert outcome()["parked"] == 1


async def test_a_reaction_and_its_removal(stack: Stack) -> None:
    wamid = stack.says("Thanks")
    await stack.settle()
    first = rows(Message)[0]
    stack.simulator.customer_sends("lucia", type="reaction", message_id=wamid, emoji="👍")
    await stack.settle()
    assert rows(Message, id=first.id)[0].reactions["customer"]["emoji"] == "👍"
    stack.simulator.customer_sends("lucia", type="reaction", message_id=wamid, emoji="")
    await stack.settle()
    assert rows(Message, id=first.id)[0].reactions["customer"]["emoji"] is None


async def test_buttons_and_forwards_need_no_context(stack: Stack) -> None:
    await stack.receive("08_button_without_context", "08_forwarded_without_id")
    button, *forwarded = rows(Message)
    assert button.reply_to is None
    assert [message.content["forwarded"] for message in forwarded] == [True, True]


@pytest.mark.parametrize("name", ["07_brazil", "07_mexico", "07_argentina"])
async def test_a_number_in_another_form_stays_one_customer(stack: Stack, name: str) -> None:
    from models import CustomerIdentity

    await stack.receive(name)
    contact = payloads.load(name)["entry"][0]["changes"][0]["value"]["contacts"][0]
    (identity,) = rows(CustomerIdentity)
    assert identity.wa_id == contact["wa_id"]


async def test_a_call_opens_the_window_and_is_shown(stack: Stack) -> None:
    from models import ConversationEvent

    stack.simulator.customer_calls("lucia")
    await stack.settle()
    assert conversation().window_ends_at is not None
    assert [event.kind for event in rows(ConversationEvent)] == ["called"]


async def test_any_order_and_any_repetition_end_the_same(stack: Stack) -> None:
    names = ["03_text", "08_edit_before_original", "08_revoke"]
    await stack.receive(*reversed(names), *names)
    (message,) = rows(Message)
    assert message.text == "Hello, do you open on Saturday?"
    assert message.deleted_at is not None
    assert len(rows(Conversation)) == 1


class TestMedia:
    PNG = (
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00"
        b"\x00\x1f\x15\xc4\x89\x00\x00\x00\x00IEND\xaeB`\x82"
    )

    def sends_photo(self, stack: Stack, mime_type: str = "image/png") -> None:
        stack.simulator.customer_sends(
            "lucia", type="image", data=self.PNG, mime_type=mime_type, caption="Look"
        )

    async def test_a_photo_is_fetched_and_kept(self, stack: Stack) -> None:
        from domain import media

        self.sends_photo(stack)
        await stack.settle()
        (file,) = rows(Media)
        assert file.state is MediaState.READY
        assert (media.folder() / file.path).read_bytes() == self.PNG
        assert file.mime_type == "image/png"

    async def test_the_message_is_shown_while_the_file_is_on_its_way(self, stack: Stack) -> None:
        self.sends_photo(stack)
        await stack.simulator.settle()
        apply_events()
        assert conversation().last_preview == "📷 Photo: Look"
        assert rows(Media)[0].state is MediaState.PENDING

    async def test_a_missing_file_is_tried_again(self, stack: Stack) -> None:
        from datetime import timedelta

        from illumichat_app import clock

        stack.simulator.faults.update({"media_404": 1})
        self.sends_photo(stack)
        await stack.settle()
        (file,) = rows(Media)
        assert (file.state, file.attempts) == (MediaState.PENDING, 1)
        clock.freeze(clock.now() + timedelta(minutes=2))
        await stack.settle()
        assert rows(Media)[0].state is MediaState.READY

    async def test_a_file_that_never_comes_is_given_up_with_a_reason(self, stack: Stack) -> None:
        from datetime import timedelta

        from illumichat_app import clock

        stack.simulator.faults.update({"media_404": True})
        self.sends_photo(stack)
        for hours in range(10):
            await stack.settle()
            clock.freeze(clock.now() + timedelta(hours=1 + hours))
        (file,) = rows(Media)
        assert file.state is MediaState.FAILED
        assert file.error

    async def test_a_lying_type_is_found_out(self, stack: Stack) -> None:
        self.sends_photo(stack, "image/jpeg")
        await stack.settle()
        (file,) = rows(Media)
        assert (file.state, file.mime_type) == (MediaState.READY, "image/png")

    async def test_a_file_meta_does_not_have_is_not_shown(self, stack: Stack) -> None:
        await stack.receive("09_media")
        assert rows(Media)[0].state is MediaState.PENDING
        await stack.settle()
        assert rows(Media)[0].state is not MediaState.READY
