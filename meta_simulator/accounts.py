"""Phone number and WABA nodes, webhook subscriptions, registration."""

import re
import secrets

import httpx

from meta_simulator.call import Call
from meta_simulator.core import Core
from meta_simulator.countries import calling_code, country_of
from meta_simulator.errors import GraphError, bad_param, message_error
from meta_simulator.fields import page, pick
from meta_simulator.shapes import as_object
from meta_simulator.world import Json, Number, Waba, World

NUMBER_FIELDS = (
    "verified_name code_verification_status display_phone_number quality_rating platform_type "
    "throughput webhook_configuration id"
)
WABA_FIELDS = "id name currency timezone_id"
REGISTRATIONS = 10
REGISTRATION_HOURS = 72


async def read_number(call: Call) -> Json:
    """GET /{phone_number_id}."""
    number = call.core.world.numbers[call.node]
    return pick(call, number_node(call.core.world, number), NUMBER_FIELDS, _NUMBER_KIND)


async def update_number(call: Call) -> Json:
    """POST /{phone_number_id}: two-step PIN, webhook override, display name."""
    number = call.core.world.numbers[call.node]
    if pin := call.text("pin"):
        number.pin = _pin(pin)
    if "webhook_configuration" in call.params:
        number.override = await _override(call, call.params["webhook_configuration"])
    if name := call.text("new_display_name"):
        number.verified_name, number.name_status = name, "PENDING_REVIEW"
    call.core.traffic.tell("world")
    return {"success": True}


async def list_numbers(call: Call) -> Json:
    """GET /{waba_id}/phone_numbers."""
    world = call.core.world
    numbers = [n for n in world.numbers.values() if n.waba_id == call.node]
    nodes = [pick(call, number_node(world, n), NUMBER_FIELDS, _NUMBER_KIND) for n in numbers]
    return page(call, nodes)


async def read_waba(call: Call) -> Json:
    """GET /{waba_id}."""
    waba = call.core.world.wabas[call.node]
    return pick(call, waba_node(call.core.world, waba), WABA_FIELDS, "WhatsAppBusinessAccount")


async def read_business(call: Call) -> Json:
    """GET /{business_id}."""
    business = call.core.world.businesses[call.node]
    return pick(call, {"id": business.id, "name": business.name}, "id name", "Business")


async def list_subscriptions(call: Call) -> Json:
    """GET /{waba_id}/subscribed_apps."""
    return {"data": subscriptions(call.core.world, call.core.world.wabas[call.node])}


def subscriptions(world: World, waba: Waba) -> list[Json]:
    """The apps that hear of a WABA, with their override URL."""
    found: list[Json] = []
    for app_id, override in waba.subscriptions.items():
        link = f"https://www.facebook.com/games/?app_id={app_id}"
        facts: Json = {"id": app_id, "link": link, "name": world.apps[app_id].name}
        item: Json = {"whatsapp_business_api_data": facts}
        found.append(item | ({"override_callback_uri": override} if override else {}))
    return found


async def subscribe(call: Call) -> Json:
    """POST /{waba_id}/subscribed_apps; without a body it also removes an override."""
    app_id = call.core.world.tokens[call.bearer].app_id
    override = await _override(call, call.params)
    call.core.world.wabas[call.node].subscriptions[app_id] = override
    call.core.traffic.tell("world")
    return {"success": True}


async def unsubscribe(call: Call) -> Json:
    """DELETE /{waba_id}/subscribed_apps: silence for every number of the WABA."""
    app_id = call.core.world.tokens[call.bearer].app_id
    call.core.world.wabas[call.node].subscriptions.pop(app_id, None)
    call.core.traffic.tell("world")
    return {"success": True}


async def register(call: Call) -> Json:
    """POST /{phone_number_id}/register. Raises 133005, 133006, 133016."""
    number = call.core.world.numbers[call.node]
    if call.text("messaging_product") != "whatsapp":
        raise bad_param("The parameter messaging_product is required.")
    pin = _pin(call.required("pin"))
    if number.is_on_biz_app:
        raise bad_param("A number of the WhatsApp Business app cannot be registered.")
    _count_registration(call.core, number)
    if number.code_verification_status != "VERIFIED":
        raise message_error(133006)
    if number.pin and not secrets.compare_digest(number.pin, pin):
        raise message_error(133005)
    number.pin, number.platform_type, number.status = pin, "CLOUD_API", "CONNECTED"
    number.throughput = "STANDARD"
    call.core.traffic.tell("world")
    return {"success": True}


async def deregister(call: Call) -> Json:
    """POST /{phone_number_id}/deregister. Raises 100 for numbers of the Business app."""
    number = call.core.world.numbers[call.node]
    if number.is_on_biz_app:
        raise bad_param("A number of the WhatsApp Business app cannot be deregistered.")
    _count_registration(call.core, number)
    number.platform_type, number.status = "NOT_APPLICABLE", "DISCONNECTED"
    call.core.traffic.tell("world")
    return {"success": True}


