"""`make bench`: the measurements of `bench/`, with a PostgreSQL and a Valkey where they exist.

BENCH='…' is handed to them, split as a shell would.
"""

import os
import shlex
import subprocess
import sys

from illumichat_app.ops import services
from illumichat_app.ops.bootstrap import ROOT
from illumichat_app.ops.test import stop_on_termination


def main() -> int:
    stop_on_termination()
    command = [sys.executable, "-m", "bench", *shlex.split(os.environ.get("BENCH", ""))]
    try:
        with services.valkey() as queue, services.postgres(durable=True) as database:
            found = {"TEST_REDIS_URL": queue} | (
                {"TEST_DATABASE_URL": database} if database else {}
            )
            return subprocess.run(command, cwd=ROOT, env=os.environ | found, check=False).returncode
    except KeyboardInterrupt:
        print("\nStopped.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
