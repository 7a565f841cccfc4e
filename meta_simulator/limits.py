"""How fast a business may send."""

from meta_simulator.core import Core
from meta_simulator.errors import GraphError, message_error
from meta_simulator.world import Number, Thread

PER_SECOND = {"STANDARD": 80, "HIGH": 1000}
COEXISTENCE_PER_SECOND = 20
PAIR_SECONDS = 6.0
PAIR_BURST = 45


def check_throughput(core: Core, number: Number) -> None:
    """At most 80 (or 1,000) messages a second from one number. Raises 130429."""
    if core.faults.take("throughput"):
        raise message_error(130429)
    now = core.clock.now()
    number.recent_sends = [t for t in number.recent_sends if now - 1 < t <= now]
    allowed = PER_SECOND.get(number.throughput, PER_SECOND["STANDARD"])
    if len(number.recent_sends) >= (COEXISTENCE_PER_SECOND if number.is_on_biz_app else allowed):
        raise message_error(130429)
    number.recent_sends.append(now)


def check_pair(core: Core, thread: Thread) -> None:
    """One message in 6 s to one person; 45 may be borrowed from later. Raises 131056."""
    if core.faults.take("pair_limit"):
        raise _pair_limit()
    now = core.clock.now()
    busy_until = max(now, thread.pair_busy_until) + PAIR_SECONDS
    if busy_until - now > PAIR_BURST * PAIR_SECONDS:
        raise _pair_limit()
    thread.pair_busy_until = busy_until


def _pair_limit() -> GraphError:
    return message_error(131056)
