"""How long messages are kept: a form for admins, and the question before anything is deleted."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.settings_parts import save_button, section
from pages.setup import SELECT
from pages.sign_in import LABEL, problem
from state.data_keeping import CHOICES, LONGEST, SHORTEST, DataKeeping

LINE = (
    "What is older is deleted each night, with files and notes. Contacts stay, and so do the "
    "counts of analytics, unsent messages and those that may or may not have arrived."
)


def content() -> rx.Component:
    """The tab of admins."""
    return rx.cond(DataKeeping.loaded, section("Messages", LINE, _form(), _question()))


def _form() -> rx.Component:
    shown: Any = DataKeeping.shown
    return rx.form(
        rx.el.div(
            rx.el.label("Keep messages for", html_for="keep-field", style=LABEL),
            rx.el.select(
                *[rx.el.option(words, value=each) for each, words in CHOICES.items()],
                id="keep-field",
                name="keep",
                default_value=DataKeeping.choice,
                on_change=DataKeeping.choose,  # pyright: ignore[reportArgumentType]
                style=SELECT | _TALL,
            ),
            style=theme.COLUMN | {"gap": "6px", "max_width": "420px"},
        ),
        rx.cond(DataKeeping.choice == "other", _other()),
        problem(DataKeeping.problem),
        save_button("Save how long"),
        on_submit=DataKeeping.ask,
        # Uncontrolled fields take their first value only once.
        key=shown.to_string(),
        style=theme.COLUMN | {"gap": theme.S4},
    )


def _other() -> rx.Component:
    days: Any = DataKeeping.days
    return rx.el.div(
        rx.el.label(f"Days, from {SHORTEST} to {LONGEST}", html_for="days-field", style=LABEL),
        rx.input(
            id="days-field",
            name="days",
            default_value=rx.cond(days > 0, days.to_string(), ""),
            input_mode="numeric",
            max_length=6,
            required=True,
            style=_TALL | {"width": "96px"},
        ),
        style=theme.COLUMN | {"gap": "6px"},
    )


def _question() -> rx.Component:
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            rx.alert_dialog.title(DataKeeping.question, size="4"),
            rx.alert_dialog.description(DataKeeping.goes, size="2"),
            rx.el.div(
                rx.button(
                    "Cancel", variant="soft", color_scheme="gray", on_click=DataKeeping.cancel
                ),
                rx.button(
                    "Delete older messages", color_scheme="red", on_click=DataKeeping.confirm
                ),
                style=theme.ROW | {"justify_content": "flex-end", "margin_top": theme.S4},
            ),
            max_width="460px",
        ),
        open=DataKeeping.asking,
        on_open_change=DataKeeping.cancel,
    )


_TALL: theme.Style = {"height": "32px", theme.PHONE: {"height": theme.TOUCH}}
