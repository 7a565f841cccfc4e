"""Inbound messages: every type, and what it does to earlier messages."""

from datetime import UTC, datetime

import pytest

from integrations.whatsapp import updates
from integrations.whatsapp.updates import Identity, MediaRef
from tests.payloads import encode, load

AT = datetime.fromtimestamp(1791500000, UTC)
ANA = Identity("447700900123", "GB.20881234567890123456", None, "ana.p", "Ana Prado")


def parse(name):
    return updates.parse(encode(load(name)))


def only(name):
    [update] = parse(name)
    return update


def parse_messages(*messages, **value):
    change = {"field": "messages", "value": {"messages": list(messages), **value}}
    return updates.parse(encode({"entry": [{"id": "21", "changes": [change]}]}))


def said(**ids):
    return {"id": "w", "timestamp": "1", "type": "text", "text": {"body": "x"}, **ids}


def parse_message(**message):
    whole = {"id": "wamid.1", "from": "4477", "timestamp": "1791500000"} | message
    [update] = parse_messages(whole)
    return update


def test_a_text_message_in_full():
    assert only("03_text") == updates.InboundMessage(
        path="entry[0].changes[0].messages[0]",
        waba_id="210000000000001",
        phone_number_id="310000000000007",
        display_phone_number="15550100200",
        sender=ANA,
        wamid="wamid.TEXT1",
        sent_at=AT,
        kind="text",
        text="Hello, do you open on Sunday?",
        media=None,
        content={},
        reply_to=None,
        forwarded=False,
        opens_window=True,
    )


KINDS = {
    "wamid.K01": ("text", "Hello"),
    "wamid.K02": ("image", "Broken lid"),
    "wamid.K03": ("video", None),
    "wamid.K04": ("audio", None),
    "wamid.K05": ("document", "March"),
    "wamid.K06": ("sticker", None),
    "wamid.K07": ("location", None),
    "wamid.K08": ("contacts", None),
    "wamid.K09": ("button", "Yes please"),
    "wamid.K10": ("interactive", "Tuesday"),
    "wamid.K11": ("interactive", "Delivery"),
    "wamid.K12": ("interactive", "Sent"),
    "wamid.K13": ("interactive", "Sent"),
    "wamid.K14": ("interactive", "accept"),
    "wamid.K15": ("order", "By Friday please"),
    "wamid.K16": ("system", "Ana's security code changed"),
    "wamid.K17": ("unsupported", None),
    "wamid.K18": ("text", "I saw your ad"),
    "wamid.K19": ("text", "About this one"),
}


def kinds():
    return {u.wamid: u for u in parse("kinds") if isinstance(u, updates.InboundMessage)}


def test_every_type_is_read_with_its_words():
    assert {wamid: (u.kind, u.text) for wamid, u in kinds().items()} == KINDS


def test_only_what_a_customer_sends_opens_the_window():
    assert [u.kind for u in kinds().values() if not u.opens_window] == ["system"]


def test_opening_the_chat_is_not_a_message():
    assert parse("kinds")[-1] == updates.Unknown(
        path="entry[0].changes[0].messages[19]",
        waba_id="210000000000001",
        phone_number_id="310000000000007",
        display_phone_number="15550100200",
        field="request_welcome",
    )


@pytest.mark.parametrize(
    ("wamid", "media"),
    [
        ("wamid.K02", MediaRef("990000000000002", "image/jpeg", "aGFzaA==", None, "Broken lid")),
        ("wamid.K04", MediaRef("990000000000004", "audio/ogg", "aGFzaA==", voice=True)),
        (
            "wamid.K05",
            MediaRef("990000000000005", "application/pdf", "aGFzaA==", "invoice.pdf", "March"),
        ),
        ("wamid.K06", MediaRef("990000000000006", "image/webp", "aGFzaA==", animated=True)),
        ("wamid.K01", None),
    ],
)
def test_media_is_referred_to(wamid, media):
    assert kinds()[wamid].media == media


def test_the_short_lived_address_of_a_file_is_not_kept():
    update = only("09_media")
    assert "url" in load("09_media")["entry"][0]["changes"][0]["value"]["messages"][0]["image"]
    assert "url" not in update.content
    assert update.media.id == "990000000000001"


