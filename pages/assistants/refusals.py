"""What stands in place of an assistant's page that cannot be shown."""

from typing import Any

import reflex as rx

from pages import theme


def missing(**props: Any) -> rx.Component:
    """The address names no assistant of this workspace."""
    return _said(
        "This assistant is not here",
        "It was removed, or it belongs to another workspace. Choose one from the list.",
        **props,
    )


def admins_only(**props: Any) -> rx.Component:
    """An agent opened it."""
    return _said(
        "Only an admin can open this",
        "Admins of this workspace change assistants. Ask one of them if something should change.",
        **props,
    )


def _said(heading: str, sentence: str, **props: Any) -> rx.Component:
    return rx.el.section(
        rx.el.h1(heading, style=theme.HEADING),
        rx.el.p(sentence, style=theme.SMALL),
        rx.link("All assistants", href="/assistants/"),
        style=theme.COLUMN
        | {
            "align_items": "center",
            "gap": theme.S2,
            "padding": "80px 28px",
            "text_align": "center",
        },
        **props,
    )
