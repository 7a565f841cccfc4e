"""The playground: ask as a customer, read the answer and why it is that."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import chip
from pages.components.settings_parts import count
from pages.sign_in import problem
from state.assistants import QUESTION_LENGTH, Editor, Playground


def playground() -> rx.Component:
    """The card beside every section."""
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Playground", style=theme.HEADING),
            chip(Editor.stored_model),
            style=theme.ROW | {"justify_content": "space-between", "flex_wrap": "wrap"},
        ),
        rx.cond(
            Playground.question == "",
            rx.el.p("Ask what a customer would ask. Nothing is stored or sent.", style=theme.SMALL),
            rx.el.div(
                rx.el.div(Playground.question, style=_BUBBLE | _ASKED),
                rx.cond(Playground.asking, _thinking()),
                rx.cond(Playground.answered, _outcome()),
                aria_live="polite",
                style=theme.COLUMN | {"gap": theme.S3},
            ),
        ),
        rx.cond(
            Editor.changed,
            rx.el.p(
                "It answers with the saved settings; your changes count once they are saved.",
                style=theme.SMALL,
            ),
        ),
        problem(Playground.problem),
        _ask(),
        aria_label="Playground",
        style=theme.CARD | theme.COLUMN | {"gap": theme.S3, "padding": "18px 20px"},
    )


def _thinking() -> rx.Component:
    return rx.el.div(
        rx.spinner(size="1"),
        rx.el.span("The assistant is writing…"),
        style=_BUBBLE | _ANSWERED | theme.ROW,
    )


def _outcome() -> rx.Component:
    outcome = Playground.outcome
    return rx.fragment(
        rx.cond(outcome.answer != "", rx.el.div(outcome.answer, style=_BUBBLE | _ANSWERED)),
        rx.cond(
            outcome.failure != "",
            _notice(
                f"No answer came: {outcome.failure}",
                "A customer would be told so and passed to a person.",
            ),
        ),
        rx.cond(outcome.hand_over != "", _notice(outcome.hand_over, "")),
        _why(),
    )


def _notice(heading: Any, line: str) -> rx.Component:
    return rx.el.div(
        rx.icon("hand", size=16, aria_hidden="true", flex="none"),
        rx.el.div(
            rx.el.div(heading, style={"font_weight": "500"}),
            rx.el.div(line) if line else rx.fragment(),
        ),
        style=_NOTICE,
    )


def _why() -> rx.Component:
    return rx.el.div(
        rx.el.h3("Why", style=theme.SMALL | {"font_weight": "600", "color": theme.TEXT}),
        rx.cond(
            count(Playground.found) > 0,
            rx.el.ol(rx.foreach(Playground.found, _found), style=_FOUND),
            rx.el.p("No passage fits the question.", style=theme.SMALL),
        ),
        rx.el.div(Playground.outcome.facts, style=theme.TINY | theme.NUMBER),
        style=theme.CARD
        | theme.COLUMN
        | {"gap": "5px", "padding": "10px 12px", "box_shadow": "none"}
        | theme.appear(),
    )


def _found(each: Any, number: Any) -> rx.Component:
    return rx.el.li(
        rx.cond(number == 0, chip(number + 1, tone="jade"), chip(number + 1)),
        rx.el.span(each.title, style=theme.CUT | {"min_width": "0"}),
        rx.el.span(
            rx.el.span("score ", style=theme.HIDDEN),
            each.score,
            style=theme.NUMBER | {"color": theme.MUTED},
        ),
        key=each.title,
        style=theme.ROW | {"font_size": "13px"},
    )


def _ask() -> rx.Component:
    return rx.form(
        rx.el.label("Your question", html_for="question", style=theme.HIDDEN),
        rx.input(
            id="question",
            name="question",
            placeholder="Ask as a customer…",
            required=True,
            max_length=QUESTION_LENGTH,
            auto_complete="off",
            style={"flex": "1", "min_width": "0"},
        ),
        rx.button("Ask", type="submit", loading=Playground.asking),
        on_submit=Playground.ask,
        reset_on_submit=True,
        style=theme.ROW,
    )


_BUBBLE: theme.Style = {
    "border_radius": theme.RADIUS_CARD,
    "padding": "8px 12px",
    "white_space": "pre-wrap",
    "overflow_wrap": "anywhere",
}
_ASKED: theme.Style = {
    "align_self": "flex-end",
    "background": theme.SUNKEN,
    "border": theme.LINE,
}
_ANSWERED: theme.Style = {"background": theme.soft("jade"), "border": theme.line_of("jade")}
_NOTICE: theme.Style = theme.ROW | {
    "align_items": "flex-start",
    "padding": "8px 12px",
    "font_size": "13px",
    "border_radius": theme.RADIUS_CARD,
    "color": theme.on_soft("amber"),
    "background": theme.soft("amber"),
    "border": theme.line_of("amber"),
}
_FOUND: theme.Style = theme.COLUMN | {
    "gap": "5px",
    "list_style": "none",
    "padding": "0",
    "margin": "0",
}