def test_media_without_a_mime_type():
    assert parse_message(type="image", image={"id": 99}).media == MediaRef("99")


def test_facts_stay_in_the_content():
    found = kinds()
    assert found["wamid.K07"].content["latitude"] == 51.5
    assert found["wamid.K08"].content["contacts"][0]["name"]["formatted_name"] == "Mia Sol"
    assert found["wamid.K09"].content == {"payload": "YES", "text": "Yes please"}
    assert found["wamid.K10"].content["button_reply"]["id"] == "b1"
    assert found["wamid.K15"].content["product_items"][0]["item_price"] == 4.5
    assert found["wamid.K16"].content["identity"]["hash"] == "h"
    assert found["wamid.K17"].content["type"] == "poll_creation"
    assert found["wamid.K17"].content["errors"][0]["code"] == 131051
    assert found["wamid.K18"].content["referral"]["source_type"] == "ad"
    assert found["wamid.K19"].content["referred_product"]["product_retailer_id"] == "sku1"


def test_a_forms_answers_are_unpacked():
    assert kinds()["wamid.K12"].content["response"] == {"size": "M", "note": "ab"}


def test_a_form_that_is_not_json_still_arrives():
    assert kinds()["wamid.K13"].content["response"] == {}


@pytest.mark.parametrize("answer", ["", None, "[" * 5000, '{"a":' * 60 + "1" + "}" * 60])
def test_a_form_with_an_odd_answer_still_arrives(answer):
    body = {"type": "nfm_reply", "nfm_reply": {"body": "Sent", "response_json": answer}}
    assert parse_message(type="interactive", interactive=body).content["response"] == {}


def test_replies_name_the_quoted_message():
    found = kinds()
    assert found["wamid.K09"].reply_to == "wamid.OUT1"
    assert found["wamid.K01"].reply_to is None


def test_a_type_of_tomorrow_is_kept_raw():
    [update] = [u for u in parse("06_unknown") if isinstance(u, updates.InboundMessage)]
    assert (update.kind, update.text, update.opens_window) == ("unsupported", None, True)
    assert update.content["type"] == "hologram"
    assert update.content["raw"]["hologram"] == {"id": "1", "depth": 3}


def test_a_button_without_context_and_a_forward_without_id():
    button = only("08_button_without_context")
    assert (button.text, button.reply_to, button.forwarded) == ("Track my order", None, False)
    forwards = parse("08_forwarded_without_id")
    assert [(f.forwarded, f.reply_to) for f in forwards] == [(True, None), (True, None)]


def test_a_lost_first_message_is_still_a_message():
    update = only("09_unsupported_first")
    assert (update.kind, update.sender, update.opens_window) == ("unsupported", ANA, True)
    assert update.content["errors"][0]["code"] == 131060


def test_text_a_database_refuses_is_cleaned():
    update = only("05_signature")
    assert update.sender.profile_name == "Zoë 😀"
    assert update.text == "café 👍 1/2 & <3   end"


# What changes earlier messages


def test_a_reaction_to_an_unknown_message():
    update = only("08_reaction_unknown")
    assert (type(update), update.target, update.emoji, update.sender) == (
        updates.Reaction,
        "wamid.NEVERSEEN",
        "👍",
        ANA,
    )


def test_both_ways_to_take_a_reaction_away():
    assert [u.emoji for u in parse("08_reaction_removed")] == [None, None]


def test_an_edit_before_its_original():
    update = only("08_edit_before_original")
    assert (type(update), update.target, update.wamid) == (
        updates.Edit,
        "wamid.TEXT1",
        "wamid.EDIT1",
    )
    assert (update.kind, update.text, update.media) == (
        "text",
        "Hello, do you open on Saturday?",
        None,
    )


def test_an_edited_caption():
    message = {"type": "image", "image": {"id": "99", "caption": "New"}}
    update = parse_message(type="edit", edit={"original_message_id": "w0", "message": message})
    assert (update.kind, update.text, update.media.caption) == ("image", "New", "New")


def test_a_revoke():
    update = only("08_revoke")
    assert (type(update), update.target) == (updates.Revoke, "wamid.TEXT1")


