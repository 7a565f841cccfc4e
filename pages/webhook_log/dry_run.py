"""“Paste a payload”: the dialog that tries one out."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import toned_chip
from pages.components.settings_parts import count, quiet_button
from pages.sign_in import LABEL, problem
from state.webhook_dry_run import MOST_TEXT, DryRun


def dry_run() -> rx.Component:
    """The button and its dialog."""
    return rx.fragment(
        rx.button("Paste a payload", variant="outline", on_click=DryRun.ask(True)),
        rx.dialog.root(
            rx.dialog.content(
                rx.dialog.title("Paste a payload", size="4"),
                rx.dialog.description(
                    "See what a delivery would do. It is only tried out: nothing is stored, sent "
                    "or changed.",
                    size="2",
                ),
                _form(),
                rx.cond(DryRun.tried, _report()),
                max_width="640px",
            ),
            open=DryRun.shown,
            on_open_change=DryRun.ask,
        ),
    )


def _form() -> rx.Component:
    return rx.form(
        rx.el.label("Payload", html_for="dry-payload", style=LABEL),
        rx.text_area(
            id="dry-payload",
            name="payload",
            required=True,
            max_length=MOST_TEXT,
            rows="8",
            resize="vertical",
            spell_check=False,
            placeholder='{"object": "whatsapp_business_account", "entry": [ … ]}',
        ),
        rx.el.label("X-Hub-Signature-256, if you have it", html_for="dry-signature", style=LABEL),
        rx.input(
            id="dry-signature",
            name="signature",
            max_length=100,
            placeholder="sha256=…",
            auto_complete="off",
        ),
        problem(DryRun.problem),
        rx.el.div(
            rx.dialog.close(quiet_button("Close")),
            rx.button("Try it out", type="submit"),
            style=theme.ROW | {"justify_content": "flex-end", "margin_top": theme.S2},
        ),
        on_submit=DryRun.run,
        style=theme.COLUMN | {"gap": theme.S2, "margin_top": theme.S4},
    )


def _report() -> rx.Component:
    return rx.el.section(
        rx.el.h2("It would do this", style=theme.HEADING),
        rx.cond(
            DryRun.report.signature != "",
            rx.el.p(
                toned_chip(DryRun.report.signature_tone, "Signature"),
                " ",
                DryRun.report.signature,
                style=theme.SMALL,
            ),
        ),
        rx.cond(
            count(DryRun.report.lines) > 0,
            rx.el.ul(rx.foreach(DryRun.report.lines, _line), style=_LIST),
            rx.el.p("Nothing: it holds no item.", style=theme.SMALL),
        ),
        rx.cond(
            DryRun.report.left_out > 0,
            rx.el.p(f"{DryRun.report.left_out} more items were not tried.", style=theme.SMALL),
        ),
        aria_label="It would do this",
        aria_live="polite",
        style=theme.COLUMN | {"gap": theme.S2, "margin_top": theme.S4},
    )


def _line(each: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(each.kind, style={"font_weight": "600"}),
            rx.el.span(each.number, style=_NUMBER),
            toned_chip(each.tone, each.verdict),
            style=theme.ROW | {"flex_wrap": "wrap"},
        ),
        rx.el.div(each.what),
        rx.el.code(each.path, style=_PATH),
        key=each.path,
        style=_LINE,
    )


_LIST: theme.Style = {
    "list_style": "none",
    "padding": "0",
    "margin": "0",
    "border": theme.LINE,
    "border_radius": theme.RADIUS,
}
_LINE: theme.Style = {
    "padding": "8px 12px",
    "&:not(:last-child)": {"border_bottom": theme.LINE},
}
_PATH: theme.Style = theme.TINY | {"overflow_wrap": "anywhere"}
_NUMBER: theme.Style = theme.SMALL | theme.NUMBER | {"flex": "1 0 auto", "white_space": "nowrap"}
