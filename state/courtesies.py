"""Telling the customer's phone: blue ticks and "typing…", outside any transaction."""

import logging

from domain import receipts
from domain.receipts import Receipt
from integrations.whatsapp import process_client
from integrations.whatsapp.errors import GraphError

_log = logging.getLogger(__name__)


async def post(receipt: Receipt | None) -> None:
    """Make the call that a committed decision left, if any; what fails is only noted.

    It may take seconds: run it as a task that holds no state's lock.
    """
    if receipt is None:
        return
    try:
        await receipts.tell(await process_client.graph(), receipt)
    except GraphError as error:
        _log.info("no read receipt: %s", error)
