"""What to enter at Meta for a number that was connected with one's own app."""

from typing import Any

import reflex as rx

from pages import theme
from pages.assistants.channel.parts import card
from state.channel import FIELDS, Channel


def webhook_card() -> rx.Component:
    """For Embedded Signup a sentence is enough."""
    return card(
        rx.el.h2("Webhook setup", style=theme.HEADING),
        rx.cond(
            Channel.card.manual,
            rx.fragment(_manual()),
            _line("Only for manual connections. Embedded Signup did this for you."),
        ),
        aria_label="Webhook setup",
    )


def _manual() -> rx.Component:
    return rx.fragment(
        _line("In your Meta app, under WhatsApp, Configuration, enter both and click Verify."),
        _copied(
            "Callback URL",
            rx.el.span(Channel.callback_url, style=theme.CUT | {"min_width": "0"}),
            [rx.set_clipboard(Channel.callback_url), rx.toast.success("The address is copied.")],
        ),
        _copied(
            "Verify token",
            rx.el.span("••••••••••••", aria_label="Hidden"),
            Channel.copy_verify_token,
        ),
        rx.el.div("Subscribe to these fields", style=_LABEL),
        rx.el.ul(
            *[
                rx.el.li(name, " (needed)" if name == "messages" else "", style=_FIELD)
                for name in FIELDS
            ],
            style={"list_style": "none", "padding": "0", "margin": "0"},
        ),
        rx.el.div("Signed events", style=_LABEL),
        rx.cond(
            Channel.card.signed_event != "",
            rx.el.p(
                rx.icon("circle-check", size=14, color=theme.on_soft("jade"), aria_hidden="true"),
                Channel.card.signed_event,
                style=theme.SMALL | theme.ROW | theme.NUMBER,
            ),
            _line("None yet. Write to the number; the first message shows that it works."),
        ),
    )


def _line(words: str) -> rx.Component:
    return rx.el.p(words, style=theme.SMALL | {"margin_top": theme.S1})


def _copied(label: str, value: rx.Component, on_click: Any) -> rx.Component:
    return rx.fragment(
        rx.el.div(label, style=_LABEL),
        rx.el.div(
            value,
            rx.el.button(
                "Copy",
                type="button",
                aria_label=f"Copy the {label[0].lower()}{label[1:]}",
                on_click=on_click,
                style=_COPY,
            ),
            style=_CODE,
        ),
    )


_LABEL: theme.Style = theme.TINY | {"margin": "10px 0 4px"}
_MONO: theme.Style = {"font_family": "ui-monospace, monospace", "font_size": "12.5px"}
_FIELD: theme.Style = _MONO | {"line_height": "19px", "overflow_wrap": "anywhere"}
_CODE: theme.Style = (
    theme.ROW
    | _MONO
    | {
        "justify_content": "space-between",
        "padding": "7px 10px",
        "border": theme.LINE,
        "border_radius": theme.RADIUS,
        "background": theme.SUNKEN,
    }
)
_COPY: theme.Style = theme.FOCUS | {
    "flex": "none",
    "font_family": theme.FONT,
    "font_size": "12px",
    "color": theme.MUTED,
    "cursor": "pointer",
    "border_radius": theme.RADIUS_CHIP,
    "&:hover": {"color": theme.TEXT},
    theme.PHONE: {"min_height": theme.TOUCH, "padding": "0 8px"},
}
