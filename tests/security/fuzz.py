"""Deliveries as no Meta would send them: damaged, forged, misdirected, for `test_fuzz`.

`python -m tests.security.fuzz 100000` sends so many (SQLite; PostgreSQL too where TEST_DATABASE_URL
names one), `python -m tests.security.fuzz 20000 3` others, by the seed 3.
"""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from integrations.whatsapp import signature
from tests import payloads
from tests.conftest import PLATFORM_SECRET
from tests.payloads import encode

DELIVERIES = int(os.environ.get("FUZZ_DELIVERIES", "500"))
SEED = int(os.environ.get("FUZZ_SEED", "0"))
LONG = "FUZZ_SEED" in os.environ  # somebody waits for it: what fails is made as small as may be
AT_ONCE = 20

# Whose app signs, by name. Nobody here knows the bystander's secret.
RIVAL_SECRET = "the rival's app secret"
BYSTANDER_SECRET = "the bystander's app secret"
SECRETS = {"platform": PLATFORM_SECRET, "rival": RIVAL_SECRET, "nobody": "a guess"}
# The numbers and accounts of the three companies; the payloads of tests/payloads are the first's.
NUMBERS = {
    "platform": "310000000000007",
    "rival": "310000000000008",
    "bystander": "310000000000009",
}
ACCOUNTS = {
    "platform": "210000000000001",
    "rival": "210000000000002",
    "bystander": "210000000000003",
}

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from([*NUMBERS.values(), *ACCOUNTS.values(), "wamid.OUT1", "447700900900"]),
    st.sampled_from(["", "\x00", "\ud83d", "\u202eمرحبا😀", "-1", "0", "95617584000", "9" * 400]),
    st.sampled_from(["1e9", "x" * 66_000, "<script>", "'; DROP TABLE message; --", "../../etc"]),
    st.text(max_size=8),
    st.lists(st.text(max_size=3), max_size=3),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)


@dataclass(frozen=True)
class Request:
    """One POST. `secret` is whose signature it bears, if any fits."""

    body: bytes
    headers: list[tuple[bytes, bytes]]
    pieces: int
    secret: str | None


@dataclass
class Tally:
    """What came of the deliveries that were sent so far."""

    statuses: Counter[int] = field(default_factory=Counter[int])
    states: Counter[str] = field(default_factory=Counter[str])
    outcomes: Counter[str] = field(default_factory=Counter[str])

    def __str__(self) -> str:
        return "\n".join(
            f"{name}: {dict(found)}"
            for name, found in (
                ("answers", self.statuses),
                ("events", self.states),
                ("items", self.outcomes),
            )
        )


# ---- what is said


def places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) of a payload."""
    keys = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in list(keys):
        yield tree, key
        yield from places(tree[key])


@st.composite
def damaged(draw: Callable[..., Any]) -> dict[str, Any]:
    """A payload with up to four values replaced, removed, doubled, nested or put elsewhere."""
    payload = payloads.load(draw(st.sampled_from(payloads.names())))
    for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2, 4]))):
        spots = list(places(payload))
        if not spots:
            break
        box, key = spots[draw(st.integers(0, len(spots) - 1))]
        match draw(st.sampled_from(["replace", "replace", "remove", "double", "swap", "nest"])):
            case "replace":
                box[key] = draw(JUNK)
            case "remove":
                del box[key]
            case "double" if isinstance(box, list):
                box.append(deepcopy(box[key]))
            case "swap":
                other, there = spots[draw(st.integers(0, len(spots) - 1))]
                box[key] = deepcopy(other[there])
            case "nest":
                box[key] = [{"": box[key]}]
    return payload


@st.composite
def misdirected(draw: Callable[..., Any]) -> dict[str, Any]:
    """Several payloads in one, each in the name of some company."""
    parts = draw(st.lists(damaged(), min_size=1, max_size=3))
    whole = {**parts[0], "entry": []}
    for part in parts:
        whose = draw(st.sampled_from(sorted(NUMBERS)))
        entries = part.get("entry")
        if isinstance(entries, list):
            whole["entry"] += renamed(entries, whose)
    return whole


def renamed(tree: Any, whose: str) -> Any:
    """The same words about another company's number and account."""
    if isinstance(tree, dict):
        return {key: renamed(value, whose) for key, value in tree.items()}
    if isinstance(tree, list):
        return [renamed(value, whose) for value in tree]
    named = {NUMBERS["platform"]: NUMBERS[whose], ACCOUNTS["platform"]: ACCOUNTS[whose]}
    return named.get(tree, tree) if isinstance(tree, str) else tree


