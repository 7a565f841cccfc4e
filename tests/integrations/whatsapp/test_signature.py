import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.whatsapp.signature import claimed_ids, sign, verify
from tests.payloads import encode, load, names

SECRET = "shop-secret"

BODIES = {
    "plain": b'{"a":1}',
    "e_acute": encode({"body": "café"}),
    "emoji": encode({"body": "👍"}),
    "slash": encode({"body": "1/2"}),
    "ampersand": encode({"body": "a & b <c> %"}),
    "nul": encode({"body": "a\x00b"}),
    "lone_surrogate": encode({"body": "\ud83d"}),
    "all": encode(load("05_signature")),
    "empty": b"",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_the_exact_bytes_are_verified(body):
    assert verify(SECRET, body, sign(SECRET, body))
    assert not verify(SECRET, body + b" ", sign(SECRET, body))
    assert not verify("another-secret", body, sign(SECRET, body))


def test_a_known_vector():
    """The HMAC-SHA256 example of Wikipedia's HMAC article."""
    body = b"The quick brown fox jumps over the lazy dog"
    digest = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
    assert sign("key", body) == f"sha256={digest}"
    assert verify("key", body, f"sha256={digest}")
    assert verify("key", body, f"sha256={digest.upper()}")


def test_the_escaped_bytes_are_what_meta_sends():
    assert encode({"b": "é👍/"}) == b'{"b":"\\u00e9\\ud83d\\udc4d\\/"}'


GOOD = sign(SECRET, b"{}").removeprefix("sha256=")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        GOOD,
        f"sha1={GOOD[:40]}",
        f"sha1={GOOD}",
        f"SHA256={GOOD}",
        f"sha256={GOOD[:-1]}",
        f"sha256={GOOD}0",
        f"sha256={GOOD}\n",
        f" sha256={GOOD}",
        f"sha256={'g' * 64}",
        f"sha256={'é' * 64}",
        f"sha256={'0' * 64}",
    ],
)
def test_other_headers_are_refused(header):
    assert not verify(SECRET, b"{}", header)


def test_an_empty_secret_signs_nothing():
    assert not verify("", b"{}", sign("", b"{}"))


def test_parsed_and_written_again_is_another_body():
    body = encode({"body": "é/"})
    again = json.dumps(json.loads(body)).encode()
    assert not verify(SECRET, again, sign(SECRET, body))


def test_the_numbers_and_accounts_of_a_batch_are_claimed():
    claimed = claimed_ids(encode(load("02_batch")))
    assert claimed.phone_number_ids == ("310000000000007", "310000000000008")
    assert claimed.waba_ids == ("210000000000001", "210000000000002")


def test_partner_events_claim_the_account_they_are_about():
    claimed = claimed_ids(encode(load("10_partner_removed")))
    assert claimed.waba_ids == ("520000000000009", "210000000000001")
    assert claimed.phone_number_ids == ()


def test_media_ids_do_not_crowd_out_accounts():
    images = [{"image": {"mime_type": "image/png", "id": str(9900 + n)}} for n in range(100)]
    entries = [
        {"time": 1, "id": "21", "changes": [{"value": {"messages": images}}]},
        {"changes": [], "id": "22"},
    ]
    assert claimed_ids(encode({"entry": entries})).waba_ids == ("21", "22")


def test_ids_inside_a_message_text_are_not_claimed():
    said = {"text": {"body": '[{"id":"66","phone_number_id":"77","waba_id":"88"'}}
    assert claimed_ids(encode(said)) == ((), ())


def test_claims_are_bounded():
    numbers = [{"phone_number_id": str(n)} for n in range(500)]
    assert len(claimed_ids(encode(numbers)).phone_number_ids) == 32


def test_only_the_beginning_is_scanned():
    assert claimed_ids(b'{"phone_number_id":"1"' + b" " * 300_000 + b',"phone_number_id":"2"') == (
        ("1",),
        (),
    )


@given(st.binary() | st.sampled_from([encode(load(name)) for name in names()]))
def test_claiming_never_raises(body):
    assert all(value.isdigit() for ids in claimed_ids(body) for value in ids)
