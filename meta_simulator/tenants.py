"""More businesses, and what may happen to an account."""

import secrets
from typing import Any

from meta_simulator.core import Core
from meta_simulator.oauth import new_token
from meta_simulator.world import App, Business, Json, Number, Template, Token, Waba


def add_app(core: Core, facts: Json) -> App:
    """Another Meta app with its own secret and callback."""
    app_id = str(facts.get("id") or core.world.new_id("1000"))
    secret = str(facts.get("secret") or secrets.token_hex(16))
    app = App(app_id, str(facts.get("name") or f"App {app_id}"), secret)
    for name in ("callback_url", "verify_token", "config_id", "fields", "require_proof"):
        if name in facts:
            setattr(app, name, facts[name])
    core.world.apps[app.id] = app
    return app


def add_business(core: Core, name: str, business_id: str = "") -> Business:
    """Another business portfolio."""
    business = Business(business_id or core.world.new_id("51"), name)
    core.world.businesses[business.id] = business
    return business


def add_waba(core: Core, business_id: str, name: str, waba_id: str = "") -> Waba:
    """Another WABA, with hello_world in it. Raises KeyError for an unknown business."""
    owner = core.world.businesses[business_id]
    waba = Waba(waba_id or core.world.new_id("21"), owner.id, name)
    core.world.wabas[waba.id] = waba
    body: Json = {"type": "BODY", "text": "Welcome and congratulations! This is a test."}
    hello = Template(core.world.new_id("88"), waba.id, "hello_world", "en_US", "UTILITY", [body])
    core.world.templates[hello.id] = hello
    return waba


def add_number(core: Core, waba_id: str, display: str, name: str, **facts: Any) -> Number:
    """Another phone number. Raises KeyError for an unknown WABA."""
    number_id = str(facts.pop("id", "") or core.world.new_id("31"))
    number = Number(number_id, core.world.wabas[waba_id].id, display, name, **facts)
    core.world.numbers[number.id] = number
    core.traffic.tell("world")
    return number


def add_token(core: Core, app_id: str, business_id: str, **facts: Any) -> Token:
    """A token: value, scopes, waba_ids, expires_at, dead_subcode are optional."""
    value = facts.pop("value", None)
    token = new_token(core, app_id, business_id, list(facts.pop("waba_ids", [])))
    for name, fact in facts.items():
        if name not in ("scopes", "expires_at", "dead_subcode", "user_id"):
            raise ValueError(f"unknown fact about a token: {name}")
        setattr(token, name, fact)
    if value:
        del core.world.tokens[token.value]
        token.value = str(value)
        core.world.tokens[token.value] = token
    return token


def add(core: Core, facts: Json) -> Json:
    """A whole tenant. With `app` (a dict) it brings its own app, else the first app is used."""
    world, name = core.world, str(facts.get("name") or "Second Business")
    app = add_app(core, facts["app"]) if facts.get("app") else next(iter(world.apps.values()))
    business = add_business(core, name, str(facts.get("business_id") or ""))
    waba = add_waba(core, business.id, name, str(facts.get("waba_id") or ""))
    display = str(facts.get("phone") or f"+44 20 7946 {world.sequence:04d}")
    number = add_number(core, waba.id, display, name, id=str(facts.get("phone_number_id") or ""))
    token = add_token(core, app.id, business.id, value=facts.get("token"))
    if facts.get("subscribed", True):
        waba.subscriptions[app.id] = ""
    return {
        "app_id": app.id,
        "app_secret": app.secret,
        "business_id": business.id,
        "waba_id": waba.id,
        "phone_number_id": number.id,
        "display_phone_number": number.display,
        "token": token.value,
    }


def account_event(core: Core, event: str, facts: Json) -> int:
    """Something happens to an account; returns how many apps are told.

    Raises ValueError for an unknown event, KeyError for an unknown account.
    """
    number = core.number(str(facts.get("phone_number_id") or ""))
    waba = core.world.wabas[str(facts.get("waba_id") or number.waba_id)]
    maker = _EVENTS.get(event)
    if maker is None:
        raise ValueError(f"unknown account event {event!r}; known: {', '.join(_EVENTS)}")
    field, value = maker(core, waba, number, facts)
    entry = waba.business_id if str(value.get("event", "")).startswith("PARTNER_") else waba.id
    told = core.delivery.emit(waba.id, field, value, entry_id=entry)
    _aftermath(core, waba, event)
    core.traffic.tell("world")
    return told


def _aftermath(core: Core, waba: Waba, event: str) -> None:
    # The event itself still reaches the app; only then is the connection gone.
    if event not in ("partner_removed", "partner_app_uninstalled", "account_deleted"):
        return
    for token in core.world.tokens.values():
        if waba.id in token.waba_ids or token.business_id == waba.business_id:
            token.dead_subcode = 458
    waba.subscriptions.clear()


Fact = tuple[str, Json]
_GRADES = "GREEN YELLOW RED"  # from the best to the worst


