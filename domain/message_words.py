"""PostgreSQL's index of what was said, filled after the commit: to make the words of a message
takes longer than to store it.

Triggers note which messages are due (migration 0009), and a search reads the newest of them itself,
so that nobody waits for the index. On SQLite triggers keep the index.
"""

from typing import Any

from sqlalchemy import BigInteger, Text, case, column, func, literal_column, select, table, text
from sqlmodel import Session, col

from models import Message

MOST_AT_ONCE = 500
MOST_DUE_SEARCHED = 500

DUE = table("message_words_due", column("id", BigInteger))


def fill(session: Session) -> int:
    """Put the oldest messages that are due into the index; returns how many."""
    if session.get_bind().dialect.name != "postgresql":
        return 0
    return len(session.connection().execute(_FILL, {"most": MOST_AT_ONCE}).all())


# A message deleted at this moment is left out: its row is locked before its words are kept.
_FILL = text("""
    WITH taken AS (
        DELETE FROM message_words_due WHERE id IN (
            SELECT id FROM message_words_due ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
        ) RETURNING id
    ), said AS (
        SELECT id, workspace_id, CASE WHEN deleted_at IS NULL THEN text ELSE '' END AS words
        FROM message WHERE id IN (SELECT id FROM taken) FOR KEY SHARE
    ), filled AS (
        INSERT INTO message_words (id, workspace_id, search_words)
        SELECT id, workspace_id,
            to_tsvector('simple', search_text('w' || workspace_id::text || 'x', words))
        FROM said
        ON CONFLICT (id) DO UPDATE SET search_words = excluded.search_words
    )
    SELECT id FROM taken
""")


def due(workspace_id: int, place: str, typed: Any) -> Any:
    """A query for the newest messages that are not in the index yet and fit a tsquery."""
    newest = select(DUE.c.id).order_by(DUE.c.id.desc()).limit(MOST_DUE_SEARCHED)
    words = case((col(Message.deleted_at).is_(None), col(Message.text)), else_="")
    said = func.to_tsvector(literal_column("'simple'", Text), func.search_text(place, words))
    number: Any = col(Message.id)
    return select(number.label("id")).where(
        number.in_(newest),
        col(Message.workspace_id) == workspace_id,
        said.op("@@")(typed),
    )