# System messages


def test_a_changed_number():
    update = only("number_changed")
    assert type(update) is updates.NumberChanged
    assert (update.old_wa_id, update.new_wa_id) == ("447700900123", "447700900999")
    assert update.body == "Ana changed from 447700900123 to 447700900999"


def test_the_older_form_of_a_changed_number():
    body = {"type": "customer_changed_number", "customer": "1", "new_wa_id": "2", "user_id": "u"}
    update = parse_message(type="system", system=body)
    assert (update.old_wa_id, update.new_wa_id, update.user_id) == ("1", "2", "u")


@pytest.mark.parametrize("name", ["user_id_changed", "user_id_update"])
def test_a_changed_user_id(name):
    update = only(name)
    assert (type(update), update.at, update.wa_id) == (updates.UserIdChanged, AT, "447700900123")
    assert (update.previous, update.current) == (
        "GB.20881234567890123456",
        "GB.NEW0000000000000001",
    )


def test_a_message_already_under_the_new_user_id_tells_no_previous_one():
    body = {"type": "user_changed_user_id", "user_id": "u2"}
    update = parse_message(type="system", system=body, from_user_id="u2")
    assert (update.previous, update.current, update.wa_id) == (None, "u2", "4477")


# What cannot be read


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"type": None}, "type is missing"),
        ({"type": ["text"]}, "type is missing"),
        ({"type": "text"}, "text is not an object"),
        ({"type": "text", "text": {"body": ""}}, "body is missing"),
        ({"type": "text", "text": {"body": "\x00"}}, "body is missing"),
        ({"type": "text", "text": {"body": True}}, "body is missing"),
        ({"type": "text", "text": {"body": "x"}, "id": None}, "id is missing"),
        ({"type": "image", "image": {"caption": "x"}}, "id is missing"),
        ({"type": "location", "location": []}, "location is not an object"),
        ({"type": "contacts", "contacts": [1]}, "contacts is empty"),
        ({"type": "button"}, "button is not an object"),
        ({"type": "interactive", "interactive": {}}, "type is missing"),
        ({"type": "order", "order": 1}, "order is not an object"),
        ({"type": "system"}, "system is not an object"),
        ({"type": "system", "system": {"type": "user_changed_number"}}, "wa_id is missing"),
        ({"type": "system", "system": {"type": "user_changed_user_id"}}, "user_id is missing"),
        ({"type": "reaction", "reaction": {"emoji": "x"}}, "message_id is missing"),
        ({"type": "edit", "edit": {"original_message_id": "w"}}, "edit.message is not an object"),
        ({"type": "edit", "edit": {"message": said()}}, "original_message_id is missing"),
        ({"type": "revoke", "revoke": {}}, "original_message_id is missing"),
    ],
)
def test_a_message_lacking_its_needs_is_put_aside(message, reason):
    update = parse_message(**message)
    assert (type(update), update.reason) == (updates.Poison, reason)
    assert update.path == "entry[0].changes[0].messages[0]"


@pytest.mark.parametrize(
    "value", [None, "", "soon", -1, "1.5", True, "٣", 10**11, 10**12, "1" * 5000]
)
def test_a_message_without_a_sound_time_is_put_aside(value):
    update = parse_message(type="text", text={"body": "x"}, timestamp=value)
    if value == 10**11:
        assert update.sent_at.year == 5138
    else:
        assert update.reason == "timestamp is not a time in seconds"


def test_a_time_past_year_9999_is_put_aside():
    update = parse_message(type="text", text={"body": "x"}, timestamp="999999999999")
    assert update.reason == "timestamp is not a time in seconds"


def test_content_is_made_storable():
    nested = {"a\x00": ["\ud83d", float("inf"), 2**53 + 1, 2**53, None, True]}
    update = parse_message(type="location", location={"name": nested})
    assert update.content == {"name": {"a": ["", None, "9007199254740993", 2**53, None, True]}}


def test_content_nested_too_deeply_is_put_aside():
    deep = []
    for _ in range(60):
        deep = [deep]
    update = parse_message(type="location", location={"name": deep})
    assert update.reason == "nested too deeply"
