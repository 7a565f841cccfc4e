"""The middle pane: header, messages, composer."""

import reflex as rx

from pages import theme
from pages.inbox.composer import composer
from pages.inbox.header import header, header_skeleton
from pages.inbox.log import message_log
from state.thread import Thread


def thread_pane() -> rx.Component:
    return rx.el.section(
        rx.cond(Thread.loaded, header(), header_skeleton()),
        rx.cond(Thread.loaded, message_log(), _skeletons()),
        rx.cond(Thread.loaded, composer()),
        aria_label="Conversation",
        style=_PANE,
    )


# ---- while it loads


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
