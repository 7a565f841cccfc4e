"""The body of a request: never more of it, and never for longer, than somebody honest needs."""

import asyncio

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from illumichat_app.errors import AppError

# Meta and our own pages need a fraction of a second. Whoever trickles holds a connection no longer.
SECONDS = 20.0


class TooLarge(AppError):
    status = 413


class TooSlow(AppError):
    status = 408

    def __init__(self) -> None:
        super().__init__("The request took too long to arrive. Try again.")


async def read(receive: Receive, most: int) -> bytes:
    """The exact bytes, as they came: nothing is unpacked.

    Raises TooLarge, TooSlow, ClientDisconnect.
    """
    chunks: list[bytes] = []
    size, more = 0, True
    try:
        async with asyncio.timeout(SECONDS):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                chunks.append(message.get("body", b""))
                size += len(chunks[-1])
                if size > most:
                    raise TooLarge("The request is too large.")
                more = message.get("more_body", False)
    except TimeoutError:
        raise TooSlow from None
    return b"".join(chunks)
