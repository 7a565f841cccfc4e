"""Signing in and out by plain form posts.

Only a full page load opens a websocket that carries the new cookie, and JavaScript never sees it.
"""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

import rxconfig
from domain import accounts, invitations, sessions
from illumichat_app import db, slowdown
from illumichat_app.body import read
from illumichat_app.config import settings
from illumichat_app.edge import own_pages_only
from illumichat_app.errors import AppError, Conflict, Invalid, NotAllowed, NotFound, NotSignedIn

Form = dict[str, str]
FORM_BYTES = 16 * 1024
HOME = "/"

# A page shows its own sentence for a code; nothing from an address is ever put on a page.
CODES: tuple[tuple[type[AppError], str], ...] = (
    (slowdown.TooManyTries, "slow"),
    (NotSignedIn, "again"),
    (NotFound, "ended"),
    (Conflict, "known"),
    (Invalid, "invalid"),
    (NotAllowed, "wrong"),
)


async def sign_in(request: Request, form: Form) -> Response:
    """POST /api/auth/login: email, password, next."""
    user_id = await _right_password(request, form)
    return await _start(request, user_id, to=local_path(form.get("next", "")))


async def sign_out(request: Request, form: Form) -> Response:  # noqa: ARG001
    """POST /api/auth/logout."""
    await db.run(sessions.sign_out, _cookie(request))
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(sessions.cookie_name(), path="/", secure=settings().secure_cookies)
    return answer


async def switch_workspace(request: Request, form: Form) -> Response:
    """POST /api/auth/switch-workspace: workspace_id."""
    number = form.get("workspace_id", "")
    chosen = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
    return _signed_in(await db.run(sessions.switch, _cookie(request), chosen), HOME)


async def accept_invitation(request: Request, form: Form) -> Response:
    """POST /api/auth/accept-invitation: token, and who: signed in, known, or new with a name."""
    token = form.get("token", "")
    await db.read(invitations.offer, token)
    user_id, workspace_id = await _joined(request, form, token)
    return await _start(request, user_id, workspace_id=workspace_id)


async def set_up(request: Request, form: Form) -> Response:
    """POST /api/auth/setup: token, workspace, time_zone, name, email, password."""
    await db.read(invitations.setup_is_open, form.get("token", ""))
    admin_id = await db.run(
        invitations.set_up,
        form.get("token", ""),
        workspace=form.get("workspace", ""),
        time_zone=form.get("time_zone", ""),
        email=form.get("email", ""),
        name=form.get("name", ""),
        password_hash=await _hashed(form),
    )
    return await _start(request, admin_id)


# ---- who it is


async def _joined(request: Request, form: Form, token: str) -> tuple[int, int]:
    who = await run_in_threadpool(sessions.principal, _cookie(request))
    if who and "password" not in form:
        return who.user_id, await db.run(invitations.accept, token, who.user_id)
    if await db.read(accounts.by_email, form.get("email", "")):
        user_id = await _right_password(request, form)
        return user_id, await db.run(invitations.accept, token, user_id)
    return await db.run(
        invitations.join_as_new,
        token,
        email=form.get("email", ""),
        name=form.get("name", ""),
        password_hash=await _hashed(form),
    )


async def _right_password(request: Request, form: Form) -> int:
    email, password = form.get("email", "").strip().lower(), form.get("password", "")
    address = client_address(request)
    await run_in_threadpool(slowdown.count_person, email, address)
    known = await db.read(accounts.check_password, email, password)
    await run_in_threadpool(slowdown.forgive_person, email, address)
    if known.stale:
        await db.run(accounts.refresh_hash, known.user_id, password)
    return known.user_id


async def _hashed(form: Form) -> str:
    return await run_in_threadpool(accounts.hash_password, form.get("password", ""))


def client_address(request: Request) -> str:
    """Where the request came from, past as many proxies as the deployment says it has."""
    hops = rxconfig.config.trusted_proxy_hops
    forwarded = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",")]
    if hops and len(forwarded) >= hops and forwarded[-hops]:
        return forwarded[-hops]
    return request.client.host if request.client else ""


# ---- answers


async def _start(
    request: Request, user_id: int, *, to: str = HOME, workspace_id: int | None = None
) -> Response:
    token = await db.run(
        sessions.start,
        user_id,
        browser=request.headers.get("user-agent", ""),
        address=client_address(request),
        workspace_id=workspace_id,
    )
    await db.run(sessions.sign_out, _cookie(request))
    return _signed_in(token, to)


def _signed_in(token: str, to: str) -> Response:
    answer = RedirectResponse(to, 303)
    answer.set_cookie(
        sessions.cookie_name(),
        token,
        max_age=int(sessions.LIFETIME.total_seconds()),
        path="/",
        httponly=True,
        secure=settings().secure_cookies,
        samesite="lax",
    )
    return answer


def local_path(wanted: str) -> str:
    """The path if it stays on this site, else home.

    Browsers read `//` and `/\\` as another host, and drop tabs and line breaks before they look.
    """
    stays = wanted.startswith("/") and not wanted.startswith(("//", "/api/", "/sign-in"))
    return wanted if stays and wanted.isprintable() and "\\" not in wanted else HOME


def _cookie(request: Request) -> str:
    return request.headers.get("cookie", "")


# ---- routes

Action = Callable[[Request, Form], Awaitable[Response]]


def _route(path: str, action: Action, page: str) -> Route:
    """A form post; a refusal leads back to its page with a code and what the form needs again."""

    async def endpoint(request: Request) -> Response:
        try:
            form = await _form(request)
        except AppError as refusal:
            return PlainTextResponse(refusal.message, refusal.status)
        async with slowdown.turn(client_address(request)):
            return await tried(request, form)

    async def tried(request: Request, form: Form) -> Response:
        try:
            await run_in_threadpool(slowdown.check_address, client_address(request))
            return await action(request, form)
        except AppError as error:
            if not isinstance(error, slowdown.TooManyTries):
                await run_in_threadpool(slowdown.count_address, client_address(request))
            return RedirectResponse(f"{page}?{urlencode(_problem(error, form))}", 303)

    return Route(f"/api/auth/{path}", own_pages_only(endpoint), methods=["POST"])


async def _form(request: Request) -> Form:
    body = await read(request.receive, FORM_BYTES)
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _problem(error: AppError, form: Form) -> Form:
    query = {"problem": next((code for kind, code in CODES if isinstance(error, kind)), "wrong")}
    if isinstance(error, slowdown.TooManyTries):
        query["minutes"] = str(error.minutes)
    if "next" in form:
        query["next"] = local_path(form["next"])
    if "token" in form:
        query["token"] = form["token"]
    return query


routes = [
    _route("login", sign_in, "/sign-in"),
    _route("logout", sign_out, "/sign-in"),
    _route("switch-workspace", switch_workspace, "/sign-in"),
    _route("accept-invitation", accept_invitation, "/invite"),
    _route("setup", set_up, "/setup"),
]
