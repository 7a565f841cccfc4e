from collections.abc import Callable

import pytest
from sqlmodel import select

from domain import outgoing_media, templates
from domain.access import Actor
from domain.outgoing_media import File, Received
from illumichat_app import db
from integrations.whatsapp import process_client
from integrations.whatsapp.client import Credentials
from models import WhatsAppConnection
from tests.accounts.conftest import (  # noqa: F401  fixtures
    _nobody_is_remembered,
    _quick_hashes,
    browser,
    team,
)
from tests.flows.conftest import stack  # noqa: F401  a fixture
from tests.flows.stack import Stack, conversation
from tests.sending import files

TOKEN = Credentials("310000000000007", "EAASIMULATOR")


@pytest.fixture
async def greeted(stack: Stack) -> Stack:  # noqa: F811
    """Lucía has written and the assistant has answered; Meta's templates are known."""
    stack.says("Hello")
    await stack.settle()
    await read_templates()
    return stack


async def read_templates() -> None:
    client = await process_client.graph()
    listed = [each async for each in client.templates(TOKEN, "210000000000001")]
    with db.transaction() as session:
        connection = session.exec(select(WhatsAppConnection)).one()
        templates.replace(session, connection.id, listed)


Attach = Callable[..., File]


@pytest.fixture
def attach() -> Attach:
    """What the upload route does with a file that has arrived."""

    def attached(actor: Actor, content: bytes = files.PDF, name: str = "offer.pdf") -> File:
        place = outgoing_media.place_to_receive()
        place.write_bytes(content)
        with db.transaction() as session:
            received = Received(place, name)
            return outgoing_media.accept(session, actor, conversation().id, received)

    return attached
