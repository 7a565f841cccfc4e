"""The sidebar that an assistant's pages share: its name, its sections, its channels."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import avatar

LATER = ("Messenger", "Instagram", "Live chat")


def sidebar(name: Any, initials: Any, *sections: rx.Component) -> rx.Component:
    """At the left of PAGE; on a phone a row above it."""
    return rx.el.aside(
        rx.link(
            rx.icon("arrow-left", size=14, aria_hidden="true"),
            "All assistants",
            href="/assistants/",
            style=theme.SMALL | theme.ROW | {"padding": "0 8px 10px"},
        ),
        rx.el.div(
            avatar(initials, theme.FACES[6], 32),
            rx.el.div(
                rx.el.div(name, style=theme.CUT | {"font_weight": "600"}),
                rx.el.div("Assistant", style=theme.TINY),
                style={"min_width": "0"},
            ),
            style=theme.ROW | {"padding": "2px 8px 12px", theme.PHONE: {"display": "none"}},
        ),
        rx.el.nav(*sections, aria_label="Assistant", style=_SECTIONS),
        style=_SIDE,
    )


def button(label: str, on: Any, **props: Any) -> rx.Component:
    """A section of the page that is open."""
    return rx.el.button(
        label,
        type="button",
        custom_attrs={"aria-current": rx.cond(on, "page", "false")},
        style=_ITEM
        | {
            "color": rx.cond(on, theme.on_soft("jade"), theme.MUTED),
            "background": rx.cond(on, theme.soft("jade"), "transparent"),
        },
        **props,
    )


def link(label: str, href: Any, *, on: bool = False, style: theme.Style | None = None) -> Any:
    """A section that is a page of its own."""
    return rx.link(
        label,
        href=href,
        underline="none",
        custom_attrs={"aria-current": "page"} if on else {},
        style=_ITEM | {"color": theme.on_soft("jade") if on else theme.MUTED} | (style or {}),
    )


def channels(assistant: Any, *, here: bool = False) -> rx.Component:
    """The channels of the assistant with this id; `here`: its WhatsApp page is the open one."""
    heading = {theme.PHONE: {"display": "none"}}
    heading |= {"background": theme.soft("jade"), "color": theme.on_soft("jade")} if here else {}
    return rx.fragment(
        link("Channels", whatsapp(assistant), style=heading),
        link("WhatsApp", whatsapp(assistant), on=here, style=_INDENTED),
        *[_later(name) for name in LATER],
    )


def whatsapp(assistant: Any) -> Any:
    """The address of an assistant's WhatsApp page."""
    return f"/assistants/{assistant}/whatsapp/"


def _later(name: str) -> rx.Component:
    return rx.el.div(
        name,
        rx.el.div("not in this version yet", style=theme.TINY | {"font_weight": "400"}),
        aria_disabled="true",
        style=_ITEM
        | _INDENTED
        | {
            "color": theme.MUTED,
            "cursor": "default",
            "&:hover": {},
            theme.PHONE: {"display": "none"},
        },
    )


PAGE: theme.Style = {
    "display": "grid",
    "grid_template_columns": "230px minmax(0, 1fr)",
    "min_height": "100%",
    theme.NARROW: {"grid_template_columns": "180px minmax(0, 1fr)"},
    theme.PHONE: {"grid_template_columns": "minmax(0, 1fr)", "align_content": "start"},
}
MAIN: theme.Style = theme.COLUMN | {
    "gap": theme.S4,
    "padding": "22px 34px",
    "min_width": "0",
    theme.NARROW: {"padding": theme.S5},
    theme.PHONE: {"padding": theme.S4},
}
_SIDE: theme.Style = {
    "padding": "18px 12px",
    "background": theme.SUNKEN,
    "border_right": theme.LINE,
    theme.PHONE: {"padding": "12px 12px 8px", "border_right": "0", "border_bottom": theme.LINE},
}
_SECTIONS: theme.Style = theme.COLUMN | {
    "gap": "2px",
    theme.PHONE: {"flex_direction": "row"},
}
_ITEM: theme.Style = theme.FOCUS | {
    "display": "block",
    "padding": "6px 10px",
    "border_radius": theme.RADIUS,
    "font_weight": "500",
    "font_size": "13.5px",
    "line_height": "20px",
    "text_align": "left",
    "cursor": "pointer",
    "&:hover": {"background": theme.soft("jade")},
    theme.PHONE: {"min_height": theme.TOUCH, "line_height": "32px"},
}
_INDENTED: theme.Style = {
    "padding_left": "26px",
    theme.PHONE: {"min_height": theme.TOUCH, "line_height": "32px"},
}
