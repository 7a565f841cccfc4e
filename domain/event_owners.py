"""Whom a delivery concerns, so that a company's admins see it in their log, and nobody else does.

An item that names a number concerns that number; news of an account names none and concerns the
account's numbers. Only a number whose own app secret (or the platform's, if Embedded Signup
connected it) signed the delivery counts: nobody can write into another company's log.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, select, type_coerce
from sqlmodel import Session, col, or_

from domain import channels
from illumichat_app import db, nudges
from illumichat_app.clock import now
from illumichat_app.config import settings
from illumichat_app.errors import SecretLost
from integrations.whatsapp import update_types as meta
from integrations.whatsapp import updates
from models import EventOwner, WebhookEvent, WhatsAppConnection
from models.columns import Encrypted

# PostgreSQL takes 65,535 parameters a statement, and one body may name more accounts than that.
_MOST_IDS = 5000


@dataclass(frozen=True, slots=True)
class Number:
    """A connected number, without its secrets. `signer` is None when its secret is lost."""

    workspace_id: int
    channel_id: int
    phone_number_id: str
    waba_id: str
    display: str
    signer: str | None
    own_app: bool


def note(session: Session, batch: Sequence[tuple[int, str, list[updates.Update]]]) -> None:
    """Remember whom each of these applied deliveries (event, signed by, items) concerns: two
    statements for all of them.

    Applied again, they are found again; who was an owner once stays one.
    """
    named = _Named(session, [update for *_, items in batch for update in items])
    rows: list[dict[str, Any]] = [
        {"workspace_id": owner, "event_id": event_id, "unknown": unknown, "created_at": now()}
        for event_id, signed_by, items in batch
        for owner, unknown in sorted(named.owners(signed_by, items).items())
    ]
    if not rows:
        return
    insert = db.insert_into(session.get_bind().dialect.name, EventOwner)
    upsert = insert.on_conflict_do_update(
        index_elements=["workspace_id", "event_id"],
        set_={"unknown": insert.excluded.unknown},
    )
    db.insert_rows(session.connection(), upsert, rows)
    for workspace_id in {row["workspace_id"] for row in rows}:
        nudges.after(session, workspace_id)


def of_deliveries(session: Session, events: Iterable[WebhookEvent]) -> dict[int, set[int]]:
    """Event -> the workspaces that it would concern if it were applied now."""
    batch = [(event, updates.parse(event.body)) for event in events]
    named = _Named(session, [update for _, items in batch for update in items])
    return {event.id: set(named.owners(event.signed_by, items)) for event, items in batch}


def own_numbers(session: Session, workspace_id: int) -> list[Number]:
    """The workspace's numbers, those that are disconnected too."""
    return list(numbers(session, col(WhatsAppConnection.workspace_id) == workspace_id))


def concerns(number: Number, update: updates.Update) -> bool:
    """Whether an item speaks of this number."""
    if update.phone_number_id:
        return number.phone_number_id == update.phone_number_id
    if update.waba_id is None or number.waba_id != update.waba_id:
        return False
    if isinstance(update, meta.NumberChange):
        return re.sub(r"\D", "", number.display) == update.display_phone_number
    return True


class _Named:
    """The connected numbers that some items name, found in one query."""

    def __init__(self, session: Session, items: Iterable[updates.Update]) -> None:
        self._by_id: dict[str, list[Number]] = {}
        phones, accounts = set[str](), set[str]()
        for update in items:
            if update.phone_number_id:
                phones.add(update.phone_number_id)
            elif update.waba_id:
                accounts.add(update.waba_id)
        for number in _named(session, phones, accounts):
            self._by_id.setdefault(number.phone_number_id, []).append(number)
            self._by_id.setdefault(number.waba_id, []).append(number)

    def owners(self, signed_by: str, items: Iterable[updates.Update]) -> dict[int, bool]:
        """Workspace -> whether it is sent something that this version does not know."""
        found: dict[int, bool] = {}
        for update in items:
            strange = isinstance(update, meta.Unknown)
            for number in self._by_id.get(update.phone_number_id or update.waba_id or "", ()):
                if number.signer == signed_by and concerns(number, update):
                    found[number.workspace_id] = found.get(number.workspace_id, False) or strange
        return found


def _named(session: Session, phones: set[str], accounts: set[str]) -> Iterator[Number]:
    for some_phones, some_accounts in zip(*_even(sorted(phones), sorted(accounts)), strict=True):
        yield from numbers(
            session,
            or_(
                col(WhatsAppConnection.phone_number_id).in_(some_phones),
                col(WhatsAppConnection.waba_id).in_(some_accounts),
            ),
        )


def _even(*lists: list[str]) -> list[list[list[str]]]:
    longest = max(len(each) for each in lists)
    return [[each[at : at + _MOST_IDS] for at in range(0, longest, _MOST_IDS)] for each in lists]


def numbers(session: Session, which: ColumnElement[bool]) -> Iterator[Number]:
    """The connected numbers that meet a condition; a lost secret holds up none of the others."""
    # Columns instead of rows, and the token left alone: a lost key must not hold up the others.
    rows: Sequence[Any] = session.connection().execute(_COLUMNS.where(which)).all()
    dialect = session.get_bind().dialect
    for workspace_id, channel_id, phone_number_id, waba_id, display, stored in rows:
        try:
            secret = Encrypted().process_result_value(stored, dialect)
            signer = channels.fingerprint(secret or settings().meta_app_secret.get_secret_value())
        except SecretLost:
            signer = None
        yield Number(
            workspace_id, channel_id, phone_number_id, waba_id, display, signer, bool(stored)
        )


_COLUMNS = select(
    col(WhatsAppConnection.workspace_id),
    col(WhatsAppConnection.channel_id),
    col(WhatsAppConnection.phone_number_id),
    col(WhatsAppConnection.waba_id),
    col(WhatsAppConnection.display_phone_number),
    type_coerce(col(WhatsAppConnection.app_secret), Text),
).order_by(col(WhatsAppConnection.id))
