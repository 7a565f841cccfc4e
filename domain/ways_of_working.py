"""How the people of a workspace share the conversations with each other and with the assistant."""

from dataclasses import dataclass

from sqlmodel import Session

from domain import access, audit, auto_resume
from domain.access import Actor
from illumichat_app import nudges
from models import AuditAction, Workspace


@dataclass(frozen=True, slots=True)
class WaysOfWorking:
    """`auto_resume_minutes` after a person took over the assistant goes on; 0: never by itself."""

    auto_resume_minutes: int = auto_resume.NEVER
    only_claimer_replies: bool = False


def read(session: Session, actor: Actor) -> WaysOfWorking:
    """For everybody in the workspace."""
    return _of(session.get_one(Workspace, actor.workspace_id))


def save(session: Session, actor: Actor, ways: WaysOfWorking) -> None:
    """Admins only; timers that run already are left. Raises NotAllowed, Invalid."""
    access.require_admin(actor)
    minutes = auto_resume.clean_minutes(ways.auto_resume_minutes)
    workspace = session.get_one(Workspace, actor.workspace_id, with_for_update=True)
    before = _told(_of(workspace))
    workspace.auto_resume_minutes = minutes
    workspace.only_claimer_replies = ways.only_claimer_replies
    if changed := audit.changes(before, _told(ways)):
        audit.note(session, actor, AuditAction.WORKSPACE_CHANGED, workspace.name, changed)
    nudges.after(session, workspace.id)


def _of(workspace: Workspace) -> WaysOfWorking:
    return WaysOfWorking(workspace.auto_resume_minutes, workspace.only_claimer_replies)


def _told(ways: WaysOfWorking) -> dict[str, str]:
    return {
        "who replies": "the claimer only" if ways.only_claimer_replies else "everybody",
        "AI resumes after": auto_resume.duration(ways.auto_resume_minutes),
    }
