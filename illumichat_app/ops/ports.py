"""Ports of this computer: is one taken, which one is free."""

import socket
from collections.abc import Mapping

LOOPBACKS = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
SECONDS_TO_CONNECT = 0.5


class PortTaken(Exception):
    """Something else listens there; the message names the port and the setting to change."""


def require_free(ports: Mapping[str, int]) -> None:
    """Raises PortTaken for the first of these settings whose port is in use."""
    used: dict[int, str] = {}
    for setting, port in ports.items():
        if port in used:
            raise PortTaken(
                f"{used[port]} and {setting} are both {port}; choose another for one of them, "
                f"for example: make run {setting}={port + 100 if port < 65000 else 3000}"
            )
        used[port] = setting
        if is_taken(port):
            raise PortTaken(sentence(setting, port))


def sentence(setting: str, port: int) -> str:
    other = port + 100 if port < 65000 else 3000
    return (
        f"Port {port} is already in use on this computer, perhaps by IllumiChat itself. "
        f"Stop that program, or choose another port with {setting}, "
        f"for example: make run {setting}={other}"
    )


def is_taken(port: int) -> bool:
    """Whether anything answers on a loopback address, or holds the port so that we could not."""
    return any(_answers(family, host, port) for family, host in LOOPBACKS) or not _can_bind(port)


def _answers(family: socket.AddressFamily, host: str, port: int) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as client:
            client.settimeout(SECONDS_TO_CONNECT)
            return client.connect_ex((host, port)) == 0
    except OSError:  # no IPv6 here
        return False


def _can_bind(port: int) -> bool:
    with socket.socket() as server:
        # A port that a just stopped server leaves in TIME_WAIT is free for us.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]
