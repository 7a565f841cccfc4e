"""Files that people send: checked, kept until they are sent, given to Meta once.

A file that is not sent yet has no row: its facts lie beside it in `unsent`, and the sweep removes
what is abandoned. The row of a sent one is `pending` until Meta has the file; its message waits.
"""

import json
import os
import re
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from sqlmodel import Session, col, select

from domain import access, channels, file_kinds, sending
from domain.access import Actor
from illumichat_app import jobs, nudges
from illumichat_app.clock import now
from illumichat_app.config import settings
from illumichat_app.errors import AppError, Invalid
from integrations.whatsapp.client import Credentials
from integrations.whatsapp.errors import GraphError, Outcome
from integrations.whatsapp.fields import storable_text
from models import Conversation, Media, MediaState, Message, MessageStatus

KEPT = timedelta(days=1)  # unsent
KEPT_AT_META = timedelta(days=25)  # Meta: media ids of uploads live 30 days
LONGEST_CAPTION = 1024  # Meta: image, video and document messages
MOST_UPLOADS = 6
GONE = "The file is no longer here. Attach it again."

_REF = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Received:
    """What a browser sent: where it lies now, and what the browser says about it."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class File:
    """A file that may be sent. `voice`: WhatsApp can show it as a voice note."""

    ref: str
    user_id: int
    conversation_id: int
    kind: str
    mime_type: str
    name: str
    size: int
    voice: bool


@dataclass(frozen=True, slots=True)
class Upload:
    """One file to give to Meta."""

    media_id: int
    path: Path
    mime_type: str
    filename: str
    credentials: Credentials = field(repr=False)


# ---- before it is sent


def folder() -> Path:
    """Where files are kept, customers' and ours."""
    return settings().data_dir / "media"


def place_to_receive() -> Path:
    """A new path that an upload may be written to; the sweep removes it if nobody takes it."""
    _unsent().mkdir(parents=True, exist_ok=True)
    return _unsent() / f"{uuid4().hex}.part"


def require_may_attach(session: Session, actor: Actor, conversation_id: int) -> Conversation:
    """The window is asked when the file is sent: it may be for a template.

    Raises NotFound, ChannelOff, NotAllowed.
    """
    conversation = access.conversation(session, actor, conversation_id)
    sending.require_may_send(session, conversation, actor, "template")
    return conversation


def accept(session: Session, actor: Actor, conversation_id: int, received: Received) -> File:
    """Keep a file for a message of this conversation.

    Raises NotFound, ChannelOff, NotAllowed, and Invalid with what is possible instead.
    """
    conversation = require_may_attach(session, actor, conversation_id)
    kind, mime_type, voice = file_kinds.look(received.path, received.name)
    file = File(
        ref=uuid4().hex,
        user_id=actor.user_id,
        conversation_id=conversation.id,
        kind=kind,
        mime_type=mime_type,
        name=file_kinds.safe_name(storable_text(received.name), mime_type),
        size=received.path.stat().st_size,
        voice=voice,
    )
    _keep(actor.workspace_id, file, received.path)
    return file


def _keep(workspace_id: int, file: File, received: Path) -> None:
    facts, kept = _facts(workspace_id, file.ref), folder() / _path(workspace_id, file.ref)
    facts.parent.mkdir(parents=True, exist_ok=True)
    kept.parent.mkdir(parents=True, exist_ok=True)
    facts.write_text(json.dumps(asdict(file)))  # first: a file without facts is never swept
    moment = now().timestamp()
    os.utime(facts, (moment, moment))
    received.replace(kept)


def _unsent() -> Path:
    return folder() / "unsent"


def _facts(workspace_id: int, ref: str) -> Path:
    return _unsent() / f"{workspace_id}.{ref}.json"


def _path(workspace_id: int, ref: str) -> str:
    return f"{workspace_id}/{ref}"