def _quality(core: Core, waba: Waba, number: Number, facts: Json) -> Fact:
    del core, waba
    before, number.quality = number.quality, str(facts.get("quality") or number.quality)
    better = _GRADES.find(number.quality) < _GRADES.find(before)
    number.messaging_limit = str(facts.get("limit") or number.messaging_limit)
    return "phone_number_quality_update", {
        "display_phone_number": number.digits,
        "event": str(facts.get("name") or ("UNFLAGGED" if better else "FLAGGED")),
        "max_daily_conversations_per_business": number.messaging_limit,
    }


def _name(core: Core, waba: Waba, number: Number, facts: Json) -> Fact:
    del core, waba
    decision = str(facts.get("decision") or "APPROVED")
    name = str(facts.get("name") or number.verified_name)
    if decision == "APPROVED":
        number.verified_name = name
    number.name_status = {"APPROVED": "APPROVED", "REJECTED": "DECLINED"}.get(decision, "PENDING")
    return "phone_number_name_update", {
        "display_phone_number": number.digits,
        "decision": decision,
        "requested_verified_name": name,
        "rejection_reason": facts.get("reason"),
    }


def _restriction(core: Core, waba: Waba, number: Number, facts: Json) -> Fact:
    del number
    waba.restrictions = list(facts.get("restrictions") or ["RESTRICTED_BIZ_INITIATED_MESSAGING"])
    until = int(core.clock.now() + float(facts.get("hours") or 24) * 3600)
    info = [{"restriction_type": kind, "expiration": until} for kind in waba.restrictions]
    return "account_update", {"event": "ACCOUNT_RESTRICTION", "restriction_info": info}


def _lifted(core: Core, waba: Waba, number: Number, facts: Json) -> Fact:
    del core, number, facts
    waba.restrictions, waba.ban_state = [], ""
    info: Json = {"waba_ban_state": "REINSTATE", "waba_ban_date": "January 2, 2026"}
    return "account_update", {"event": "DISABLED_UPDATE", "ban_info": info}


def _ban(core: Core, waba: Waba, number: Number, facts: Json) -> Fact:
    del number
    waba.ban_state = str(facts.get("state") or "DISABLE")
    date = core.clock.at().strftime("%B %d, %Y").replace(" 0", " ")
    info: Json = {"waba_ban_state": waba.ban_state, "waba_ban_date": date}
    return "account_update", {"event": "DISABLED_UPDATE", "ban_info": info}


def _violation(core: Core, waba: Waba, number: Number, facts: Json) -> Fact:
    del core, waba, number
    kind = str(facts.get("type") or "ADULT")
    value: Json = {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": kind}}
    return "account_update", value


def _partner(event: str) -> Any:
    def make(core: Core, waba: Waba, number: Number, facts: Json) -> Fact:
        del core, number, facts
        info: Json = {"waba_id": waba.id, "owner_business_id": waba.business_id}
        return "account_update", {"event": event, "waba_info": info}

    return make


def _deleted(core: Core, waba: Waba, number: Number, facts: Json) -> Fact:
    del core, waba, number, facts
    return "account_update", {"event": "ACCOUNT_DELETED"}


def _review(core: Core, waba: Waba, number: Number, facts: Json) -> Fact:
    del core, number
    waba.review_status = str(facts.get("decision") or "APPROVED")
    return "account_review_update", {"decision": waba.review_status}


def _alert(core: Core, waba: Waba, number: Number, facts: Json) -> Fact:
    del core, waba
    info: Json = {
        "alert_severity": str(facts.get("severity") or "CRITICAL"),
        "alert_status": "ACTIVE",
        "alert_type": str(facts.get("type") or "PROFILE_PICTURE_LOST"),
        "alert_description": str(facts.get("description") or "The profile picture was lost."),
    }
    value: Json = {"entity_type": "PHONE_NUMBER", "entity_id": number.id, "alert_info": info}
    return "account_alerts", value


def _capability(core: Core, waba: Waba, number: Number, facts: Json) -> Fact:
    del core, waba, number
    return "business_capability_update", {
        "max_daily_conversations_per_business": facts.get("limit", "TIER_2K"),
        "max_phone_numbers_per_business": facts.get("numbers", 20),
    }


def _security(core: Core, waba: Waba, number: Number, facts: Json) -> Fact:
    del core, waba
    value: Json = {"display_phone_number": number.digits}
    return "security", value | {"event": str(facts.get("name") or "PIN_CHANGED")}


_EVENTS: dict[str, Any] = {
    "quality": _quality,
    "name": _name,
    "restriction": _restriction,
    "reinstated": _lifted,
    "ban": _ban,
    "violation": _violation,
    "partner_added": _partner("PARTNER_ADDED"),
    "partner_removed": _partner("PARTNER_REMOVED"),
    "partner_app_installed": _partner("PARTNER_APP_INSTALLED"),
    "partner_app_uninstalled": _partner("PARTNER_APP_UNINSTALLED"),
    "account_deleted": _deleted,
    "review": _review,
    "alert": _alert,
    "capability": _capability,
    "security": _security,
}
