"""The people: customers at the simulated Meta, agents and the admin of the company."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from random import Random
from typing import TypeVar

import httpx
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, func, select

from bench.chaos.plan import Plan, question
from domain import connection_check, demo, sessions
from domain.access import Actor
from illumichat_app import db
from integrations.whatsapp import process_client
from models import (
    Channel,
    ConnectionStatus,
    Conversation,
    Membership,
    Message,
    MessageStatus,
    Role,
    SendAttempt,
    User,
    WebhookEvent,
    WhatsAppConnection,
    Workspace,
)
from models.message import AttemptOutcome
from models.webhook_event import EventState

T = TypeVar("T")
CALM_SECONDS = 12.0  # longer than the pause between two sweeps
PATIENCE = 900.0  # Meta repeats an unanswered webhook after up to five minutes


def name(customer: int) -> str:
    return f"Customer {customer}"


async def customers(simulator: httpx.AsyncClient, count: int) -> None:
    """Every third hides the phone number."""
    for number in range(count):
        facts = {
            "id": f"c{number}",
            "name": name(number),
            "phone": f"+3461{number:07d}",
            "phone_visible": number % 3 != 0,
        }
        (await simulator.post("/sim/customers", json=facts)).raise_for_status()


def hire(agents: int) -> list[str]:
    """More agents; returns a cookie for each."""
    with db.transaction() as session:
        place = session.exec(select(Workspace)).one()
        known = session.exec(select(User).where(User.email == demo.AGENT[0])).one()
        people = []
        for number in range(agents):
            user = User(
                email=f"agent{number}@demo.test",
                name=f"Agent {number}",
                password_hash=known.password_hash,
            )
            session.add(user)
            session.flush()
            session.add(Membership(workspace_id=place.id, user_id=user.id, role=Role.AGENT))
            session.flush()
            people.append(sessions.start(session, user.id, workspace_id=place.id))
    return [f"{sessions.cookie_name()}={token}" for token in people]


def conversation_of(session: Session, customer: int) -> int | None:
    return session.exec(
        select(Conversation.id).where(Conversation.title == name(customer))
    ).one_or_none()


# ---- yesterday


async def yesterday(simulator: httpx.AsyncClient, plan: Plan) -> float:
    """The first customers write, each 24 hours before their window is to close.

    Returns the moment, on the real clock, at which today begins.
    """
    source = Random(plan.settings.seed)
    begins = time.time() + 20 + len(plan.closes_at) / 10
    for customer in sorted(range(len(plan.closes_at)), key=lambda each: plan.closes_at[each]):
        at = begins + plan.closes_at[customer] - 24 * 3600
        await _move_clock(simulator, at - time.time())
        await _writes(simulator, customer, question(source, customer, 0))
    await calm(simulator, 3.0)
    await asyncio.sleep(max(0.0, begins - 1 - time.time()))
    (await simulator.post("/sim/clock", json={"reset": True})).raise_for_status()
    return begins


async def _move_clock(simulator: httpx.AsyncClient, offset: float) -> None:
    answer = await simulator.post("/sim/clock", json={"offset_seconds": offset})
    answer.raise_for_status()


async def _writes(simulator: httpx.AsyncClient, customer: int, text: str) -> None:
    answer = await simulator.post(f"/sim/customers/c{customer}/messages", json={"text": text})
    answer.raise_for_status()


# ---- the admin


async def mend() -> None:
    """The admin presses Test until the number works again."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if await patiently(_test):
            return
        await asyncio.sleep(1)
    raise TimeoutError("the number did not work again")


async def _test() -> bool:
    with db.reading() as session:
        channel = session.exec(select(Channel)).one()
        subject = connection_check.subject(session, _admin(session), channel.id)
    report = await connection_check.examine(await process_client.graph(), subject)
    with db.transaction() as session:
        connection_check.record(session, subject, report)
    with db.reading() as session:
        status = session.exec(select(WhatsAppConnection.status)).one()
    return status is ConnectionStatus.CONNECTED


def _admin(session: Session) -> Actor:
    place = session.exec(select(Workspace)).one()
    user = session.exec(select(User).where(User.email == demo.ADMIN[0])).one()
    return Actor(user.id, place.id, Role.ADMIN, user.name)


async def patiently(work: Callable[[], Awaitable[T]]) -> T:
    """Again until the database answers; it may be away at this very moment."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return await work()
        except DBAPIError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.5)


# ---- calm


async def calm(simulator: httpx.AsyncClient, seconds: float = CALM_SECONDS) -> dict[str, int]:
    """Wait until nothing has been left to do for so long; returns what still was, if ever."""
    until = time.monotonic() + PATIENCE
    quiet = time.monotonic()
    while True:
        left = await patiently(lambda: _left(simulator))
        if any(left.values()):
            quiet = time.monotonic()
        if time.monotonic() - quiet > seconds or time.monotonic() > until:
            return {what: number for what, number in left.items() if number}
        await asyncio.sleep(0.5)


async def _left(simulator: httpx.AsyncClient) -> dict[str, int]:
    pending = (await simulator.get("/sim/state")).json()["pending"]
    return {"webhooks and statuses of Meta": len(pending)} | await asyncio.to_thread(_in_database)


def _in_database() -> dict[str, int]:
    asked = {
        "stored webhooks": select(func.count()).where(col(WebhookEvent.state) == EventState.STORED),
        "messages on their way": select(func.count()).where(
            col(Message.status).in_((MessageStatus.QUEUED, MessageStatus.SENDING))
        ),
        "calls under way": select(func.count()).where(
            col(SendAttempt.outcome) == AttemptOutcome.STARTED
        ),
        "conversations before the assistant": select(func.count()).where(
            col(Conversation.needs_reply)
        ),
    }
    with db.reading() as session:
        return {what: session.exec(query).one() for what, query in asked.items()}
