"""`python -m meta_simulator`: serve the simulator on this computer only."""

import asyncio
import os
import signal
import socket
import sys

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from meta_simulator.settings import from_environment, port
from meta_simulator.simulator import Simulator

ADDRESS = "127.0.0.1"
LET_PAGES_GO = 0.2


def main() -> int:
    """Run until interrupted; returns the exit code."""
    if not _free(port()):
        print(f"Port {port()} is in use. Set SIMULATOR_PORT to another one.", file=sys.stderr)
        return 1
    asyncio.run(serve(from_environment(), port()))
    return 0


async def serve(simulator: Simulator, port: int) -> None:
    """Serve until SIGINT or SIGTERM."""
    server = Server(
        simulator.app,
        address=ADDRESS,
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_level=LogLevels.error,
    )
    loop = asyncio.get_running_loop()

    def stop() -> None:
        # The server waits for open connections, so the live feeds must end first.
        simulator.core.stop()
        loop.call_later(LET_PAGES_GO, server.stop)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    print(f"Meta simulator: http://{ADDRESS}:{port}", flush=True)
    await server.serve()


def _free(number: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((ADDRESS, number)) != 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # The server's own threads may still hold Python objects, and abort an interpreter that ends.
    os._exit(code)
