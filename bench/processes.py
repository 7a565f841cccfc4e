"""The processes that are measured: their settings, start and end, and what they cost."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
from cryptography.fernet import Fernet
from redis import Redis

from illumichat_app.ops import hold
from illumichat_app.ops.bootstrap import ROOT
from illumichat_app.ops.ports import free_port, is_taken

SECRET = "bench-secret"
# One round of load. The counts of events and messages follow it, so that a short try is possible.
USUAL_SECONDS = 1.0
SECONDS = float(os.environ.get("BENCH_SECONDS", USUAL_SECONDS))

# One key for all processes of a measurement: they read each other's rows.
KEY = os.environ.get("ENCRYPTION_KEYS") or Fernet.generate_key().decode()
LANES = ("inbound", "replies", "outbox", "media", "upkeep", "cron")
LOG = ROOT / ".data" / "bench.log"  # what the measured processes say
INTAKE = "illumichat_app.webhook:app"
APP = "illumichat_app.illumichat_app:app"
PUSH_LIMIT = "bench.push_limit:app"
PAGE_PORT = 3987
TICK = os.sysconf("SC_CLK_TCK")


def count(full: int) -> int:
    """So many at the usual length, fewer in a short try."""
    return max(50, round(full * SECONDS / USUAL_SECONDS))


def dialect(database_url: str) -> str:
    """The database's name: sqlite or postgresql."""
    return database_url.split(":", 1)[0].split("+", 1)[0]


def environment(database_url: str, redis_url: str, **more: str) -> dict[str, str]:
    """The settings of the measured processes."""
    return os.environ | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PUBLIC_URL": "http://localhost:1",
        "ENCRYPTION_KEYS": KEY,
        "META_APP_SECRET": SECRET,
        "META_WEBHOOK_VERIFY_TOKEN": "bench",
        "DATA_DIR": tempfile.gettempdir(),
        **more,
    }


def reflex() -> dict[str, str]:
    """What the whole app needs besides to start without compiling its pages."""
    return {
        "REFLEX_ENV_MODE": "prod",
        "REFLEX_WEB_WORKDIR": tempfile.mkdtemp(),
        "__REFLEX_SKIP_COMPILE": "true",
        "REFLEX_OPLOCK_ENABLED": "1",
    }


def migrate(environment: dict[str, str]) -> None:
    subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"], env=environment, check=True, cwd=ROOT
    )


def forget(redis_url: str) -> None:
    """An empty Redis: no flag and no job of an earlier measurement."""
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()


def answer_of(module: str, environment: dict[str, str], *words: str) -> Any:
    """Run a module of ours in a process that reads its own settings; its last line is JSON."""
    answer = subprocess.run(
        [sys.executable, "-m", module, *words],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(answer.stdout.splitlines()[-1])


@contextmanager
def running(command: Sequence[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[Any]]:
    """A process with a group of its own, which ends with the block or with us."""
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("ab") as log:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=ROOT,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=hold.die_with_parent,
        )
    try:
        yield process
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)
        kill(process)


def kill(process: subprocess.Popen[Any]) -> None:
    """SIGKILL for it and its children; a server killed alone would leave its workers."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def server(target: str, environment: dict[str, str], port: int = 0) -> Iterator[int]:
    """A granian with one worker; its port."""
    with server_process(target, environment, port) as (listening, _):
        yield listening


@contextmanager
def server_process(
    target: str, environment: dict[str, str], port: int = 0
) -> Iterator[tuple[int, subprocess.Popen[Any]]]:
    port = port or free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--log-level", "error"]
    command += ["--factory"] if target in (APP, PUSH_LIMIT) else []
    command += ["--workers-kill-timeout", "3", "--port", str(port), target]
    own = environment | {"PUBLIC_URL": f"http://localhost:{port}"}
    with running(command, own) as process:
        wait(port)
        yield port, process


def page_port() -> int:
    """Where the pages are served: the address is built into them, so the same one if it is free."""
    return free_port() if is_taken(PAGE_PORT) else PAGE_PORT


@contextmanager
def module(name: str, environment: dict[str, str], *words: str) -> Iterator[int]:
    """One of our small servers: `python -m name PORT words`; its port."""
    port = free_port()
    with running([sys.executable, "-m", name, str(port), *words], environment):
        wait(port)
        yield port


@contextmanager
def product(
    environment: dict[str, str],
) -> Iterator[tuple[int, dict[str, subprocess.Popen[Any]]]]:
    """The web app and all lanes as in production; its port, and the processes by name."""
    with ExitStack() as stack:
        lanes = {
            lane: stack.enter_context(running([sys.executable, "-m", "workers", lane], environment))
            for lane in LANES
        }
        port, web = stack.enter_context(server_process(APP, environment | reflex()))
        yield port, {"web": web} | lanes


def wait(port: int) -> None:
    """Until it answers, whatever it says."""
    for _ in range(400):
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/ping", timeout=5)
            return
        time.sleep(0.1)
    raise RuntimeError(f"nothing answers on port {port}")


def wait_until_idle(pid: int, patience: float = 20.0) -> None:
    """Until it has done what it took on: a server that answers first works on after its 200."""
    ends = time.monotonic() + patience
    while time.monotonic() < ends:
        before = cpu_seconds(pid)
        time.sleep(0.2)
        if cpu_seconds(pid) - before <= 0.02:
            return


# ---- what a process costs (Linux: proc(5))


def family(pid: int) -> list[int]:
    """The process and all that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    below = children.read_text().split() if children.exists() else []
    return [pid, *(one for child in below for one in family(int(child)))]


def cpu_seconds(pid: int) -> float:
    """Processor time that it and its children have used."""
    return sum(_cpu(one) for one in family(pid))


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK


def memory_mb(pid: int) -> dict[str, float]:
    """Resident memory, and the share that is its own where pages are shared (PSS)."""
    found = {"rss": 0.0, "pss": 0.0}
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            name, _, value = line.partition(":")
            if name.lower() in found:
                found[name.lower()] = round(int(value.split()[0]) / 1024, 1)
    return found
