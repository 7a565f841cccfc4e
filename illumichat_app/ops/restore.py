"""Putting a backup back: everything is made ready beside the present data, then exchanged at once.

Until the exchange the present data is as it was, and after it that is still there, under another
name; an interrupted restore is simply run again.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from domain import encryption, outgoing_media, restored
from illumichat_app import clock, db
from illumichat_app.config import settings
from illumichat_app.errors import Conflict, Invalid
from illumichat_app.ops import archive, stores
from illumichat_app.ops.archive import Damaged, Manifest
from illumichat_app.ops.bootstrap import ROOT
from illumichat_app.ops.stores import Store

HOLDS_DATA = ("workspace", "webhook_event")
_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True)
class Restored:
    """What came of it. `aside` says where the old data is, line by line."""

    manifest: Manifest
    aside: list[str]
    locked: int  # rows with a secret that opens with none of the keys


def restore(file: Path, *, replace: bool) -> Restored:
    """Raises AppError before anything is changed."""
    manifest = archive.verified(file)
    store = stores.of(settings().database_url)
    _require_fitting(manifest, store)
    with _alone():
        store.require_unused()
        if not replace:
            _require_empty(store)
        with _scratch() as folder:
            archive.unpack(file, folder)
            locked = _make_ready(store, manifest, folder / archive.DATABASE)
            _bring_media(folder / archive.MEDIA)
        stamp = clock.now().strftime("%Y%m%d_%H%M%S")
        aside = store.exchange(stamp)
        return Restored(
            manifest, [each for each in (aside, _old_media(manifest, stamp)) if each], locked
        )


# ---- before anything is changed


def _require_fitting(manifest: Manifest, store: Store) -> None:
    if manifest.database != store.kind:
        raise Invalid(
            f"This is a backup of {_NAMES.get(manifest.database, manifest.database)}, and "
            f"DATABASE_URL is {_NAMES[store.kind]}. Restore it where it came from."
        )
    known = [script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions()]
    if manifest.schema not in known:
        raise Invalid(
            f"This backup was made by a newer version (schema {manifest.schema}; this one knows "
            f"{known[0]}). Update the code first."
        )


def _alembic(address: str = "") -> Config:
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("script_location", str(ROOT / "alembic"))
    config.set_main_option("sqlalchemy.url", address.replace("%", "%%"))
    return config


@contextmanager
def _alone() -> Generator[None]:
    """Hold the data folder, as `make run` does: it neither runs now nor starts meanwhile."""
    folder = settings().data_dir
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Conflict(stores.IN_USE) from None
    finally:
        os.close(handle)


def _require_empty(store: Store) -> None:
    with store.seen() as seen:
        full = seen is not None and _holds_data(seen)
    if full or any(path.is_file() for path in _media_files()):
        raise Conflict(
            "There is data here already. Add --replace to put the backup in its place; what is "
            "here now is kept beside it."
        )


def _holds_data(seen: Connection) -> bool:
    here = stores.tables(seen)
    if not here:
        return False
    return any(name not in here or stores.count(seen, name) for name in HOLDS_DATA)


# ---- beside the present data


@contextmanager
def _scratch() -> Generator[Path]:
    """On the file system of customers' files, so that they are moved and not copied."""
    with tempfile.TemporaryDirectory(dir=settings().data_dir, prefix="restoring-") as name:
        yield Path(name)


def _make_ready(store: Store, manifest: Manifest, dump: Path) -> int:
    """Load, compare, migrate and settle; returns how many rows hold a secret without its key."""
    address = store.load(dump)
    engine = db.build_engine(address)
    try:
        with engine.connect() as loaded:
            _require_whole(loaded, manifest)
        command.upgrade(_alembic(address), "head")
        _settle(engine, datetime.fromisoformat(manifest.made_at))
        with db.transaction(engine) as session:
            return encryption.unreadable(session)
    finally:
        engine.dispose()


def _require_whole(loaded: Connection, manifest: Manifest) -> None:
    rows = {name: stores.count(loaded, name) for name in stores.tables(loaded)}
    schema = loaded.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    if (rows, schema) != (manifest.rows, manifest.schema):
        raise Damaged("the database in it does not hold what its manifest says")


def _settle(engine: Engine, made_at: datetime) -> None:
    more = True
    while more:
        with db.transaction(engine) as session:
            more = restored.apply_stored(session)
    more = True
    while more:
        with db.transaction(engine) as session:
            more = restored.settle(session, made_at)
    with db.transaction(engine) as session:
        restored.let_go(session)


def _bring_media(brought: Path) -> None:
    """Add the files: their names are made once and never again, so none is in another's way."""
    for path in sorted(brought.rglob("*")) if brought.is_dir() else []:
        if path.is_file():
            place = outgoing_media.folder() / path.relative_to(brought)
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)


# ---- the old data


def _old_media(manifest: Manifest, stamp: str) -> str:
    """Files that the restored rows do not know go aside; returns the folder's name, or nothing."""
    folder = outgoing_media.folder()
    known = {folder / path for path in manifest.media}
    old = [path for path in _media_files() if path not in known]
    aside = folder.with_name(f"media.before-{stamp}")
    for path in old:
        place = aside / path.relative_to(folder)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.move(path, place)
    return f"the folder {aside}" if old else ""


def _media_files() -> list[Path]:
    folder = outgoing_media.folder()
    return [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
