"""People, their passwords, their workspaces and their roles in them."""

import re
from dataclasses import dataclass
from functools import cache
from zoneinfo import available_timezones

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func
from sqlmodel import Session, col, delete, select, update

from domain import audit, sessions
from domain.access import Actor, require_admin
from illumichat_app import clock
from illumichat_app.errors import Conflict, Invalid, NotAllowed, NotFound
from models import (
    Assistant,
    AuditAction,
    Conversation,
    Invitation,
    LoginSession,
    Membership,
    Role,
    User,
    Workspace,
)

PASSWORD_LENGTHS = range(10, 201)
NAME_LENGTH = 80
EMAIL_LENGTH = 254
_EMAIL = re.compile(r"[^@\s\x00]+@[^@\s\x00]+\.[^@\s\x00]+")
_A = {Role.ADMIN: "an admin", Role.AGENT: "an agent"}
_hasher = PasswordHasher()


# ---- passwords


@dataclass(frozen=True, slots=True)
class Credentials:
    """A person whose password was right; `stale` says that its hash is of an older strength."""

    user_id: int
    stale: bool


def check_password(session: Session, email: str, password: str) -> Credentials:
    """Whose e-mail and password these are. Raises NotAllowed, the same for both mistakes.

    An unknown e-mail costs as much time as a wrong password, so that time tells nothing. It only
    reads: an argon2 check inside a writing transaction would hold up SQLite's other writers.
    """
    user = by_email(session, email)
    if not _matches(user.password_hash if user else _nobodys_hash(), password) or user is None:
        raise NotAllowed("The e-mail or the password is not right. Check both and try again.")
    return Credentials(user.id, _hasher.check_needs_rehash(user.password_hash))


def hash_password(password: str) -> str:
    """The argon2 hash to keep. Raises Invalid for a password that is too short or too long."""
    if len(password) not in PASSWORD_LENGTHS:
        shortest = PASSWORD_LENGTHS.start
        raise Invalid(f"The password needs at least {shortest} characters, and 200 at most.")
    return _hasher.hash(password)


def refresh_hash(session: Session, user_id: int, password: str) -> None:
    """Hash a password that was just right again, with today's strength."""
    _person(session, user_id).password_hash = _hasher.hash(password)


def confirm_password(session: Session, actor: Actor, password: str) -> None:
    """Raises NotAllowed unless this is the person's own password."""
    if not _matches(_person(session, actor.user_id).password_hash, password):
        raise NotAllowed("Your current password is not right. Type it again.")


def change_password(session: Session, actor: Actor, password_hash: str, cookie: str) -> int:
    """Keep a new hash and sign out the person's other browsers; returns how many those were."""
    _person(session, actor.user_id).password_hash = password_hash
    return sessions.revoke_others(session, actor, cookie)


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody has this password")


# ---- people


def by_email(session: Session, email: str) -> User | None:
    """The person with this e-mail, however it is written."""
    return session.exec(select(User).where(User.email == email.strip().lower())).first()


def add_person(session: Session, *, email: str, name: str, password_hash: str) -> User:
    """A new person without a workspace. Raises Invalid, or Conflict for a known e-mail."""
    user = User(email=clean_email(email), name=clean_name(name), password_hash=password_hash)
    if by_email(session, user.email):
        raise Conflict("This e-mail already has an account. Sign in with its password.")
    session.add(user)
    session.flush()
    return user


def clean_email(email: str) -> str:
    """The e-mail as it is kept. Raises Invalid."""
    email = email.strip().lower()
    if len(email) > EMAIL_LENGTH or not _EMAIL.fullmatch(email):
        raise Invalid("This does not look like an e-mail address. Check it and try again.")
    return email


def clean_name(name: str) -> str:
    """The name as it is kept. Raises Invalid."""
    name = " ".join(name.replace("\x00", "").split())
    if not 0 < len(name) <= NAME_LENGTH:
        raise Invalid(f"A name needs at least one letter, and {NAME_LENGTH} at most.")
    return name


def rename(session: Session, actor: Actor, name: str) -> None:
    """Change the person's own name. Raises Invalid."""
    _person(session, actor.user_id).name = clean_name(name)
    sessions.forget_after(session)


def _person(session: Session, user_id: int) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise NotFound
    return user


# ---- workspaces


def nobody_yet(session: Session) -> bool:
    """Whether this deployment has no people at all, so that it waits to be set up."""
    return session.exec(select(User.id).limit(1)).first() is None


def open_workspace(session: Session, *, name: str, time_zone: str, admin: User) -> Workspace:
    """A new workspace with its first admin and a first assistant. Raises Invalid."""
    workspace = Workspace(name=clean_name(name), time_zone=clean_time_zone(time_zone))
    session.add(workspace)
    session.flush()
    session.add(Membership(workspace_id=workspace.id, user_id=admin.id, role=Role.ADMIN))
    session.add(
        Assistant(
            workspace_id=workspace.id,
            name=f"{workspace.name} assistant"[:NAME_LENGTH],
            instructions="Answer in a friendly way and in few words. "
            "If you do not know, say so and offer to pass the question to a person.",
        )
    )
    session.flush()
    return workspace


def workspaces(session: Session, actor: Actor) -> list[Workspace]:
    """The person's workspaces, by name."""
    query = select(Workspace).join(Membership, col(Membership.workspace_id) == Workspace.id)
    mine = query.where(Membership.user_id == actor.user_id)
    return list(session.exec(mine.order_by(func.lower(Workspace.name))))


