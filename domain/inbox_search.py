"""Search over people and over what was said, within one workspace.

Words are compared without case and accents; the last one may be unfinished. Both databases hold
an index of words in which those of a workspace stand together (migration 0004).
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import phonenumbers
from sqlalchemy import (
    BigInteger,
    Text,
    cast,
    column,
    func,
    literal_column,
    select,
    table,
    union,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlmodel import Session, col

from domain import labels, message_words
from domain.access import Actor
from illumichat_app.clock import now
from models import (
    Author,
    Conversation,
    Direction,
    Message,
    State,
    User,
    Workspace,
)

PAGE = 20
LONGEST_SEARCH = 80
MOST_PEOPLE = 1_000  # of a search that fits more, the newest customers
AROUND = 60  # letters of a snippet on each side of the first match

ROW_BITS = 40  # of a rowid of the SQLite indexes; the workspace stands above them
_PHONE = re.compile(r"[+\d(][\d\s().\-/]*")


class Part(NamedTuple):
    """A piece of a snippet; what was searched for is `marked`."""

    text: str
    marked: bool


@dataclass(frozen=True)
class Hit:
    """One message that holds the words. Its page: /inbox/<view>/<conversation>?message=<id>."""

    id: int = 0
    conversation: int = 0
    view: str = "open"
    title: str = ""
    initials: str = ""
    face: int = 0
    author: str = ""  # ✦ AI, You, a name; empty: the customer
    note: bool = False
    time: str = ""
    time_iso: str = ""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Hits:
    rows: list[Hit]
    next: int | None  # hand it over as `before` for the page below


def messages(
    session: Session, actor: Actor, words: str, before: int | None = None, limit: int = PAGE
) -> Hits:
    """The messages and notes that hold all the words, the newest first. Never raises for words.

    The last word counts as whole where that fills the page, else as the beginning of others:
    gathering every word that begins with a common one takes tens of milliseconds.
    """
    wanted = _chunks(words)
    rows: list[Any] = []
    for unfinished in (False, True) if wanted else ():
        found = _row_ids(session, actor, "message", wanted, unfinished, limit + 1, before)
        rows = list(_exec(session, _with_context(found)))
        if len(rows) > limit:
            break
    hits = [_hit(actor, words, *row) for row in rows[:limit]]
    return Hits(hits, hits[-1].id if len(rows) > limit else None)


def people(session: Session, actor: Actor, words: str) -> Any | None:
    """A query for the conversations of the people that fit, at most 1,000; None: nobody can.

    Looks at profile names, usernames, contact names and e-mails, and parts of phone numbers.
    """
    wanted = _phone(words) or _chunks(words)
    if not wanted:
        return None
    identities, contacts = (
        _row_ids(session, actor, table, wanted, True, MOST_PEOPLE)
        for table in ("customer_identity", "contact")
    )
    found = select(col(Conversation.id))
    return union(
        found.where(col(Conversation.identity_id).in_(identities)),
        found.where(col(Conversation.contact_id).in_(contacts)),
    )


def _exec(session: Any, query: Any) -> Any:
    return session.exec(query).all()


# ---- what was typed


def _chunks(words: str) -> list[str]:
    """The words, without those that hold no letter and no digit."""
    readable = words[:LONGEST_SEARCH].encode(errors="ignore").decode().replace("\x00", " ")
    return [chunk for chunk in readable.split() if any(map(str.isalnum, chunk))]


def _phone(words: str) -> list[str]:
    """The digits of a phone number in any written form, without country or trunk prefix."""
    words = words[:LONGEST_SEARCH].strip()
    digits = re.sub(r"\D", "", words.replace("(0)", "")).lstrip("0")
    if not _PHONE.fullmatch(words) or len(digits) < 3 or not digits.isascii():
        return []
    return [_national(digits) if words.startswith(("+", "00")) else digits]


def _national(digits: str) -> str:
    """Meta's own form of a number may differ from the written one in its country's prefix."""
    try:
        return phonenumbers.national_significant_number(phonenumbers.parse(f"+{digits}"))
    except phonenumbers.NumberParseException:
        return digits


# ---- which rows


def _row_ids(
    session: Session,
    actor: Actor,
    name: str,
    wanted: list[str],
    unfinished: bool,
    limit: int,
    before: int | None = None,
) -> Any:
    """A query for the numbers of the rows that hold the words, the newest first."""
    if session.get_bind().dialect.name == "sqlite":
        return _in_sqlite(actor, name, wanted, unfinished, before).limit(limit)
    return _in_postgresql(actor, name, wanted, unfinished, before, limit)


def _in_sqlite(
    actor: Actor, name: str, wanted: list[str], unfinished: bool, before: int | None
) -> Any:
    """A row's number in the index is its workspace's and its own: the workspace is one range."""
    words = table(f"{name}_words", column("rowid", BigInteger))
    lowest = actor.workspace_id << ROW_BITS
    highest = lowest | ((1 << ROW_BITS) - 1 if before is None else max(0, before - 1))
    quoted = " AND ".join('"' + word.replace('"', '""') + '"' for word in wanted)
    return (
        select((words.c.rowid.op("&")((1 << ROW_BITS) - 1)).label("id"))
        .where(
            literal_column(words.name).op("MATCH")(quoted + "*" * unfinished),
            words.c.rowid.between(lowest, highest),
        )
        .order_by(words.c.rowid.desc())  # by `id` it would be a sort of all matches
    )


def _in_postgresql(
    actor: Actor, name: str, wanted: list[str], unfinished: bool, before: int | None, limit: int
) -> Any:
    """The words of the query are made by the function that makes those of the index."""
    place = f"w{actor.workspace_id}x"
    typed = func.plainto_tsquery(
        literal_column("'simple'", Text), func.search_text(place, " ".join(_plain(wanted)))
    )
    if unfinished:
        typed = cast(func.nullif(cast(typed, Text), "").op("||")(":*"), TSQUERY)
    if name != "message":
        return _indexed(actor, name, typed, before).limit(limit)
    indexed = _indexed(actor, "message_words", typed, before).limit(limit).subquery()
    due = message_words.due(actor.workspace_id, place, typed)
    due = due if before is None else due.where(col(Message.id) < before)
    both = union(select(indexed.c.id), due).subquery()
    return select(both.c.id).order_by(both.c.id.desc()).limit(limit)


def _indexed(actor: Actor, name: str, typed: Any, before: int | None) -> Any:
    rows = table(
        name, column("id", BigInteger), column("workspace_id", BigInteger), column("search_words")
    )
    found = (
        select(rows.c.id)
        .where(
            rows.c.workspace_id == actor.workspace_id,
            rows.c.search_words.op("@@")(typed),
        )
        .order_by(rows.c.id.desc())
    )
    return found if before is None else found.where(rows.c.id < before)


def _plain(wanted: list[str]) -> list[str]:
    """Letters and digits only: what stands between them separates words in the index."""
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", " ".join(wanted)))


# ---- in words


def _with_context(found: Any) -> Any:
    return (
        select(Message, Conversation, col(User.name), col(Workspace.time_zone))
        .join(Conversation, col(Conversation.id) == Message.conversation_id)
        .join(Workspace, col(Workspace.id) == Message.workspace_id)
        .outerjoin(User, col(User.id) == Message.user_id)
        .where(col(Message.id).in_(select(found.subquery().c.id)))
        .order_by(col(Message.id).desc())
    )


def _hit(
    actor: Actor,
    words: str,
    message: Message,
    conversation: Conversation,
    name: str | None,
    time_zone: str,
) -> Hit:
    title = conversation.title or "WhatsApp user"
    return Hit(
        id=message.id,
        conversation=conversation.id,
        view="closed" if conversation.state is State.CLOSED else "open",
        title=title,
        initials=labels.initials(title),
        face=conversation.identity_id,
        author=_author(actor, message, name),
        note=message.direction is Direction.NOTE,
        time=labels.list_time(message.sent_at, now(), labels.zone(time_zone)),
        time_iso=message.sent_at.isoformat(),
        parts=snippet(message.text, words),
    )


def _author(actor: Actor, message: Message, name: str | None) -> str:
    if message.direction is Direction.IN:
        return ""
    if message.author is Author.ASSISTANT:
        return "✦ AI"
    return "You" if message.user_id == actor.user_id else labels.first_name(name or "") or "Team"


def snippet(said: str, words: str) -> tuple[Part, ...]:
    """The line around the first match, in pieces: customers' words are never markup."""
    wanted = [fold(chunk) for chunk in re.findall(r"\w+", " ".join(_chunks(words)))]
    line = " ".join(said.split())
    spots = [
        (match.start(), match.end())
        for match in re.finditer(r"\w+", line)
        if _fits(fold(match.group()), wanted)
    ]
    return tuple(_parts(line, spots, *_span(line, spots)))


def _fits(word: str, wanted: list[str]) -> bool:
    return bool(wanted) and (word in wanted[:-1] or word.startswith(wanted[-1]))


def fold(words: str) -> str:
    """Lower case and without accents, as the indexes hold them."""
    plain = unicodedata.normalize("NFKD", words)
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).lower()


def _span(line: str, spots: list[tuple[int, int]]) -> tuple[int, int]:
    first, last = spots[0] if spots else (0, 0)
    return max(0, first - AROUND), min(len(line), last + AROUND)


def _parts(line: str, spots: list[tuple[int, int]], start: int, end: int) -> Iterator[Part]:
    at, lead = start, "…" if start else ""
    for first, last in spots:
        if first < end:
            yield Part(lead + line[at:first], marked=False)
            yield Part(line[first : min(last, end)], marked=True)
            at, lead = min(last, end), ""
    yield Part(lead + line[at:end] + ("…" if end < len(line) else ""), marked=False)
