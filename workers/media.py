"""Lane media: fetch customers' files before Meta forgets them."""

from datetime import datetime

from domain import media
from domain.media import Fetch
from illumichat_app import db
from integrations.whatsapp import process_client
from integrations.whatsapp.errors import GraphError
from workers import lane


def drain() -> None:
    lane.pump("media", claim, fetch, next_due, slots=8)


async def claim(limit: int) -> list[Fetch]:
    return await db.run(media.claim, limit)


async def next_due() -> datetime | None:
    return await db.read(media.next_due)


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
