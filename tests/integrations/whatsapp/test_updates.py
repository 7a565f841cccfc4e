"""Envelopes, statuses and everything that is not a message."""

from datetime import UTC, datetime

import pytest

from integrations.whatsapp import updates
from integrations.whatsapp.updates import Identity, MetaError
from tests.payloads import encode, load

AT = datetime.fromtimestamp(1791500000, UTC)


def parse(name):
    return updates.parse(encode(load(name)))


def only(name):
    [update] = parse(name)
    return update


def parse_change(field, value, **entry):
    change = {"field": field, "value": value}
    return updates.parse(encode({"entry": [{"id": "21", **entry, "changes": [change]}]}))


# Envelopes


def test_a_batch_keeps_seven_of_eight_messages_and_both_statuses():
    found = parse("02_batch")
    messages = [u for u in found if isinstance(u, updates.InboundMessage)]
    assert [m.text for m in messages] == [f"Message {n}" for n in (1, 2, 3, 4, 5, 7, 8)]
    assert {m.phone_number_id for m in messages[:4]} == {"310000000000007"}
    assert {m.waba_id for m in messages[4:]} == {"210000000000002"}
    assert [m.sender.profile_name for m in messages][:2] == ["Customer 1", "Customer 2"]
    [bad] = [u for u in found if isinstance(u, updates.Poison)]
    assert bad.path == "entry[1].changes[0].messages[1]"
    assert bad.phone_number_id == "310000000000008"
    assert [u.wamid for u in found if isinstance(u, updates.Status)] == ["wamid.OUT1", "wamid.OUT2"]


def test_messages_come_before_statuses_of_the_same_change():
    value = {"statuses": [1], "messages": [2]}
    found = parse_change("messages", value)
    assert [u.path[-11:] for u in found] == ["messages[0]", "statuses[0]"]


@pytest.mark.parametrize(
    ("body", "path", "reason"),
    [
        (b"", "", "body is not JSON"),
        (b"\xff\xfe\x00", "", "body is not JSON"),
        (b"{", "", "body is not JSON"),
        (b"[" * 100_000, "", "body is not JSON"),
        (b"[]", "", "body is not an object"),
        (b"null", "", "body is not an object"),
        (b"{}", "entry", "entry is not an object"),
        (b'{"entry":{}}', "entry", "entry is not an object"),
        (b'{"entry":[7]}', "entry[0]", "entry is not an object"),
        (b'{"entry":[{}]}', "entry[0].changes", "value is not an object"),
        (b'{"entry":[{"changes":[7]}]}', "entry[0].changes[0]", "value is not an object"),
        (b'{"object":null,"entry":[]}', "", "object is missing"),
    ],
)
def test_a_body_that_cannot_be_read_is_one_poison(body, path, reason):
    assert updates.parse(body) == [updates.Poison(path=path, reason=reason)]


def test_nothing_in_nothing_out():
    assert updates.parse(b'{"entry":[]}') == []


def test_a_broken_entry_does_not_harm_the_next():
    payload = load("03_text")
    payload["entry"][:0] = [None, {"id": "9", "changes": None}]
    found = updates.parse(encode(payload))
    assert [type(u) for u in found] == [updates.Poison, updates.Poison, updates.InboundMessage]
    assert found[1].waba_id == "9"


def test_a_number_too_long_for_python_harms_nobody():
    body = encode(load("02_batch")).replace(b'"Message 3"', b"9" * 5000)
    messages = [u for u in updates.parse(body) if isinstance(u, updates.InboundMessage)]
    assert [m.text for m in messages][2] == "9" * 5000
    assert len(messages) == 7


def test_an_array_that_is_none_is_put_aside():
    [update] = parse_change("messages", {"messages": {"id": "w"}})
    assert (update.path, update.reason) == (
        "entry[0].changes[0].messages",
        "messages is not an object",
    )


def test_another_platforms_body_is_unknown():
    assert updates.parse(b'{"object":"page","entry":[{}]}') == [
        updates.Unknown(path="object", field="page")
    ]


@pytest.mark.parametrize(
    ("field", "value"), [("brand_new", {}), ("history", {"history": []}), ("messages", {}), (7, {})]
)
def test_an_unused_field_is_unknown(field, value):
    [update] = parse_change(field, value)
    assert (type(update), update.field) == (updates.Unknown, str(field))


def test_a_field_without_a_name_is_unknown():
    [update] = parse_change(None, {})
    assert (type(update), update.field) == (updates.Unknown, "")


