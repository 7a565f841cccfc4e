"""PostgreSQL: the words of messages stand in a table of their own. This fills a large table.

They are made after the commit. As a generated column they were most of what it costs to store a message. Triggers note which
messages are due, whoever writes them; what is changed or deleted is forgotten at once. SQLite has
one writer: there its triggers stay, since the same work later would hold up the same writers.

The old column stays for one version, empty for new messages: a search of the code from before still
finds what was said until now, slowly.
"""

from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        for statement in (*WORDS, *DUE, *TRIGGERS):
            op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        for statement in BACK:
            op.execute(statement)


WORDS = (
    "CREATE TABLE message_words ("
    " id bigint PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,"
    " workspace_id bigint NOT NULL, search_words tsvector NOT NULL)",
    "INSERT INTO message_words SELECT id, workspace_id, search_words FROM message",
    "ALTER TABLE message ALTER COLUMN search_words DROP EXPRESSION",
    "DROP INDEX ix_message_search_words",
    "CREATE INDEX ix_message_words_search ON message_words USING gin (search_words)"
    " WITH (gin_pending_list_limit = 256)",
    "ANALYZE message_words",
)
# No foreign key: it would look up, and lock, each message that was just written. As many rows leave
# it as come, so it is cleaned by their number, not by their share.
DUE = (
    "CREATE TABLE message_words_due (id bigint PRIMARY KEY)"
    " WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)",
)
TRIGGERS = (
    """
    CREATE FUNCTION message_words_new() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO message_words_due SELECT id FROM made WHERE text <> '' ON CONFLICT DO NOTHING;
        RETURN NULL;
    END $$
    """,
    # Due first: that waits for whoever fills in the old words at this moment.
    """
    CREATE FUNCTION message_words_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO message_words_due VALUES (new.id) ON CONFLICT DO NOTHING;
        DELETE FROM message_words WHERE id = new.id;
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION message_words_gone() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM message_words_due WHERE id IN (SELECT id FROM gone);
        RETURN NULL;
    END $$
    """,
    "CREATE TRIGGER message_words_new AFTER INSERT ON message REFERENCING NEW TABLE AS made"
    " FOR EACH STATEMENT EXECUTE FUNCTION message_words_new()",
    "CREATE TRIGGER message_words_changed AFTER UPDATE OF text, deleted_at ON message FOR EACH ROW"
    " WHEN ((old.text, old.deleted_at) IS DISTINCT FROM (new.text, new.deleted_at))"
    " EXECUTE FUNCTION message_words_changed()",
    "CREATE TRIGGER message_words_gone AFTER DELETE ON message REFERENCING OLD TABLE AS gone"
    " FOR EACH STATEMENT EXECUTE FUNCTION message_words_gone()",
)
BACK = (
    *(f"DROP TRIGGER message_words_{name} ON message" for name in ('new', 'changed', 'gone')),
    *(f"DROP FUNCTION message_words_{name}()" for name in ('new', 'changed', 'gone')),
    "DROP TABLE message_words, message_words_due",
    "ALTER TABLE message DROP COLUMN search_words",
    "ALTER TABLE message ADD COLUMN search_words tsvector GENERATED ALWAYS AS ("
    "to_tsvector('simple', search_text('w' || workspace_id::text || 'x',"
    " CASE WHEN deleted_at IS NULL THEN text ELSE '' END))) STORED",
    "CREATE INDEX ix_message_search_words ON message USING gin (search_words)"
    " WITH (gin_pending_list_limit = 256)",
)
