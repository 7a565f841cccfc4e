"""The pieces the settings tabs are made of."""

from typing import Any

import reflex as rx

from pages import theme
from pages.sign_in import LABEL


def section(
    heading: Any, line: Any, *content: rx.Component, label: str | None = None
) -> rx.Component:
    """A card with a heading and a sentence on what it is for; `label` where the heading is no
    plain text."""
    return rx.el.section(
        rx.el.h2(heading, style=theme.HEADING),
        rx.el.p(line, style=theme.SMALL),
        *content,
        aria_label=label or heading,
        style=_SECTION,
    )


def labelled(label: str, name: str, **props: Any) -> rx.Component:
    """A text field with its label above; `name` is its key in the form."""
    return rx.el.div(
        rx.el.label(label, html_for=f"{name}-field", style=LABEL),
        rx.input(id=f"{name}-field", name=name, required=props.pop("required", True), **props),
        style=theme.COLUMN | {"gap": "6px", "max_width": "420px"},
    )


def save_button(label: str) -> rx.Component:
    """A form's own button."""
    return rx.el.div(rx.button(label, type="submit"))


def count(listed: Any) -> Any:
    """How many rows a list var holds."""
    return listed.length()


def rows(*content: Any) -> rx.Component:
    """A list with one line between its rows."""
    return rx.el.ul(*content, style={"list_style": "none", "padding": "0", "margin": "0"})


def row(*content: Any, **props: Any) -> rx.Component:
    """A row of such a list."""
    return rx.el.li(*content, style=_ROW, **props)


def words(first: Any, second: Any) -> rx.Component:
    """A row's name and, below it, what is known about it."""
    return rx.el.div(
        rx.el.div(first, style=theme.CUT | {"font_weight": "500"}),
        rx.el.div(second, style=theme.SMALL | theme.CUT),
        style={"flex": "1", "min_width": "0"},
    )


def confirmed(
    trigger: rx.Component, question: Any, line: Any, yes: str, on_yes: Any
) -> rx.Component:
    """A button that asks before it acts; focus returns to it afterwards."""
    return rx.alert_dialog.root(
        rx.alert_dialog.trigger(trigger),
        rx.alert_dialog.content(
            rx.alert_dialog.title(question, size="4"),
            rx.alert_dialog.description(line, size="2"),
            rx.el.div(
                rx.alert_dialog.cancel(rx.button("Cancel", variant="soft", color_scheme="gray")),
                rx.alert_dialog.action(rx.button(yes, color_scheme="red", on_click=on_yes)),
                style=theme.ROW | {"justify_content": "flex-end", "margin_top": theme.S4},
            ),
            max_width="420px",
        ),
    )


def quiet_button(label: str, **props: Any) -> rx.Component:
    """A button that does not compete with the page's main one."""
    return rx.button(label, variant="soft", color_scheme="gray", type="button", **props)


_SECTION: theme.Style = (
    theme.CARD | theme.COLUMN | {"gap": theme.S3, "padding": theme.S5, "margin": "16px 0"}
)
_ROW: theme.Style = theme.ROW | {
    "gap": theme.S3,
    "padding": "10px 0",
    "flex_wrap": "wrap",
    "&:not(:last-child)": {"border_bottom": theme.LINE},
}
