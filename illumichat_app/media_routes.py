"""Customers' files, for the people of their own workspace only."""

from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from domain import access, sessions
from illumichat_app import db
from illumichat_app.config import settings
from illumichat_app.errors import AppError, NotFound, NotSignedIn
from models import Media, MediaState

# Anything else could be a page with scripts, so it is only ever a download.
SHOWN = {"image/jpeg", "image/png", "image/webp", "application/pdf"}
SHOWN_KINDS = ("audio/", "video/")
UNKNOWN = "application/octet-stream"


async def media(request: Request) -> Response:
    """GET /api/media/{id}: the file, whole or in ranges; 404 whether missing or foreign."""
    try:
        who = await run_in_threadpool(sessions.principal, request.headers.get("cookie", ""))
        if who is None:
            raise NotSignedIn
        row = await db.read(access.media, who, request.path_params["id"])
        return _file(row, _path(row))
    except AppError as error:
        return PlainTextResponse(error.message, error.status)


def _path(row: Media) -> Path:
    root = (settings().data_dir / "media").resolve()
    path = (root / row.path).resolve()
    if row.state is not MediaState.READY or not path.is_relative_to(root) or not path.is_file():
        raise NotFound
    return path


def _file(row: Media, path: Path) -> FileResponse:
    kind = row.mime_type.partition(";")[0].strip().lower()
    shown = kind in SHOWN or kind.startswith(SHOWN_KINDS)
    return FileResponse(
        path,
        media_type=kind if shown else UNKNOWN,
        filename=row.filename or path.name,
        content_disposition_type="inline" if shown else "attachment",
        headers={
            "cache-control": "private, max-age=3600",
            "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        },
    )


routes = [Route("/api/media/{id:int}", media, methods=["GET"])]
