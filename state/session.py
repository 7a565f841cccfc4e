"""Who is signed in, for the frame that all pages share."""

from dataclasses import dataclass

import reflex as rx
from sqlmodel import Session as DatabaseSession

from domain import accounts
from domain.access import Actor
from state.attention import Attention
from state.guard import allow, look


@dataclass
class Choice:
    """A workspace to switch to."""

    id: int
    name: str


class Session(rx.State):
    """The person behind this browser; empty until the page has loaded."""

    name: str = ""
    initials: str = ""
    email: str = ""
    role: str = ""
    is_admin: bool = False
    workspace_id: int = 0
    workspace_name: str = ""
    time_zone: str = "UTC"
    workspaces: list[Choice] = []  # noqa: RUF012  a var's default; Reflex copies it

    @rx.event
    @allow("agent")
    async def load(self) -> None:
        """Read the person anew; the first on_load of every page."""
        who, user, workspace, choices = await look(self, _who)
        self.name, self.initials, self.email = user.name, user.initials, user.email
        self.role, self.is_admin = who.role.value, who.is_admin
        self.workspace_id, self.workspace_name = workspace.id, workspace.name
        self.time_zone, self.workspaces = workspace.time_zone, choices
        await (await self.get_state(Attention))._watch()


def _who(
    session: DatabaseSession, actor: Actor
) -> tuple[Actor, accounts.User, accounts.Workspace, list[Choice]]:
    user, workspace = accounts.profile(session, actor)
    mine = accounts.workspaces(session, actor)
    return actor, user, workspace, [Choice(each.id, each.name) for each in mine]
