"""`python -m workers inbound|replies|outbox|media|upkeep` runs a lane, `… cron` the schedule."""

import sys

from rq import Queue, SimpleWorker
from rq.cron import CronScheduler

from illumichat_app import jobs, log, memory, metrics_store
from illumichat_app.config import settings
from integrations import llm
from workers import upkeep


def work(name: str) -> None:
    """One queue for each worker: only then RQ moves a job atomically, and a crash loses none.

    SimpleWorker, because a fork for each job does a quarter of the jobs a second.
    """
    worker = SimpleWorker(
        [Queue(name, connection=jobs.redis())],
        connection=jobs.redis(),
        maintenance_interval=30,
        job_monitoring_interval=5,
        worker_ttl=35,
        log_job_description=False,
    )
    worker.work(logging_level="WARNING")


def schedule() -> None:
    scheduler = CronScheduler(connection=jobs.redis(), logging_level="WARNING")
    scheduler.register(  # pyright: ignore[reportUnknownMemberType]
        upkeep.drain,
        "upkeep",
        interval=upkeep.EVERY_SECONDS,
        job_timeout=jobs.JOB_SECONDS,
        result_ttl=0,
        ttl=upkeep.EVERY_SECONDS,
    )
    scheduler.start()


def main() -> None:
    log.set_up()
    name = sys.argv[1] if len(sys.argv) == 2 else ""
    if name == "replies":
        llm.load(settings().ai_model)  # now, and not while the first customer waits
    memory.settle()
    if name == "cron":
        schedule()
    elif name in jobs.DRAINS:
        with metrics_store.publishing():
            work(name)
    else:
        sys.exit(f"Say which lane: {', '.join(jobs.DRAINS)} or cron.")


if __name__ == "__main__":
    main()
