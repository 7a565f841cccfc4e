"""What each agent has not read yet, independent of colleagues; `Conversation.unread` is the team's.

An agent's number of a conversation is what the customer has written less what the agent has seen.
Whoever has seen nothing of it has read nothing, except what came before they joined.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Integer, bindparam, cast, null, union_all
from sqlalchemy import select as sa_select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import Session, case, col, func, select

from domain import access, mentions
from domain.access import Actor
from domain.asking import EACH, MEMBER, among, asked_of
from illumichat_app import db, nudges
from illumichat_app.clock import now
from illumichat_app.errors import Conflict, NotFound
from models import Conversation, ConversationSeen, Membership, Mention, Message

_LAST_AT: Any = col(Conversation.last_at)


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
        .correlate_except(ConversationSeen)
        .scalar_subquery()
    )
    joined = (
        select(Membership.created_at)
        .where(Membership.user_id == actor.user_id, Membership.workspace_id == actor.workspace_id)
        .correlate_except(Membership)
        .scalar_subquery()
    )
    return _left(col(Conversation.inbound_count), seen, ended_column(), joined)


def _left(wrote: Any, seen: Any, ended: Any, joined: Any) -> Any:
    """What is left to read of what the customer wrote, to who has seen so much of it or None."""
    return wrote - func.coalesce(seen, case((ended < joined, wrote), else_=0))


def left(wrote: int, seen: int | None, ended: datetime, joined: datetime | None) -> int:
    """The same of what is in hand."""
    if seen is not None:
        return wrote - seen
    return 0 if joined and ended < joined else wrote


def ended_column() -> Any:
    """When a conversation came to rest: whoever joined later has nothing of it to read."""
    words_at = (
        select(Message.sent_at)
        .where(col(Message.id) == col(Conversation.last_customer_message_id))
        .correlate_except(Message)
        .scalar_subquery()
    )
    return func.coalesce(_Earlier(words_at, _LAST_AT), _LAST_AT)


class _Earlier(FunctionElement[Any]):
    """The earlier of two times."""

    inherit_cache = True
    type = _LAST_AT.type


@compiles(_Earlier)
def _in_postgresql(element: Any, compiler: Any, **how: Any) -> str:
    return f"least({compiler.process(element.clauses, **how)})"


@compiles(_Earlier, "sqlite")
def _in_sqlite(element: Any, compiler: Any, **how: Any) -> str:
    return f"min({compiler.process(element.clauses, **how)})"


def counting(found: Sequence[Any]) -> Any:
    """A query for how many of the conversations are unread, to EACH to whom any is.

    It counts them as if nobody had seen any, and then what each has seen: a company's people have
    opened few of its conversations, and a look at each pair would take them times each other.
    """
    talks = union_all(*(each.add_columns(*_facts()).subquery().select() for each in found)).cte()
    parts = [_unseen(talks), _seen_since(talks)]
    told = union_all(*parts).subquery()
    return select(told.c.person, func.sum(told.c.number)).group_by(told.c.person)


def _facts() -> tuple[Any, Any]:
    wrote: Any = col(Conversation.inbound_count)
    return wrote.label("wrote"), ended_column().label("ended")


def _unseen(talks: Any) -> Any:
    person: Any = col(MEMBER.user_id)
    return (
        select(person.label("person"), func.count().label("number"))
        .select_from(MEMBER)
        .join(talks, _is_left(talks, None))
        .where(*among())
        .group_by(col(MEMBER.user_id))
    )


def _seen_since(talks: Any) -> Any:
    """The difference that it makes what each has seen."""
    count: Any = col(ConversationSeen.inbound_count)
    read = case((_is_left(talks, count), 1), else_=0) - case((_is_left(talks, None), 1), else_=0)
    return (
        select(col(MEMBER.user_id), func.sum(read))
        .select_from(talks)
        .join(ConversationSeen, col(ConversationSeen.conversation_id) == talks.c.id)
        .join(MEMBER, col(MEMBER.user_id) == ConversationSeen.user_id)
        .where(*among())
        .group_by(col(MEMBER.user_id))
    )


def _is_left(talks: Any, seen: Any) -> Any:
    return _left(talks.c.wrote, seen, talks.c.ended, col(MEMBER.created_at)) > 0


class Marks(NamedTuple):
    """What several people have seen of some conversations, by person and conversation."""

    joined: dict[int, datetime]
    seen: dict[tuple[int, int], int]
    named: set[tuple[int, int]]


def marks(session: Session, people: Sequence[Actor], shown: Sequence[int]) -> Marks:
    """The marks of these people of one company, in two statements."""
    values = asked_of(people, shown=shown)
    told = Marks(dict(_rows(session, _joining(), values)), {}, set())
    for person, number, count in _rows(session, _marking(), values):
        if count is None:
            told.named.add((person, number))
        else:
            told.seen[person, number] = count
    return told


@cache
def _joining() -> Any:
    return sa_select(col(MEMBER.user_id), col(MEMBER.created_at)).where(*among())


@cache
def _marking() -> Any:
    """What each has seen; without a number, that a note names them which they have not read."""
    seen = _of_people(ConversationSeen, col(ConversationSeen.inbound_count))
    named = _of_people(Mention, cast(null(), Integer)).where(*mentions.unread_by(EACH))
    return union_all(seen, named.distinct())


def _of_people(table: type[ConversationSeen] | type[Mention], number: Any) -> Any:
    return (
        sa_select(col(table.user_id), col(table.conversation_id), number)
        .join(MEMBER, col(MEMBER.user_id) == table.user_id)
        .where(*among(), col(table.conversation_id).in_(bindparam("shown", expanding=True)))
    )


def numbers_of(
    session: Session, people: Sequence[Actor], conversation: Conversation
) -> dict[int, int]:
    """How many messages of this one each of these people of one company has not read."""
    unread: Any = unread_column(EACH)
    query = (
        sa_select(col(MEMBER.user_id), unread)
        .join(Conversation, col(Conversation.workspace_id) == MEMBER.workspace_id)
        .where(*among(), col(Conversation.id) == bindparam("here"))
    )
    return dict(_rows(session, query, asked_of(people, here=conversation.id)))


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


def _rows(session: Any, query: Any, values: dict[str, Any] | None = None) -> list[Any]:
    return list(session.exec(query, params=values).all())


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
