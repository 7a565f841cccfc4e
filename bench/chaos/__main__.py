"""`python -m bench.chaos seed=7 database=sqlite`: one run on one database, judged.

Exit code 1 when a promise was broken. `make chaos` runs it once for each database.
"""

import asyncio
import dataclasses
import json
import os
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

import httpx

from bench.chaos import house, plan, referee, report
from bench.chaos.house import House
from bench.chaos.plan import Episode, Fault, Kill, Mending, Plan, Settings, Step, Writing
from illumichat_app.ops import progress

RESULTS = Path(".data")
OFF = dict.fromkeys((*plan.FAULTS, "token_expired"), False)


def main() -> int:
    try:
        settings = plan.read(sys.argv[1:])
    except ValueError as refusal:
        print(refusal)
        return 2
    progress.interrupt_on_termination()
    database = settings.database or plan.DATABASES[0]
    with tempfile.TemporaryDirectory(prefix="illumichat-chaos-", ignore_cleanup_errors=True) as at:
        Path(at).chmod(0o755)  # PostgreSQL's account walks through it
        with house.built(Path(at), database, settings.seed) as built:
            os.environ.update(built.environment)  # our own doors are those of this company
            found = asyncio.run(Run(built, plan.make(settings, database)).whole(database))
    keep(f"chaos-{database}", found)
    print(report.table(found), flush=True)
    return int(any(found["violations"].values()))


def keep(name: str, found: dict) -> None:
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")


class Run:
    """The plan is carried out against the running house."""

    def __init__(self, built: House, steps: Plan) -> None:
        self.house, self.plan = built, steps
        self.settings: Settings = steps.settings
        self.faults: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._pens: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def whole(self, database: str) -> dict:
        from bench.chaos import company, record

        began = time.monotonic()
        await asyncio.to_thread(self.house.start)
        limits = httpx.Limits(max_connections=20)
        async with httpx.AsyncClient(
            base_url=self.house.simulator, timeout=60, trust_env=False, limits=limits
        ) as simulator:
            self.simulator = simulator
            await company.customers(simulator, self.settings.customers)
            begins = await company.yesterday(simulator, self.plan)
            self._start_agents()
            await asyncio.sleep(max(0.0, begins - time.time()))
            started = time.monotonic()
            self._say(f"{database}: {len(self.plan.steps)} steps in {self.settings.seconds:.0f} s")
            await self._carry_out(started)
            chaos = time.monotonic()
            left = await self._calm_down()
            calm = time.monotonic()
            book = [reply for agent in self.agents for reply in agent.book]
            found = await record.taken(simulator, self.settings.customers, book, left)
        await asyncio.to_thread(self.house.stop)
        keep(f"chaos-{database}-record", dataclasses.asdict(found))
        seconds = {"before": started - began, "chaos": chaos - started, "after": calm - chaos}
        return report.row(
            database, self.settings, found, self._events(), seconds, referee.judge(found)
        )

    def _start_agents(self) -> None:
        from bench.chaos import company
        from bench.chaos.agents import Agent

        cookies = company.hire(self.settings.agents)
        self.agents = [Agent(self.house.web, cookie) for cookie in cookies]
        for agent in self.agents:
            self._begin(agent.work())

    async def _carry_out(self, started: float) -> None:
        told = started
        for step in self.plan.steps:
            await asyncio.sleep(max(0.0, started + step.at - time.monotonic()))
            self._do(step)
            if time.monotonic() - told > 30:
                told = time.monotonic()
                self._say(f"{told - started:4.0f} s, killed {sum(self.house.hits.values())} times")

    def _do(self, step: Step) -> None:
        match step:
            case Writing():
                self._begin(self._write(step))
            case Episode():
                self.agents[step.agent].queue.put_nowait(step)
            case Fault():
                self.faults[step.name] += bool(step.value)
                self._begin(self._switch({step.name: step.value}))
            case Mending():
                self._begin(self._mend())
            case Kill():
                self._begin(asyncio.to_thread(self.house.kill, step.victim, step.away))

    def _begin(self, work) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            self._say(f"a step failed: {task.exception()!r}")

    async def _write(self, step: Writing) -> None:
        """Never twice in a second, even when this process is late: Meta's times are no finer."""
        async with self._pens[step.customer]:
            path = f"/sim/customers/c{step.customer}/messages"
            (await self.simulator.post(path, json={"text": step.text})).raise_for_status()
            await asyncio.sleep(plan.LEAST_PAUSE)

    async def _switch(self, faults: Mapping[str, int | bool]) -> None:
        (await self.simulator.post("/sim/faults", json=faults)).raise_for_status()

    async def _mend(self) -> None:
        from bench.chaos import company

        await company.mend()

    async def _calm_down(self) -> dict[str, int]:
        """No fault and no kill any more: everything is to come to rest."""
        from bench.chaos import company

        await self._switch(OFF)
        try:
            async with asyncio.timeout(company.PATIENCE):
                await asyncio.gather(*(agent.queue.join() for agent in self.agents))
        except TimeoutError:
            self._say("the agents are not done")
        await company.mend()
        left = await company.calm(self.simulator)
        for task in list(self._tasks):
            task.cancel()
        return left

    def _events(self) -> dict[str, Counter[str]]:
        agents = Counter[str]()
        for agent in self.agents:
            agents["replies"] += len(agent.book)
            agents["confirmed"] += sum(reply.taken for reply in agent.book)
            agents["refused"] += sum(reply.refused for reply in agent.book)
            agents["given up"] += agent.unanswered
            agents["connections"] += agent.connections
        return {
            "kills": self.house.hits,
            "processes killed": self.house.killed,
            "faults": self.faults,
            "agents": agents,
        }

    def _say(self, words: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {words}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
