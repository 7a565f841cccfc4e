"""The filter menu, and the line that says how many filters narrow the list."""

from typing import Any

import reflex as rx

from pages import theme
from state.filtering import Filtering, Name
from state.inbox import Inbox


def filter_button() -> rx.Component:
    return rx.popover.root(
        rx.popover.trigger(
            rx.el.button(
                "Filter",
                rx.cond(
                    Inbox.active > 0,
                    rx.el.span(
                        Inbox.active, rx.el.span(" active", style=theme.HIDDEN), style=_NUMBER
                    ),
                ),
                type="button",
                style=_BUTTON,
            ),
        ),
        rx.popover.content(_menus(), align="end", aria_label="Filter", style={"width": "280px"}),
        on_open_change=Filtering.open,
    )


def _menus() -> rx.Component:
    return rx.el.div(
        _menu("Channel", "channel", Inbox.channel, Filtering.channels, "All channels"),
        _menu("Assistant", "assistant", Inbox.assistant, Filtering.assistants, "All assistants"),
        _menu("Who handles it", "handler", Inbox.handler, Filtering.handlers, "Anybody"),
        rx.el.label(
            "Unread only",
            rx.switch(
                checked=Inbox.unread_only,
                on_change=Filtering.only_unread,
                aria_label="Unread only",
            ),
            style=_SWITCH,
        ),
        rx.button(
            "Clear filters",
            variant="soft",
            color_scheme="gray",
            disabled=Inbox.active == 0,
            on_click=Filtering.clear,
        ),
        style=theme.COLUMN | {"gap": theme.S3},
    )


def _menu(label: str, name: Name, value: Any, choices: Any, everything: str) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, style={"font_size": "12px", "font_weight": "500"}),
        rx.el.select(
            rx.el.option(everything, value=""),
            rx.foreach(choices, lambda each: rx.el.option(each.label, value=each.value)),
            key=choices.length(),  # a choice that came later is shown as chosen
            value=value,
            on_change=lambda chosen: Filtering.choose(name, chosen),
            style=_SELECT,
        ),
        style=theme.COLUMN | {"gap": theme.S1},
    )


def filter_line() -> rx.Component:
    """Below the views, so that nobody wonders where the rest is."""
    return rx.cond(
        (Inbox.active > 0) & (Inbox.problem == ""),
        rx.el.div(
            rx.el.span(
                Inbox.active,
                rx.cond(
                    Inbox.active == 1, " filter narrows this list", " filters narrow this list"
                ),
            ),
            rx.el.button("Clear", type="button", on_click=Filtering.clear, style=_CLEAR),
            style=_LINE,
        ),
    )


_BUTTON: theme.Style = {
    "display": "inline-flex",
    "align_items": "center",
    "gap": "6px",
    "height": "28px",
    "padding": "0 10px",
    "border_radius": theme.RADIUS,
    "font_size": "12.5px",
    "font_weight": "500",
    "color": theme.MUTED,
    "cursor": "pointer",
    "&:hover, &[data-state=open]": {"background": theme.SUNKEN, "color": theme.TEXT},
    theme.PHONE: {"height": theme.TOUCH, "font_size": "14px"},
} | theme.FOCUS
_NUMBER: theme.Style = theme.NUMBER | {
    "min_width": "16px",
    "height": "16px",
    "padding": "0 4px",
    "border_radius": theme.RADIUS,
    "background": theme.solid("jade"),
    "color": theme.ON_SOLID,
    "font_size": "10.5px",
    "font_weight": "600",
    "line_height": "16px",
    "text_align": "center",
}
_SELECT: theme.Style = {
    "height": "32px",
    "padding": "0 8px",
    "border": theme.STRONG_LINE,
    "border_radius": theme.RADIUS,
    "background": theme.PANEL,
    "color": theme.TEXT,
    "font_size": "13px",
    theme.PHONE: {"height": theme.TOUCH, "font_size": "16px"},
} | theme.FOCUS
_SWITCH: theme.Style = theme.ROW | {
    "justify_content": "space-between",
    "font_size": "13px",
    "min_height": "32px",
    theme.PHONE: {"min_height": theme.TOUCH},
}
_LINE: theme.Style = (
    theme.ROW
    | theme.TINY
    | {
        "justify_content": "space-between",
        "padding": "5px 16px",
        "border_bottom": theme.LINE,
        "background": theme.SUNKEN,
    }
)
_CLEAR: theme.Style = {
    "font_size": "11.5px",
    "font_weight": "600",
    "color": theme.on_soft("jade"),
    "cursor": "pointer",
    "padding": "2px 6px",
    "margin_right": "-6px",
    "border_radius": theme.RADIUS_CHIP,
    theme.PHONE: {"min_height": theme.TOUCH, "min_width": theme.TOUCH},
} | theme.FOCUS
