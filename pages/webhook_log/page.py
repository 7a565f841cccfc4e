"""The webhook log's two pages: what Meta delivered, and one delivery."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import live_chip
from pages.components.shell import shell
from pages.webhook_log.dry_run import dry_run
from pages.webhook_log.listing import filters, listing
from pages.webhook_log.opened import opened
from pages.webhook_log.replay import replay
from state.session import Session
from state.webhook_log import Delivery, WebhookLog


@rx.page(
    route="/settings/webhooks",
    title="Webhook log · IllumiChat",
    on_load=[Session.load, WebhookLog.load],
)
def webhook_log() -> rx.Component:
    """/settings/webhooks?show=<filter>."""
    return shell(
        rx.el.div(
            _top(),
            _for(admins=rx.fragment(filters(), listing())),
            style=_PAGE,
            on_unmount=WebhookLog.leave,
        ),
        active="settings",
    )


@rx.page(
    route="/settings/webhooks/[event]",
    title="Delivery · IllumiChat",
    on_load=[Session.load, Delivery.load],
)
def webhook_delivery() -> rx.Component:
    """/settings/webhooks/<id>."""
    return shell(
        rx.el.div(_for(admins=opened()), style=_PAGE, on_unmount=Delivery.leave),
        active="settings",
    )


def _top() -> rx.Component:
    return rx.el.header(
        rx.el.div(
            rx.link("Settings", href="/settings/", style=theme.SMALL),
            rx.el.div(
                rx.el.h1("Webhook log", style=theme.TITLE),
                rx.cond(~WebhookLog.has_newer, live_chip()),
                style=theme.ROW,
            ),
            rx.el.p(
                "What Meta delivered for your numbers, and what came of it.", style=theme.SMALL
            ),
            style={"flex": "1", "min_width": "220px"},
        ),
        rx.cond(
            Session.is_admin,
            rx.el.div(dry_run(), replay(), style=theme.ROW | {"flex_wrap": "wrap"}),
        ),
        style=theme.ROW | {"flex_wrap": "wrap", "align_items": "flex-end"},
    )


def _for(admins: Any) -> rx.Component:
    return rx.cond(
        Session.role == "agent",
        rx.el.p(
            "Only an admin of this workspace can see what Meta delivered. Ask one if a message is "
            "missing.",
            style=theme.CARD | {"padding": theme.S5},
        ),
        admins,
    )


_PAGE: theme.Style = {
    "max_width": "980px",
    "margin": "0 auto",
    "padding": theme.S5,
    "display": "grid",
    "grid_template_columns": "minmax(0, 1fr)",
    "gap": theme.S4,
}
