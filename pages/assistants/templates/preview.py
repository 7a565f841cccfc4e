"""The draft as the customer's phone would show it."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.settings_parts import count
from state.template_draft import TemplateDraft

_ICONS = (("link", "external-link"), ("phone", "phone"))


def preview() -> rx.Component:
    """A bubble with the examples filled in."""
    view = TemplateDraft.view
    return rx.el.section(
        rx.el.div("Preview", style=theme.SMALL),
        rx.el.div(
            rx.el.div(
                rx.cond(view.header != "", rx.el.div(view.header, style=_HEADER)),
                rx.cond(
                    count(view.pieces) > 0,
                    rx.el.div(rx.foreach(view.pieces, _piece), style=_BODY),
                    rx.el.div("Your text appears here.", style=theme.SMALL),
                ),
                rx.cond(view.footer != "", rx.el.div(view.footer, style=theme.TINY)),
                rx.el.div("10:46", aria_hidden="true", style=_TIME),
                rx.foreach(view.buttons, _button),
                style=_BUBBLE,
            ),
            style=_PHONE,
        ),
        rx.el.p(
            "New templates start as Pending. Meta usually answers within minutes.",
            style=theme.TINY,
        ),
        aria_label="Preview",
        style=theme.COLUMN | _BESIDE,
    )


def _piece(piece: Any) -> rx.Component:
    return rx.cond(piece.strong, rx.el.b(piece.words), rx.el.span(piece.words))


def _button(button: Any) -> rx.Component:
    return rx.el.div(
        rx.match(
            button.kind,
            *[(kind, rx.icon(icon, size=13, aria_hidden="true")) for kind, icon in _ICONS],
            rx.icon("reply", size=13, aria_hidden="true"),
        ),
        rx.el.span(rx.cond(button.text != "", button.text, "Button"), style=theme.CUT),
        style=_BUTTON,
    )


_BESIDE: theme.Style = {
    "gap": theme.S2,
    "min_width": "0",
    "position": "sticky",
    "top": "18px",
    "align_self": "start",
    theme.PHONE: {"position": "static"},
}
_PHONE: theme.Style = {
    "background": theme.soft("sand"),
    "border": theme.LINE,
    "border_radius": "14px",
    "padding": theme.S4,
}
_BUBBLE: theme.Style = {
    "background": theme.PANEL,
    "border_radius": "2px 10px 10px 10px",
    "box_shadow": theme.SHADOW,
    "padding": "8px 10px",
    "max_width": "280px",
}
_HEADER: theme.Style = {"font_weight": "600", "overflow_wrap": "anywhere", "margin_bottom": "2px"}
_BODY: theme.Style = {"white_space": "pre-wrap", "overflow_wrap": "anywhere", "line_height": "20px"}
_TIME: theme.Style = theme.TINY | theme.NUMBER | {"text_align": "right"}
_BUTTON: theme.Style = theme.ROW | {
    "justify_content": "center",
    "gap": "6px",
    "margin": "6px -10px 0",
    "padding": "7px 10px 1px",
    "border_top": theme.LINE,
    "color": theme.on_soft("blue"),
    "font_weight": "500",
    "font_size": "13px",
}
