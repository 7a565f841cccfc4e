"""The settings page, through the real guard and the real handlers."""

from collections.abc import AsyncIterator

import pytest
from reflex_base.utils.format import format_event_handler

from domain import accounts, invitations, sessions
from domain.access import Actor
from illumichat_app import db
from models import Role
from state.session import Session
from state.settings import Settings, device
from tests.accounts.conftest import PASSWORD, Team
from tests.security import pipeline
from tests.security.pipeline import Tab

pytestmark = pytest.mark.anyio


@pytest.fixture
async def server() -> AsyncIterator[pipeline.Server]:
    async with pipeline.server() as running:
        yield running


class Page:
    """The settings page as one person sees it."""

    def __init__(self, server: pipeline.Server, team: Team, who: Actor) -> None:
        self.cookie = team.signed_in(who, browser="Mozilla/5.0 (X11; Linux) Firefox/140.0")
        self.tab: Tab = server.tab(self.cookie, path="/settings/")
        self.wire = server.wire

    async def do(self, handler: str, **payload: object) -> str:
        """Call a handler; returns the sentence that the person reads."""
        await self.tab.send(format_event_handler(Settings.event_handlers[handler]), **payload)
        return self.wire.events[-1] if self.wire.events else ""

    def shown(self, name: str) -> object:
        return self.wire.var_values.get(f"state___settings____settings.{name}_rx_state_")


@pytest.fixture
async def admin(server: pipeline.Server, team: Team) -> Page:
    return Page(server, team, team.admin)


@pytest.fixture
async def agent(server: pipeline.Server, team: Team) -> Page:
    return Page(server, team, team.agent)


async def test_an_admin_sees_people_links_and_own_browsers(admin: Page, team: Team) -> None:
    with db.transaction() as session:
        invitations.invite(session, team.admin, role=Role.AGENT, email="lee@demo.test")
    await admin.do("load")
    assert [(row.name, row.role, row.me) for row in admin.shown("members")] == [
        ("Ana Ruiz", "admin", True),
        ("Sam Okoro", "agent", False),
    ]
    assert [row.email for row in admin.shown("invitations")] == ["lee@demo.test"]
    (here,) = admin.shown("browsers")
    assert (here.device, here.current) == ("Firefox on Linux", True)


async def test_an_agent_sees_own_browsers_only(agent: Page, team: Team) -> None:
    await agent.do("load")
    assert not agent.shown("members")
    assert not agent.shown("invitations")
    assert len(agent.shown("browsers")) == 1
    assert team.email(team.admin) not in agent.wire.text


async def test_the_frame_shows_the_person(server: pipeline.Server, team: Team) -> None:
    tab = server.tab(team.signed_in(team.admin))
    await tab.send(format_event_handler(Session.event_handlers["load"]))
    prefix = "state___session____session"
    shown = {
        name: server.wire.var_values[f"{prefix}.{name}_rx_state_"]
        for name in ("name", "initials", "email", "role", "is_admin", "workspace_name")
    }
    assert shown == {
        "name": "Ana Ruiz",
        "initials": "AR",
        "email": team.email(team.admin),
        "role": "admin",
        "is_admin": True,
        "workspace_name": "Harbour Supplies",
    }


async def test_one_saves_ones_own_name(agent: Page, team: Team) -> None:
    assert "saved" in await agent.do("save_name", form_data={"name": "Sam O."})
    with db.reading() as session:
        assert accounts.profile(session, team.agent)[0].name == "Sam O."


async def test_an_empty_name_is_refused_in_words(agent: Page) -> None:
    assert "at least one letter" in await agent.do("save_name", form_data={"name": " "})


@pytest.mark.parametrize("form", [{}, {"name": 7}, {"name": ["x"]}], ids=str)
async def test_a_forged_form_counts_as_empty(agent: Page, form: dict[str, object]) -> None:
    assert "at least one letter" in await agent.do("save_name", form_data=form)


