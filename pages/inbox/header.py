"""The thread's header: who the customer is, the window, colleagues, and what can be done."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import avatar, face, ring
from pages.inbox.actions import actions
from pages.inbox.details import details_item, details_toggle
from state.inbox import Inbox
from state.presence import Presence
from state.thread import Thread


def header() -> rx.Component:
    """Of the open conversation; below 640 px of its own width some buttons go into a menu."""
    shown: Any = Thread.header
    return rx.el.header(
        _back(),
        avatar(shown.initials, face(shown.face), 32),
        _names(shown),
        _faces(),
        _window(shown),
        actions(details_item()),
        details_toggle(),
        style=_HEADER | {"container_type": "inline-size"},
    )


def header_skeleton() -> rx.Component:
    """While the conversation is read."""
    return rx.el.header(
        _back(), rx.el.div(style=_BONE | {"width": "180px", "height": "14px"}), style=_HEADER
    )


def _back() -> rx.Component:
    return rx.link(
        rx.icon("chevron-left", size=22, aria_hidden="true"),
        href=f"/inbox/{Inbox.view}/{Inbox.query}",
        aria_label="Back to the list",
        style=_BACK,
    )


def _names(shown: Any) -> rx.Component:
    on_phone = {"display": "none", theme.PHONE: {"display": "block"}}
    return rx.el.div(
        rx.el.h2(shown.title, style=theme.HEADING | theme.CUT | {"line_height": "18px"}),
        rx.el.div(shown.subtitle, style=_SUBTITLE | {theme.PHONE: {"display": "none"}}),
        rx.el.div("WhatsApp · ", shown.window_label, style=_SUBTITLE | on_phone),
        _company(),
        style={"min_width": "0", "flex": "1"},
    )


def _company() -> rx.Component:
    """Sam is typing…: quiet, and read aloud when it changes."""
    return rx.el.div(
        Presence.sentence,
        role="status",
        style=_SUBTITLE | {"color": theme.on_soft("jade"), "line_height": "14px"},
    )


def _faces() -> rx.Component:
    return rx.el.div(
        rx.foreach(Presence.people, _face),
        rx.cond(Presence.more > 0, rx.el.span("+", Presence.more, style=theme.TINY)),
        style=theme.ROW | {"gap": "0", "flex": "none", theme.PHONE: {"display": "none"}},
    )


def _face(person: Any) -> rx.Component:
    does = rx.cond(person.typing, " is typing", " is looking")
    return rx.el.span(
        avatar(person.initials, face(person.user_id), 24),
        rx.cond(person.typing, rx.el.span("…", aria_hidden="true", style=_TYPING)),
        key=person.user_id,
        title=person.name + does,
        style=_FACE,
    )


def _window(shown: Any) -> rx.Component:
    color = rx.match(
        shown.window_level,
        ("closed", theme.on_soft("red")),
        ("soon", theme.on_soft("amber")),
        theme.MUTED,
    )
    return rx.cond(
        shown.window_level != "",
        rx.el.div(
            ring(shown.window_percent, shown.window_level, shown.window_label),
            rx.el.span(shown.window, aria_hidden="true", style=_LEFT | {"color": color}),
            style=theme.ROW | {"flex": "none", theme.PHONE: {"display": "none"}},
        ),
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
        "flex": "none",
        "width": theme.TOUCH,
        "height": theme.TOUCH,
        "margin_left": "-12px",
        "margin_right": "-8px",
    },
}
_SUBTITLE: theme.Style = theme.TINY | theme.NUMBER | theme.CUT
_LEFT: theme.Style = {"font_size": "13px", "white_space": "nowrap"} | theme.NUMBER
_FACE: theme.Style = {
    "position": "relative",
    "display": "grid",
    "border_radius": theme.ROUND,
    "border": f"2px solid {theme.PANEL}",
    "&:not(:first-child)": {"margin_left": "-6px"},
}
_TYPING: theme.Style = {
    "position": "absolute",
    "right": "-5px",
    "bottom": "-4px",
    "padding": "0 4px 4px",
    "border_radius": theme.ROUND,
    "background": theme.solid("jade"),
    "color": theme.ON_SOLID,
    "font_size": "11px",
    "line_height": "8px",
    "font_weight": "700",
}
