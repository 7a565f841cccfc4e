"""Smaller endpoints: business profile, blocked users, app data sync, resumable upload."""

import hashlib

from meta_simulator.call import Call
from meta_simulator.errors import GraphError, bad_param, unknown_object
from meta_simulator.shapes import as_list, children
from meta_simulator.world import Customer, Json, Thread

WINDOW = 24 * 3600
PROFILE_LIMITS = {"about": 139, "address": 256, "description": 256, "email": 128}


async def read_profile(call: Call) -> Json:
    """GET /{phone_number_id}/whatsapp_business_profile."""
    profile = call.core.world.numbers[call.node].profile
    asked = call.text("fields").split(",") if call.text("fields") else list(profile)
    shown: Json = {name: profile[name] for name in asked if name in profile}
    return {"data": [shown | {"messaging_product": "whatsapp"}]}


async def update_profile(call: Call) -> Json:
    """POST /{phone_number_id}/whatsapp_business_profile."""
    ignored = ("messaging_product", "access_token")
    changes = {k: v for k, v in call.params.items() if k not in ignored}
    for name, limit in PROFILE_LIMITS.items():
        if len(str(changes.get(name, ""))) > limit:
            raise bad_param(f"Param {name} must be at most {limit} characters long.")
    if len(as_list(changes.get("websites"))) > 2:
        raise bad_param("Param websites must have at most 2 items.")
    call.core.world.numbers[call.node].profile |= changes
    return {"success": True}


async def blocked_users(call: Call) -> Json:
    """GET /{phone_number_id}/block_users."""
    found = [_blocked_item(call, t) for t in call.core.world.threads.values()
             if t.number_id == call.node and t.blocked]  # fmt: skip
    return {"data": found}


async def block_users(call: Call) -> Json:
    """POST /{phone_number_id}/block_users; only people who wrote within 24 hours."""
    return _change_blocks(call, True, "added_users")


async def unblock_users(call: Call) -> Json:
    """DELETE /{phone_number_id}/block_users."""
    return _change_blocks(call, False, "removed_users")


async def sync_app_data(call: Call) -> Json:
    """POST /{phone_number_id}/smb_app_data (numbers of the Business app only)."""
    if not call.core.world.numbers[call.node].is_on_biz_app:
        raise bad_param("The number is not on the WhatsApp Business app.")
    if call.required("sync_type") not in ("smb_app_state_sync", "history"):
        raise bad_param("Param sync_type is not valid.")
    return {"messaging_product": "whatsapp", "request_id": call.core.world.new_id("77")}


async def start_upload(call: Call) -> Json:
    """POST /{app_id}/uploads: first step of a resumable upload."""
    call.token()
    session = f"upload:{call.core.world.new_id('66')}"
    call.core.world.uploads[session] = call.text("file_type")
    return {"id": session}


async def upload(call: Call) -> Json:
    """POST /upload:…: the bytes; answers with the handle for a template's example."""
    call.token()
    if call.node not in call.core.world.uploads:
        raise unknown_object(call.node, call.method)
    if call.method == "GET":
        return {"id": call.node, "file_offset": 0}
    if not call.raw:
        raise bad_param("The upload has no content.")
    return {"h": "4::" + hashlib.sha256(call.raw).hexdigest()}


def _change_blocks(call: Call, blocked: bool, key: str) -> Json:
    done: list[Json] = []
    failed: list[Json] = []
    for item in children(call.params, "block_users"):
        customer = _customer(call, item)
        name = str(item.get("user") or item.get("user_id"))
        if customer is None or not _set_block(call, customer, blocked):
            failed.append({"input": name, "errors": [_REENGAGEMENT]})
        else:
            done.append({"input": name, "wa_id": customer.wa_id})
    answer: Json = {"messaging_product": "whatsapp", "block_users": {key: done}}
    if failed:
        answer["block_users"]["failed_users"] = failed
        raise GraphError(400, 139100, "(#139100) Failed to block some users", extra=answer)
    return answer


_REENGAGEMENT: Json = {
    "code": 131047,
    "message": "Re-engagement message",
    "error_data": {"details": "Users can be blocked only within 24 hours of their last message."},
}


def _customer(call: Call, item: Json) -> Customer | None:
    world = call.core.world
    if item.get("user_id"):
        business = world.business_of(world.numbers[call.node])
        return world.customer_by_user_id(str(item["user_id"]), business)
    return world.customer_by_phone(str(item.get("user", "")))


def _set_block(call: Call, customer: Customer, blocked: bool) -> bool:
    thread = call.core.world.thread(call.node, customer.id)
    if blocked and call.core.clock.now() - thread.last_inbound >= WINDOW:
        return False
    thread.blocked = blocked
    return True


def _blocked_item(call: Call, thread: Thread) -> Json:
    customer = call.core.world.customers[thread.customer_id]
    business = call.core.world.business_of(call.core.world.numbers[call.node])
    item: Json = {"messaging_product": "whatsapp", "user_id": customer.user_id(business)}
    return item | ({"wa_id": customer.wa_id} if customer.phone_visible else {})
