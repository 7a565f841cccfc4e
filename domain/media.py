"""Files between Meta and us, moved by a job that retries: theirs fetched, ours given."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import filetype  # pyright: ignore[reportMissingTypeStubs]
from sqlmodel import Session, case, col, select, update

from domain import access, channels, outgoing_media
from domain.access import Actor
from domain.outgoing_media import Upload, folder
from illumichat_app import jobs, nudges
from illumichat_app.clock import now
from illumichat_app.errors import ChannelOff, Conflict
from integrations.whatsapp.client import Credentials
from integrations.whatsapp.errors import GraphError, Outcome
from models import Media, MediaState, Message

LARGEST_BYTES = 100 * 1024 * 1024  # Meta: media, supported types
LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class Fetch:
    """One file to download."""

    media_id: int
    meta_id: str
    path: Path
    credentials: Credentials = field(repr=False)


def claim(session: Session, limit: int) -> list[Fetch | Upload]:
    """Claim files that are due, also those of a worker that died."""
    moment = now()
    free = (col(Media.lease_until).is_(None)) | (col(Media.lease_until) < moment)
    due = (
        select(Media.id)
        .where(Media.state == MediaState.PENDING, col(Media.next_attempt_at) <= moment, free)
        .order_by(col(Media.next_attempt_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = session.exec(
        update(Media)
        .where(col(Media.id).in_(due.scalar_subquery()))  # type: ignore[arg-type]
        .values(lease_until=moment + LEASE, attempts=Media.attempts + 1)
        .returning(col(Media.id))
    ).all()
    rows = session.exec(select(Media).where(col(Media.id).in_([row[0] for row in claimed])))
    return [unit for media in rows.all() if (unit := _unit(session, media))]


def _unit(session: Session, media: Media) -> Fetch | Upload | None:
    if outgoing_media.is_ours(media):
        return outgoing_media.prepared(session, media)
    return _fetch(session, media)


def _fetch(session: Session, media: Media) -> Fetch | None:
    """The download to make, or None: a number that is gone or locked must not stop the others."""
    try:
        credentials = channels.credentials_of(session, media.channel_id)
    except ChannelOff as refusal:
        media.state, media.error, media.lease_until = MediaState.FAILED, refusal.message, None
        _show(session, media)
        return None
    path = folder() / str(media.workspace_id) / uuid4().hex
    path.parent.mkdir(parents=True, exist_ok=True)
    return Fetch(media.id, media.meta_id, path, credentials)


def next_due(session: Session) -> datetime | None:
    """When the next file may be fetched; one whose worker died, when its lease has ended."""
    due_at, lease = col(Media.next_attempt_at), col(Media.lease_until)
    ready_at = case((lease.is_not(None), lease), else_=due_at)
    return session.exec(
        select(ready_at).where(Media.state == MediaState.PENDING).order_by(ready_at).limit(1)
    ).first()


def fetched(session: Session, job: Fetch, mime_type: str | None, size: int) -> None:
    """The file is here. Its type is read from its content: a name or a header may lie."""
    media = session.get_one(Media, job.media_id)
    sniffed: str | None = filetype.guess_mime(str(job.path))  # pyright: ignore[reportUnknownMemberType]
    media.mime_type = sniffed or mime_type or media.mime_type
    media.path = str(job.path.relative_to(folder()))
    media.size, media.state, media.lease_until, media.error = size, MediaState.READY, None, ""
    _show(session, media)


def failed(session: Session, job: Fetch, error: GraphError) -> None:
    """Try again later, at last give up with the reason; a person can ask for it once more."""
    media = session.get_one(Media, job.media_id)
    media.error, media.lease_until = error.advice, None
    if (
        error.outcome is Outcome.REFUSED and error.http_status != 404
    ) or media.attempts >= MOST_ATTEMPTS:
        media.state = MediaState.FAILED
    else:
        media.next_attempt_at = now() + error.delay(media.attempts)
    _show(session, media)


def fetch_again(session: Session, actor: Actor, message_id: int) -> None:
    """A person asks for a file that was given up. Raises NotFound, Conflict, ChannelOff.

    Meta keeps a customer's file for seven days (Meta: media, received files).
    """
    number = access.message(session, actor, message_id).conversation_id
    access.conversation(session, actor, number)  # its lock is what a second click waits for
    media = session.exec(
        select(Media)
        .where(Media.message_id == message_id)
        .execution_options(populate_existing=True)
    ).first()
    if media is None or media.state is not MediaState.FAILED:
        raise Conflict("This file is not missing, so there is nothing to fetch again.")
    channels.credentials_of(session, media.channel_id)
    media.state, media.error, media.attempts = MediaState.PENDING, "", 0
    media.next_attempt_at = now()
    jobs.wake_after(session, "media")
    _show(session, media)


def _show(session: Session, media: Media) -> None:
    message = session.get_one(Message, media.message_id)
    nudges.after(session, message.workspace_id, message.conversation_id)
