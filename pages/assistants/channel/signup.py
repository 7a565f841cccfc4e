"""Connect with WhatsApp; the browser's part is assets/js/signup.jsx."""

import reflex as rx

from pages import theme
from state.channel import Channel
from state.connection import Connection


def _finished(
    code: rx.Var[str], waba_id: rx.Var[str], phone_number_id: rx.Var[str], event: rx.Var[str]
) -> tuple[rx.Var[str], rx.Var[str], rx.Var[str], rx.Var[str]]:
    return code, waba_id, phone_number_id, event


class Signup(rx.Component):
    """The button, Meta's window behind it, and what became of it in words."""

    library = "$/public/js/signup.jsx"
    tag = "Signup"

    app_id: rx.Var[str]
    config_id: rx.Var[str]
    version: rx.Var[str]
    sdk_url: rx.Var[str]
    origins: rx.Var[list[str]]
    busy: rx.Var[bool]
    ended: rx.Var[int]
    on_finish: rx.EventHandler[_finished]


def signup_button() -> rx.Component:
    """Only where the deployment has an app of its own at Meta."""
    return Signup.create(
        app_id=Channel.offer.app_id,
        config_id=Channel.offer.config_id,
        version=Channel.offer.version,
        sdk_url=Channel.offer.sdk_url,
        origins=Channel.offer.origins,
        busy=Connection.busy != "",
        ended=Connection.ended,
        on_finish=Connection.sign_up,
        style=_STYLE,
    )


_STYLE: theme.Style = theme.COLUMN | {
    "gap": theme.S2,
    "margin_top": "18px",
    "& .line": theme.ROW | {"flex_wrap": "wrap", "gap": theme.S2},
    "& .line > span, & label": theme.SMALL,
    "& label": theme.SMALL | theme.ROW | {"align_items": "flex-start"},
    "& input": {"accent_color": theme.solid("jade"), "margin_top": "3px"},
    "& button": theme.ROW
    | {
        "min_height": "38px",
        "padding": "0 16px",
        "border_radius": theme.RADIUS,
        "background": theme.solid("jade"),
        "color": theme.ON_SOLID,
        "font_size": "14px",
        "font_weight": "500",
        "cursor": "pointer",
        "&:focus-visible": {"outline": f"2px solid {theme.TEXT}", "outline_offset": "2px"},
        "&[aria-disabled=true]": {"cursor": "default", "opacity": "0.75"},
        theme.PHONE: {"min_height": theme.TOUCH},
    },
    "& button.quiet": {"background": "transparent", "color": theme.TEXT, "font_size": "13px"},
    "& .said:empty": {"display": "none"},
    "& .said": {
        "margin": "0",
        "padding": "9px 12px",
        "border_radius": theme.RADIUS,
        "font_size": "13px",
        "overflow_wrap": "anywhere",
        "background": theme.soft("amber"),
        "color": theme.on_soft("amber"),
    },
    "& .spinner": {
        "width": "14px",
        "height": "14px",
        "border_radius": theme.ROUND,
        "border": "2px solid currentColor",
        "border_right_color": "transparent",
        theme.MOTION: {
            "animation": "turn 800ms linear infinite",
            "@keyframes turn": {"to": {"transform": "rotate(360deg)"}},
        },
    },
}