# Statuses


def test_a_status_in_full():
    assert parse("04_read_before_sent")[2] == updates.Status(
        path="entry[0].changes[0].statuses[2]",
        waba_id="210000000000001",
        phone_number_id="310000000000007",
        display_phone_number="15550100200",
        wamid="wamid.OUT1",
        status="sent",
        at=datetime.fromtimestamp(1791500001, UTC),
        callback_data=None,
        recipient=Identity("447700900123", "GB.20881234567890123456"),
        errors=(),
        pricing={
            "billable": True,
            "pricing_model": "PMP",
            "type": "regular",
            "category": "service",
        },
    )


def test_statuses_keep_the_order_they_came_in():
    assert [u.status for u in parse("04_read_before_sent")] == ["read", "delivered", "sent"]
    assert [u.status for u in parse("04_failed_after_sent")] == ["sent", "failed"]


def test_a_failure_brings_its_reason():
    assert parse("04_failed_after_sent")[1].errors == (
        MetaError(
            131047,
            "Re-engagement message",
            "Re-engagement message",
            "More than 24 hours have passed since the recipient last replied.",
        ),
    )


@pytest.mark.parametrize(
    ("code", "read"), [("131047", 131047), (None, None), ("x", None), (10**20, None), (-1, None)]
)
def test_error_codes_may_be_text_or_absent(code, read):
    status = {"id": "w", "status": "failed", "timestamp": "1", "errors": [{"code": code}, 7]}
    [update] = parse_change("messages", {"statuses": [status]})
    assert update.errors == (MetaError(read),)


def test_the_callback_data_comes_back():
    assert only("04_callback_data").callback_data == "attempt-0001"


def test_an_unknown_status_is_kept_as_given():
    [status] = [u for u in parse("06_unknown") if isinstance(u, updates.Status)]
    assert (status.status, status.pricing) == ("teleported", None)


def test_a_group_status_is_about_the_member():
    assert only("group_status").recipient == Identity("447700900123", "GB.20881234567890123456")


def test_a_status_may_learn_the_user_id_from_its_contact():
    status = {"id": "w", "status": "sent", "timestamp": "1", "recipient_id": "1"}
    value = {"statuses": [status], "contacts": [{"wa_id": "1", "user_id": "u1"}]}
    [update] = parse_change("messages", value)
    assert update.recipient == Identity("1", "u1")


@pytest.mark.parametrize("missing", ["id", "status", "timestamp"])
def test_a_status_lacking_its_needs_is_put_aside(missing):
    payload = load("04_callback_data")
    del payload["entry"][0]["changes"][0]["value"]["statuses"][0][missing]
    [update] = updates.parse(encode(payload))
    assert type(update) is updates.Poison
    assert missing in update.reason


def test_an_error_of_the_channel():
    update = only("channel_error")
    assert (type(update), update.errors[0].code) == (updates.ChannelError, 130429)
    assert update.phone_number_id == "310000000000007"


def test_errors_beside_messages_are_not_the_channels():
    payload = load("03_text")
    payload["entry"][0]["changes"][0]["value"]["errors"] = [{"code": 131051}]
    assert [type(u) for u in updates.parse(encode(payload))] == [updates.InboundMessage]


# Calls, preferences, user ids


def test_calls_are_the_customers_whoever_called():
    found = parse("calls")
    assert {u.sender.wa_id for u in found} == {"447700900123"}
    assert [(u.call_id, u.event, u.direction, u.status, u.opens_window) for u in found] == [
        ("wacid.CALL1", "connect", "USER_INITIATED", None, True),
        ("wacid.CALL1", "terminate", "USER_INITIATED", "FAILED", False),
        ("wacid.CALL2", "connect", "BUSINESS_INITIATED", None, False),
        ("wacid.CALL2", "status", "BUSINESS_INITIATED", "RINGING", False),
        ("wacid.CALL2", "status", "BUSINESS_INITIATED", "ACCEPTED", True),
    ]
    assert found[0].at == found[1].at == AT


def test_a_call_without_a_time_is_put_aside():
    [update] = parse_change("calls", {"calls": [{"id": "c", "event": "connect"}]})
    assert update.reason == "start_time is not a time in seconds"


def test_a_customer_stops_marketing():
    update = only("user_preferences")
    assert (update.category, update.value, update.at) == ("marketing_messages", "stop", AT)
    assert update.identity.profile_name == "Ana Prado"


