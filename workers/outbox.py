"""Lane outbox: send queued messages."""

from datetime import datetime

from domain import outbox
from domain.outbox import Sending
from illumichat_app import db
from integrations.whatsapp import process_client
from integrations.whatsapp.errors import GraphError
from workers import lane, together


def drain() -> None:
    lane.pump("outbox", claim, send, next_due)


async def claim(limit: int) -> list[Sending]:
    return await db.run(outbox.claim, limit)


async def next_due() -> datetime | None:
    return await db.read(outbox.next_due)


async def send(sending: Sending) -> None:
    """Call Meta with no transaction open, then write down what came of it."""
    client = await process_client.graph()
    try:
        result = await client.send(
            sending.credentials, sending.body, callback_data=sending.attempt_key
        )
    except GraphError as error:
        result = error
    await together.run(sending.message_id, outbox.record, sending, result)
