"""`make test`: a browser, a PostgreSQL and a Valkey for the tests, then pytest.

TESTS='…' is handed to pytest, split as a shell would. Without it everything runs, in two processes
side by side: a browser mostly waits, which leaves a core to all the rest.
"""

import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO

from illumichat_app.ops import browser, hold, progress, services
from illumichat_app.ops.bootstrap import ROOT, STAGES

STEPS = STAGES["test"]
REST, BROWSERS = ["-m", "not e2e"], ["-m", "e2e"]
GIVES_WAY = 10  # what is left of the processor is for the rest: pages answer as if alone


def main() -> int:
    """Returns pytest's exit code. Every server that was started is stopped, whatever happens."""
    stop_on_termination()
    try:
        chosen = arguments(os.environ.get("TESTS", ""))
        with ExitStack() as servers:
            environment = prepare(servers)
            return pytest(chosen, environment) if chosen else everything(environment)
    except progress.StepFailed as failure:
        print(f"{progress.tail(failure.output)}\n\nThe tests did not start: {failure}")
    except ValueError as error:
        print(f"TESTS cannot be read: {error}.")
    except KeyboardInterrupt:
        print("\nStopped.")
        return 130
    return 1


def stop_on_termination() -> None:
    """Let every ending run the clean-up, that of make too."""
    progress.interrupt_on_termination()
    if "MAKELEVEL" in os.environ:
        hold.die_with_parent()


def arguments(tests: str) -> list[str]:
    """Raises ValueError for an unclosed quotation mark."""
    return shlex.split(tests)


def prepare(servers: ExitStack) -> dict[str, str]:
    """The environment of pytest; the servers in it live as long as the stack."""
    found = {"CHROMIUM": "", "CHROMIUM_UNAVAILABLE": ""}
    with progress.step(2, STEPS, "Browser"):
        try:
            found["CHROMIUM"] = browser.chromium_path()
        except browser.NoBrowser as problem:
            progress.say(str(problem))
            found["CHROMIUM_UNAVAILABLE"] = "1"
    with progress.step(3, STEPS, "PostgreSQL and Valkey"):
        found["TEST_REDIS_URL"] = servers.enter_context(services.valkey())
        found["TEST_DATABASE_URL"] = servers.enter_context(services.postgres()) or ""
    if not found["TEST_DATABASE_URL"]:
        print(services.NO_POSTGRES)
    kept = {name: value for name, value in os.environ.items() if name not in {"TESTS", *found}}
    return kept | {name: value for name, value in found.items() if value}


def everything(environment: dict[str, str]) -> int:
    """What the browsers say is printed after the rest, so that the two do not mix."""
    with tempfile.TemporaryFile() as said, started(BROWSERS, environment, said) as browsers:
        codes = [pytest(REST, environment, GIVES_WAY), browsers.wait()]
        said.seek(0)
        print(said.read().decode(errors="replace"), flush=True)
    return max(codes)


def pytest(chosen: list[str], environment: dict[str, str], nice: int = 0) -> int:
    with started(chosen, environment, nice=nice) as process:
        return process.wait()


@contextmanager
def started(
    chosen: list[str], environment: dict[str, str], output: IO[bytes] | None = None, nice: int = 0
) -> Iterator["subprocess.Popen[bytes]"]:
    """A pytest. An interrupt reaches it before it reaches us, so that its own clean-up runs."""
    sys.stdout.flush()
    command = ["nice", "-n", str(nice), sys.executable, "-m", "pytest", *chosen]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=output,
        stderr=output and subprocess.STDOUT,
        preexec_fn=hold.die_with_parent,
    )
    try:
        yield process
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        raise


if __name__ == "__main__":
    sys.exit(main())
