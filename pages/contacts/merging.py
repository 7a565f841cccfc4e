"""The dialog that makes one contact of two."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.settings_parts import count, quiet_button
from pages.contacts.card import DIALOG
from pages.sign_in import problem
from state.contacts import SEARCH_LENGTH, ContactMerge, Side


def merge_dialog() -> rx.Component:
    """First the search for the other one, then what survives."""
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title("Merge contacts", size="4"),
            rx.dialog.description(
                rx.cond(
                    ContactMerge.gone > 0,
                    rx.fragment(
                        ContactMerge.gone_title, " becomes part of ", ContactMerge.kept_title, "."
                    ),
                    rx.fragment("Who is the same person as ", ContactMerge.kept_title, "?"),
                ),
                size="2",
            ),
            rx.cond(ContactMerge.gone > 0, _preview(), _search()),
            problem(ContactMerge.problem),
            max_width="560px",
            style=DIALOG,
        ),
        open=ContactMerge.shown,
        on_open_change=ContactMerge.close,
    )


def _search() -> rx.Component:
    return rx.el.div(
        rx.el.label("Search contacts to merge", html_for="merge-search", style=theme.HIDDEN),
        rx.debounce_input(
            rx.input(
                id="merge-search",
                type="search",
                placeholder="Search name, phone or e-mail",
                value=ContactMerge.search,
                on_change=ContactMerge.search_for,
                max_length=SEARCH_LENGTH,
            ),
            debounce_timeout=300,
        ),
        rx.cond(
            count(ContactMerge.found) > 0,
            rx.el.ul(rx.foreach(ContactMerge.found, _found), style=_LIST),
            rx.el.p("No other contact has this.", style=theme.SMALL),
        ),
        style=theme.COLUMN | {"gap": theme.S3, "margin_top": theme.S4},
    )


def _found(each: Any) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            rx.el.span(each.title, style=theme.CUT | {"font_weight": "500"}),
            rx.el.span(each.phone, " ", each.email, style=theme.SMALL | theme.CUT | theme.NUMBER),
            type="button",
            on_click=ContactMerge.choose_other(each.id),
            style=_FOUND,
        ),
        key=each.id,
    )


def _preview() -> rx.Component:
    return rx.el.div(
        rx.foreach(ContactMerge.fields, _field),
        rx.el.p(
            rx.match(
                ContactMerge.conversations,
                (0, "Neither is on a conversation yet."),
                (1, "Their conversation stays as it is, linked to this one contact."),
                f"Their {ContactMerge.conversations} conversations stay as they are, linked to "
                "this one contact.",
            ),
            " What is not kept is gone; this cannot be undone.",
            style=theme.SMALL,
        ),
        rx.el.div(
            rx.dialog.close(quiet_button("Cancel")),
            rx.button("Merge contacts", on_click=ContactMerge.merge),
            style=theme.ROW | {"justify_content": "flex-end"},
        ),
        style=theme.COLUMN | {"gap": theme.S4, "margin_top": theme.S4},
    )


def _field(each: Any) -> rx.Component:
    return rx.cond(
        each.open,
        rx.el.fieldset(
            rx.el.legend(each.label, style=_LEGEND),
            _side(each, "kept", each.kept),
            _side(each, "gone", each.gone),
            key=f"{ContactMerge.gone}-{each.field}",
            style={"border": "0", "padding": "0", "margin": "0"},
        ),
        rx.el.div(
            rx.el.div(each.label, style=_LEGEND),
            rx.el.div(
                rx.cond(each.kept != "", each.kept, rx.cond(each.gone != "", each.gone, "–")),
                style=theme.NUMBER | {"overflow_wrap": "anywhere"},
            ),
        ),
    )


def _side(each: Any, side: Side, value: Any) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name=f"keep-{each.field}",
            # The browser's own from here on: a choice shows at once, not when the server has it.
            default_checked=each.side == side,
            on_change=ContactMerge.choose(each.field, side),
            style={"accent_color": theme.ACCENT, "flex": "none"},
        ),
        rx.el.span(value, style=theme.NUMBER | {"overflow_wrap": "anywhere"}),
        style=theme.ROW | {"min_height": "32px", "cursor": "pointer", theme.PHONE: _TALL},
    )


_TALL: theme.Style = {"min_height": theme.TOUCH}
_LEGEND: theme.Style = {"font_size": "12px", "color": theme.MUTED, "padding": "0"}
_LIST: theme.Style = {
    "list_style": "none",
    "padding": "0",
    "margin": "0 -8px",
    "max_height": "300px",
    "overflow": "auto",
}
_FOUND: theme.Style = (
    theme.COLUMN
    | theme.FOCUS
    | {
        "width": "100%",
        "min_height": theme.TOUCH,
        "padding": "6px 8px",
        "text_align": "left",
        "cursor": "pointer",
        "color": theme.TEXT,
        "border_radius": theme.RADIUS,
        "&:hover": {"background": theme.SUNKEN},
    }
)
