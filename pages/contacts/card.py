"""The dialog of one contact: its fields, its conversations, and what admins may do with it."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import toned_chip
from pages.components.settings_parts import confirmed, count, quiet_button
from pages.sign_in import LABEL
from state.contacts import (
    EMAIL_LENGTH,
    EXAMPLE,
    NAME_LENGTH,
    PHONE_LENGTH,
    ContactCard,
    ContactMerge,
)
from state.session import Session


def card() -> rx.Component:
    """Opens for a new contact and for one of the list."""
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(
                rx.cond(ContactCard.contact.id > 0, ContactCard.contact.title, "Add contact"),
                size="4",
            ),
            rx.dialog.description(
                "A customer who writes from this number can be matched to this contact.", size="2"
            ),
            _form(),
            rx.cond(ContactCard.contact.id > 0, rx.fragment(_talks(), _for_admins())),
            max_width="520px",
            style=DIALOG,
        ),
        open=ContactCard.shown,
        on_open_change=ContactCard.close,
    )


def _form() -> rx.Component:
    contact: Any = ContactCard.contact
    return rx.form(
        contact_field(
            "Name", "name", contact.name, ContactCard.name_problem, max_length=NAME_LENGTH
        ),
        contact_field(
            "Phone",
            "phone",
            contact.phone,
            ContactCard.phone_problem,
            max_length=PHONE_LENGTH,
            placeholder=EXAMPLE,
            input_mode="tel",
        ),
        rx.cond(
            ContactCard.taken > 0,
            rx.el.div(quiet_button("Open it", size="1", on_click=ContactCard.open_taken)),
        ),
        contact_field(
            "E-mail",
            "email",
            contact.email,
            ContactCard.email_problem,
            max_length=EMAIL_LENGTH,
            input_mode="email",
        ),
        rx.el.div(
            rx.dialog.close(quiet_button("Cancel")),
            rx.button("Save contact", type="submit"),
            style=theme.ROW | {"justify_content": "flex-end", "margin_top": theme.S2},
        ),
        on_submit=ContactCard.save,
        # Another contact in the same dialog: fields keep what was typed unless they are new.
        key=contact.id.to_string(),
        style=theme.COLUMN | {"gap": theme.S3, "margin_top": theme.S4},
    )


def contact_field(label: str, name: str, value: Any, problem: Any, **props: Any) -> rx.Component:
    """A field with its label above and what is wrong with it below."""
    note = f"contact-{name}-problem"
    return rx.el.div(
        rx.el.label(label, html_for=f"contact-{name}", style=LABEL),
        rx.input(
            id=f"contact-{name}",
            name=name,
            default_value=value,
            auto_complete="off",
            custom_attrs={
                "aria-describedby": note,
                "aria-invalid": rx.cond(problem != "", "true", "false"),
            },
            **props,
        ),
        rx.el.span(
            problem,
            id=note,
            role="alert",
            style=theme.SMALL | {"color": theme.on_soft("red"), "&:empty": {"display": "none"}},
        ),
        style=theme.COLUMN | {"gap": "6px"},
    )


def _talks() -> rx.Component:
    return rx.el.section(
        rx.el.h3("Conversations", style=theme.HEADING),
        rx.cond(
            count(ContactCard.contact.talks) > 0,
            rx.el.ul(rx.foreach(ContactCard.contact.talks, _talk), style=_TALKS),
            rx.el.p(
                "None yet. The next message from this number is linked, when matching is on.",
                style=theme.SMALL,
            ),
        ),
        aria_label="Conversations",
        style=_PART,
    )


def _talk(each: Any) -> rx.Component:
    return rx.el.li(
        rx.link(
            rx.el.span(
                rx.el.span(each.title, style=theme.CUT | {"font_weight": "500"}),
                rx.el.span(each.channel, style=theme.SMALL | theme.CUT),
                style=theme.COLUMN | {"flex": "1", "min_width": "0"},
            ),
            toned_chip(each.tone, each.state),
            rx.el.span(each.time, style=theme.SMALL | theme.NUMBER),
            href=f"/inbox/open/{each.id}/",
            underline="none",
            style=_TALK,
        ),
        key=each.id,
    )


def _for_admins() -> rx.Component:
    return rx.cond(
        Session.is_admin,
        rx.el.div(
            quiet_button("Merge with…", on_click=ContactMerge.start_with),
            confirmed(
                rx.button("Delete", variant="soft", color_scheme="red", type="button"),
                rx.fragment("Delete ", ContactCard.contact.title, "?"),
                "The name, number and e-mail are deleted. Conversations and their messages stay in "
                "the inbox, without a link to a contact.",
                "Delete contact",
                ContactCard.delete,
            ),
            confirmed(
                rx.button("Erase", variant="soft", color_scheme="red", type="button"),
                rx.fragment("Erase ", ContactCard.contact.title, " and everything said?"),
                "The contact, all conversations with their messages, notes and files are deleted "
                "for good, and the numbers of analytics lose them. Raw deliveries go by "
                "themselves after the time set for them; old backups still hold everything.",
                "Erase for good",
                ContactCard.erase,
            ),
            style=theme.ROW | _PART | {"justify_content": "space-between"},
        ),
    )


# A dialog is drawn outside the page and takes the size of its text from there.
_TYPE: theme.Style = {"font_size": "14px", "line_height": "20px"}
DIALOG: theme.Style = _TYPE | {"& > p": _TYPE}
_PART: theme.Style = {
    "margin_top": theme.S4,
    "padding_top": theme.S4,
    "border_top": theme.LINE,
}
_TALKS: theme.Style = {
    "list_style": "none",
    "padding": "0",
    "margin": "6px -8px 0",
    "max_height": "220px",
    "overflow": "auto",
}
_TALK: theme.Style = (
    theme.ROW
    | theme.FOCUS
    | {
        "gap": theme.S3,
        "padding": "6px 8px",
        "min_height": theme.TOUCH,
        "color": theme.TEXT,
        "border_radius": theme.RADIUS,
        "&:hover": {"background": theme.SUNKEN},
    }
)
