"""The thread's header: who the customer is, the window, and what can be done."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import avatar, face, ring
from pages.inbox.actions import action, close_or_reopen
from pages.inbox.details import details_toggle
from state.handling import Handling
from state.inbox import Inbox
from state.thread import Thread


def header() -> rx.Component:
    shown: Any = Thread.header
    return rx.el.header(
        _back(),
        avatar(shown.initials, face(shown.face), 32),
        rx.el.div(
            rx.el.h2(shown.title, style=theme.HEADING | theme.CUT | {"line_height": "18px"}),
            rx.el.div(shown.subtitle, style=_SUBTITLE | {theme.PHONE: {"display": "none"}}),
            rx.el.div(
                shown.window_label,
                style=_SUBTITLE | {"display": "none", theme.PHONE: {"display": "block"}},
            ),
            style={"min_width": "0", "flex": "1"},
        ),
        _window(shown),
        _buttons(shown),
        details_toggle(),
        style=_HEADER,
    )


def _back() -> rx.Component:
    return rx.link(
        rx.icon("chevron-left", size=22, aria_hidden="true"),
        href=f"/inbox/{Inbox.view}/",
        aria_label="Back to the list",
        style=_BACK,
    )


def _window(header: Any) -> rx.Component:
    words = {"font_size": "13px", "white_space": "nowrap"} | theme.NUMBER
    return rx.cond(
        header.window_level != "",
        rx.el.div(
            ring(header.window_percent, header.window_level, header.window_label),
            rx.el.span(
                header.window,
                aria_hidden="true",
                style=words
                | {
                    "color": rx.match(
                        header.window_level,
                        ("closed", theme.on_soft("red")),
                        ("soon", theme.on_soft("amber")),
                        theme.MUTED,
                    )
                },
            ),
            style=theme.ROW | {theme.PHONE: {"display": "none"}},
        ),
    )


def _buttons(header: Any) -> rx.Component:
    return rx.el.div(
        rx.cond(header.can_take_over, action("Take over", Handling.take_over)),
        rx.cond(header.can_resume, action("Resume AI", Handling.resume_ai, mark="✦ ")),
        rx.el.div(close_or_reopen(), style={theme.PHONE: {"display": "none"}}),
        style=theme.ROW,
    )


def header_skeleton() -> rx.Component:
    return rx.el.header(
        _back(), rx.el.div(style=_BONE | {"width": "180px", "height": "14px"}), style=_HEADER
    )


_BONE: theme.Style = {"border_radius": theme.RADIUS_CARD, "background": "var(--gray-4)"}
_HEADER: theme.Style = theme.ROW | {
    "gap": theme.S3,
    "min_height": theme.HEADER,
    "padding": "0 20px",
    "border_bottom": theme.LINE,
    "background": theme.PANEL,
    theme.PHONE: {"padding": "8px 12px", "gap": theme.S2},
}
_BACK: theme.Style = {
    "display": "none",
    "color": theme.TEXT,
    theme.PHONE: {
        "display": "grid",
        "place_items": "center",
        "width": "32px",
        "height": theme.TOUCH,
    },
}
_SUBTITLE: theme.Style = theme.TINY | theme.NUMBER | theme.CUT
