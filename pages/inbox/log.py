"""The scrolling messages of the open conversation, and what can be done with one of them."""

from typing import Any

import reflex as rx

from pages import theme
from pages.inbox.lines import line
from pages.inbox.message_dialogs import message_dialogs
from state.message import OneMessage
from state.reply import Reply
from state.thread import Thread


def _number(number: rx.Var[int]) -> tuple[rx.Var[int]]:
    return (number,)


def _number_and_words(number: rx.Var[int], words: rx.Var[str]) -> tuple[rx.Var[int], rx.Var[str]]:
    return number, words


def _attempt(
    number: rx.Var[int], key: rx.Var[str], checked: rx.Var[bool]
) -> tuple[rx.Var[int], rx.Var[str], rx.Var[bool]]:
    return number, key, checked


class MessageLog(rx.Component):
    """The scrolling thread (assets/js/message-log.jsx)."""

    library = "$/public/js/message-log.jsx"
    tag = "MessageLog"

    customer: rx.Var[str]
    newest: rx.Var[int]
    unread: rx.Var[int]
    read_at: rx.Var[int]
    has_older: rx.Var[bool]
    has_newer: rx.Var[bool]
    aim: rx.Var[str]
    aimed: rx.Var[int]
    dialog: rx.Var[bool]
    saved: rx.Var[int]
    on_older: rx.EventHandler[rx.event.no_args_event_spec]
    on_newer: rx.EventHandler[rx.event.no_args_event_spec]
    on_latest: rx.EventHandler[rx.event.no_args_event_spec]
    on_seen: rx.EventHandler[_number]
    on_jump: rx.EventHandler[_number]
    on_reply: rx.EventHandler[_number]
    on_react: rx.EventHandler[_number_and_words]
    on_details: rx.EventHandler[_number]
    on_why: rx.EventHandler[_number]
    on_retry: rx.EventHandler[_attempt]
    on_edit: rx.EventHandler[_number_and_words]
    on_delete: rx.EventHandler[_number]


def message_log() -> rx.Component:
    return rx.fragment(_log(), message_dialogs())


def _log() -> rx.Component:
    return MessageLog.create(
        rx.cond(Thread.has_older, _edge("Earlier messages are loading…")),
        # One list, so that a line that changes its page stays as it is: a film plays on.
        rx.foreach(_shown(), lambda item: line(item=item, key=item.key)),
        rx.cond(Thread.has_newer, _edge("Later messages are loading…"), _answering()),
        key=Thread.conversation,
        customer=Thread.header.first_name,
        newest=Thread.newest,
        unread=Thread.unread,
        read_at=Thread.read_at,
        has_older=Thread.has_older,
        has_newer=Thread.has_newer,
        aim=Thread.aim,
        aimed=Thread.aimed,
        dialog=OneMessage.showing != "",
        saved=OneMessage.saved,
        on_older=Thread.older,
        on_newer=Thread.newer,
        on_latest=Thread.latest,
        on_seen=Thread.seen,
        on_jump=Thread.jump,
        on_reply=Reply.answer,
        on_react=OneMessage.react,
        on_details=OneMessage.details,
        on_why=OneMessage.explain,
        on_retry=OneMessage.retry,
        on_edit=OneMessage.edit_note,
        on_delete=OneMessage.delete_note,
        style=_LOG,
    )


def _shown() -> Any:
    older: Any = Thread.older_items
    return older + Thread.items


def _edge(words: str) -> rx.Component:
    return rx.el.div(words, style=theme.TINY | {"align_self": "center"})


def _answering() -> rx.Component:
    """Always there, so that a screen reader hears when words come into it."""
    return rx.el.div(
        rx.cond(Thread.answering != "", rx.fragment("✦ ", Thread.answering, " is answering…")),
        role="status",
        style=theme.SMALL
        | {"color": theme.on_soft("jade"), "&:empty": {"display": "none"}}
        | theme.appear(),
    )


_LOG: theme.Style = {
    "flex": "1",
    "min_height": "0",
    "min_width": "0",
    "position": "relative",
    "& .acts": {"height": "100%"},
    "& .box": {
        "height": "100%",
        "overflow_y": "auto",
        "overflow_x": "hidden",
        "overflow_anchor": "none",
        "padding": "14px 28px",
        "&:focus-visible": {
            "outline": f"2px solid {theme.solid('jade')}",
            "outline_offset": "-2px",
        },
        theme.PHONE: {"padding": "14px"},
    },
    "& .lines": theme.COLUMN | {"gap": "10px", "min_height": "100%", "justify_content": "flex-end"},
    "& .news": theme.HIDDEN,
    "& .fresh": theme.NUMBER
    | {
        "position": "absolute",
        "bottom": theme.S3,
        "left": "50%",
        "transform": "translateX(-50%)",
        "min_height": "32px",
        "padding": "0 14px",
        "border_radius": theme.ROUND,
        "background": theme.solid("jade"),
        "color": theme.ON_SOLID,
        "font_size": "13px",
        "font_weight": "500",
        "cursor": "pointer",
        "box_shadow": "var(--shadow-4)",
        "&:focus-visible": {"outline": f"2px solid {theme.TEXT}", "outline_offset": "2px"},
        theme.PHONE: {"min_height": theme.TOUCH},
    },
}
