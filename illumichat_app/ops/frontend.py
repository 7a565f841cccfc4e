"""The built front end: made once per content and address, kept where no later build disturbs it.

python -m illumichat_app.ops.frontend     build for PUBLIC_URL and point `.build/web` at it
"""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from illumichat_app.ops import progress
from illumichat_app.ops.bootstrap import ROOT, locked
from illumichat_app.ops.environment import WrongSetting, user_settings

CURRENT = ROOT / ".build" / "web"
BUILDS = ROOT / ".build" / "frontend"
KEPT_BUILDS = 4
SOURCES = ("pages", "state", "illumichat_app", "domain", "models", "integrations")
OTHER_INPUTS = ("assets", "reflex.lock", "rxconfig.py", "requirements.txt")
# What the server reads of Reflex's `.web`: pages, and the notes that compiling left for it.
SERVED = ("build/client", "backend", "routes.json", "reflex.json")


def main() -> int:
    """For deployments that start the parts themselves: the path of the build stays the same."""
    try:
        folder, built = for_deployment(user_settings())
    except WrongSetting as refusal:
        print(refusal)
    except progress.StepFailed as failure:
        print(f"{progress.tail(failure.output)}\n\nThe pages were not built: {failure}")
    else:
        print(f"{CURRENT} -> {folder} ({'built now' if built else 'unchanged'})")
        return 0
    return 1


def for_deployment(user: Mapping[str, str]) -> tuple[Path, bool]:
    """Build for PUBLIC_URL and switch CURRENT to it. Raises WrongSetting, StepFailed."""
    if "PUBLIC_URL" not in user:
        raise WrongSetting("PUBLIC_URL is missing: the pages are built for that address.")
    folder, built = ensure(user, user["PUBLIC_URL"])
    point(CURRENT, folder)
    return folder, built


def point(link: Path, folder: Path) -> None:
    """Switch a link in one step: a web process that starts meanwhile finds either build."""
    fresh = link.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(folder)
    fresh.replace(link)


def ensure(environment: Mapping[str, str], api_url: str, root: Path = ROOT) -> tuple[Path, bool]:
    """The folder for REFLEX_WEB_WORKDIR with the front end for `api_url`, and if it was built now.

    Raises StepFailed with the builder's output.
    """
    folder = BUILDS / digest(root, api_url)
    with locked("frontend"):
        fresh = folder.is_dir()
        if not fresh:
            build(environment, api_url, root)
            keep(root / ".web", folder)
        os.utime(folder)
    return folder, not fresh


def digest(root: Path, api_url: str) -> str:
    """Changes with each file that the build reads and with the address baked into it."""
    seen = hashlib.sha256(api_url.encode())
    for file in inputs(root):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        seen.update(f"{file.relative_to(root)} {content}\n".encode())
    return seen.hexdigest()[:20]


def inputs(root: Path) -> Iterator[Path]:
    for name in SOURCES:
        for file in sorted((root / name).rglob("*.py")):
            if "ops" not in file.relative_to(root).parts:
                yield file
    for name in OTHER_INPUTS:
        path = root / name
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in found if file.is_file() and "external" not in file.parts)


def build(environment: Mapping[str, str], api_url: str, root: Path = ROOT) -> None:
    """Compile the pages into `.web/build/client`. Raises StepFailed."""
    tools = with_tools(environment)
    tools["REFLEX_API_URL"] = api_url
    # A skipped compile is for the server; here the compile is the point.
    for name in ("__REFLEX_SKIP_COMPILE", "REFLEX_WEB_WORKDIR"):
        tools.pop(name, None)
    tools.update(_configured_registry(tools))
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"]
    with _same_manifest(root / "reflex.lock" / "package.json"):
        progress.run_quietly(command, env=tools, cwd=root)


@contextmanager
def _same_manifest(file: Path) -> Iterator[None]:
    """Reflex writes its manifest now in one form, now in another: that is no change to build for,
    nor one to show in `git status`."""
    before = file.read_bytes() if file.exists() else b"{}"
    yield
    if file.exists() and json.loads(file.read_bytes()) == json.loads(before):
        file.write_bytes(before)


def with_tools(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with the bun, Node and npm commands of our packages first on the PATH."""
    commands = str(Path(sys.executable).parent)
    return {
        **environment,
        "PATH": os.pathsep.join([commands, environment.get("PATH", os.defpath)]),
        "REFLEX_USE_SYSTEM_BUN": "true",
        "REFLEX_TELEMETRY_ENABLED": "false",
    }


def _configured_registry(tools: Mapping[str, str]) -> dict[str, str]:
    """The registry of this machine's npm settings; Reflex else times several of its own choice."""
    if "NPM_CONFIG_REGISTRY" in tools:
        return {}
    npm = str(Path(sys.executable).parent / "npm")
    printed = progress.run_quietly([npm, "config", "get", "registry"], tools)
    addresses = [line for line in printed.splitlines() if line.startswith("http")]
    return {"NPM_CONFIG_REGISTRY": addresses[-1]} if addresses else {}


def keep(web: Path, folder: Path) -> None:
    """Copy what is served, whole or not at all, and forget the oldest builds."""
    unfinished = folder.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    for name in SERVED:
        target = unfinished / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (web / name).is_dir():
            shutil.copytree(web / name, target)
        elif (web / name).exists():
            shutil.copy2(web / name, target)
    unfinished.rename(folder)
    for old in sorted(BUILDS.iterdir(), key=lambda path: path.stat().st_mtime)[:-KEPT_BUILDS]:
        shutil.rmtree(old, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