async def test_one_changes_ones_password(agent: Page, team: Team) -> None:
    other = team.signed_in(team.agent)
    form = {"current": PASSWORD, "new": "another good password"}
    assert "1 other browser " in await agent.do("change_password", form_data=form)
    assert sessions.principal(other) is None
    assert sessions.principal(agent.cookie)
    with db.reading() as session:
        accounts.check_password(session, team.email(team.agent), "another good password")


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"current": "wrong", "new": "another good password"}, "current password is not right"),
        ({"current": PASSWORD, "new": "short"}, "at least 10 characters"),
    ],
    ids=["wrong", "short"],
)
async def test_a_password_change_that_is_not_fit_changes_nothing(
    agent: Page, team: Team, form: dict[str, str], sentence: str
) -> None:
    assert sentence in await agent.do("change_password", form_data=form)
    with db.reading() as session:
        accounts.check_password(session, team.email(team.agent), PASSWORD)


async def test_guessing_the_current_password_is_slowed_down(agent: Page, team: Team) -> None:
    """In a browser that somebody left open."""
    wrong = {"current": "guess", "new": "another good password"}
    for _ in range(5):
        assert "current password is not right" in await agent.do("change_password", form_data=wrong)
    right = wrong | {"current": PASSWORD}
    assert "Too many tries" in await agent.do("change_password", form_data=right)
    with db.reading() as session:
        accounts.check_password(session, team.email(team.agent), PASSWORD)


async def test_one_signs_out_another_browser(agent: Page, team: Team) -> None:
    other = team.signed_in(team.agent)
    await agent.do("load")
    number = next(row.id for row in agent.shown("browsers") if not row.current)
    assert "signed out" in await agent.do("revoke", session_id=number)
    assert sessions.principal(other) is None
    assert len(agent.shown("browsers")) == 1


async def test_a_colleagues_browser_cannot_be_signed_out(admin: Page, team: Team) -> None:
    other = team.signed_in(team.agent)
    with db.reading() as session:
        (row,) = sessions.of_person(session, team.agent, other)
    assert "not here any more" in await admin.do("revoke", session_id=row.id)
    assert sessions.principal(other)


async def test_one_signs_out_all_other_browsers(agent: Page, team: Team) -> None:
    others = [team.signed_in(team.agent) for _ in range(2)]
    await agent.do("revoke_others")
    assert [sessions.principal(cookie) for cookie in others] == [None, None]
    assert sessions.principal(agent.cookie)


async def test_an_admin_saves_the_workspace(admin: Page, team: Team) -> None:
    form = {"name": "Harbour & Co", "time_zone": "Asia/Tokyo"}
    assert "saved" in await admin.do("save_workspace", form_data=form)
    with db.reading() as session:
        place = accounts.profile(session, team.admin)[1]
    assert (place.name, place.time_zone) == ("Harbour & Co", "Asia/Tokyo")


async def test_the_invitation_link_is_shown_once(admin: Page, team: Team) -> None:
    await admin.do("invite", form_data={"role": "agent", "email": ""})
    link = str(admin.shown("link"))
    assert link.startswith("http://localhost:3000/invite?token=")
    with db.reading() as session:
        offered = invitations.offer(session, link.partition("token=")[2])
    assert offered.role is Role.AGENT
    await admin.do("show", tab="you")
    assert admin.shown("link") == ""


async def test_an_open_link_is_cancelled(admin: Page, team: Team) -> None:
    await admin.do("invite", form_data={"role": "agent"})
    (row,) = admin.shown("invitations")
    assert "cancelled" in await admin.do("cancel_invitation", invitation_id=row.id)
    assert admin.shown("invitations") == []


async def test_an_admin_changes_roles_and_removes(admin: Page, team: Team) -> None:
    user_id = team.agent.user_id
    await admin.do("load")
    assert "changed" in await admin.do("change_role", user_id=user_id, role="admin")
    assert [row.role for row in admin.shown("members")] == ["admin", "admin"]
    assert "removed" in await admin.do("remove", user_id=user_id)
    assert [row.name for row in admin.shown("members")] == ["Ana Ruiz"]


async def test_removing_oneself_is_refused_in_words(admin: Page, team: Team) -> None:
    assert "Ask another admin" in await admin.do("remove", user_id=team.admin.user_id)


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/156.0 Safari/537.36 Edg/156.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/156.0 Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) Safari/604", "Safari on iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) Firefox/150.0", "Firefox on macOS"),
        ("curl/8", "A browser"),
        ("", "A browser"),
    ],
)
def test_a_browser_has_a_name_people_know(user_agent: str, words: str) -> None:
    assert device(user_agent) == words
