"""What a webhook looks like: its bytes, its signature, its envelope."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from meta_simulator.world import App, Customer, Json, Number, World

# Meta: webhook overrides. Only these fields go to an override URL; the rest go to the app's.
OVERRIDABLE = frozenset(
    (
        "messages", "message_echoes", "calls", "consumer_profile", "messaging_handovers",
        "smb_message_echoes", "smb_app_state_sync", "history", "account_settings_update",
    )
)  # fmt: skip


@dataclass(slots=True)
class Change:
    """One `changes[]` item on its way to one app."""

    app_id: str
    url: str
    entry_id: str
    field: str
    value: Json
    time: float


def serialise(payload: Json) -> bytes:
    """The bytes Meta sends: ASCII JSON, lower-case escapes, and an escaped slash."""
    text = json.dumps(payload, ensure_ascii=True, separators=(",", ":"))
    return text.replace("/", "\\/").encode("ascii")


def sign(secret: str, body: bytes) -> str:
    """The value of `X-Hub-Signature-256`."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def routes(world: World, waba_id: str, field: str, number: Number | None) -> list[tuple[App, str]]:
    """Who gets an event of this WABA: subscribed apps with a URL; phone override first."""
    waba = world.wabas.get(waba_id)
    if waba is None:
        return []
    found: list[tuple[App, str]] = []
    for app_id, override in waba.subscriptions.items():
        app = world.apps[app_id]
        url = app.callback_url
        if field in OVERRIDABLE:
            url = (number.override if number else "") or override or url
        if url and field in app.fields:
            found.append((app, url))
    return found


def envelope(changes: list[Change]) -> Json:
    """Changes under one object, one entry per WABA."""
    entries: dict[str, Json] = {}
    for change in changes:
        entry = entries.setdefault(change.entry_id, {"id": change.entry_id, "changes": []})
        if change.field != "messages":
            entry["time"] = int(change.time)
        entry["changes"].append({"value": change.value, "field": change.field})
    return {"object": "whatsapp_business_account", "entry": list(entries.values())}


def combined(changes: list[Change], size: int = 3) -> list[Change]:
    """Neighbours of one number and kind joined, up to `size` items in one change."""
    joined: list[Change] = []
    for change in changes:
        into = next((c for c in joined if _fits(c, change, size)), None)
        if into is None:
            joined.append(change)
        else:
            _join(into.value, change.value)
    return joined


def _fits(into: Change, change: Change, size: int) -> bool:
    same = (
        (into.entry_id, into.field)
        == (change.entry_id, change.field)
        == (
            change.entry_id,
            "messages",
        )
    )
    if not same or into.value.get("metadata") != change.value.get("metadata"):
        return False
    kind = "messages" if "messages" in change.value else "statuses"
    return kind in into.value and kind in change.value and len(into.value[kind]) < size


def _join(into: Json, value: Json) -> None:
    for key in ("contacts", "messages", "statuses"):
        if key in value:
            into[key] = into.get(key, []) + [x for x in value[key] if x not in into.get(key, [])]


def messages_value(number: Number, **arrays: Any) -> Json:
    """The `value` of the `messages` field; empty arrays are left out, as Meta does."""
    metadata = {"display_phone_number": number.digits, "phone_number_id": number.id}
    filled = {key: items for key, items in arrays.items() if items}
    return {"messaging_product": "whatsapp", "metadata": metadata} | filled


def contact(customer: Customer, business_id: str) -> Json:
    """A `contacts[]` item; the phone number is there only if the business may see it."""
    profile: Json = {"name": customer.name}
    if customer.username:
        profile["username"] = customer.username
    item: Json = {"profile": profile, "user_id": customer.user_id(business_id)}
    return item | ({"wa_id": customer.wa_id} if customer.phone_visible else {})


def sender(customer: Customer, business_id: str) -> Json:
    """`from` and `from_user_id` of a message."""
    item: Json = {"from_user_id": customer.user_id(business_id)}
    return ({"from": customer.wa_id} if customer.phone_visible else {}) | item
