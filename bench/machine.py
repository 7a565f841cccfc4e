"""What the figures were taken on."""

import os
import platform
import sys
from pathlib import Path

from bench import processes


def words() -> str:
    python = sys.version.split()[0]
    length = "" if processes.SECONDS == processes.USUAL_SECONDS else ", a short try"
    return (
        f"{os.cpu_count()} x {_processor()}, {_memory_gb()} GB,"
        f" {platform.system()} {platform.machine()}, Python {python}{length}"
    )


def _processor() -> str:
    return _line("/proc/cpuinfo", "model name") or platform.processor() or platform.machine()


def _memory_gb() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3)


def _line(file: str, name: str) -> str:
    if not Path(file).exists():
        return ""
    lines = Path(file).read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")
