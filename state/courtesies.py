"""Blue ticks and "typing…" for the customer, made by the web process beside its events."""

import asyncio

from domain import receipts
from domain.receipts import Receipt
from integrations.whatsapp import process_client

_running: set[asyncio.Task[None]] = set()


async def post(receipt: Receipt | None) -> None:
    """Start the call and go on: no event waits for a courtesy, and none fails by one."""
    if receipt is None:
        return
    task = asyncio.create_task(_tell(receipt))
    _running.add(task)
    task.add_done_callback(_running.discard)


async def _tell(receipt: Receipt) -> None:
    await receipts.tell(await process_client.graph(), receipt)


async def settled() -> None:
    """Wait until every call that was started has ended."""
    await asyncio.gather(*_running)
