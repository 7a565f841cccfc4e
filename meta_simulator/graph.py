"""The Graph API: finds the endpoint for a path and answers like Meta."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from meta_simulator import accounts, extras, media, messages, oauth, templates
from meta_simulator.call import Call, read_call
from meta_simulator.core import Core
from meta_simulator.errors import GraphError, bad_param, unknown_object
from meta_simulator.traffic import masked_query, readable
from meta_simulator.world import MANAGEMENT, MESSAGING, Json, World, new_trace_id

Handler = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint: what it serves and the permission it asks for ("" for none)."""

    handler: Handler
    scope: str = ""


# (kind of node, edge, method)
ROUTES: dict[tuple[str, str, str], Route] = {
    ("number", "messages", "POST"): Route(messages.post_messages, MESSAGING),
    ("number", "media", "POST"): Route(media.upload, MESSAGING),
    ("number", "", "GET"): Route(accounts.read_number, MANAGEMENT),
    ("number", "", "POST"): Route(accounts.update_number, MANAGEMENT),
    ("number", "register", "POST"): Route(accounts.register, MANAGEMENT),
    ("number", "deregister", "POST"): Route(accounts.deregister, MANAGEMENT),
    ("number", "whatsapp_business_profile", "GET"): Route(extras.read_profile, MESSAGING),
    ("number", "whatsapp_business_profile", "POST"): Route(extras.update_profile, MESSAGING),
    ("number", "block_users", "GET"): Route(extras.blocked_users, MESSAGING),
    ("number", "block_users", "POST"): Route(extras.block_users, MESSAGING),
    ("number", "block_users", "DELETE"): Route(extras.unblock_users, MESSAGING),
    ("number", "smb_app_data", "POST"): Route(extras.sync_app_data, MESSAGING),
    ("media", "", "GET"): Route(media.read, MESSAGING),
    ("media", "", "DELETE"): Route(media.delete, MESSAGING),
    ("waba", "", "GET"): Route(accounts.read_waba, MANAGEMENT),
    ("waba", "phone_numbers", "GET"): Route(accounts.list_numbers, MANAGEMENT),
    ("waba", "subscribed_apps", "GET"): Route(accounts.list_subscriptions, MANAGEMENT),
    ("waba", "subscribed_apps", "POST"): Route(accounts.subscribe, MANAGEMENT),
    ("waba", "subscribed_apps", "DELETE"): Route(accounts.unsubscribe, MANAGEMENT),
    ("waba", "message_templates", "GET"): Route(templates.list_templates, MANAGEMENT),
    ("waba", "message_templates", "POST"): Route(templates.create, MANAGEMENT),
    ("waba", "message_templates", "DELETE"): Route(templates.delete, MANAGEMENT),
    ("template", "", "GET"): Route(templates.read, MANAGEMENT),
    ("template", "", "POST"): Route(templates.edit, MANAGEMENT),
    ("business", "", "GET"): Route(accounts.read_business, MANAGEMENT),
    ("app", "", "GET"): Route(oauth.read_app),
    ("app", "subscriptions", "GET"): Route(oauth.list_subscriptions),
    ("app", "subscriptions", "POST"): Route(oauth.set_subscription),
    ("app", "uploads", "POST"): Route(extras.start_upload),
    ("", "oauth/access_token", "GET"): Route(oauth.exchange),
    ("", "oauth/access_token", "POST"): Route(oauth.exchange),
    ("", "debug_token", "GET"): Route(oauth.debug_token),
}


async def answer(request: Request) -> Response:
    """Any Graph path, with or without a version."""
    core: Core = request.app.state.core
    version = f"v{request.path_params.get('version_number', 26.0)}"
    started = time.perf_counter()
    path = str(request.path_params["path"]).strip("/")
    try:
        call, response = await _respond(core, request, path)
    except (httpx.ReadTimeout, httpx.ReadError):
        _log(core, request, None, Response(status_code=0), started)
        raise
    response.headers["facebook-api-version"] = version
    _log(core, request, call, response, started)
    return response


