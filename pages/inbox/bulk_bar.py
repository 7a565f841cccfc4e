"""What can be done to the chosen rows; it stands where the views stand else."""

from typing import Any

import reflex as rx

from pages import theme
from state.bulk import Bulk


def bulk_bar() -> rx.Component:
    chosen: Any = Bulk.chosen
    return rx.el.div(
        rx.el.div(
            rx.el.span(chosen.length(), " chosen", role="status", style={"font_weight": "600"}),
            rx.el.div(
                _quiet("Choose all shown", Bulk.choose_shown),
                rx.el.button(
                    rx.icon("x", size=15, aria_hidden="true"),
                    type="button",
                    aria_label="Choose none",
                    on_click=Bulk.clear,
                    custom_attrs={"data-key": "Escape"},
                    style=_QUIET,
                ),
                style=theme.ROW | {"gap": "0"},
            ),
            style=theme.ROW | {"justify_content": "space-between"},
        ),
        rx.el.div(
            _action("Claim", "user-check", Bulk.claim),
            _action("Mark read", "mail-open", Bulk.mark_read),
            _action("Close", "check", Bulk.close),
            style={"display": "grid", "grid_template_columns": "repeat(3, 1fr)", "gap": "6px"},
        ),
        role="group",
        aria_label="Chosen conversations",
        style=theme.COLUMN | {"gap": theme.S1, "font_size": "13px"},
    )


def _action(words: str, icon: str, on_click: Any) -> rx.Component:
    """A second click within the same second is not a second wish."""
    return rx.el.button(
        rx.icon(icon, size=14, aria_hidden="true"),
        words,
        type="button",
        on_click=on_click.throttle(800),
        style=_BUTTON,
    )


def _quiet(words: str, on_click: Any) -> rx.Component:
    return rx.el.button(words, type="button", on_click=on_click, style=_QUIET)


_BUTTON: theme.Style = {
    "display": "inline-flex",
    "align_items": "center",
    "justify_content": "center",
    "gap": "6px",
    "height": "32px",
    "border_radius": theme.RADIUS,
    "border": theme.STRONG_LINE,
    "background": theme.PANEL,
    "box_shadow": theme.SHADOW,
    "font_size": "13px",
    "font_weight": "500",
    "cursor": "pointer",
    "&:hover": {"background": theme.SUNKEN},
    theme.PHONE: {"height": theme.TOUCH},
} | theme.FOCUS
_QUIET: theme.Style = {
    "display": "inline-grid",
    "place_items": "center",
    "min_height": "24px",
    "min_width": "24px",
    "padding": "0 6px",
    "border_radius": theme.RADIUS_CHIP,
    "font_size": "12px",
    "font_weight": "500",
    "color": theme.MUTED,
    "cursor": "pointer",
    "&:hover": {"background": theme.SUNKEN, "color": theme.TEXT},
    theme.PHONE: {"min_height": theme.TOUCH, "min_width": theme.TOUCH},
} | theme.FOCUS
