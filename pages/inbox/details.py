"""The right pane: who the customer is, who answers, the window, the assistant's reasons."""

import reflex as rx

from pages import theme
from pages.inbox.actions import ICON_BUTTON, MENU_TOUCH
from pages.inbox.customer import customer_card, earlier_card
from pages.inbox.customer_dialogs import customer_dialogs
from pages.inbox.details_parts import PANEL_ID, part
from pages.inbox.who_answers import who_answers_card
from state.thread import Thread


def details_toggle() -> rx.Component:
    """Opens the drawer where the pane has no room; the browser itself closes it on Escape."""
    return rx.el.button(
        rx.icon("panel-right", size=17, aria_hidden="true"),
        type="button",
        aria_label="Details",
        title="Details",
        custom_attrs={"popoverTarget": PANEL_ID},
        style=ICON_BUTTON
        | {"display": "none", theme.NARROW: {"display": "grid"}, theme.PHONE: {"display": "none"}},
    )


def details_item() -> rx.Component:
    """The same in the menu of a phone, whose header has no room for it."""
    return rx.dropdown_menu.item(
        "Details",
        on_select=rx.call_script(_OPEN),
        style={"display": "none", theme.PHONE: MENU_TOUCH | {"display": "flex"}},
    )


def details_pane() -> rx.Component:
    """Beside the thread; below 1100 px a drawer over it."""
    return rx.el.aside(
        rx.cond(
            Thread.loaded,
            rx.fragment(
                _shut(),
                customer_card(),
                who_answers_card(),
                _window(),
                _reasons(),
                earlier_card(),
                customer_dialogs(),
            ),
        ),
        id=PANEL_ID,
        tab_index=-1,
        aria_label="Details",
        custom_attrs={"popover": "auto", "onToggle": rx.Var(_FOCUS_GOES_IN)},
        style=_PANE,
    )


def _shut() -> rx.Component:
    return rx.el.button(
        rx.icon("x", size=17, aria_hidden="true"),
        type="button",
        aria_label="Close details",
        custom_attrs={"popoverTarget": PANEL_ID, "popoverTargetAction": "hide"},
        style=ICON_BUTTON | _SHUT,
    )


def _window() -> rx.Component:
    level, percent = Thread.header.window_level, Thread.header.window_percent
    color = rx.match(level, ("open", theme.ACCENT), ("soon", theme.SOON), theme.STOPPED)
    return part(
        "Customer service window",
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
    details = Thread.details
    return rx.cond(
        details.trace != "",
        part(
            rx.cond(details.silence != "", "Why the AI stayed silent", "Why the AI said that"),
            rx.cond(details.silence != "", rx.el.p(details.silence, style=theme.SMALL)),
            rx.el.p(details.trace, style=theme.SMALL | theme.NUMBER),
            rx.el.ul(
                rx.foreach(
                    details.passages,
                    lambda title, at: rx.el.li(title, key=at, style=theme.SMALL | _PASSAGE),
                ),
                aria_label="Passages it read",
                style=_PASSAGES,
            ),
        ),
    )


# A menu gives its focus back a moment after it closed; the drawer takes it after that.
_OPEN = f"setTimeout(() => document.getElementById('{PANEL_ID}')?.showPopover(), 60)"
_FOCUS_GOES_IN = "(event) => event.newState === 'open' && event.currentTarget.focus()"

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
    "outline": "none",
    theme.NARROW: {
        "&:not(:popover-open)": {"display": "none"},
        "&:popover-open": {
            "position": "fixed",
            "inset": "0 0 0 auto",
            "height": "100dvh",
            "max_height": "none",
            "max_width": "none",
            "box_shadow": "var(--shadow-6)",
        },
    },
    theme.PHONE: {"width": "100vw", "border_left": "0"},
}
_SHUT: theme.Style = {
    "display": "none",
    "position": "absolute",
    "top": theme.S3,
    "right": theme.S3,
    theme.NARROW: {"display": "grid"},
    theme.PHONE: {"display": "grid", "width": theme.TOUCH, "height": theme.TOUCH},
}
_BAR: theme.Style = {
    "height": "6px",
    "flex": "none",
    "margin_top": "2px",
    "border_radius": "3px",
    "background": "var(--gray-5)",
    "overflow": "hidden",
}
_PASSAGES: theme.Style = {
    "list_style": "none",
    "margin": "0",
    "padding": "0",
    "&:empty": {"display": "none"},
}
_PASSAGE: theme.Style = theme.CUT | {
    "&::before": {"content": "'“'"},
    "&::after": {"content": "'”'"},
}
