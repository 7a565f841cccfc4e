"""The replies lane: the assistant answers conversations, many at once, one at a time each."""

import asyncio
import logging
from dataclasses import replace
from datetime import datetime
from time import perf_counter

from sqlmodel import Session

from domain import assistant, receipts
from domain.assistant import Lease, Outcome, Prepared
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
    log.bind(conversation_id=lease.conversation_id)
    prepared = await together.run_set(lease.conversation_id, _prepare, lease)
    if isinstance(prepared, assistant.Silent):
        _log.info("no answer: %s", prepared.reason)
        return
    log.bind(message_id=prepared.seen_message_id, of=log.short_name(prepared.wamid))
    outcome = await _answered(prepared)
    _tell(outcome, perf_counter() - started)


async def _answered(prepared: Prepared) -> Outcome:
    if prepared.is_at_once:  # nobody types for no time: only the ticks are shown
        outcome = await _ask(prepared)
        await asyncio.gather(_settled(prepared, outcome), _show(prepared, typing=False))
        return outcome
    # Both end before the answer is queued: the indicator must not come after the message.
    outcome, _ = await asyncio.gather(_ask(prepared), _show(prepared, typing=True))
    await _settled(prepared, outcome)
    return outcome


async def _settled(prepared: Prepared, outcome: Outcome) -> None:
    order = prepared.lease.conversation_id
    await together.run_set(order, _settle, (prepared, outcome))


def _prepare(session: Session, leases: list[Lease]) -> list[Prepared | assistant.Silent]:
    return assistant.prepare(session, leases, clock.now())


def _settle(session: Session, outcomes: list[tuple[Prepared, Outcome]]) -> list[None]:
    assistant.settle(session, outcomes, clock.now())
    return [None] * len(outcomes)


async def next_due() -> datetime | None:
    return await db.read(assistant.next_due)


async def _ask(prepared: Prepared) -> Outcome:
    """No transaction is open while the model thinks."""
    try:
        return prepared.ready or await llm.answer(prepared.question, prepared.model)
    except llm.ModelFailure as failure:
        _log.warning("no answer from %s: %s", prepared.model, failure.message)
        return failure


def _tell(outcome: Outcome, seconds: float) -> None:
    """What the assistant wants; whether it still counted stands in its trace."""
    decision: metrics.Decided = "failed"
    if isinstance(outcome, llm.Answer):
        decision = "handed_over" if outcome.hand_over else "answered"
    metrics.answer(decision, seconds)
    _log.info("assistant: %s", decision, extra={"seconds": round(seconds, 3)})


async def _show(prepared: Prepared, *, typing: bool) -> None:
    """Blue ticks, and with `typing` that an answer is coming."""
    receipt = prepared.typing and replace(prepared.typing, typing=typing)
    try:
        await receipts.tell(await process_client.graph(), receipt)
    except Exception as error:  # noqa: BLE001  a courtesy: whatever fails here, the answer goes out
        _log.info("no read receipt: %s", error)
