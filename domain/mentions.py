"""Colleagues named in internal notes, as `@Sam`, `@Sam Okafor` or `@` and the start of an e-mail.

Of several names that fit, the longest counts; of two people with that name, both are told.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select as sa_select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, delete, func, select, update

from domain import labels
from domain.access import Actor
from illumichat_app import nudges
from illumichat_app.clock import now
from models import Conversation, Membership, Mention, Message, User, Workspace

MOST_SHOWN = 50


@dataclass(frozen=True)
class Mentioned:
    """One note that names a person and that they have not seen."""

    conversation_id: int = 0
    message_id: int = 0
    title: str = ""
    author: str = ""
    text: str = ""
    time: str = ""
    time_iso: str = ""


def of_note(session: Session, actor: Actor, note: Message) -> None:
    """Tell those the note names now, and no longer those it does not name any more."""
    named = named_in(session, actor, note.text) - {actor.user_id}
    known = set(session.exec(select(Mention.user_id).where(Mention.message_id == note.id)))
    session.exec(
        delete(Mention).where(
            col(Mention.message_id) == note.id, col(Mention.user_id).in_(known - named)
        )
    )
    for user_id in sorted(named - known):
        session.add(
            Mention(
                workspace_id=note.workspace_id,
                conversation_id=note.conversation_id,
                message_id=note.id,
                user_id=user_id,
            )
        )


def people(session: Session, actor: Actor) -> list[str]:
    """The colleagues one can name, by name; at most 50."""
    return list(
        session.exec(
            select(User.name)
            .join(Membership, col(Membership.user_id) == User.id)
            .where(Membership.workspace_id == actor.workspace_id, User.id != actor.user_id)
            .distinct()
            .order_by(User.name)
            .limit(MOST_SHOWN)
        )
    )


def named_in(session: Session, actor: Actor, text: str) -> set[int]:
    """Which members of the workspace these words name."""
    if "@" not in text:
        return set()
    people: dict[str, set[int]] = {}
    for user in session.exec(
        select(User)
        .join(Membership, col(Membership.user_id) == User.id)
        .where(Membership.workspace_id == actor.workspace_id)
    ):
        for handle in _handles(user):
            people.setdefault(handle, set()).add(user.id)
    return {user_id for handle in _found(text, people) for user_id in people[handle]}


def _handles(user: User) -> set[str]:
    name, local = user.name.casefold(), user.email.partition("@")[0].casefold()
    return {name, labels.first_name(name), local} - {""}


def _found(text: str, handles: Iterable[str]) -> set[str]:
    """The handles behind an @ that starts a word: that of an e-mail address does not."""
    longest_first = sorted(handles, key=len, reverse=True)
    pattern = rf"(?<!\w)@({'|'.join(map(re.escape, longest_first))})(?!\w)"
    return set(re.findall(pattern, " ".join(text.casefold().split())))


def unread(session: Session, actor: Actor) -> list[Mentioned]:
    """The notes that wait for this person, newest first, at most 50."""
    author = aliased(User)
    query = (
        sa_select(Message, col(Conversation.title), col(author.name), col(Workspace.time_zone))
        .join(Mention, col(Mention.message_id) == Message.id)
        .join(Conversation, col(Conversation.id) == Mention.conversation_id)
        .join(Workspace, col(Workspace.id) == Mention.workspace_id)
        .outerjoin(author, col(author.id) == Message.user_id)
        .where(*unread_by(actor))
        .order_by(col(Mention.id).desc())
        .limit(MOST_SHOWN)
    )
    return [_mentioned(*row) for row in _rows(session, query)]


def _rows(session: Any, query: Any) -> list[Any]:
    return list(session.exec(query).all())


def count(session: Session, actor: Actor) -> int:
    """How many notes wait for this person."""
    return session.exec(select(func.count()).select_from(Mention).where(*unread_by(actor))).one()


def _mentioned(note: Message, title: str, author: str | None, time_zone: str) -> Mentioned:
    return Mentioned(
        conversation_id=note.conversation_id,
        message_id=note.id,
        title=title,
        author=author or "A former colleague",
        text=note.text,
        time=labels.list_time(note.sent_at, now(), labels.zone(time_zone)),
        time_iso=note.sent_at.isoformat(),
    )


def seen(session: Session, actor: Actor, conversation_ids: Iterable[int]) -> None:
    """The person has these conversations before them."""
    told = session.exec(
        update(Mention)
        .where(*unread_by(actor), col(Mention.conversation_id).in_(list(conversation_ids)))
        .values(seen_at=now())
        .execution_options(synchronize_session=False)
    )
    if told.rowcount:
        nudges.after(session, actor.workspace_id)


def unread_by(actor: Actor) -> tuple[Any, ...]:
    """The notes that name this person, who has not read them."""
    return (
        col(Mention.user_id) == actor.user_id,
        col(Mention.workspace_id) == actor.workspace_id,
        col(Mention.seen_at).is_(None),
    )
