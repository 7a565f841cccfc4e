"""Signed-in browsers: a random token in a cookie, its sha-256 in the database."""

import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event
from sqlmodel import Session, col, delete, select, update

from domain.access import Actor
from illumichat_app import clock, db
from illumichat_app.config import settings
from illumichat_app.errors import NotFound, NotSignedIn
from models import LoginSession, Membership, User

ENDED_KEPT = timedelta(days=30)

LIFETIME = timedelta(days=14)
TOUCH_EVERY = timedelta(minutes=5)  # sliding the end on each request would be a write on each
CACHE_SECONDS = 5.0
CACHE_SIZE = 2048
BROWSER_LENGTH = 300


def cookie_name() -> str:
    """`__Host-` makes the browser refuse a cookie planted by a neighbouring subdomain."""
    return "__Host-illumichat" if settings().secure_cookies else "illumichat_session"


# ---- who is asking


@dataclass(frozen=True, slots=True)
class _Known:
    actor: Actor
    expires_at: datetime
    read_at: float


_cache: dict[str, _Known] = {}


def principal(cookie_header: str) -> Actor | None:
    """The person behind a Cookie header, or None.

    Answers may be 5 seconds old, so a revocation or a removed membership acts within seconds in
    every process, and at once in the process that made it.
    """
    token = _token_in(cookie_header)
    if not token:
        return None
    known = _cached(token) or _read(token)
    return known.actor if known and known.expires_at > clock.now() else None


def is_cached(cookie_header: str) -> bool:
    """Whether `principal` can answer without the database, so without a thread."""
    token = _token_in(cookie_header)
    return not token or _cached(token) is not None


def _token_in(cookie_header: str) -> str:
    for part in cookie_header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == cookie_name():
            return value
    return ""


def _cached(token: str) -> _Known | None:
    known = _cache.get(digest(token))
    return known if known and time.monotonic() - known.read_at < CACHE_SECONDS else None


def _read(token: str) -> _Known | None:
    read_at = time.monotonic()
    with db.reading() as session:
        found = session.exec(
            select(LoginSession, User, Membership)
            .join(User, col(User.id) == LoginSession.user_id)
            .join(Membership, col(Membership.user_id) == LoginSession.user_id)
            .where(
                LoginSession.token_digest == digest(token),
                LoginSession.workspace_id == Membership.workspace_id,
                col(LoginSession.revoked_at).is_(None),
                LoginSession.expires_at > clock.now(),
            )
        ).first()
    if found is None:
        _cache.pop(digest(token), None)
        return None
    row, user, membership = found
    if clock.now() - row.last_seen_at >= TOUCH_EVERY:
        _touch(row.id)
    return _remember(token, _known(row, user, membership, read_at))


def _known(row: LoginSession, user: User, membership: Membership, read_at: float) -> _Known:
    actor = Actor(user.id, membership.workspace_id, membership.role, user.name)
    return _Known(actor, row.expires_at, read_at)


def _remember(token: str, known: _Known) -> _Known:
    if len(_cache) >= CACHE_SIZE:
        _cache.clear()
    _cache[digest(token)] = known
    return known


def _touch(session_id: int) -> None:
    moment = clock.now()
    with db.transaction() as session:
        session.exec(
            update(LoginSession)
            .where(col(LoginSession.id) == session_id, col(LoginSession.revoked_at).is_(None))
            .values(last_seen_at=moment, expires_at=moment + LIFETIME)
        )


def forget_cached() -> None:
    """Ask the database again at the next event of every browser."""
    _cache.clear()


def forget_after(session: Session) -> None:
    """Like forget_cached, once this transaction is committed; an earlier reader would refill it."""

    def clear(_session: Any) -> None:
        _cache.clear()

    event.listen(session, "after_commit", clear, once=True)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


# ---- starting and ending


