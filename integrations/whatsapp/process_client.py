"""The one client of Meta that a process keeps open, so that its connections are used again."""

import asyncio
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
    return _clients[loop]
