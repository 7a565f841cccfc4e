"""The frame of every signed-in page: the rail at the left; on a phone, the tab bar below."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.attention import attention
from pages.components.keyboard import keyboard
from pages.components.marks import avatar
from pages.components.native_form import native_form
from pages.components.places import PLACES
from state.attention import Attention
from state.session import Session


def shell(*content: rx.Component, active: str = "inbox", tabs: Any = True) -> rx.Component:
    """The frame with `content` in it; `tabs` says whether a phone shows the tab bar."""
    return rx.el.div(
        _rail(active),
        rx.el.main(*content, style=_MAIN),
        _tab_bar(active, tabs),
        native_form(id="sign-out", action="/api/auth/logout", method="post"),
        keyboard(),
        attention(),
        style=_FRAME,
    )


def _rail(active: str) -> rx.Component:
    *above, settings = PLACES
    return rx.el.nav(
        rx.el.div("✦", style=_LOGO, aria_hidden="true"),
        *[_place(*each, active) for each in above],
        rx.el.div(flex="1"),
        _place(*settings, active),
        _me(
            rx.fragment(
                avatar(Session.initials, theme.FACES[2], 32),
                rx.el.span("Your account", style=theme.HIDDEN),
            ),
            _BARE,
        ),
        aria_label="Main",
        style=_RAIL,
    )


def _place(name: str, label: str, icon: str, href: str, active: str) -> rx.Component:
    return rx.link(
        rx.icon(icon, size=19, stroke_width=1.75, aria_hidden="true"),
        rx.el.span(label, style=theme.HIDDEN),
        _unread() if name == "inbox" else rx.fragment(),
        href=href,
        title=label,
        custom_attrs={"aria-current": "page"} if name == active else {},
        style=_PLACE | (_PLACE_ON if name == active else {}),
    )


def _unread() -> rx.Component:
    return rx.cond(
        Attention.unread != "",
        rx.el.span(Attention.unread, rx.el.span(" unread", style=theme.HIDDEN), style=_DOT),
    )


def _me(face: rx.Component, style: theme.Style) -> rx.Component:
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(rx.el.button(face, type="button", style=style)),
        rx.dropdown_menu.content(
            rx.el.div(
                Session.name,
                " · ",
                Session.workspace_name,
                style=theme.SMALL | {"padding": "6px 12px"},
            ),
            rx.dropdown_menu.item("Settings", on_select=rx.redirect("/settings/")),
            rx.dropdown_menu.separator(),
            rx.dropdown_menu.item("Sign out", on_select=rx.call_script(_SIGN_OUT)),
        ),
    )


def _tab_bar(active: str, tabs: Any) -> rx.Component:
    shown = tabs if isinstance(tabs, bool) else rx.cond(tabs, "flex", "none")
    return rx.el.nav(
        *[_tab(name, label, href, active) for name, label, _, href in PLACES],
        _me(rx.el.span("You"), _TAB),
        aria_label="Main, below",
        style=_TAB_BAR | {theme.PHONE: {"display": "flex" if shown is True else shown}},
    )


def _tab(name: str, label: str, href: str, active: str) -> rx.Component:
    on = {"color": theme.on_soft("jade"), "font_weight": "600"} if name == active else {}
    return rx.link(label, href=href, style=_TAB | on)


# A menu item unmounts with its menu, so the form it submits stands outside.
_SIGN_OUT = "document.getElementById('sign-out').submit()"

_FRAME: theme.Style = {
    "display": "grid",
    "grid_template_columns": f"{theme.RAIL} minmax(0, 1fr)",
    "grid_template_rows": "minmax(0, 1fr)",
    "height": "100dvh",
    "overflow": "hidden",
    "color": theme.TEXT,
    theme.PHONE: {
        "grid_template_columns": "minmax(0, 1fr)",
        "grid_template_rows": "minmax(0, 1fr) auto",
    },
}
_MAIN: theme.Style = {"min_width": "0", "min_height": "0", "overflow": "auto"}
_RAIL: theme.Style = theme.COLUMN | {
    "align_items": "center",
    "gap": "6px",
    "padding": "14px 0",
    "background": theme.PANEL,
    "border_right": theme.LINE,
    theme.PHONE: {"display": "none"},
}
_LOGO: theme.Style = {
    "width": "34px",
    "height": "34px",
    "margin_bottom": "14px",
    "border_radius": "10px",
    "display": "grid",
    "place_items": "center",
    "color": theme.ON_SOLID,
    "background": theme.BRAND,
}
_PLACE: theme.Style = {
    "width": "40px",
    "height": "40px",
    "border_radius": "10px",
    "display": "grid",
    "place_items": "center",
    "position": "relative",
    "color": theme.MUTED,
    "&:hover": {"background": theme.SUNKEN},
} | theme.FOCUS
_PLACE_ON: theme.Style = {
    "color": theme.on_soft("jade"),
    "background": theme.soft("jade"),
    "&:hover": {"background": theme.soft("jade")},
}
_DOT: theme.Style = theme.NUMBER | {
    "position": "absolute",
    "top": "4px",
    "right": "2px",
    "min_width": "16px",
    "height": "16px",
    "padding": "0 4px",
    "border_radius": theme.RADIUS,
    "background": theme.solid("red"),
    "color": theme.ON_SOLID,
    "font_size": "10px",
    "font_weight": "600",
    "line_height": "16px",
    "text_align": "center",
}
_BARE: theme.Style = {
    "border_radius": theme.ROUND,
    "cursor": "pointer",
    "padding": "0",
    "display": "grid",
} | theme.FOCUS
_TAB_BAR: theme.Style = {
    "display": "none",
    "justify_content": "space-around",
    "background": theme.PANEL,
    "border_top": theme.LINE,
    "padding_bottom": "env(safe-area-inset-bottom)",
}
_TAB: theme.Style = {
    "min_width": theme.TOUCH,
    "min_height": "48px",
    "display": "grid",
    "place_items": "center",
    "font_size": "12px",
    "color": theme.MUTED,
    "cursor": "pointer",
}
