"""Whatever is posted to the webhook: no fault of ours, nothing stored that is not signed, nothing
written for a company whose app did not sign, and nothing that stops the lane.

More of it: `python -m tests.security.fuzz 100000`.
"""

import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, seed, settings
from sqlmodel import SQLModel

from domain import channels, signing
from illumichat_app import db, webhook
from integrations.whatsapp import signature
from models import EventState, WebhookEvent
from tests import factories
from tests.flows.stack import apply_events, rows
from tests.security import fuzz
from tests.security.fuzz import ACCOUNTS, AT_ONCE, NUMBERS, SECRETS, Request, Tally

pytestmark = pytest.mark.anyio

FINE = {200, 401, 413}
OWN_APP = {"platform": None, "rival": fuzz.RIVAL_SECRET, "bystander": fuzz.BYSTANDER_SECRET}


@pytest.fixture
async def door(database: str, redis: None, noon: object) -> AsyncIterator[httpx.AsyncClient]:
    signing.forget()
    transport = httpx.ASGITransport(webhook.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app.test") as client:
        yield client
    signing.forget()


@pytest.fixture
def tally() -> Iterator[Tally]:
    found = Tally()
    yield found
    sys.stdout.write(f"\n{found}\n")
    assert {200, 401} <= found.statuses.keys()
    assert {"processed", "failed"} <= found.states.keys()
    assert {"foreign", "messages"} <= found.outcomes.keys()


def begin_again() -> dict[str, int]:
    """Three companies with a conversation each; returns their workspaces."""
    with db.engine().begin() as connection:
        for table in reversed(SQLModel.metadata.sorted_tables):
            connection.execute(table.delete())
    with db.transaction() as session:
        return {name: _company(session, name) for name in NUMBERS}


def _company(session: Any, name: str) -> int:
    place = factories.workspace(session, name)
    channel = factories.channel(
        session,
        place,
        factories.assistant(session, place),
        phone_number_id=NUMBERS[name],
        waba_id=ACCOUNTS[name],
        app_secret=OWN_APP[name],
    )
    talk = factories.conversation(session, channel, wa_id="447700900900")
    for wamid in ("wamid.OUT1", "wamid.OUT2"):
        sent = {"direction": "out", "author": "agent", "status": "accepted", "wamid": wamid}
        factories.message(session, talk, **sent)
    return place.id


def owned(workspace_id: int) -> list[Any]:
    """Every row of a company, of whatever table that names its company or channel."""
    with db.engine().connect() as connection:
        mine = sa.select(sa.column("id")).select_from(
            sa.table("channel", sa.column("workspace_id"))
        )
        mine = mine.where(sa.column("workspace_id") == workspace_id)
        found: list[Any] = []
        for table in SQLModel.metadata.sorted_tables:
            if "workspace_id" in table.c:
                which = table.c.workspace_id == workspace_id
            elif "channel_id" in table.c:
                which = table.c.channel_id.in_(mine)
            else:
                continue
            found += connection.execute(sa.select(table).where(which).order_by(table.c.id)).all()
        return found


async def post(door: httpx.AsyncClient, request: Request) -> int:
    size = len(request.body) // request.pieces + 1

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(request.body), size):
            yield request.body[at : at + size]

    content = request.body if request.pieces == 1 else pieces()
    answer = await door.post(webhook.PATH, content=content, headers=request.headers)
    return answer.status_code


def check_stored(speaker: str, sent: list[Request], answers: list[int]) -> None:
    """What is stored is what was answered with 200, and each of it is signed."""
    accepted = {r.body for r, status in zip(sent, answers, strict=True) if status == 200}
    signed = {r.body for r in sent if r.secret}
    # An app of a company's own is known by the number or account that the body names.
    assert accepted <= signed if speaker == "rival" else accepted == signed
    events = rows(WebhookEvent)
    assert {bytes(event.body) for event in events} == accepted
    signers = {channels.fingerprint(secret): secret for secret in SECRETS.values()}
    for event in events:
        header = event.headers["x-hub-signature-256"]
        assert signature.verify(signers[event.signed_by], bytes(event.body), header)


def count(tally: Tally, answers: list[int], events: list[WebhookEvent]) -> None:
    tally.statuses.update(answers)
    tally.states.update(event.state.value for event in events)
    for event in events:
        quarantined = len(event.outcome.get("quarantined", ()))
        tally.outcomes.update(event.outcome | {"quarantined": quarantined})


async def send(door: httpx.AsyncClient, tally: Tally, speaker: str, sent: list[Request]) -> None:
    companies = begin_again()
    others = [place for name, place in companies.items() if name != speaker]
    before = [owned(place) for place in others]
    answers = [await post(door, request) for request in sent]
    assert set(answers) <= FINE
    check_stored(speaker, sent, answers)
    apply_events()
    events = rows(WebhookEvent)
    assert {event.state for event in events} <= {EventState.PROCESSED, EventState.FAILED}
    assert [owned(place) for place in others] == before
    count(tally, answers, events)


@seed(fuzz.SEED)
@settings(
    max_examples=max(1, fuzz.DELIVERIES // AT_ONCE),
    deadline=None,
    database=None,
    phases=[Phase.generate, *([Phase.shrink] if fuzz.LONG else [])],
    suppress_health_check=list(HealthCheck),
)
@given(attack=fuzz.attacks())
async def test_the_webhook_stands(
    door: httpx.AsyncClient, tally: Tally, attack: tuple[str, list[Request]]
) -> None:
    await send(door, tally, *attack)