@st.composite
def bodies(draw: Callable[..., Any], speaker: str) -> bytes:
    """The bytes of a payload, mostly as JSON and sometimes broken as no JSON is."""
    payload = draw(st.one_of(damaged(), misdirected(), misdirected()))
    if speaker in NUMBERS and isinstance(payload.get("entry"), list) and draw(st.integers(0, 4)):
        payload["entry"].append(
            {"id": ACCOUNTS[speaker], "changes": []}
        )  # so that its secret is looked up
    body = encode(payload)
    at = draw(st.integers(0, len(body)))
    match draw(st.sampled_from([""] * 9 + ["cut", "flip", "insert", "wrap", "noise", "code"])):
        case "cut":
            return body[:at]
        case "flip":
            return body[:at] + bytes([draw(st.integers(0, 255))]) + body[at + 1 :]
        case "insert":
            return body[:at] + draw(st.binary(max_size=6)) + body[at:]
        case "wrap":
            deep = draw(st.sampled_from([1, 50, 5_000, 100_000]))
            return b"[" * deep + body + b"]" * deep
        case "noise":
            return draw(st.binary(max_size=200))
        case "code":
            code = draw(st.sampled_from(["utf-16", "utf-8-sig", "utf-32", "utf-7"]))
            return body.decode().encode(code)
    return body


# ---- how it is sent


@st.composite
def requests(draw: Callable[..., Any], speaker: str) -> Request:
    """A POST that this speaker's app signs, or pretends to."""
    body = draw(bodies(speaker))
    header = signature.sign(SECRETS[speaker], body).encode()
    fits = speaker != "nobody"
    if draw(st.integers(0, 3)) == 0:
        header, fits = _mangled(draw, header, fits)
    headers = [] if header is None else [(b"x-hub-signature-256", header)]
    for name in draw(st.lists(st.sampled_from(MORE), max_size=3, unique=True)):
        headers.append((name, draw(st.sampled_from(VALUES))))
    return Request(body, headers, draw(st.sampled_from([1, 1, 2, 7])), speaker if fits else None)


def _mangled(draw: Callable[..., Any], right: bytes, fits: bool) -> tuple[bytes | None, bool]:
    hexes = right.removeprefix(b"sha256=")
    wrong = [None, b"", b"sha256=", hexes, b"sha1=" + hexes[:40], b"sha256=" + hexes[:-1]]
    wrong += [right + b"0", right + b"\n", b" " + right, right.upper(), b"sha256=" + b"0" * 64]
    wrong += [right + b"," + right, b"\xff\xfe" + right, right.replace(b"=", b":"), b"x" * 70_000]
    if draw(st.integers(0, 4)) == 0:
        return b"sha256=" + hexes.upper(), fits  # as right as the small letters
    return draw(st.sampled_from(wrong)), False


@st.composite
def attacks(draw: Callable[..., Any]) -> tuple[str, list[Request]]:
    """A speaker and what it sends."""
    speaker = draw(st.sampled_from(["platform", "rival", "platform", "rival", "nobody"]))
    sent = st.lists(requests(speaker), min_size=AT_ONCE, max_size=AT_ONCE)
    return speaker, draw(sent)


MORE = (
    b"content-type",
    b"content-encoding",
    b"content-length",
    b"x-forwarded-for",
    b"user-agent",
    b"x-hub-signature",
    b"x-hub-signature-256",
    b"origin",
    b"cookie",
)
VALUES = (b"", b"0", b"-1", b"gzip", b"text/html", b"\xc3\xa9\xff", b"a" * 9000, b"sha256=0", b"{}")


def main(words: list[str]) -> None:
    """Become the test of `test_fuzz`, with as many deliveries as were asked for."""
    number, seed = [*words, "0"][:2]
    os.environ |= {"FUZZ_DELIVERIES": number, "FUZZ_SEED": seed}
    test = "tests/security/test_fuzz.py"
    # What fails is told by the test; the log of 100,000 odd deliveries helps nobody.
    quiet = ("-q", "-s", "-p", "no:cacheprovider", "-p", "no:logging")
    os.execv(sys.executable, [sys.executable, "-m", "pytest", test, *quiet])


if __name__ == "__main__":
    main(sys.argv[1:] or ["100000"])
