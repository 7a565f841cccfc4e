"""The tabs of an assistant's WhatsApp pages, each an address of its own."""

from typing import Any

import reflex as rx

from pages import theme

TABS = (
    ("connection", "Connection", ""),
    ("templates", "Templates", "templates/"),
    ("analytics", "Analytics", "analytics/"),
)


def tabs(assistant_id: Any, here: str) -> rx.Component:
    """Connection, Templates, Analytics; `here` is the one that is open."""
    return rx.el.nav(
        *[
            rx.link(
                label,
                href=f"/assistants/{assistant_id}/whatsapp/{path}",
                underline="none",
                custom_attrs={"aria-current": "page"} if name == here else {},
                style=_TAB,
            )
            for name, label, path in TABS
        ],
        aria_label="WhatsApp",
        style=theme.ROW | {"gap": "0", "border_bottom": theme.LINE, "overflow_x": "auto"},
    )


_TAB: theme.Style = theme.FOCUS | {
    "padding": "8px 12px",
    "font_weight": "500",
    "color": theme.MUTED,
    "white_space": "nowrap",
    "margin_bottom": "-1px",
    "border_bottom": "2px solid transparent",
    "&:hover": {"color": theme.TEXT},
    "&[aria-current=page]": {"color": theme.TEXT, "border_bottom_color": theme.ACCENT},
    theme.PHONE: {"min_height": theme.TOUCH, "line_height": "28px"},
}