async def _respond(core: Core, request: Request, path: str) -> tuple[Call | None, Response]:
    call: Call | None = None
    try:
        node, edge = _split(path)
        call = await read_call(core, request, node, edge)
        result = await _handle(call)
        response = result if isinstance(result, Response) else JSONResponse(result)
    except GraphError as error:
        response = _refusal(error)
    except ClientDisconnect:
        response = Response(status_code=499)
    except (AttributeError, TypeError, KeyError):
        # A body of the wrong shape somewhere deep: Meta answers code 100, never a crash.
        response = _refusal(bad_param("A parameter does not have the expected type."))
    response.headers["x-fb-trace-id"] = response.headers.get("x-fb-trace-id", new_trace_id())
    response.headers["X-App-Usage"] = '{"call_count":1,"total_cputime":1,"total_time":1}'
    response.headers["X-Business-Use-Case-Usage"] = _usage(call)
    return call, response


async def _handle(call: Call) -> Any:
    if call.node.startswith("upload:"):
        return await extras.upload(call)
    kind = kind_of(call.core.world, call.node)
    route = ROUTES.get((kind, call.edge, call.method))
    if route is None or kind == "app":
        return await _unscoped(call, route)
    if route.scope:
        _check_access(call, kind, call.token(route.scope).value)
    return await route.handler(call)


async def _unscoped(call: Call, route: Route | None) -> Any:
    if route is not None:
        return await route.handler(call)
    call.token()
    if call.node and kind_of(call.core.world, call.node) and call.edge:
        raise GraphError(
            400,
            100 if call.method == "GET" else 3,
            f"(#100) Tried accessing nonexisting field ({call.edge})"
            if call.method == "GET"
            else "(#3) Application does not have the capability to make this API call.",
        )
    raise unknown_object(call.node or call.edge, call.method)


def kind_of(world: World, node: str) -> str:
    """What an id stands for, or "" if nothing."""
    shelves: list[tuple[str, dict[str, Any]]] = [
        ("number", world.numbers),
        ("waba", world.wabas),
        ("template", world.templates),
        ("media", world.media),
        ("app", world.apps),
        ("business", world.businesses),
    ]
    return next((kind for kind, shelf in shelves if node in shelf), "")


def _check_access(call: Call, kind: str, token_value: str) -> None:
    token = call.core.world.tokens[token_value]
    if kind == "business":
        allowed = token.business_id == call.node
    else:
        allowed = call.may_reach(token, _waba_of(call.core.world, kind, call.node))
    if not allowed:
        raise unknown_object(call.node, call.method)


def _waba_of(world: World, kind: str, node: str) -> str:
    if kind == "waba":
        return node
    if kind == "template":
        return world.templates[node].waba_id
    number_id = world.media[node].number_id if kind == "media" else node
    return world.numbers[number_id].waba_id


def _split(path: str) -> tuple[str, str]:
    if path in ("oauth/access_token", "debug_token"):
        return "", path
    node, _, edge = path.partition("/")
    return node, edge


def _refusal(error: GraphError) -> JSONResponse:
    headers = {"x-fb-trace-id": error.trace}
    if error.status == 401:
        headers["WWW-Authenticate"] = f'OAuth "Facebook Platform" "invalid_token" "{error.message}"'
    return JSONResponse(error.body(), error.status, headers)


def _usage(call: Call | None) -> str:
    usage: Json = {
        "type": "whatsapp",
        "call_count": 1,
        "total_cputime": 1,
        "total_time": 1,
        "estimated_time_to_regain_access": 0,
    }
    return orjson.dumps({call.node if call and call.node else "0": [usage]}).decode()


def _log(
    core: Core, request: Request, call: Call | None, response: Response, started: float
) -> None:
    query = masked_query(request.url.query)
    core.traffic.add(
        time=core.clock.now(),
        direction="in",
        summary=_summary(request, call),
        method=request.method,
        target=request.url.path + (f"?{query}" if query else ""),
        status=response.status_code,
        ms=round((time.perf_counter() - started) * 1000),
        request=readable(call.raw) if call and call.raw else (call.params if call else None),
        response=readable(bytes(response.body)),
    )


def _summary(request: Request, call: Call | None) -> str:
    words = f"{request.method} {request.url.path}"
    if call is None or call.edge != "messages":
        return words
    if call.params.get("typing_indicator"):
        return f"{words} typing"
    return f"{words} {call.params.get('status') or call.params.get('type') or 'text'}"
