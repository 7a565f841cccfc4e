"""What the page and the control API show of the world."""

from dataclasses import asdict

from meta_simulator.core import Core
from meta_simulator.world import App, Customer, Json, Message, Number, Template, Thread, Token

NUMBER_FACTS = (
    "display", "verified_name", "quality", "status", "name_status", "code_verification_status",
    "platform_type", "pin", "throughput", "messaging_limit", "account_mode", "is_on_biz_app",
    "override",
)  # fmt: skip


def state(core: Core) -> Json:
    """Everything but threads and files; secrets stay out."""
    world = core.world
    return {
        "apps": [app(a) for a in world.apps.values()],
        "businesses": [asdict(b) for b in world.businesses.values()],
        "wabas": [asdict(w) for w in world.wabas.values()],
        "numbers": [number(n) for n in world.numbers.values()],
        "tokens": [token(t) for t in world.tokens.values()],
        "templates": [template(t) for t in world.templates.values()],
        "customers": [customer(core, c) for c in world.customers.values()],
        "faults": core.faults.as_json() | {"auto_read": world.auto_read},
        "clock": clock(core),
        "pending": core.schedule.labels(),
    }


def app(found: App) -> Json:
    """An app without its secret."""
    facts = asdict(found)
    for name in ("secret", "verify_token"):
        facts.pop(name)
    return facts


def token(found: Token) -> Json:
    """A token by its first letters."""
    facts = asdict(found)
    facts["value"] = found.value[:6] + "…"
    return facts


def number(found: Number) -> Json:
    """A phone number; its PIN stays out."""
    facts = {name: getattr(found, name) for name in NUMBER_FACTS if name != "pin"}
    return {"id": found.id, "waba_id": found.waba_id} | facts


def template(found: Template) -> Json:
    """A template without its parts."""
    names = ("id", "waba_id", "name", "language", "category", "status", "rejected_reason")
    return {name: getattr(found, name) for name in names}


def customer(core: Core, found: Customer) -> Json:
    """A customer, and whether a page shows their phone."""
    return asdict(found) | {"open": core.traffic.is_open(found.id)}


def clock(core: Core) -> Json:
    """The simulated time."""
    now = core.clock
    return {"now": now.now(), "iso": now.at().isoformat(), "offset_seconds": now.offset}


def thread(core: Core, found: Thread) -> Json:
    """A chat as the customer's phone shows it."""
    left = found.typing_until - core.clock.now()
    return {
        "customer_id": found.customer_id,
        "number_id": found.number_id,
        "messages": [message(m) for m in found.messages],
        "typing_seconds": max(0.0, left),
        "last_inbound": found.last_inbound,
    }


def message(found: Message) -> Json:
    """One message of a chat."""
    return asdict(found)
