"""The whole product under its own supervisor, the simulated Meta beside it, and the killer."""

import contextlib
import os
import signal
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from bench.chaos.plan import POSTGRESQL
from illumichat_app.ops import environment, ports, run, services
from illumichat_app.ops.environment import LOOPBACK
from illumichat_app.ops.programs import Program, programs, valkey_config
from illumichat_app.ops.services import Cluster
from illumichat_app.ops.supervision import Supervision

KEPT = ("PATH", "HOME", "LANG", "TMPDIR")
DOUBLED = ("inbound", "outbox", "replies")  # workers of the PostgreSQL shape
DAY = 24 * 3600.0


@dataclass
class House:
    """Everything that runs; `killed` counts the processes by what they were part of."""

    environment: dict[str, str]
    parts: Supervision
    seed: int
    cluster: Cluster | None = None
    killed: Counter[str] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._choice = Random(self.seed)
        self._database = ExitStack()
        self._postmaster: subprocess.Popen[bytes] | None = None

    @property
    def web(self) -> str:
        return f"{LOOPBACK}:{self.environment['PORT']}"

    @property
    def simulator(self) -> str:
        return f"http://{LOOPBACK}:{self.environment['SIMULATOR_PORT']}"

    # ---- start and stop

    def start(self) -> None:
        """Raises PartFailed."""
        self.parts.start(self.environment, environment.queue_address(self.environment["REDIS_URL"]))
        self.parts.wait_until_ready(run.ready_addresses(self.parts.wanted))

    def start_database(self) -> None:
        if self.cluster:
            self._postmaster = self._database.enter_context(self.cluster.running())

    def stop(self) -> None:
        self.parts.stop()

    def stop_database(self) -> None:
        self._database.close()

    # ---- kill

    def kill(self, victim: str, away: float) -> None:
        """SIGKILL to a part of the product, or the database, in the middle of what it does."""
        found = self._processes(victim)
        for process in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.killed[victim] += len(found)
        self.hits[victim] += bool(found)
        if victim == "postmaster":
            time.sleep(away)
            self._database.close()
            self.start_database()

    def _processes(self, victim: str) -> list[int]:
        children, words = _tree()
        if victim in ("postmaster", "backend") and self._postmaster:
            below = list(_below(self._postmaster.pid, children))
            if victim == "postmaster":
                return [self._postmaster.pid, *below]
            return self._one([each for each in below if services.DATABASE in words[each]])
        leaders = self.parts.leaders()
        if victim == "web worker":
            below = list(_below(leaders.get("web", 0), children)) if "web" in leaders else []
            return self._one([each for each in below if "granian" in words[each]])
        names = [name for name in leaders if name.split("-")[0] == victim]
        return [each for part in self._one(sorted(names)) for each in self._of(leaders[part])]

    def _of(self, leader: int) -> list[int]:
        return [leader, *_below(leader, _tree()[0])]

    def _one(self, of: list) -> list:
        return [self._choice.choice(of)] if of else []


def _tree() -> tuple[dict[int, list[int]], dict[int, str]]:
    """The children of each process, and its command."""
    listed = subprocess.run(
        ["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    children: defaultdict[int, list[int]] = defaultdict(list)
    words: dict[int, str] = {}
    for line in listed.stdout.splitlines():
        process, parent, *rest = line.split(None, 2)
        children[int(parent)].append(int(process))
        words[int(process)] = "".join(rest)
    return children, words


def _below(process: int, children: Mapping[int, list[int]]) -> Iterator[int]:
    for child in children.get(process, ()):
        yield child
        yield from _below(child, children)


# ---- building it


@contextmanager
def built(folder: Path, database: str, seed: int) -> Iterator[House]:
    """The house with its database migrated and the demo's company in it; nothing else runs yet."""
    cluster = None
    if database == POSTGRESQL:
        found = services.postgres_programs()
        if found is None:
            raise FileNotFoundError("PostgreSQL is not installed here.")
        at = folder / "postgresql"
        at.mkdir()
        # What it acknowledged must outlive its death, so nothing is lossy here.
        cluster = services.new_cluster(found, at, ["fsync=off", "full_page_writes=off"])
    house = _house(folder / "data", database, seed, cluster)
    house.start_database()
    try:
        if cluster:
            house.environment["DATABASE_URL"] = cluster.make_database()
        _found(house)
        yield house
    finally:
        house.stop()
        house.stop_database()


def _house(data: Path, database: str, seed: int, cluster: Cluster | None) -> House:
    many = database == POSTGRESQL
    user = {name: os.environ[name] for name in KEPT if name in os.environ} | {
        "DEMO": "1",
        "DATA_DIR": str(data),
        "PORT": str(ports.free_port()),
        "SIMULATOR_PORT": str(ports.free_port()),
        "WEB_CONCURRENCY": "2" if many else "1",
    }
    wanted = environment.plan(user)
    wanted.logs.mkdir(parents=True)
    port = ports.free_port()
    config = data / "valkey" / "valkey.conf"
    config.parent.mkdir()
    config.write_text(valkey_config(config.parent, port, "chaos"))
    told = environment.child_environment(user, wanted, f"redis://:chaos@{LOOPBACK}:{port}/0")
    # Sockets need no pages. The simulator is no part of what is killed, so it keeps no files.
    for name in ("SERVE_FRONTEND", "SIMULATOR_DATA_DIR"):
        told.pop(name)
    told["REFLEX_WEB_WORKDIR"] = str(data / "web")
    parts = programs(wanted, config)
    parts += [_second(part) for part in parts if many and part.name in DOUBLED]
    return House(told, Supervision(parts, wanted), seed, cluster)


def _second(part: Program) -> Program:
    return replace(part, name=f"{part.name}-2", title=f"{part.title} (2)")


def _found(house: House) -> None:
    """The company begins yesterday, so that windows close today."""
    Path(house.environment["CLOCK_FILE"]).write_text(str(-DAY))
    run.run_module(house.environment, "alembic", "upgrade", "head")
    run.run_module(house.environment, "illumichat_app", "demo")
