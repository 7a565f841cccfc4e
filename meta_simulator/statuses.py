"""What becomes of an accepted message: sent, delivered, read, or failed."""

from collections.abc import Awaitable, Callable

from meta_simulator.core import Core
from meta_simulator.errors import status_error
from meta_simulator.webhooks import messages_value
from meta_simulator.world import Customer, Json, Message, Thread

RANK = {"": 0, "accepted": 0, "sent": 1, "delivered": 2, "read": 3, "played": 4, "failed": 5}
DELIVERED_AFTER = 0.4
READ_AFTER = 1.2


def plan(core: Core, thread: Thread, message: Message, failure: int) -> None:
    """Plan the webhooks of a message that was just accepted."""
    now = core.clock.now()
    if failure:
        _later(core, now, now, thread, message, "failed", failure)
    elif message.type == "reaction":
        _later(core, now, now, thread, message, "sent")
    elif core.faults.take("statuses_out_of_order"):
        _plan_backwards(core, now, thread, message)
    else:
        _later(core, now, now, thread, message, "sent")
        plan_delivered(core, thread, message)


def plan_delivered(core: Core, thread: Thread, message: Message) -> None:
    """The phone gets the message, unless it is switched off."""
    if not core.world.customers[thread.customer_id].offline:
        due = core.clock.now() + DELIVERED_AFTER
        _later(core, due, due, thread, message, "delivered")


def read_all(core: Core, thread: Thread, until: str = "") -> int:
    """The customer looks at the thread: what was delivered becomes read."""
    unread = [m for m in thread.messages if not m.inbound and m.status == "delivered"]
    for message in unread:
        now = core.clock.now()
        _later(core, now, now, thread, message, "read")
        if message.id == until:
            break
    return len(unread)


def play(core: Core, thread: Thread, message: Message) -> None:
    """The customer listens to a voice note."""
    now = core.clock.now()
    _later(core, now, now, thread, message, "played")


def reads_by_itself(core: Core, thread: Thread) -> bool:
    """True if the customer has the chat open, or reads everything."""
    return core.world.auto_read or core.traffic.is_open(thread.customer_id)


def _plan_backwards(core: Core, now: float, thread: Thread, message: Message) -> None:
    happens = {"sent": now, "delivered": now + DELIVERED_AFTER}
    if reads_by_itself(core, thread):
        happens["read"] = now + DELIVERED_AFTER + READ_AFTER
    for step, status in enumerate(reversed(happens)):
        _later(core, now + step * DELIVERED_AFTER, happens[status], thread, message, status)


def _later(
    core: Core,
    due: float,
    happened: float,
    thread: Thread,
    message: Message,
    status: str,
    code: int = 0,
) -> None:
    core.schedule.add(due, _step(core, happened, thread, message, status, code), f"status {status}")


def _step(
    core: Core, happened: float, thread: Thread, message: Message, status: str, code: int
) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        _reach(core, happened, thread, message, status, code)

    return run


def _reach(
    core: Core, happened: float, thread: Thread, message: Message, status: str, code: int
) -> None:
    customer = core.world.customers[thread.customer_id]
    unwanted = status == "read" and not customer.read_receipts
    if unwanted or status in message.reached:
        return
    message.reached.append(status)
    backwards = RANK[status] <= RANK[message.status]
    if not backwards:
        message.status = status
    if code:
        message.errors = [status_error(code)]
    _emit(core, happened, thread, message, status)
    core.thread_changed(thread)
    if status == "delivered" and not backwards and reads_by_itself(core, thread):
        due = happened + READ_AFTER
        _later(core, due, due, thread, message, "read")


def _emit(core: Core, happened: float, thread: Thread, message: Message, status: str) -> None:
    number = core.world.numbers[thread.number_id]
    customer = core.world.customers[thread.customer_id]
    business = core.world.business_of(number)
    item = status_item(message, customer, business, status, happened)
    contact: Json = {"user_id": customer.user_id(business)}
    if _phone_shown(message, customer):
        contact = {"wa_id": customer.wa_id} | contact
    value = messages_value(
        number, contacts=[] if status == "failed" else [contact], statuses=[item]
    )
    core.delivery.emit(number.waba_id, "messages", value, number=number)


def status_item(
    message: Message, customer: Customer, business_id: str, status: str, happened: float
) -> Json:
    """One `statuses[]` item. Meta: status messages webhook reference."""
    item: Json = {"id": message.id, "status": status, "timestamp": str(int(happened))}
    if _phone_shown(message, customer):
        item["recipient_id"] = customer.wa_id
    if status != "failed" or message.by_user_id:
        item["recipient_user_id"] = customer.user_id(business_id)
    if message.opaque:
        item["biz_opaque_callback_data"] = message.opaque
    if status in ("sent", "delivered"):
        item["pricing"] = _pricing(message)
    if status == "failed":
        item["errors"] = message.errors
    return item


def _phone_shown(message: Message, customer: Customer) -> bool:
    return customer.phone_visible or not message.by_user_id


def _pricing(message: Message) -> Json:
    return {
        "billable": True,
        "pricing_model": "PMP",
        "type": "regular",
        "category": message.category,
    }
