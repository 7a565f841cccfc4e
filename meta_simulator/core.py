"""The parts that every piece of the simulator works with."""

from dataclasses import dataclass

from meta_simulator.clock import Clock
from meta_simulator.delivery import Delivery
from meta_simulator.faults import Faults
from meta_simulator.schedule import Schedule
from meta_simulator.traffic import Traffic
from meta_simulator.world import Number, Thread, World


@dataclass(slots=True)
class Core:
    """World, time, plan, faults, log and post office in one place."""

    world: World
    clock: Clock
    schedule: Schedule
    faults: Faults
    traffic: Traffic
    delivery: Delivery
    public_url: str = ""
    live: bool = False
    stopping: bool = False
    hang_seconds: float = 60.0

    def number(self, number_id: str = "") -> Number:
        """A number by id, or the first one. Raises LookupError if there is none."""
        if not number_id:
            return next(iter(self.world.numbers.values()))
        return self.world.numbers[number_id]

    def stop(self) -> None:
        """Let open pages go."""
        self.stopping = True
        self.traffic.tell("stop")

    def thread_changed(self, thread: Thread) -> None:
        """Let open pages draw the thread again."""
        self.traffic.tell("thread", customer=thread.customer_id, number=thread.number_id)
