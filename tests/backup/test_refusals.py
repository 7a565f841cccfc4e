"""What `restore` and `backup` refuse, before anything is written."""

import gzip
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from illumichat_app import db
from illumichat_app.ops import services, stores
from illumichat_app.ops.archive import MANIFEST
from illumichat_app.ops.bootstrap import ROOT
from models import Conversation, Workspace
from tests.backup.conftest import Run, destroy, everything, files, media, on_postgresql, on_sqlite
from tests.conftest import SCRATCH, SQLITE
from tests.flows.stack import rows

Contents = dict[str, bytes]


@pytest.fixture
def kept(talk: Conversation, run: Run, archive: Path) -> Contents:
    """The members of a backup."""
    run("backup", archive)
    with tarfile.open(archive) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar}


def pack(archive: Path, contents: Contents, *more: tarfile.TarInfo) -> None:
    """An archive with these members; the manifest's sums fit."""
    facts = json.loads(contents[MANIFEST])
    with tarfile.open(archive, "w:gz") as tar:
        for entry in more:
            tar.addfile(entry)
        for name, content in contents.items():
            if name == MANIFEST:
                content = json.dumps(facts).encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))


def told(contents: Contents, **facts: Any) -> Contents:
    """The same with another manifest."""
    known = json.loads(contents[MANIFEST])
    return contents | {MANIFEST: json.dumps(known | facts).encode()}


def refused(run: Run, archive: Path, words: str, *options: str) -> None:
    """Nothing is changed, and the reason is a sentence."""
    before, pictures = everything(), files()
    with pytest.raises(SystemExit, match=words):
        run("restore", archive, *options)
    assert (everything(), files()) == (before, pictures)
    assert not list(media().parent.glob("restoring-*"))


def test_data_that_is_here(kept: Contents, run: Run, archive: Path) -> None:
    refused(run, archive, "There is data here already. Add --replace")


@on_sqlite
def test_files_that_are_here(kept: Contents, run: Run, archive: Path) -> None:
    pictures = files()
    destroy()
    for name, content in pictures.items():
        (media() / name).write_bytes(content)
    with pytest.raises(SystemExit, match="There is data here already"):
        run("restore", archive)


def test_an_empty_deployment_needs_no_permission(kept: Contents, run: Run, archive: Path) -> None:
    with db.transaction() as session:
        session.execute(text("DELETE FROM webhook_event"))
        session.execute(text("DELETE FROM workspace"))
    for name in files():
        (media() / name).unlink()
    run("restore", archive)
    assert len(rows(Workspace)) == 1


