"""`make check`: style, types, imports, migrations and known vulnerabilities. All are run; the
exit code is 1 if any of them failed."""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from illumichat_app.ops import progress, services
from illumichat_app.ops.bootstrap import ROOT
from illumichat_app.ops.environment import child_environment, plan
from illumichat_app.ops.test import stop_on_termination

AUDIT_SECONDS = 90
INDEX_SECONDS = 5
SKIPPED = "skipped: the vulnerability index does not answer"


@dataclass(frozen=True)
class Check:
    """A name and what does it. `run` returns a note, and raises StepFailed with the findings."""

    name: str
    run: Callable[[], str]


def main() -> int:
    stop_on_termination()
    try:
        with tempfile.TemporaryDirectory() as scratch:
            failed = [check for check in checks(Path(scratch)) if not passes(check)]
    except KeyboardInterrupt:
        print("\nStopped.")
        return 130
    names = ", ".join(check.name for check in failed)
    print(f"Failed: {names}." if failed else "All checks passed.")
    return 1 if failed else 0


def checks(scratch: Path) -> list[Check]:
    """The checks, quickest first."""
    return [
        Check("ruff check", module("ruff", "check", "--no-cache", ".")),
        Check("ruff format", module("ruff", "format", "--check", "--no-cache", ".")),
        Check("imports", partial(tool, "lint-imports", "--no-cache")),
        Check("migrations on SQLite", partial(migrations, _sqlite(scratch), scratch)),
        Check("migrations on PostgreSQL", partial(migrations, services.postgres(), scratch)),
        Check("pyright", module("pyright")),
        Check("pip-audit", partial(audit, scratch)),
    ]


def passes(check: Check) -> bool:
    """Run a check and say how it went."""
    began = time.monotonic()
    try:
        note = check.run()
    except progress.StepFailed as failure:
        print(f"{check.name} … failed\n{failure.output.strip() or failure}", flush=True)
        return False
    print(f"{check.name} … {note or 'ok'}, {time.monotonic() - began:.1f} s", flush=True)
    return True


def module(*words: str) -> Callable[[], str]:
    return partial(_quietly, sys.executable, "-m", *words)


def tool(name: str, *words: str) -> str:
    """A command of the environment that has no module to run."""
    return _quietly(str(Path(sys.executable).parent / name), *words)


def _quietly(*command: str) -> str:
    # Pyright's wrapper would look on the network for a newer version of itself.
    progress.run_quietly(command, os.environ | {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}, ROOT)
    return ""


def _sqlite(scratch: Path) -> AbstractContextManager[str | None]:
    return nullcontext(f"sqlite:///{scratch}/check.db")


def migrations(database: AbstractContextManager[str | None], scratch: Path) -> str:
    """Migrate an empty database to the newest state and compare it with the models."""
    with database as url:
        if not url:
            return "skipped: PostgreSQL not found"
        environment = _demo_environment(scratch) | {"DATABASE_URL": url}
        for words in (("upgrade", "head"), ("check",)):
            progress.run_quietly([sys.executable, "-m", "alembic", *words], environment, ROOT)
    return ""


def _demo_environment(scratch: Path) -> dict[str, str]:
    """Whole settings that touch nothing of this clone's own data."""
    user = {"PATH": os.environ.get("PATH", os.defpath), "DEMO": "1", "DATA_DIR": str(scratch)}
    return child_environment(user, plan(user), "redis://127.0.0.1:1/0")


def audit(scratch: Path) -> str:
    """Compare the pinned packages with the published vulnerabilities.

    pip-audit has one exit code for findings and for an index out of reach; only the first
    leaves a report.
    """
    report = scratch / "audit.json"
    command = [sys.executable, "-m", "pip_audit", "-r", "requirements.txt", "--no-deps"]
    command += ["--disable-pip", "--timeout", str(INDEX_SECONDS), "--progress-spinner", "off"]
    try:
        progress.run_quietly([*command, "-f", "json", "-o", str(report)], cwd=ROOT)
    except progress.StepFailed:
        if not report.exists():
            return SKIPPED
        raise
    return _looked_up(json.loads(report.read_text())["dependencies"])


def _looked_up(packages: list[dict[str, Any]]) -> str:
    """A package that the index does not know counts as clean with pip-audit: it is not."""
    unknown = sum("skip_reason" in package for package in packages)
    if unknown == len(packages):
        return "skipped: the index tells nothing of vulnerabilities"
    return f"ok, but {unknown} of {len(packages)} packages are unknown there" if unknown else ""


if __name__ == "__main__":
    sys.exit(main())
