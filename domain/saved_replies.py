"""Words that agents use again: called by `/shortcut`, with the customer's name filled in."""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from domain import access, labels
from domain.access import Actor
from illumichat_app.errors import Conflict, Invalid, NotAllowed, NotFound
from models import Contact, CustomerIdentity, SavedReply

LONGEST = 4096  # Meta: text messages
MOST_SHOWN = 50
LONGEST_SEARCH = 80
_SHORTCUT = re.compile(r"[a-z0-9-]{1,32}")
# With the space before it, which goes too when there is nothing to fill in.
_PLACEHOLDER = re.compile(r"( ?)\{(name|first_name|agent)\}")


@dataclass(frozen=True)
class Saved:
    """A saved reply as a page shows it."""

    id: int = 0
    shortcut: str = ""
    text: str = ""
    may_change: bool = False


def search(session: Session, actor: Actor, words: str = "") -> list[Saved]:
    """At most 50 whose shortcut or text holds the words; those that start with them first."""
    words = words.strip().removeprefix("/")[:LONGEST_SEARCH]
    shortcut: Any = col(SavedReply.shortcut)
    found = select(SavedReply).where(SavedReply.workspace_id == actor.workspace_id)
    if words:
        starts = shortcut.istartswith(words, autoescape=True)
        holds = [
            column.icontains(words, autoescape=True) for column in (shortcut, col(SavedReply.text))
        ]
        found = found.where(or_(*holds)).order_by(case((starts, 0), else_=1))
    rows = session.exec(found.order_by(shortcut).limit(MOST_SHOWN))
    return [_saved(actor, row) for row in rows]


def save(
    session: Session, actor: Actor, *, shortcut: str, text: str, saved_reply_id: int | None = None
) -> Saved:
    """A new one, or a change by its maker or an admin.

    Raises Invalid, NotFound, NotAllowed, or Conflict for a shortcut that is taken.
    """
    shortcut, text = _clean_shortcut(shortcut), _clean_text(text)
    if saved_reply_id is None:
        row = SavedReply(
            workspace_id=actor.workspace_id, shortcut=shortcut, text=text, made_by=actor.user_id
        )
    else:
        row = _changeable(session, actor, saved_reply_id)
    try:
        with session.begin_nested():
            row.shortcut, row.text = shortcut, text
            session.add(row)
    except IntegrityError:
        raise Conflict(f"There is already a saved reply /{shortcut}. Choose another.") from None
    return _saved(actor, row)


def delete(session: Session, actor: Actor, saved_reply_id: int) -> None:
    """By its maker or an admin. Raises NotFound, NotAllowed."""
    session.delete(_changeable(session, actor, saved_reply_id))
    session.flush()


def fill(session: Session, actor: Actor, conversation_id: int, saved_reply_id: int) -> str:
    """The words for this customer, with {name}, {first_name} and {agent}. Raises NotFound."""
    conversation = access.conversation(session, actor, conversation_id)
    identity = session.get_one(CustomerIdentity, conversation.identity_id)
    contact = session.get(Contact, conversation.contact_id) if conversation.contact_id else None
    name = (contact.name if contact else "") or identity.profile_name or ""
    values = {"name": name, "first_name": labels.first_name(name), "agent": actor.name}
    text = _one(session, actor, saved_reply_id).text
    # In one pass: a customer may call themselves {agent}.
    return _PLACEHOLDER.sub(lambda found: _filled(found, values), text).strip()


def _filled(found: re.Match[str], values: dict[str, str]) -> str:
    value = values[found[2]]
    return f"{found[1]}{value}" if value else ""


def _clean_shortcut(shortcut: str) -> str:
    shortcut = shortcut.strip().removeprefix("/")
    if not _SHORTCUT.fullmatch(shortcut):
        raise Invalid(
            "A shortcut has 1 to 32 characters: lower-case letters, digits and dashes, no spaces."
        )
    return shortcut


def _clean_text(text: str) -> str:
    text = text.replace("\x00", "").strip()
    if not text:
        raise Invalid("Write the words of the reply first.")
    if len(text) > LONGEST:
        raise Invalid(f"WhatsApp takes at most {LONGEST} characters; this has {len(text)}.")
    return text


def _changeable(session: Session, actor: Actor, saved_reply_id: int) -> SavedReply:
    row = _one(session, actor, saved_reply_id)
    if not _may_change(actor, row):
        raise NotAllowed("Only an admin or the person who made this reply can change it.")
    return row


def _one(session: Session, actor: Actor, saved_reply_id: int) -> SavedReply:
    if not 0 < saved_reply_id < 2**63:
        raise NotFound
    row = session.exec(
        select(SavedReply).where(
            SavedReply.id == saved_reply_id, SavedReply.workspace_id == actor.workspace_id
        )
    ).first()
    if row is None:
        raise NotFound
    return row


def _may_change(actor: Actor, row: SavedReply) -> bool:
    return actor.is_admin or row.made_by == actor.user_id


def _saved(actor: Actor, row: SavedReply) -> Saved:
    return Saved(row.id, row.shortcut, row.text, _may_change(actor, row))
