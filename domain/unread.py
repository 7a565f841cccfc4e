"""What each agent has not read yet, independent of colleagues; `Conversation.unread` is the team's.

An agent's number of a conversation is what the customer has written less what the agent has seen.
Whoever has seen nothing of it has read nothing, except what came before they joined.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlmodel import Session, case, col, exists, func, or_, select

from domain import access, mentions
from domain.access import Actor
from illumichat_app import db, nudges
from illumichat_app.clock import now
from illumichat_app.errors import Conflict, NotFound
from models import Conversation, ConversationSeen, Membership, Message


def unread_column(actor: Actor) -> Any:
    """The agent's unread number, to select or narrow by in any query over Conversation.

    It brings no join: what they have seen is looked up in the unique index of ConversationSeen,
    and the last message only for a conversation they have never opened.
    """
    seen = (
        select(ConversationSeen.inbound_count)
        .where(
            ConversationSeen.conversation_id == Conversation.id,
            ConversationSeen.user_id == actor.user_id,
        )
        .correlate(Conversation)
        .scalar_subquery()
    )
    wrote: Any = col(Conversation.inbound_count)
    return wrote - func.coalesce(seen, case((_before_they_joined(actor), wrote), else_=0))


def _before_they_joined(actor: Actor) -> Any:
    joined: Any = (
        select(Membership.created_at)
        .where(Membership.user_id == actor.user_id, Membership.workspace_id == actor.workspace_id)
        .scalar_subquery()
    )
    last_words = (
        exists()
        .where(
            col(Message.id) == col(Conversation.last_customer_message_id),
            col(Message.sent_at) < joined,
        )
        .correlate(Conversation)
    )
    return or_(col(Conversation.last_at) < joined, last_words)


def of(session: Session, actor: Actor, conversation_id: int) -> int:
    """How many of its messages the person has not read. Raises NotFound."""
    found = _numbers(session, actor, [conversation_id])
    if conversation_id not in found:
        raise NotFound
    return found[conversation_id]


def mark_read(session: Session, actor: Actor, conversation_id: int) -> Conversation:
    """The person has it before them: its messages and the notes that name them are read."""
    conversation = access.conversation(session, actor, conversation_id)
    read_by(session, actor, [conversation])
    return conversation


def read_by(session: Session, actor: Actor, conversations: Sequence[Conversation]) -> int:
    """The same for several in hand; returns for how many that was news."""
    ids = [conversation.id for conversation in conversations]
    left = _numbers(session, actor, ids)
    news = [c for c in conversations if c.unread or left[c.id]]
    _see(session, actor, {c.id: c.inbound_count for c in news})
    for conversation in news:
        conversation.unread = 0
        nudges.after(session, conversation.workspace_id, conversation.id)
    mentions.seen(session, actor, ids)
    return len(news)


def mark_unread(session: Session, actor: Actor, conversation_id: int) -> Conversation:
    """The last message is unread again, for this person only. Raises NotFound, Conflict."""
    conversation = access.conversation(session, actor, conversation_id)
    if not conversation.inbound_count:
        raise Conflict("The customer has not written here yet, so there is nothing to read.")
    if not of(session, actor, conversation.id):
        _see(session, actor, {conversation.id: conversation.inbound_count - 1})
        nudges.after(session, conversation.workspace_id, conversation.id)
    return conversation


def _numbers(session: Session, actor: Actor, ids: Iterable[int]) -> dict[int, int]:
    query = select(Conversation.id, unread_column(actor)).where(
        col(Conversation.id).in_(list(ids)), Conversation.workspace_id == actor.workspace_id
    )
    return dict(_rows(session, query))


def _rows(session: Any, query: Any) -> list[Any]:
    return list(session.exec(query).all())


def _see(session: Session, actor: Actor, counts: dict[int, int]) -> None:
    if not counts:
        return
    made = {"user_id": actor.user_id, "created_at": now()}
    new = db.insert_into(session.get_bind().dialect.name, ConversationSeen).values(
        [
            made | {"conversation_id": number, "inbound_count": count}
            for number, count in sorted(counts.items())
        ]
    )
    session.exec(
        new.on_conflict_do_update(
            index_elements=["user_id", "conversation_id"],
            set_={"inbound_count": new.excluded.inbound_count},
        )
    )
