"""The scheduled check of connected numbers, a part of lane upkeep."""

import asyncio

from domain import connection_check
from domain.connection_check import Subject
from illumichat_app import db
from integrations.whatsapp import process_client


async def check_due() -> None:
    """Ask Meta about each number whose hourly check is due, all at once: Meta may be slow."""
    await asyncio.gather(*map(check, await db.run(connection_check.due)))


async def check(subject: Subject) -> None:
    report = await connection_check.examine(await process_client.graph(), subject)
    await db.run(connection_check.record, subject, report)
