"""A busy port is a clear sentence."""

import socket
from collections.abc import Iterator

import pytest

from illumichat_app.ops.ports import PortTaken, free_port, is_taken, require_free


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_free_port_is_fine() -> None:
    port = free_port()

    assert not is_taken(port)
    require_free({"PORT": port})


@pytest.mark.parametrize("setting", ["PORT", "SIMULATOR_PORT"])
def test_a_busy_port_names_itself_the_setting_and_an_example(busy_port: int, setting: str) -> None:
    with pytest.raises(PortTaken) as refused:
        require_free({setting: busy_port})

    assert f"Port {busy_port} is already in use" in str(refused.value)
    assert f"make run {setting}=" in str(refused.value)


def test_a_port_held_without_listening_is_busy_too() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        assert is_taken(holder.getsockname()[1])


def test_one_port_for_two_parts_is_refused() -> None:
    port = free_port()
    with pytest.raises(PortTaken, match="PORT and SIMULATOR_PORT are both"):
        require_free({"PORT": port, "SIMULATOR_PORT": port})
