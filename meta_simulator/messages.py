"""POST /{phone_number_id}/messages: send, mark as read, show typing."""

import asyncio
import re
from typing import Any

import httpx
import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from meta_simulator import content, limits, statuses, template_send
from meta_simulator.call import Call
from meta_simulator.core import Core
from meta_simulator.errors import GraphError, invalid, message_error, missing
from meta_simulator.shapes import as_object, child, children
from meta_simulator.world import (
    Customer,
    Json,
    Message,
    Number,
    Template,
    Thread,
    digits,
    new_wamid,
)

USER_ID = re.compile(r"^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$")
WINDOW = 24 * 3600
TYPING_SECONDS = 25
REACTION_DAYS = 30


async def post_messages(call: Call) -> Json | Response:
    """Meta: send messages; mark messages as read; typing indicators."""
    number = call.core.world.numbers[call.node]
    if call.text("messaging_product") != "whatsapp":
        raise missing("messaging_product")
    if call.params.get("status"):
        return _mark_read(call, number)
    if call.core.faults.take("send_500"):
        raise message_error(131000)
    if call.core.faults.refuse_code:
        raise message_error(call.core.faults.refuse_code)
    answer = send(call.core, number, call.params)
    if call.core.faults.take("timeout_after_accept"):
        await _hang(call)
    if call.core.faults.take("cut_after_accept"):
        return _cut(call, answer)
    return answer


def send(core: Core, number: Number, body: Json) -> Json:
    """Accept one message or refuse it. Raises GraphError."""
    kind = str(body.get("type") or "text")
    content.check(core.world, kind, body)
    opaque = content.limited(
        body.get("biz_opaque_callback_data"), "biz_opaque_callback_data", 512, required=False
    )
    if not number.registered:
        raise message_error(133010)
    if core.world.wabas[number.waba_id].ban_state == "DISABLE":
        raise message_error(131031)
    limits.check_throughput(core, number)
    if not body.get("to") and not body.get("recipient"):
        raise missing("to")
    if not body.get("to"):
        return _send_to_user_id(core, number, body, kind, opaque)
    return _send_to_phone(core, number, body, kind, opaque)


def _send_to_user_id(core: Core, number: Number, body: Json, kind: str, opaque: str) -> Json:
    user_id = str(body["recipient"])
    if not USER_ID.match(user_id):
        raise invalid("Param recipient must be a business-scoped user ID.")
    template = _template(core, number, body) if kind == "template" else None
    if template is not None and template.category == "AUTHENTICATION":
        raise message_error(131062)
    customer = core.world.customer_by_user_id(user_id, core.world.business_of(number))
    message = _new(core, body, kind, opaque, template)
    message.by_user_id = True
    if customer is None:
        _fail_unknown(core, number, message, {"recipient_user_id": user_id})
    else:
        _accept(core, number, customer, message)
    return _answer({"input": user_id, "user_id": user_id}, message, kind)


def _send_to_phone(core: Core, number: Number, body: Json, kind: str, opaque: str) -> Json:
    to = str(body["to"])
    template = _template(core, number, body) if kind == "template" else None
    message = _new(core, body, kind, opaque, template)
    phone = digits(to)
    if USER_ID.match(to):
        # Meta: a user id in `to` is read as a phone number; the answer is 200, then nothing.
        return _answer({"input": to, "wa_id": phone}, message, kind)
    if not 5 <= len(phone) <= 20:
        raise message_error(131009, "Param to must be a valid phone number.")
    if phone == number.digits:
        raise message_error(131021)
    customer = core.world.customer_by_phone(phone)
    if customer is None:
        _fail_unknown(core, number, message, {"recipient_id": phone})
        return _answer({"input": to, "wa_id": phone}, message, kind)
    _accept(core, number, customer, message)
    user_id = customer.user_id(core.world.business_of(number))
    return _answer({"input": to, "wa_id": customer.wa_id, "user_id": user_id}, message, kind)


def _template(core: Core, number: Number, body: Json) -> Template:
    part = body["template"]
    code = str(part["language"]["code"])
    return template_send.find(core.world, number.waba_id, str(part["name"]), code)


def _new(core: Core, body: Json, kind: str, opaque: str, template: Template | None) -> Message:
    message = Message(new_wamid(), False, kind, body[kind], core.clock.now(), "accepted")
    message.opaque = opaque
    message.context_id = str(child(body, "context").get("message_id", ""))
    if kind == "contacts":
        message.content = {"contacts": body[kind]}
    if template is not None:
        message.rendered = template_send.render(template, children(body[kind], "components"))
        message.category = template.category.lower()
    return message


