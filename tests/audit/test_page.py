"""The Audit tab, through the real guard and the real handlers."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from reflex_base.utils.format import format_event_handler

from domain import accounts, audit
from domain.access import Actor
from illumichat_app import clock, db
from illumichat_app.errors import NotAllowed
from models import Role
from state import live
from state.audit import MOST_PAGES, AuditTrail
from tests import factories
from tests.audit.conftest import Office, does, in_zone, write
from tests.conftest import NOON
from tests.security import pipeline

pytestmark = pytest.mark.anyio


class Page:
    """The tab as one person sees it."""

    def __init__(self, server: pipeline.Server, office: Office, who: Actor) -> None:
        self.tab = server.tab(office.signed_in(who), path="/settings/")
        self.wire = server.wire

    async def do(self, handler: str, **payload: object) -> None:
        assert (
            await self.tab.send(format_event_handler(AuditTrail.event_handlers[handler]), **payload)
            == []
        )

    def shown(self, name: str) -> Any:
        return self.wire.var_values.get(f"state___audit____audit_trail.{name}_rx_state_")

    @property
    def subjects(self) -> list[str]:
        return [line.subject for line in self.shown("lines")]


@pytest.fixture
async def admin(server: pipeline.Server, office: Office) -> Page:
    return Page(server, office, office.admin)


async def test_a_line_says_who_what_and_when(admin: Page, office: Office) -> None:
    does(accounts.change_role, office.admin, office.agent.user_id, Role.ADMIN)
    await admin.do("load")
    (line,) = admin.shown("lines")
    assert (line.who, line.did, line.subject, line.detail) == (
        "Ana Ruiz",
        "changed the role of",
        "Sam Okoro",
        "From agent to admin",
    )
    assert (line.day, line.at, line.initials, line.left) == ("Today", "12:00", "AR", False)


async def test_days_are_the_workspaces_own(admin: Page, office: Office) -> None:
    in_zone(office.admin, "Asia/Tokyo")  # noon in UTC is 21:00 there
    for hours in (50, 22, 20, 0):
        write(office.admin, 1, created_at=NOON - timedelta(hours=hours))
    await admin.do("load")
    assert [(line.day, line.at) for line in admin.shown("lines")] == [
        ("Today", "21:00"),
        ("Today", "01:00"),
        ("Yesterday", "23:00"),
        ("Saturday 21 November", "19:00"),
    ]


async def test_a_new_day_renews_the_names_of_the_days(admin: Page, office: Office) -> None:
    write(office.admin, 1)
    await admin.do("load")
    viewer = live.viewers[admin.tab.token]
    assert viewer.refresh_at["audit"] == NOON + timedelta(hours=12)
    clock.freeze(NOON + timedelta(hours=12))
    await admin.do("refresh")
    assert [line.day for line in admin.shown("lines")] == ["Yesterday"]


async def test_the_newest_come_first_and_the_rest_on_asking(admin: Page, office: Office) -> None:
    write(office.admin, audit.PAGE + 2)
    await admin.do("load")
    assert admin.subjects == [f"Helper {n}" for n in range(audit.PAGE + 2, 2, -1)]
    assert admin.shown("has_more") is True
    await admin.do("more")
    assert admin.subjects == [f"Helper {n}" for n in range(audit.PAGE + 2, 0, -1)]
    assert admin.shown("has_more") is False
    await admin.do("more")
    assert len(admin.subjects) == audit.PAGE + 2


async def test_what_was_written_meanwhile_shifts_no_page(admin: Page, office: Office) -> None:
    write(office.admin, audit.PAGE + 1)
    await admin.do("load")
    write(office.admin, 1, subject="Newest")
    await admin.do("more")
    assert len(admin.subjects) == len(set(admin.subjects)) == audit.PAGE + 1
    await admin.do("refresh")
    assert admin.subjects[0] == "Newest"
    assert len(admin.subjects) == audit.PAGE + 2


async def test_a_tab_holds_so_many_lines_at_most(admin: Page, office: Office) -> None:
    with db.transaction() as session:
        session.exec(sa.insert(audit.AuditEntry).values(many(office.admin)))
    await admin.do("load")
    for _ in range(MOST_PAGES + 3):
        await admin.do("more")
    assert len(admin.subjects) == MOST_PAGES * audit.PAGE
    assert (admin.shown("has_more"), admin.shown("cut")) == (False, True)


def many(who: Actor) -> list[dict[str, Any]]:
    line = {
        "workspace_id": who.workspace_id,
        "actor_name": who.name,
        "action": "assistant_created",
        "created_at": NOON,
        "subject": "",
        "detail": "",
    }
    return [line] * (MOST_PAGES * audit.PAGE + 5)


# ---- filters


@pytest.fixture
def mixed(office: Office) -> Office:
    """Changes of three people, of whom one left and one has no account any more."""
    write(office.admin, 1, subject="by Ana")
    write(office.agent, 1, subject="by Sam", action="member_invited")
    write(office.admin, 1, subject="by nobody", actor_id=None, actor_name="")
    does(accounts.remove_member, office.admin, office.agent.user_id)
    return office


@pytest.mark.parametrize(
    ("person", "subjects"),
    [
        ("all", ["Sam Okoro", "by nobody", "by Sam", "by Ana"]),
        ("admin", ["Sam Okoro", "by Ana"]),
        ("left", ["by nobody", "by Sam"]),
        ("stranger", []),
        ("no such person", ["Sam Okoro", "by nobody", "by Sam", "by Ana"]),
    ],
)
async def test_one_persons_changes(
    admin: Page, mixed: Office, person: str, subjects: list[str]
) -> None:
    await admin.do("load")
    who = getattr(mixed, person, None)
    await admin.do("choose_person", person=str(who.user_id) if who else person)
    assert [each.partition(" (")[0] for each in admin.subjects] == subjects


async def test_the_people_to_choose_are_the_members(admin: Page, mixed: Office) -> None:
    await admin.do("load")
    assert [one.name for one in admin.shown("people")] == ["Ana Ruiz"]
    named = {line.subject: (line.who, line.left) for line in admin.shown("lines")}
    assert named["by Sam"] == ("Sam Okoro", True)
    assert named["by nobody"] == ("Someone who left", True)
    assert named["by Ana"] == ("Ana Ruiz", False)


async def test_one_kind_of_change(admin: Page, mixed: Office) -> None:
    await admin.do("load")
    await admin.do("choose_kind", kind="assistants")
    assert admin.subjects == ["by nobody", "by Ana"]
    await admin.do("choose_person", person="left")
    assert admin.subjects == ["by nobody"]
    await admin.do("choose_kind", kind="numbers")
    assert admin.subjects == []
    assert admin.shown("filtered") is True


async def test_an_unknown_kind_is_refused(admin: Page, mixed: Office) -> None:
    await admin.do("load")
    await admin.do("choose_kind", kind="secrets")
    assert "sent something unexpected" in admin.wire.events[-1]
    assert len(admin.subjects) == 4


# ---- who may see it


async def test_an_agent_sees_nothing(server: pipeline.Server, office: Office) -> None:
    write(office.admin, 1, subject="canary of the admins")
    agent = Page(server, office, office.agent)
    for handler, payload in (
        ("load", {}),
        ("refresh", {}),
        ("more", {}),
        ("choose_person", {"person": "all"}),
        ("choose_kind", {"kind": "all"}),
    ):
        await agent.do(handler, **payload)
        assert "Your role does not allow this" in agent.wire.events[-1]
    await agent.do("resume")
    assert "canary of the admins" not in agent.wire.text
    assert not agent.shown("lines")


@pytest.mark.parametrize("read", [audit.page, audit.people])
def test_the_domain_refuses_an_agent_too(office: Office, read: Any) -> None:
    with db.reading() as session, pytest.raises(NotAllowed):
        read(session, office.agent)


async def test_another_workspace_sees_its_own_only(server: pipeline.Server, office: Office) -> None:
    write(office.admin, 1, subject="canary of the harbour")
    write(office.stranger, 1, subject="bakery")
    stranger = Page(server, office, office.stranger)
    await stranger.do("load")
    await stranger.do("choose_person", person=str(office.admin.user_id))
    assert stranger.subjects == []
    await stranger.do("choose_person", person="left")
    assert stranger.subjects == []
    await stranger.do("choose_person", person="all")
    assert stranger.subjects == ["bakery"]
    assert "canary of the harbour" not in stranger.wire.text
    assert "Ana Ruiz" not in stranger.wire.text


async def test_a_member_of_another_workspace_only_counts_as_left(office: Office) -> None:
    """Membership is asked for in the line's own workspace."""
    with db.transaction() as session:
        place = factories.workspace(session, "Third place")
        factories.person(session, place, "Nobody")
        session.add(
            audit.Membership(workspace_id=place.id, user_id=office.agent.user_id, role=Role.ADMIN)
        )
    write(office.agent, 1)
    does(accounts.remove_member, office.admin, office.agent.user_id)
    with db.reading() as session:
        lines = audit.page(session, office.admin).lines
    assert [(line.who, line.left) for line in lines] == [("Ana Ruiz", False), ("Sam Okoro", True)]


