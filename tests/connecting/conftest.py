import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from domain import connecting, connection_check, signing
from domain.access import Actor
from illumichat_app import clock, db, webhook
from integrations.whatsapp import process_client
from integrations.whatsapp.client import GraphClient
from integrations.whatsapp.manual import Values
from integrations.whatsapp.signup import Answer, StepResult
from meta_simulator import Simulator
from meta_simulator.clock import Clock
from models import Assistant, ConnectionStatus, Role, WhatsAppConnection, Workspace
from tests import factories
from tests.conftest import PLATFORM_SECRET, VERIFY_TOKEN
from tests.flows.stack import rows

KITE_SECRET = "kite-app-secret-canary"


@dataclass
class Shop:
    """A workspace with an assistant and no number, and Meta on the other end."""

    simulator: Simulator
    client: GraphClient
    workspace: Workspace
    assistant: Assistant
    ana: Actor  # admin
    sam: Actor  # agent

    async def sign_up(self, **choice: Any) -> list[StepResult]:
        """Go through the signup window and hand its answer over."""
        return await self.finish(self.answer(**choice))

    def answer(self, **choice: Any) -> Answer:
        given = self.simulator.finish_signup(**choice)
        data = given["data"]
        return Answer(
            given["code"], data["waba_id"], data.get("phone_number_id", ""), given["event"]
        )

    async def finish(
        self, answer: Answer, actor: Actor | None = None, assistant: Assistant | None = None
    ) -> list[StepResult]:
        journey = connecting.finish_signup(
            self.client, actor or self.ana, (assistant or self.assistant).id, answer
        )
        return [step async for step in journey]

    def company(self, **facts: Any) -> dict[str, Any]:
        """A company at Meta with an app of its own."""
        app = {
            "secret": KITE_SECRET,
            "callback_url": connection_check.callback_url(),
            "verify_token": VERIFY_TOKEN,
        }
        return self.simulator.add_tenant(**{"name": "Blue Kite", "app": app} | facts)

    async def connect(self, **changes: str) -> connecting.ManualOutcome:
        """Connect a company's number with its own credentials."""
        return await connecting.connect_manually(
            self.client, self.ana, self.assistant.id, values(self.company(), **changes)
        )

    async def check(self) -> dict[str, StepResult]:
        """What the Test button shows, by name; recorded like there."""
        (row,) = live()
        with db.reading() as session:
            subject = connection_check.subject(session, self.ana, row.channel_id)
        report = await connection_check.examine(self.client, subject)
        await db.run(connection_check.record, subject, report)
        return {step.name: step for step in report.steps}

    def number(self, phone_number_id: str) -> Any:
        return self.simulator.world.numbers[phone_number_id]


def values(company: dict[str, Any], **changes: str) -> Values:
    """The form of a manual connection, filled in as the company's Meta app says."""
    return Values(
        **{
            "phone_number_id": company["phone_number_id"],
            "waba_id": company["waba_id"],
            "access_token": company["token"],
            "app_secret": company["app_secret"],
        }
        | changes
    )


def live() -> list[WhatsAppConnection]:
    found = rows(WhatsAppConnection)
    return [row for row in found if row.status is not ConnectionStatus.DISCONNECTED]


def lose(row: WhatsAppConnection, *columns: str) -> None:
    """What is stored was written with another key."""
    strange = Fernet(Fernet.generate_key()).encrypt(b"secret").decode()
    with db.engine().begin() as connection:
        for column in columns or ("access_token", "app_secret", "pin"):
            connection.execute(
                text(f"UPDATE whatsapp_connection SET {column} = :it WHERE id = :id"),
                {"it": strange, "id": row.id},
            )


def states(steps: list[StepResult] | tuple[StepResult, ...]) -> dict[str, str]:
    return {step.name: step.state.value for step in steps}


def another(shop: Shop, name: str = "Second desk") -> Assistant:
    """Another assistant of the same workspace."""
    with db.transaction() as session:
        made = Assistant(workspace_id=shop.workspace.id, name=name)
        session.add(made)
        session.flush()
        return made


def competitor() -> tuple[Actor, Assistant]:
    """An admin of another workspace, and an assistant there."""
    with db.transaction() as session:
        place = factories.workspace(session, "Rival Ropes")
        return factories.person(session, place, "Rita Rival", Role.ADMIN), factories.assistant(
            session, place
        )


class Wire(httpx.AsyncBaseTransport):
    """Meta over a line on which a test changes answers, or puts its own in their place."""

    def __init__(self, shop: Shop, change: Callable[[httpx.Request], Awaitable[Any]]) -> None:
        self.inner = httpx.ASGITransport(shop.simulator.app)
        self.change = change

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        changed = await self.change(request)
        if isinstance(changed, httpx.Response):
            return changed
        answer = await self.inner.handle_async_request(request)
        answer.headers.update(changed or {})
        return answer


@asynccontextmanager
async def wired(
    shop: Shop, change: Callable[[httpx.Request], Awaitable[Any]]
) -> AsyncIterator[GraphClient]:
    wire = Wire(shop, change)
    async with GraphClient("http://graph.test", "v26.0", slots=4, transport=wire) as client:
        shop.client, before = client, shop.client
        yield client
        shop.client = before


def away(*words: str) -> Callable[[httpx.Request], Awaitable[Any]]:
    """Meta has a problem with every request whose address holds one of the words."""

    async def change(request: httpx.Request) -> httpx.Response | None:
        if any(word in f"{request.method} {request.url}" for word in words):
            return httpx.Response(503, json={"error": {"code": 2, "message": "Service problem"}})
        return None

    return change


@pytest.fixture
async def shop(
    database: str, redis: None, noon: object, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Shop]:
    with db.transaction() as session:
        place = factories.workspace(session)
        helper = factories.assistant(session, place)
        ana = factories.person(session, place, "Ana Ruiz", Role.ADMIN)
        sam = factories.person(session, place, "Sam Okafor")
    signing.forget()
    transport = httpx.ASGITransport(webhook.app)
    async with httpx.AsyncClient(transport=transport) as door:
        simulator = Simulator(
            callback_url=connection_check.callback_url(),
            app_secret=PLATFORM_SECRET,
            verify_token=VERIFY_TOKEN,
            http=door,
            clock=Clock(source=lambda: clock.now().timestamp()),
            allowed_hosts=["graph.test"],
        )
        meta = httpx.ASGITransport(simulator.app)
        async with GraphClient("http://graph.test", "v26.0", slots=4, transport=meta) as client:
            monkeypatch.setitem(process_client._clients, asyncio.get_running_loop(), client)
            yield Shop(simulator, client, place, helper, ana, sam)