def find(actor: Actor, conversation: Conversation, ref: object) -> File:
    """The accepted file, if this person gave it for this conversation. Raises Invalid."""
    if not isinstance(ref, str) or not _REF.fullmatch(ref):
        raise Invalid(GONE)
    facts = _facts(actor.workspace_id, ref)
    try:
        file = File(**json.loads(facts.read_text()))
        given_at = facts.stat().st_mtime
    except FileNotFoundError:
        raise Invalid(GONE) from None
    if (file.user_id, file.conversation_id) != (actor.user_id, conversation.id):
        raise Invalid(GONE)
    here = (folder() / _path(actor.workspace_id, ref)).is_file()
    if given_at < (now() - KEPT).timestamp() or not here:
        raise Invalid(GONE)
    return file


def forget_abandoned(session: Session) -> int:
    """Remove what was given a day ago and not sent; returns how many files are gone."""
    due = (now() - KEPT - timedelta(hours=1)).timestamp()  # `find` stops an hour before
    old = [each for each in _listed() if each.stat().st_mtime < due]
    paths = {each: each.stem.replace(".", "/") for each in old if each.suffix == ".json"}
    used = select(Media.path).where(col(Media.path).in_(list(paths.values())))
    sent = set(session.exec(used).all())
    abandoned = [each for each in old if paths.get(each) not in sent]
    for each in abandoned:
        if each in paths:
            (folder() / paths[each]).unlink(missing_ok=True)
    for each in old:
        each.unlink(missing_ok=True)
    return len(abandoned)


def _listed() -> list[Path]:
    return list(_unsent().iterdir()) if _unsent().is_dir() else []


# ---- sending it


def queue_media(
    session: Session,
    actor: Actor,
    conversation_id: int,
    file_ref: str,
    caption: str,
    send_key: str,
    reply_to: int | None = None,
    voice: bool = False,
) -> Message:
    """A person's file; `reply_to` is the id of the message it answers.

    Raises NotFound, Invalid, WindowClosed, ChannelOff, NotAllowed.
    """
    conversation = access.conversation(session, actor, conversation_id)
    if sent := sending.already_queued(session, actor, send_key):
        return sent
    sending.require_may_send(session, conversation, actor, "media")
    file = find(actor, conversation, file_ref)
    quoted = sending.quoted(session, actor, conversation, reply_to)
    voice = voice and file.voice
    message = sending.queue(
        session,
        conversation,
        actor,
        _caption(file, caption),
        send_key,
        kind=file.kind,
        content={"mime_type": file.mime_type, "filename": file.name, "voice": voice},
        reply_to=quoted,
    )
    attach(session, message, file, voice=voice)
    return message


def _caption(file: File, caption: object) -> str:
    if not isinstance(caption, str):
        raise Invalid("This page is out of date. Reload it and send again.")
    words = storable_text(caption).strip()
    if words and file.kind not in file_kinds.CAPTIONED:
        raise Invalid("WhatsApp shows no words with this kind of file. Send them on their own.")
    if len(words) > LONGEST_CAPTION:
        raise Invalid(
            f"WhatsApp takes at most {LONGEST_CAPTION} characters beside a file; "
            f"this has {len(words)}."
        )
    return words


def attach(session: Session, message: Message, file: File, *, voice: bool = False) -> None:
    """The message waits until Meta has the file."""
    media = Media(
        workspace_id=message.workspace_id,
        channel_id=message.channel_id,
        message_id=message.id,
        meta_id="",
        mime_type=file.mime_type,
        filename=file.name,
        size=file.size,
        voice=voice,
        path=_path(message.workspace_id, file.ref),
    )
    session.add(media)
    _upload_first(session, message, media)


def attach_again(session: Session, message: Message, earlier: Media, *, refused: bool) -> None:
    """The file of an earlier attempt; Meta gets it again only if it no longer has it."""
    media = Media(
        workspace_id=message.workspace_id,
        channel_id=message.channel_id,
        message_id=message.id,
        meta_id=earlier.meta_id,
        uploaded_at=earlier.uploaded_at,
        mime_type=earlier.mime_type,
        filename=earlier.filename,
        size=earlier.size,
        voice=earlier.voice,
        state=MediaState.READY,
        path=earlier.path,
    )
    session.add(media)
    fresh = media.uploaded_at and media.uploaded_at > now() - KEPT_AT_META
    if refused or not (media.meta_id and fresh):
        _upload_first(session, message, media)


