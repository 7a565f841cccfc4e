"""Who sent a message: its own ids joined with the contacts beside it."""

import pytest

from integrations.whatsapp import updates
from integrations.whatsapp.updates import Identity
from tests.integrations.whatsapp.test_updates_messages import only, parse_messages, said


def test_a_hidden_phone_leaves_the_user_id():
    assert only("01_phone_hidden").sender == Identity(
        None, "BR.90123456789012345678", "BR.ENT.1122334455", "rui.k", "Rui"
    )


def test_the_same_user_with_the_phone_shown():
    sender = only("01_phone_shown").sender
    assert (sender.wa_id, sender.user_id) == ("5511900000001", "BR.90123456789012345678")


@pytest.mark.parametrize(
    ("name", "wa_id"),
    [
        ("07_brazil", "5511900000001"),
        ("07_mexico", "5215512345678"),
        ("07_argentina", "5491122334455"),
    ],
)
def test_the_contacts_phone_wins_over_the_dialled_form(name, wa_id):
    assert only(name).sender.wa_id == wa_id


def contact(name, **ids):
    return {"profile": {"name": name}, **ids}


@pytest.mark.parametrize(
    ("contacts", "messages", "expected"),
    [
        pytest.param(None, [said(**{"from": "1"})], [("1", None)], id="no contacts"),
        pytest.param([contact("A", wa_id="1")], [said()], [("1", "A")], id="no ids of its own"),
        pytest.param(
            [contact("A", wa_id="1"), contact("B", wa_id="2")],
            [said(**{"from": "2"}), said(**{"from": "1"})],
            [("2", "B"), ("1", "A")],
            id="by phone, in any order",
        ),
        pytest.param(
            [contact("A", wa_id="1", user_id="u1"), contact("B", wa_id="2", user_id="u2")],
            [said(**{"from": "1", "from_user_id": "u2"})],
            [("2", "B")],
            id="the user id is the stronger",
        ),
        pytest.param(
            [contact("A", wa_id="1", user_id="u1")],
            [said(**{"from": "9", "from_user_id": "u9"})],
            [("9", None)],
            id="a contact with another user id is somebody else",
        ),
        pytest.param(
            [contact("A", wa_id="1")],
            [said(**{"from": "9"}), said(**{"from": "8"})],
            [("9", None), ("8", None)],
            id="one contact cannot be two senders",
        ),
        pytest.param(
            [contact("A", wa_id="1"), contact("B", wa_id="2")],
            [said(**{"from": "9"})],
            [("9", None)],
            id="two contacts, neither known",
        ),
    ],
)
def test_contacts_are_matched_to_senders(contacts, messages, expected):
    found = parse_messages(*messages, contacts=contacts)
    assert [(u.sender.wa_id, u.sender.profile_name) for u in found] == expected


def test_a_message_from_nobody_is_put_aside():
    [update] = parse_messages(said())
    assert (type(update), update.reason) == (updates.Poison, "no sender")
