"""Codes, tokens and app level webhooks."""

import secrets

from meta_simulator.accounts import verify_callback
from meta_simulator.call import Call
from meta_simulator.core import Core
from meta_simulator.errors import GraphError, bad_param
from meta_simulator.world import MANAGEMENT, App, Code, Json, Token

CODE_SECONDS = 30


async def exchange(call: Call) -> Json:
    """/oauth/access_token: a code for a business token, or app credentials for an app token."""
    app = _app(call)
    if call.text("grant_type") == "client_credentials":
        return {"access_token": f"{app.id}|{app.secret}", "token_type": "bearer"}
    code = call.core.world.codes.get(call.required("code"))
    if code is None or code.app_id != app.id:
        raise GraphError(400, 100, "Invalid verification code format.", subcode=36009)
    if code.used:
        raise GraphError(400, 100, "This authorization code has been used.", subcode=36009)
    if call.core.clock.now() - code.created > CODE_SECONDS:
        raise GraphError(400, 100, "This authorization code has expired.", subcode=36007)
    code.used = True
    return {"access_token": code.token, "token_type": "bearer"}


async def debug_token(call: Call) -> Json:
    """/debug_token, asked with an app token or with the token itself."""
    asker = _asking_app(call)
    token = call.core.world.tokens.get(call.required("input_token"))
    if token is None:
        return {"data": _invalid(190, "Invalid OAuth access token - Cannot parse access token")}
    if token.app_id != asker:
        raise bad_param("The App_id in the input_token did not match the Viewing App")
    return {"data": _facts(call.core, token)}


async def read_app(call: Call) -> Json:
    """GET /{app_id}."""
    if _asking_app(call) != call.node:
        raise GraphError(403, 200, "(#200) Provide valid app ID")
    app = call.core.world.apps[call.node]
    return {"id": app.id, "name": app.name}


async def list_subscriptions(call: Call) -> Json:
    """GET /{app_id}/subscriptions."""
    app = _own_app(call)
    if not app.callback_url:
        return {"data": []}
    fields = [{"name": name, "version": "v26.0"} for name in app.fields]
    return {
        "data": [
            {
                "object": "whatsapp_business_account",
                "callback_url": app.callback_url,
                "active": True,
                "fields": fields,
            }
        ]
    }


async def set_subscription(call: Call) -> Json:
    """POST /{app_id}/subscriptions: checked by GET at once."""
    app = _own_app(call)
    if call.required("object") != "whatsapp_business_account":
        raise bad_param("object must be whatsapp_business_account")
    url, verify_token = call.required("callback_url"), call.required("verify_token")
    await verify_callback(call.core, url, verify_token)
    app.callback_url, app.verify_token = url, verify_token
    if fields := call.params.get("fields"):
        app.fields = fields.split(",") if isinstance(fields, str) else list(fields)
    call.core.traffic.tell("world")
    return {"success": True}


def new_token(core: Core, app_id: str, business_id: str, waba_ids: list[str]) -> Token:
    """A business token for the given accounts."""
    value = "EAA" + secrets.token_urlsafe(30).replace("-", "x").replace("_", "y")
    token = Token(value, app_id, business_id, waba_ids=waba_ids, issued_at=core.clock.now())
    core.world.tokens[value] = token
    return token


def new_code(core: Core, app_id: str, token: str) -> Code:
    """A code that can be exchanged once, for 30 seconds."""
    code = Code("AQ" + secrets.token_urlsafe(40), app_id, token, core.clock.now())
    core.world.codes[code.value] = code
    return code


def _app(call: Call) -> App:
    app = call.core.world.apps.get(call.required("client_id"))
    if app is None:
        raise GraphError(400, 101, "Error validating application. Cannot get application info.")
    if not secrets.compare_digest(call.text("client_secret"), app.secret):
        raise GraphError(400, 1, "Error validating client secret.")
    return app


def _asking_app(call: Call) -> str:
    return call.app().id if "|" in call.bearer else call.token().app_id


def _own_app(call: Call) -> App:
    if "|" not in call.bearer:
        raise GraphError(
            400, 15, "(#15) This method must be called with an app access_token."
        )  # fmt: skip
    app = call.app()
    if app.id != call.node:
        raise GraphError(403, 200, "(#200) Provide valid app ID")
    return app


def _facts(core: Core, token: Token) -> Json:
    now = core.clock.now()
    expired = bool(token.expires_at) and token.expires_at <= now
    if expired or token.dead_subcode:
        return _dead(core, token, 463 if expired else token.dead_subcode)
    return _identity(core, token) | {"is_valid": True}


def _identity(core: Core, token: Token) -> Json:
    return {
        "app_id": token.app_id,
        "type": "SYSTEM_USER",
        "application": core.world.apps[token.app_id].name,
        "data_access_expires_at": 0,
        "expires_at": int(token.expires_at),
        "issued_at": int(token.issued_at),
        "is_valid": False,
        "scopes": [*token.scopes, "public_profile"],
        "granular_scopes": [_granular(token, scope) for scope in token.scopes],
        "user_id": token.user_id,
    }


def _granular(token: Token, scope: str) -> Json:
    if token.waba_ids and scope.startswith(MANAGEMENT.rpartition("_")[0]):
        return {"scope": scope, "target_ids": token.waba_ids}
    return {"scope": scope}


def _dead(core: Core, token: Token, subcode: int) -> Json:
    error: Json = {
        "code": 190,
        "message": "Error validating access token: Session has expired.",
        "subcode": subcode,
    }
    return _identity(core, token) | {"error": error}


def _invalid(code: int, message: str) -> Json:
    return {"error": {"code": code, "message": message}, "is_valid": False, "scopes": []}
