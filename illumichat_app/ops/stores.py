"""The two kinds of database as a backup sees them: a snapshot, a place beside, an exchange."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Generator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, NullPool, create_engine, inspect, make_url, text
from sqlalchemy.engine import URL

from illumichat_app.errors import AppError, Conflict
from illumichat_app.ops import services

IN_USE = (
    "IllumiChat is running: something has this database open. Stop every part first (make run, or "
    "the services), so that nothing is written while the data is exchanged."
)
NO_PROGRAMS = (
    "pg_dump, pg_restore and psql are needed for this and were not found. Install PostgreSQL's "
    "client programs (Debian and Ubuntu: apt install postgresql-client), not older than the server."
)


class Store(Protocol):
    kind: str

    def snapshot(self, dump: Path) -> AbstractContextManager[Connection]:
        """Write the database to a file; the connection sees exactly what is in it."""
        ...

    def require_unused(self) -> None:
        """Raises Conflict while the product has the database open."""
        ...

    def seen(self) -> AbstractContextManager[Connection | None]:
        """The present database, None when there is none."""
        ...

    def load(self, dump: Path) -> str:
        """Put a dump beside the present database; returns its address."""
        ...

    def exchange(self, stamp: str) -> str:
        """Put what was loaded in the present one's place, all at once; returns, in words, where
        the old one is, or nothing when there was none."""
        ...


def of(address: str) -> Store:
    """The store of a database's address."""
    url = make_url(address)
    return SQLite(url) if url.get_backend_name() == "sqlite" else PostgreSQL(url)


def tables(seen: Connection) -> list[str]:
    """The tables of rows: not those that an index of words consists of, nor alembic's."""
    names = inspect(seen).get_table_names()
    return sorted(name for name in names if "_words" not in name and name != "alembic_version")


def count(seen: Connection, table: str) -> int:
    """How many rows a table of ours has."""
    return seen.execute(text(f'SELECT count(*) FROM "{table}"')).scalar_one()  # noqa: S608


# ---- SQLite: a file, and one beside it


class SQLite:
    kind = "sqlite"

    def __init__(self, url: URL) -> None:
        self._file = Path(url.database or "").absolute()
        self._beside = self._file.with_name(f"{self._file.name}.restoring")

    @contextmanager
    def snapshot(self, dump: Path) -> Generator[Connection]:
        if not self._file.is_file():
            raise AppError(f"There is nothing to back up: {self._file} does not exist.")
        dump.touch(mode=0o600)
        with closing(sqlite3.connect(self._file)) as source, closing(_one_file(dump)) as target:
            source.backup(target)  # in one step: writers go on and are not in it
        _fold(dump)
        with _connected(f"sqlite:///{dump}") as seen:
            yield seen

    def require_unused(self) -> None:
        if self._file.is_file():
            try:
                _fold(self._file)  # only whoever is alone may do that
            except sqlite3.OperationalError:
                raise Conflict(IN_USE) from None

    @contextmanager
    def seen(self) -> Generator[Connection | None]:
        if not self._file.is_file():
            yield None
            return
        with _connected(f"sqlite:///{self._file}") as seen:
            yield seen

    def load(self, dump: Path) -> str:
        for each in self._beside.parent.glob(f"{self._beside.name}*"):  # of an interrupted one
            each.unlink()
        self._file.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(dump, self._beside)
        return f"sqlite:///{self._beside}"

    def exchange(self, stamp: str) -> str:
        _fold(self._beside)
        if not self._file.is_file():
            self._beside.replace(self._file)
            return ""
        self.require_unused()
        aside = self._file.with_name(f"{self._file.name}.before-{stamp}")
        os.link(self._file, aside)  # and not moved: at no moment is there no database
        self._beside.replace(self._file)
        return f"the file {aside}"


def _one_file(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=0, isolation_level=None)


def _fold(path: Path) -> None:
    """Leave nothing in a write-ahead log beside the file."""
    with closing(_one_file(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


@contextmanager
def _connected(address: str | URL, isolation: str | None = None) -> Generator[Connection]:
    engine = create_engine(address, poolclass=NullPool)
    with engine.connect() as connection:
        if isolation:
            connection = connection.execution_options(isolation_level=isolation)
        yield connection


# ---- PostgreSQL: a schema, and one beside it


class PostgreSQL:
    kind = "postgresql"

    def __init__(self, url: URL) -> None:
        self._url = url

    @contextmanager
    def snapshot(self, dump: Path) -> Generator[Connection]:
        programs = _programs()
        with _connected(self._url, "REPEATABLE READ") as seen:
            name = seen.execute(text("SELECT pg_export_snapshot()")).scalar_one()
            words = ["--format=custom", f"--snapshot={name}", "--schema=public"]
            words += ["--no-owner", "--no-acl", f"--file={dump}"]
            dump.touch(mode=0o600)
            self._run(programs / "pg_dump", *words, self._address())
            yield seen

    def require_unused(self) -> None:
        others = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        with _connected(self._url) as seen:
            if seen.execute(others).scalar_one():
                raise Conflict(IN_USE)

    @contextmanager
    def seen(self) -> Generator[Connection | None]:
        with _connected(self._url) as seen:
            yield seen

    def load(self, dump: Path) -> str:
        """One transaction: while the dump makes its own `public`, the present one steps aside."""
        programs, folder = _programs(), dump.parent
        self._run(
            programs / "pg_restore", "--schema=public", "--no-owner", "--no-acl",
            f"--file={folder / 'load.sql'}", str(dump),
        )  # fmt: skip
        before, after = folder / "before.sql", folder / "after.sql"
        before.write_text(_BEFORE)
        after.write_text(_AFTER)
        files = [f"--file={each}" for each in (before, folder / "load.sql", after)]
        words = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
        self._run(programs / "psql", *words, *files, self._address())
        beside = self._url.update_query_dict({"options": "-csearch_path=restoring"})
        return beside.render_as_string(hide_password=False)

    def exchange(self, stamp: str) -> str:
        self.require_unused()
        aside = f"before_{stamp}"
        with _connected(self._url) as connection:
            connection.execute(text(f"ALTER SCHEMA public RENAME TO {aside}"))
            connection.execute(text("ALTER SCHEMA restoring RENAME TO public"))
            connection.commit()
        return f"the schema {aside} (DROP SCHEMA {aside} CASCADE takes it away)"

    def _address(self) -> str:
        """Without the password: everybody on the machine sees a program's arguments."""
        plain = self._url.set(drivername="postgresql")._replace(password=None)
        return f"--dbname={plain.render_as_string()}"

    def _run(self, program: Path, *words: str) -> None:
        password = {"PGPASSWORD": str(self._url.password)} if self._url.password else {}
        ran = subprocess.run(
            [str(program), *words], env=os.environ | password, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        if ran.returncode:
            said = ran.stderr.strip()[-2000:]
            raise AppError(f"{program.name} failed, so nothing was changed:\n{said}")


_BEFORE = """
DROP SCHEMA IF EXISTS restoring CASCADE;
ALTER SCHEMA public RENAME TO stepped_aside;
CREATE SCHEMA public;
"""
_AFTER = """
ALTER SCHEMA public RENAME TO restoring;
ALTER SCHEMA stepped_aside RENAME TO public;
"""


def _programs() -> Path:
    folder = services.postgres_programs("pg_dump", "pg_restore", "psql")
    if folder is None:
        raise AppError(NO_PROGRAMS)
    return folder