def test_a_changed_parent_id_alone_is_put_aside():
    item = {"timestamp": 1, "parent_user_id": {"previous": "a", "current": "b"}}
    [update] = parse_change("user_id_update", {"user_id_update": [item]})
    assert update.reason == "user_id is not an object"


# Echoes of the business's own phone


def test_an_echo_in_full():
    assert only("12_echo") == updates.Echo(
        path="entry[0].changes[0].message_echoes[0]",
        waba_id="210000000000001",
        phone_number_id="310000000000007",
        display_phone_number="15550100200",
        wamid="wamid.ECHO1",
        to_wa_id="447700900123",
        to_user_id="GB.20881234567890123456",
        sent_at=datetime.fromtimestamp(1791500020, UTC),
        kind="text",
        text="Yes, from ten.",
        media=None,
        content={},
        reply_to="wamid.TEXT1",
        target=None,
    )


@pytest.mark.parametrize(
    ("name", "kind", "text", "target"),
    [
        ("12_echo_edit", "edit", "Yes, from nine.", "wamid.ECHO1"),
        ("12_echo_revoke", "revoke", None, "wamid.ECHO1"),
        ("12_echo_reaction", "reaction", "❤", "wamid.TEXT1"),
    ],
)
def test_an_echo_that_changes_an_earlier_message(name, kind, text, target):
    update = only(name)
    assert (type(update), update.kind, update.text, update.target) == (
        updates.Echo,
        kind,
        text,
        target,
    )


def test_the_other_name_of_the_echo_field():
    payload = load("12_echo")
    payload["entry"][0]["changes"][0]["field"] = "message_echoes"
    assert [type(u) for u in updates.parse(encode(payload))] == [updates.Echo]


# Templates, numbers, accounts


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("11_template_approved", "APPROVED"),
        ("11_template_archived", "ARCHIVED"),
        ("11_template_unarchived", "UNARCHIVED"),
    ],
)
def test_a_templates_status(name, event):
    update = only(name)
    assert update.field == "message_template_status_update"
    assert (update.template_id, update.name, update.language) == (
        "880000000000011",
        "order_update",
        "en_US",
    )
    assert (update.value["event"], update.waba_id) == (event, "210000000000001")


def test_template_ids_are_exact():
    assert only("11_template_unknown").template_id == "9007199254740993"
    ids = [u.template_id for u in parse("06_unknown") if isinstance(u, updates.TemplateChange)]
    assert ids == ["9223372036854775000123", "9007199254740993"]


def test_a_category_change_planned_and_done():
    planned, done = only("11_category_planned"), only("11_category_done")
    assert planned.field == done.field == "template_category_update"
    assert planned.value["correct_category"] == "MARKETING"
    assert (done.value["previous_category"], done.at) == (
        "UTILITY",
        datetime.fromtimestamp(1791586400, UTC),
    )


def test_a_template_without_language_or_time():
    [update] = parse_change("template_category_update", {})
    assert (update.language, update.at, update.template_id) == (None, None, None)


def test_limits_come_as_number_or_tier():
    found = [u for u in parse("06_unknown") if isinstance(u, updates.AccountChange)]
    assert [u.value["max_daily_conversations_per_business"] for u in found] == [2000, "TIER_2K"]


def test_news_of_a_number_names_it_by_its_digits():
    found = parse("number_changes")
    assert {(type(u), u.display_phone_number, u.phone_number_id) for u in found} == {
        (updates.NumberChange, "15550100200", None)
    }
    assert [u.value.get("event") for u in found] == [
        "THROUGHPUT_UPGRADE",
        None,
        "PIN_CHANGED",
        None,
    ]
    assert found[0].at == AT


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("10_partner_removed", "PARTNER_REMOVED"),
        ("10_app_uninstalled", "PARTNER_APP_UNINSTALLED"),
        ("12_number_removed", "PARTNER_REMOVED"),
        ("10_restricted", "ACCOUNT_RESTRICTION"),
        ("10_restriction_lifted", "DISABLED_UPDATE"),
        ("account_review", "APPROVED"),
    ],
)
def test_account_news_name_the_account_not_the_portfolio(name, event):
    update = only(name)
    assert (type(update), update.event) == (updates.AccountChange, event)
    assert update.waba_id == "210000000000001"


def test_a_partner_event_without_an_account_names_none():
    [update] = parse_change("account_update", {"event": "PARTNER_ADDED"})
    assert update.waba_id is None


def test_odd_display_numbers_are_left_out():
    [update] = parse_change("security", {"display_phone_number": "n/a"})
    assert update.display_phone_number is None
