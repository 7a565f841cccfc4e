"""Files on their way to becoming contacts: kept below DATA_DIR/imports until they are imported."""

import csv
import io
import secrets
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from domain.access import Actor, require_admin
from domain.contact_import import Trouble
from domain.spreadsheet import defused
from illumichat_app import clock
from illumichat_app.config import settings
from illumichat_app.errors import Invalid, NotFound

MOST_BYTES = 5 * 1024 * 1024
KEPT = timedelta(hours=24)
TOO_BIG = "The file has more than 5 MB. Split it in parts and import them one after the other."


def keep(actor: Actor, data: bytes) -> str:
    """Admins only: store an uploaded file; returns its random name. Raises Invalid."""
    require_admin(actor)
    if len(data) > MOST_BYTES:
        raise Invalid(TOO_BIG)
    clear()
    name = secrets.token_hex(16)
    path = _path(actor, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return name


def load(actor: Actor, name: str) -> bytes:
    """Admins only: a stored file. Raises NotFound when it is foreign or was cleared away."""
    require_admin(actor)
    try:
        return _path(actor, name).read_bytes()
    except OSError:
        raise NotFound("The uploaded file is gone. Choose it again.") from None


def forget(actor: Actor, name: str, *, report: bool = True) -> None:
    """Delete a stored file, and unless told otherwise the report on it."""
    if not name:
        return
    _path(actor, name).unlink(missing_ok=True)
    if report:
        _report_path(actor, name).unlink(missing_ok=True)


def clear() -> None:
    """Delete what was uploaded and never imported."""
    # By the computer's clock, which the demo's does not move.
    oldest = (clock.now() - clock.offset() - KEPT).timestamp()
    for path in _folder().glob("*/*"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def keep_report(actor: Actor, name: str, troubles: Iterable[Trouble]) -> None:
    """Admins only: store the refused lines of a file beside it."""
    require_admin(actor)
    _report_path(actor, name).write_bytes(report(troubles))


def load_report(actor: Actor, name: str) -> bytes:
    """Admins only: the refused lines. Raises NotFound when the report was cleared away."""
    require_admin(actor)
    try:
        return _report_path(actor, name).read_bytes()
    except OSError:
        raise NotFound("The list of refused lines is gone. Check the file again.") from None


def report(troubles: Iterable[Trouble]) -> bytes:
    """The refused lines as CSV for a spreadsheet, which must not take a cell for a formula."""
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow(["Line", "Column", "Value", "Problem"])
    for each in troubles:
        writer.writerow(map(defused, (each.line, each.column, each.value, each.why)))
    # With the byte order mark, or Excel reads it as Windows-1252.
    return sheet.getvalue().encode("utf-8-sig")


def _path(actor: Actor, name: str) -> Path:
    return _folder() / str(actor.workspace_id) / name


def _report_path(actor: Actor, name: str) -> Path:
    return _path(actor, f"{name}.refused")


def _folder() -> Path:
    return settings().data_dir / "imports"
