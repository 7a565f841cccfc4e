"""The replies lane: the assistant answers conversations, many at once, one at a time each."""

import asyncio
import logging
from datetime import datetime

from domain import assistant, receipts
from domain.assistant import Lease, Prepared
from illumichat_app import clock, db
from integrations import llm
from integrations.whatsapp import process_client
from workers import lane, together

_log = logging.getLogger(__name__)


def drain() -> None:
    """Answer every conversation that is due."""
    lane.pump("replies", claim, reply, next_due)


async def claim(limit: int) -> list[Lease]:
    return await db.run(assistant.due, clock.now(), limit)


async def reply(lease: Lease) -> None:
    order = lease.conversation_id
    prepared = await together.run(order, assistant.prepare, lease, clock.now())
    if isinstance(prepared, assistant.Silent):
        return
    # Both end before the answer is queued: the indicator must not come after the message.
    outcome, _ = await asyncio.gather(_ask(prepared), _show_typing(prepared))
    if isinstance(outcome, llm.Answer):
        await together.run(order, assistant.apply, prepared, outcome, clock.now())
    else:
        await together.run(order, assistant.fail, prepared, outcome, clock.now())


async def next_due() -> datetime | None:
    return await db.read(assistant.next_due)


async def _ask(prepared: Prepared) -> llm.Answer | llm.ModelFailure:
    """No transaction is open while the model thinks."""
    try:
        return prepared.ready or await llm.answer(prepared.question, prepared.model)
    except llm.ModelFailure as failure:
        _log.warning("no answer from %s: %s", prepared.model, failure.message)
        return failure


async def _show_typing(prepared: Prepared) -> None:
    try:
        await receipts.tell(await process_client.graph(), prepared.typing)
    except Exception as error:  # noqa: BLE001  a courtesy: whatever fails here, the answer goes out
        _log.info("no typing indicator: %s", error)
