"""Lane media: fetch customers' files before Meta forgets them, and give it ours."""

import asyncio
from datetime import datetime

from domain import media, outgoing_media
from domain.media import Fetch
from domain.outgoing_media import Upload
from illumichat_app import db, log
from integrations.whatsapp import process_client
from integrations.whatsapp.error_table import HICCUP
from integrations.whatsapp.errors import GraphError
from workers import lane

UPLOAD_SECONDS = 90  # inside the job's time-out, whenever in the job it begins


def drain() -> None:
    lane.pump("media", claim, move, next_due, slots=8)


async def claim(limit: int) -> list[Fetch | Upload]:
    return await db.run(media.claim, limit)


async def next_due() -> datetime | None:
    return await db.read(media.next_due)


async def move(unit: Fetch | Upload) -> None:
    """One file, in its direction."""
    log.bind(media_id=unit.media_id)
    if isinstance(unit, Upload):
        await upload(unit)
    else:
        await fetch(unit)


async def upload(job: Upload) -> None:
    """Give Meta a file and keep its id before anything else happens, so that it goes once."""
    client = await process_client.graph()
    try:
        async with asyncio.timeout(UPLOAD_SECONDS):
            meta_id = await client.upload(job.credentials, job.path, job.mime_type, job.filename)
    except GraphError as error:
        await db.run(outgoing_media.not_uploaded, job, error)
    except TimeoutError:
        slow = GraphError("The upload took too long", HICCUP)
        await db.run(outgoing_media.not_uploaded, job, slow)
    else:
        await db.run(outgoing_media.uploaded, job, meta_id)


async def fetch(job: Fetch) -> None:
    """Ask Meta for the address (it lives 5 minutes), download, check and keep."""
    client = await process_client.graph()
    try:
        info = await client.media(job.credentials, job.meta_id)
        size = await client.download(
            job.credentials, info, job.path, limit_bytes=media.LARGEST_BYTES
        )
    except GraphError as error:
        await db.run(media.failed, job, error)
    else:
        await db.run(media.fetched, job, info.mime_type, size)
