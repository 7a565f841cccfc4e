"""What became of a message, and why the assistant said it: read when somebody asks."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.settings_parts import count
from state.message import OneMessage


def message_dialogs() -> rx.Component:
    """One dialog; the log gives the focus back to the message it was asked about."""
    return rx.dialog.root(
        rx.dialog.content(
            rx.cond(OneMessage.showing == "why", _why(), _details()),
            rx.el.div(
                rx.dialog.close(rx.button("Close", variant="soft", color_scheme="gray")),
                style=theme.ROW | {"justify_content": "flex-end", "margin_top": theme.S4},
            ),
            max_width="520px",
            style=_DIALOG,
        ),
        open=OneMessage.showing != "",
        on_open_change=OneMessage.close,
    )


# ---- what became of it


def _details() -> rx.Component:
    ledger: Any = OneMessage.ledger
    return rx.fragment(
        rx.dialog.title("Message details", size="4"),
        rx.dialog.description("Who sent it, and what became of it.", size="2"),
        rx.el.dl(
            _fact("From", ledger.sent_by),
            _fact("Status", ledger.status),
            rx.foreach(ledger.times, lambda pair: _fact(pair[0], pair[1])),
            _fact("Sent again", ledger.sent_again),
            _fact("WhatsApp's id", ledger.wamid),
            style=_FACTS,
        ),
        rx.cond(ledger.problem != "", rx.el.p(ledger.problem, style=_PROBLEM)),
        rx.cond(count(ledger.attempts) > 0, _attempts(ledger)),
    )


def _fact(name: Any, value: Any) -> rx.Component:
    return rx.cond(
        value != "",
        rx.el.div(rx.el.dt(name, style=theme.SMALL), rx.el.dd(value, style=_VALUE), style=_FACT),
    )


def _attempts(ledger: Any) -> rx.Component:
    return rx.el.section(
        rx.el.h3("Attempts", style=theme.HEADING),
        rx.el.ol(rx.foreach(ledger.attempts, _attempt), style=_ATTEMPTS),
        aria_label="Attempts",
        style={"margin_top": theme.S4},
    )


def _attempt(each: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(each.number, ". ", each.outcome, style={"font_weight": "500"}),
        rx.el.dl(
            _fact("Begun", each.started),
            _fact("Ended", each.ended),
            _fact("Error", each.code),
            _fact("Meta says", each.problem),
            _fact("WhatsApp's id", each.wamid),
            _fact("Meta's trace id", each.trace_id),
            style=_FACTS,
        ),
        style=_ATTEMPT,
    )


# ---- why it was said


def _why() -> rx.Component:
    why: Any = OneMessage.why
    return rx.fragment(
        rx.dialog.title("Why the AI did that", size="4"),
        rx.dialog.description(why.decision, size="2"),
        rx.cond(why.reason != "", rx.el.p(why.reason, style=_REASON)),
        rx.cond(
            count(why.passages) > 0,
            rx.el.section(
                rx.el.h3("Knowledge it had before it", style=theme.HEADING),
                rx.el.ul(
                    rx.foreach(why.passages, lambda title: rx.el.li(title)),
                    style={"margin": "4px 0 0", "padding_left": theme.S5},
                ),
                aria_label="Knowledge it had before it",
                style={"margin_top": theme.S4, "overflow_wrap": "anywhere"},
            ),
        ),
        rx.el.dl(
            _fact("Model", why.model),
            _fact("Took", why.time),
            _fact("Tokens", why.tokens),
            _fact("When", why.at),
            style=_FACTS,
        ),
    )


# A dialog is drawn outside the page and takes the size of its text from there.
_DIALOG: theme.Style = {"font_size": "14px", "line_height": "20px"}
_REASON: theme.Style = {
    "margin": "8px 0 0",
    "&::first-letter": {"text_transform": "uppercase"},
}
_FACTS: theme.Style = {"margin": "12px 0 0"}
_FACT: theme.Style = {
    "display": "grid",
    "grid_template_columns": "140px minmax(0, 1fr)",
    "gap": theme.S2,
    "padding": "3px 0",
    theme.PHONE: {"grid_template_columns": "110px minmax(0, 1fr)"},
}
_VALUE: theme.Style = theme.NUMBER | {"margin": "0", "overflow_wrap": "anywhere"}
_PROBLEM: theme.Style = {"margin": "8px 0 0", "color": theme.on_soft("red")}
_ATTEMPTS: theme.Style = {"list_style": "none", "margin": "0", "padding": "0"}
_ATTEMPT: theme.Style = {"padding": "8px 0", "&:not(:last-child)": {"border_bottom": theme.LINE}}
