"""The control API under /sim/: all that the page does, for programs and tests."""

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from meta_simulator import statuses, tenants, views
from meta_simulator.call import read_form
from meta_simulator.core import Core
from meta_simulator.guard import PAGE_HEADERS, guarded, read_json
from meta_simulator.world import Json

if TYPE_CHECKING:
    from meta_simulator.simulator import Simulator

STATIC = Path(__file__).parent / "static"
HEARTBEAT = 10.0


def routes() -> list[Route]:
    """Every route of the control API, and the page."""
    return [
        Route("/", page),
        Route("/health", health),
        *_post("/sim/reset", reset),
        *_post("/sim/customers", add_customer),
        *_post("/sim/customers/{customer}", change_customer),
        *_post("/sim/customers/{customer}/messages", send_message),
        *_post("/sim/customers/{customer}/call", call),
        *_post("/sim/customers/{customer}/number-change", change_number),
        *_post("/sim/customers/{customer}/user-id-change", change_user_id),
        *_post("/sim/customers/{customer}/read", read),
        *_post("/sim/customers/{customer}/play", play),
        Route("/sim/customers/{customer}/thread", thread),
        Route("/sim/clock", clock, methods=["GET", "POST"]),
        Route("/sim/faults", faults, methods=["GET", "POST"]),
        Route("/sim/traffic", traffic),
        *_post("/sim/webhooks", webhook),
        *_post("/sim/templates/{template}/review", review),
        *_post("/sim/account", account),
        *_post("/sim/tenants", add_tenant),
        *_post("/sim/apps", add_app),
        *_post("/sim/numbers", add_number),
        *_post("/sim/numbers/{number}", change_number_facts),
        *_post("/sim/tokens", add_token),
        *_post("/sim/signup", finish_signup),
        *_post("/sim/settle", settle),
        Route("/sim/media/{media}", media_file),
        Route("/sim/state", state),
        Route("/sim/events", events),
    ]


async def page(request: Request) -> Response:
    """The web page."""
    del request
    return FileResponse(STATIC / "index.html", headers=PAGE_HEADERS)


async def health(request: Request) -> Response:
    """200 when the simulator is up."""
    del request
    return JSONResponse({"ok": True})


@guarded
async def state(request: Request) -> Response:
    """Everything but the threads and the files."""
    return JSONResponse(views.state(_core(request)))


@guarded
async def reset(request: Request) -> Response:
    """Back to the beginning."""
    _simulator(request).reset()
    return _done()


@guarded
async def add_customer(request: Request) -> Response:
    """A new customer."""
    body = await read_json(request)
    name, phone = str(body.pop("name", "")), str(body.pop("phone", ""))
    made = _simulator(request).add_customer(name, phone, **body)
    return JSONResponse(views.customer(_core(request), made), 201)


@guarded
async def change_customer(request: Request) -> Response:
    """New facts about a customer."""
    simulator, customer = _simulator(request), request.path_params["customer"]
    simulator.change_customer(customer, **await read_json(request))
    return JSONResponse(views.customer(_core(request), simulator.customer(customer)))


@guarded
async def send_message(request: Request) -> Response:
    """A customer sends something; JSON, or multipart with a file."""
    fields = await _message_fields(request)
    wamid = _simulator(request).customer_sends(request.path_params["customer"], **fields)
    return JSONResponse({"id": wamid}, 201)


@guarded
async def call(request: Request) -> Response:
    """A customer calls."""
    body = await read_json(request)
    call_id = _simulator(request).customer_calls(request.path_params["customer"], **body)
    return JSONResponse({"id": call_id}, 201)


@guarded
async def change_number(request: Request) -> Response:
    """A customer moves to a new phone number."""
    phone = str((await read_json(request))["phone"])
    _simulator(request).change_number(request.path_params["customer"], phone)
    return _done()


@guarded
async def change_user_id(request: Request) -> Response:
    """A customer gets a new user id."""
    _simulator(request).change_user_id(request.path_params["customer"])
    return _done()


@guarded
async def read(request: Request) -> Response:
    """A customer looks at the chat."""
    body = await read_json(request)
    count = _simulator(request).customer_reads(request.path_params["customer"], **body)
    return JSONResponse({"read": count})


@guarded
async def play(request: Request) -> Response:
    """A customer listens to a voice note."""
    found = _core(request).world.find_message(str((await read_json(request))["message_id"]))
    if found is None:
        raise KeyError("message")
    statuses.play(_core(request), *found)
    return _done()


@guarded
async def thread(request: Request) -> Response:
    """The messages of a customer and a number."""
    number_id = request.query_params.get("number_id", "")
    found = _simulator(request).thread(request.path_params["customer"], number_id=number_id)
    return JSONResponse(views.thread(_core(request), found))


@guarded
async def clock(request: Request) -> Response:
    """Read or move the clock."""
    moved, body = _simulator(request).clock, await read_json(request)
    if "offset_seconds" in body:
        moved.set_offset(float(body["offset_seconds"]))
    elif "advance_seconds" in body:
        moved.advance(float(body["advance_seconds"]))
    elif body.get("reset"):
        moved.reset()
    elif request.method == "POST":
        raise ValueError("give offset_seconds, advance_seconds or reset")
    _core(request).schedule.news.set()
    facts = views.clock(_core(request))
    if request.method == "POST":
        _core(request).traffic.tell("clock", clock=facts)
    return JSONResponse(facts)


