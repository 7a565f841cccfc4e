"""The left pane: views, search, the list."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import avatar, chip, face, live_chip, ring, toned_chip
from pages.inbox.empty import empty_list
from state.inbox import Inbox, Row
from state.thread import Thread

VIEWS = (
    ("open", "Open"),
    ("mine", "Mine"),
    ("unclaimed", "Unclaimed"),
    ("needs_human", "Needs a human"),
    ("closing_soon", "Closing soon"),
    ("closed", "Closed"),
)


def conversations_pane() -> rx.Component:
    return rx.el.section(
        rx.el.header(_title(), _search(), _views(), style=_HEAD),
        rx.el.div(_list(), style=_SCROLL),
        aria_label="Conversations",
        style=_PANE | {theme.PHONE: _ON_PHONE},
    )


def _title() -> rx.Component:
    return rx.el.div(
        rx.el.h1("Inbox", style=theme.TITLE),
        live_chip(),
        style=theme.ROW | {"justify_content": "space-between"},
    )


def _search() -> rx.Component:
    return rx.el.label(
        rx.icon("search", size=15, aria_hidden="true"),
        rx.el.input(
            type="search",
            aria_label="Search people",
            placeholder="Search people by name or number",
            max_length=80,
            key=Inbox.view,
            on_change=Inbox.search_for.debounce(250),
            style=_SEARCH_INPUT,
        ),
        style=_SEARCH,
    )


def _views() -> rx.Component:
    return rx.el.nav(*[_view(*view) for view in VIEWS], aria_label="Views", style=_VIEWS)


def _view(name: str, label: str) -> rx.Component:
    count = [] if name == "closed" else [rx.el.span(getattr(Inbox.counts, name), style=_COUNT)]
    chosen = Inbox.view == name
    return rx.link(
        label,
        *count,
        href=f"/inbox/{name}/",
        underline="none",
        custom_attrs={"aria-current": rx.cond(chosen, "page", "false")},
        style=_VIEW,
    )


def _list() -> rx.Component:
    rows: Any = Inbox.rows
    return rx.cond(
        Inbox.loaded,
        rx.cond(rows.length() > 0, _rows(), empty_list()),
        _skeletons(),
    )


def _rows() -> rx.Component:
    return rx.fragment(
        rx.el.ul(
            rx.foreach(Inbox.rows, _keyed),
            rx.foreach(Inbox.below, _keyed),
            role="list",
            aria_label="Conversations",
            style={"list_style": "none", "margin": "0", "padding": "0"},
        ),
        rx.cond(
            Inbox.has_more,
            rx.el.div(
                rx.button("Show more", variant="soft", color_scheme="gray", on_click=Inbox.more),
                style={"display": "grid", "place_items": "center", "padding": theme.S4},
            ),
        ),
    )


def _keyed(row: Any) -> rx.Component:
    return conversation_row(
        row=row, view=Inbox.view, chosen=Thread.conversation == row.id, key=row.id
    )


@rx.memo
def conversation_row(
    rest: rx.RestProp, *, row: rx.Var[Row], view: rx.Var[str], chosen: rx.Var[bool]
) -> rx.Component:
    """One conversation: a link over the whole row."""
    shown: Any = row
    return rx.el.li(
        rx.link(
            _face(shown),
            rx.el.div(_name(shown), _preview(shown), _chips(shown), style={"min_width": "0"}),
            _right(shown),
            href=f"/inbox/{view}/{shown.id}/",
            underline="none",
            custom_attrs={"aria-current": rx.cond(chosen, "true", "false")},
            style=_ROW,
        ),
        rest,
        custom_attrs={"data-conversation": shown.id},
    )


def _face(row: Any) -> rx.Component:
    return rx.el.div(
        avatar(row.initials, face(row.face), 40),
        rx.el.span(
            rx.icon("message-circle", size=9, stroke_width=3, aria_hidden="true"),
            title="WhatsApp",
            style=_CHANNEL,
        ),
        style={"position": "relative", "align_self": "start", "height": "40px"},
    )


def _name(row: Any) -> rx.Component:
    return rx.el.div(row.title, style=theme.CUT | {"font_weight": "600", "color": theme.TEXT})


def _preview(row: Any) -> rx.Component:
    return rx.el.div(row.preview, style=theme.CUT | theme.SMALL)


def _chips(row: Any) -> rx.Component:
    return rx.el.div(
        toned_chip(row.who_tone, row.who),
        rx.match(
            row.window_level,
            ("soon", chip(row.window, tone="amber")),
            ("closed", chip(row.window, tone="red")),
            rx.fragment(),
        ),
        style=theme.ROW | {"gap": "5px", "margin_top": theme.S1, "flex_wrap": "wrap"},
    )


def _right(row: Any) -> rx.Component:
    return rx.el.div(
        rx.el.time(row.time, date_time=row.time_iso, style=theme.TINY | theme.NUMBER),
        rx.cond(
            row.unread > 0,
            rx.el.span(row.unread, rx.el.span(" unread", style=theme.HIDDEN), style=_BADGE),
            rx.cond(
                row.window_level != "",
                ring(row.window_percent, row.window_level, row.window_label),
            ),
        ),
        style=theme.COLUMN | {"align_items": "flex-end", "gap": "6px"},
    )


def _skeletons() -> rx.Component:
    bar = {"border_radius": theme.RADIUS_CHIP, "background": "var(--gray-4)", "height": "12px"}
    row = rx.el.div(
        rx.el.div(style=bar | {"width": "40px", "height": "40px", "border_radius": theme.ROUND}),
        rx.el.div(
            rx.el.div(style=bar | {"width": "55%"}),
            rx.el.div(style=bar | {"width": "90%", "margin_top": theme.S2}),
        ),
        style=_ROW | {"grid_template_columns": "40px 1fr"},
    )
    return rx.el.div(*[row] * 6, role="status", aria_label="Loading conversations")


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
_SCROLL: theme.Style = {"flex": "1", "min_height": "0", "overflow_y": "auto"}
_SEARCH: theme.Style = theme.ROW | {
    "height": "34px",
    "padding": "0 10px",
    "border": theme.STRONG_LINE,
    "border_radius": theme.RADIUS,
    "color": theme.MUTED,
    "&:focus-within": {"outline": f"2px solid {theme.solid('jade')}", "outline_offset": "-1px"},
    theme.PHONE: {"height": theme.TOUCH},
}
_SEARCH_INPUT: theme.Style = {
    "flex": "1",
    "min_width": "0",
    "border": "0",
    "outline": "none",
    "background": "transparent",
    "color": theme.TEXT,
    "font_size": "13px",
    "&::placeholder": {"color": theme.MUTED, "opacity": "1"},
    theme.PHONE: {"font_size": "16px"},
}
_VIEWS: theme.Style = {
    "display": "flex",
    "flex_wrap": "wrap",
    "gap": "2px",
    "padding": "2px",
    "background": "var(--gray-3)",
    "border": theme.LINE,
    "border_radius": "9px",
    theme.PHONE: {
        "flex_wrap": "nowrap",
        "overflow_x": "auto",
        "background": "transparent",
        "border": "0",
        "gap": "6px",
        "scrollbar_width": "none",
    },
}
_VIEW: theme.Style = {
    "display": "flex",
    "flex": "1 0 auto",
    "align_items": "center",
    "justify_content": "center",
    "gap": theme.S1,
    "padding": "3px 6px",
    "border_radius": "7px",
    "font_size": "12.5px",
    "font_weight": "500",
    "white_space": "nowrap",
    "color": theme.MUTED,
    "&[aria-current=page]": {
        "background": theme.PANEL,
        "color": theme.TEXT,
        "box_shadow": theme.SHADOW,
    },
    theme.PHONE: {
        "min_height": theme.TOUCH,
        "padding": "0 10px",
        "border": theme.LINE,
        "&[aria-current=page]": {
            "background": theme.soft("jade"),
            "color": theme.on_soft("jade"),
        },
    },
} | theme.FOCUS
_COUNT: theme.Style = theme.NUMBER
_ROW: theme.Style = {
    "display": "grid",
    "grid_template_columns": "40px minmax(0, 1fr) auto",
    "gap": "11px",
    "padding": "11px 16px",
    "border_bottom": theme.LINE,
    "position": "relative",
    "color": theme.TEXT,
    "&:hover": {"background": theme.SUNKEN},
    "&[aria-current=true]": {"background": theme.soft("jade")},
    "&[aria-current=true]::before": {
        "content": "''",
        "position": "absolute",
        "inset": "0 auto 0 0",
        "width": "3px",
        "background": theme.ACCENT,
    },
} | theme.FOCUS
_CHANNEL: theme.Style = {
    "position": "absolute",
    "right": "-3px",
    "bottom": "-4px",
    "width": "17px",
    "height": "17px",
    "display": "grid",
    "place_items": "center",
    "border_radius": theme.ROUND,
    "border": f"2px solid {theme.PANEL}",
    "background": "var(--grass-9)",
    "color": theme.ON_SOLID,
}
_BADGE: theme.Style = theme.NUMBER | {
    "min_width": "18px",
    "height": "18px",
    "padding": "0 5px",
    "border_radius": "9px",
    "background": theme.solid("jade"),
    "color": theme.ON_SOLID,
    "font_size": "11px",
    "font_weight": "600",
    "line_height": "18px",
    "text_align": "center",
}
