"""What is still to happen, in order of time."""

import asyncio
import heapq
import itertools
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

Work = Callable[[], Awaitable[None]]


@dataclass(slots=True, order=True)
class Task:
    """One thing to do at a moment of the simulator's clock."""

    due: float
    order: int
    work: Work = field(compare=False)
    label: str = field(compare=False, default="")


class Schedule:
    """A queue by due time. Nothing runs until somebody takes it."""

    def __init__(self) -> None:
        self._heap: list[Task] = []
        self._order = itertools.count()
        self.news = asyncio.Event()

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, due: float, work: Work, label: str = "") -> None:
        """Plan `work` for `due` (seconds of the simulator's clock)."""
        heapq.heappush(self._heap, Task(due, next(self._order), work, label))
        self.news.set()

    def take(self, now: float | None = None) -> Task | None:
        """The next task; with `now`, only if it is due."""
        if not self._heap or (now is not None and self._heap[0].due > now):
            return None
        return heapq.heappop(self._heap)

    def wait(self, now: float) -> float:
        """Seconds until the next task; endless if there is none."""
        return max(0.0, self._heap[0].due - now) if self._heap else math.inf

    def labels(self) -> list[str]:
        """What is waiting, in order."""
        return [task.label for task in sorted(self._heap)]

    def clear(self) -> None:
        """Forget everything planned."""
        self._heap.clear()
