"""The replies lane: the assistant answers conversations, many at once, one at a time each."""

import asyncio
import logging
from datetime import datetime
from time import perf_counter

from domain import assistant, receipts
from domain.assistant import Lease, Prepared
from illumichat_app import clock, db, log, metrics
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
    started = perf_counter()
    order = lease.conversation_id
    log.bind(conversation_id=order)
    prepared = await together.run(order, assistant.prepare, lease, clock.now())
    if isinstance(prepared, assistant.Silent):
        _log.info("no answer: %s", prepared.reason)
        return
    log.bind(message_id=prepared.seen_message_id, of=log.short_name(prepared.wamid))
    # Both end before the answer is queued: the indicator must not come after the message.
    outcome, _ = await asyncio.gather(_ask(prepared), _show_typing(prepared))
    if isinstance(outcome, llm.Answer):
        await together.run(order, assistant.apply, prepared, outcome, clock.now())
    else:
        await together.run(order, assistant.fail, prepared, outcome, clock.now())
    _tell(outcome, perf_counter() - started)


async def next_due() -> datetime | None:
    return await db.read(assistant.next_due)


async def _ask(prepared: Prepared) -> llm.Answer | llm.ModelFailure:
    """No transaction is open while the model thinks."""
    try:
        return prepared.ready or await llm.answer(prepared.question, prepared.model)
    except llm.ModelFailure as failure:
        _log.warning("no answer from %s: %s", prepared.model, failure.message)
        return failure


def _tell(outcome: llm.Answer | llm.ModelFailure, seconds: float) -> None:
    """What the assistant wants; whether it still counted stands in its trace."""
    decision: metrics.Decided = "failed"
    if isinstance(outcome, llm.Answer):
        decision = "handed_over" if outcome.hand_over else "answered"
    metrics.answer(decision, seconds)
    _log.info("assistant: %s", decision, extra={"seconds": round(seconds, 3)})


async def _show_typing(prepared: Prepared) -> None:
    try:
        await receipts.tell(await process_client.graph(), prepared.typing)
    except Exception as error:  # noqa: BLE001  a courtesy: whatever fails here, the answer goes out
        _log.info("no typing indicator: %s", error)
