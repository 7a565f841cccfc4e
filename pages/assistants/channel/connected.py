"""The connected number: whether it works, what Meta says of it, and how to let it go."""

from typing import Any

import reflex as rx

from pages import theme
from pages.assistants.channel.messaging import messaging_card
from pages.assistants.channel.parts import card, columns, plain_button
from pages.assistants.channel.steps import refusal, steps_card
from pages.assistants.channel.webhook import webhook_card
from pages.components.marks import avatar, chip
from pages.components.settings_parts import confirmed, count
from state.channel import Channel
from state.connection import Connection
from state.messaging import Messaging

KEPT = (
    "Messages no longer arrive and the assistant stops answering here. The conversations, the "
    "contacts and the settings stay; connecting the same number again goes on with them. The "
    "stored access is erased. If this is the last number of its WhatsApp account, Meta is told to "
    "stop delivering for the account."
)


def connected() -> rx.Component:
    """The page of an assistant that has a number."""
    return columns(
        [_number(), refusal(), steps_card(), messaging_card()],
        [webhook_card()],
        key=Channel.channel,
        on_mount=Messaging.load,
    )


def _number() -> rx.Component:
    return card(
        rx.el.div(
            avatar(Channel.card.initial, theme.FACES[4], 40),
            rx.el.div(
                rx.el.div(
                    rx.el.h2(Channel.card.number, style=theme.HEADING | theme.NUMBER),
                    _status(),
                    style=theme.ROW | {"flex_wrap": "wrap"},
                ),
                rx.el.p(
                    rx.cond(Channel.card.name != "", Channel.card.name + " · ", ""),
                    Channel.card.how,
                    style=theme.SMALL,
                ),
                style={"flex": "1 1 220px", "min_width": "0"},
            ),
            rx.el.div(_test(), _disconnect(), style=theme.ROW),
            style=theme.ROW | {"gap": theme.S3, "flex_wrap": "wrap"},
        ),
        rx.cond(Channel.card.status == "issue", _issue()),
        rx.el.dl(rx.foreach(Channel.card.facts, _tile), style=_TILES),
        rx.cond(count(Channel.card.more) > 0, _more()),
        _last_check(),
        aria_label="Connected number",
    )


def _status() -> rx.Component | rx.Var[Any]:
    return rx.match(
        Channel.card.status,
        ("connected", chip("● Connected", tone="jade")),
        ("issue", chip("▲ Connection issue", tone="red")),
        chip("○ Disconnected"),
    )


def _test() -> rx.Component:
    return plain_button(
        "Test",
        on_click=Connection.test,
        loading=Connection.busy == "test",
        disabled=Connection.busy != "",
    )


def _disconnect() -> rx.Component:
    return confirmed(
        plain_button(
            "Disconnect",
            color=theme.on_soft("red"),
            loading=Connection.busy == "disconnect",
            disabled=Connection.busy != "",
        ),
        "Disconnect this number?",
        KEPT,
        "Disconnect",
        Connection.disconnect,
    )


def _issue() -> rx.Component:
    return rx.callout.root(
        rx.callout.icon(rx.icon("triangle-alert", size=16)),
        rx.callout.text(
            Channel.card.issue,
            rx.el.br(),
            "Nothing is sent until it works again; what customers write still reaches the inbox. "
            "Test shows each check and its way out.",
        ),
        color_scheme="red",
        size="1",
        role="status",
        margin_top="14px",
    )


def _tile(fact: Any) -> rx.Component:
    color = rx.match(
        fact.tone,
        *[(tone, theme.on_soft(tone)) for tone in ("jade", "amber", "red")],
        theme.TEXT,
    )
    return rx.el.div(
        rx.el.dt(fact.label, style=theme.TINY),
        rx.el.dd(
            rx.cond(fact.tone != "", rx.el.span("● ", aria_hidden="true")),
            fact.words,
            style=theme.NUMBER | {"font_weight": "600", "color": color, "margin": "0"},
        ),
        style=_TILE,
    )


def _more() -> rx.Component:
    return rx.el.dl(
        rx.foreach(
            Channel.card.more,
            lambda fact: rx.el.div(
                rx.el.dt(fact.label, style={"display": "inline"}),
                " ",
                rx.el.dd(
                    fact.words,
                    style=theme.NUMBER | {"display": "inline", "margin": "0", "color": theme.TEXT},
                ),
                style=theme.SMALL,
            ),
        ),
        style=_LINE,
    )


def _last_check() -> rx.Component:
    return rx.el.div(
        rx.cond(
            count(Channel.card.marks) > 0,
            rx.foreach(Channel.card.marks, _mark),
            rx.el.span("Not tested yet. Press Test.", style=theme.SMALL),
        ),
        rx.el.span(Channel.card.checked, style=theme.TINY | theme.NUMBER | {"margin_left": "auto"}),
        style=_LINE,
    )


def _mark(mark: Any) -> rx.Component:
    sign = rx.match(mark.state, ("ok", "✓ "), ("warning", "! "), "✕ ")
    color = rx.match(
        mark.state,
        ("ok", theme.MUTED),
        ("warning", theme.on_soft("amber")),
        theme.on_soft("red"),
    )
    return rx.el.span(
        rx.el.span(sign, aria_hidden="true"), mark.words, style=theme.SMALL | {"color": color}
    )


_TILES: theme.Style = {
    "display": "grid",
    "grid_template_columns": "repeat(4, minmax(0, 1fr))",
    "gap": "10px",
    "margin": "14px 0 0",
    theme.PHONE: {"grid_template_columns": "repeat(2, minmax(0, 1fr))"},
}
_TILE: theme.Style = {
    "border": theme.LINE,
    "border_radius": "10px",
    "padding": "9px 12px",
    "background": theme.SUNKEN,
}
_LINE: theme.Style = theme.ROW | {"flex_wrap": "wrap", "gap": "4px 14px", "margin": "12px 0 0"}
