"""What the fields of the draft share: label, counter, and what the linter says of each."""

from typing import Any

import reflex as rx

from pages import theme
from pages.sign_in import LABEL
from state.template_draft import TemplateDraft


def labelled(label: Any, part: str, control: rx.Component, *more: Any) -> rx.Component:
    """A field with its label above and the linter's sentences below; `more` comes between."""
    return rx.el.div(
        rx.el.label(label, html_for=f"template-{part}", style=LABEL),
        control,
        *more,
        complaints(part),
        style=FIELD,
    )


def field(part: str, value: Any, on_change: Any, **props: Any) -> rx.Component:
    """One line that is checked while it is typed."""
    return _checked(rx.input, part, value, on_change, **props)


def area(part: str, value: Any, on_change: Any, **props: Any) -> rx.Component:
    """Some lines that are checked while they are typed."""
    return _checked(rx.text_area, part, value, on_change, **props)


def _checked(make: Any, part: Any, value: Any, on_change: Any, **props: Any) -> rx.Component:
    identity = f"template-{part}"
    wrong: Any = TemplateDraft.wrong
    return rx.debounce_input(
        make(
            id=identity,
            value=value,
            on_change=on_change,
            custom_attrs=props.pop("custom_attrs", {})
            | {
                "aria-describedby": f"{identity}-said",
                "aria-invalid": rx.cond(wrong.contains(part), "true", "false"),
            },
            style={theme.PHONE: {"min_height": theme.TOUCH, "font_size": "16px"}}
            | props.pop("style", {}),
            **props,
        ),
        debounce_timeout=300,
    )


def complaints(part: Any) -> rx.Component:
    """What Meta would refuse in this part, each with its fix."""
    return rx.el.div(
        rx.foreach(
            TemplateDraft.problems,
            lambda each: rx.cond(each.part == part, _complaint(each)),
        ),
        id=f"template-{part}-said",
        aria_live="polite",
        style=theme.COLUMN | {"gap": "4px", "&:empty": {"display": "none"}},
    )


def _complaint(each: Any) -> rx.Component:
    color = rx.cond(each.blocking, theme.on_soft("red"), theme.on_soft("amber"))
    return rx.el.div(
        rx.el.span(rx.cond(each.blocking, "✕ ", "! "), aria_hidden="true"),
        rx.el.span(each.sentence, style={"flex": "1 1 220px"}),
        rx.cond(
            each.fix != "",
            rx.button(
                each.fix,
                type="button",
                size="1",
                variant="soft",
                on_click=TemplateDraft.fix(each.remedy),
                style={
                    "max_width": "100%",
                    "overflow": "hidden",
                    theme.PHONE: {"min_height": theme.TOUCH},
                },
            ),
        ),
        style=theme.ROW
        | theme.SMALL
        | {"color": color, "flex_wrap": "wrap", "gap": "4px 6px"}
        | theme.appear(),
    )


def counter(length: Any, longest: int) -> rx.Component:
    """How much of what Meta takes is used."""
    return rx.el.span(
        length,
        f" / {longest}",
        style=theme.TINY
        | theme.NUMBER
        | {"color": rx.cond(length > longest, theme.on_soft("red"), theme.MUTED)},
    )


FIELD: theme.Style = theme.COLUMN | {"gap": "5px", "min_width": "0"}
BETWEEN: theme.Style = theme.ROW | {"justify_content": "space-between"}
