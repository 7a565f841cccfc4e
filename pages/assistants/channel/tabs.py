"""The tabs that the pages of an assistant's WhatsApp channel share."""

from typing import Any

import reflex as rx

from pages import theme

_TABS = {"connection": "Connection", "templates": "Templates", "analytics": "Analytics"}


def tabs(assistant_id: Any, here: str) -> rx.Component:
    """Three links; `here` is the open one: connection, templates or analytics."""
    return rx.el.nav(
        *[_tab(assistant_id, name, label, name == here) for name, label in _TABS.items()],
        aria_label="WhatsApp",
        style=_BAR,
    )


def _tab(assistant_id: Any, name: str, label: str, on: bool) -> rx.Component:
    below = "" if name == "connection" else f"{name}/"
    return rx.link(
        label,
        href=f"/assistants/{assistant_id}/whatsapp/{below}",
        underline="none",
        custom_attrs={"aria-current": "page"} if on else {},
        style=_TAB | (_ON if on else {}),
    )


_BAR: theme.Style = theme.ROW | {"gap": "22px", "border_bottom": theme.LINE}
_TAB: theme.Style = theme.FOCUS | {
    "padding": "6px 0 9px",
    "margin_bottom": "-1px",
    "color": theme.MUTED,
    "font_weight": "500",
    "border_bottom": "2px solid transparent",
    theme.PHONE: {"min_height": theme.TOUCH, "display": "flex", "align_items": "center"},
}
_ON: theme.Style = {"color": theme.TEXT, "border_bottom_color": theme.ACCENT}
