"""The dialogs of the customer's card: the contact's fields, and the search for a contact."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import avatar, face
from pages.components.settings_parts import quiet_button
from pages.contacts.card import DIALOG, contact_field
from pages.inbox.details_parts import PANEL_ID
from state.contacts import EMAIL_LENGTH, EXAMPLE, NAME_LENGTH, PHONE_LENGTH, SEARCH_LENGTH
from state.customer import Customer
from state.thread import Thread


def customer_dialogs() -> rx.Component:
    """Both stand inside the pane, because a drawer covers whatever is outside it."""
    return rx.fragment(_fields(), _search())


def _fields() -> rx.Component:
    known = Customer.draft.contact > 0
    return _dialog(
        Customer.editing,
        rx.cond(known, Customer.draft.title, "Create contact"),
        rx.cond(
            known,
            "What you change here is changed for everybody.",
            "This customer becomes the new contact's.",
        ),
        _form(),
    )


def _form() -> rx.Component:
    draft: Any = Customer.draft
    return rx.form(
        contact_field("Name", "name", draft.name, Customer.name_problem, max_length=NAME_LENGTH),
        contact_field(
            "Phone",
            "phone",
            draft.phone,
            Customer.phone_problem,
            max_length=PHONE_LENGTH,
            placeholder=EXAMPLE,
            input_mode="tel",
        ),
        rx.cond(
            (Customer.taken > 0) & (draft.contact == 0),
            rx.el.div(quiet_button("Link to that contact", size="1", on_click=Customer.link_taken)),
        ),
        contact_field(
            "E-mail",
            "email",
            draft.email,
            Customer.email_problem,
            max_length=EMAIL_LENGTH,
            input_mode="email",
        ),
        rx.el.div(
            rx.dialog.close(quiet_button("Cancel")),
            rx.button("Save contact", type="submit"),
            style=theme.ROW | {"justify_content": "flex-end", "margin_top": theme.S2},
        ),
        on_submit=Customer.save,
        style=theme.COLUMN | {"gap": theme.S3, "margin_top": theme.S4},
    )


def _search() -> rx.Component:
    found: Any = Customer.found
    return _dialog(
        Customer.finding,
        "Link to a contact",
        rx.fragment("Choose who ", Thread.header.title, " is."),
        rx.el.input(
            type="search",
            aria_label="Search contacts",
            placeholder="Search name, phone or e-mail",
            max_length=SEARCH_LENGTH,
            on_change=Customer.search_for.debounce(250),
            style=_INPUT,
        ),
        rx.cond(
            found.length() > 0,
            rx.el.ul(rx.foreach(found, _row), aria_label="Contacts found", style=_FOUND),
            rx.el.p(
                rx.cond(
                    Customer.search == "",
                    "There are no contacts yet. Create one from this customer instead.",
                    "No contact has this name, number or e-mail.",
                ),
                style=theme.SMALL | {"margin_top": theme.S2},
            ),
        ),
        rx.el.div(
            rx.dialog.close(quiet_button("Cancel")),
            style=theme.ROW | {"justify_content": "flex-end", "margin_top": theme.S3},
        ),
    )


def _row(row: Any) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            avatar(row.initials, face(row.id), 28),
            rx.el.span(
                rx.el.span(row.title, style=theme.CUT | {"font_weight": "500"}),
                rx.el.span(row.phone, style=theme.TINY | theme.NUMBER),
                style=theme.COLUMN | {"min_width": "0"},
            ),
            type="button",
            on_click=Customer.link(row.id).throttle(800),
            style=_ROW,
        ),
        key=row.id,
    )


def _dialog(shown: Any, title: Any, line: Any, *content: Any) -> rx.Component:
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(title, size="4"),
            rx.dialog.description(line, size="2"),
            *content,
            max_width="480px",
            style=DIALOG | {"text_align": "left"},
            custom_attrs={
                # Looked for when it opens: before, the pane may not be there.
                "container": rx.cond(shown, rx.Var(_PANE), rx.Var("undefined")),
                "onOpenAutoFocus": rx.Var(_REMEMBER_FOCUS),
                "onCloseAutoFocus": rx.Var(_GIVE_FOCUS_BACK),
            },
        ),
        open=shown,
        on_open_change=Customer.close,
    )


_PANE = f"document.getElementById('{PANEL_ID}')"
# A dialog that is opened by an event has no trigger of its own to give the focus back to.
_REMEMBER_FOCUS = "() => { window.focusedBefore = document.activeElement }"
_GIVE_FOCUS_BACK = (
    "(event) => { event.preventDefault(); const before = window.focusedBefore; "
    f"(before?.isConnected ? before : document.getElementById('{PANEL_ID}'))?.focus() }}"
)

_INPUT: theme.Style = {
    "width": "100%",
    "height": "36px",
    "margin_top": theme.S3,
    "padding": "0 10px",
    "border": theme.STRONG_LINE,
    "border_radius": theme.RADIUS,
    "background": theme.PANEL,
    "color": theme.TEXT,
    theme.PHONE: {"height": theme.TOUCH, "font_size": "16px"},
} | theme.FOCUS
_FOUND: theme.Style = {
    "list_style": "none",
    "margin": "8px -8px 0",
    "padding": "0",
    "max_height": "320px",
    "overflow_y": "auto",
}
_ROW: theme.Style = (
    theme.ROW
    | theme.FOCUS
    | {
        "width": "100%",
        "min_height": theme.TOUCH,
        "gap": theme.S3,
        "padding": "4px 8px",
        "border_radius": theme.RADIUS,
        "text_align": "left",
        "color": theme.TEXT,
        "cursor": "pointer",
        "&:hover": {"background": theme.SUNKEN},
    }
)
