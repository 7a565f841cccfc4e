"""The words that agents use again: the list, and the dialog that adds or changes one."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.settings_parts import confirmed, count, quiet_button, row, rows, section
from pages.sign_in import LABEL, problem
from state.saved_replies import LONGEST, MOST_SHOWN, SEARCH_LENGTH, SavedReplies

LINE = "In the inbox, type / and the beginning of a shortcut to use one. They are everybody's."
PLACEHOLDERS = {
    "{name}": "the customer's name",
    "{first_name}": "their first name",
    "{agent}": "the name of who replies",
}


def content() -> rx.Component:
    """The tab that everyone has."""
    return rx.cond(
        SavedReplies.loaded,
        section(
            "Saved replies",
            LINE,
            rx.el.div(
                _search(),
                rx.button(
                    "Add reply",
                    type="button",
                    id="add-reply",
                    on_click=SavedReplies.write_new,
                    style=_TALL,
                ),
                style=theme.ROW | {"flex_wrap": "wrap"},
            ),
            rx.cond(
                count(SavedReplies.rows) > 0,
                rx.fragment(rows(rx.foreach(SavedReplies.rows, _reply)), _more()),
                _nothing(),
            ),
            _dialog(),
        ),
    )


def _search() -> rx.Component:
    return rx.el.div(
        rx.el.label("Search saved replies", html_for="reply-search", style=theme.HIDDEN),
        rx.debounce_input(
            rx.input(
                id="reply-search",
                type="search",
                placeholder="Search shortcuts and words",
                value=SavedReplies.search,
                on_change=SavedReplies.search_for,
                max_length=SEARCH_LENGTH,
            ),
            debounce_timeout=300,
        ),
        style={"flex": "1 1 220px"},
    )


def _reply(each: Any) -> rx.Component:
    return row(
        rx.el.div(
            rx.el.div("/", each.shortcut, style={"font_weight": "500"}),
            rx.el.div(each.text, style=theme.SMALL | _TWO_LINES),
            style={"flex": "1 1 200px", "min_width": "0"},
        ),
        rx.cond(
            each.may_change,
            rx.el.div(
                quiet_button(
                    "Edit",
                    id=f"edit-reply-{each.id}",
                    aria_label=f"Edit /{each.shortcut}",
                    style=_TALL,
                    on_click=SavedReplies.edit(each.id),
                ),
                confirmed(
                    quiet_button("Delete", aria_label=f"Delete /{each.shortcut}", style=_TALL),
                    rx.fragment("Delete /", each.shortcut, "?"),
                    "It goes for everybody in the workspace. What was sent with it stays.",
                    "Delete reply",
                    SavedReplies.delete(each.id),
                ),
                style=theme.ROW,
            ),
        ),
        key=each.id,
    )


def _more() -> rx.Component:
    return rx.cond(
        count(SavedReplies.rows) >= MOST_SHOWN,
        rx.el.p(f"The first {MOST_SHOWN}. Search to find the others.", style=theme.SMALL),
    )


def _nothing() -> rx.Component:
    return rx.el.p(
        rx.cond(
            SavedReplies.search != "",
            "No saved reply holds this. Try fewer letters.",
            "Nothing is saved yet. Add the words you type every day, such as your opening hours.",
        ),
        style=theme.SMALL,
    )


def _dialog() -> rx.Component:
    one: Any = SavedReplies.open_one
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(
                rx.cond(one.id > 0, rx.fragment("Edit /", one.shortcut), "Add a saved reply"),
                size="4",
            ),
            rx.dialog.description(
                "A shortcut has lower-case letters, digits and dashes.", size="2"
            ),
            _form(one),
            on_close_auto_focus=_focus_back(one),
            max_width="520px",
            style={"& > p": theme.SMALL},
        ),
        open=SavedReplies.shown,
        on_open_change=SavedReplies.close,
    )


def _focus_back(one: Any) -> Any:
    """To the button that opened it: one dialog has many, and knows none of them."""
    opener = rx.cond(one.id > 0, f"edit-reply-{one.id}", "add-reply")
    return rx.call_script(f"document.getElementById('{opener}')?.focus()")


def _form(one: Any) -> rx.Component:
    return rx.form(
        _field(
            "Shortcut",
            rx.input(
                rx.input.slot("/"),
                id="reply-shortcut",
                name="shortcut",
                default_value=one.shortcut,
                auto_complete="off",
                placeholder="opening-hours",
                max_length=32,
                required=True,
            ),
            "reply-shortcut",
        ),
        _field(
            "Words",
            rx.text_area(
                id="reply-text",
                name="text",
                default_value=one.text,
                rows="5",
                max_length=LONGEST,
                required=True,
                custom_attrs={"aria-describedby": "reply-placeholders"},
            ),
            "reply-text",
        ),
        _placeholders(),
        problem(SavedReplies.problem),
        rx.el.div(
            rx.dialog.close(quiet_button("Cancel", style=_TALL)),
            rx.button("Save reply", type="submit", style=_TALL),
            style=theme.ROW | {"justify_content": "flex-end"},
        ),
        on_submit=SavedReplies.save,
        style=theme.COLUMN | {"gap": theme.S3, "margin_top": theme.S4},
    )


def _field(label: str, control: rx.Component, name: str) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=name, style=LABEL),
        control,
        style=theme.COLUMN | {"gap": "6px"},
    )


def _placeholders() -> rx.Component:
    return rx.el.div(
        "Filled in when it is used, and left out where nothing is known:",
        rx.el.ul(
            *[rx.el.li(rx.el.b(name), " ", words) for name, words in PLACEHOLDERS.items()],
            style={"margin": "4px 0 0", "padding_left": "18px"},
        ),
        id="reply-placeholders",
        style=theme.SMALL,
    )


_TALL: theme.Style = {theme.PHONE: {"min_height": theme.TOUCH}}
_TWO_LINES: theme.Style = {
    "display": "-webkit-box",
    "-webkit-line-clamp": "2",
    "-webkit-box-orient": "vertical",
    "overflow": "hidden",
    "overflow_wrap": "anywhere",
    "white_space": "pre-line",
}
