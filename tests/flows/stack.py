"""The whole product in one process: webhook, lanes and the simulated Meta, over real HTTP shapes.

Nothing runs by itself: `settle` delivers and drains until nobody has anything left to do.
"""

from dataclasses import dataclass
from typing import Any

import httpx
from sqlmodel import Session, select

import workers.inbound
import workers.media
import workers.outbox
import workers.replies
from domain.access import Actor
from illumichat_app import db, webhook
from integrations.whatsapp import signature
from meta_simulator import Simulator
from models import Channel, Conversation, Message, Role, WebhookEvent, Workspace
from tests import factories, payloads
from tests.conftest import PLATFORM_SECRET
from tests.payloads import encode

PASSAGES = {
    "delivery": "Parcels are delivered in two working days. Orders over 50 euro ship free.",
    "returns": "You can return anything within 30 days. Write to us and we send you a label.",
    "opening_hours": "The shop is open from Monday to Friday, 9:00 to 17:00.",
}


@dataclass
class Stack:
    simulator: Simulator
    door: httpx.AsyncClient
    workspace: Workspace
    channel: Channel
    ana: Actor
    sam: Actor

    async def settle(self) -> None:
        """Deliver webhooks and run every lane until all is quiet."""
        for _ in range(50):
            moved = await self.simulator.settle() + await self.drain()
            if not moved:
                return
        raise AssertionError("the stack never became quiet")

    async def drain(self) -> int:
        """Run each lane once; returns how many units were worked."""
        return (
            int(workers.inbound.step())
            + await _lane(workers.replies.claim, workers.replies.reply)
            + await _lane(workers.outbox.claim, workers.outbox.send)
            + await _lane(workers.media.claim, workers.media.move)
        )

    async def deliver(self, payload: dict[str, Any], secret: str = PLATFORM_SECRET) -> int:
        """POST a payload as Meta would; returns the HTTP status."""
        body = encode(payload)
        return await self.post(body, signature.sign(secret, body))

    async def receive(self, *names: str) -> None:
        """Deliver payloads of tests/payloads and apply them; no other lane runs."""
        for name in names:
            assert await self.deliver(payloads.load(name)) == 200
            apply_events()

    async def post(self, body: bytes, header: str | None) -> int:
        headers = {"X-Hub-Signature-256": header} if header else {}
        return (await self.door.post(webhook.PATH, content=body, headers=headers)).status_code

    def says(self, text: str, customer: str = "lucia", **fields: Any) -> str:
        return self.simulator.customer_sends(customer, text, **fields)

    def on_phone(self, customer: str = "lucia") -> list[str]:
        """What the business said, as the customer's phone shows it."""
        said = self.simulator.thread(customer).messages
        return [m.content.get("body", m.type) for m in said if not m.inbound]

    def sends(self) -> list[dict[str, Any]]:
        """The messages that reached Meta; read receipts are left out."""
        requests = [entry.request for entry in self.simulator.traffic.entries]
        return [r for r in requests if (isinstance(r, dict) and "to" in r) or "recipient" in r]


def apply_events() -> None:
    """Run the inbound lane until nothing is stored."""
    while workers.inbound.step():
        pass


async def _lane(claim: Any, work: Any) -> int:
    units = await claim(50)
    for unit in units:
        if rest := await work(unit):
            await rest
    return len(units)


def rows(kind: type[Any], **where: Any) -> list[Any]:
    """Every row of a table, oldest first."""
    with db.reading() as session:
        found = select(kind).order_by(kind.id)
        for name, value in where.items():
            found = found.where(getattr(kind, name) == value)
        return list(session.exec(found))


def texts(direction: str) -> list[str]:
    return [row.text for row in rows(Message) if row.direction == direction]


def conversation() -> Conversation:
    """The one conversation there is."""
    (only,) = rows(Conversation)
    return only


def outcome() -> dict[str, Any]:
    """What became of the newest event."""
    return rows(WebhookEvent)[-1].outcome


def seed(session: Session) -> tuple[Workspace, Channel, Actor, Actor]:
    place = factories.workspace(session)
    helper = factories.assistant(session, place, **PASSAGES)
    return (
        place,
        factories.channel(session, place, helper),
        factories.person(session, place, "Ana Ruiz", Role.ADMIN),
        factories.person(session, place, "Sam Okafor"),
    )
