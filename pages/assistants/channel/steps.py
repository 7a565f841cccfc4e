"""The steps of connecting or testing, each with its own result, its fix and, if any, a retry."""

from typing import Any

import reflex as rx

from pages import theme
from pages.assistants.channel.parts import card, plain_button
from pages.assistants.sidebar import whatsapp
from pages.components.settings_parts import count
from state.channel import Channel
from state.connection import Again, Connection


def steps_card() -> rx.Component:
    """What is being done, or was done last; nothing when nothing was."""
    return rx.cond(
        count(Connection.steps) > 0,
        card(
            rx.el.div(
                rx.el.h2(Connection.heading, style=theme.HEADING | {"flex": "1"}),
                rx.cond(
                    Connection.busy == "",
                    rx.icon_button(
                        rx.icon("x", size=16, aria_hidden="true"),
                        aria_label="Close this list",
                        variant="ghost",
                        color_scheme="gray",
                        on_click=Connection.close,
                    ),
                ),
                style=theme.ROW,
            ),
            rx.el.ol(
                rx.foreach(Connection.steps, _step),
                custom_attrs={"aria-live": "polite"},
                style={"list_style": "none", "padding": "0", "margin": "6px 0 0"},
            ),
            aria_label="Steps",
        ),
    )


def refusal() -> rx.Component:
    """Why nothing was done, and where to go if another assistant has the number."""
    return rx.cond(
        Connection.problem != "",
        rx.callout.root(
            rx.callout.icon(rx.icon("circle-alert", size=16)),
            rx.callout.text(
                Connection.problem,
                " ",
                rx.cond(
                    Connection.taken_by > 0,
                    rx.link("Open its WhatsApp page", href=whatsapp(Connection.taken_by)),
                ),
            ),
            color_scheme="red",
            size="1",
            role="alert",
        ),
    )


def _step(step: Any) -> rx.Component:
    return rx.el.li(
        rx.el.span(_icon(step.state), style={"flex": "none", "padding_top": "2px"}),
        rx.el.div(
            rx.el.span(step.label, style={"font_weight": "500"}),
            rx.cond(step.sentence != "", rx.el.p(step.sentence, style=theme.SMALL)),
            rx.cond(
                step.fix != "",
                rx.el.p(step.fix, style=theme.SMALL | {"color": theme.TEXT}),
            ),
            rx.cond(Channel.connected, _again(step)),
            style={"flex": "1", "min_width": "0", "overflow_wrap": "anywhere"},
        ),
        key=step.name,
        custom_attrs={"data-step": step.name, "data-state": step.state},
        style=_ROW | theme.appear(),
    )


def _icon(state: Any) -> Any:
    def mark(icon: str, color: str, words: str) -> rx.Component:
        return rx.icon(
            icon, size=16, color=color, custom_attrs={"aria-label": words, "role": "img"}
        )

    return rx.match(
        state,
        ("ok", mark("circle-check", theme.on_soft("jade"), "Done")),
        ("warning", mark("triangle-alert", theme.on_soft("amber"), "To look at")),
        ("failed", mark("circle-x", theme.on_soft("red"), "Did not work")),
        ("running", rx.spinner(size="2", aria_label="Under way")),
        ("skipped", mark("circle-minus", theme.MUTED, "Not needed or not possible")),
        mark("circle", theme.MUTED, "Waiting"),
    )


def _again(step: Any) -> Any:
    return rx.match(
        step.again,
        ("subscribe", _retry("subscribe")),
        ("health", _retry("health")),
        ("register", _register()),
        rx.fragment(),
    )


def _retry(name: Again) -> rx.Component:
    return plain_button(
        "Retry",
        size="1",
        on_click=Connection.retry(name),
        loading=Connection.busy == name,
        disabled=Connection.busy != "",
        margin_top="6px",
    )


def _register() -> rx.Component:
    """Meta takes ten tries in 72 hours; a number with a two-step PIN needs that one."""
    return rx.form(
        rx.input(
            name="pin",
            type="password",
            placeholder="PIN, if it has one",
            max_length=6,
            auto_complete="new-password",
            custom_attrs={"aria-label": "Two-step PIN, if the number has one"},
            width="160px",
        ),
        plain_button(
            "Retry",
            type="submit",
            loading=Connection.busy == "register",
            disabled=Connection.busy != "",
        ),
        on_submit=Connection.register,
        style=theme.ROW | {"flex_wrap": "wrap", "margin_top": "6px"},
    )


_ROW: theme.Style = {
    "display": "flex",
    "gap": "10px",
    "padding": "7px 0",
    "&:not(:last-child)": {"border_bottom": theme.LINE},
}
