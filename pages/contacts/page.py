"""The contacts page: who the company knows, found by name, number or e-mail."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import avatar, face
from pages.components.settings_parts import count, quiet_button
from pages.components.shell import shell
from pages.contacts.card import card
from pages.contacts.importing import import_dialog
from pages.contacts.merging import merge_dialog
from state.contact_import import ContactImport
from state.contacts import SEARCH_LENGTH, ContactCard, ContactMerge, Contacts
from state.session import Session


@rx.page(
    route="/contacts",
    title="Contacts · IllumiChat",
    on_load=[Session.load, Contacts.load, ContactCard.open_linked],
)
def contacts() -> rx.Component:
    """Everybody adds and edits; admins also merge, import and delete."""
    return shell(
        rx.el.div(
            rx.el.header(
                rx.el.div(
                    rx.el.h1("Contacts", style=theme.TITLE),
                    rx.el.p(
                        "People your company knows. Customers are matched by phone number.",
                        style=theme.SMALL,
                    ),
                    style={"flex": "1", "min_width": "220px"},
                ),
                rx.el.div(
                    rx.cond(
                        Session.is_admin, quiet_button("Import", on_click=ContactImport.ask(True))
                    ),
                    rx.button("Add contact", on_click=ContactCard.write_new),
                    style=theme.ROW,
                ),
                style=theme.ROW | {"flex_wrap": "wrap", "row_gap": theme.S3},
            ),
            rx.cond(Contacts.loaded, _list(), _waiting()),
            card(),
            rx.cond(Session.is_admin, rx.fragment(merge_dialog(), import_dialog())),
            style=_PAGE,
        ),
        active="contacts",
    )


def _list() -> rx.Component:
    return rx.el.section(
        _search(),
        rx.cond(count(Contacts.picked) > 0, _picked()),
        rx.cond(count(Contacts.rows) > 0, _table(), _empty()),
        rx.cond(
            Contacts.has_more | ~Contacts.at_top,
            rx.el.div(
                rx.cond(~Contacts.at_top, quiet_button("Back to top", on_click=Contacts.to_top)),
                rx.cond(Contacts.has_more, quiet_button("Show more", on_click=Contacts.more)),
                style=theme.ROW | {"padding": theme.S3, "border_top": theme.LINE},
            ),
        ),
        aria_label="Contacts",
        style=theme.CARD | {"overflow": "hidden", "min_width": "0"},
    )


def _search() -> rx.Component:
    return rx.el.div(
        rx.el.label("Search contacts", html_for="contact-search", style=theme.HIDDEN),
        rx.debounce_input(
            rx.input(
                id="contact-search",
                type="search",
                placeholder="Search name, phone or e-mail",
                value=Contacts.search,
                on_change=Contacts.search_for,
                max_length=SEARCH_LENGTH,
                style={"flex": "1", "min_width": "0"},
            ),
            debounce_timeout=300,
        ),
        rx.el.span(
            rx.cond(
                Contacts.total == 1,
                "1 contact",
                f"{Contacts.total} contacts",
            ),
            style=theme.SMALL | theme.NUMBER | {"white_space": "nowrap"},
        ),
        style=theme.ROW | {"gap": theme.S3, "padding": "12px 14px", "border_bottom": theme.LINE},
    )


def _picked() -> rx.Component:
    return rx.el.div(
        rx.el.span(
            rx.cond(
                count(Contacts.picked) == 2,
                "2 contacts chosen",
                "1 contact chosen. Choose the other one that is the same person.",
            ),
            role="status",
            style={"flex": "1", "min_width": "160px"},
        ),
        rx.button("Merge…", disabled=count(Contacts.picked) != 2, on_click=ContactMerge.start),
        quiet_button("Clear", on_click=Contacts.pick_none),
        style=theme.ROW
        | {
            "flex_wrap": "wrap",
            "padding": "8px 14px",
            "background": theme.soft("jade"),
            "color": theme.on_soft("jade"),
            "border_bottom": theme.LINE,
        },
    )


def _table() -> rx.Component:
    return rx.el.table(
        rx.el.thead(
            rx.el.tr(
                rx.cond(
                    Session.is_admin,
                    rx.el.th(
                        rx.el.span("Choose", style=theme.HIDDEN),
                        scope="col",
                        style=_HEAD | _PICK | _WIDE,
                    ),
                ),
                rx.el.th("Name", scope="col", style=_HEAD),
                rx.el.th("Phone", scope="col", style=_HEAD | {"width": "176px"} | _WIDE),
                rx.el.th("E-mail", scope="col", style=_HEAD | _WIDE | _MIDDLE),
                rx.el.th(
                    "Conversations", scope="col", style=_HEAD | {"width": "112px"} | _WIDE | _RIGHT
                ),
                rx.el.th("Last seen", scope="col", style=_HEAD | {"width": "96px"} | _RIGHT),
            )
        ),
        rx.el.tbody(rx.foreach(Contacts.rows, _contact)),
        style={"width": "100%", "border_collapse": "collapse", "table_layout": "fixed"},
    )


def _contact(each: Any) -> rx.Component:
    return rx.el.tr(
        rx.cond(Session.is_admin, rx.el.td(_pick(each), style=_CELL | _PICK | _WIDE)),
        rx.el.td(_name(each), style=_CELL),
        rx.el.td(each.phone, style=_CELL | theme.CUT | theme.NUMBER | _WIDE),
        rx.el.td(each.email, title=each.email, style=_CELL | theme.CUT | _WIDE | _MIDDLE),
        rx.el.td(
            rx.cond(each.conversations > 0, each.conversations.to_string(), "–"),
            style=_CELL | theme.NUMBER | _WIDE | _RIGHT,
        ),
        rx.el.td(
            rx.cond(
                each.seen != "",
                rx.el.time(each.seen, date_time=each.seen_iso, title=each.seen_iso),
                "never",
            ),
            style=_CELL | theme.SMALL | theme.NUMBER | _RIGHT,
        ),
        key=each.id,
        style={"&:hover": {"background": theme.SUNKEN}},
    )


def _pick(each: Any) -> rx.Component:
    picked: Any = Contacts.picked
    return rx.checkbox(
        checked=picked.contains(each.id),
        on_change=lambda on: Contacts.pick(each.id, on),
        custom_attrs={"aria-label": f"Choose {each.title}"},
    )


def _name(each: Any) -> rx.Component:
    return rx.el.button(
        avatar(each.initials, face(each.id), 32),
        rx.el.span(
            rx.el.span(each.title, style=theme.CUT | {"font_weight": "600"}),
            rx.el.span(
                rx.cond(each.phone != "", each.phone, each.email),
                style=theme.SMALL | theme.CUT | theme.NUMBER | _ON_PHONE,
            ),
            style=theme.COLUMN | {"min_width": "0"},
        ),
        type="button",
        title="Open this contact",
        on_click=ContactCard.open(each.id),
        style=_OPEN,
    )


def _empty() -> rx.Component:
    return rx.el.div(
        rx.cond(
            Contacts.search != "",
            rx.fragment(
                rx.el.h2("No contact has this", style=theme.HEADING),
                rx.el.p("Try fewer letters, or another part of the number.", style=theme.SMALL),
            ),
            rx.fragment(
                rx.icon("users", size=32, stroke_width=1.25, aria_hidden="true", color=theme.MUTED),
                rx.el.h2("Nobody here yet", style=theme.HEADING),
                rx.el.p(
                    "A contact is a person your company knows. When “Match contacts” is on for a "
                    "channel, a customer who writes from the same number is linked to their "
                    "contact, and the inbox shows who it is.",
                    style=theme.SMALL | {"max_width": "440px"},
                ),
                rx.el.div(
                    rx.button("Add contact", on_click=ContactCard.write_new),
                    rx.cond(
                        Session.is_admin,
                        quiet_button("Import a CSV file", on_click=ContactImport.ask(True)),
                    ),
                    style=theme.ROW | {"flex_wrap": "wrap", "justify_content": "center"},
                ),
            ),
        ),
        style=theme.COLUMN
        | {
            "align_items": "center",
            "gap": theme.S2,
            "padding": "48px 28px",
            "text_align": "center",
        },
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        rx.skeleton(height="32px", width="100%"),
        *[
            rx.el.div(
                rx.skeleton(height="32px", width="32px", border_radius=theme.ROUND),
                rx.skeleton(height="16px", width="30%"),
                rx.skeleton(height="16px", width="20%"),
                style=theme.ROW | {"gap": theme.S3},
            )
            for _ in range(6)
        ],
        aria_label="Loading",
        role="status",
        style=theme.CARD | theme.COLUMN | {"gap": theme.S4, "padding": theme.S4},
    )


_PAGE: theme.Style = {
    "max_width": "1120px",
    "margin": "0 auto",
    "padding": theme.S5,
    "display": "grid",
    "grid_template_columns": "minmax(0, 1fr)",
    "gap": theme.S4,
}
_WIDE: theme.Style = {theme.PHONE: {"display": "none"}}
_MIDDLE: theme.Style = {theme.NARROW: {"display": "none"}}
_ON_PHONE: theme.Style = {"display": "none", theme.PHONE: {"display": "block"}}
_RIGHT: theme.Style = {"text_align": "right"}
_PICK: theme.Style = {"width": "44px", "padding_right": "0"}
_HEAD: theme.Style = {
    "text_align": "left",
    "font_weight": "500",
    "font_size": "12px",
    "color": theme.MUTED,
    "padding": "6px 14px",
    "border_bottom": theme.LINE,
}
_CELL: theme.Style = {
    "padding": "7px 14px",
    "vertical_align": "middle",
    "border_bottom": theme.LINE,
    "tr:last-child > &": {"border_bottom": "0"},
}
_OPEN: theme.Style = (
    theme.ROW
    | theme.FOCUS
    | {
        "gap": theme.S3,
        "width": "100%",
        "min_width": "0",
        "min_height": "36px",
        "text_align": "left",
        "cursor": "pointer",
        "color": theme.TEXT,
        "border_radius": theme.RADIUS_CHIP,
        theme.PHONE: {"min_height": theme.TOUCH},
    }
)
