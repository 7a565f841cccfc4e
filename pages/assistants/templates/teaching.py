"""What stands where there are no templates yet: what they are for, and how to begin."""

from typing import Any

import reflex as rx

from pages import theme
from pages.assistants import sidebar
from pages.assistants.channel.parts import plain_button
from state.template_draft import TemplateDraft
from state.templates import Templates, TemplateSync

_WHAT = (
    "A template is a message that Meta has approved beforehand. Within 24 hours of a customer's "
    "last message your team writes freely; after that, only an approved template can be sent."
)


def no_number() -> rx.Component:
    """The assistant has no connected number."""
    return rx.el.section(
        _taught(
            "Templates come with a number",
            rx.el.p(_WHAT, style=_TEXT),
            rx.el.p(
                "They belong to a WhatsApp Business account. Connect this assistant's number, and "
                "the templates the account has already appear here.",
                style=_TEXT,
            ),
            rx.link(
                rx.button("Connect a number"),
                href=sidebar.whatsapp(Templates.assistant),
                underline="none",
            ),
        ),
        aria_label="No number is connected",
        style=theme.CARD,
    )


def no_template() -> rx.Component:
    """The account has none."""
    return _taught(
        "No template yet",
        rx.el.p(_WHAT, style=_TEXT),
        rx.el.p(
            "Write the ones you will need ahead of time, such as “We missed you” or “Your order is "
            "on its way”: Meta's review takes minutes, sometimes a day.",
            style=_TEXT,
        ),
        rx.el.div(
            rx.button("Create your first template", on_click=TemplateDraft.start),
            plain_button(
                "Read them from Meta", on_click=TemplateSync.run, loading=TemplateSync.running
            ),
            style=theme.ROW | {"flex_wrap": "wrap", "justify_content": "center"},
        ),
    )


def nothing_found() -> rx.Component:
    """Search and filters leave nothing."""
    return _taught(
        "No template has this",
        rx.el.p("Try fewer words, or another status or category.", style=_TEXT),
        plain_button("Show all templates", on_click=Templates.show_all),
    )


def _taught(heading: str, *content: Any) -> rx.Component:
    return rx.el.div(
        rx.icon(
            "message-square-text",
            size=32,
            stroke_width=1.25,
            aria_hidden="true",
            color=theme.MUTED,
        ),
        rx.el.h2(heading, style=theme.HEADING),
        *content,
        style=theme.COLUMN
        | {
            "align_items": "center",
            "gap": theme.S3,
            "padding": "48px 28px",
            "text_align": "center",
        },
    )


_TEXT: theme.Style = theme.SMALL | {"max_width": "480px"}
