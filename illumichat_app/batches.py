"""Doing together what waits at the same moment: one thread and one commit for many."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Unit = TypeVar("Unit")
Result = TypeVar("Result")


class Batches(Generic[Unit, Result]):
    """A micro-batcher: `await put(unit)` returns, or raises, what `do` made of the unit.

    `do` gets at most `most` units and answers for each of them; the next batch gathers meanwhile.
    """

    def __init__(self, do: Callable[[list[Unit]], Sequence[Result | Exception]], most: int) -> None:
        self._do = do
        self._most = most
        self._waiting: list[tuple[Unit, asyncio.Future[Result]]] = []
        self._working: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="batches")

    async def put(self, unit: Unit) -> Result:
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((unit, done))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return await done

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch = self._waiting[: self._most]
            del self._waiting[: self._most]
            units = [unit for unit, _ in batch]
            results = await loop.run_in_executor(self._thread, self._results, units)
            for (_, done), result in zip(batch, results, strict=True):
                _settle(done, result)

    def _results(self, units: list[Unit]) -> Sequence[Result | Exception]:
        try:
            return self._do(units)
        except Exception as problem:  # noqa: BLE001  whoever waits for a unit hears of it
            return [problem] * len(units)


def _settle(done: asyncio.Future[Result], result: Result | Exception) -> None:
    if done.done():  # whoever waited has gone
        return
    if isinstance(result, Exception):
        done.set_exception(result)
    else:
        done.set_result(result)
