"""The limit to compare with: stored events applied with the database's driver alone.

Set-based, 200 events a commit: conversation upsert, message insert that leaves out known wamids,
unread and last time, the day's count, an outbox row, the event marked as done. Tables of its own,
with the indexes these statements need and no others.
"""

import json
import sqlite3
from typing import Any, Protocol

import psycopg


class Limit(Protocol):
    """A database of the limit's own."""

    def store(self, bodies: list[bytes]) -> None: ...
    def drain(self) -> None: ...


def at(database_url: str) -> Limit:
    if database_url.startswith("sqlite"):
        return _Sqlite(database_url.replace("sqlite:///", "") + ".limit")
    return _Postgres(database_url.replace("+psycopg", ""))


TABLES = (
    "DROP TABLE IF EXISTS limit_{0}",
    "CREATE TABLE limit_event (id {id}, body {bytes}, done INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE limit_conversation (id {id}, wa_id TEXT UNIQUE, unread INTEGER, last_at INTEGER)",
    "CREATE TABLE limit_message (id {id}, conversation_id BIGINT, wamid TEXT UNIQUE, at INTEGER,"
    " body TEXT)",
    "CREATE TABLE limit_daily (day INTEGER PRIMARY KEY, inbound INTEGER)",
    "CREATE TABLE limit_outbox (id {id}, conversation_id BIGINT, state INTEGER)",
    "CREATE INDEX limit_event_waiting ON limit_event (id) WHERE done = 0",
)
NAMES = ("event", "conversation", "message", "daily", "outbox")
WAITING = "SELECT id, body FROM limit_event WHERE done = 0 ORDER BY id LIMIT 200"


def _create(run: Any, words: dict[str, str]) -> None:
    for name in NAMES:
        run(TABLES[0].format(name))
    for table in TABLES[1:]:
        run(table.format(**words))


def _read(body: bytes) -> dict[str, Any]:
    message = json.loads(body)["entry"][0]["changes"][0]["value"]["messages"][0]
    at = int(message["timestamp"])
    return {"w": message["id"], "p": message["from"], "t": at, "b": message["text"]["body"]}


class _Sqlite:
    def __init__(self, path: str) -> None:
        self._on = sqlite3.connect(path, isolation_level=None)
        self._on.execute("PRAGMA journal_mode=WAL")
        self._on.execute("PRAGMA synchronous=FULL")
        _create(self._on.execute, {"id": "INTEGER PRIMARY KEY", "bytes": "BLOB"})

    def store(self, bodies: list[bytes]) -> None:
        self._on.execute("BEGIN IMMEDIATE")
        self._on.executemany("INSERT INTO limit_event (body) VALUES (?)", [(b,) for b in bodies])
        self._on.execute("COMMIT")

    def drain(self) -> None:
        while self._batch():
            pass

    def _batch(self) -> bool:
        self._on.execute("BEGIN IMMEDIATE")
        events = self._on.execute(WAITING).fetchall()
        rows = json.dumps([_read(body) for _, body in events])
        self._on.execute(
            "INSERT INTO limit_conversation (wa_id, unread, last_at) SELECT value->>'p', 0, 0"
            " FROM json_each(?) WHERE true ON CONFLICT (wa_id) DO NOTHING", (rows,)
        )  # fmt: skip
        new = self._on.execute(
            "INSERT INTO limit_message (conversation_id, wamid, at, body) SELECT c.id,"
            " value->>'w', value->>'t', value->>'b' FROM json_each(?) JOIN limit_conversation c"
            " ON c.wa_id = value->>'p' WHERE true ON CONFLICT (wamid) DO NOTHING"
            " RETURNING conversation_id, at", (rows,)
        ).fetchall()  # fmt: skip
        added = json.dumps(new)
        self._on.execute(
            "UPDATE limit_conversation SET unread = unread + n, last_at = max(last_at, t) FROM"
            " (SELECT value->>0 AS c, count(*) AS n, max(value->>1) AS t FROM json_each(?)"
            " GROUP BY 1) WHERE id = c", (added,)
        )  # fmt: skip
        self._on.execute(
            "INSERT INTO limit_daily (day, inbound) SELECT (value->>1) / 86400, count(*) FROM"
            " json_each(?) GROUP BY 1 ON CONFLICT (day) DO UPDATE SET"
            " inbound = inbound + excluded.inbound", (added,)
        )  # fmt: skip
        self._on.execute(
            "INSERT INTO limit_outbox (conversation_id, state) SELECT DISTINCT value->>0, 0 FROM"
            " json_each(?)", (added,)
        )  # fmt: skip
        ids = json.dumps([number for number, _ in events])
        self._on.execute(
            "UPDATE limit_event SET done = 1 WHERE id IN (SELECT value FROM json_each(?))", (ids,)
        )
        self._on.execute("COMMIT")
        return bool(events)


class _Postgres:
    def __init__(self, url: str) -> None:
        self._on = psycopg.connect(url, autocommit=True)
        _create(self._on.execute, {"id": "BIGSERIAL PRIMARY KEY", "bytes": "BYTEA"})

    def store(self, bodies: list[bytes]) -> None:
        self._on.execute("INSERT INTO limit_event (body) SELECT * FROM unnest(%b::bytea[])",
            [bodies])  # fmt: skip
        self._on.execute("ANALYZE limit_event")

    def drain(self) -> None:
        while self._batch():
            pass

    def _batch(self) -> bool:
        with self._on.transaction():
            events = self._on.execute(WAITING).fetchall()
            rows = json.dumps([_read(body) for _, body in events])
            self._on.execute(
                "INSERT INTO limit_conversation (wa_id, unread, last_at) SELECT DISTINCT p, 0, 0"
                " FROM jsonb_to_recordset(%s::jsonb) AS r(p text) ON CONFLICT (wa_id) DO NOTHING",
                [rows],
            )
            new = self._on.execute(
                "INSERT INTO limit_message (conversation_id, wamid, at, body) SELECT c.id, w, t, b"
                " FROM jsonb_to_recordset(%s::jsonb) AS r(p text, w text, t int, b text) JOIN"
                " limit_conversation c ON c.wa_id = p ON CONFLICT (wamid) DO NOTHING"
                " RETURNING conversation_id, at",
                [rows],
            ).fetchall()
            added = json.dumps([{"c": c, "t": t} for c, t in new])
            self._on.execute(
                "UPDATE limit_conversation SET unread = unread + n, last_at = greatest(last_at, t)"
                " FROM (SELECT c, count(*) AS n, max(t) AS t FROM"
                " jsonb_to_recordset(%s::jsonb) AS r(c bigint, t int) GROUP BY 1) AS new"
                " WHERE id = c",
                [added],
            )
            self._on.execute(
                "INSERT INTO limit_daily (day, inbound) SELECT t / 86400, count(*) FROM"
                " jsonb_to_recordset(%s::jsonb) AS r(t int) GROUP BY 1 ON CONFLICT (day) DO UPDATE"
                " SET inbound = limit_daily.inbound + excluded.inbound",
                [added],
            )
            self._on.execute(
                "INSERT INTO limit_outbox (conversation_id, state) SELECT DISTINCT c, 0 FROM"
                " jsonb_to_recordset(%s::jsonb) AS r(c bigint)",
                [added],
            )
            ids = [number for number, _ in events]
            self._on.execute("UPDATE limit_event SET done = 1 WHERE id = ANY(%s)", [ids])
        return bool(events)
