"""A person's reply: words, files, or files with words beside them; all of it or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from domain import access, file_kinds, outbox, outgoing_media
from domain.access import Actor
from illumichat_app.errors import Invalid
from models import Message

MOST_FILES = 10


@dataclass(frozen=True, slots=True)
class Attached:
    """An accepted file; `key` is made by the sender's browser, as the reply's own key is."""

    ref: str
    key: str
    voice: bool = False


def queue_reply(
    session: Session,
    actor: Actor,
    conversation_id: int,
    text: str,
    files: Sequence[Attached],
    send_key: str,
    reply_to: int | None = None,
) -> list[Message]:
    """The words stand beside the first file that can carry them, else they follow on their own.

    Raises NotFound, Invalid, WindowClosed, ChannelOff, NotAllowed; then nothing is sent.
    """
    if not files:
        return [outbox.queue_text(session, actor, conversation_id, text, send_key, reply_to)]
    if len(files) > MOST_FILES:
        raise Invalid(f"At most {MOST_FILES} files go out with one reply. Send the rest after it.")
    carrier = _carrier(session, actor, conversation_id, files) if text.strip() else None
    sent = [
        outgoing_media.queue_media(
            session,
            actor,
            conversation_id,
            file.ref,
            text if file is carrier else "",
            file.key,
            reply_to if file is files[0] else None,
            file.voice,
        )
        for file in files
    ]
    if text.strip() and carrier is None:
        sent.append(outbox.queue_text(session, actor, conversation_id, text, send_key))
    return sent


def _carrier(
    session: Session, actor: Actor, conversation_id: int, files: Sequence[Attached]
) -> Attached | None:
    conversation = access.conversation(session, actor, conversation_id)
    for file in files:
        if outgoing_media.find(actor, conversation, file.ref).kind in file_kinds.CAPTIONED:
            return file
    return None
