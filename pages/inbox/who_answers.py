"""Who answers: the sentence, the pause of the AI, and its switch for this conversation."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import toned_chip
from pages.inbox.details_parts import part, small_button
from state.handling import CHOICES, NEVER, UNITS, Handling, short_length
from state.thread import Thread


def who_answers_card() -> rx.Component:
    """The same for everybody who looks at the conversation."""
    details = Thread.details
    return part(
        "Who answers",
        rx.el.p(details.who_sentence, style=theme.SMALL),
        rx.cond(details.resumes != "", _countdown(details)),
        rx.cond(details.can_pause, _pause(details)),
        _switch(details),
        beside=toned_chip(Thread.header.who_tone, Thread.header.who),
    )


def _countdown(details: Any) -> rx.Component:
    return rx.el.p(
        rx.icon("timer", size=14, aria_hidden="true"),
        details.resumes,
        style=theme.ROW
        | theme.NUMBER
        | {"gap": "6px", "margin": "0", "font_size": "13px", "font_weight": "600"},
    )


def _pause(details: Any) -> rx.Component:
    return rx.fragment(
        rx.el.div(
            *[_choice(details, minutes) for minutes in (*CHOICES, NEVER)],
            role="group",
            aria_label="The AI resumes after",
            style=_CHIPS,
        ),
        rx.cond(details.timer_runs, _running()),
        _other(),
    )


def _choice(details: Any, minutes: int) -> rx.Component:
    return small_button(
        short_length(minutes),
        on_click=Handling.pause(minutes).throttle(800),
        disabled=Handling.running != "",
        custom_attrs={"aria-pressed": rx.cond(details.timer == minutes, "true", "false")},
    )


def _running() -> rx.Component:
    waits = Handling.running != ""
    return rx.el.div(
        small_button("+15 min", on_click=Handling.pause_longer.throttle(800), disabled=waits),
        small_button("Stop timer", on_click=Handling.stop_timer.throttle(800), disabled=waits),
        small_button("Resume now", on_click=Handling.resume_ai.throttle(800), disabled=waits),
        style=_CHIPS,
    )


def _other() -> rx.Component:
    """A length of one's own; the browser itself opens and closes it."""
    problem = rx.cond(Handling.problem_in == Thread.conversation, Handling.pause_problem, "")
    return rx.el.details(
        rx.el.summary("Other…", style=_SUMMARY),
        rx.form(
            rx.el.input(
                name="amount",
                default_value="30",
                input_mode="decimal",
                auto_complete="off",
                aria_label="How long",
                max_length=8,
                custom_attrs={
                    "aria-describedby": "pause-problem",
                    "aria-invalid": rx.cond(problem != "", "true", "false"),
                },
                style=_FIELD | {"width": "64px"},
            ),
            rx.el.select(
                *[rx.el.option(unit, value=unit) for unit in UNITS],
                name="unit",
                aria_label="Unit",
                style=_FIELD,
            ),
            small_button("Set", type="submit", disabled=Handling.running != ""),
            on_submit=Handling.pause_other,
            style=_CHIPS,
        ),
        rx.el.p(
            problem,
            id="pause-problem",
            role="alert",
            style=theme.SMALL | {"color": theme.on_soft("red"), "&:empty": {"display": "none"}},
        ),
        key=Thread.conversation,
    )


def _switch(details: Any) -> rx.Component:
    return rx.fragment(
        rx.el.label(
            "AI answers in this conversation",
            rx.switch(
                checked=details.ai_on,
                on_change=Handling.switch_ai,
                disabled=Handling.running != "",
                size="1",
            ),
            style=theme.ROW | _SWITCH,
        ),
        rx.cond(details.ai_note != "", rx.el.p(details.ai_note, style=theme.SMALL)),
    )


_CHIPS: theme.Style = theme.ROW | {"gap": "5px", "flex_wrap": "wrap", "margin_top": "2px"}
_FIELD: theme.Style = {
    "height": "28px",
    "padding": "0 8px",
    "border": theme.STRONG_LINE,
    "border_radius": theme.RADIUS_CHIP,
    "background": theme.PANEL,
    "color": theme.TEXT,
    "font_size": "13px",
    theme.PHONE: {"height": theme.TOUCH, "font_size": "16px"},
} | theme.FOCUS
_SUMMARY: theme.Style = {
    "width": "fit-content",
    "padding": "2px 0",
    "color": theme.MUTED,
    "font_size": "12px",
    "font_weight": "500",
    "cursor": "pointer",
    theme.PHONE: {"line_height": theme.TOUCH},
} | theme.FOCUS
_SWITCH: theme.Style = {
    "justify_content": "space-between",
    "margin_top": theme.S1,
    "font_size": "13px",
    theme.PHONE: {"min_height": theme.TOUCH},
}