def number_node(world: World, number: Number) -> Json:
    """Every field of a phone number node."""
    waba, applied = world.wabas[number.waba_id], number.registered
    return {
        "id": number.id,
        "display_phone_number": number.display,
        "verified_name": number.verified_name,
        "quality_rating": number.quality,
        "quality_score": {"score": number.quality},
        "status": number.status,
        "name_status": number.name_status,
        "new_name_status": "NONE",
        "code_verification_status": number.code_verification_status,
        "platform_type": number.platform_type,
        "throughput": {"level": number.throughput if applied else "NOT_APPLICABLE"},
        "account_mode": number.account_mode,
        "webhook_configuration": _webhook_configuration(world, waba, number),
        "whatsapp_business_manager_messaging_limit": number.messaging_limit,
        "messaging_limit_tier": number.messaging_limit,
        "is_on_biz_app": number.is_on_biz_app,
        "is_official_business_account": False,
        "is_pin_enabled": bool(number.pin),
        "is_preverified_number": False,
        "last_onboarded_time": "2026-01-05T09:00:00+0000",
        "search_visibility": "VISIBLE",
        "country_code": country_of(number.display),
        "country_dial_code": calling_code(number.display),
        "certificate": None,
        "new_certificate": None,
        "eligibility_for_api_business_global_search": "APP_NOT_ELIGIBLE",
        "conversational_automation": {"id": number.id, "prompts": [], "commands": []},
        "health_status": health(waba, number),
    }


def waba_node(world: World, waba: Waba) -> Json:
    """Every field of a WABA node."""
    business = world.businesses[waba.business_id]
    return {
        "id": waba.id,
        "name": waba.name,
        "currency": waba.currency,
        "timezone_id": waba.timezone_id,
        "country": waba.country,
        "account_review_status": waba.review_status,
        "business_verification_status": waba.verification_status,
        "ownership_type": "SELF",
        "status": "DISABLED" if waba.ban_state == "DISABLE" else "ACTIVE",
        "is_enabled_for_insights": True,
        "message_template_namespace": f"ns_{waba.id}",
        "marketing_messages_lite_api_status": "INELIGIBLE",
        "marketing_messages_onboarding_status": None,
        "disable_marketing_messages_on_cloud_api": False,
        "subscribed_apps": {"data": subscriptions(world, waba)},
        "on_behalf_of_business_info": None,
        "primary_funding_id": None,
        "purchase_order_number": None,
        "owner_business_info": {"name": business.name, "id": business.id},
        "health_status": health(waba, None),
    }


def health(waba: Waba, number: Number | None) -> Json:
    """`health_status`: as good as its worst part."""
    entities = [_number_health(number)] if number else []
    entities.append(_waba_health(waba))
    entities.append(_entity("BUSINESS", waba.business_id))
    entities += [_entity("APP", app_id) for app_id in waba.subscriptions]
    order = ["AVAILABLE", "LIMITED", "BLOCKED"]
    worst = max((e["can_send_message"] for e in entities), key=order.index)
    return {"can_send_message": worst, "entities": entities}


def _number_health(number: Number) -> Json:
    if number.registered and number.status == "CONNECTED":
        return _entity("PHONE_NUMBER", number.id)
    error = _health_error(141000, "The phone number is not registered.", "Register the number.")
    return _entity("PHONE_NUMBER", number.id, "BLOCKED", error)


def _waba_health(waba: Waba) -> Json:
    if waba.ban_state == "DISABLE":
        error = _health_error(141014, "The account is disabled.", "Contact Meta support.")
        return _entity("WABA", waba.id, "BLOCKED", error)
    if waba.restrictions:
        error = _health_error(141010, "The account is restricted.", "Wait or appeal.")
        return _entity("WABA", waba.id, "LIMITED", error)
    return _entity("WABA", waba.id)


def _entity(kind: str, entity_id: str, state: str = "AVAILABLE", error: Json | None = None) -> Json:
    item: Json = {"entity_type": kind, "id": entity_id, "can_send_message": state}
    return item | ({"errors": [error]} if error else {})


def _health_error(code: int, description: str, solution: str) -> Json:
    return {"error_code": code, "error_description": description, "possible_solution": solution}


_NUMBER_KIND = "WhatsAppBusinessPhoneNumber"


def _webhook_configuration(world: World, waba: Waba, number: Number) -> Json:
    found: Json = {}
    for app_id, override in waba.subscriptions.items():
        found["application"] = world.apps[app_id].callback_url
        if override:
            found["whatsapp_business_account"] = override
    return found | ({"phone_number": number.override} if number.override else {})


def _pin(text: str) -> str:
    if not re.fullmatch(r"\d{6}", text):
        raise bad_param("The parameter pin must have six digits.")
    return text


def _count_registration(core: Core, number: Number) -> None:
    now = core.clock.now()
    recent = [t for t in number.registrations if now - t < REGISTRATION_HOURS * 3600]
    if len(recent) >= REGISTRATIONS:
        raise message_error(133016)
    number.registrations = [*recent, now]


async def _override(call: Call, values: object) -> str:
    given = as_object(values)
    if given is None:
        raise bad_param("The webhook configuration must be an object.")
    url = str(given.get("override_callback_uri") or "")
    if not url:
        return ""
    if len(url) > 200:
        raise bad_param("override_callback_uri must be at most 200 characters long.")
    await verify_callback(call.core, url, str(given.get("verify_token") or ""))
    return url


async def verify_callback(core: Core, url: str, verify_token: str) -> None:
    """Meta's GET check of a callback. Raises 2200 if the challenge does not come back."""
    challenge = str(secrets.randbelow(9 * 10**9) + 10**9)
    query = {
        "hub.mode": "subscribe",
        "hub.challenge": challenge,
        "hub.verify_token": verify_token,
    }
    try:
        answer = await core.delivery.http.get(url, params=query)
    except httpx.HTTPError:
        raise _not_verified("The URL couldn't be reached.") from None
    if answer.status_code != 200 or answer.text.strip() != challenge:
        raise _not_verified(f"HTTP Status Code = {answer.status_code}; HTTP Message = failed")


def _not_verified(why: str) -> GraphError:
    return GraphError(
        400, 2200, f"(#2200) Callback verification failed with the following errors: {why}"
    )