def _accept(core: Core, number: Number, customer: Customer, message: Message) -> None:
    thread = core.world.thread(number.id, customer.id)
    if thread.blocked:
        raise message_error(130403)
    if core.faults.window_sync and _window_closed(core, thread, message):
        core.faults.take("window_sync")
        raise message_error(131047)
    limits.check_pair(core, thread)
    failure = _failure(core, number, thread, customer, message)
    if message.type == "reaction" and not failure:
        _react(core, thread, message)
    else:
        thread.messages.append(message)
    thread.typing_until = 0.0
    statuses.plan(core, thread, message, failure)
    core.thread_changed(thread)


def _failure(
    core: Core, number: Number, thread: Thread, customer: Customer, message: Message
) -> int:
    code = core.faults.fail_code or customer.fail_code
    if code:
        return code
    if "RESTRICTED_BIZ_INITIATED_MESSAGING" in core.world.wabas[number.waba_id].restrictions:
        return 131031 if _window_closed(core, thread, None) else 0
    if _window_closed(core, thread, message):
        return 131047
    if message.category == "marketing" and customer.stopped_marketing:
        return 131050
    if message.type == "reaction" and not _can_react(core, thread, message):
        return 131009
    return 0


def _window_closed(core: Core, thread: Thread, message: Message | None) -> bool:
    if message is not None and message.type == "template":
        return False
    return core.clock.now() - thread.last_inbound >= WINDOW


def _can_react(core: Core, thread: Thread, message: Message) -> bool:
    target = thread.message(str(message.content["message_id"]))
    if target is None or target.revoked:
        return False
    return core.clock.now() - target.timestamp <= REACTION_DAYS * 86400


def _react(core: Core, thread: Thread, message: Message) -> None:
    del core
    target = thread.message(str(message.content["message_id"]))
    if target is not None:
        target.reactions["business"] = str(message.content.get("emoji") or "")


def _fail_unknown(core: Core, number: Number, message: Message, recipient: Json) -> None:
    async def fail() -> None:
        item: Json = {"id": message.id, "status": "failed", **recipient}
        item["timestamp"] = str(int(core.clock.now()))
        item["errors"] = [statuses.status_error(131026)]
        if message.opaque:
            item["biz_opaque_callback_data"] = message.opaque
        value = statuses.messages_value(number, statuses=[item])
        core.delivery.emit(number.waba_id, "messages", value, number=number)

    core.schedule.add(core.clock.now(), fail, "status failed")


def _answer(contact: Json, message: Message, kind: str) -> Json:
    sent: Json = {"id": message.id}
    if kind == "template":
        sent["message_status"] = "accepted"
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [sent]}


def _mark_read(call: Call, number: Number) -> Json:
    if call.text("status") != "read":
        raise invalid("Param status must be one of {READ}.")
    if not call.text("message_id"):
        raise missing("message_id")
    found = call.core.world.find_message(call.text("message_id"))
    if found is None or found[0].number_id != number.id or not found[1].inbound:
        raise message_error(131009, "Message ID is invalid.")
    thread, message = found
    for earlier in thread.messages:
        earlier.seen = earlier.seen or (earlier.inbound and earlier.timestamp <= message.timestamp)
    _show_typing(call.core, thread, call.params.get("typing_indicator"))
    call.core.thread_changed(thread)
    return {"success": True}


def _show_typing(core: Core, thread: Thread, indicator: Any) -> None:
    if indicator is None:
        return
    if (as_object(indicator) or {}).get("type") != "text":
        raise invalid("Param typing_indicator['type'] must be one of {TEXT}.")
    thread.typing_until = core.clock.now() + TYPING_SECONDS


async def _hang(call: Call) -> None:
    # In-process callers cannot wait for a cut connection, so they get the time-out at once.
    if not call.core.live:
        raise httpx.ReadTimeout("the answer was lost after the message was accepted")
    await asyncio.sleep(call.core.hang_seconds)
    raise GraphError(504, 2, "(#2) Service temporarily unavailable")


def _cut(call: Call, answer: Json) -> Response:
    if not call.core.live:
        raise httpx.ReadError("the connection was cut after the message was accepted")
    return _HalfAnswer(orjson.dumps(answer), media_type="application/json")


class _HalfAnswer(Response):
    """The server cuts a connection whose answer was begun and never ended."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        begun = {"status": self.status_code, "headers": self.raw_headers}
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.start"} | begun)
        await send({"type": "http.response.body", "body": half, "more_body": True})
