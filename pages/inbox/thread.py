"""The middle pane: header, messages, composer."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import avatar, face, ring
from pages.inbox.actions import action, close_or_reopen
from pages.inbox.composer import composer
from pages.inbox.details import details_toggle
from pages.inbox.lines import line
from state.handling import Handling
from state.inbox import Inbox
from state.thread import Thread


class MessageLog(rx.Component):
    """The scrolling thread (assets/js/message-log.jsx)."""

    library = "$/public/js/message-log.jsx"
    tag = "MessageLog"

    conversation: rx.Var[int]
    pages: rx.Var[int]
    last: rx.Var[str]
    has_older: rx.Var[bool]
    on_older: rx.EventHandler[rx.event.no_args_event_spec]


def thread_pane() -> rx.Component:
    return rx.el.section(
        rx.cond(Thread.loaded, _header(), _header_skeleton()),
        rx.cond(Thread.loaded, _messages(), _skeletons()),
        rx.cond(Thread.loaded, composer()),
        aria_label="Conversation",
        style=_PANE,
    )


# ---- header


def _header() -> rx.Component:
    header = Thread.header
    return rx.el.header(
        _back(),
        avatar(header.initials, face(header.face), 32),
        rx.el.div(
            rx.el.h2(header.title, style=theme.HEADING | theme.CUT | {"line_height": "18px"}),
            rx.el.div(header.subtitle, style=_SUBTITLE | {theme.PHONE: {"display": "none"}}),
            rx.el.div(
                header.window_label,
                style=_SUBTITLE | {"display": "none", theme.PHONE: {"display": "block"}},
            ),
            style={"min_width": "0", "flex": "1"},
        ),
        _window(header),
        _buttons(header),
        details_toggle(),
        style=_HEADER,
    )


def _back() -> rx.Component:
    return rx.link(
        rx.icon("chevron-left", size=22, aria_hidden="true"),
        href=f"/inbox/{Inbox.view}/",
        aria_label="Back to the list",
        style=_BACK,
    )


def _window(header: Any) -> rx.Component:
    words = {"font_size": "13px", "white_space": "nowrap"} | theme.NUMBER
    return rx.cond(
        header.window_level != "",
        rx.el.div(
            ring(header.window_percent, header.window_level, header.window_label),
            rx.el.span(
                header.window,
                aria_hidden="true",
                style=words
                | {
                    "color": rx.match(
                        header.window_level,
                        ("closed", theme.on_soft("red")),
                        ("soon", theme.on_soft("amber")),
                        theme.MUTED,
                    )
                },
            ),
            style=theme.ROW | {theme.PHONE: {"display": "none"}},
        ),
    )


def _buttons(header: Any) -> rx.Component:
    return rx.el.div(
        rx.cond(header.can_take_over, action("Take over", Handling.take_over)),
        rx.cond(header.can_resume, action("Resume AI", Handling.resume_ai, mark="✦ ")),
        rx.el.div(close_or_reopen(), style={theme.PHONE: {"display": "none"}}),
        style=theme.ROW,
    )


# ---- messages


def _messages() -> rx.Component:
    return MessageLog.create(
        rx.cond(
            Thread.has_older,
            rx.el.div("Earlier messages are loading…", style=theme.TINY | {"align_self": "center"}),
        ),
        rx.foreach(Thread.older_items, lambda item: line(item=item, key=item.key)),
        rx.foreach(Thread.items, lambda item: line(item=item, key=item.key)),
        conversation=Thread.conversation,
        pages=Thread.pages,
        last=Thread.items[-1].key,
        has_older=Thread.has_older,
        on_older=Thread.older,
        style=_LOG,
    )


def _header_skeleton() -> rx.Component:
    return rx.el.header(
        _back(), rx.el.div(style=_BONE | {"width": "180px", "height": "14px"}), style=_HEADER
    )


def _skeletons() -> rx.Component:
    sides = (("flex-start", "46%"), ("flex-end", "58%"), ("flex-start", "34%"), ("flex-end", "40%"))
    return rx.el.div(
        *[
            rx.el.div(style=_BONE | {"align_self": side, "width": width, "height": "52px"})
            for side, width in sides
        ],
        role="status",
        aria_label="Loading messages",
        style=theme.COLUMN
        | {"flex": "1", "justify_content": "flex-end", "gap": "10px", "padding": "14px 28px"},
    )


_BONE: theme.Style = {"border_radius": theme.RADIUS_CARD, "background": "var(--gray-4)"}
_PANE: theme.Style = theme.COLUMN | {
    "min_width": "0",
    "min_height": "0",
    "background": theme.PAGE,
}
_HEADER: theme.Style = theme.ROW | {
    "gap": theme.S3,
    "min_height": theme.HEADER,
    "padding": "0 20px",
    "border_bottom": theme.LINE,
    "background": theme.PANEL,
    theme.PHONE: {"padding": "8px 12px", "gap": theme.S2},
}
_BACK: theme.Style = {
    "display": "none",
    "color": theme.TEXT,
    theme.PHONE: {
        "display": "grid",
        "place_items": "center",
        "width": "32px",
        "height": theme.TOUCH,
    },
}
_SUBTITLE: theme.Style = theme.TINY | theme.NUMBER | theme.CUT
_LOG: theme.Style = {
    "flex": "1",
    "min_height": "0",
    "position": "relative",
    "& .box": {
        "height": "100%",
        "overflow_y": "auto",
        "overflow_anchor": "none",
        "padding": "14px 28px",
        "&:focus-visible": {
            "outline": f"2px solid {theme.solid('jade')}",
            "outline_offset": "-2px",
        },
        theme.PHONE: {"padding": "14px"},
    },
    "& .lines": theme.COLUMN | {"gap": "10px", "min_height": "100%", "justify_content": "flex-end"},
    "& .fresh": {
        "position": "absolute",
        "bottom": theme.S3,
        "left": "50%",
        "transform": "translateX(-50%)",
        "padding": "6px 14px",
        "border_radius": theme.ROUND,
        "background": theme.solid("jade"),
        "color": theme.ON_SOLID,
        "font_size": "13px",
        "font_weight": "500",
        "cursor": "pointer",
        "box_shadow": "var(--shadow-4)",
    },
}