@guarded
async def faults(request: Request) -> Response:
    """Read or set the fault switches; `auto_read` is one of them here."""
    core, body = _core(request), await read_json(request)
    if "auto_read" in body:
        core.world.auto_read = bool(body.pop("auto_read"))
    core.faults.update(body)
    facts = core.faults.as_json() | {"auto_read": core.world.auto_read}
    if request.method == "POST":
        core.traffic.tell("faults", faults=facts)
    return JSONResponse(facts)


@guarded
async def traffic(request: Request) -> Response:
    """The newest entries of the log, oldest first; `after` is an entry id."""
    after = int(request.query_params.get("after", "0"))
    entries = [asdict(e) for e in _core(request).traffic.entries if e.id > after]
    return JSONResponse({"entries": entries})


@guarded
async def webhook(request: Request) -> Response:
    """Send a raw `payload`, or one `field` and `value` to all who are subscribed."""
    body, simulator = await read_json(request), _simulator(request)
    if "payload" in body:
        options = {k: str(body[k]) for k in ("app_id", "url") if k in body}
        simulator.send_webhook(body["payload"], **options)
        return JSONResponse({"sent_to": 1})
    targets = {k: str(body[k]) for k in ("waba_id", "number_id", "entry_id") if k in body}
    sent = simulator.emit(str(body["field"]), body["value"], **targets)
    return JSONResponse({"sent_to": sent})


@guarded
async def review(request: Request) -> Response:
    """Decide about a template."""
    body = await read_json(request)
    verdict, reason = str(body.get("status", "APPROVED")), str(body.get("reason", "NONE"))
    _simulator(request).review_template(request.path_params["template"], verdict, reason)
    return _done()


@guarded
async def account(request: Request) -> Response:
    """Something happens to an account."""
    body = await read_json(request)
    told = _simulator(request).account_event(str(body.pop("event", "")), **body)
    return JSONResponse({"sent_to": told})


@guarded
async def add_tenant(request: Request) -> Response:
    """A whole new business."""
    return JSONResponse(_simulator(request).add_tenant(**await read_json(request)), 201)


@guarded
async def add_app(request: Request) -> Response:
    """Another Meta app."""
    return JSONResponse(asdict(tenants.add_app(_core(request), await read_json(request))), 201)


@guarded
async def add_number(request: Request) -> Response:
    """Another phone number on a WABA."""
    body = await read_json(request)
    waba, phone, name = (str(body.pop(key)) for key in ("waba_id", "phone", "name"))
    number = tenants.add_number(_core(request), waba, phone, name, **body)
    return JSONResponse(views.number(number), 201)


@guarded
async def change_number_facts(request: Request) -> Response:
    """Change facts of a phone number, such as status, quality, throughput or pin."""
    number = _core(request).world.numbers[request.path_params["number"]]
    for name, value in (await read_json(request)).items():
        if name not in views.NUMBER_FACTS:
            raise ValueError(f"unknown fact about a number: {name}")
        setattr(number, name, value)
    _core(request).traffic.tell("world")
    return JSONResponse(views.number(number))


@guarded
async def add_token(request: Request) -> Response:
    """Another token: app_id, business_id, and what `tenants.add_token` takes."""
    body = await read_json(request)
    app_id, business_id = str(body.pop("app_id")), str(body.pop("business_id"))
    made = tenants.add_token(_core(request), app_id, business_id, **body)
    return JSONResponse({"token": made.value}, 201)


@guarded
async def finish_signup(request: Request) -> Response:
    """What the signup window would give."""
    return JSONResponse(_simulator(request).finish_signup(**await read_json(request)))


@guarded
async def settle(request: Request) -> Response:
    """Run everything pending now, delayed things included."""
    return JSONResponse({"steps": await _simulator(request).settle()})


@guarded
async def media_file(request: Request) -> Response:
    """A stored file, for the page."""
    media = _core(request).world.media[request.path_params["media"]]
    # A file from anywhere must never run as a page of this origin.
    headers = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}
    data = _core(request).world.blobs[media.id]
    return Response(data, media_type=media.mime_type, headers=headers)


@guarded
async def events(request: Request) -> Response:
    """Live news for a page; `customer` is the phone that is open in it."""
    feed = _feed(request, request.query_params.get("customer", ""))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(feed, media_type="text/event-stream", headers=headers)


async def _feed(request: Request, customer: str) -> AsyncIterator[bytes]:
    core = _core(request)
    queue = core.traffic.listen(customer)
    try:
        yield b"retry: 1000\n\n"
        while not core.stopping:
            try:
                news = await asyncio.wait_for(queue.get(), HEARTBEAT)
                yield b"data: " + orjson.dumps(news) + b"\n\n"
            except TimeoutError:
                yield b": still here\n\n"
    finally:
        core.traffic.listeners.pop(queue, None)


async def _message_fields(request: Request) -> Json:
    if "multipart" not in request.headers.get("content-type", ""):
        fields = await read_json(request)
        if "data_base64" in fields:
            fields["data"] = base64.b64decode(str(fields.pop("data_base64")), validate=True)
        return fields
    texts, files = await read_form(request)
    fields: Json = {name: _plain(value) for name, value in texts.items()}
    for file in files.values():
        fields |= {"data": file.data}
        fields = {"filename": file.filename, "mime_type": file.mime_type} | fields
    return fields


def _plain(value: str) -> Any:
    return {"true": True, "false": False}.get(value, value)


def _post(path: str, endpoint: Any) -> list[Route]:
    return [Route(path, endpoint, methods=["POST"])]


def _simulator(request: Request) -> "Simulator":
    return request.app.state.simulator


def _core(request: Request) -> Core:
    return request.app.state.core


def _done() -> Response:
    return JSONResponse({"success": True})