def test_a_product_that_runs(
    kept: Contents, run: Run, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from illumichat_app import __main__ as commands

    monkeypatch.setattr(sys, "argv", ["illumichat_app", "restore", str(archive), "--replace"])
    with db.reading() as session:
        session.execute(text("SELECT 1 FROM app_user"))
        with pytest.raises(SystemExit, match="IllumiChat is running"):
            commands.main()


@on_sqlite
def test_a_supervisor_that_holds_the_folder(kept: Contents, run: Run, archive: Path) -> None:
    code = (
        "import fcntl, sys; held = open(sys.argv[1], 'a'); fcntl.flock(held, fcntl.LOCK_SH); "
        "print(flush=True); input()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(media().parent / "lock")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert holder.stdout.readline()
        refused(run, archive, "IllumiChat is running", "--replace")
    finally:
        holder.communicate(b"\n", 20)


@on_sqlite
@pytest.mark.parametrize("cut", [10, 200, 2000])
def test_an_archive_that_ends_early(kept: Contents, run: Run, archive: Path, cut: int) -> None:
    archive.write_bytes(archive.read_bytes()[:-cut])
    refused(run, archive, "damaged", "--replace")


@on_sqlite
def test_an_archive_with_a_flipped_bit(kept: Contents, run: Run, archive: Path) -> None:
    whole = bytearray(archive.read_bytes())
    whole[len(whole) // 2] ^= 1
    archive.write_bytes(whole)
    refused(run, archive, "damaged", "--replace")


def changed_picture(contents: Contents) -> Contents:
    return contents | {"media/1/a1": b"another"}


def without_database(contents: Contents) -> Contents:
    return {name: content for name, content in contents.items() if name != "database"}


def one_more(contents: Contents) -> Contents:
    return {"media/1/b2": b"x"} | contents


@on_sqlite
@pytest.mark.parametrize("change", [changed_picture, without_database, one_more])
def test_files_that_do_not_fit_their_sums(
    kept: Contents, run: Run, archive: Path, change: Any
) -> None:
    pack(archive, change(kept))
    refused(run, archive, "a checksum does not fit", "--replace")


@on_sqlite
def test_an_archive_without_a_manifest(kept: Contents, run: Run, archive: Path) -> None:
    with tarfile.open(archive, "w:gz") as tar:
        entry = tarfile.TarInfo("database")
        tar.addfile(entry, io.BytesIO())
    refused(run, archive, "its end is missing", "--replace")


@on_sqlite
@pytest.mark.parametrize(
    "name", ["../evil", "media/../../evil", "/tmp/evil", "media/1/.bashrc", "lock", "media/a/.."]
)
def test_a_way_out_of_the_folder(
    kept: Contents, run: Run, archive: Path, name: str, tmp_path: Path
) -> None:
    sums = json.loads(kept[MANIFEST])["files"] | {name: [4, "0"]}
    pack(archive, {name: b"evil"} | told(kept, files=sums))
    refused(run, archive, "no part of a backup", "--replace")
    assert not list(tmp_path.rglob("evil"))


@on_sqlite
@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_a_link_in_the_archive(kept: Contents, run: Run, archive: Path, kind: bytes) -> None:
    link = tarfile.TarInfo("media/1")
    link.type, link.linkname = kind, "/etc"
    pack(archive, kept, link)
    refused(run, archive, "no part of a backup", "--replace")


@on_sqlite
@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"format": 2}, "unknown format"),
        ({"rows": {"message": 7}}, "does not hold what its manifest says"),
        ({"schema": "9999"}, "made by a newer version"),
        ({"database": "postgresql"}, "This is a backup of PostgreSQL, and DATABASE_URL is SQLite"),
        ({"rows": 5, "extra": 1}, "damaged"),
    ],
)
def test_a_manifest_that_does_not_fit(
    kept: Contents, run: Run, archive: Path, facts: dict[str, Any], words: str
) -> None:
    pack(archive, told(kept, **facts))
    refused(run, archive, words, "--replace")


@on_sqlite
@pytest.mark.parametrize("content", [b"", b"words", gzip.compress(b"words")])
def test_a_file_that_is_no_archive(
    talk: Conversation, run: Run, archive: Path, content: bytes
) -> None:
    archive.write_bytes(content)
    refused(run, archive, "damaged", "--replace")


@on_sqlite
def test_a_file_that_is_not_there(talk: Conversation, run: Run, archive: Path) -> None:
    refused(run, archive, "cannot be read: No such file", "--replace")


@on_sqlite
def test_a_backup_over_another(kept: Contents, run: Run, archive: Path) -> None:
    before = archive.read_bytes()
    with pytest.raises(SystemExit, match="is there already"):
        run("backup", archive)
    assert archive.read_bytes() == before


@on_sqlite
def test_a_backup_of_nothing(database: str, run: Run, archive: Path) -> None:
    destroy()
    with pytest.raises(SystemExit, match="There is nothing to back up"):
        run("backup", archive)
    sqlite3.connect(SCRATCH / "test.db").close()
    with pytest.raises(SystemExit, match="never migrated"):
        run("backup", archive)
    assert not list(archive.parent.glob("*backup*"))  # nor a half of one


@on_sqlite
def test_a_file_that_is_missing_is_told(
    talk: Conversation, run: Run, archive: Path, capsys: Any
) -> None:
    shutil.rmtree(media())
    run("backup", archive)
    assert "1 files of messages were not on disk" in capsys.readouterr().out


@on_postgresql
def test_without_the_programs_of_postgresql(
    talk: Conversation, run: Run, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "POSTGRES_FOLDERS", ())
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(SystemExit, match="apt install postgresql-client"):
        run("backup", archive)


@on_sqlite
def test_an_older_backup_is_migrated(database: str, run: Run, archive: Path) -> None:
    destroy()
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("sqlalchemy.url", SQLITE)
    command.upgrade(config, "0003")
    with stores._connected(SQLITE) as connection:
        connection.execute(
            text(
                "INSERT INTO workspace (created_at, name, time_zone, only_claimer_replies,"
                " auto_resume_minutes) VALUES ('2026-11-23 12:00:00', 'Old', 'UTC', 0, 0)"
            )
        )
        connection.commit()
    run("backup", archive)
    destroy()
    run("restore", archive)
    assert [place.name for place in rows(Workspace)] == ["Old"]
