"""The left pane: views, search, filter, the list."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import live_chip
from pages.inbox.bulk_bar import bulk_bar
from pages.inbox.empty import empty_list, refused_filter
from pages.inbox.filter import filter_button, filter_line
from pages.inbox.notifications import notifications
from pages.inbox.row import conversation_row, row_skeletons
from pages.inbox.search import search_box, search_results
from pages.inbox.views import views
from state.bulk import Bulk
from state.inbox import Inbox
from state.search import Search
from state.thread import Thread

_CHOSEN: Any = Bulk.chosen


class ConversationList(rx.Component):
    """The scrolling list (assets/js/conversation-list.jsx)."""

    library = "$/public/js/conversation-list.jsx"
    tag = "ConversationList"

    place: rx.Var[str]
    above: rx.Var[int]
    has_more: rx.Var[bool]
    chosen: rx.Var[int]
    selecting: rx.Var[bool]
    on_more: rx.EventHandler[rx.event.no_args_event_spec]
    on_earlier: rx.EventHandler[rx.event.no_args_event_spec]


def conversations_pane() -> rx.Component:
    return rx.el.section(
        rx.el.header(
            _title(),
            search_box(),
            rx.cond(_CHOSEN.length() > 0, bulk_bar(), views()),
            style=_HEAD,
        ),
        rx.cond(Search.words != "", search_results(), rx.fragment(filter_line(), _list())),
        aria_label="Conversations",
        style=_PANE | {theme.PHONE: _ON_PHONE},
    )


def _title() -> rx.Component:
    return rx.el.div(
        rx.el.h1("Inbox", style=theme.TITLE | {"flex": "1"}),
        live_chip(),
        notifications(),
        filter_button(),
        style=theme.ROW | {"gap": theme.S1},
    )


def _list() -> rx.Component:
    rows: Any = Inbox.rows
    return rx.cond(
        Inbox.problem != "",
        refused_filter(),
        rx.cond(
            Inbox.loaded,
            rx.cond((rows.length() > 0) | (Inbox.above > 0), _rows(), empty_list()),
            row_skeletons(),
        ),
    )


def _rows() -> rx.Component:
    window: Any = Inbox.rows + Inbox.below + Inbox.further  # pyright: ignore[reportOperatorIssue]
    return ConversationList.create(
        rx.el.ul(
            rx.foreach(window, _keyed),
            role="list",
            aria_label="Conversations",
            style={"list_style": "none", "margin": "0", "padding": "0"},
        ),
        rx.cond(Inbox.has_more, rx.el.p("More are loading…", style=_MORE)),
        place=Inbox.view + Inbox.query,
        above=Inbox.above,
        has_more=Inbox.has_more,
        chosen=Thread.conversation,
        selecting=_CHOSEN.length() > 0,
        on_more=Inbox.more,
        on_earlier=Inbox.earlier,
        style=_SCROLL,
    )


def _keyed(row: Any) -> rx.Component:
    return conversation_row(
        row=row,
        base=f"/inbox/{Inbox.view}/",
        query=Inbox.query,
        open=Thread.conversation == row.id,
        chosen=_CHOSEN.contains(row.id),
        key=row.id,
    )


_PANE: theme.Style = theme.COLUMN | {
    "min_height": "0",
    "min_width": "0",
    "background": theme.PANEL,
    "border_right": theme.LINE,
}
_ON_PHONE: theme.Style = {
    "border_right": "0",
    "display": rx.cond(Thread.conversation > 0, "none", "flex"),
}
_HEAD: theme.Style = theme.COLUMN | {
    "gap": "10px",
    "padding": "14px 16px 10px",
    "border_bottom": theme.LINE,
}
_SCROLL: theme.Style = {
    "flex": "1",
    "min_height": "0",
    "overflow_y": "auto",
    "overflow_anchor": "none",  # it keeps the reader's place itself
    "& .room": {
        # The room of rows that are not at hand looks like rows that are on their way.
        "background": "repeating-linear-gradient(var(--gray-2) 0 83px, var(--gray-5) 83px 84px)"
    },
    # While rows are being chosen, every box shows.
    "&[data-selecting] .pick": {"opacity": "1", "pointer_events": "auto"},
    "&[data-selecting] .face": {"visibility": "hidden"},
}
_MORE: theme.Style = theme.TINY | {"padding": theme.S4, "text_align": "center", "margin": "0"}
