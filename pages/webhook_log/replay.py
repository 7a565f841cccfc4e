"""The dialog that replays a time: count, ask, progress."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.settings_parts import quiet_button
from pages.sign_in import LABEL, problem
from state.webhook_replay import WebhookReplay


def replay() -> rx.Component:
    """The button and its dialog."""
    return rx.fragment(
        rx.button("Replay a time", variant="outline", on_click=WebhookReplay.ask(True)),
        rx.dialog.root(
            rx.dialog.content(
                rx.dialog.title("Replay a time", size="4"),
                rx.dialog.description(
                    "Your deliveries of that time are applied again. Applying twice changes "
                    "nothing; what could not be applied is tried again.",
                    size="2",
                ),
                rx.cond(
                    WebhookReplay.running | (WebhookReplay.finished != ""),
                    _progress(),
                    rx.cond(WebhookReplay.count >= 0, _question(), _times()),
                ),
                max_width="460px",
            ),
            open=WebhookReplay.shown,
            on_open_change=WebhookReplay.ask,
        ),
    )


def _times() -> rx.Component:
    return rx.form(
        rx.el.div(
            _time("From", "begins", WebhookReplay.begins),
            _time("To", "ends", WebhookReplay.ends),
            style=theme.ROW | {"flex_wrap": "wrap", "gap": theme.S3},
        ),
        rx.el.p("In the workspace's time zone.", style=theme.SMALL),
        problem(WebhookReplay.problem),
        rx.el.div(
            rx.dialog.close(quiet_button("Cancel")),
            rx.button("Count", type="submit"),
            style=_BUTTONS,
        ),
        on_submit=WebhookReplay.measure,
        style=_BELOW,
    )


def _time(label: str, name: str, value: Any) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=f"replay-{name}", style=LABEL),
        rx.input(
            id=f"replay-{name}",
            name=name,
            type="datetime-local",
            required=True,
            default_value=value,
            # An uncontrolled field takes its first value only once.
            key=value,
        ),
        style=theme.COLUMN | {"gap": "6px"},
    )


def _question() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            rx.el.b(
                rx.cond(
                    WebhookReplay.count == 1,
                    "1 delivery",
                    f"{WebhookReplay.count} deliveries",
                )
            ),
            " from ",
            WebhookReplay.words,
            ".",
            style={"margin": "0"} | theme.NUMBER,
            role="status",
        ),
        rx.el.div(
            quiet_button("Other times", on_click=WebhookReplay.choose_again),
            rx.button(
                "Replay them",
                disabled=WebhookReplay.count == 0,
                on_click=WebhookReplay.start,
            ),
            style=_BUTTONS,
        ),
        style=_BELOW,
    )


def _progress() -> rx.Component:
    percent: Any = WebhookReplay.percent
    return rx.el.div(
        rx.progress(value=percent, aria_label="Progress"),
        rx.el.p(
            rx.cond(
                WebhookReplay.running,
                f"{WebhookReplay.done} of {WebhookReplay.count} applied",
                WebhookReplay.finished,
            ),
            role="status",
            style={"margin": "0"} | theme.NUMBER,
        ),
        rx.el.div(
            rx.cond(
                WebhookReplay.running,
                quiet_button("Stop", on_click=WebhookReplay.cancel),
                rx.dialog.close(rx.button("Close")),
            ),
            style=_BUTTONS,
        ),
        style=_BELOW,
    )


_BELOW: theme.Style = theme.COLUMN | {"gap": theme.S3, "margin_top": theme.S4}
_BUTTONS: theme.Style = theme.ROW | {"justify_content": "flex-end", "margin_top": theme.S2}
