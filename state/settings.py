"""The settings page: the workspace and its people for admins, one's own account for everyone."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import reflex as rx
from reflex.event import EventSpec
from sqlmodel import Session as DatabaseSession
from starlette.concurrency import run_in_threadpool

from domain import accounts, invitations, labels, sessions
from domain.access import Actor
from illumichat_app import slowdown
from illumichat_app.clock import now
from illumichat_app.config import settings
from illumichat_app.errors import Invalid
from models import Role
from state.guard import actor, allow, cookie, look, perform
from state.session import Session

HERE = "settings"  # in the place of an address, for the slow-down
TIME_ZONES = ["UTC", *sorted(name for name in available_timezones() if "/" in name)]
SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "CrOS", "Linux")
BROWSERS = ("Edg", "OPR", "Firefox", "Chrome", "Safari")  # Edge also says Chrome and Safari
NAMES = {"Edg": "Edge", "OPR": "Opera", "Mac OS X": "macOS", "CrOS": "ChromeOS"}


@dataclass
class MemberRow:
    """A person in the workspace."""

    user_id: int
    name: str
    email: str
    role: str
    me: bool


@dataclass
class InvitationRow:
    """A link that still lets someone in."""

    id: int
    email: str
    role: str
    ends: str


@dataclass
class BrowserRow:
    """One of the person's signed-in browsers."""

    id: int
    device: str
    address: str
    seen: str
    current: bool


class Settings(rx.State):
    """Read anew after each change, so that the page shows what is stored."""

    tab: str = "you"
    members: list[MemberRow] = []  # noqa: RUF012  a var's default; Reflex copies it
    invitations: list[InvitationRow] = []  # noqa: RUF012
    browsers: list[BrowserRow] = []  # noqa: RUF012
    link: str = ""
    time_zone: str = "UTC"

    @rx.event
    @allow("agent")
    async def load(self) -> None:
        """Read the tabs; the members and invitations only for an admin."""
        self.time_zone = (await look(self, accounts.profile))[1].time_zone
        await self._read()

    @rx.event
    @allow("agent")
    def show(self, tab: str) -> None:
        """Switch tabs; a link that was shown once is gone."""
        self.tab, self.link = tab, ""

    @rx.event
    @allow("agent")
    async def save_name(self, form_data: dict[str, Any]) -> list[Any]:
        """Change one's own name."""
        await perform(self, accounts.rename, _text(form_data, "name"))
        return [Session.load, rx.toast.success("Your name is saved.")]

    @rx.event
    @allow("agent")
    async def change_password(self, form_data: dict[str, Any]) -> EventSpec:
        """Change one's own password, which signs out the other browsers."""
        await self._confirm(_text(form_data, "current"))
        hashed = await run_in_threadpool(accounts.hash_password, _text(form_data, "new"))
        ended = await perform(self, accounts.change_password, hashed, cookie(self))
        await self._read()
        others = "1 other browser was" if ended == 1 else f"{ended} other browsers were"
        return rx.toast.success(f"Your password is changed, and {others} signed out.")

    async def _confirm(self, password: str) -> None:
        """As slow as at the door: whoever finds a browser open must not guess on."""
        number = str((await actor(self)).user_id)
        await run_in_threadpool(slowdown.count_person, number, HERE)
        await look(self, accounts.confirm_password, password)
        await run_in_threadpool(slowdown.forgive_person, number, HERE)

    @rx.event
    @allow("agent")
    async def revoke(self, session_id: int) -> EventSpec:
        """Sign out one of one's own browsers."""
        await perform(self, sessions.revoke, session_id)
        await self._read()
        return rx.toast.success("That browser is signed out.")

    @rx.event
    @allow("agent")
    async def revoke_others(self) -> EventSpec:
        """Sign out all of one's other browsers."""
        await perform(self, sessions.revoke_others, cookie(self))
        await self._read()
        return rx.toast.success("All your other browsers are signed out.")

    @rx.event
    @allow("admin")
    def choose_time_zone(self, name: str) -> None:
        """Show another zone; it counts once it is saved."""
        self.time_zone = name

    @rx.event
    @allow("admin")
    async def save_workspace(self, form_data: dict[str, Any]) -> list[Any]:
        """Change the workspace's name and time zone."""
        name, zone = _text(form_data, "name"), _text(form_data, "time_zone")
        await perform(self, accounts.save_workspace, name=name, time_zone=zone)
        return [Session.load, rx.toast.success("The workspace is saved.")]

    @rx.event
    @allow("admin")
    async def invite(self, form_data: dict[str, Any]) -> None:
        """Make a link; it is shown this once, because only its digest is kept."""
        role, email = _role(_text(form_data, "role")), _text(form_data, "email")
        token = await perform(self, invitations.invite, role=role, email=email)
        await self._read()
        self.link = f"{settings().public_url}/invite?token={token}"

    @rx.event
    @allow("admin")
    async def cancel_invitation(self, invitation_id: int) -> EventSpec:
        """End a link that nobody used yet."""
        await perform(self, invitations.cancel, invitation_id)
        await self._read()
        return rx.toast.success("The invitation is cancelled.")

    @rx.event
    @allow("admin")
    async def change_role(self, user_id: int, role: str) -> EventSpec:
        """Make a person an admin or an agent."""
        await perform(self, accounts.change_role, user_id, _role(role))
        await self._read()
        return rx.toast.success("The role is changed.")

    @rx.event
    @allow("admin")
    async def remove(self, user_id: int) -> EventSpec:
        """Take a person out of the workspace."""
        await perform(self, accounts.remove_member, user_id)
        await self._read()
        return rx.toast.success("The person is removed and has no access any more.")

    async def _read(self) -> None:
        read = await look(self, _read_tabs, cookie(self))
        self.members, self.invitations, self.browsers = read
        self.link = ""


def _read_tabs(
    session: DatabaseSession, actor: Actor, cookie_header: str
) -> tuple[list[MemberRow], list[InvitationRow], list[BrowserRow]]:
    zone = labels.zone(accounts.profile(session, actor)[1].time_zone)
    browsers = [_browser(each, zone) for each in sessions.of_person(session, actor, cookie_header)]
    if not actor.is_admin:
        return [], [], browsers
    people = [
        MemberRow(
            each.user_id, each.name, each.email, each.role.value, each.user_id == actor.user_id
        )
        for each in accounts.members(session, actor)
    ]
    links = [
        InvitationRow(one.id, one.email, one.role.value, labels.moment(one.expires_at, now(), zone))
        for one in invitations.open_ones(session, actor)
    ]
    return people, links, browsers


def _browser(found: sessions.Browser, zone: ZoneInfo) -> BrowserRow:
    seen = labels.moment(found.last_seen_at, now(), zone)
    return BrowserRow(found.id, device(found.browser), found.address, seen, found.current)


def device(user_agent: str) -> str:
    """“Chrome on Windows” for a User-Agent header."""
    browser = next((name for name in BROWSERS if name in user_agent), "A browser")
    system = next((name for name in SYSTEMS if name in user_agent), "")
    where = f" on {NAMES.get(system, system)}" if system else ""
    return NAMES.get(browser, browser) + where


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        raise Invalid("Choose admin or agent.") from None


def _text(form: dict[str, Any], name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
