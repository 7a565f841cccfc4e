"""The page: three panes; below 1100 px details are a drawer; on a phone one pane at a time."""

import reflex as rx

from pages import theme
from pages.components.shell import shell
from pages.inbox.conversations import conversations_pane
from pages.inbox.details import details_pane
from pages.inbox.thread import thread_pane
from state.bulk import Bulk
from state.inbox import Inbox
from state.presence import Presence
from state.session import Session
from state.thread import Thread


@rx.page(
    route="/inbox/[[view]]/[[conversation]]",
    title=Inbox.page_title,
    on_load=[Session.load, Inbox.load, Bulk.load, Thread.open, Presence.arrive],
)
def inbox_page() -> rx.Component:
    """/inbox/<view>/<conversation>; both may be left out."""
    return shell(
        rx.el.div(
            conversations_pane(),
            rx.cond(Thread.conversation > 0, _open_conversation(), _none_chosen()),
            style=_PANES,
            on_unmount=[Inbox.leave, Presence.depart],
        ),
        active="inbox",
        tabs=Thread.conversation == 0,
    )


def _open_conversation() -> rx.Component:
    return rx.cond(
        Thread.missing,
        _missing(),
        rx.fragment(thread_pane(), details_pane()),
    )


def _none_chosen() -> rx.Component:
    return rx.el.section(
        rx.icon("messages-square", size=32, stroke_width=1.25, aria_hidden="true"),
        rx.el.h2("Choose a conversation", style=theme.HEADING),
        rx.el.p("Its messages appear here, and you can answer below them.", style=theme.SMALL),
        aria_label="Conversation",
        style=_NOTHING | {theme.PHONE: {"display": "none"}},
    )


def _missing() -> rx.Component:
    return rx.el.section(
        rx.el.h2("This conversation is not here", style=theme.HEADING),
        rx.el.p(
            "It was removed, or it belongs to another workspace. Choose one from the list.",
            style=theme.SMALL,
        ),
        rx.link("Back to the inbox", href="/inbox/open/"),
        aria_label="Conversation",
        style=_NOTHING,
    )


_PANES: theme.Style = {
    "display": "grid",
    "grid_template_columns": f"{theme.LIST} minmax(0, 1fr) auto",
    "grid_template_rows": "minmax(0, 1fr)",
    "height": "100%",
    "min_width": "0",
    theme.PHONE: {"grid_template_columns": "minmax(0, 1fr)"},
}
_NOTHING: theme.Style = theme.COLUMN | {
    "align_items": "center",
    "justify_content": "center",
    "gap": theme.S2,
    "padding": theme.S6,
    "text_align": "center",
    "color": theme.MUTED,
    "background": theme.PAGE,
}
