"""Two companies on one deployment: Harbour was connected by Embedded Signup, so was Hill; Mill has
an app of its own."""

from collections.abc import AsyncIterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest

from domain import channels, webhook_delivery, webhook_log
from domain.access import Actor
from domain.webhook_delivery import Detail
from domain.webhook_log import Row
from illumichat_app import db, ingest
from illumichat_app.clock import now
from models import Channel, Role, WebhookEvent
from tests import factories, payloads
from tests.accounts.conftest import _nobody_is_remembered, _quick_hashes
from tests.conftest import PLATFORM_SECRET
from tests.flows.stack import apply_events, rows
from tests.payloads import encode
from tests.security import pipeline

__all__ = ["_nobody_is_remembered", "_quick_hashes"]

MILL_SECRET = "mill-app-secret"


@dataclass(frozen=True)
class Company:
    admin: Actor
    agent: Actor
    channel: Channel
    phone_number_id: str
    waba_id: str
    display: str


@dataclass(frozen=True)
class World:
    harbour: Company
    hill: Company
    mill: Company


def company(name: str, number: str, waba: str, display: str, secret: str | None = None) -> Company:
    with db.transaction() as session:
        place = factories.workspace(session, name)
        channel = factories.channel(
            session,
            place,
            factories.assistant(session, place),
            phone_number_id=number,
            waba_id=waba,
            display=display,
            app_secret=secret,
        )
        admin = factories.person(session, place, "Ana Ruiz", Role.ADMIN)
        agent = factories.person(session, place, "Sam Okoro")
    return Company(admin, agent, channel, number, waba, display)


@pytest.fixture
def world(database: str, redis: None, noon: object) -> World:
    return World(
        company("Harbour", "310000000000007", "210000000000001", "+44 20 7946 0991"),
        company("Hill", "320000000000008", "220000000000002", "+44 20 7946 0992"),
        company("Mill", "330000000000009", "230000000000003", "+44 20 7946 0993", MILL_SECRET),
    )


@pytest.fixture
async def server() -> AsyncIterator[pipeline.Server]:
    async with pipeline.server() as running:
        yield running


# ---- bodies


def change(of: Company, name: str = "03_text", **marks: str) -> dict[str, Any]:
    """The first change of a payload, for a company's number; `wamid` renames its message."""
    entry = payloads.load(name)["entry"][0]
    made = deepcopy(entry["changes"][0])
    made["value"]["metadata"] = {
        "display_phone_number": "".join(filter(str.isdigit, of.display)),
        "phone_number_id": of.phone_number_id,
    }
    if "wamid" in marks:
        made["value"]["messages"][0]["id"] = marks["wamid"]
    return made


def envelope(*parts: tuple[Company, list[dict[str, Any]]]) -> dict[str, Any]:
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": of.waba_id, "time": 1791500000, "changes": items} for of, items in parts],
    }


def text(of: Company, wamid: str = "wamid.A") -> dict[str, Any]:
    """One company's one message."""
    return envelope((of, [change(of, wamid=wamid)]))


def strange(of: Company) -> dict[str, Any]:
    return envelope((of, [{"field": "brand_new", "value": {"anything": 1}}]))


def poison(of: Company) -> dict[str, Any]:
    """A message whose time is missing, beside a good one."""
    bad = change(of, wamid="wamid.BAD")
    del bad["value"]["messages"][0]["timestamp"]
    return envelope((of, [bad, change(of, wamid="wamid.GOOD")]))


def stored(payload: object, secret: str = PLATFORM_SECRET, copies: int = 1) -> int:
    """Store a delivery as the door does; returns its number."""
    body = payload if isinstance(payload, bytes) else encode(payload)
    signed = {"x-hub-signature-256": "sha256=" + "ab" * 32, "user-agent": "facebookexternalua"}
    arrival = ingest.Arrival(channels.fingerprint(secret), body, signed, now())
    ingest.store([arrival] * copies)
    return rows(WebhookEvent)[-1].id


def delivered(payload: object, secret: str = PLATFORM_SECRET, copies: int = 1) -> int:
    """Store a delivery and apply it."""
    number = stored(payload, secret, copies)
    apply_events()
    return number


# ---- what a person sees


def seen(who: Company, show: webhook_log.Show = "all") -> list[Row]:
    with db.reading() as session:
        return webhook_log.page(session, who.admin, show).rows


def ids(who: Company, show: webhook_log.Show = "all") -> list[int]:
    return [row.id for row in seen(who, show)]


def opened(who: Company, event: int) -> Detail:
    with db.reading() as session:
        return webhook_delivery.detail(session, who.admin, event)


def body(who: Company, event: int, *, pretty: bool = False) -> str:
    with db.reading() as session:
        return webhook_delivery.body(session, who.admin, event, pretty=pretty)[0]
