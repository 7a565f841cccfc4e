"""A look-alike of the Facebook JS SDK and of the Embedded Signup window."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from meta_simulator import tenants
from meta_simulator.core import Core
from meta_simulator.guard import PAGE_HEADERS, guarded, read_json
from meta_simulator.oauth import new_code, new_token
from meta_simulator.world import Json, Number, Waba

STATIC = Path(__file__).parent / "static"
EVENTS = {
    "finish": "FINISH",
    "only_waba": "FINISH_ONLY_WABA",
    "coexistence": "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING",
}
SESSION_VERSION = 3


def finish(core: Core, choice: Json) -> Json:
    """End the signup window; returns `event`, `data` and `code` (empty unless finished).

    `outcome`: finish, only_waba, coexistence, cancel or error. `waba_id` and
    `phone_number_id` choose existing ones; without them new ones are made, named by
    `business` and `phone`. `app_id` defaults to the first app. Raises ValueError, KeyError.
    """
    outcome = str(choice.get("outcome") or "finish")
    if outcome == "cancel":
        step = str(choice.get("step") or "PHONE_NUMBER_SETUP")
        return _result("CANCEL", {"current_step": step})
    if outcome == "error":
        return _result("ERROR", _error(core, choice))
    if outcome not in EVENTS:
        raise ValueError(f"unknown outcome {outcome!r}")
    app = core.world.apps[str(choice.get("app_id") or next(iter(core.world.apps)))]
    waba = _waba(core, choice)
    number = None if outcome == "only_waba" else _number(core, waba, choice, outcome)
    token = new_token(core, app.id, waba.business_id, [waba.id])
    data: Json = {"waba_id": waba.id, "business_id": waba.business_id}
    if number is not None and outcome == "finish":
        data["phone_number_id"] = number.id
    core.traffic.tell("world")
    return _result(EVENTS[outcome], data, new_code(core, app.id, token.value).value)


def options(core: Core, app_id: str, config_id: str) -> Json:
    """What the window offers. Raises KeyError for an unknown app, ValueError for a bad config."""
    app = core.world.apps[app_id]
    if app.config_id and config_id != app.config_id:
        raise ValueError("this configuration does not belong to the app")
    accounts = [_account(core, waba) for waba in core.world.wabas.values()]
    return {"app": app.name, "accounts": accounts}


def routes() -> list[Route]:
    """The SDK and the window."""
    return [
        Route("/sdk.js", _sdk),
        Route("/{locale}/sdk.js", _sdk),
        Route("/dialog/signup", _dialog, methods=["GET"]),
        Route("/dialog/signup", _finish, methods=["POST"]),
        Route("/dialog/options", _options),
    ]


async def _sdk(request: Request) -> Response:
    del request
    headers = {"Cache-Control": "no-store"}
    return FileResponse(STATIC / "sdk.js", media_type="text/javascript", headers=headers)


async def _dialog(request: Request) -> Response:
    del request
    return FileResponse(STATIC / "signup.html", headers=PAGE_HEADERS)


@guarded
async def _options(request: Request) -> Response:
    query = request.query_params
    core: Core = request.app.state.core
    found = options(core, query.get("app_id", ""), query.get("config_id", ""))
    return JSONResponse(found)


@guarded
async def _finish(request: Request) -> Response:
    core: Core = request.app.state.core
    return JSONResponse(finish(core, await read_json(request)))


def _result(event: str, data: Json, code: str = "") -> Json:
    return {"event": event, "data": data, "code": code, "version": SESSION_VERSION}


def _error(core: Core, choice: Json) -> Json:
    return {
        "error_message": str(choice.get("error_message") or "Something went wrong."),
        "error_id": str(choice.get("error_id") or "524126"),
        "session_id": core.world.new_id("99"),
        "timestamp": str(int(core.clock.now())),
    }


def _waba(core: Core, choice: Json) -> Waba:
    if choice.get("waba_id"):
        return core.world.wabas[str(choice["waba_id"])]
    name = str(choice.get("business") or "New Business")
    business = tenants.add_business(core, name)
    return tenants.add_waba(core, business.id, name)


def _number(core: Core, waba: Waba, choice: Json, outcome: str) -> Number:
    wanted = str(choice.get("phone_number_id") or "")
    own = [n for n in core.world.numbers.values() if n.waba_id == waba.id]
    chosen = next((n for n in own if wanted in ("", n.id)), None)
    if chosen is None or (choice.get("phone") and not wanted):
        chosen = _new_number(core, waba, choice)
    if outcome == "coexistence":
        chosen.is_on_biz_app, chosen.platform_type, chosen.status = True, "CLOUD_API", "CONNECTED"
    return chosen


def _new_number(core: Core, waba: Waba, choice: Json) -> Number:
    display = str(choice.get("phone") or f"+44 20 7946 {core.world.sequence % 10_000:04d}")
    number = tenants.add_number(core, waba.id, display, str(choice.get("name") or waba.name))
    # A number that just passed the window is verified but not yet registered.
    number.platform_type, number.status = "NOT_APPLICABLE", "PENDING"
    if choice.get("unverified"):
        number.code_verification_status = "NOT_VERIFIED"
    return number


def _account(core: Core, waba: Waba) -> Json:
    numbers = [n for n in core.world.numbers.values() if n.waba_id == waba.id]
    return {
        "waba_id": waba.id,
        "name": waba.name,
        "business": core.world.businesses[waba.business_id].name,
        "numbers": [{"id": n.id, "display": n.display} for n in numbers],
    }
