"""The switches for what calls a person; the choices stay in the browser."""

import reflex as rx

from pages import theme
from pages.components.attention import ATTENTION
from state.session import Session


class AttentionSwitches(rx.Component):
    """Sound and browser notifications (assets/js/attention.jsx)."""

    library = ATTENTION
    tag = "AttentionSwitches"

    user: rx.Var[str]


def notifications() -> rx.Component:
    return rx.popover.root(
        rx.popover.trigger(
            rx.el.button(
                rx.icon("bell", size=16, aria_hidden="true"),
                type="button",
                aria_label="Notifications",
                title="Notifications",
                style=_BUTTON,
            ),
        ),
        rx.popover.content(
            rx.el.h2("Notifications", style=theme.HEADING),
            AttentionSwitches.create(user=Session.email, style=_SWITCHES),
            align="end",
            aria_label="Notifications",
            style={"width": "300px"},
        ),
    )


_BUTTON: theme.Style = {
    "width": "28px",
    "height": "28px",
    "display": "grid",
    "place_items": "center",
    "border_radius": theme.RADIUS,
    "color": theme.MUTED,
    "cursor": "pointer",
    "&:hover, &[data-state=open]": {"background": theme.SUNKEN, "color": theme.TEXT},
    theme.PHONE: {"width": theme.TOUCH, "height": theme.TOUCH},
} | theme.FOCUS
_SWITCHES: theme.Style = theme.COLUMN | {
    "gap": theme.S3,
    "margin_top": theme.S3,
    "& label": theme.ROW
    | {
        "justify_content": "space-between",
        "gap": theme.S3,
        "font_size": "13px",
        "font_weight": "500",
        "min_height": theme.TOUCH,
        "cursor": "pointer",
    },
    "& small": theme.TINY | {"display": "block", "font_weight": "400"},
    "& p": theme.TINY | {"margin": "0", "color": theme.on_soft("amber")},
    "& input": {
        "appearance": "none",
        "flex": "none",
        "width": "34px",
        "height": "20px",
        "margin": "0",
        "padding": "2px",
        "border_radius": theme.ROUND,
        "background": "var(--gray-8)",
        "cursor": "pointer",
        "&::after": {
            "content": "''",
            "display": "block",
            "width": "16px",
            "height": "16px",
            "border_radius": theme.ROUND,
            "background": theme.ON_SOLID,
        },
        "&:checked": {"background": theme.solid("jade")},
        "&:checked::after": {"margin_left": "14px"},
        "&:focus-visible": {"outline": f"2px solid {theme.TEXT}", "outline_offset": "2px"},
    },
}
