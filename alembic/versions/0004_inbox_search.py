"""Search over people and messages, and the inbox's filters as walks down an index.

SQLite: one FTS5 table for each searched table, without a copy of the text, kept by triggers. Its
rowid is the workspace's number above the row's, so that the matches of a workspace stand together
and a search reads no other's. PostgreSQL: a generated column of the same words, each with its
workspace before it, and GIN; stored, because a plan that walks the newest rows reads it for each. A later migration that rebuilds a searched table on SQLite has to make its triggers again.
"""

import sqlalchemy as sa

from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

LISTS = {
    'ix_conversation_held': 'claimed_by',
    'ix_conversation_of_channel': 'channel_id',
    'ix_conversation_of_assistant': 'assistant_id',
}
# Any part of a phone number is found: its words are all its endings of three digits and more.
LONGEST_PHONE = 15  # E.164


def upgrade() -> None:
    for name, column in LISTS.items():
        op.create_index(name, 'conversation', ['workspace_id', 'state', column, 'last_at', 'id'])
    if op.get_bind().dialect.name == 'sqlite':
        for table, (words, seen) in SQLITE.items():
            index_in_sqlite(table, words, seen)
    else:
        for statement in (TEXT, ENDINGS):
            op.execute(statement)
        for table, words in POSTGRESQL.items():
            op.execute(
                f"ALTER TABLE {table} ADD COLUMN search_words tsvector"
                f" GENERATED ALWAYS AS ({words}) STORED"
            )
            op.execute(
                f"CREATE INDEX ix_{table}_search_words ON {table} USING gin (search_words)"
                " WITH (gin_pending_list_limit = 256)"
            )


def downgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        for table in SQLITE:
            for moment in ('insert', 'update', 'delete'):
                op.execute(f"DROP TRIGGER {table}_words_{moment}")
            op.execute(f"DROP TABLE {table}_words")
    else:
        for table in POSTGRESQL:
            op.execute(f"ALTER TABLE {table} DROP COLUMN search_words")
        op.execute("DROP FUNCTION search_endings(text)")
        op.execute("DROP FUNCTION search_text(text, text)")
    for name in LISTS:
        op.drop_index(name, 'conversation')


def joined(*parts: str) -> str:
    return " || ' ' || ".join(parts)


# ---- SQLite


def endings(column: str) -> str:
    parts = [f"substr({{row}}.{column}, {start})" for start in range(1, LONGEST_PHONE - 1)]
    return f"coalesce({joined(*parts)}, '')"


# The words of a row, and the columns they are made of.
SQLITE = {
    'message': (
        "CASE WHEN {row}.deleted_at IS NULL THEN {row}.text ELSE '' END",
        ('text', 'deleted_at'),
    ),
    'customer_identity': (
        joined(
            "coalesce({row}.profile_name, '')",
            "coalesce({row}.username, '')",
            "coalesce(substr({row}.bsuid, -4), '')",
            endings('wa_id'),
        ),
        ('profile_name', 'username', 'bsuid', 'wa_id'),
    ),
    'contact': (
        joined("{row}.name", "coalesce({row}.email, '')", endings('phone')),
        ('name', 'email', 'phone'),
    ),
}


def index_in_sqlite(table: str, words: str, columns: tuple[str, ...]) -> None:
    index = f'{table}_words'
    op.execute(
        f"CREATE VIRTUAL TABLE {index} USING"
        " fts5(words, content='', tokenize='unicode61 remove_diacritics 2')"
    )
    rowid = "({row}.workspace_id << 40) | {row}.id"
    add = f"INSERT INTO {index} (rowid, words) SELECT {rowid}, {words}"
    # An index without content forgets a row only when it is told the words again.
    forget = f"INSERT INTO {index} ({index}, rowid, words) SELECT 'delete', {rowid}, {words}"
    changed = " OR ".join(f"old.{column} IS NOT new.{column}" for column in columns)
    new, old = add.format(row='new'), forget.format(row='old')
    op.execute(f"CREATE TRIGGER {index}_insert AFTER INSERT ON {table} BEGIN {new}; END")
    op.execute(f"CREATE TRIGGER {index}_delete AFTER DELETE ON {table} BEGIN {old}; END")
    op.execute(
        f"CREATE TRIGGER {index}_update AFTER UPDATE OF {', '.join(columns)} ON {table}"
        f" WHEN {changed} BEGIN {old}; {new}; END"
    )
    op.execute(f"{add.format(row=table)} FROM {table} ORDER BY 1")


# ---- PostgreSQL

# Lower case, without the usual accents, every word after the name of its place. Built of plain
# functions: normalize() and regexp_replace() take five times as long as the insert itself.
MARKS = "\n\r\t.,;:!?-_@/()[]{}<>&+*=#%~|\\\"'`´’‘“”«»…–—¡¿·•"
LETTERS = ("áàâäãåéèêëíìîïóòôöõúùûüñçýšžő", "aaaaaaeeeeiiiiooooouuuuncyszo")
TEXT = """
CREATE FUNCTION search_text(place text, words text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT replace(
    ' ' || translate(lower(left(words, 16384)), $m$%s$m$, $m$%s$m$), ' ', ' ' || place
)
$$
""" % (MARKS + LETTERS[0], ' ' * len(MARKS) + LETTERS[1])

ENDINGS = """
CREATE FUNCTION search_endings(digits text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT coalesce(string_agg(substr(digits, start), ' '), '')
FROM generate_series(1, length(digits) - 2) AS start
$$
"""


def vector(words: str) -> str:
    return f"to_tsvector('simple', search_text('w' || workspace_id::text || 'x', {words}))"


POSTGRESQL = {
    'message': vector("CASE WHEN deleted_at IS NULL THEN text ELSE '' END"),
    'customer_identity': vector(
        joined(
            "coalesce(profile_name, '')",
            "coalesce(username, '')",
            "coalesce(right(bsuid, 4), '')",
            "search_endings(wa_id)",
        )
    ),
    'contact': vector(joined("name", "coalesce(email, '')", "search_endings(phone)")),
}
