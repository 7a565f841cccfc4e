"""Lane outbox: send queued messages."""

import logging
from datetime import datetime

from domain import outbox
from domain.outbox import Sending
from illumichat_app import db, log, metrics
from integrations.whatsapp import process_client
from integrations.whatsapp.client import Sent
from integrations.whatsapp.errors import GraphError
from workers import lane, together

_log = logging.getLogger(__name__)


def drain() -> None:
    lane.pump("outbox", claim, send, next_due)


async def claim(limit: int) -> list[Sending]:
    return await db.run(outbox.claim, limit)


async def next_due() -> datetime | None:
    return await db.read(outbox.next_due)


async def send(sending: Sending) -> None:
    """Call Meta with no transaction open, then write down what came of it."""
    log.bind(
        conversation_id=sending.conversation_id,
        message_id=sending.message_id,
        attempt=sending.attempt_key,
    )
    client = await process_client.graph()
    result: Sent | GraphError
    try:
        result = await client.send(
            sending.credentials, sending.body, callback_data=sending.attempt_key
        )
    except GraphError as error:
        result = error
    await together.run(sending.message_id, outbox.record, sending, result)
    _tell(result)


def _tell(result: Sent | GraphError) -> None:
    if isinstance(result, GraphError):
        metrics.send(result.outcome.value)
        _log.info("send: %s, %s", result.outcome, result, extra={"code": result.code})
    else:
        metrics.send("accepted")
        _log.info("send: accepted")
