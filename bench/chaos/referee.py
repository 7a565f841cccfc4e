"""The promises, each a pure check of the record; a check returns a sentence for each violation."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise

from bench.chaos.record import Decided, Record, Row, Said, Try, Turn

WINDOW = 24 * 3600
QUEUED = 1.0  # seconds at most between an answer and its decision, which are of one commit
# What Meta has, and what it has not.
REACHED = frozenset({"accepted", "sent", "delivered", "read", "played"})
ENDED = REACHED | {"failed", "cancelled", "unknown"}
# From then on a person answers; from then on the assistant may again.
PERSON = frozenset({"taken_over", "reopened", "closed"})
ASSISTANT = frozenset({"resumed", "take_over_undone", "written_again"})
OUT_OF_ORDER = "not_connected"  # no decision: the number works again at the end
ANSWERS = frozenset({"answered", "handed_over"})

Check = Callable[[Record], Iterator[str]]


def judge(record: Record) -> dict[str, list[str]]:
    """Every promise, and how it was broken."""
    return {name: list(check(record)) for name, check in CHECKS.items()}


# ---- receiving


def stored_once(record: Record) -> Iterator[str]:
    """What a customer wrote is one row, and nothing else is there as theirs."""
    stored: defaultdict[str | None, list[Row]] = defaultdict(list)
    for row in record.rows:
        if row.inbound:
            stored[row.wamid].append(row)
    for said in record.said:
        if said.inbound:
            rows = stored.pop(said.wamid, [])
            if [(row.customer, row.text) for row in rows] != [(said.customer, said.text)]:
                yield f"{said.customer} wrote “{said.text}”, which is here {len(rows)} times"
    for row in [row for rows in stored.values() for row in rows]:
        yield f"message {row.id} of {row.customer} is none that they wrote"


def webhooks_applied(record: Record) -> Iterator[str]:
    """Nothing that Meta delivered waits or was put aside."""
    for state, count in record.events.items():
        if state != "processed":
            yield f"{count} webhooks are {state}"


def nothing_left(record: Record) -> Iterator[str]:
    """The product came to rest, and no customer was forgotten on the way."""
    for what, count in record.left.items():
        yield f"{count} {what} at the end"
    decided = {(each.customer, each.seen) for each in record.decided if each.reason != OUT_OF_ORDER}
    for customer, row in _last_words(record).items():
        awaits_machine = record.states.get(customer) == "assistant"
        if row.inbound and awaits_machine and (customer, row.id) not in decided:
            yield f"nobody decided anything about the last words of {customer}, message {row.id}"


def _last_words(record: Record) -> dict[str, Row]:
    """What failed of the assistant's was never said; that a person's failed is theirs to see."""
    said = [row for row in record.rows if row.author != "assistant" or row.status != "failed"]
    return {row.customer: row for row in sorted(said, key=lambda row: (row.sent_at, row.id))}


# ---- sending


def sent_once(record: Record) -> Iterator[str]:
    """No customer has the same reply twice, and none that we know nothing of."""
    tries = {each.key: each for each in record.tries}
    phones: Counter[int] = Counter()
    for said in _ours(record):
        if said.key in tries:
            phones[tries[said.key].message_id] += 1
        else:
            yield f"{said.customer} has “{said.text}”, and no try of ours says so"
    for message_id, times in phones.items():
        if times > 1:
            yield f"message {message_id} reached the customer {times} times"


def decided_once(record: Record) -> Iterator[str]:
    """The assistant answers a message once; again if a person gave it back, or if it failed."""
    answers: defaultdict[tuple[str, int], list[Decided]] = defaultdict(list)
    for each in record.decided:
        if each.decision in ANSWERS:
            answers[each.customer, each.seen].append(each)
    again = _by_customer([turn for turn in record.turns if turn.kind in ASSISTANT])
    failed = _by_customer([row for row in record.rows if row.status == "failed"])
    for (customer, seen), given in answers.items():
        for before, after in pairwise(given):
            back = any(before.at <= turn.at <= after.at for turn in again[customer])
            lost = any(before.at - QUEUED < row.sent_at < after.at for row in failed[customer])
            if not back and not lost:
                yield f"the assistant answered message {seen} of {customer} more than once"


def agents_heard_once(record: Record) -> Iterator[str]:
    """A reply that the page confirmed is one message; one that it did not is at most one."""
    rows = Counter(row.text for row in record.rows if not row.inbound)
    phones = Counter(said.text for said in _ours(record))
    for reply in record.replies:
        stored = rows[reply.text]
        if stored > 1 or (reply.taken and not stored) or (reply.refused and stored):
            said = "confirmed" if reply.taken else "refused" if reply.refused else "open"
            yield f"“{reply.text}” was {said} and is here {stored} times"
        if phones[reply.text] > 1:
            yield f"“{reply.text}” reached the customer {phones[reply.text]} times"


def in_order(record: Record) -> Iterator[str]:
    """Customers' words stand here as they wrote them; ours went out as they stand here."""
    message_of = {each.key: each.message_id for each in record.tries}
    here = _by_customer(sorted(record.rows, key=lambda row: (row.sent_at, row.id)))
    for customer, said in _by_customer(record.said).items():
        wrote = [each.wamid for each in said if each.inbound]
        known = set(wrote)
        if [row.wamid for row in here[customer] if row.wamid in known and row.inbound] != wrote:
            yield f"what {customer} wrote stands here in another order"
        sent = [message_of[each.key] for each in said if each.key in message_of]
        if sent != sorted(sent):
            yield f"messages to {customer} went out as {sent}"


