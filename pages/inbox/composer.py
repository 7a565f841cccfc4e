"""What stands below the messages: the reply box, or the reason why there is none."""

from typing import Any

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from pages import theme
from state.handling import Handling
from state.reply import Reply
from state.thread import Thread


def _sent(text: rx.Var[str], send_key: rx.Var[str]) -> tuple[rx.Var[str], rx.Var[str]]:
    return text, send_key


class ReplyBox(rx.Component):
    """The reply box (assets/js/composer.jsx)."""

    library = "$/public/js/composer.jsx"
    tag = "Composer"

    conversation: rx.Var[int]
    placeholder: rx.Var[str]
    longest: rx.Var[int]
    time_left: rx.Var[str]
    hurry: rx.Var[bool]
    answered: rx.Var[str]
    taken: rx.Var[str]
    connected: rx.Var[bool]
    on_send: rx.EventHandler[_sent]


def composer() -> rx.Component:
    state = Thread.composer
    return rx.el.footer(
        rx.match(
            state.mode,
            ("closed_window", _banner("amber", "lock", state)),
            ("channel_off", _banner("red", "circle-off", state)),
            ("connection_issue", _banner("red", "unplug", state)),
            ("claimed_by_other", _by_other(state)),
            rx.cond(state.sentence != "", rx.el.p(state.sentence, style=_HINT)),
        ),
        rx.cond(state.can_write, _reply_box(state)),
        style=_FOOTER,
    )


def _reply_box(state: Any) -> rx.Component:
    return ReplyBox.create(
        key=Thread.conversation,
        conversation=Thread.conversation,
        placeholder=state.placeholder,
        longest=state.longest,
        time_left=state.time_left,
        hurry=state.hurry,
        answered=Reply.answered,
        taken=Reply.taken,
        connected=~has_connection_errors,
        on_send=Reply.send,
        style=_BOX,
    )


def _banner(tone: str, icon: str, state: Any, *more: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.icon(icon, size=17, aria_hidden="true", color=theme.on_soft(tone), flex="none"),
        rx.el.div(
            rx.el.div(state.heading, style={"font_weight": "600", "color": theme.on_soft(tone)}),
            rx.el.div(state.sentence, style=theme.SMALL | {"color": theme.TEXT}),
            style={"flex": "1", "min_width": "0"},
        ),
        *more,
        role="status",
        style=_BANNER
        | {"background": theme.soft(tone), "border": theme.line_of(tone)}
        | theme.appear(),
    )


def _by_other(state: Any) -> rx.Component:
    return rx.el.div(
        rx.el.p(state.sentence, style=theme.SMALL | {"flex": "1"}),
        rx.button(
            "Take over from ",
            state.heading,
            on_click=Handling.take_over.throttle(800),
            style={"border_radius": theme.RADIUS, "font_size": "13px"},
        ),
        style=theme.ROW,
    )


_FOOTER: theme.Style = {
    "padding": "12px 20px 14px",
    "border_top": theme.LINE,
    "background": theme.PANEL,
    theme.PHONE: {"padding": "10px 12px calc(12px + env(safe-area-inset-bottom))"},
}
_HINT: theme.Style = theme.SMALL | {"margin_bottom": theme.S2}
_BANNER: theme.Style = theme.ROW | {
    "gap": "10px",
    "padding": "9px 12px",
    "border_radius": "10px",
}
_BOX: theme.Style = {
    "border": theme.STRONG_LINE,
    "border_radius": theme.RADIUS_CARD,
    "background": theme.PANEL,
    "box_shadow": theme.SHADOW,
    "&:focus-within": {"border_color": theme.ACCENT},
    "& textarea": {
        "display": "block",
        "width": "100%",
        "padding": "11px 14px",
        "min_height": "56px",
        "max_height": "200px",
        "field_sizing": "content",
        "resize": "none",
        "border": "0",
        "outline": "none",
        "background": "transparent",
        "color": theme.TEXT,
        "font": "inherit",
        "&::placeholder": {"color": theme.MUTED, "opacity": "1"},
        theme.PHONE: {"font_size": "16px", "min_height": theme.TOUCH},
    },
    "& .bar": theme.NUMBER
    | {
        "display": "flex",
        "align_items": "center",
        "gap": theme.S3,
        "padding": "6px 8px 6px 14px",
        "border_top": theme.LINE,
        "font_size": "11.5px",
        "color": theme.MUTED,
    },
    "& .left": {"flex": "1"},
    "& .hurry": {"color": theme.on_soft("amber"), "font_weight": "500"},
    "& .over": {"color": theme.on_soft("red"), "font_weight": "600"},
    "& button": {
        "height": "28px",
        "padding": "0 12px",
        "border_radius": theme.RADIUS,
        "background": theme.solid("jade"),
        "color": theme.ON_SOLID,
        "font_size": "12.5px",
        "font_weight": "500",
        "cursor": "pointer",
        "&:disabled": {
            "background": "var(--gray-4)",
            "color": theme.MUTED,
            "cursor": "not-allowed",
        },
        "&:focus-visible": {"outline": f"2px solid {theme.TEXT}", "outline_offset": "2px"},
        theme.PHONE: {"height": "40px"},
    },
}
