"""`make run`: build what changed, bring the database up to date, start every part, stay.

Ends by Ctrl-C or SIGTERM, which stop all parts. Exit code 0 then; 1 when it cannot start.
"""

import fcntl
import math
import os
import secrets
import signal
import sys
import time
from collections.abc import Mapping

from illumichat_app.ops import frontend, hold, ports, progress
from illumichat_app.ops.bootstrap import ROOT, STAGES
from illumichat_app.ops.environment import (
    LOOPBACK,
    Plan,
    WrongSetting,
    api_url,
    child_environment,
    plan,
    queue_address,
    user_settings,
)
from illumichat_app.ops.programs import programs, valkey_config
from illumichat_app.ops.supervision import PartFailed, Supervision

STEPS = STAGES["run"]
LOOK_EVERY_SECONDS = 2
QUIET_SECONDS = 600  # before the same part is named again


class FolderInUse(Exception):
    """Another running instance, or a process left over from one, holds the data folder."""


def main() -> int:
    """Start, stay, stop; every expected failure is a sentence and exit code 1."""
    progress.interrupt_on_termination()
    if "MAKELEVEL" in os.environ:
        hold.die_with_parent()
    try:
        return start(user_settings())
    except (WrongSetting, ports.PortTaken, FolderInUse) as refusal:
        print(refusal)
    except progress.StepFailed as failure:
        print(f"{progress.tail(failure.output)}\n\nIllumiChat did not start: {failure}")
    except PartFailed as failure:
        print(f"\n{last_lines(failure)}\n\nIllumiChat did not start: {failure}")
    except KeyboardInterrupt:
        print("\nStopped.")
        return 130
    return 1


def start(user: Mapping[str, str]) -> int:
    wanted = plan(user)
    ports.require_free(our_ports(wanted))
    wanted.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # customers' words are in it
    wanted.logs.mkdir(exist_ok=True)
    take_folder(wanted)
    queue_port, password = ports.free_port(), secrets.token_urlsafe(24)
    own_queue = f"redis://:{password}@{LOOPBACK}:{queue_port}/0"
    environment = child_environment(user, wanted, own_queue)
    prepare(environment, wanted)
    config = wanted.data_dir / "valkey" / "valkey.conf"
    if wanted.own_queue:
        config.parent.mkdir(exist_ok=True)
        config.touch(mode=0o600)
        config.write_text(valkey_config(config.parent, queue_port, password))
    return supervise(Supervision(programs(wanted, config), wanted), environment, wanted)


def our_ports(wanted: Plan) -> dict[str, int]:
    own = {"PORT": wanted.port}
    return own | ({"SIMULATOR_PORT": wanted.simulator_port} if wanted.demo else {})


def take_folder(wanted: Plan) -> None:
    """Hold the data folder until this process ends. Raises FolderInUse.

    The parts hold shares of the same lock, so a left-over part is noticed as well.
    """
    handle = os.open(wanted.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise FolderInUse(folder_in_use(wanted, os.read(handle, 20).decode())) from None
    os.ftruncate(handle, 0)
    os.write(handle, str(os.getpid()).encode())
    fcntl.flock(handle, fcntl.LOCK_SH)


def folder_in_use(wanted: Plan, process: str) -> str:
    return (
        f"The data folder {wanted.data_dir} is in use by an IllumiChat that is running or not "
        f"fully stopped (it was started by process {process or 'unknown'}). Stop that one, or "
        "choose another folder, for example: make run DATA_DIR=.data2"
    )


def prepare(environment: dict[str, str], wanted: Plan) -> None:
    """Database, front end, demo data. Raises StepFailed. Adds the front end's folder.

    The database comes first: its step reads the settings, and what is missing should be said
    before minutes go into the pages.
    """
    with progress.step(2, STEPS, "Database"):
        run_module(environment, "alembic", "upgrade", "head")
    with progress.step(3, STEPS, "Front end") as step:
        folder, built = frontend.ensure(environment, api_url(environment, wanted))
        environment["REFLEX_WEB_WORKDIR"] = str(folder)
        step.note = "" if built else "unchanged"
    with progress.step(4, STEPS, "Demo data") as step:
        if wanted.demo:
            run_module(environment, "illumichat_app", "demo")
        else:
            step.note = "none, this is not the demo"


def run_module(environment: Mapping[str, str], *words: str) -> None:
    progress.run_quietly([sys.executable, "-m", *words], env=environment, cwd=ROOT)


def supervise(parts: Supervision, environment: Mapping[str, str], wanted: Plan) -> int:
    """Run all parts until interrupted. Raises PartFailed; nothing outlives the call."""
    try:
        with progress.step(5, STEPS, "Start"):
            parts.start(environment, queue_address(environment["REDIS_URL"]))
            parts.wait_until_ready(ready_addresses(wanted))
        print(welcome(environment, wanted), flush=True)
        stay(parts)
    except KeyboardInterrupt:
        print("\nStopping …", flush=True)
    finally:
        stop(parts)
    print("Stopped.", flush=True)
    return 0


def ready_addresses(wanted: Plan) -> dict[str, tuple[str, int, str]]:
    """Part -> host, port and path that answer 200 once it is ready."""
    host = LOOPBACK if wanted.host == "0.0.0.0" else wanted.host  # noqa: S104
    simulator = {"simulator": (LOOPBACK, wanted.simulator_port, "/")} if wanted.demo else {}
    return simulator | {"web": (host, wanted.port, "/health")}


def stay(parts: Supervision) -> None:
    """Until interrupted: say which part keeps stopping. Raises PartFailed if all ended."""
    named: dict[str, float] = {}
    while parts.running:
        time.sleep(LOOK_EVERY_SECONDS)
        for name in parts.newly_broken():
            if time.monotonic() - named.get(name, -math.inf) > QUIET_SECONDS:
                named[name] = time.monotonic()
                title, log = parts.parts[name].title, parts.log(name)
                print(f"{title} stops again and again; it wrote why to {log}", flush=True)
    raise PartFailed("The supervisor ended.", parts.wanted.logs / "supervisor.log")


def stop(parts: Supervision) -> None:
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)  # a second Ctrl-C must not leave parts behind
    parts.stop()


def welcome(environment: Mapping[str, str], wanted: Plan) -> str:
    inbox = api_url(environment, wanted)
    lines = ["", "IllumiChat is ready.", "", f"  Inbox      {inbox}"]
    if not wanted.demo:
        lines += [f"  New here?  The link that makes the first admin is in {wanted.logs}/web.log"]
    if wanted.demo:
        lines += [
            f"  Simulator  http://localhost:{wanted.simulator_port}  (write as a customer here)",
            "",
            "  Sign in    admin@demo.test  or  agent@demo.test",
            f"  Password   {environment.get('DEMO_PASSWORD', 'demo-demo-demo')}",
        ]
    stored = f"  Data and logs are in {wanted.data_dir}. Press Ctrl-C to stop."
    return "\n".join([*lines, "", stored])


def last_lines(failure: PartFailed) -> str:
    """The end of the log of the part that failed."""
    if not failure.log.exists():
        return f"It wrote no log ({failure.log})."
    text = failure.log.read_text(errors="replace")
    return f"The end of {failure.log}:\n{progress.tail(text, 30)}"


if __name__ == "__main__":
    sys.exit(main())
