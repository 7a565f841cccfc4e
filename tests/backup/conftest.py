"""A database and a data folder of the test's own, because a restore exchanges both."""

import os
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, inspect, make_url, text
from sqlmodel import Session

from illumichat_app import __main__ as commands
from illumichat_app import db
from illumichat_app.config import settings
from models import Conversation, Media, MediaState, WebhookEvent
from tests import factories
from tests.conftest import NOON, POSTGRES, _use
from tests.flows.conftest import stack
from tests.flows.stack import seed

__all__ = ["stack"]

_number = count(1)


@pytest.fixture
def database(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    settings.cache_clear()
    if not database.startswith("postgresql"):
        yield database
        return
    name = f"backup_{next(_number)}"
    db.engine().dispose()  # a template must have no guests
    on_server(f"CREATE DATABASE {name} TEMPLATE {make_url(POSTGRES).database}")
    own = make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    _use(own)
    yield own
    db.engine().dispose()
    on_server(f"DROP DATABASE {name} WITH (FORCE)")


def on_server(statement: str) -> None:
    server = create_engine(
        make_url(POSTGRES).set(database="postgres"),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
    )
    with server.connect() as connection:
        connection.execute(text(statement))


POSTGRESQL = pytest.param(
    "postgres",
    marks=[
        pytest.mark.postgres,
        pytest.mark.skipif(not POSTGRES, reason="no PostgreSQL found"),
    ],
)
# What does not depend on the kind of database is tried once.
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database", [POSTGRESQL], indirect=True)
Run = Callable[..., None]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command as typed, while no part of the product runs if it is `restore`."""

    def type_in(*words: object) -> None:
        monkeypatch.setattr(sys, "argv", ["illumichat_app", *map(str, words)])
        monkeypatch.setattr(commands.log, "set_up", lambda: None)
        if words[0] == "restore":
            db.engine().dispose()
        commands.main()

    return type_in


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "backup.tar.gz"


def everything() -> dict[str, set[tuple[Any, ...]]]:
    """Every row of every table, as text."""
    found: dict[str, set[tuple[Any, ...]]] = {}
    with db.reading() as session:
        connection = session.connection()
        for name in inspect(connection).get_table_names():
            if "_words" not in name:
                rows = connection.execute(text(f'SELECT * FROM "{name}"'))
                found[name] = {tuple(map(str, row)) for row in rows}
    return found


def media() -> Path:
    return Path(os.environ["DATA_DIR"]) / "media"


def files() -> dict[str, bytes]:
    """Every file of a message."""
    return {
        str(path.relative_to(media())): path.read_bytes()
        for path in media().rglob("*")
        if path.is_file()
    }


def destroy() -> None:
    """Nothing is left, as after the loss of a disk."""
    where = make_url(os.environ["DATABASE_URL"])
    if where.get_backend_name() == "postgresql":
        with db.engine().begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    db.engine().dispose()
    if where.get_backend_name() == "sqlite":
        for path in Path(str(where.database)).parent.glob("test.db*"):
            path.unlink()
    for name in files():
        (media() / name).unlink()


def with_file(session: Session, talk: Conversation, name: str, content: bytes) -> None:
    message = factories.message(session, talk, "", kind="image")
    path = media() / str(talk.workspace_id) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    session.add(
        Media(
            workspace_id=talk.workspace_id,
            channel_id=talk.channel_id,
            message_id=message.id,
            meta_id="1",
            state=MediaState.READY,
            path=f"{talk.workspace_id}/{name}",
        )
    )


@pytest.fixture
def talk(database: str, redis: None, noon: object) -> Conversation:
    """A workspace, a conversation with a picture, and a delivery that was applied."""
    with db.transaction() as session:
        _, channel, _, _ = seed(session)
        made = factories.conversation(session, channel, window_ends_at=NOON + timedelta(hours=1))
        factories.message(session, made, "Grüße 😀")
        with_file(session, made, "a1", b"\x89PNG picture")
        session.add(WebhookEvent(digest="d", signed_by="s", body=b"\x00\xff", state="processed"))
    return made
