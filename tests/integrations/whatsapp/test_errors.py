import json
from datetime import timedelta

import pytest

from integrations.whatsapp.error_table import TABLE
from integrations.whatsapp.errors import GraphError, Outcome, Reply, explain, from_reply

REFUSED, RETRY, UNKNOWN = Outcome.REFUSED, Outcome.RETRY, Outcome.UNKNOWN


def reply(status, code=None, headers=None, **error):
    body = {"error": {"code": code, **error}} if code is not None or error else {}
    return Reply(status, headers or {}, json.dumps(body).encode())


def read(status, code=None, *, repeatable=False, **error) -> GraphError:
    return from_reply(reply(status, code, **error), repeatable=repeatable)


@pytest.mark.parametrize(
    ("status", "code", "outcome", "audience"),
    [
        (401, 0, REFUSED, "admin"),
        (401, 190, REFUSED, "admin"),
        (500, 3, REFUSED, "admin"),
        (403, 10, REFUSED, "admin"),
        (403, 200, REFUSED, "admin"),
        (403, 299, REFUSED, "admin"),
        (403, 131005, REFUSED, "admin"),
        (400, 100, REFUSED, "agent"),
        (400, 4, RETRY, "agent"),
        (400, 80007, RETRY, "agent"),
        (400, 130429, RETRY, "agent"),
        (400, 131056, RETRY, "agent"),
        (500, 131057, RETRY, "agent"),
        (400, 1, UNKNOWN, "agent"),
        (503, 2, UNKNOWN, "agent"),
        (500, 131000, UNKNOWN, "agent"),
        (500, 131016, UNKNOWN, "agent"),
        (503, 133004, UNKNOWN, "agent"),
        (400, 131026, REFUSED, "agent"),
        (400, 131047, REFUSED, "agent"),
        (400, 131048, REFUSED, "admin"),
        (400, 131049, REFUSED, "agent"),
        (400, 131050, REFUSED, "agent"),
        (400, 131042, REFUSED, "admin"),
        (500, 131045, REFUSED, "admin"),
        (404, 132001, REFUSED, "agent"),
        (400, 777777, REFUSED, "agent"),
        (500, 777777, UNKNOWN, "agent"),
        (429, None, RETRY, "agent"),
        (408, None, UNKNOWN, "agent"),
        (400, None, REFUSED, "agent"),
        (502, None, UNKNOWN, "agent"),
        (302, None, REFUSED, "agent"),
    ],
)
def test_what_became_of_a_send(status, code, outcome, audience):
    error = read(status, code, message="m")
    assert (error.outcome, error.audience) == (outcome, audience)
    assert (error.code, error.http_status) == (code, status)


@pytest.mark.parametrize(("status", "code"), [(503, 2), (500, 131016), (502, None), (408, None)])
def test_what_may_be_repeated_is_never_unknown(status, code):
    assert read(status, code, repeatable=True).outcome is RETRY
    assert read(400, 131047, repeatable=True).outcome is REFUSED


def test_meta_may_say_that_an_unlisted_error_passes():
    assert read(400, 777777, is_transient=True).outcome is UNKNOWN
    assert read(400, 777777, is_transient=False).outcome is REFUSED


@pytest.mark.parametrize("code", [0, 190, 10, 3, 200, 250, 131005])
def test_token_problems_are_told_apart(code):
    error = read(401, code)
    assert error.token_problem
    assert error.audience == "admin"


@pytest.mark.parametrize("code", [100, 131047, 131042, 300, 199, 777777])
def test_other_problems_are_not_the_tokens(code):
    assert not read(400, code).token_problem


def test_a_wrong_app_secret_hides_behind_code_100():
    error = read(400, 100, message="Invalid appsecret_proof provided in the API argument")
    assert error.token_problem
    assert "app secret" in error.advice


def test_a_missing_object_is_the_admins():
    error = read(400, 100, error_subcode=33)
    assert (error.subcode, error.audience, error.token_problem) == (33, "admin", False)


def test_the_facts_are_kept():
    error = read(
        400,
        131056,
        message="(#131056) pair rate limit hit",
        error_subcode=2494078,
        fbtrace_id="AbC",
        error_data={"details": "Too many messages"},
    )
    assert (error.code, error.subcode, error.fbtrace_id) == (131056, 2494078, "AbC")
    assert (error.message, error.details) == ("(#131056) pair rate limit hit", "Too many messages")
    assert str(error) == "(#131056) pair rate limit hit (code 131056)"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error":7}', b"[" * 100_000])
def test_an_answer_that_is_no_error_body(body):
    error = from_reply(Reply(400, {}, body), repeatable=False)
    assert str(error) == "Meta answered with HTTP status 400"
    assert error.outcome is REFUSED


def test_tokens_are_masked():
    answer = reply(
        401,
        190,
        message="Malformed access token EAAGabcdefgh123 for shop-token",
        error_data={"details": "shop-token"},
    )
    error = from_reply(answer, repeatable=False, secrets=("shop-token", ""))
    assert error.message == "Malformed access token *** for ***"
    assert error.details == "***"


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "30"}, timedelta(seconds=30)),
        ({"retry-after": "9" * 50}, timedelta(hours=1)),
        ({"retry-after": "Fri, 31 Dec"}, timedelta(minutes=5)),
        (
            {
                "x-business-use-case-usage": json.dumps(
                    {"21": [{"type": "messaging", "estimated_time_to_regain_access": 12}, {}]}
                )
            },
            timedelta(minutes=12),
        ),
        ({"x-business-use-case-usage": '{"21":7}'}, timedelta(minutes=5)),
        ({}, timedelta(minutes=5)),
    ],
)
def test_the_wait_meta_asks_for(headers, wait):
    error = from_reply(reply(400, 80007, headers=headers), repeatable=False)
    assert error.retry_after == wait
    assert error.delay(1) == wait


@pytest.mark.parametrize(
    ("code", "attempt", "seconds"),
    [
        (131056, 1, 4),
        (131056, 2, 16),
        (131056, 3, 64),
        (131056, 60, 3600),
        (130429, 1, 2),
        (130429, 5, 32),
        (4, 1, 300),
        (4, 10, 1024),
    ],
)
def test_waits_grow_with_the_attempts(code, attempt, seconds):
    assert read(400, code).delay(attempt) == timedelta(seconds=seconds)


def test_every_listed_code_has_two_plain_sentences():
    for code, advice in TABLE.items():
        assert explain(code) is advice
        assert advice.sentence.endswith(".")
        assert advice.next_step.endswith(".")
        assert advice.text == f"{advice.sentence} {advice.next_step}"


def test_an_unlisted_or_missing_code_is_explained_too():
    assert explain(None) is explain(987654321)
    assert explain(None).outcome is REFUSED
