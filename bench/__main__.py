"""`make bench`: measure, print a table, keep it as JSON. Ratios are within one run."""

import json
import os
import platform
import sys
import tempfile
from pathlib import Path

from bench import drain, intake

RESULTS = Path(".data") / "bench.json"


def main() -> None:
    results: dict[str, object] = {"machine": machine(), "intake": [], "drain": []}
    with tempfile.TemporaryDirectory() as folder:
        databases = [f"sqlite:///{folder}/bench.db"]
        if postgres := os.environ.get("TEST_DATABASE_URL"):
            databases.append(postgres)
        for url in databases:
            results["intake"].append(show(intake.measure(url, os.environ["TEST_REDIS_URL"])))  # type: ignore[attr-defined]
            results["drain"].append(show(drain.measure(url, os.environ["TEST_REDIS_URL"])))  # type: ignore[attr-defined]
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(f"Kept in {RESULTS}")


def show(row: dict[str, object]) -> dict[str, object]:
    print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)
    return row


def machine() -> str:
    python = sys.version.split()[0]
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {python}"


if __name__ == "__main__":
    main()
