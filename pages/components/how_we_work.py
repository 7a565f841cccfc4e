"""How the workspace works: a form for admins, the same rules in words for everybody else."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.settings_parts import save_button, section
from pages.setup import SELECT
from pages.sign_in import LABEL, problem
from state.how_we_work import CHOICES, UNITS, HowWeWork
from state.session import Session

LINE = "When the assistant goes on by itself, and who may answer a claimed conversation."


def content() -> rx.Component:
    """The tab that everyone has; only admins find controls in it."""
    return rx.cond(
        HowWeWork.loaded, section("How we work", LINE, rx.cond(Session.is_admin, _form(), _words()))
    )


def _form() -> rx.Component:
    shown: Any = HowWeWork.shown
    return rx.form(
        _resume(),
        rx.cond(HowWeWork.choice == "other", _other()),
        _claimer(),
        problem(HowWeWork.problem),
        save_button("Save how we work"),
        on_submit=HowWeWork.save,
        # Uncontrolled fields take their first value only once.
        key=shown.to_string(),
        style=theme.COLUMN | {"gap": theme.S4},
    )


def _resume() -> rx.Component:
    choose: Any = HowWeWork.choose
    return _field(
        "After a person takes over, the assistant resumes after",
        "resume",
        rx.el.select(
            *[rx.el.option(words, value=each) for each, words in CHOICES.items()],
            id="resume-field",
            name="resume",
            default_value=HowWeWork.choice,
            on_change=choose,
            style=SELECT | _TALL,
        ),
    )


def _other() -> rx.Component:
    amount: Any = HowWeWork.amount
    return rx.el.fieldset(
        rx.el.legend("Between 5 minutes and 7 days", style=LABEL | {"padding": "0 0 6px"}),
        rx.el.div(
            rx.input(
                name="amount",
                default_value=rx.cond(amount > 0, amount.to_string(), ""),
                input_mode="numeric",
                max_length=6,
                required=True,
                aria_label="How long",
                style=_TALL | {"width": "96px"},
            ),
            rx.el.select(
                *[rx.el.option(unit, value=unit) for unit in UNITS],
                name="unit",
                default_value=HowWeWork.unit,
                aria_label="Unit",
                style=SELECT | _TALL | {"width": "auto"},
            ),
            style=theme.ROW,
        ),
        style={"border": "0", "padding": "0", "margin": "0"},
    )


def _claimer() -> rx.Component:
    return rx.el.div(
        rx.switch(
            id="claimer-field",
            name="only_claimer",
            default_checked=HowWeWork.only_claimer,
            custom_attrs={"aria-describedby": "claimer-line"},
        ),
        rx.el.div(
            rx.el.label(
                "Only the person who claimed a conversation may reply",
                html_for="claimer-field",
                style=LABEL,
            ),
            rx.el.p("Others take it over first.", id="claimer-line", style=theme.SMALL),
        ),
        style=theme.ROW | {"gap": theme.S3, theme.PHONE: {"min_height": theme.TOUCH}},
    )


def _words() -> rx.Component:
    return rx.el.ul(
        rx.el.li(
            rx.cond(
                HowWeWork.resumes != "",
                rx.fragment(
                    "After a person takes over, the assistant resumes by itself after ",
                    HowWeWork.resumes,
                    ". In a conversation you can change that.",
                ),
                "After a person takes over, the assistant resumes only when somebody says so.",
            )
        ),
        rx.el.li(
            rx.cond(
                HowWeWork.only_claimer,
                "Only the person who claimed a conversation may reply; others take it over first.",
                "Everybody may reply in a claimed conversation.",
            )
        ),
        rx.el.li("An admin can change this.", style=theme.SMALL),
        style={"margin": "0", "padding_left": "18px", "display": "grid", "gap": theme.S2},
    )


def _field(label: str, name: str, control: Any) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=f"{name}-field", style=LABEL),
        control,
        style=theme.COLUMN | {"gap": "6px", "max_width": "420px"},
    )


_TALL: theme.Style = {"height": "32px", theme.PHONE: {"height": theme.TOUCH}}