def window_kept(record: Record) -> Iterator[str]:
    """Nothing free-form was begun outside 24 hours after the customer's last words."""
    tries = {each.key: each for each in record.tries}
    for customer, said in _by_customer(record.said).items():
        wrote = [int(each.at) for each in said if each.inbound]
        for each in said:
            one = tries.get(each.key)
            if one and not any(at <= one.at <= at + WINDOW for at in wrote):
                yield f"message {one.message_id} to {customer} was begun outside the window"


def person_not_interrupted(record: Record) -> Iterator[str]:
    """No message of the assistant is begun after a person took over, until they hand back."""
    machine = {row.id: row for row in record.rows if row.author == "assistant"}
    turns = _by_customer(record.turns)
    for one in record.tries:
        row = machine.get(one.message_id)
        last = _last_turn(turns[row.customer], one.at) if row else None
        if row and last and last.kind in PERSON:
            late = one.at - last.at
            yield f"message {row.id} to {row.customer} was begun {late:.3f} s after {last.kind}"


def _last_turn(turns: list[Turn], at: float) -> Turn | None:
    before = [turn for turn in turns if turn.kind in PERSON | ASSISTANT and turn.at < at]
    return max(before, key=lambda turn: turn.at, default=None)


# ---- what the shop sees


def outcomes_settled(record: Record) -> Iterator[str]:
    """What Meta has is shown as Meta has it; what it has not is shown as not, or as unconfirmed."""
    on_phone = _by_message(record)
    for one in record.tries:
        if one.outcome == "started":
            yield f"a call for message {one.message_id} never ended"
    for row in record.rows:
        if not row.inbound:
            yield from _shown_as(row, on_phone.get(row.id))


def _shown_as(row: Row, said: Said | None) -> Iterator[str]:
    if row.status not in ENDED:
        yield f"message {row.id} is {row.status} for ever"
    elif said is None and row.status in REACHED:
        yield f"message {row.id} is shown as {row.status}, and Meta has no such message"
    elif said is not None and (row.wamid, row.status) != (said.wamid, said.status):
        yield f"message {row.id} is shown as {row.status}, and Meta has it as {said.status}"


def counts_right(record: Record) -> Iterator[str]:
    """The rollups are what counting the messages anew gives."""
    yield from record.differing


# ---- reading the record


def _ours(record: Record) -> list[Said]:
    return [said for said in record.said if not said.inbound]


def _by_message(record: Record) -> dict[int, Said]:
    tries: dict[str, Try] = {each.key: each for each in record.tries}
    return {tries[s.key].message_id: s for s in _ours(record) if s.key in tries}


def _by_customer(items: list) -> defaultdict[str, list]:
    found: defaultdict[str, list] = defaultdict(list)
    for item in items:
        found[item.customer].append(item)
    return found


CHECKS: dict[str, Check] = {
    "every message of a customer is stored once": stored_once,
    "every webhook is applied": webhooks_applied,
    "nothing is left to do, nobody is forgotten": nothing_left,
    "no customer gets the same reply twice": sent_once,
    "the assistant answers a message once": decided_once,
    "an agent's reply is one message": agents_heard_once,
    "the order of each conversation is kept": in_order,
    "no free-form message outside the window": window_kept,
    "no message of the assistant after a take-over": person_not_interrupted,
    "every outcome is settled or shown": outcomes_settled,
    "rollups equal a recount": counts_right,
}
