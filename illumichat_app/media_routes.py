"""Files of conversations, in and out, for the people of their own workspace only."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive

from domain import access, file_kinds, outgoing_media, sessions
from domain.access import Actor
from domain.outgoing_media import File, Received
from illumichat_app import db
from illumichat_app.body import TooLarge, TooSlow
from illumichat_app.config import settings
from illumichat_app.edge import own_pages_only
from illumichat_app.errors import AppError, Invalid, NotFound, NotSignedIn
from models import Media, MediaState

# Anything else could be a page with scripts, so it is only ever a download.
SHOWN = {"image/jpeg", "image/png", "image/webp", "application/pdf"}
SHOWN_KINDS = re.compile(r"(audio|video)/[a-z0-9.+-]+")
UNKNOWN = "application/octet-stream"
FORM_BYTES = 64 * 1024  # around the file: the fields and the boundaries
UPLOAD_SECONDS = 15 * 60.0  # 100 MB over a slow line
TOO_LARGE = "WhatsApp takes files of at most 100 MB."


async def media(request: Request) -> Response:
    """GET /api/media/{id}: the file, whole or in ranges; 404 whether missing or foreign."""
    try:
        who = await _signed_in(request)
        row = await db.read(access.media, who, request.path_params["id"])
        return _file(row, _path(row))
    except AppError as error:
        return PlainTextResponse(error.message, error.status)


async def upload(request: Request) -> Response:
    """POST /api/media: a file for a reply, as a form with `conversation` and then `file`.

    Answers {id, kind, name, size, voice}, or {error: a sentence}. The id is for the composer.
    """
    try:
        who = await _signed_in(request)
        async with _form(request) as form:
            file = await _accepted(who, form)
    except AppError as error:
        return JSONResponse({"error": error.message}, error.status)
    shown = {"id": file.ref, "kind": file.kind, "name": file.name, "size": file.size}
    return JSONResponse(shown | {"voice": file.voice})


async def _signed_in(request: Request) -> Actor:
    who = await run_in_threadpool(sessions.principal, request.headers.get("cookie", ""))
    if who is None:
        raise NotSignedIn
    return who


# ---- out of the folder


def _path(row: Media) -> Path:
    root = (settings().data_dir / "media").resolve()
    path = (root / row.path).resolve()
    # What people send is here before Meta has it.
    here = row.state is MediaState.READY or outgoing_media.is_ours(row)
    if not here or not path.is_relative_to(root) or not path.is_file():
        raise NotFound
    return path


def _file(row: Media, path: Path) -> FileResponse:
    kind = row.mime_type.partition(";")[0].strip().lower()
    shown = kind in SHOWN or SHOWN_KINDS.fullmatch(kind)
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


# ---- into the folder


@asynccontextmanager
async def _form(request: Request) -> AsyncGenerator[FormData]:
    """The form. Its file is spooled to disk while it comes in, never more than may be."""
    if not _fits(request.headers.get("content-length", "")):
        raise TooLarge(TOO_LARGE)
    bounded = Request(request.scope, _bounded(request.receive))
    try:
        async with asyncio.timeout(UPLOAD_SECONDS):
            given = await bounded.form(max_files=1, max_fields=4)
    except TimeoutError:
        raise TooSlow from None
    except (MultiPartException, HTTPException):
        raise Invalid("The file did not arrive whole. Try again.") from None
    try:
        yield given
    finally:
        await given.close()


def _fits(length: str) -> bool:
    return not length.isdigit() or int(length) <= file_kinds.LARGEST_BYTES + FORM_BYTES


def _bounded(receive: Receive) -> Receive:
    """A length that a browser announces may be a lie, or missing."""
    left = file_kinds.LARGEST_BYTES + FORM_BYTES

    async def counted() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise TooLarge(TOO_LARGE)
        return message

    return counted


async def _accepted(who: Actor, form: FormData) -> File:
    given, number = form.get("file"), str(form.get("conversation", ""))
    if not isinstance(given, UploadFile):
        raise Invalid("Choose a file first.")
    if not (number.isascii() and number.isdigit() and len(number) < 20):
        raise NotFound
    await db.read(outgoing_media.require_may_attach, who, int(number))
    received = Received(outgoing_media.place_to_receive(), given.filename or "")
    try:
        await run_in_threadpool(_write, given.file, received.path)
        return await db.read(outgoing_media.accept, who, int(number), received)
    finally:
        received.path.unlink(missing_ok=True)


def _write(source: BinaryIO, target: Path) -> None:
    """To the disk itself: a message that points to it will be in the database."""
    with target.open("xb") as file:
        shutil.copyfileobj(source, file, 1024 * 1024)
        file.flush()
        os.fsync(file.fileno())


routes = [
    Route("/api/media/{id:int}", media, methods=["GET"]),
    Route("/api/media", own_pages_only(upload), methods=["POST"]),
]
