"""The one client of Meta that a process keeps open, so that its connections are used again."""

import asyncio
import atexit
from contextlib import suppress
from weakref import WeakKeyDictionary

from illumichat_app.config import settings
from integrations.whatsapp.client import GraphClient

# A connection belongs to the loop it was opened on; a worker has one, and so has a web process.
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, GraphClient] = WeakKeyDictionary()


async def graph() -> GraphClient:
    """This process's client, opened at first use."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        chosen = settings()
        client = GraphClient(
            chosen.meta_graph_url, chosen.meta_graph_version, slots=chosen.meta_connections
        )
        _clients[loop] = await client.__aenter__()
        atexit.register(_close, loop, client)
    return _clients[loop]


def _close(loop: asyncio.AbstractEventLoop, client: GraphClient) -> None:
    """What a closed loop had open is gone with it; the rest says goodbye."""
    run = asyncio.run if loop.is_closed() else loop.run_until_complete
    with suppress(RuntimeError):
        run(client.__aexit__(None, None, None))
