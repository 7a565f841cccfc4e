"""The house rules that no linter knows."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from illumichat_app import jobs

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "illumichat_app",
    "domain",
    "integrations",
    "meta_simulator",
    "models",
    "pages",
    "state",
    "workers",
)
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def sources() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (ROOT / folder).rglob("*.py")


@pytest.mark.parametrize("name", jobs.DRAINS.values())
def test_every_job_name_leads_to_a_function(name: str) -> None:
    module, function = name.rsplit(".", 1)
    assert callable(getattr(importlib.import_module(module), function))


def test_every_lane_has_its_job() -> None:
    assert set(jobs.DRAINS) == {"inbound", "replies", "outbox", "media", "upkeep"}


def test_no_file_is_long() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sources()
        if (lines := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_no_function_is_long() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_only_the_clock_asks_for_the_time() -> None:
    asking = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        if path.name != "clock.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in ("now", "utcnow", "today")
        and isinstance(node.value, ast.Name)
        and node.value.id in ("datetime", "date")
    ]
    assert asking == []


def test_no_folder_shadows_alembic() -> None:
    assert not (ROOT / "alembic" / "__init__.py").exists()
    assert not (ROOT / "__init__.py").exists()
