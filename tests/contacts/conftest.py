from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
import reflex as rx
from reflex_base.utils.format import format_event_handler
from reflex_components_core.core._upload import UploadChunk, UploadChunkIterator
from sqlmodel import Session

from domain import contact_edit
from domain.access import Actor
from illumichat_app import db
from models import Channel, Contact, Conversation, CustomerIdentity, Role, Workspace
from state.contact_import import ContactImport
from state.contacts import ContactCard, Contacts
from tests import factories
from tests.accounts.conftest import Team
from tests.security import pipeline


class Shop:
    """A workspace with an admin, an agent and a channel, and an admin from elsewhere."""

    def __init__(self, session: Session) -> None:
        self.place: Workspace = factories.workspace(session)
        self.other: Workspace = factories.workspace(session, "Hill Bakery")
        self.admin: Actor = factories.person(session, self.place, "Ana Ruiz", Role.ADMIN)
        self.agent: Actor = factories.person(session, self.place, "Sam Okoro")
        self.stranger: Actor = factories.person(session, self.other, "Kim Vale", Role.ADMIN)
        self.channel: Channel = factories.channel(
            session, self.place, factories.assistant(session, self.place)
        )

    def contact(self, name: str = "", phone: str = "", email: str = "", **fields: Actor) -> int:
        """Add one as a person does."""
        who = fields.get("who", self.agent)
        with db.transaction() as session:
            return contact_edit.save(session, who, 0, name=name, phone=phone, email=email)

    def talk(self, contact_id: int, **facts: object) -> Conversation:
        """A conversation of the contact."""
        with db.transaction() as session:
            made = factories.conversation(session, self.channel, contact_id=contact_id, **facts)
            session.get_one(CustomerIdentity, made.identity_id).contact_id = contact_id
            return made


@pytest.fixture
def shop(database: str, redis: None, noon: datetime) -> Shop:
    with db.transaction() as session:
        return Shop(session)


def stored(contact_id: int) -> Contact | None:
    with db.reading() as session:
        return session.get(Contact, contact_id)


class Browser:
    """A tab at the contacts page."""

    def __init__(self, server: pipeline.Server, who: Actor) -> None:
        self.server = server
        self.tab = server.tab(Team(who, who, who).signed_in(who), "/contacts/")

    async def do(self, state: Any, handler: str, **payload: Any) -> list[BaseException]:
        name = format_event_handler(state.event_handlers[handler])
        return await self.tab.send(name, **payload)

    async def save(self, **form: str) -> None:
        await self.do(ContactCard, "save", form_data=form)

    async def upload(self, data: bytes, name: str = "people.csv") -> list[BaseException]:
        chunks = UploadChunkIterator(maxsize=100)
        for at in range(0, len(data), 1 << 20):
            part = data[at : at + (1 << 20)]
            await chunks.push(
                UploadChunk(filename=name, offset=at, content_type="text/csv", data=part)
            )
        await chunks.finish()
        return await self.do(ContactImport, "upload", chunks=chunks)

    def var(self, state: type[rx.State], name: str) -> Any:
        """The value the browser saw last."""
        own = state.get_full_name().rpartition(".")[2]
        return self.server.wire.var_values.get(f"{own}.{name}_rx_state_")

    @property
    def told(self) -> str:
        return self.server.wire.events[-1] if self.server.wire.events else ""


@pytest.fixture
async def server() -> AsyncIterator[pipeline.Server]:
    async with pipeline.server() as running:
        yield running


@pytest.fixture
async def admin(server: pipeline.Server, shop: Shop) -> Browser:
    return Browser(server, shop.admin)


@pytest.fixture
async def agent(server: pipeline.Server, shop: Shop) -> Browser:
    return Browser(server, shop.agent)


def titles(tab: Browser) -> list[str]:
    return [row.title for row in tab.var(Contacts, "rows")]