def require_here(media: Media) -> None:
    """Raises Invalid when the file is no longer on disk."""
    if not (folder() / media.path).is_file():
        raise Invalid(GONE)


def _upload_first(session: Session, message: Message, media: Media) -> None:
    media.meta_id, media.uploaded_at = "", None
    media.state = MediaState.PENDING
    media.next_attempt_at = max(now(), message.next_attempt_at or now())  # a held one is held here
    message.next_attempt_at = None  # until Meta has the file
    jobs.wake_after(session, "media")


def upload_again(session: Session, message: Message) -> bool:
    """Meta does not know the file any more; False if the message has none."""
    media = of(session, message)
    if media is None:
        return False
    _upload_first(session, message, media)
    return True


def of(session: Session, message: Message) -> Media | None:
    """The file of a message."""
    return of_all(session, [message.id]).get(message.id)


def of_all(session: Session, message_ids: Collection[int]) -> dict[int, Media]:
    """The files of those messages that have one, by message."""
    if not message_ids:
        return {}
    found = session.exec(select(Media).where(col(Media.message_id).in_(message_ids)))
    return {media.message_id: media for media in found}


# ---- giving it to Meta


def is_ours(media: Media) -> bool:
    """Waiting to be given to Meta, not to be fetched from it."""
    return not media.meta_id


def prepared(session: Session, media: Media) -> Upload | None:
    """The upload to make, or None when its message may not be sent: then Meta is not called."""
    message = session.get_one(Message, media.message_id)
    if message.status is not MessageStatus.QUEUED:  # taken back meanwhile
        _done(media)
        return None
    conversation = session.get_one(Conversation, message.conversation_id)
    try:
        sending.require_sendable(session, conversation, message.kind)
        require_here(media)
        credentials = channels.credentials_of(session, media.channel_id)
    except AppError as refusal:
        _give_up(session, media, refusal.message)
        return None
    path = folder() / media.path
    return Upload(media.id, path, media.mime_type, media.filename, credentials)


def uploaded(session: Session, upload: Upload, meta_id: str) -> None:
    """Meta has the file: a crash from here on uploads nothing again."""
    media, message = _locked(session, upload)
    media.meta_id, media.uploaded_at = meta_id, now()
    _done(media)
    if message.status is MessageStatus.QUEUED and message.next_attempt_at is None:
        message.next_attempt_at = now()
        jobs.wake_after(session, "outbox")
    nudges.after(session, message.workspace_id, message.conversation_id)


def not_uploaded(session: Session, upload: Upload, error: GraphError) -> None:
    """Try again later; at last, or when Meta says no, the message fails with the reason."""
    media, _message = _locked(session, upload)
    media.lease_until = None
    if error.outcome is Outcome.REFUSED or media.attempts >= MOST_UPLOADS:
        _give_up(session, media, error.advice, error.code)
    else:
        media.next_attempt_at = now() + error.delay(media.attempts)
    if error.token_problem and (connection := channels.connection_of(session, media.channel_id)):
        channels.broke(session, connection, error.advice)


def _locked(session: Session, upload: Upload) -> tuple[Media, Message]:
    media = session.get_one(Media, upload.media_id)
    return media, session.get_one(Message, media.message_id, with_for_update=True)


def _give_up(session: Session, media: Media, reason: str, code: int | None = None) -> None:
    """The file itself stays to be seen; that it was not sent stands on its message."""
    _done(media)
    message = session.get_one(Message, media.message_id, with_for_update=True)
    if message.status is MessageStatus.QUEUED:
        sending.failed(session, message, reason, code)
        jobs.wake_after(session, "outbox")  # later messages waited behind it


def _done(media: Media) -> None:
    media.state, media.lease_until, media.next_attempt_at = MediaState.READY, None, None
