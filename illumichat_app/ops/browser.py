"""A Chromium for the browser tests: one that is here, else one that can be had."""

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from illumichat_app.ops.progress import say

ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_APPS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
ASK_PLAYWRIGHT = (
    "from playwright.sync_api import sync_playwright as start\n"
    "with start() as playwright: print(playwright.chromium.executable_path)"
)
INSTALLERS = {
    "apt-get": (
        ("apt-get", "update"),
        ("apt-get", "install", "-y", "--no-install-recommends", "chromium"),
    ),
    "dnf": (("dnf", "install", "-y", "chromium"),),
    "apk": (("apk", "add", "--no-cache", "chromium"),),
}
DOWNLOAD_SECONDS, INSTALL_SECONDS = 600, 900
WHAT_TO_DO = (
    "No Chromium was found, and neither Playwright's download nor the system's package manager "
    "could get one. Install Chromium or Chrome yourself and try again, or say where it is: "
    "make test CHROMIUM=/path/to/chromium. To leave the browser tests out: "
    "make test TESTS='-m \"not e2e\"'"
)


class NoBrowser(Exception):
    """No Chromium here and none to be had; the message says what to do."""


@functools.cache
def chromium_path() -> str:
    """The path of a Chromium that starts; gets one when there is none, which may take minutes.

    Raises NoBrowser.
    """
    if os.environ.get("CHROMIUM_UNAVAILABLE"):  # tried and failed a moment ago
        raise NoBrowser(WHAT_TO_DO)
    found = find()
    if found is None and (download() or install()):
        found = find()
    if found is None:
        raise NoBrowser(WHAT_TO_DO)
    return found


def find() -> str | None:
    """The first Chromium of this machine that starts. Raises NoBrowser for a wrong CHROMIUM."""
    named = os.environ.get("CHROMIUM")
    if named and not starts(named):
        raise NoBrowser(f"CHROMIUM is {named}, but that does not start as a browser.")
    return named or next(filter(starts, candidates()), None)


def candidates() -> Iterator[str]:
    yield from filter(None, [playwrights_own()])
    yield from filter(None, map(shutil.which, ON_PATH))
    yield from MAC_APPS


def playwrights_own() -> str:
    """Where Playwright keeps its Chromium, there or not. Asked in a process of its own, because
    Playwright's simple interface refuses to run inside an event loop."""
    command = [sys.executable, "-c", ASK_PLAYWRIGHT]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    return said.stdout.strip()


def starts(path: str) -> bool:
    """Whether it is a program whose libraries are all there."""
    if not Path(path).is_file():
        return False
    try:
        asked = subprocess.run([path, "--version"], capture_output=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def download() -> bool:
    """Playwright's own download; True when its browser then starts."""
    say("No Chromium here. Trying Playwright's download …")
    fetched = _try([sys.executable, "-m", "playwright", "install", "chromium"], DOWNLOAD_SECONDS)
    return fetched and starts(playwrights_own())


def install() -> bool:
    """The system's package manager, where this user may use it."""
    rights = may_install()
    name = next(filter(shutil.which, INSTALLERS), None)
    if name is None or rights is None:
        return False
    say(f"That did not work. Trying {name} …")
    done = [_try([*rights, *command], INSTALL_SECONDS) for command in INSTALLERS[name]]
    return done[-1]  # an update may complain about one source and still have served the others


def may_install() -> list[str] | None:
    """The words before a command that installs: none as root, `sudo` without a password, or
    None when neither is possible."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and _try(["sudo", "-n", "true"], 10):
        return ["sudo", "-n"]
    return None


def _try(command: list[str], seconds: int) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
            check=False, timeout=seconds,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
