from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import select

from domain.access import Actor
from illumichat_app import db
from models import AuditEntry, KnowledgePassage, Role, Workspace
from tests import factories
from tests.accounts.conftest import Team, _nobody_is_remembered, _quick_hashes
from tests.flows.stack import rows
from tests.security import pipeline

__all__ = ["_nobody_is_remembered", "_quick_hashes"]


@dataclass(frozen=True)
class Office(Team):
    """The team, and what its admin may change."""

    helper: int
    passage: int
    channel: int


@pytest.fixture
def office(database: str, redis: None, noon: datetime) -> Office:
    with db.transaction() as session:
        place = factories.workspace(session)
        other = factories.workspace(session, "Hill Bakery")
        helper = factories.assistant(session, place, returns="Within 30 days.")
        passage = session.exec(select(KnowledgePassage.id)).one()
        return Office(
            admin=factories.person(session, place, "Ana Ruiz", Role.ADMIN),
            agent=factories.person(session, place, "Sam Okoro"),
            stranger=factories.person(session, other, "Kim Vale", Role.ADMIN),
            helper=helper.id,
            passage=passage,
            channel=factories.channel(session, place, helper).id,
        )


def does(work: Any, *args: Any, **kwargs: Any) -> Any:
    """Do `work(session, …)` in a transaction of its own."""
    with db.transaction() as session:
        return work(session, *args, **kwargs)


def trail() -> list[tuple[str, str, str, str]]:
    """Who did what to what, in the order of doing."""
    found = sorted(rows(AuditEntry), key=lambda row: row.id)
    return [(row.actor_name, row.action.value, row.subject, row.detail) for row in found]


def write(who: Actor, count: int, **facts: Any) -> None:
    """Lines that nobody caused."""
    given = {"actor_id": who.user_id, "actor_name": who.name, "action": "assistant_created"}
    with db.transaction() as session:
        for number in range(1, count + 1):
            line = given | {"subject": f"Helper {number}"} | facts
            session.add(AuditEntry(workspace_id=who.workspace_id, **line))
            session.flush()


def in_zone(who: Actor, name: str) -> None:
    with db.transaction() as session:
        session.get_one(Workspace, who.workspace_id).time_zone = name


@pytest.fixture
async def server() -> AsyncIterator[pipeline.Server]:
    async with pipeline.server() as running:
        yield running
