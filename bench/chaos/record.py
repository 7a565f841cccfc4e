"""What the referee looks at: what Meta knows, what the product wrote down, what the agents saw."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import httpx
from sqlmodel import col, func, select

from bench.chaos import company
from bench.chaos.agents import Reply
from domain import recount
from illumichat_app import db
from models import (
    AssistantTrace,
    Conversation,
    ConversationEvent,
    Direction,
    Message,
    SendAttempt,
    WebhookEvent,
)


@dataclass(frozen=True)
class Said:
    """A message as the customer's phone has it; `key` is our attempt's."""

    customer: str
    wamid: str
    inbound: bool
    text: str
    at: float
    status: str = ""
    key: str = ""
    refusals: tuple[int, ...] = ()


@dataclass(frozen=True)
class Row:
    """A message as the product has it."""

    id: int
    customer: str
    inbound: bool
    author: str
    status: str
    text: str
    sent_at: float
    wamid: str | None = None


@dataclass(frozen=True)
class Try:
    """One call of ours to Meta."""

    key: str
    message_id: int
    at: float
    outcome: str


@dataclass(frozen=True)
class Turn:
    """Who answers changed."""

    customer: str
    kind: str
    at: float


@dataclass(frozen=True)
class Decided:
    """A decision of the assistant about a customer's message."""

    customer: str
    seen: int
    decision: str
    at: float
    reason: str = ""


@dataclass
class Record:
    """In each list the older stands first; `said` in the order of each customer's phone."""

    said: list[Said] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    tries: list[Try] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    decided: list[Decided] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)  # customer -> who answers
    events: dict[str, int] = field(default_factory=dict)  # webhooks by what became of them
    copies: int = 0  # webhooks that came more than once
    differing: list[str] = field(default_factory=list)  # counters that disagree with a recount
    left: dict[str, int] = field(default_factory=dict)  # what was still to do at the end


async def taken(
    simulator: httpx.AsyncClient, customers: int, replies: Sequence[Reply], left: dict[str, int]
) -> Record:
    record = Record(replies=list(replies), left=left)
    for number in range(customers):
        record.said += await _phone(simulator, number)
    await asyncio.to_thread(_read, record)
    return record


async def _phone(simulator: httpx.AsyncClient, customer: int) -> list[Said]:
    thread = (await simulator.get(f"/sim/customers/c{customer}/thread")).json()
    return [
        Said(
            customer=company.name(customer),
            wamid=each["id"],
            inbound=each["inbound"],
            text=str(each["content"].get("body", "")),
            at=each["timestamp"],
            status=each["status"],
            key=each["opaque"],
            refusals=tuple(error["code"] for error in each["errors"]),
        )
        for each in thread["messages"]
    ]


def _read(record: Record) -> None:
    with db.reading() as session:
        named = dict(session.exec(select(Conversation.id, Conversation.title)).all())
        found = session.exec(select(Conversation.title, Conversation.state)).all()
        record.states = {title: str(state) for title, state in found}
        for message in session.exec(select(Message).order_by(col(Message.id))):
            if message.direction is not Direction.NOTE:
                record.rows.append(_row(message, named[message.conversation_id]))
        for attempt in session.exec(select(SendAttempt).order_by(col(SendAttempt.id))):
            at = _seconds(attempt.created_at)
            outcome = attempt.outcome.value
            record.tries.append(Try(attempt.key, attempt.message_id, at, outcome))
        for event in session.exec(select(ConversationEvent).order_by(col(ConversationEvent.id))):
            title = named[event.conversation_id]
            record.turns.append(Turn(title, event.kind, _seconds(event.created_at)))
        for trace in session.exec(select(AssistantTrace).order_by(col(AssistantTrace.id))):
            title, at = named[trace.conversation_id], _seconds(trace.created_at)
            seen = trace.seen_message_id or 0
            what = trace.decision.value
            record.decided.append(Decided(title, seen, what, at, trace.reason))
        states = select(WebhookEvent.state, func.count()).group_by(col(WebhookEvent.state))
        record.events = {str(state): count for state, count in session.exec(states)}
        record.copies = session.exec(select(func.sum(WebhookEvent.copies - 1))).one() or 0
    with db.reading() as session:
        record.differing = [
            f"{cell.entry.table}.{cell.entry.name}[{cell.entry.part}] of {cell.place.day}: {by:+}"
            for cell, by in recount.check(session).items()
        ]


def _row(message: Message, customer: str) -> Row:
    return Row(
        id=message.id,
        customer=customer,
        inbound=message.direction is Direction.IN,
        author=message.author.value,
        status=message.status.value,
        text=message.text,
        sent_at=_seconds(message.sent_at),
        wamid=message.wamid,
    )


def _seconds(moment: datetime) -> float:
    return moment.timestamp()
