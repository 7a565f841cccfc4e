"""The signature of a webhook POST, and whose it claims to be before that is proven."""

import hmac
import re
from typing import NamedTuple

_HEADER = re.compile(r"sha256=([0-9a-fA-F]{64})")
# Meta's JSON escapes only non-ASCII and "/", so an id stands in the bytes as plain digits.
_PHONE_NUMBER_ID = re.compile(rb'"phone_number_id"\s*:\s*"?(\d{1,32})(?!\d)')
# An entry's "id" opens an array item or follows "time" or "changes"; a media id opens a member.
_WABA_ID = re.compile(rb'(?:(?:[\[,]\s*\{|[\]\d]\s*,)\s*"id"|"waba_id")\s*:\s*"?(\d{1,32})(?!\d)')
# One POST comes from one app, so any id we know leads to the right secret. The bounds keep a
# forged 3 MB body from holding up the event loop or buying many HMACs.
_SCANNED_BYTES = 256 * 1024
_MOST_IDS = 32


class Claimed(NamedTuple):
    """Ids an unverified body names, in order of appearance. Good for choosing secrets only."""

    phone_number_ids: tuple[str, ...]
    waba_ids: tuple[str, ...]


def sign(secret: str, body: bytes) -> str:
    """The X-Hub-Signature-256 header for these bytes (Meta: Validate webhook payloads)."""
    return "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex()


def verify(secret: str, body: bytes, header: str | None) -> bool:
    """Whether `header` signs these exact bytes; hex in either case, sha256 only."""
    match = _HEADER.fullmatch(header or "")
    if not secret or match is None:
        return False
    return hmac.compare_digest(sign(secret, body), "sha256=" + match[1].lower())


def claimed_ids(body: bytes) -> Claimed:
    """Which numbers and accounts the body names; at most 32 of each, never raises.

    `waba_ids` may hold another numeric id too (a portfolio): harmless, since an id only
    picks a secret to try.
    """
    return Claimed(_distinct(_PHONE_NUMBER_ID, body), _distinct(_WABA_ID, body))


def _distinct(pattern: re.Pattern[bytes], body: bytes) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for match in pattern.finditer(body, 0, _SCANNED_BYTES):
        found[match[1].decode("ascii")] = None
        if len(found) == _MOST_IDS:
            break
    return tuple(found)
