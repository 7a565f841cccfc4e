"""Moving stored secrets to the newest encryption key."""

from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Column, Table, Text, type_coerce, update
from sqlmodel import Session, SQLModel, select

from illumichat_app.config import settings
from illumichat_app.errors import SecretLost
from models.columns import Encrypted, cipher


def reencrypt(session: Session) -> int:
    """Move every value that is under an older key; once none is, the old keys can be taken away.

    Returns the number of rows that were. Raises SecretLost when a value opens with none of the
    keys.
    """
    moved = 0
    for table in SQLModel.metadata.sorted_tables:
        secret = [column for column in table.columns if isinstance(column.type, Encrypted)]
        if secret:
            moved += _move(session, table, secret)
    return moved


def unreadable(session: Session) -> int:
    """How many rows hold a value that opens with none of the keys."""
    found = 0
    for table in SQLModel.metadata.sorted_tables:
        if secret := [column for column in table.columns if isinstance(column.type, Encrypted)]:
            stored = [type_coerce(column, Text).label(column.name) for column in secret]
            rows: Any = session.execute(select(table.c.id, *stored)).all()  # pyright: ignore[reportDeprecated]
            found += sum(any(map(_is_lost, row[1:])) for row in rows)
    return found


def _is_lost(stored: str | None) -> bool:
    try:
        return bool(stored and not _opened(stored))
    except SecretLost:
        return True


def _move(session: Session, table: Table, secret: list[Column[Any]]) -> int:
    stored = [type_coerce(column, Text).label(column.name) for column in secret]
    # Locked: a token that is replaced meanwhile must not be put back.
    query = select(table.c.id, *stored).order_by(table.c.id).with_for_update()
    rows = session.execute(query).all()  # pyright: ignore[reportDeprecated]
    moved = 0
    for number, *values in rows:
        given = dict(zip(secret, values, strict=True))
        if old := {column: _opened(value) for column, value in given.items() if _is_old(value)}:
            session.execute(update(table).where(table.c.id == number).values(old))  # pyright: ignore[reportDeprecated]
            moved += 1
    return moved


def _is_old(stored: str | None) -> bool:
    if stored is None:
        return False
    try:
        Fernet(settings().encryption_keys[0].get_secret_value()).decrypt(stored)
    except InvalidToken:
        return True
    return False


def _opened(stored: str) -> str:
    try:
        return cipher().decrypt(stored).decode()
    except InvalidToken:
        raise SecretLost from None
