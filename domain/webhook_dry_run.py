"""A pasted payload, tried out: what each of its items would do, and nothing is changed.

The items are really applied, in a transaction that is never committed; its wakes and nudges would
leave after the commit, so none does.
"""

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from domain import access, event_owners, event_parts, inbound
from domain import webhook_words as words
from domain.access import Actor
from domain.event_owners import Number
from illumichat_app import db
from illumichat_app.config import settings
from illumichat_app.errors import Invalid
from integrations.whatsapp import signature, updates
from integrations.whatsapp import update_types as meta
from integrations.whatsapp.fields import load_json
from integrations.whatsapp.updates import Update
from models import Conversation, Message, WhatsAppConnection

MOST_TEXT = 256 * 1024
# While they are tried out nobody else writes to SQLite.
MOST_ITEMS = 100


@dataclass(frozen=True)
class Line:
    """What one item would do."""

    path: str
    kind: str
    number: str
    verdict: str
    tone: str
    what: str


@dataclass(frozen=True)
class Report:
    """`problem` says why the text is no payload; then there are no lines."""

    problem: str = ""
    signature: str = ""
    signature_tone: str = "gray"
    lines: list[Line] = field(default_factory=list[Line])
    left_out: int = 0


def run(session: Session, actor: Actor, given: str, header: str = "") -> Report:
    """Try out a payload as Meta would deliver it. Admins only. Raises Invalid."""
    access.require_admin(actor)
    if not given.strip():
        raise Invalid("Paste a payload first.")
    if len(given) > MOST_TEXT:
        raise Invalid(f"This is more than {MOST_TEXT // 1024} KB. Paste a smaller payload.")
    if problem := _problem(given):
        return Report(problem=problem)
    # A lone half of a character cannot be sent, but it can be pasted.
    body = given.encode("utf-8", errors="replace")
    numbers = event_owners.own_numbers(session, actor.workspace_id)
    said, tone = _signature(session, actor, body, header.strip())
    items = updates.parse(body)
    with _undone() as trial:
        lines = [_line(session, trial, numbers, update) for update in items[:MOST_ITEMS]]
    return Report("", said, tone, lines, max(0, len(items) - MOST_ITEMS))


def _problem(given: str) -> str:
    try:
        load_json(given)
    except json.JSONDecodeError as problem:
        return f"This is not JSON. {words.where(problem.lineno, problem.colno, problem.msg)}"
    except (ValueError, RecursionError):
        return "This is not JSON that can be read: it is nested too deeply."
    return ""


@contextmanager
def _undone() -> Generator[Session]:
    with Session(db.engine(), expire_on_commit=False) as session:
        try:
            yield session
        finally:
            session.rollback()


# ---- the signature


def _signature(session: Session, actor: Actor, body: bytes, header: str) -> tuple[str, str]:
    """Whether one of the own app secrets signed these bytes; no secret leaves."""
    if not header:
        return "", "gray"
    for display, secret in _secrets(session, actor):
        if signature.verify(secret, body, header):
            return f"The signature is right: it fits the app secret of {display}.", "jade"
    return (
        "The signature fits none of your app secrets. It is made over the exact bytes, so a copy "
        "that was indented or cut no longer fits.",
        "red",
    )


def _secrets(session: Session, actor: Actor) -> Generator[tuple[str, str]]:
    platform = settings().meta_app_secret.get_secret_value()
    rows = session.exec(
        select(WhatsAppConnection).where(WhatsAppConnection.workspace_id == actor.workspace_id)
    )
    for row in rows:
        yield row.display_phone_number, row.app_secret or platform


# ---- one item


def _line(session: Session, trial: Session, numbers: Sequence[Number], update: Update) -> Line:
    mine = event_parts.concerned(numbers, update)
    verdict, tone, what = _outcome(session, trial, mine, update)
    number = mine[0].display if len(mine) == 1 else f"{len(mine)} numbers" if mine else ""
    return Line(update.path or "the whole text", words.kinds([update]), number, verdict, tone, what)


def _outcome(
    session: Session, trial: Session, mine: Sequence[Number], update: Update
) -> tuple[str, str, str]:
    named = update.phone_number_id or update.waba_id
    if named and not mine:
        which = "number" if update.phone_number_id else "account"
        return "Not yours", "gray", f"It is not your {which}, so nothing is said about it."
    if isinstance(update, meta.Poison):
        return "Unreadable", "red", words.reason(update.reason)
    if isinstance(update, meta.Unknown):
        return "Unknown", "blue", f"This version does not know “{update.field}”: kept, not applied."
    if not mine:
        return "Not yours", "gray", "It names neither a number nor an account of yours."
    return _applied(session, trial, mine[0], update)


def _applied(
    session: Session, trial: Session, number: Number, update: Update
) -> tuple[str, str, str]:
    if number.signer is None:
        return "Failed", "red", "The stored app secret of this number cannot be opened."
    delivery = inbound.Delivery(trial, number.signer)
    try:
        with trial.begin_nested():
            word = inbound.apply(delivery, update)
            trial.flush()
    except Exception as problem:
        if db.is_passing(problem):
            raise
        return "Failed", "red", words.reason(type(problem).__name__)
    if word == "duplicate":
        return "Duplicate", "gray", "It is known already, so nothing would change."
    return "Accepted", "jade", words.one_of(word) + _where(session, trial, number, update) + "."


def _where(session: Session, trial: Session, number: Number, update: Update) -> str:
    """In which conversation, and whether it is a new one."""
    ids = [wamid for name in ("target", "wamid") if (wamid := getattr(update, name, None))]
    found = trial.exec(
        select(Conversation)
        .join(Message, col(Message.conversation_id) == Conversation.id)
        .where(Message.channel_id == number.channel_id, col(Message.wamid).in_(ids))
    ).first()
    if found is None:
        return ""
    # The other session does not see what is only tried out.
    new = session.exec(select(Conversation.id).where(Conversation.id == found.id)).first() is None
    return f", in a new conversation with {found.title}" if new else f", with {found.title}"
