"""A large invented company: conversations, one long thread, messages; by a few set-based inserts.

Message words have a known share: `hello` is in all, `parcel` in a tenth, `lot7` in a hundredth,
`batch77` in a thousandth, `order1234` in one. A small neighbour has a hundred conversations.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, text

BASE = 1_795_435_200  # 2026-11-23 12:00 UTC, the newest of all
CHANNELS, ASSISTANTS, AGENTS = 5, 2, 5
NEIGHBOURS = 100
NUMBERED = ("workspace", "app_user", "assistant", "channel", "customer_identity", "conversation")


@dataclass(frozen=True)
class Size:
    conversations: int
    thread: int  # messages of conversation 1
    messages: int  # of all others


def seed(engine: Engine, size: Size) -> None:
    """Fill an empty, migrated database: workspace 1 is large, workspace 2 small."""
    from workers import upkeep

    for conversations in (size.conversations, NEIGHBOURS):
        with engine.begin() as connection:
            _place(connection, conversations)
    with engine.begin() as connection:
        first = size.conversations + 1
        _messages(connection, 1, 1, 1, size.thread)
        _messages(connection, 1, 2, size.conversations - 1, size.messages)
        _messages(connection, 2, first, NEIGHBOURS, 100 * NEIGHBOURS, "quiet")
        _events(connection, size.thread // 20)
    upkeep.fill_search()
    with engine.begin() as connection:
        _number_on(connection)
        connection.execute(text("ANALYZE"))


def _number_on(connection: Connection) -> None:
    """PostgreSQL's own numbers go on behind those that were given here."""
    if connection.dialect.name == "postgresql":
        for table in NUMBERED:
            connection.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"
                    f" (SELECT max(id) FROM {table}))"
                )
            )


def _place(connection: Connection, conversations: int) -> None:
    place = _number(connection, "workspace")
    run = _Run(connection, place)
    run("INSERT INTO workspace (id, created_at, name, time_zone, only_claimer_replies,"
        " auto_resume_minutes) VALUES (:place, {at:0}, 'Bench', 'UTC', false, 0)")  # fmt: skip
    run("INSERT INTO app_user (id, created_at, email, name, password_hash, sound) SELECT"
        " :place * 100 + i, {at:0}, 'agent' || (:place * 100 + i) || '@demo.test', 'Agent ' || i,"
        " '', true FROM n", AGENTS)  # fmt: skip
    run("INSERT INTO membership (created_at, workspace_id, user_id, role) SELECT {at:9999999},"
        " :place, :place * 100 + i, 'agent' FROM n", AGENTS)  # fmt: skip
    run("INSERT INTO assistant (id, created_at, workspace_id, name, instructions, model)"
        " SELECT :place * 100 + i, {at:0}, :place, 'Assistant ' || i, '', '' FROM n",
        ASSISTANTS)  # fmt: skip
    run("INSERT INTO channel (id, created_at, workspace_id, assistant_id, kind, name, enabled,"
        " ai_replies, match_contacts, auto_create_contacts, max_message_length, read_receipts)"
        " SELECT :place * 100 + i, {at:0}, :place, :place * 100 + 1 + i % 2, 'whatsapp',"
        " 'Channel ' || i, true, true, false, false, 4096, 'on_reply' FROM n",
        CHANNELS)  # fmt: skip
    first = _number(connection, "conversation") - 1
    run("INSERT INTO customer_identity (id, created_at, workspace_id, channel_id, wa_id,"
        " profile_name, username) SELECT :first + i, {at:0}, :place, {channel},"
        " CAST(34600000000 + :first + i AS VARCHAR), {given} || ' ' || {family},"
        " 'user.' || (:first + i) FROM n", conversations, first=first)  # fmt: skip
    run("INSERT INTO conversation (id, created_at, workspace_id, channel_id, assistant_id,"
        " identity_id, state, ai_enabled, claimed_by, hand_over_reason, title, unread,"
        " inbound_count, last_at, last_preview, last_author, window_ends_at, needs_reply,"
        " reply_attempts) SELECT :first + i, {at:i*60}, :place, {channel},"
        " :place * 100 + 1 + ({channel}) % 2, :first + i, {state}, true, {holder}, '',"
        " {given} || ' ' || {family}, CASE WHEN i % 7 = 0 THEN 2 ELSE 0 END, 10, {at:i*60},"
        " 'Where is my parcel?', 'customer', {at:i*60-86400}, false, 0 FROM n",
        conversations, first=first)  # fmt: skip
    run("INSERT INTO conversation_seen (created_at, user_id, conversation_id, inbound_count)"
        " SELECT {at:0}, :place * 100 + 1, :first + i, CASE WHEN i % 7 = 0 THEN 8 ELSE 10 END"
        " FROM n", conversations, first=first)  # fmt: skip


