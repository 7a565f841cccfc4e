"""The body of a request: never more of it, and never for longer, than somebody honest needs."""

import asyncio

from starlette.requests import Request

from illumichat_app.errors import AppError

# Meta and our own pages need a fraction of a second. Whoever trickles holds a connection no longer.
SECONDS = 20.0


class TooLarge(AppError):
    status = 413


class TooSlow(AppError):
    status = 408

    def __init__(self) -> None:
        super().__init__("The request took too long to arrive. Try again.")


async def read(request: Request, most: int) -> bytes:
    """The exact bytes, as they came: nothing is unpacked. Raises TooLarge, TooSlow."""
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                if size > most:
                    raise TooLarge("The request is too large.")
                chunks.append(chunk)
    except TimeoutError:
        raise TooSlow from None
    return b"".join(chunks)
