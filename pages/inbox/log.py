"""The scrolling messages of the open conversation."""

import reflex as rx

from pages import theme
from pages.inbox.lines import line
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


def message_log() -> rx.Component:
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
