"""Advanced Setup: four values, each with its own sentence when it is wrong.

The fields are the browser's own: what is typed stays there, and no secret becomes a var.
"""

from typing import Any

import reflex as rx

from pages import theme
from pages.assistants.channel.parts import plain_button
from pages.sign_in import LABEL, problem
from state.channel import Channel
from state.connection import Connection


def advanced_setup() -> rx.Component:
    """Open where it is the only way."""
    return rx.el.details(
        rx.el.summary(
            rx.el.h2("Advanced Setup (manual credentials)", style=theme.HEADING),
            rx.icon("chevron-down", size=16, aria_hidden="true", class_name="arrow"),
            style=_SUMMARY,
        ),
        rx.form(
            rx.el.div(
                _field("Phone Number ID", "phone_number_id", inputmode="numeric"),
                _field("WABA ID", "waba_id", inputmode="numeric"),
                _secret("System User Access Token", "access_token"),
                _secret(
                    "App Secret", "app_secret", "Checks that incoming webhooks come from Meta."
                ),
                style=_FIELDS,
            ),
            rx.cond(_is_wrong("form"), problem(_sentence("form"))),
            rx.el.div(
                plain_button(
                    "Connect Manually",
                    type="submit",
                    loading=Connection.busy == "manual",
                    disabled=Connection.busy != "",
                ),
                rx.el.span(
                    "We check all four with Meta, then store them encrypted.", style=theme.SMALL
                ),
                style=theme.ROW | {"flex_wrap": "wrap"},
            ),
            on_submit=Connection.connect_manually,
            reset_on_submit=False,
            style=theme.COLUMN | {"gap": "14px", "margin_top": theme.S3},
        ),
        open=Channel.offer.app_id == "",
        style=theme.CARD | {"padding": "18px 20px", "&[open] .arrow": {"rotate": "180deg"}},
    )


def _secret(label: str, name: str, line: str = "") -> rx.Component:
    return _field(label, name, line, type="password", auto_complete="new-password")


def _field(label: str, name: str, line: str = "", **props: Any) -> rx.Component:
    inputmode = props.pop("inputmode", "text")
    described = {
        "aria-describedby": f"{name}-line",
        "aria-invalid": rx.cond(_is_wrong(name), "true", "false"),
        "inputMode": inputmode,
    }
    return rx.el.div(
        rx.el.label(label, html_for=f"{name}-field", style=LABEL),
        rx.input(
            id=f"{name}-field",
            name=name,
            max_length=1000,
            spell_check=False,
            auto_complete=props.pop("auto_complete", "off"),
            custom_attrs=described,
            **props,
        ),
        rx.el.div(
            rx.cond(
                _is_wrong(name),
                rx.el.span(_sentence(name), style={"color": theme.on_soft("red")}),
                line,
            ),
            id=f"{name}-line",
            role="status",
            style=theme.TINY | {"overflow_wrap": "anywhere", "&:empty": {"display": "none"}},
        ),
        custom_attrs={"data-wrong": rx.cond(_is_wrong(name), "true", "false")},
        style=theme.COLUMN
        | {
            "gap": theme.S1,
            "min_width": "0",
            "&[data-wrong=true] .rt-TextFieldRoot": {
                "box_shadow": f"inset 0 0 0 1px {theme.STOPPED}"
            },
        },
    )


def _is_wrong(name: str) -> rx.Var[bool]:
    return Connection.problems.contains(name)  # pyright: ignore[reportAttributeAccessIssue]


def _sentence(name: str) -> Any:
    return Connection.problems[name]


_SUMMARY: theme.Style = (
    theme.ROW
    | theme.FOCUS
    | {
        "justify_content": "space-between",
        "cursor": "pointer",
        "list_style": "none",
        "border_radius": theme.RADIUS,
        "&::-webkit-details-marker": {"display": "none"},
        theme.PHONE: {"min_height": theme.TOUCH},
    }
)
_FIELDS: theme.Style = {
    "display": "grid",
    "grid_template_columns": "1fr 1fr",
    "gap": theme.S3,
    "align_items": "start",
    theme.PHONE: {"grid_template_columns": "minmax(0, 1fr)"},
}
