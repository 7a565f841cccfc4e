"""The right pane: who the customer is, who answers, the window, the assistant's reasons."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import avatar, face, toned_chip
from pages.inbox.actions import close_or_reopen
from state.thread import Thread

PANEL_ID = "details"


def details_toggle() -> rx.Component:
    """Opens the drawer where the pane has no room; the browser itself closes it on Escape."""
    return rx.el.button(
        rx.icon("panel-right", size=17, aria_hidden="true"),
        type="button",
        aria_label="Details",
        title="Details",
        custom_attrs={"popoverTarget": PANEL_ID},
        style=_TOGGLE,
    )


def details_pane() -> rx.Component:
    return rx.el.aside(
        rx.cond(
            Thread.loaded,
            rx.fragment(_person(), _actions(), _facts(), _who_answers(), _window(), _reasons()),
        ),
        id=PANEL_ID,
        aria_label="Details",
        custom_attrs={"popover": "auto"},
        style=_PANE,
    )


def _person() -> rx.Component:
    header = Thread.header
    return rx.el.div(
        avatar(header.initials, face(header.face), 56),
        rx.el.h2(header.title, style=theme.HEADING | {"overflow_wrap": "anywhere"}),
        rx.el.p(Thread.details.since, style=theme.SMALL),
        style=theme.COLUMN | {"align_items": "center", "gap": "6px", "padding_top": "6px"},
    )


def _actions() -> rx.Component:
    """On a phone the header has no room for these."""
    return rx.el.div(
        close_or_reopen(),
        style={"display": "none", theme.PHONE: {"display": "grid", "justify_content": "center"}},
    )


def _facts() -> rx.Component:
    return rx.el.dl(
        rx.foreach(
            Thread.details.facts,
            lambda fact: rx.fragment(
                rx.el.dt(fact[0], style={"color": theme.MUTED}),
                rx.el.dd(fact[1], style={"margin": "0", "overflow_wrap": "anywhere"}),
            ),
        ),
        style=_FACTS,
    )


def _who_answers() -> rx.Component:
    return _part(
        rx.el.div(
            rx.el.h3("Who answers", style=theme.HEADING),
            toned_chip(Thread.header.who_tone, Thread.header.who),
            style=theme.ROW | {"justify_content": "space-between"},
        ),
        rx.el.p(Thread.details.who_sentence, style=theme.SMALL),
    )


def _window() -> rx.Component:
    level, percent = Thread.header.window_level, Thread.header.window_percent
    color = rx.match(level, ("open", theme.ACCENT), ("soon", theme.SOON), theme.STOPPED)
    return _part(
        rx.el.h3("Customer service window", style=theme.HEADING),
        rx.el.div(
            rx.el.div(
                style={"width": f"{percent}%", "height": "100%", "background": color},
            ),
            role="img",
            aria_label=Thread.header.window_label,
            style=_BAR,
        ),
        rx.el.p(Thread.details.window_sentence, style=theme.SMALL),
    )


def _reasons() -> rx.Component:
    return rx.cond(
        Thread.details.trace != "",
        _part(
            rx.el.h3("Why the AI said that", style=theme.HEADING),
            rx.el.p(Thread.details.trace, style=theme.SMALL | theme.NUMBER),
        ),
    )


def _part(*content: Any) -> rx.Component:
    return rx.el.section(
        *content,
        style=theme.COLUMN | {"gap": "6px", "border_top": theme.LINE, "padding_top": "14px"},
    )


_PANE: theme.Style = theme.COLUMN | {
    # It is a popover only where it is a drawer; on a wide screen it stands in the grid.
    "position": "static",
    "width": theme.DETAILS,
    "height": "auto",
    "margin": "0",
    "padding": "18px",
    "gap": "18px",
    "border": "0",
    "border_left": theme.LINE,
    "background": theme.PANEL,
    "color": theme.TEXT,
    "overflow_y": "auto",
    theme.NARROW: {
        "&:not(:popover-open)": {"display": "none"},
        "&:popover-open": {
            "position": "fixed",
            "inset": "0 0 0 auto",
            "height": "100dvh",
            "max_height": "none",
            "box_shadow": "var(--shadow-6)",
        },
    },
}
_FACTS: theme.Style = {
    "display": "grid",
    "grid_template_columns": "92px minmax(0, 1fr)",
    "row_gap": "7px",
    "font_size": "13px",
    "margin": "0",
} | theme.NUMBER
_BAR: theme.Style = {
    "height": "6px",
    "margin_top": "2px",
    "border_radius": "3px",
    "background": "var(--gray-5)",
    "overflow": "hidden",
}
_TOGGLE: theme.Style = {
    "display": "none",
    "width": "32px",
    "height": "32px",
    "place_items": "center",
    "border_radius": theme.RADIUS,
    "border": theme.STRONG_LINE,
    "background": theme.PANEL,
    "color": theme.TEXT,
    "cursor": "pointer",
    theme.NARROW: {"display": "grid"},
    theme.PHONE: {"width": "40px", "height": "40px"},
} | theme.FOCUS
