"""A record that keeps every promise, and each promise broken in turn."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bench.chaos import referee
from bench.chaos.agents import Reply
from bench.chaos.record import Decided, Record, Row, Said, Try, Turn

DAY = 24 * 3600
T = 1_800_000_000.0


def good() -> Record:
    """Ana asks and is answered; an agent takes over, answers and hands back."""
    return Record(
        said=[
            Said("Ana", "in-1", True, "Open?", T),
            Said("Ana", "out-1", False, "Yes.", T + 2, "read", "key-1"),
            Said("Ana", "in-2", True, "Sure?", T + 10),
            Said("Ana", "out-2", False, "Quite.", T + 22, "delivered", "key-2b"),
            Said("Ana", "in-3", True, "Thanks", T + 40),
            Said("Ana", "out-3", False, "Welcome", T + 42, "sent", "key-3"),
        ],
        rows=[
            Row(1, "Ana", True, "customer", "received", "Open?", T, "in-1"),
            Row(2, "Ana", False, "assistant", "read", "Yes.", T + 1, "out-1"),
            Row(3, "Ana", True, "customer", "received", "Sure?", T + 10, "in-2"),
            Row(4, "Ana", False, "agent", "delivered", "Quite.", T + 20, "out-2"),
            Row(5, "Ana", True, "customer", "received", "Thanks", T + 40, "in-3"),
            Row(6, "Ana", False, "assistant", "sent", "Welcome", T + 41, "out-3"),
        ],
        tries=[
            Try("key-1", 2, T + 1, "accepted"),
            Try("key-2a", 4, T + 20, "retry"),
            Try("key-2b", 4, T + 21, "accepted"),
            Try("key-3", 6, T + 41, "accepted"),
        ],
        turns=[Turn("Ana", "taken_over", T + 11), Turn("Ana", "resumed", T + 30)],
        decided=[
            Decided("Ana", 1, "answered", T + 1),
            Decided("Ana", 3, "dropped", T + 12),
            Decided("Ana", 5, "answered", T + 41),
        ],
        replies=[Reply(0, "Quite.", "k", taken=True)],
        states={"Ana": "assistant"},
        events={"processed": 12},
        copies=3,
    )


def test_a_good_record_breaks_no_promise() -> None:
    assert {name: found for name, found in referee.judge(good()).items() if found} == {}


Break = Callable[[Record], object]


def swap(items: list, one: int, other: int) -> None:
    items[one], items[other] = items[other], items[one]


def change(items: list, place: int, **values: object) -> None:
    items[place] = replace(items[place], **values)


BROKEN: list[tuple[str, Callable, Break]] = [
    ("a message is lost", referee.stored_once, lambda r: r.rows.pop(2)),
    ("a message is here twice", referee.stored_once, lambda r: r.rows.append(r.rows[2])),
    ("its words changed", referee.stored_once, lambda r: change(r.rows, 2, text="Sure")),
    ("it is another's", referee.stored_once, lambda r: change(r.rows, 2, customer="Ben")),
    ("nobody wrote it", referee.stored_once, lambda r: r.said.pop(2)),
    ("a webhook waits", referee.webhooks_applied, lambda r: r.events.update(stored=1)),
    ("one was put aside", referee.webhooks_applied, lambda r: r.events.update(failed=1)),
    ("work is left", referee.nothing_left, lambda r: r.left.update({"calls under way": 1})),
    (
        "a customer is forgotten",
        referee.nothing_left,
        lambda r: (r.rows.pop(), r.decided.pop()),
    ),
    (
        "a customer is forgotten after the number broke",
        referee.nothing_left,
        lambda r: (r.rows.pop(), change(r.decided, 2, decision="silent", reason="not_connected")),
    ),
    (
        "a customer is forgotten after a failed answer",
        referee.nothing_left,
        lambda r: (change(r.rows, 5, status="failed"), r.decided.pop()),
    ),
    (
        "a message was sent by two tries",
        referee.sent_once,
        lambda r: r.said.append(replace(r.said[3], wamid="out-4", key="key-2a")),
    ),
    (
        "a message was sent by one try twice",
        referee.sent_once,
        lambda r: r.said.append(replace(r.said[3], wamid="out-4")),
    ),
    (
        "no try sent it",
        referee.sent_once,
        lambda r: r.said.append(replace(r.said[3], wamid="out-4", key="")),
    ),
    (
        "the assistant answers again",
        referee.decided_once,
        lambda r: r.decided.append(Decided("Ana", 5, "answered", T + 60)),
    ),
    (
        "it was given back before its first answer",
        referee.decided_once,
        lambda r: r.decided.append(Decided("Ana", 5, "handed_over", T + 60)),
    ),
    ("a reply is lost", referee.agents_heard_once, lambda r: r.rows.pop(3)),
    ("a reply is here twice", referee.agents_heard_once, lambda r: r.rows.append(r.rows[3])),
    (
        "a refused reply is here",
        referee.agents_heard_once,
        lambda r: (setattr(r.replies[0], "taken", False), setattr(r.replies[0], "refused", True)),
    ),
    ("a reply reached twice", referee.agents_heard_once, lambda r: r.said.append(r.said[3])),
    ("ours went out in another order", referee.in_order, lambda r: swap(r.said, 1, 3)),
    (
        "theirs stand in another order",
        referee.in_order,
        lambda r: change(r.rows, 0, sent_at=T + 11),
    ),
    (
        "the window had closed",
        referee.window_kept,
        lambda r: change(r.tries, 3, at=T + 41 + DAY),
    ),
    ("nobody had written", referee.window_kept, lambda r: change(r.tries, 0, at=T - 5)),
    (
        "the assistant interrupts",
        referee.person_not_interrupted,
        lambda r: change(r.tries, 3, at=T + 12),
    ),
    (
        "it writes after it was closed",
        referee.person_not_interrupted,
        lambda r: r.turns.append(Turn("Ana", "closed", T + 40)),
    ),
    (
        "a call never ended",
        referee.outcomes_settled,
        lambda r: change(r.tries, 3, outcome="started"),
    ),
    (
        "a message waits for ever",
        referee.outcomes_settled,
        lambda r: change(r.rows, 5, status="queued"),
    ),
    ("Meta has no such message", referee.outcomes_settled, lambda r: r.said.pop()),
    (
        "Meta has it, here it is unconfirmed",
        referee.outcomes_settled,
        lambda r: change(r.rows, 5, status="unknown"),
    ),
    (
        "Meta has it, here it failed",
        referee.outcomes_settled,
        lambda r: change(r.rows, 5, status="failed"),
    ),
    ("a tick is missing", referee.outcomes_settled, lambda r: change(r.rows, 1, status="sent")),
    ("it has another id", referee.outcomes_settled, lambda r: change(r.rows, 1, wamid="out-9")),
    ("a counter is off", referee.counts_right, lambda r: r.differing.append("inbound: +1")),
]


@pytest.mark.parametrize(
    ("check", "broken"), [each[1:] for each in BROKEN], ids=[each[0] for each in BROKEN]
)
def test_a_broken_promise_is_found(check: Callable, broken: Break) -> None:
    record = good()
    broken(record)
    assert list(check(record))


ALLOWED: list[tuple[str, Break]] = [
    (
        "the first answer failed",
        lambda r: (
            r.rows.append(replace(r.rows[5], id=7, wamid=None, status="failed")),
            r.decided.append(Decided("Ana", 5, "answered", T + 60)),
        ),
    ),
    (
        "an agent's answer failed, which they see",
        lambda r: (
            change(r.rows, 5, author="agent", status="failed"),
            r.said.pop(),
            r.decided.pop(),
        ),
    ),
    (
        "a person gave the message back before it was answered again",
        lambda r: (
            r.turns.append(Turn("Ana", "resumed", T + 50)),
            r.decided.append(Decided("Ana", 5, "answered", T + 60)),
        ),
    ),
    (
        "Meta never had it, and it is shown as unconfirmed",
        lambda r: (r.said.pop(), change(r.rows, 5, status="unknown")),
    ),
    (
        "an agent's reply that was never confirmed is not here",
        lambda r: (
            r.rows.pop(3),
            r.said.pop(3),
            setattr(r.replies[0], "taken", False),
        ),
    ),
    (
        "a person answers, so nobody has decided",
        lambda r: (r.rows.pop(), r.said.pop(), r.decided.pop(), r.states.update(Ana="human")),
    ),
]


@pytest.mark.parametrize("allowed", [each[1] for each in ALLOWED], ids=[e[0] for e in ALLOWED])
def test_what_is_no_violation(allowed: Break) -> None:
    record = good()
    allowed(record)
    assert {name: found for name, found in referee.judge(record).items() if found} == {}


def test_every_check_was_broken_here() -> None:
    assert {check for _, check, _ in BROKEN} == set(referee.CHECKS.values())
