"""A copy of everything precious while the product runs: the database, and customers' files.

Not in it: ENCRYPTION_KEYS (a backup that is stolen must open no number's access), and Redis, which
holds nothing that the database does not know.
"""

import tempfile
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from domain import outgoing_media
from illumichat_app import clock
from illumichat_app.config import settings
from illumichat_app.errors import AppError
from illumichat_app.ops import archive, stores
from illumichat_app.ops.archive import Manifest, Writer


def make(file: Path) -> Manifest:
    """Write a new archive. Raises AppError, and then there is none."""
    store = stores.of(settings().database_url)
    with (
        tempfile.TemporaryDirectory(dir=file.absolute().parent, prefix=".backup-") as scratch,
        archive.writing(file) as writer,
    ):
        dump = Path(scratch) / archive.DATABASE
        with store.snapshot(dump) as seen:
            schema, rows, paths = _schema(seen), _rows(seen), _media(seen)
        writer.add(archive.DATABASE, dump)
        missing = _add_media(writer, paths)
        made_at = clock.now().isoformat()
        manifest = Manifest(made_at, store.kind, schema, rows, missing, dict(writer.files))
        archive.finish(writer, manifest, Path(scratch))
    return manifest


def _schema(seen: Connection) -> str:
    if not inspect(seen).has_table("alembic_version"):
        raise AppError("There is nothing to back up: this database was never migrated.")
    return seen.execute(text("SELECT version_num FROM alembic_version")).scalar_one()


def _rows(seen: Connection) -> dict[str, int]:
    return {name: stores.count(seen, name) for name in stores.tables(seen)}


def _media(seen: Connection) -> list[str]:
    query = text("SELECT DISTINCT path FROM media WHERE path <> '' ORDER BY path")
    return list(seen.execute(query).scalars())


def _add_media(writer: Writer, paths: list[str]) -> list[str]:
    """Files are written once and before their row, so they may be read after the snapshot.

    Returns those that are gone: deleted meanwhile, or missing before.
    """
    missing: list[str] = []
    for path in paths:
        try:
            writer.add(archive.MEDIA + path, outgoing_media.folder() / path)
        except FileNotFoundError:
            missing.append(path)
    return missing
