"""What customers do: write, call, read, change their number."""

import re
import unicodedata
from typing import Any

from meta_simulator import statuses
from meta_simulator.compose import compose, siblings
from meta_simulator.core import Core
from meta_simulator.countries import country_of
from meta_simulator.shapes import child
from meta_simulator.webhooks import contact, messages_value, sender
from meta_simulator.world import Customer, Json, Message, Number, Thread, digits, new_wamid

SHOWN_IN_THREAD = frozenset(("reaction", "edit", "revoke"))


def add(core: Core, name: str, phone: str, **facts: Any) -> Customer:
    """A new customer. Raises ValueError without a name, or when the phone is taken or no phone."""
    if not name.strip() or not 7 <= len(digits(phone)) <= 15:
        raise ValueError("a customer needs a name and a phone number with 7 to 15 digits")
    if core.world.customer_by_phone(phone) is not None:
        raise ValueError("another customer has this phone number")
    country = str(facts.get("country") or country_of(phone))
    customer_id = str(facts.get("id") or "") or _slug(core, name)
    wa_id = str(facts.get("wa_id") or digits(phone))
    customer = Customer(customer_id, name.strip(), phone, wa_id, country)
    change(core, customer, facts)
    core.world.customers[customer.id] = customer
    core.traffic.tell("customers")
    return customer


def change(core: Core, customer: Customer, facts: Json) -> None:
    """Change facts about a customer; going online delivers what waited."""
    for name in ("name", "username", "phone_visible", "fail_code", "read_receipts",
                 "stopped_marketing"):  # fmt: skip
        if facts.get(name) is not None:
            setattr(customer, name, facts[name])
    for business_id, user_id in child(facts, "user_ids").items():
        customer.user_ids[business_id] = user_id
    was_offline, customer.offline = customer.offline, bool(facts.get("offline", customer.offline))
    if was_offline and not customer.offline:
        _deliver_waiting(core, customer)
    core.traffic.tell("customers")


def sends(core: Core, customer: Customer, number: Number, kind: str, fields: Json) -> str:
    """The customer sends something. Returns the message id. Raises ValueError, LookupError."""
    if not number.registered:
        raise ValueError("this business number is not registered, so nothing can be written to it")
    thread = core.world.thread(number.id, customer.id)
    content = compose(core, thread, kind, fields)
    now = core.clock.now()
    message = Message(str(fields.get("id_override") or new_wamid()), True, kind, content, now)
    message.context_id = str(fields.get("reply_to") or "")
    if kind not in SHOWN_IN_THREAD:
        thread.messages.append(message)
    thread.last_inbound = now
    if not thread.blocked:
        _emit(core, customer, number, message, siblings(kind, fields))
    statuses.read_all(core, thread)
    core.thread_changed(thread)
    return message.id


def calls(core: Core, customer: Customer, number: Number) -> str:
    """The customer calls; the call opens the window even if nobody answers."""
    business = core.world.business_of(number)
    call_id = new_wamid().replace("wamid.", "wacid.")
    now = str(int(core.clock.now()))
    base = {"id": call_id, "to": number.digits, "timestamp": now, "direction": "USER_INITIATED"}
    base |= sender(customer, business)
    ring = base | {"event": "connect", "session": {"sdp_type": "offer", "sdp": "v=0\r\n"}}
    end = base | {"event": "terminate", "status": "FAILED"}
    for call in (ring, end):
        value = messages_value(number, contacts=[contact(customer, business)], calls=[call])
        core.delivery.emit(number.waba_id, "calls", value, number=number)
    thread = core.world.thread(number.id, customer.id)
    thread.last_inbound = core.clock.now()
    core.thread_changed(thread)
    return call_id