# ---- fresh, and cheap


async def test_the_open_tab_is_renewed_and_the_left_one_is_not(admin: Page, office: Office) -> None:
    await admin.do("load")
    assert admin.shown("lines") == []
    viewer = live.viewers[admin.tab.token]
    assert viewer.shows({1}) == {"audit"}
    assert viewer.refreshers["audit"] == format_event_handler(AuditTrail.event_handlers["refresh"])
    await admin.do("leave")
    assert "audit" not in viewer.refreshers
    await admin.do("resume")
    assert "audit" not in viewer.refreshers


async def test_a_browser_that_comes_back_reads_anew(admin: Page, office: Office) -> None:
    await admin.do("load")
    live.viewers.clear()
    write(office.admin, 1)
    await admin.do("resume")
    assert admin.subjects == ["Helper 1"]
    assert admin.tab.token in live.viewers


def test_a_change_nudges_its_workspace(office: Office) -> None:
    with db.transaction() as session:
        audit.note(session, office.admin, audit.AuditAction.ASSISTANT_CREATED, "Night shift")
        assert session.info["nudges"] == {(office.admin.workspace_id, None)}


def test_a_page_is_one_query_along_the_index(office: Office) -> None:
    write(office.admin, 3)
    asked: list[tuple[str, Any]] = []

    def note(*given: Any) -> None:
        asked.append((given[2], given[3]))

    sa.event.listen(db.engine(), "before_cursor_execute", note)
    with db.reading() as session:
        audit.page(session, office.admin, after=99)
    sa.event.remove(db.engine(), "before_cursor_execute", note)
    (query,) = [each for each in asked if each[0].startswith("SELECT")]
    if db.engine().dialect.name == "sqlite":
        with db.engine().connect() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query[0]}", query[1]).all()
        assert "ix_audit_entry_newest" in str(plan)
        assert "TEMP B-TREE" not in str(plan)
