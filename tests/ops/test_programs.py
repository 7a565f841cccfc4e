"""The supervisor's configuration, read back by the supervisor itself."""

from pathlib import Path

import pytest
from supervisor.options import ServerOptions

from illumichat_app.ops.environment import plan
from illumichat_app.ops.programs import LANES, programs, supervisor_config, valkey_config


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a space in its name, which a command line must quote."""
    folder = tmp_path / "my data"
    (folder / "logs").mkdir(parents=True)
    return folder


def read_back(data: Path, **user: str) -> dict[str, object]:
    """Program name -> configuration as the supervisor understands it."""
    wanted = plan({"DATA_DIR": str(data)} | user)
    parts = programs(wanted, data / "valkey.conf")
    file = data / "supervisor.conf"
    file.write_text(supervisor_config(parts, wanted, data / "c.sock", "127.0.0.1:6400", False))
    options = ServerOptions()
    options.realize(["-n", "-c", str(file)])
    return {
        process.name: process for group in options.process_group_configs
        for process in group.process_configs
    }  # fmt: skip


def test_the_demo_runs_every_part(data: Path) -> None:
    assert set(read_back(data)) == {"valkey", "simulator", "web", *LANES}


def test_production_with_its_own_queue_runs_neither_simulator_nor_valkey(data: Path) -> None:
    parts = read_back(data, DATABASE_URL="postgresql+psycopg://db/x", REDIS_URL="redis://q")

    assert set(parts) == {"web", *LANES}


def test_every_part_is_restarted_and_stopped_whole(data: Path) -> None:
    for part in read_back(data).values():
        assert part.autorestart
        assert part.stopasgroup
        assert part.killasgroup
        assert part.stopwaitsecs >= 5
        assert part.stdout_logfile_maxbytes > 0
        assert str(data / "logs") in part.stdout_logfile


def test_the_queue_starts_first_and_stops_last(data: Path) -> None:
    parts = read_back(data)

    assert min(parts, key=lambda name: parts[name].priority) == "valkey"
    assert max(parts, key=lambda name: parts[name].priority) == "web"


def test_each_part_holds_the_lock_and_those_that_need_the_queue_wait_for_it(data: Path) -> None:
    parts = read_back(data)

    assert all(str(data / "lock") in part.command for part in parts.values())
    assert "127.0.0.1:6400" in parts["web"].command
    assert "127.0.0.1:6400" not in parts["valkey"].command


def test_the_web_app_listens_where_it_is_told(data: Path) -> None:
    command = read_back(data, PORT="3100", WEB_CONCURRENCY="3")["web"].command

    assert "--host 127.0.0.1 --port 3100" in command
    assert "--workers 3 " in command
    assert "--workers-kill-timeout 10" in command
    assert "--respawn-failed-workers" in command


def test_the_queue_keeps_what_it_is_given_and_to_itself(data: Path) -> None:
    lines = valkey_config(data, 6400, "word").splitlines()

    assert "bind 127.0.0.1" in lines
    assert "appendonly yes" in lines
    assert "appendfsync everysec" in lines
    assert "requirepass word" in lines
    assert f'dir "{data}"' in lines
