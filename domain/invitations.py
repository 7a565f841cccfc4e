"""Links that let one person in: to a workspace, or to set up a new deployment."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, select, update

from domain import accounts, audit
from domain.access import Actor, require_admin
from domain.sessions import digest
from illumichat_app import clock, db
from illumichat_app.config import settings
from illumichat_app.errors import Conflict, NotAllowed, NotFound
from models import AuditAction, Invitation, Membership, Role, User, Workspace

LIFETIME = timedelta(days=7)
SETUP_LIFETIME = timedelta(hours=24)
USED = "This link was used already or has ended. Ask an admin for a new one."
ANYONE = "anyone with the link"


# ---- admins


def invite(session: Session, actor: Actor, *, role: Role, email: str = "") -> str:
    """Admins only: the token of a new link, shown once. Raises NotAllowed, Invalid."""
    require_admin(actor)
    token = secrets.token_urlsafe(32)
    email = accounts.clean_email(email) if email.strip() else ""
    session.add(
        Invitation(
            workspace_id=actor.workspace_id,
            invited_by=actor.user_id,
            email=email,
            role=role,
            token_digest=digest(token),
            expires_at=clock.now() + LIFETIME,
        )
    )
    audit.note(session, actor, AuditAction.MEMBER_INVITED, email or ANYONE, f"As {role}")
    return token


def open_ones(session: Session, actor: Actor) -> list[Invitation]:
    """Admins only: the links that still let someone in, the newest first. Raises NotAllowed."""
    require_admin(actor)
    rows = select(Invitation).where(Invitation.workspace_id == actor.workspace_id, *_usable())
    return list(session.exec(rows.order_by(col(Invitation.id).desc())))


def cancel(session: Session, actor: Actor, invitation_id: int) -> None:
    """Admins only. Raises NotAllowed, or NotFound if it is missing, used or foreign."""
    require_admin(actor)
    gone = session.exec(
        delete(Invitation)
        .where(
            col(Invitation.id) == invitation_id,
            col(Invitation.workspace_id) == actor.workspace_id,
            col(Invitation.accepted_at).is_(None),
        )
        .returning(col(Invitation.email), col(Invitation.role))
    ).first()
    if gone is None:
        raise NotFound
    email, role = gone
    audit.note(session, actor, AuditAction.INVITATION_CANCELLED, email or ANYONE, f"As {role}")


# ---- the invited person


@dataclass(frozen=True, slots=True)
class Offer:
    """What a link offers to whoever holds it."""

    workspace: str
    invited_by: str
    email: str
    role: Role


def offer(session: Session, token: str) -> Offer:
    """What this link offers. Raises NotFound when it was used, cancelled or has ended."""
    row = _usable_row(session, token)
    workspace = session.get(Workspace, row.workspace_id) if row.workspace_id else None
    if workspace is None:
        raise NotFound(USED)
    host = session.get(User, row.invited_by) if row.invited_by else None
    return Offer(workspace.name, host.name if host else "", row.email, row.role)


def accept(session: Session, token: str, user_id: int) -> int:
    """Give the person the workspace of the link, once; returns the workspace's id.

    Raises NotFound (used, ended), NotAllowed (made for another e-mail), Conflict (already in).
    """
    row = _usable_row(session, token)
    user = session.get(User, user_id)
    if row.workspace_id is None or user is None:
        raise NotFound(USED)
    if row.email and row.email != user.email:
        raise NotAllowed("This invitation was made for another e-mail address.")
    if _is_member(session, row.workspace_id, user_id):
        raise Conflict("You are already in this workspace. Sign in to open it.")
    _use(session, row)
    session.add(Membership(workspace_id=row.workspace_id, user_id=user_id, role=row.role))
    session.flush()
    _note_joining(session, user, row, row.workspace_id)
    return row.workspace_id


def _note_joining(session: Session, user: User, row: Invitation, workspace_id: int) -> None:
    host = session.get(User, row.invited_by) if row.invited_by else None
    who = Actor(user.id, workspace_id, row.role, user.name)
    invited = f", invited by {host.name}" if host else ""
    audit.note(session, who, AuditAction.MEMBER_JOINED, user.email, f"As {row.role}{invited}")


def join_as_new(
    session: Session, token: str, *, email: str, name: str, password_hash: str
) -> tuple[int, int]:
    """Make a new person and accept for them; returns (user id, workspace id).

    Raises like `accept` and `accounts.add_person`.
    """
    _usable_row(session, token)
    user = accounts.add_person(session, email=email, name=name, password_hash=password_hash)
    return user.id, accept(session, token, user.id)


def _is_member(session: Session, workspace_id: int, user_id: int) -> bool:
    query = select(Membership.id).where(
        Membership.workspace_id == workspace_id, Membership.user_id == user_id
    )
    return session.exec(query).first() is not None


def _usable() -> tuple[bool, ...]:
    return (col(Invitation.accepted_at).is_(None), Invitation.expires_at > clock.now())  # pyright: ignore[reportReturnType]


def _usable_row(session: Session, token: str) -> Invitation:
    query = select(Invitation).where(Invitation.token_digest == digest(token), *_usable())
    row = session.exec(query).first()
    if row is None:
        raise NotFound(USED)
    return row


def _use(session: Session, row: Invitation) -> None:
    # Two people may press at the same moment; only one update finds it unused.
    used = session.exec(
        update(Invitation)
        .where(col(Invitation.id) == row.id, col(Invitation.accepted_at).is_(None))
        .values(accepted_at=clock.now())
    )
    if not used.rowcount:
        raise NotFound(USED)


# ---- the first admin of a new deployment


def setup_token(session: Session) -> str | None:
    """The token of the setup link, or None once the deployment has people.

    Derived from the row's end and the deployment's key, so each web process logs the same link
    although only its digest is stored; a link that has ended is replaced.
    """
    if not accounts.nobody_yet(session):
        return None
    db.one_at_a_time(session.connection(), "setup link")  # all processes start at the same moment
    query = select(Invitation).where(col(Invitation.workspace_id).is_(None), *_usable())
    for row in session.exec(query):
        if digest(token := _derived(row.expires_at)) == row.token_digest:
            return token
    return _new_setup_link(session)


def _new_setup_link(session: Session) -> str:
    expires_at = clock.now() + SETUP_LIFETIME
    token = _derived(expires_at)
    session.add(Invitation(role=Role.ADMIN, token_digest=digest(token), expires_at=expires_at))
    return token


def _derived(expires_at: datetime) -> str:
    key = settings().encryption_keys[0].get_secret_value().encode()
    words = f"setup until {expires_at.isoformat()}".encode()
    return hmac.new(key, words, hashlib.sha256).hexdigest()


def setup_is_open(session: Session, token: str) -> None:
    """Raises NotFound unless this link can still set up the deployment."""
    if _usable_row(session, token).workspace_id is not None or not accounts.nobody_yet(session):
        raise NotFound("This setup link was used or has ended. The next start logs a new one.")


def set_up(
    session: Session,
    token: str,
    *,
    workspace: str,
    time_zone: str,
    email: str,
    name: str,
    password_hash: str,
) -> int:
    """Make the first admin, workspace and assistant; returns the admin's id.

    Raises NotFound (used, ended), Invalid.
    """
    setup_is_open(session, token)
    _use(session, _usable_row(session, token))
    admin = accounts.add_person(session, email=email, name=name, password_hash=password_hash)
    place = accounts.open_workspace(session, name=workspace, time_zone=time_zone, admin=admin)
    first = Actor(admin.id, place.id, Role.ADMIN, admin.name)
    audit.note(session, first, AuditAction.MEMBER_JOINED, admin.email, "Set up the workspace")
    return admin.id
