"""The buttons of the draft: quick replies, links, a phone number."""

from typing import Any

import reflex as rx

from pages import theme
from pages.assistants.channel.parts import plain_button
from pages.assistants.templates.fields import FIELD, complaints, field
from pages.components.settings_parts import count
from pages.sign_in import LABEL
from state.template_draft import MOST_BUTTONS, ButtonKind, TemplateDraft

_KINDS: tuple[tuple[ButtonKind, str], ...] = (
    ("reply", "Quick reply"),
    ("link", "Link"),
    ("phone", "Phone number"),
)


def buttons() -> rx.Component:
    """Each with its fields, and below them what can be added."""
    return rx.el.div(
        rx.el.div("Buttons, optional", style=LABEL),
        rx.foreach(TemplateDraft.draft.buttons, _one),
        complaints("buttons"),
        rx.cond(
            count(TemplateDraft.draft.buttons) < MOST_BUTTONS,
            rx.el.div(
                *[
                    plain_button(f"+ {words}", on_click=TemplateDraft.add_button(kind), size="1")
                    for kind, words in _KINDS
                ],
                style=theme.ROW | {"flex_wrap": "wrap"},
            ),
        ),
        style=FIELD | {"gap": theme.S2},
    )


def _one(button: Any, index: Any) -> rx.Component:
    kind = rx.match(button.kind, *_KINDS, "")
    return rx.el.fieldset(
        rx.el.legend(kind, style=theme.HIDDEN),
        rx.el.div(
            rx.el.span(kind, style=theme.SMALL | {"flex": "1"}),
            rx.icon_button(
                rx.icon("x", size=14, aria_hidden="true"),
                type="button",
                variant="ghost",
                color_scheme="gray",
                on_click=TemplateDraft.drop_button(index),
                custom_attrs={"aria-label": f"Remove this button: {button.text}"},
                style={
                    "width": "24px",
                    "height": "24px",
                    "margin": "0",
                    theme.PHONE: {"width": theme.TOUCH, "height": theme.TOUCH},
                },
            ),
            style=theme.ROW,
        ),
        _part(index, "text", button.text, "Label"),
        rx.match(
            button.kind,
            ("link", _link(index, button)),
            ("phone", _part(index, "target", button.target, "Number, such as +34960130220")),
            rx.fragment(),
        ),
        style=_BOX,
    )


def _link(index: Any, button: Any) -> rx.Component:
    return rx.fragment(
        _part(index, "target", button.target, "Address; it may end with {{1}}"),
        rx.cond(
            button.target.contains("{{1}}"),
            _part(index, "example", button.example, "Example for {{1}}, such as 4471"),
        ),
    )


def _part(index: Any, name: Any, value: Any, label: str) -> rx.Component:
    part = f"button.{index}.{name}"
    return rx.el.div(
        field(
            part,
            value,
            lambda words: TemplateDraft.write_button(index, name, words),
            placeholder=label,
            auto_complete="off",
            custom_attrs={"aria-label": label},
        ),
        complaints(part),
        style=FIELD,
    )


_BOX: theme.Style = theme.COLUMN | {
    "gap": "6px",
    "border": theme.LINE,
    "border_radius": theme.RADIUS,
    "padding": "6px 10px 10px",
    "margin": "0",
    "min_width": "0",
}
