"""The app secrets that may have signed a delivery, remembered for seconds by each process."""

import time
from collections import OrderedDict

from domain import channels
from illumichat_app import db
from integrations.whatsapp.signature import Claimed

KEPT_SECONDS = 10.0
MOST_KEPT = 2000

_known: OrderedDict[Claimed, tuple[float, set[str]]] = OrderedDict()


async def secrets_of(claimed: Claimed) -> set[str]:
    """Cached, so that a stream of deliveries is not a stream of queries."""
    known = _known.get(claimed)
    if known and time.monotonic() - known[0] < KEPT_SECONDS:
        return known[1]
    found = await db.read(channels.signing_secrets, claimed.phone_number_ids, claimed.waba_ids)
    _known[claimed] = (time.monotonic(), found)
    while len(_known) > MOST_KEPT:
        _known.popitem(last=False)
    return found


def forget() -> None:
    """Look every secret up again: a connection was made or removed in this process."""
    _known.clear()
