"""The WhatsApp page of an assistant: not connected, or the connected number and its settings."""

import reflex as rx

from pages import theme
from pages.assistants import sidebar
from pages.assistants.channel.connected import connected
from pages.assistants.channel.messaging import enabled_toggle
from pages.assistants.channel.not_connected import not_connected
from pages.assistants.channel.tabs import tabs
from pages.assistants.refusals import admins_only, missing
from pages.components.shell import shell
from state.channel import Channel
from state.connection import Connection
from state.session import Session


@rx.page(
    route="/assistants/[assistant]/whatsapp",
    title="WhatsApp · IllumiChat",
    on_load=[Session.load, Channel.load, Connection.load],
)
def whatsapp() -> rx.Component:
    """/assistants/<id>/whatsapp: connect, test, tune and disconnect the assistant's number."""
    return shell(
        rx.el.div(
            rx.cond(
                Channel.loaded,
                rx.cond(
                    Session.is_admin, rx.cond(Channel.missing, missing(), _open()), admins_only()
                ),
                _waiting(),
            ),
            on_unmount=[Channel.leave, Connection.leave],
            style={"display": "contents"},
        ),
        active="assistants",
    )


def _open() -> rx.Component:
    own = f"/assistants/{Channel.assistant}/"
    return rx.el.div(
        sidebar.sidebar(
            Channel.card.assistant,
            Channel.card.initials,
            sidebar.link("General", own),
            sidebar.link("Knowledge", f"{own}?section=knowledge"),
            sidebar.channels(Channel.assistant, here=True),
        ),
        rx.el.div(
            _header(),
            tabs(Channel.assistant, "connection"),
            rx.cond(_shows_number(), connected(), not_connected()),
            style=sidebar.MAIN,
        ),
        style=sidebar.PAGE,
    )


def _shows_number() -> rx.Var[bool]:
    """While a number is being connected its steps stay where they began."""
    connecting = (Connection.busy == "signup") | (Connection.busy == "manual")
    return Channel.connected & ~connecting


def _header() -> rx.Component:
    return rx.el.header(
        rx.el.div(
            rx.el.div("Channels / WhatsApp", style=theme.SMALL),
            rx.el.h1("WhatsApp Integration", style=theme.TITLE),
            rx.cond(
                ~_shows_number(),
                rx.el.p(
                    "Let ",
                    Channel.card.assistant,
                    " answer your WhatsApp Business number, with people one click away.",
                    style=theme.SMALL | {"font_size": "14px", "margin_top": "2px"},
                ),
            ),
            style={"flex": "1", "min_width": "200px"},
        ),
        rx.cond(_shows_number(), enabled_toggle()),
        style=theme.ROW | {"flex_wrap": "wrap", "gap": theme.S3},
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        rx.skeleton(height="44px", width="260px"),
        rx.skeleton(height="180px", width="100%", border_radius=theme.RADIUS_CARD),
        rx.skeleton(height="280px", width="100%", border_radius=theme.RADIUS_CARD),
        role="status",
        aria_label="Loading",
        style=theme.COLUMN | {"gap": theme.S4, "padding": theme.S5},
    )
