"""What the cards of the channel page are made of."""

from typing import Any

import reflex as rx

from pages import theme


def card(*content: Any, **props: Any) -> rx.Component:
    return rx.el.section(
        *content, style=theme.CARD | {"padding": "18px 20px", "min_width": "0"}, **props
    )


def columns(main: list[Any], beside: list[Any], **props: Any) -> rx.Component:
    """The wide column and the one beside it; below one another where the page is narrow."""
    return rx.el.div(
        rx.el.div(*main, style=_COLUMN),
        rx.el.div(*beside, style=_COLUMN),
        style=_GRID,
        **props,
    )


def plain_button(label: str, **props: Any) -> rx.Component:
    """A white button with a border, as the mock-up has beside the green one."""
    color = props.pop("color", theme.TEXT)
    return rx.button(
        label,
        type=props.pop("type", "button"),
        variant="outline",
        color_scheme="gray",
        style=_PLAIN | {"color": color},
        **props,
    )


_COLUMN: theme.Style = theme.COLUMN | {"gap": theme.S4, "min_width": "0"}
_GRID: theme.Style = {
    "display": "grid",
    "grid_template_columns": "minmax(0, 1fr) 372px",
    "gap": theme.S4,
    "align_items": "start",
    theme.NARROW: {"grid_template_columns": "minmax(0, 1fr)"},
}
_PLAIN: theme.Style = {
    "background": theme.PANEL,
    "border_radius": theme.RADIUS,
    "border": theme.STRONG_LINE,
    "box_shadow": theme.SHADOW,
    "font_size": "13px",
    theme.PHONE: {"min_height": theme.TOUCH},
}