def _messages(
    connection: Connection, place: int, first: int, among: int, count: int, word: str = "parcel"
) -> None:
    start = _number(connection, "message")
    _Run(connection, place)(
        "INSERT INTO message (created_at, workspace_id, channel_id, conversation_id, direction,"
        " author, kind, text, content, reactions, wamid, status, sent_at, day, attempts, error)"
        " SELECT {at:(:count-i)*30}, :place, c.channel_id, c.id,"
        " CASE i % 2 WHEN 0 THEN 'in' ELSE 'out' END,"
        " CASE i % 2 WHEN 0 THEN 'customer' ELSE 'assistant' END, 'text', 'Hello, '"
        " || CASE i % 10 WHEN 0 THEN 'my ' || :word || ' ' ELSE '' END || 'lot' || (i % 100)"
        " || ' batch' || (i % 1000) || ' order' || (:start + i) || '. ' ||"
        " substr(:prose, (i * 37) % 900 + 1, 60),"
        " '{{}}', '{{}}', 'wamid.' || (:start + i), CASE i % 2 WHEN 0 THEN 'received'"
        " ELSE 'read' END, {at:(:count-i)*30}, '2026-11-23', 0, ''"
        " FROM n JOIN conversation c ON c.id = :first + i % :among",
        count, start=start, first=first, among=among, word=word, prose=PROSE)  # fmt: skip


def _events(connection: Connection, count: int) -> None:
    _Run(connection, 1)(
        "INSERT INTO conversation_event (created_at, workspace_id, conversation_id, kind, data)"
        " SELECT {at:(:count-i)*600}, 1, 1, 'claimed', '{{}}' FROM n", count)  # fmt: skip


@dataclass
class _Run:
    """Runs one INSERT for the numbers 1 to count; both databases know WITH RECURSIVE."""

    connection: Connection
    place: int

    def __call__(self, statement: str, count: int = 1, **values: Any) -> None:
        dialect = self.connection.dialect.name
        insert, select = statement.split("SELECT", 1) if "SELECT" in statement else (statement, "")
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)"
        whole = f"{insert} {numbers} SELECT {select}" if select else insert
        given = {"place": self.place, "count": count} | values
        ready = whole.format(at=_At(dialect), **_FACTS)
        self.connection.execute(
            text(ready), {name: value for name, value in given.items() if f":{name}" in ready}
        )


class _At:
    """`{at:seconds}`: so many seconds before the newest moment."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect

    def __format__(self, seconds: str) -> str:
        if self.dialect == "sqlite":
            moment = f"{BASE} - ({seconds}), 'unixepoch'"
            return f"strftime('%Y-%m-%d %H:%M:%S', {moment}) || '.000000'"
        return f"to_timestamp({BASE} - ({seconds}))"


def _number(connection: Connection, table: str) -> int:
    return connection.execute(text(f"SELECT coalesce(max(id), 0) + 1 FROM {table}")).scalar_one()


def _pick(words: str, step: int) -> str:
    known = words.split()
    cases = " ".join(f"WHEN {at} THEN '{word}'" for at, word in enumerate(known))
    return f"CASE (i / {step}) % {len(known)} {cases} END"


PROSE = (
    "when will it come to my door because nobody rang the bell this morning and the tracking page "
    "says that the courier left a card yet there is none please look again thank you very much for "
    "your quick answer I would like to change the address since we moved last week near the old "
    "harbour is that still possible or must I send the whole thing back first "
) * 4
_FACTS = {
    # Channel 5 and assistant 2 are rare; agent 5 holds nearly nothing.
    "channel": ":place * 100 + CASE WHEN i % 5000 = 7 THEN 5 ELSE 1 + 2 * (i % 2) END",
    "state": "CASE WHEN i % 50 = 3 THEN 'needs_human' WHEN i % 50 = 4 THEN 'closed'"
    " WHEN i % 2 = 0 THEN 'assistant' ELSE 'human' END",
    "holder": "CASE WHEN i % 50 IN (3, 4) OR i % 2 = 0 OR i % 1001 = 0 THEN NULL"
    " WHEN i % 3001 = 0 THEN :place * 100 + 5 ELSE :place * 100 + 1 + i % 4 END",
    "given": _pick("Lucía Jorge Amira Tom Priya Chen Olga Sam Kim Noor", 1),
    "family": _pick("Marín Ortiz Haddad Berg Nair Wei Petrova Okoro Vale Aziz Duarte", 10),
}
