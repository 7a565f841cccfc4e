"""The only way to a row for a person: it is theirs to see, or it is not found."""

from dataclasses import dataclass
from typing import TypeVar

from sqlmodel import Session, select

from illumichat_app.errors import NotAllowed, NotFound
from models import Channel, Conversation, Media, Message, Role

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person at work in one workspace."""

    user_id: int
    workspace_id: int
    role: Role
    name: str

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN


def require_admin(actor: Actor) -> None:
    """Raises NotAllowed for an agent."""
    if not actor.is_admin:
        raise NotAllowed("Only an admin of this workspace can do that.")


def conversation(session: Session, actor: Actor, conversation_id: int) -> Conversation:
    """The conversation, locked for change. Raises NotFound if it is missing or foreign."""
    row = session.exec(
        select(Conversation)
        .where(
            Conversation.id == _number(conversation_id),
            Conversation.workspace_id == actor.workspace_id,
        )
        .with_for_update()
    ).first()
    return _found(row)


def channel(session: Session, actor: Actor, channel_id: int) -> Channel:
    """The channel. Raises NotFound if it is missing or foreign."""
    row = session.get(Channel, _number(channel_id))
    return _found(row if row and row.workspace_id == actor.workspace_id else None)


def message(session: Session, actor: Actor, message_id: int) -> Message:
    """The message. Raises NotFound if it is missing or foreign."""
    row = session.get(Message, _number(message_id))
    return _found(row if row and row.workspace_id == actor.workspace_id else None)


def media(session: Session, actor: Actor, media_id: int) -> Media:
    """The file of a message. Raises NotFound if it is missing or foreign."""
    row = session.get(Media, _number(media_id))
    return _found(row if row and row.workspace_id == actor.workspace_id else None)


def _number(value: object) -> int:
    """Reflex does not check argument types: a dict may arrive where a number is declared."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
        raise NotFound
    return value


def _found(row: T | None) -> T:
    if row is None:
        raise NotFound
    return row
