"""The CSV file: what the page shows, for its own admins, and never a formula."""

import csv
import io
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from domain import analytics
from domain.access import Actor
from domain.analytics import Scope
from domain.analytics_period import Asked
from illumichat_app import analytics_routes, db
from models import Conversation, Role
from tests import factories
from tests.accounts.conftest import Team
from tests.analytics.test_scripted_day import the_day
from tests.flows.stack import Stack

pytestmark = pytest.mark.anyio
FILE = "/api/analytics.csv"


@pytest.fixture
async def door(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=analytics_routes.routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:3000") as client:
        yield client


async def fetched(door: httpx.AsyncClient, who: Actor, query: str = "") -> httpx.Response:
    return await door.get(f"{FILE}{query}", headers={"cookie": Team(who, who, who).signed_in(who)})


def lines(answer: httpx.Response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def part(read: list[list[str]], heading: str) -> list[list[str]]:
    """The lines below a heading, up to the next empty one."""
    start = next(n for n, line in enumerate(read) if line[:1] == [heading])
    end = next((n for n in range(start, len(read)) if not read[n]), len(read))
    return read[start + 1 : end]


async def test_it_equals_the_page(stack: Stack, door: httpx.AsyncClient) -> None:
    await the_day(stack)
    answer = await fetched(door, stack.ana, "?assistant=1&days=7")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "2026-11-17-to-2026-11-23.csv" in answer.headers["content-disposition"]
    assert "no-store" in answer.headers["cache-control"]
    with db.reading() as session:
        where = analytics.place(session, stack.ana, Scope(1), Asked("7"))
        page = analytics.read(session, stack.ana, where)
    read = lines(answer)
    shown = [tile.value.replace("\N{NO-BREAK SPACE}", "") for tile in (*page.tiles, *page.facts)]
    assert [line[1] for line in part(read, "Figure")] == shown
    assert shown[:4] == ["9", "4", "5", "40.0%"]
    assert [line[:3] for line in part(read, "Day")] == [
        [day.iso, str(day.inbound), str(day.outbound)] for day in page.days
    ]
    assert part(read, "When customers write")[0][13] == "1"
    assert part(read, "Why messages failed") == [
        ["This customer cannot receive it on WhatsApp.", "1", "100.0%"]
    ]
    assert len(part(read, "Recent conversations")) == 3


async def test_a_customers_name_is_no_formula(stack: Stack, door: httpx.AsyncClient) -> None:
    with db.transaction() as session:
        factories.conversation(session, stack.channel, title='=HYPERLINK("http://evil.test")')
        factories.conversation(session, stack.channel, title="Ben", last_preview="+34 612 55 50 14")
    read = lines(await fetched(door, stack.ana))
    cells = [cell for line in part(read, "Recent conversations") for cell in line]
    assert '\'=HYPERLINK("http://evil.test")' in cells
    assert "'+34 612 55 50 14" in cells


async def test_all_channels_of_the_workspace_without_a_name(
    stack: Stack, door: httpx.AsyncClient
) -> None:
    await the_day(stack)
    read = lines(await fetched(door, stack.ana, f"?channel={stack.channel.id}"))
    everything = lines(await fetched(door, stack.ana))
    assert read[0] == ["WhatsApp analytics", "Harbour Support"]
    assert everything[0] == ["WhatsApp analytics", "Harbour Supplies"]
    assert part(read, "Figure") == part(everything, "Figure")


async def test_an_agent_is_refused(stack: Stack, door: httpx.AsyncClient) -> None:
    answer = await fetched(door, stack.sam, "?assistant=1")
    assert (answer.status_code, answer.text) == (
        403,
        "Only an admin of this workspace can do that.",
    )


async def test_nobody_signed_in_is_refused(door: httpx.AsyncClient) -> None:
    assert (await door.get(FILE)).status_code == 401


@pytest.mark.parametrize("query", ["?assistant=1", "?channel=1"])
async def test_another_company_finds_nothing(
    stack: Stack, door: httpx.AsyncClient, query: str
) -> None:
    await the_day(stack)
    with db.transaction() as session:
        place = factories.workspace(session, "Hill Bakery")
        stranger = factories.person(session, place, "Kim Vale", Role.ADMIN)
    assert (await fetched(door, stranger, query)).status_code == 404
    own = lines(await fetched(door, stranger))
    assert part(own, "Figure")[0][1] == "0"
    assert part(own, "Recent conversations") == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?days=8", 422),
        ("?from=2026-11-22&to=2026-11-20", 422),
        ("?from=2026-11-22", 422),
        ("?assistant=0", 404),
        ("?assistant=x", 404),
        ("?channel=-1", 404),
        (f"?channel={'9' * 30}", 404),
    ],
)
async def test_an_address_that_means_nothing(
    stack: Stack, door: httpx.AsyncClient, query: str, status: int
) -> None:
    assert (await fetched(door, stack.ana, query)).status_code == status


async def test_a_conversation_without_a_name_is_a_whatsapp_user(
    stack: Stack, door: httpx.AsyncClient
) -> None:
    with db.transaction() as session:
        row: Conversation = factories.conversation(session, stack.channel, title="")
    assert row.id
    read = lines(await fetched(door, stack.ana))
    assert part(read, "Recent conversations")[0][0] == "WhatsApp user"
