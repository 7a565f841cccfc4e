"""Start the supervisor, watch its parts, stop them all."""

import http.client
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from illumichat_app.ops import hold
from illumichat_app.ops.bootstrap import ROOT
from illumichat_app.ops.environment import Plan
from illumichat_app.ops.programs import Program, supervisor_config

READY_SECONDS = 120
STOP_SECONDS = 60
STARTS_THAT_MEAN_BROKEN, WITHIN_SECONDS = 3, 60


class PartFailed(Exception):
    """A part does not come up; the message names it and `log` is where it wrote why."""

    def __init__(self, sentence: str, log: Path) -> None:
        super().__init__(sentence)
        self.log = log


class Supervision:
    """The supervisor process and what is known about its parts."""

    def __init__(self, parts: Sequence[Program], wanted: Plan) -> None:
        self.parts = {part.name: part for part in parts}
        self.wanted = wanted
        # A socket's path may be 104 characters at most, the data folder's may be longer.
        self._folder = Path(tempfile.mkdtemp(prefix="illumichat-"))
        self._starts: defaultdict[str, set[int]] = defaultdict(set)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, environment: Mapping[str, str], queue_address: str) -> None:
        control = self._folder / "control.sock"
        text = supervisor_config(
            self.parts.values(), self.wanted, control, queue_address, os.geteuid() == 0
        )
        config = self._folder / "supervisor.conf"
        config.write_text(text)
        wrapper = [sys.executable, "-I", "-S", hold.__file__, str(self.wanted.lock), "-", "-"]
        supervisor = [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(config)]
        # Its own session: Ctrl-C in the terminal reaches us alone, and we stop it in order.
        self._process = subprocess.Popen(
            [*wrapper, *supervisor], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait_until_ready(self, addresses: Mapping[str, tuple[str, int, str]]) -> None:
        """Wait until each named part answers at (host, port, path) and every part stays up.

        Raises PartFailed.
        """
        deadline = time.monotonic() + READY_SECONDS
        waiting = dict(addresses)
        while waiting or self._unsettled():
            self._require_healthy()
            waiting = {name: at for name, at in waiting.items() if not answers(*at)}
            if time.monotonic() > deadline:
                late = [*waiting, *self._unsettled(), "web"][0]
                raise self._failure(late, f"was not ready after {READY_SECONDS} s")
            time.sleep(0.2)

    def _require_healthy(self) -> None:
        if not self.running:
            raise PartFailed("The supervisor ended.", self.wanted.logs / "supervisor.log")
        broken = self.newly_broken()
        if broken:
            raise self._failure(broken[0], "could not start")

    def _unsettled(self) -> list[str]:
        """Parts that the supervisor does not call running yet: they must stay up for seconds."""
        running = {state["name"] for state in self._states() if state["statename"] == "RUNNING"}
        return [name for name in self.parts if name not in running]

    def newly_broken(self) -> list[str]:
        """Parts that were started again and again of late; each is named once per lapse."""
        for state in self._states():
            recent = {
                at for at in self._starts[state["name"]] if state["now"] - at < WITHIN_SECONDS
            }
            self._starts[state["name"]] = recent | {state["start"]}
        broken = [name for name, at in self._starts.items() if len(at) >= STARTS_THAT_MEAN_BROKEN]
        for name in broken:
            self._starts.pop(name)
        return broken

    def _states(self) -> list[dict[str, Any]]:
        transport = SupervisorTransport(None, None, f"unix://{self._folder / 'control.sock'}")
        try:
            with ServerProxy("http://127.0.0.1", transport=transport) as server:
                return server.supervisor.getAllProcessInfo()  # pyright: ignore[reportReturnType]
        except (OSError, Fault, http.client.HTTPException):  # not listening yet, or stopping
            return []

    def leaders(self) -> dict[str, int]:
        """The running parts; each process leads a group of its own."""
        return {state["name"]: state["pid"] for state in self._states() if state["pid"]}

    def _failure(self, name: str, what: str) -> PartFailed:
        return PartFailed(f"{self.parts[name].title} {what}.", self.log(name))

    def log(self, name: str) -> Path:
        return self.wanted.logs / f"{name}.log"

    def stop(self) -> None:
        """Stop every part, the supervisor last; by force after a while."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._kill_all()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _kill_all(self) -> None:
        groups = [*self.leaders().values()]
        for group in [*groups, self._process.pid] if self._process else groups:
            try:
                os.killpg(group, signal.SIGKILL)
            except ProcessLookupError:
                continue


def answers(host: str, port: int, path: str) -> bool:
    """Whether a GET there is answered with 200. No proxy of the environment is in between."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
