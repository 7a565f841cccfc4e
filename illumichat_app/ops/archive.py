"""The file of a backup: a tar with the database, customers' files, and a manifest at its end.

The manifest holds the checksum of everything before it. It is written last, so an archive that has
one is whole.
"""

import gzip
import hashlib
import json
import os
import re
import tarfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from illumichat_app.errors import AppError, Conflict, Invalid

FORMAT = 1
DATABASE, MEDIA, MANIFEST = "database", "media/", "manifest.json"
COMPRESSION = 3  # files of people are compressed already
CHUNK = 1024 * 1024
_ENTRY = re.compile(r"database|media/[\w-]+(/[\w-]+)*", re.ASCII)
_UNREADABLE = (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, ValueError, TypeError)


class Damaged(Invalid):
    def __init__(self, why: str) -> None:
        super().__init__(f"This backup is damaged ({why}), so nothing was changed.")


@dataclass(frozen=True)
class Manifest:
    """What an archive holds. `files` are sizes and sha-256 sums, `missing` files that were gone."""

    made_at: str
    database: str  # sqlite or postgresql
    schema: str  # the newest migration in it
    rows: dict[str, int]
    missing: list[str] = field(default_factory=list[str])
    files: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    format: int = FORMAT

    @property
    def media(self) -> list[str]:
        """Customers' files, as paths below the media folder."""
        return [name.removeprefix(MEDIA) for name in self.files if name.startswith(MEDIA)]


# ---- writing


class Writer:
    """Puts files into an archive and remembers their sums."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.files: dict[str, tuple[int, str]] = {}

    def add(self, name: str, path: Path) -> None:
        """Raises FileNotFoundError."""
        with path.open("rb") as content:
            reader = _Summing(content)
            entry = _entry(name, os.fstat(content.fileno()).st_size)
            self._tar.addfile(entry, reader)  # pyright: ignore[reportArgumentType]
        self.files[name] = entry.size, reader.digest.hexdigest()


class _Summing:
    """A file that is summed while it is read."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._content.read(size)
        self.digest.update(data)
        return data


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


@contextmanager
def writing(file: Path) -> Generator[Writer]:
    """A new archive at this path, once `finish` was called and the block ends well.

    Raises Conflict when something is there already.
    """
    if file.exists():
        raise Conflict(f"{file} is there already. Choose another name, or move it away first.")
    part = file.with_name(f"{file.name}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            with tarfile.open(fileobj=out, mode="w:gz", compresslevel=COMPRESSION) as tar:
                yield Writer(tar)
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def finish(writer: Writer, manifest: Manifest, folder: Path) -> None:
    """Write the manifest, by way of this folder."""
    path = folder / MANIFEST
    path.write_text(json.dumps(asdict(manifest), indent=1))
    writer.add(MANIFEST, path)


# ---- reading


def verified(file: Path) -> Manifest:
    """Read an archive to its end and compare every sum; nothing is written. Raises Damaged."""
    with _reading(file) as tar:
        found: dict[str, tuple[int, str]] = {}
        manifest: Manifest | None = None
        for entry in tar:
            content = _content(tar, entry, manifest)
            if entry.name == MANIFEST:
                manifest = _manifest(content.read())
            else:
                found[entry.name] = entry.size, _sum(content)
        _to_the_end(tar)
    if manifest is None:
        raise Damaged("its end is missing")
    if found != manifest.files or DATABASE not in found:
        raise Damaged("a checksum does not fit")
    return manifest


@contextmanager
def _reading(file: Path) -> Generator[tarfile.TarFile]:
    try:
        with tarfile.open(file, "r:gz") as tar:
            yield tar
    except OSError as problem:
        if isinstance(problem, gzip.BadGzipFile):
            raise Damaged("it is not an archive of this product") from None
        raise AppError(f"{file} cannot be read: {problem.strerror or problem}.") from None
    except _UNREADABLE as problem:
        raise Damaged(f"it cannot be read: {type(problem).__name__}") from None


def _content(tar: tarfile.TarFile, entry: tarfile.TarInfo, ended: Any) -> IO[bytes]:
    """Only plain files, only where they belong: no link, no way out of the folder."""
    named = entry.name == MANIFEST or _ENTRY.fullmatch(entry.name)
    content = tar.extractfile(entry) if entry.isreg() and named and not ended else None
    if content is None:
        raise Damaged("it holds something that is no part of a backup")
    return content


def _to_the_end(tar: tarfile.TarFile) -> None:
    """The sum of the whole, the manifest included, stands behind the last entry."""
    rest: Any = tar.fileobj
    for _ in _chunks(rest):
        pass


def _manifest(text: bytes) -> Manifest:
    facts: Any = json.loads(text)
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise Damaged("its manifest is of an unknown format")
    files = {str(name): (int(size), str(total)) for name, (size, total) in facts["files"].items()}
    known: dict[str, Any] = facts | {"files": files}
    return Manifest(**known)


def _sum(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in _chunks(content):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(content: IO[bytes]) -> Iterator[bytes]:
    while chunk := content.read(CHUNK):
        yield chunk


def unpack(file: Path, folder: Path) -> None:
    """Write the files of a verified archive below an empty folder."""
    with _reading(file) as tar:
        for entry in tar:
            tar.extract(entry, folder, filter="data")