def start(
    session: Session,
    user_id: int,
    *,
    browser: str = "",
    address: str = "",
    workspace_id: int | None = None,
) -> str:
    """Sign a person in, to the named workspace or the first of theirs; returns the cookie's token.

    The token is new each time, so one planted before the sign-in is worth nothing.
    Raises NotFound for a person without a workspace.
    """
    mine = _workspaces(session, user_id)
    if not mine:
        raise NotFound("You belong to no workspace any more. Ask an admin for an invitation.")
    chosen = workspace_id if workspace_id in mine else mine[0]
    token, moment = secrets.token_urlsafe(32), clock.now()
    session.add(
        LoginSession(
            user_id=user_id,
            workspace_id=chosen,
            token_digest=digest(token),
            last_seen_at=moment,
            expires_at=moment + LIFETIME,
            browser=browser[:BROWSER_LENGTH],
            address=address,
        )
    )
    session.flush()
    return token


def _workspaces(session: Session, user_id: int) -> list[int]:
    query = select(Membership.workspace_id).where(Membership.user_id == user_id)
    return list(session.exec(query.order_by(col(Membership.id))))


def switch(session: Session, cookie_header: str, workspace_id: int) -> str:
    """Move this browser to another of the person's workspaces; returns a new token.

    The old token ends, so tabs still open on the old workspace are refused instead of mixing.
    Raises NotSignedIn, or NotFound for a workspace that is not theirs.
    """
    row = _row(session, cookie_header)
    if workspace_id not in _workspaces(session, row.user_id):
        raise NotFound
    token = secrets.token_urlsafe(32)
    row.token_digest, row.workspace_id = digest(token), workspace_id
    session.add(row)
    session.flush()
    forget_after(session)
    return token


def sign_out(session: Session, cookie_header: str) -> None:
    """End this browser's session; does nothing when there is none."""
    if row := _live(session, cookie_header):
        _end(session, LoginSession.id == row.id)


def _row(session: Session, cookie_header: str) -> LoginSession:
    row = _live(session, cookie_header)
    if row is None:
        raise NotSignedIn
    return row


def _live(session: Session, cookie_header: str) -> LoginSession | None:
    return session.exec(
        select(LoginSession).where(
            LoginSession.token_digest == digest(_token_in(cookie_header)),
            col(LoginSession.revoked_at).is_(None),
            LoginSession.expires_at > clock.now(),
        )
    ).first()


# ---- a person's own browsers


@dataclass(frozen=True, slots=True)
class Browser:
    """One of a person's signed-in browsers, as the settings page lists it."""

    id: int
    browser: str
    address: str
    last_seen_at: datetime
    current: bool


def of_person(session: Session, actor: Actor, cookie_header: str) -> list[Browser]:
    """The person's live sessions, the last used first."""
    here = digest(_token_in(cookie_header))
    rows = session.exec(
        select(LoginSession)
        .where(
            LoginSession.user_id == actor.user_id,
            col(LoginSession.revoked_at).is_(None),
            LoginSession.expires_at > clock.now(),
        )
        .order_by(col(LoginSession.last_seen_at).desc())
    )
    return [
        Browser(row.id, row.browser, row.address, row.last_seen_at, row.token_digest == here)
        for row in rows
    ]


def revoke(session: Session, actor: Actor, session_id: int) -> None:
    """End one of the person's own sessions. Raises NotFound if it is missing or another's."""
    ended = _end(session, LoginSession.id == session_id, LoginSession.user_id == actor.user_id)
    if not ended:
        raise NotFound


def revoke_others(session: Session, actor: Actor, cookie_header: str) -> int:
    """End the person's sessions in every other browser; returns how many."""
    here = digest(_token_in(cookie_header))
    return _end(session, LoginSession.user_id == actor.user_id, LoginSession.token_digest != here)


def _end(session: Session, *which: Any) -> int:
    result = session.exec(
        update(LoginSession)
        .where(*which, col(LoginSession.revoked_at).is_(None))
        .values(revoked_at=clock.now())
    )
    forget_after(session)
    return result.rowcount


def forget_ended(session: Session) -> None:
    """Delete sessions that ended a while ago: nobody looks at them any more."""
    long_ago = clock.now() - ENDED_KEPT
    session.exec(
        delete(LoginSession).where(
            (col(LoginSession.expires_at) < long_ago) | (col(LoginSession.revoked_at) < long_ago)
        )
    )
