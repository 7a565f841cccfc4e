"""The customer in the details pane: facts, contact, who has claimed them, and what was before."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import avatar, face
from pages.inbox.details_parts import part, small_button
from state.customer import Customer, Earlier
from state.inbox import Inbox
from state.thread import Thread


def customer_card() -> rx.Component:
    """Who it is."""
    shown: Any = Thread.header
    return rx.fragment(
        rx.el.div(
            avatar(shown.initials, face(shown.face), 56),
            rx.el.h2(shown.title, style=theme.HEADING | {"overflow_wrap": "anywhere"}),
            rx.el.p(Thread.details.since, style=theme.SMALL),
            style=theme.COLUMN | {"align_items": "center", "gap": "6px", "padding_top": "6px"},
        ),
        _facts(),
        _contact_buttons(),
    )


def _facts() -> rx.Component:
    return rx.el.dl(
        rx.foreach(Thread.details.facts, lambda fact: rx.fragment(_term(fact[0]), _value(fact[1]))),
        _term("Contact"),
        _value(_contact()),
        _term("Claimed by"),
        _value(_holder()),
        style=_FACTS,
    )


def _term(words: Any) -> rx.Component:
    return rx.el.dt(words, style={"color": theme.MUTED})


def _value(content: Any) -> rx.Component:
    return rx.el.dd(content, style={"margin": "0", "overflow_wrap": "anywhere"})


def _contact() -> rx.Component:
    details = Thread.details
    return rx.cond(
        details.contact > 0,
        rx.fragment(
            rx.link(
                details.contact_name,
                href=f"/contacts/?contact={details.contact}",
                underline="always",
                style={"color": theme.TEXT, "font_size": "13px"},
            ),
            rx.el.div("Matched ✓", style=theme.TINY),
        ),
        "Not matched",
    )


def _holder() -> rx.Component:
    details = Thread.details
    return rx.cond(
        details.holder != "",
        rx.el.div(
            avatar(details.holder_initials, face(details.holder_face), 20),
            rx.el.div(
                rx.el.div(details.holder),
                rx.el.div(details.held_since, style=theme.TINY | theme.NUMBER),
            ),
            style=theme.ROW | {"align_items": "start"},
        ),
        "Nobody",
    )


def _contact_buttons() -> rx.Component:
    return rx.el.div(
        rx.cond(
            Thread.details.contact > 0,
            rx.fragment(
                small_button("Edit contact", on_click=Customer.edit),
                small_button("Unlink", on_click=Customer.unlink),
            ),
            rx.fragment(
                small_button("Create contact", on_click=Customer.edit),
                small_button("Link to a contact", on_click=Customer.find),
            ),
        ),
        style=theme.ROW | {"gap": "5px", "flex_wrap": "wrap"},
    )


def earlier_card() -> rx.Component:
    """Read anew when another conversation is shown, it closes or opens, or its contact changes."""
    past: Any = Earlier.past
    return rx.el.div(
        rx.cond(
            past.length() > 0,
            part(
                "Earlier conversations",
                rx.el.ul(rx.foreach(past, _line), style=_LIST),
            ),
        ),
        _reader(key=Thread.details.past),
    )


@rx.memo
def _reader(rest: rx.RestProp) -> rx.Component:
    """Nothing to see: with another key it is mounted anew, and only a memo is mounted by itself."""
    return rx.el.span(rest, hidden=True, on_mount=Earlier.load)


def _line(past: Any) -> rx.Component:
    place = f"/inbox/{Inbox.view}/{past.conversation}/"
    return rx.el.li(
        rx.link(
            rx.el.span(past.when, style=theme.NUMBER | {"font_weight": "500"}),
            rx.el.span(past.title, style=theme.SMALL),
            rx.el.span(past.detail, style=theme.TINY | theme.NUMBER),
            href=rx.cond(past.message > 0, f"{place}?message={past.message}", place),
            underline="none",
            style=_PAST,
        ),
        key=past.key,
    )


_FACTS: theme.Style = {
    "display": "grid",
    "grid_template_columns": "92px minmax(0, 1fr)",
    "row_gap": "7px",
    "font_size": "13px",
    "margin": "0",
} | theme.NUMBER
_LIST: theme.Style = {"list_style": "none", "margin": "0 -8px", "padding": "0"}
_PAST: theme.Style = (
    theme.COLUMN
    | {
        "padding": "6px 8px",
        "color": theme.TEXT,
        "font_size": "13px",
        "border_radius": theme.RADIUS,
        "&:hover": {"background": theme.SUNKEN},
        theme.PHONE: {"min_height": theme.TOUCH},
    }
    | theme.FOCUS
)