def changes_number(core: Core, customer: Customer, phone: str) -> None:
    """The customer moves to a new phone number: a new wa_id and new user ids."""
    if not 7 <= len(digits(phone)) <= 15:
        raise ValueError("a phone number has 7 to 15 digits")
    old, new = customer.wa_id, digits(phone)
    for thread in _threads(core, customer):
        number = core.world.numbers[thread.number_id]
        system: Json = {
            "type": "user_changed_number",
            "body": f"User {customer.name} changed from {old} to {new}",
            "wa_id": new,
        }
        item = _item("system", system, core.clock.now()) | {"from": old}
        value = messages_value(number, messages=[item])
        core.delivery.emit(number.waba_id, "messages", value, number=number)
    customer.phone, customer.wa_id = phone, new
    changes_user_id(core, customer)


def changes_user_id(core: Core, customer: Customer) -> None:
    """The customer gets new user ids: a system message and user_id_update per business."""
    previous = dict(customer.user_ids)
    customer.user_ids.clear()
    for thread in _threads(core, customer):
        number = core.world.numbers[thread.number_id]
        business = core.world.business_of(number)
        core.world.sequence += 1
        serial = core.world.sequence
        fresh = customer.user_ids.setdefault(business, f"{customer.country}.9{serial:019d}")
        _tell_user_id(core, customer, number, previous.get(business, ""), fresh)
    core.traffic.tell("customers")


def reads(core: Core, customer: Customer, number: Number) -> int:
    """The customer looks at the chat. Returns how many messages become read."""
    return statuses.read_all(core, core.world.thread(number.id, customer.id))


def _emit(core: Core, customer: Customer, number: Number, message: Message, more: Json) -> None:
    business = core.world.business_of(number)
    item = sender(customer, business)
    item |= _item(message.type, message.content, message.timestamp, message.id)
    if message.context_id:
        item["context"] = _context(core, number, customer, message)
    value = messages_value(number, contacts=[contact(customer, business)], messages=[item | more])
    core.delivery.emit(number.waba_id, "messages", value, number=number)


def _item(kind: str, content: Json, when: float, message_id: str = "") -> Json:
    body: Any = content["contacts"] if kind == "contacts" and "contacts" in content else content
    return {
        "id": message_id or new_wamid(),
        "timestamp": str(int(when)),
        "type": kind,
        kind: body,
    }


def _context(core: Core, number: Number, customer: Customer, message: Message) -> Json:
    quoted = core.world.thread(number.id, customer.id).message(message.context_id)
    if quoted is not None and quoted.inbound:
        business = core.world.business_of(number)
        author = sender(customer, business).get("from")
    else:
        author = number.digits
    return ({"from": author} if author else {}) | {"id": message.context_id}


def _tell_user_id(
    core: Core, customer: Customer, number: Number, previous: str, current: str
) -> None:
    business = core.world.business_of(number)
    system: Json = {
        "type": "user_changed_user_id",
        "body": f"User {customer.name} changed their user ID",
        "user_id": current,
    }
    item = {"from_user_id": previous} | _item("system", system, core.clock.now())
    value = messages_value(number, messages=[item])
    core.delivery.emit(number.waba_id, "messages", value, number=number)
    update: Json = {
        "detail": "The user changed their user ID.",
        "user_id": {"previous": previous, "current": current},
        "timestamp": int(core.clock.now()),
    }
    if customer.phone_visible:
        update["wa_id"] = customer.wa_id
    value = messages_value(number, contacts=[contact(customer, business)], user_id_update=[update])
    core.delivery.emit(number.waba_id, "user_id_update", value, number=number)


def _deliver_waiting(core: Core, customer: Customer) -> None:
    for thread in _threads(core, customer):
        for message in thread.messages:
            if not message.inbound and message.status == "sent":
                statuses.plan_delivered(core, thread, message)


def _threads(core: Core, customer: Customer) -> list[Thread]:
    return [t for t in core.world.threads.values() if t.customer_id == customer.id]


def _slug(core: Core, name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "customer"
    taken = core.world.customers
    return slug if slug not in taken else f"{slug}-{len(taken) + 1}"
