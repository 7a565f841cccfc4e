"""What stands below the messages: the boxes to write in, and the reason where there is none."""

from typing import Any

import reflex as rx

from pages import theme
from pages.inbox.composer_box import composer_box
from state.handling import Handling
from state.session import Session
from state.thread import Thread


def composer() -> rx.Component:
    return rx.el.footer(composer_box(_in_the_way(Thread.composer)), style=_FOOTER)


def _in_the_way(state: Any) -> rx.Component | rx.Var[Any]:
    """Why a reply is not possible, or what it would do."""
    return rx.match(
        state.mode,
        ("closed_window", _banner("amber", "lock", state)),
        ("channel_off", _banner("red", "circle-off", state, _mend(state))),
        ("connection_issue", _banner("red", "unplug", state, _mend(state))),
        ("claimed_by_other", _by_other(state)),
        rx.cond(state.sentence != "", rx.el.p(state.sentence, style=_HINT)),
    )


def _banner(tone: str, icon: str, state: Any, *more: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.icon(icon, size=17, aria_hidden="true", color=theme.on_soft(tone), flex="none"),
        rx.el.div(
            rx.el.div(state.heading, style={"font_weight": "600", "color": theme.on_soft(tone)}),
            rx.el.div(state.sentence, style=theme.SMALL | {"color": theme.TEXT}),
            *more,
            style={"flex": "1", "min_width": "0"},
        ),
        role="status",
        style=_BANNER
        | {"background": theme.soft(tone), "border": theme.line_of(tone)}
        | theme.appear(),
    )


def _mend(state: Any) -> rx.Component:
    """Admins can do something about it; agents learn who can."""
    return rx.cond(
        Session.is_admin,
        rx.link(
            "Test the connection",
            href=f"/assistants/{state.assistant_id}/whatsapp/",
            style={"font_size": "13px", "font_weight": "500"},
        ),
        rx.el.p("An admin of your workspace can mend this.", style=theme.SMALL),
    )


def _by_other(state: Any) -> rx.Component:
    return rx.el.div(
        rx.icon("lock-keyhole", size=17, aria_hidden="true", color=theme.MUTED, flex="none"),
        rx.el.p(state.sentence, style=theme.SMALL | {"color": theme.TEXT, "flex": "1"}),
        rx.el.button(
            "Take over from ",
            state.heading,
            type="button",
            on_click=Handling.take_over.throttle(800),
            style=_TAKE_OVER,
        ),
        role="status",
        style=_BANNER | {"background": theme.SUNKEN, "border": theme.LINE},
    )


_FOOTER: theme.Style = {
    "padding": "12px 20px 14px",
    "border_top": theme.LINE,
    "background": theme.PANEL,
    theme.PHONE: {"padding": "6px 12px calc(10px + env(safe-area-inset-bottom))"},
}
_HINT: theme.Style = theme.SMALL | {"margin_bottom": theme.S2}
_BANNER: theme.Style = theme.ROW | {
    "gap": "10px",
    "padding": "9px 12px",
    "margin_bottom": "10px",
    "border_radius": "10px",
}
_TAKE_OVER: theme.Style = {
    "height": "32px",
    "padding": "0 12px",
    "border_radius": theme.RADIUS,
    "background": theme.solid("jade"),
    "color": theme.ON_SOLID,
    "font_size": "13px",
    "font_weight": "500",
    "white_space": "nowrap",
    "cursor": "pointer",
    "&:focus-visible": {"outline": f"2px solid {theme.TEXT}", "outline_offset": "2px"},
    theme.PHONE: {"height": theme.TOUCH},
}
