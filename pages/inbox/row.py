"""One conversation of the list: a link over the whole row, a box to choose it, a menu."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import avatar, chip, face, ring, toned_chip
from pages.inbox.row_menu import row_menu
from state.bulk import Bulk
from state.inbox import Row
from state.row_menu import RowMenu


@rx.memo
def conversation_row(
    rest: rx.RestProp,
    *,
    row: rx.Var[Row],
    base: rx.Var[str],
    query: rx.Var[str],
    open: rx.Var[bool],
    chosen: rx.Var[bool],
) -> rx.Component:
    """A row of a view or of the people that a search found."""
    shown: Any = row
    href = f"{base}{shown.id}/{query}"
    return rx.el.li(
        rx.link(
            _face(shown),
            rx.el.div(_name(shown), _preview(shown), _chips(shown), style={"min_width": "0"}),
            _right(shown),
            href=href,
            underline="none",
            custom_attrs={"aria-current": rx.cond(open, "true", "false"), "data-row": ""},
            style=_LINK,
        ),
        _box(shown, chosen),
        _unread_key(shown),
        row_menu(shown, href),
        rest,
        custom_attrs={
            "data-conversation": shown.id,
            "data-chosen": rx.cond(chosen, "true", "false"),
        },
        style=_ROW,
    )


def _box(row: Any, chosen: Any) -> rx.Component:
    """Stands over the avatar; a click with the shift key chooses the rows between."""
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            checked=chosen,
            on_change=rx.noop(),
            on_click=lambda press: _choose(row, press),
            aria_label=f"Choose {row.title}",
            custom_attrs={"data-key": "x", "data-label": "Choose this conversation"},
            style=_CHECK,
        ),
        class_name="pick",
        style=_PICK,
    )


def _choose(row: Any, press: Any) -> Any:
    return Bulk.choose(row.id, press["shift_key"])


def _unread_key(row: Any) -> rx.Component:
    """What the key U presses; the menu has the same for the mouse and for screen readers."""
    return rx.el.button(
        "Mark unread",
        type="button",
        tab_index=-1,
        aria_hidden="true",
        on_click=RowMenu.mark_unread(row.id),
        custom_attrs={"data-key": "u"},
        style=theme.HIDDEN,
    )


def _face(row: Any) -> rx.Component:
    return rx.el.div(
        avatar(row.initials, face(row.face), 40),
        rx.el.span(
            rx.icon("message-circle", size=9, stroke_width=3, aria_hidden="true"),
            title=f"WhatsApp · {row.channel}",
            style=_CHANNEL,
        ),
        class_name="face",
        style={"position": "relative", "align_self": "start", "height": "40px"},
    )


def _name(row: Any) -> rx.Component:
    return rx.el.div(row.title, style=theme.CUT | {"font_weight": "600", "color": theme.TEXT})


def _preview(row: Any) -> rx.Component:
    return rx.el.div(
        rx.cond(row.failed, rx.el.span("⚠ Not sent · ", style=_FAILED)),
        row.preview,
        style=theme.CUT | theme.SMALL,
    )


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
        rx.el.div(
            rx.cond(row.mentioned, _mention()),
            rx.cond(
                row.unread > 0,
                rx.el.span(row.unread, rx.el.span(" unread", style=theme.HIDDEN), style=_BADGE),
                rx.cond(
                    row.window_level != "",
                    ring(row.window_percent, row.window_level, row.window_label),
                ),
            ),
            style=theme.ROW | {"gap": theme.S1},
        ),
        style=theme.COLUMN | {"align_items": "flex-end", "gap": "5px"},
    )


def _mention() -> rx.Component:
    return rx.el.span(
        rx.el.span("@", aria_hidden="true"),
        rx.el.span("A note names you", style=theme.HIDDEN),
        title="A note names you",
        style=_BADGE | {"background": theme.soft("amber"), "color": theme.on_soft("amber")},
    )


def row_skeletons() -> rx.Component:
    bar = {"border_radius": theme.RADIUS_CHIP, "background": "var(--gray-4)", "height": "12px"}
    row = rx.el.div(
        rx.el.div(style=bar | {"width": "40px", "height": "40px", "border_radius": theme.ROUND}),
        rx.el.div(
            rx.el.div(style=bar | {"width": "55%"}),
            rx.el.div(style=bar | {"width": "90%", "margin_top": theme.S2}),
        ),
        style=_LINK | {"grid_template_columns": "40px 1fr"},
    )
    return rx.el.div(*[row] * 6, role="status", aria_label="Loading conversations")


_ROW: theme.Style = {
    "position": "relative",
    "&:hover .pick, & .pick:focus-within, &[data-chosen=true] .pick": {"opacity": "1"},
    "&:hover .menu, &:focus-within .menu": {"opacity": "1"},
    "&:hover .face, &:has(.pick :focus-visible) .face, &[data-chosen=true] .face": {
        "visibility": "hidden",
    },
    # Only where there is a pointer to hover with: a finger opens the row, the menu chooses it.
    "@media (hover: none)": {
        "&:hover .face": {"visibility": "visible"},
        "& .pick": {"opacity": "0", "pointer_events": "none"},
        "&[data-chosen=true] .face": {"visibility": "hidden"},
        "& .menu": {"opacity": "1"},
    },
    "&[data-chosen=true] a": {"background": theme.soft("jade")},
}
_LINK: theme.Style = {
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
_PICK: theme.Style = {
    "position": "absolute",
    "left": "14px",
    "top": "9px",
    "width": theme.TOUCH,
    "height": theme.TOUCH,
    "display": "grid",
    "place_items": "center",
    "cursor": "pointer",
    "opacity": "0",
}
_CHECK: theme.Style = {
    "width": "17px",
    "height": "17px",
    "margin": "0",
    "accent_color": theme.solid("jade"),
    "cursor": "pointer",
} | theme.FOCUS
_FAILED: theme.Style = {"color": theme.on_soft("red"), "font_weight": "500"}
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
    "background": theme.solid("grass"),
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
