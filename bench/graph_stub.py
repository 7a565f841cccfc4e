"""A stand-in for Meta's Graph API that does nothing but answer: `graph_stub PORT MILLISECONDS`.

A bare protocol, so that the sender is measured and not the stub; the model's stub is one too.
"""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import uvloop

# A restarted stub must not give an id twice.
_numbers = itertools.count(time.time_ns())


class Stub(asyncio.Protocol):
    """One keep-alive connection; each request is answered after the delay."""

    def __init__(self, answer: Callable[[bytes], bytes], seconds: float) -> None:
        self._answer = answer
        self._seconds = seconds
        self._request = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._request += data
        head, end, rest = self._request.partition(b"\r\n\r\n")
        if not end or len(rest) < _length(head):
            return
        request, self._request = self._request, b""
        content = self._answer(request)
        whole = (
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n%b" % (len(content), content)
        )
        if self._seconds:
            loop = asyncio.get_running_loop()
            loop.call_later(self._seconds, self._transport.write, whole)
        else:
            self._transport.write(whole)


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


def accepted(_request: bytes) -> bytes:
    """What Meta answers to a message."""
    wamid = f"wamid.stub.{next(_numbers)}"
    contact = {"input": "1", "wa_id": "1"}
    return json.dumps(
        {
            "messaging_product": "whatsapp",
            "contacts": [contact],
            "messages": [{"id": wamid}],
            "success": True,  # to a read receipt
        }
    ).encode()


async def listen(
    port: int, answer: Callable[[bytes], bytes], milliseconds: float
) -> asyncio.Server:
    """Answer whatever comes, each after so long."""
    return await asyncio.get_running_loop().create_server(
        lambda: Stub(answer, milliseconds / 1000), "127.0.0.1", port, backlog=1024
    )


async def serve(port: int, milliseconds: float) -> None:
    await (await listen(port, accepted, milliseconds)).serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), float(sys.argv[2])))
