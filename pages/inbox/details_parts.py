"""The pieces the details pane is made of."""

from typing import Any

import reflex as rx

from pages import theme

PANEL_ID = "details"


def part(heading: Any, *content: Any, beside: Any = None) -> rx.Component:
    """A section with a line above; `beside` stands at the right of its heading."""
    title = rx.el.h3(heading, style=theme.HEADING)
    between = theme.ROW | {"justify_content": "space-between"}
    return rx.el.section(
        title if beside is None else rx.el.div(title, beside, style=between),
        *content,
        style=theme.COLUMN | {"gap": "6px", "border_top": theme.LINE, "padding_top": "14px"},
    )


def small_button(*words: Any, **props: Any) -> rx.Component:
    """A button of the pane's own size; a finger finds it on a phone."""
    style = props.pop("style", {})
    return rx.el.button(
        *words, type=props.pop("type", "button"), style=SMALL_BUTTON | style, **props
    )


SMALL_BUTTON: theme.Style = {
    "display": "inline-flex",
    "align_items": "center",
    "justify_content": "center",
    "height": "26px",
    "padding": "0 9px",
    "border_radius": theme.RADIUS_CHIP,
    "border": theme.LINE,
    "background": theme.SUNKEN,
    "color": theme.MUTED,
    "font_size": "12px",
    "font_weight": "500",
    "white_space": "nowrap",
    "cursor": "pointer",
    "&:hover": {"background": "var(--gray-3)"},
    "&:disabled": {"cursor": "default", "opacity": "0.6"},
    "&[aria-pressed=true]": {
        "background": theme.soft("jade"),
        "border": theme.line_of("jade"),
        "color": theme.on_soft("jade"),
        "font_weight": "600",
    },
    theme.PHONE: {"height": theme.TOUCH, "min_width": theme.TOUCH},
} | theme.FOCUS
