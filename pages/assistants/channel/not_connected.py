"""No number yet, or not any more: what is needed, and the two ways to connect one."""

from typing import Any

import reflex as rx

from pages import theme
from pages.assistants.channel.manual import advanced_setup
from pages.assistants.channel.parts import card, columns
from pages.assistants.channel.signup import signup_button
from pages.assistants.channel.steps import refusal, steps_card
from pages.components.marks import chip
from state.channel import Channel

META_BUSINESS = "https://business.facebook.com/overview"


def not_connected() -> rx.Component:
    """The page of an assistant without a number."""
    return columns(
        [_before(), steps_card(), refusal(), advanced_setup()],
        [_next()],
        key=Channel.assistant,
    )


def _before() -> rx.Component:
    return card(
        rx.el.h2("Before you connect", style=theme.HEADING),
        rx.cond(Channel.card.status == "disconnected", _earlier()),
        rx.el.ul(
            _need("You are an admin of this workspace", met=True),
            _need("A Meta Business Account", _link("create one", META_BUSINESS)),
            _need("A WhatsApp Business Account (WABA)"),
            _need("A phone number registered for WhatsApp Business", _one_each()),
            style=_NEEDS,
        ),
        rx.cond(Channel.offer.app_id != "", signup_button(), _manual_only()),
        aria_label="Before you connect",
    )


def _earlier() -> rx.Component:
    return rx.el.p(
        rx.el.strong(Channel.card.number, style=theme.NUMBER),
        " was connected here. Connect it again and its conversations go on where they stopped.",
        style=theme.SMALL | {"margin_top": theme.S2},
    )


def _need(words: str, *more: Any, met: bool = False) -> rx.Component:
    mark = "check" if met else "circle"
    color = theme.on_soft("jade") if met else theme.MUTED
    return rx.el.li(
        rx.icon(mark, size=14, aria_hidden="true", color=color, flex="none", margin_top="3px"),
        rx.el.span(words, *[rx.el.span(" · ", each, style=theme.SMALL) for each in more]),
        style={"display": "flex", "gap": theme.S2},
    )


def _link(words: str, href: str) -> rx.Component:
    return rx.link(words, " ↗", href=href, is_external=True, style=theme.SMALL)


def _one_each() -> str:
    return "one number serves one assistant"


def _manual_only() -> rx.Component:
    return rx.el.p(
        "Connect with WhatsApp is not set up on this server, so a number is connected with your "
        "own credentials, in Advanced Setup below.",
        style=theme.SMALL | {"margin_top": "18px"},
    )


def _next() -> rx.Component:
    sentences = (
        "Your account's webhooks point here.",
        "Messages appear in the Universal Inbox, live.",
        "The assistant answers within seconds; anyone can take over.",
    )
    return card(
        rx.el.h2("What happens next", style=theme.HEADING),
        rx.el.ol(
            *[
                rx.el.li(
                    chip(str(number), tone="jade"),
                    rx.el.span(sentence, style=theme.SMALL | {"color": theme.TEXT}),
                    style=theme.ROW | {"align_items": "flex-start"},
                )
                for number, sentence in enumerate(sentences, 1)
            ],
            style=_NEEDS | {"gap": theme.S3},
        ),
        aria_label="What happens next",
    )


_NEEDS: theme.Style = theme.COLUMN | {
    "gap": "9px",
    "list_style": "none",
    "padding": "0",
    "margin": "10px 0 0",
}
