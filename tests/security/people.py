"""Everybody who may ask, as `table.PEOPLE` names them, each with a browser of their own."""

from collections.abc import Callable
from dataclasses import dataclass, field

from domain import accounts, sessions
from illumichat_app import db
from models import Workspace
from tests import factories
from tests.accounts.conftest import Team


@dataclass
class People:
    """Their Cookie headers. Who is signed out or removed was signed in before `leave`."""

    cookies: dict[str, str]
    leave: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])

    def part(self) -> None:
        """One signs out and one is removed; their tabs are still open."""
        for go in self.leave:
            go()


def gather(team: Team) -> People:
    with db.transaction() as session:
        place = session.get_one(Workspace, team.admin.workspace_id)
        gone = factories.person(session, place, "Lee Moss", team.admin.role)
    known = {name: team.signed_in(getattr(team, name)) for name in ("agent", "admin", "stranger")}
    left = {"signed out": team.signed_in(team.admin), "removed": team.signed_in(gone)}

    def sign_out() -> None:
        with db.transaction() as session:
            sessions.sign_out(session, left["signed out"])

    def remove() -> None:
        with db.transaction() as session:
            accounts.remove_member(session, team.admin, gone.user_id)

    return People({"nobody": "", **left, **known}, [sign_out, remove])
