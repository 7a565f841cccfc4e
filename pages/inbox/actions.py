"""The buttons that change who answers."""

from typing import Any

import reflex as rx

from pages import theme
from state.handling import Handling
from state.thread import Thread


def action(words: str, on_click: Any, mark: str = "") -> rx.Component:
    """A button; a second click within the same second is not a second wish."""
    return rx.el.button(
        rx.cond(mark != "", rx.el.span(mark, aria_hidden="true")),
        words,
        type="button",
        on_click=on_click.throttle(800),
        style=_BUTTON,
    )


def close_or_reopen() -> rx.Component:
    return rx.cond(
        Thread.header.can_reopen,
        action("Reopen", Handling.reopen),
        action("Close", Handling.close),
    )


_BUTTON: theme.Style = {
    "display": "inline-flex",
    "align_items": "center",
    "gap": theme.S1,
    "height": "32px",
    "padding": "0 12px",
    "border_radius": theme.RADIUS,
    "border": theme.STRONG_LINE,
    "background": theme.PANEL,
    "box_shadow": theme.SHADOW,
    "color": theme.TEXT,
    "font_size": "13px",
    "font_weight": "500",
    "white_space": "nowrap",
    "cursor": "pointer",
    "&:hover": {"background": theme.SUNKEN},
    theme.PHONE: {"height": "40px"},
} | theme.FOCUS
