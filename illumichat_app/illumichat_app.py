"""The composition root: pages, routes, the guard, and the tasks of a web process."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import reflex as rx
import reflex.model  # else the first event with a dict freezes the loop for half a second
from reflex.event import EventSpec
from reflex.utils.exec import get_frontend_mount
from reflex_base.event.context import EventContext
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route
from starlette.types import ASGIApp

import pages.assistants.analytics.page
import pages.assistants.channel.page
import pages.assistants.page
import pages.assistants.templates.page
import pages.contacts.page
import pages.inbox.page
import pages.invitation
import pages.settings
import pages.setup
import pages.sign_in
import pages.system.page
import pages.webhook_log.page  # noqa: F401  each adds its route
from domain import invitations
from illumichat_app import (
    analytics_routes,
    db,
    log,
    login,
    media_routes,
    memory,
    metrics,
    metrics_store,
    monitoring,
    webhook,
)
from illumichat_app.config import settings
from illumichat_app.edge import (
    answer_headers,
    correlated,
    security_headers,
    unexpected,
    upload_gate,
)
from illumichat_app.errors import AppError, NotSignedIn
from pages import theme
from state import live
from state.guard import AuthGuard, id_of, to_sign_in

log.set_up()
_log = logging.getLogger(__name__)


def in_words(exception: Exception) -> EventSpec:
    """What a person reads when an event fails; what is not expected goes to the log in full."""
    if isinstance(exception, NotSignedIn):
        return to_sign_in()
    if isinstance(exception, AppError):
        return rx.toast.error(exception.message)
    metrics.unexpected("event")
    number = _of_event()
    _log.error("event failed [%s]", number, exc_info=exception, extra={"correlation_id": number})
    return rx.toast.error(
        f"Something went wrong on our side, so nothing was changed. Try again; "
        f"if it stays, tell your administrator the number {number}."
    )


def _of_event() -> str:
    """The id under which the guard let the event in: this runs in a task of its own."""
    try:
        return id_of(EventContext.get())
    except LookupError:
        return log.new_id()


def of_a_page(exception: Exception) -> None:
    """Log what a page says of its own failure: anybody may say it, so it is one short line."""
    _log.error("a page failed: %.1000r", str(exception))


async def home(_request: Request) -> RedirectResponse:
    """GET /: the inbox is where everybody works."""
    return RedirectResponse("/inbox/open/")


def with_frontend(asgi: Starlette) -> ASGIApp:
    """Serve the built pages from this process. It must come first: it needs Reflex's own app."""
    if os.environ.get("SERVE_FRONTEND") == "1":
        asgi.routes.append(get_frontend_mount(router=app.router))
    return asgi


async def offer_setup() -> None:
    """Log the link that makes the first admin of a new deployment."""
    if settings().demo:
        return
    if token := await db.run(invitations.setup_token):
        _log.warning(
            "No one has an account yet. Make the first admin within 24 hours at %s/setup?token=%s",
            settings().public_url,
            token,
        )


async def settle() -> None:
    """All pages and rules are loaded now."""
    memory.settle()


@asynccontextmanager
async def count() -> AsyncIterator[None]:
    """What this process counts joins the counts of the others."""
    with metrics_store.publishing():
        yield


api = Starlette(
    routes=[
        Route("/", home, methods=["GET"]),
        *monitoring.routes,
        *login.routes,
        *media_routes.routes,
        *analytics_routes.routes,
        *webhook.routes,
    ],
    exception_handlers={Exception: unexpected},
)


class App(rx.App):
    """Reflex's app behind Meta's door."""

    def __call__(self) -> ASGIApp:
        return webhook.door(super().__call__(), answer_headers())


app = App(
    html_lang="en",
    style=theme.STYLE,  # pyright: ignore[reportArgumentType]
    stylesheets=theme.STYLESHEETS,
    api_transformer=[with_frontend, api, upload_gate, security_headers, correlated],  # pyright: ignore[reportArgumentType]
    backend_exception_handler=in_words,
    frontend_exception_handler=of_a_page,
)
app.add_middleware(AuthGuard())
app.register_lifespan_task(settle)
app.register_lifespan_task(offer_setup)
app.register_lifespan_task(live.listen)
app.register_lifespan_task(count)
