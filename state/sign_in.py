"""The pages for people who are not signed in yet: sign in, invitation, first set-up.

What they post goes to plain routes; these states only show what the address says.
"""

from collections.abc import Mapping
from zoneinfo import available_timezones

import reflex as rx
from reflex.event import EventSpec
from sqlmodel import Session as DatabaseSession

from domain import accounts, invitations
from illumichat_app import db
from illumichat_app.config import settings
from illumichat_app.errors import NotFound
from state.guard import allow, visitor

HOME = rx.call_script("window.location.replace('/')")
BROWSERS_ZONE = "Intl.DateTimeFormat().resolvedOptions().timeZone"
DEMO_PEOPLE = ["admin@demo.test", "agent@demo.test"]

# The address carries a code; the words are ours, so a link cannot put text on the page.
SIGN_IN = {
    "wrong": "The e-mail or the password is not right. Check both and try again.",
    "ended": "You belong to no workspace any more. Ask an admin for an invitation.",
    "again": "You were signed out. Please sign in again.",
}
JOIN = {
    "wrong": "This e-mail already has an account, and the password is not the right one for it; "
    "or the invitation was made for another e-mail address.",
    "known": "You are already in this workspace. Sign in to open it.",
    "invalid": "Check the name and the e-mail address. The password needs 10 to 200 characters.",
}
SET_UP = {
    "invalid": "Check the names and the e-mail address. The password needs 10 to 200 characters.",
}
SLOW = "Too many tries. Wait {} min, then try again."


class SignIn(rx.State):
    """The sign-in page."""

    problem: str = ""
    next_path: str = ""
    people: list[str] = []  # noqa: RUF012  a var's default; Reflex copies it
    password: str = ""

    @rx.event
    @allow("public")
    async def load(self) -> EventSpec | None:
        """Show why the last try failed; go on at once when the person is signed in already."""
        query = self.router.url.query_parameters
        self.problem, self.next_path = _problem(query, SIGN_IN), query.get("next", "")
        if settings().demo:
            self.people, self.password = DEMO_PEOPLE, settings().demo_password
        return HOME if await visitor(self) else None


class Invite(rx.State):
    """The page an invitation link opens."""

    token: str = ""
    problem: str = ""
    ended: bool = False
    workspace: str = ""
    host: str = ""
    role: str = ""
    email: str = ""
    me: str = ""

    @rx.event
    @allow("public")
    async def load(self) -> None:
        """Show what the link offers to whoever holds it."""
        query = self.router.url.query_parameters
        self.reset()
        self.token, self.problem = query.get("token", ""), _problem(query, JOIN)
        try:
            offered = await db.read(invitations.offer, self.token)
        except NotFound:
            self.ended = True
            return
        self.workspace, self.host = offered.workspace, offered.invited_by
        self.role, self.email = offered.role.value, offered.email
        if who := await visitor(self):
            self.me = (await db.read(accounts.profile, who))[0].email


class SetUp(rx.State):
    """The page the setup link opens: the first admin of a new deployment."""

    token: str = ""
    problem: str = ""
    ended: bool = False
    time_zone: str = "UTC"

    @rx.event
    @allow("public")
    async def load(self) -> EventSpec | None:
        """Check the link, and ask the browser for its time zone as a proposal."""
        query = self.router.url.query_parameters
        self.token, self.problem = query.get("token", ""), _problem(query, SET_UP)
        self.ended = not await db.read(_is_open, self.token)
        return rx.call_script(BROWSERS_ZONE, callback=SetUp.choose_time_zone)

    @rx.event
    @allow("public")
    def choose_time_zone(self, name: str) -> None:
        """Keep a zone that the tz database knows."""
        if name in available_timezones():
            self.time_zone = name


def _is_open(session: DatabaseSession, token: str) -> bool:
    try:
        invitations.setup_is_open(session, token)
    except NotFound:
        return False
    return True


def _problem(query: Mapping[str, str], sentences: dict[str, str]) -> str:
    code = query.get("problem", "")
    if code == "slow":
        minutes = query.get("minutes", "")
        return SLOW.format(minutes if minutes.isdecimal() and len(minutes) < 3 else "a few")
    return sentences.get(code, "")
