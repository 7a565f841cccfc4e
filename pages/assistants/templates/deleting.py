"""The question before a template is deleted."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.settings_parts import count, quiet_button
from pages.sign_in import problem
from state.template_deletion import TemplateDeletion

_LOCK = (
    "Meta keeps the name of an approved template locked for 30 days: until then nobody can make a "
    "template of that name in that language. Messages on their way may still arrive."
)


def deletion() -> rx.Component:
    """Opened by a row's menu; focus goes back there."""
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            rx.alert_dialog.title(f"Delete {TemplateDeletion.doomed.name}?", size="4"),
            rx.alert_dialog.description(_LOCK, size="2"),
            rx.cond(count(TemplateDeletion.doomed.languages) > 1, _choice(), _only()),
            problem(TemplateDeletion.problem),
            rx.el.div(
                rx.alert_dialog.cancel(quiet_button("Cancel", style=_BUTTON)),
                rx.button(
                    rx.cond(TemplateDeletion.whole, "Delete all languages", "Delete"),
                    color_scheme="red",
                    on_click=TemplateDeletion.delete,
                    loading=TemplateDeletion.deleting,
                    style=_BUTTON,
                ),
                style=theme.ROW | {"justify_content": "flex-end", "margin_top": theme.S4},
            ),
            max_width="440px",
        ),
        open=TemplateDeletion.shown,
        on_open_change=TemplateDeletion.close,
    )


def _only() -> rx.Component:
    return rx.el.p(
        "It is there in ", TemplateDeletion.doomed.language, " only.", style=theme.SMALL | _GAP
    )


def _choice() -> rx.Component:
    named: Any = TemplateDeletion.doomed.languages
    languages = named.join(", ")
    return rx.el.fieldset(
        rx.el.legend("What goes", style=theme.HIDDEN),
        _option("one", f"{TemplateDeletion.doomed.language} only", False),
        _option("all", f"All languages of this name: {languages}", True),
        style=_GAP | theme.COLUMN | {"gap": theme.S2, "border": "0", "padding": "0"},
    )


def _option(name: str, label: str, whole: bool) -> rx.Component:
    every: Any = TemplateDeletion.whole
    chosen = every if whole else ~every
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="deleted-languages",
            value=name,
            checked=chosen,
            on_change=TemplateDeletion.choose(whole),
        ),
        label,
        style=theme.ROW | {theme.PHONE: {"min_height": theme.TOUCH}},
    )


_GAP: theme.Style = {"margin": "12px 0 0"}
_BUTTON: theme.Style = {theme.PHONE: {"min_height": theme.TOUCH}}
