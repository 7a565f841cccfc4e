"""The menu of one row."""

from typing import Any

import reflex as rx

from pages import theme
from state.bulk import Bulk
from state.row_menu import RowMenu


def row_menu(row: Any, href: Any) -> rx.Component:
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(
            rx.el.button(
                rx.icon("ellipsis", size=16, aria_hidden="true"),
                type="button",
                aria_label=f"Actions for {row.title}",
                class_name="menu",
                style=_TRIGGER,
            ),
        ),
        rx.dropdown_menu.content(
            rx.cond(
                row.unread > 0,
                rx.dropdown_menu.item("Mark as read", on_select=RowMenu.mark_read(row.id)),
                rx.dropdown_menu.item("Mark as unread", on_select=RowMenu.mark_unread(row.id)),
            ),
            rx.dropdown_menu.item("Claim", on_select=RowMenu.claim(row.id)),
            rx.dropdown_menu.item("Close", on_select=RowMenu.close(row.id)),
            rx.dropdown_menu.separator(),
            rx.dropdown_menu.item("Choose", on_select=Bulk.choose(row.id, False)),
            rx.dropdown_menu.item("Open in new tab", on_select=rx.redirect(href, is_external=True)),
        ),
    )


_TRIGGER: theme.Style = {
    "position": "absolute",
    "right": "10px",
    "bottom": "8px",
    "width": "28px",
    "height": "24px",
    "display": "grid",
    "place_items": "center",
    "border_radius": theme.RADIUS_CHIP,
    "color": theme.MUTED,
    "cursor": "pointer",
    "opacity": "0",
    "&:hover": {"background": "var(--gray-a4)"},
    "&:focus-visible, &[data-state=open]": {"opacity": "1"},
    theme.PHONE: {"width": theme.TOUCH, "height": theme.TOUCH, "right": "4px", "bottom": "0"},
} | theme.FOCUS
