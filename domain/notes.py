"""Internal notes: in the thread for colleagues only, in every state, also with the window closed.

No lane ever picks one up: a note is neither queued nor counted, and no model reads it.
"""

from sqlmodel import Session, select

from domain import access, conversations, last_line, mentions, rollup
from domain.access import Actor
from illumichat_app.clock import now
from illumichat_app.errors import Invalid, NotAllowed, NotFound
from models import Author, Conversation, Direction, Message, MessageStatus

LONGEST = 4096


def add(session: Session, actor: Actor, conversation_id: int, text: str, key: str) -> Message:
    """Add a note. `key` is made by the writer's browser: the same key again is the same note.

    Raises NotFound, Invalid.
    """
    conversation = access.conversation(session, actor, conversation_id)
    text = _checked(text)
    key = _key(actor, key)
    if known := _known(session, actor, key):
        return known
    moment = now()
    note = Message(
        workspace_id=conversation.workspace_id,
        channel_id=conversation.channel_id,
        conversation_id=conversation.id,
        direction=Direction.NOTE,
        author=Author.AGENT,
        user_id=actor.user_id,
        text=text,
        send_key=key,
        status=MessageStatus.RECEIVED,
        sent_at=moment,
        day=rollup.day_of(session, conversation.workspace_id, moment),
    )
    session.add(note)
    session.flush()
    mentions.of_note(session, actor, note)
    last_line.renew(session, conversation)
    return note


def edit(session: Session, actor: Actor, note_id: int, text: str) -> Message:
    """Change one's own note. Raises NotFound, NotAllowed, Invalid."""
    conversation, note = _own(session, actor, note_id)
    text = _checked(text)
    if text != note.text:
        note.text, note.edited_at = text, now()
        mentions.of_note(session, actor, note)
        last_line.renew(session, conversation)
    return note


def delete(session: Session, actor: Actor, note_id: int) -> None:
    """Remove one's own note; a line says that there was one. Raises NotFound, NotAllowed."""
    conversation, note = _own(session, actor, note_id)
    session.delete(note)
    session.flush()
    conversations.record(session, conversation, "note_deleted", user_id=actor.user_id)
    last_line.renew(session, conversation)


def _checked(text: object) -> str:
    text = text.replace("\x00", "").strip() if isinstance(text, str) else ""
    if not text:
        raise Invalid("Write something first.")
    if len(text) > LONGEST:
        raise Invalid(f"A note takes at most {LONGEST} characters; this has {len(text)}.")
    return text


def _key(actor: Actor, key: object) -> str:
    if not isinstance(key, str) or not 8 <= len(key) <= 64:
        raise Invalid("This page is out of date. Reload it and save the note again.")
    return f"{actor.user_id}:note:{key}"


def _known(session: Session, actor: Actor, key: str) -> Message | None:
    return session.exec(
        select(Message).where(Message.workspace_id == actor.workspace_id, Message.send_key == key)
    ).first()


def _own(session: Session, actor: Actor, note_id: int) -> tuple[Conversation, Message]:
    note = access.message(session, actor, note_id)
    if note.direction is not Direction.NOTE:
        raise NotFound
    if note.user_id != actor.user_id:
        raise NotAllowed("Only the person who wrote a note can change it.")
    return access.conversation(session, actor, note.conversation_id), note
