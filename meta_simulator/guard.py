"""Who may use the control API: this computer's own pages and programs."""

import functools
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from meta_simulator.shapes import as_object
from meta_simulator.world import Json

PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
}
Endpoint = Callable[[Request], Awaitable[Response]]


def guarded(endpoint: Endpoint) -> Endpoint:
    """Refuse foreign pages; turn a wrong request into 400, 404 or 409 with a sentence."""

    @functools.wraps(endpoint)
    async def wrapper(request: Request) -> Response:
        if (refusal := _refusal(request)) is not None:
            return JSONResponse({"error": refusal}, 403)
        try:
            return await endpoint(request)
        except KeyError as error:
            return JSONResponse({"error": f"There is no {error.args[0]!r} here."}, 404)
        except (ValueError, TypeError, StopIteration) as error:
            return JSONResponse({"error": f"{error}"}, 400)

    return wrapper


async def read_json(request: Request) -> Json:
    """The JSON object of a request; empty without a body. Raises ValueError."""
    raw = await request.body()
    if not raw:
        return {}
    try:
        data: Any = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"the body is not valid JSON: {error}") from None
    if (found := as_object(data)) is None:
        raise ValueError("the body must be a JSON object")
    return found


def _refusal(request: Request) -> str | None:
    host = request.headers.get("host", "")
    allowed: list[str] | None = request.app.state.allowed_hosts
    # A foreign name that points at 127.0.0.1 must not pass for this computer.
    if allowed is not None and host.rpartition(":")[0] not in allowed and host not in allowed:
        return "The simulator answers only on this computer's own name."
    origin = request.headers.get("origin")
    if origin is not None and origin != f"{request.url.scheme}://{host}":
        return "Another page may not use the simulator."
    return None
