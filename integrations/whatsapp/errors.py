"""Failures of calls to Meta as one exception that says what to do next."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from integrations.whatsapp.error_table import (
    HICCUP,
    TOO_BUSY,
    UNLISTED,
    UNSURE,
    WRONG_SECRET,
    Advice,
    Audience,
    Outcome,
    explain,
)
from integrations.whatsapp.fields import Json, load_json, optional_record, optional_text, records

__all__ = [
    "Advice",
    "Audience",
    "GraphError",
    "Outcome",
    "Reply",
    "explain",
    "from_reply",
    "settled",
]

_PAIR_LIMIT = 131056
_LONGEST_WAIT = timedelta(hours=1)
# Meta repeats a malformed token in its message, and nothing else starts like one.
_TOKEN_LIKE = re.compile(r"EAA[0-9A-Za-z]{8,}")


class GraphError(Exception):
    """A call to Meta that failed; `outcome` says whether it may be repeated.

    `advice` is a sentence for the `audience`. No token ever stands in any of its texts.
    """

    def __init__(
        self,
        message: str,
        advice: Advice,
        *,
        code: int | None = None,
        subcode: int | None = None,
        details: str | None = None,
        user_message: str | None = None,
        fbtrace_id: str | None = None,
        http_status: int | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message if code is None else f"{message} (code {code})")
        self.message = message
        self.outcome = advice.outcome
        self.advice = advice.text
        self.audience: Audience = advice.audience
        self.token_problem = advice.token_problem
        self.code, self.subcode, self.details = code, subcode, details
        self.user_message = user_message
        self.fbtrace_id, self.http_status = fbtrace_id, http_status
        self.retry_after = retry_after or advice.wait

    def delay(self, attempt: int) -> timedelta:
        """How long to wait after failed attempt number `attempt` (from 1); at most an hour."""
        growth = 4 if self.code == _PAIR_LIMIT else 2
        grown = timedelta(seconds=growth ** min(attempt, 12))
        return min(max(self.retry_after or grown, grown), _LONGEST_WAIT)


class Reply(NamedTuple):
    """An HTTP answer that is not a success."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def from_reply(reply: Reply, *, repeatable: bool, secrets: tuple[str, ...] = ()) -> GraphError:
    """The error in an answer. `repeatable`: doing it twice does no harm (never a send)."""
    error = optional_record(_json(reply.body).get("error"))
    message = _masked(optional_text(error, "message"), secrets)
    details = optional_text(optional_record(error.get("error_data")), "details")
    return GraphError(
        message or f"Meta answered with HTTP status {reply.status}",
        settled(_advice(reply.status, error), repeatable=repeatable),
        code=_whole(error, "code"),
        subcode=_whole(error, "error_subcode"),
        details=_masked(details, secrets),
        user_message=_masked(optional_text(error, "error_user_msg"), secrets),
        fbtrace_id=optional_text(error, "fbtrace_id"),
        http_status=reply.status,
        retry_after=_retry_after(reply.headers),
    )


def settled(advice: Advice, *, repeatable: bool) -> Advice:
    """An unknown end matters only where a second try could do harm."""
    return HICCUP if repeatable and advice.outcome is Outcome.UNKNOWN else advice


def _json(body: bytes) -> Json:
    try:
        return optional_record(load_json(body))
    except (ValueError, RecursionError):
        return {}


def _whole(source: Json, name: str) -> int | None:
    digits = optional_text(source, name) or ""
    return int(digits) if digits.isascii() and digits.isdigit() else None


def _masked(words: str | None, secrets: tuple[str, ...]) -> str | None:
    for secret in filter(None, secrets):
        words = words.replace(secret, "***") if words else words
    return _TOKEN_LIKE.sub("***", words) if words else None


def _advice(status: int, error: Json) -> Advice:
    code = _whole(error, "code")
    # A wrong secret hides behind the code of any other invalid parameter.
    if code == 100 and "appsecret_proof" in (optional_text(error, "message") or ""):
        return WRONG_SECRET
    advice = explain(code, _whole(error, "error_subcode"))
    if advice is not UNLISTED:
        return advice
    if status == 429:
        return TOO_BUSY
    unsure = status >= 500 or status == 408 or error.get("is_transient") is True
    return UNSURE if unsure else UNLISTED


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """The wait the headers name: seconds in Retry-After, minutes in the usage header."""
    seconds = headers.get("retry-after", "")
    if seconds.isascii() and seconds.isdigit():
        return min(timedelta(seconds=int(seconds[:6])), _LONGEST_WAIT)
    usage = _json(headers.get("x-business-use-case-usage", "").encode())
    minutes = [
        _whole(use, "estimated_time_to_regain_access") or 0
        for uses in usage.values()
        for use in records(uses)
    ]
    return timedelta(minutes=min(max(minutes, default=0), 60)) or None