def profile(session: Session, actor: Actor) -> tuple[User, Workspace]:
    """The person and the workspace they are in."""
    workspace = session.get(Workspace, actor.workspace_id)
    if workspace is None:
        raise NotFound
    return _person(session, actor.user_id), workspace


def save_workspace(session: Session, actor: Actor, *, name: str, time_zone: str) -> None:
    """Admins only: the workspace's name and time zone. Raises NotAllowed, Invalid."""
    require_admin(actor)
    workspace = profile(session, actor)[1]
    before = _told(workspace)
    workspace.name, workspace.time_zone = clean_name(name), clean_time_zone(time_zone)
    if changed := audit.changes(before, _told(workspace)):
        audit.note(session, actor, AuditAction.WORKSPACE_CHANGED, workspace.name, changed)


def _told(workspace: Workspace) -> dict[str, str]:
    return {"name": f"“{workspace.name}”", "time zone": workspace.time_zone}


def clean_time_zone(name: str) -> str:
    """Raises Invalid for a name that the tz database does not know."""
    if name not in available_timezones():
        raise Invalid("This time zone is not known. Choose one from the list.")
    return name


# ---- members


@dataclass(frozen=True, slots=True)
class Member:
    """A person in the workspace, as the members page lists them."""

    user_id: int
    name: str
    email: str
    role: Role


def members(session: Session, actor: Actor) -> list[Member]:
    """Admins only: everyone in the workspace, by name. Raises NotAllowed."""
    require_admin(actor)
    rows = session.exec(
        select(User, Membership)
        .join(Membership, col(Membership.user_id) == User.id)
        .where(Membership.workspace_id == actor.workspace_id)
        .order_by(func.lower(User.name), col(User.id))
    )
    return [Member(user.id, user.name, user.email, found.role) for user, found in rows]


def change_role(session: Session, actor: Actor, user_id: int, role: Role) -> None:
    """Admins only. Raises NotAllowed, NotFound, or Conflict for oneself and the last admin."""
    membership = _changeable(session, actor, user_id)
    withdrawn = ""
    if role is not Role.ADMIN:
        _keep_an_admin(session, membership)
        withdrawn = _withdraw_invitations(session, membership)
    if role is not membership.role:
        changed = ", ".join(filter(None, (f"From {membership.role} to {role}", withdrawn)))
        who = _person(session, user_id).name
        audit.note(session, actor, AuditAction.ROLE_CHANGED, who, changed)
    membership.role = role
    sessions.forget_after(session)


def remove_member(session: Session, actor: Actor, user_id: int) -> None:
    """Admins only: out at once, their conversations free. Raises like change_role."""
    membership = _changeable(session, actor, user_id)
    _keep_an_admin(session, membership)
    withdrawn = _withdraw_invitations(session, membership)
    _free_conversations(session, membership)
    _end_sessions(session, membership)
    session.delete(membership)
    session.flush()
    sessions.forget_after(session)
    was = ", ".join(filter(None, (f"Was {_A[membership.role]}", withdrawn)))
    gone = _person(session, user_id)
    audit.note(session, actor, AuditAction.MEMBER_REMOVED, f"{gone.name} ({gone.email})", was)


def _changeable(session: Session, actor: Actor, user_id: int) -> Membership:
    require_admin(actor)
    if user_id == actor.user_id:
        raise Conflict("You cannot change or remove yourself. Ask another admin to do it.")
    # Locked in one order, or two admins could demote each other and leave none.
    rows = session.exec(
        select(Membership)
        .where(Membership.workspace_id == actor.workspace_id)
        .order_by(col(Membership.id))
        .with_for_update()
    )
    return _found(next((row for row in rows if row.user_id == user_id), None))


def _found(row: Membership | None) -> Membership:
    if row is None:
        raise NotFound
    return row


def _keep_an_admin(session: Session, leaving: Membership) -> None:
    other = session.exec(
        select(Membership.id).where(
            Membership.workspace_id == leaving.workspace_id,
            Membership.role == Role.ADMIN,
            Membership.user_id != leaving.user_id,
        )
    ).first()
    if other is None:
        raise Conflict("This is the last admin. Make someone else an admin first.")


def _withdraw_invitations(session: Session, leaving: Membership) -> str:
    """Says how many links ended, or nothing."""
    gone = session.exec(
        delete(Invitation).where(
            col(Invitation.workspace_id) == leaving.workspace_id,
            col(Invitation.invited_by) == leaving.user_id,
            col(Invitation.accepted_at).is_(None),
        )
    )
    return f"unused invitations cancelled: {gone.rowcount}" if gone.rowcount else ""


def _free_conversations(session: Session, leaving: Membership) -> None:
    session.exec(
        update(Conversation)
        .where(
            col(Conversation.workspace_id) == leaving.workspace_id,
            col(Conversation.claimed_by) == leaving.user_id,
        )
        .values(claimed_by=None, claimed_at=None)
    )


def _end_sessions(session: Session, leaving: Membership) -> None:
    session.exec(
        update(LoginSession)
        .where(
            col(LoginSession.workspace_id) == leaving.workspace_id,
            col(LoginSession.user_id) == leaving.user_id,
            col(LoginSession.revoked_at).is_(None),
        )
        .values(revoked_at=clock.now())
    )
