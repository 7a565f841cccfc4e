"""Messages by day, as bars or as a table, and the hours at which customers write."""

from typing import Any

import reflex as rx

from pages import theme
from pages.assistants.analytics.parts import card
from state.analytics import Analytics

_TICK = {"fill": theme.MUTED, "fontSize": 11}
COLUMNS = (
    ("Inbound", "inbound"),
    ("Outbound", "outbound"),
    ("AI", "by_assistant"),
    ("People", "by_people"),
    ("Templates", "by_template"),
    ("Delivered", "delivered"),
    ("Read", "read"),
    ("Failed", "failed"),
    ("Active", "active"),
)


def _clicked(bar: rx.Var[dict[str, Any]]) -> tuple[rx.Var[str]]:
    chosen: Any = bar
    return (chosen["payload"].to(dict[str, str])["iso"],)


class Bar(rx.recharts.Bar):
    """Bars that say which day was clicked."""

    on_click: rx.EventHandler[_clicked]


def by_day() -> rx.Component:
    """The bars; the table holds the same days for readers and keyboards."""
    return card(
        "days",
        rx.cond(Analytics.table, _table(), _bars()),
        beside=rx.el.div(
            _legend("Inbound", theme.INBOUND),
            _legend("Outbound", theme.OUTBOUND),
            _view(),
            style=theme.ROW | {"gap": "14px"},
        ),
    )


def _bars() -> rx.Component:
    return rx.el.figure(
        rx.el.div(
            rx.recharts.bar_chart(
                rx.recharts.cartesian_grid(vertical=False, stroke="var(--gray-5)"),
                rx.recharts.x_axis(
                    data_key="label", tick=_TICK, tick_line=False, axis_line=False, min_tick_gap=28
                ),
                rx.recharts.y_axis(
                    tick=_TICK, tick_line=False, axis_line=False, width=44, allow_decimals=False
                ),
                rx.recharts.graphing_tooltip(is_animation_active=False),
                _series("inbound", "Inbound", theme.INBOUND),
                _series("outbound", "Outbound", theme.OUTBOUND),
                data=_records(Analytics.bars),
                bar_gap=2,
                bar_category_gap="12%",
                width="100%",
                height=250,
                custom_attrs={"accessibilityLayer": False},
            ),
            aria_hidden="true",
        ),
        rx.el.figcaption(
            Analytics.said, " The table has every day.", style=theme.HIDDEN, id="days-in-words"
        ),
        style={"margin": "0", "min_width": "0"},
    )


def _records(bars: Any) -> Any:
    return bars.to(list[dict[str, Any]])


def _series(key: str, name: str, color: str) -> rx.Component:
    create: Any = Bar.create  # Reflex's own bars tell nobody which one was clicked
    return create(
        data_key=key,
        name=name,
        fill=color,
        radius=[3, 3, 0, 0],
        max_bar_size=15,
        is_animation_active=False,
        on_click=Analytics.choose_day,
        style={"cursor": "pointer"},
    )


def _legend(name: str, color: str) -> rx.Component:
    return rx.el.span(
        rx.el.span("■ ", aria_hidden="true", style={"color": color}),
        name,
        style=theme.SMALL | {"font_size": "12.5px", "white_space": "nowrap"},
    )


def _view() -> rx.Component:
    return rx.el.div(
        _way("Chart", False),
        _way("Table", True),
        role="group",
        aria_label="Show days as",
        style=SEGMENTS,
    )


def _way(label: str, table: bool) -> rx.Component:
    return rx.el.button(
        label,
        type="button",
        on_click=Analytics.show_table(table),
        custom_attrs={"aria-pressed": rx.cond(Analytics.table == table, "true", "false")},
        style=SEGMENT,
    )


# ---- the table


def _table() -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.caption(Analytics.said, style=theme.HIDDEN),
            rx.el.thead(
                rx.el.tr(
                    rx.el.th("Day", scope="col", style=_HEAD | {"text_align": "left"}),
                    *[rx.el.th(name, scope="col", style=_HEAD) for name, _ in COLUMNS],
                )
            ),
            rx.el.tbody(rx.foreach(Analytics.bars, _row)),
            style={"width": "100%", "border_collapse": "collapse", "font_size": "13px"},
        ),
        role="region",
        aria_label="Days",
        tab_index=0,
        style=theme.FOCUS | {"overflow": "auto", "max_height": "420px"},
    )


def _row(day: Any) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            rx.el.button(
                day.name,
                type="button",
                on_click=Analytics.choose_day(day.iso),
                style=_DAY,
            ),
            scope="row",
            style=_CELL | {"text_align": "left", "font_weight": "400"},
        ),
        *[rx.el.td(getattr(day, key), style=_CELL) for _, key in COLUMNS],
        key=day.iso,
    )


# ---- the hours


def by_hour() -> rx.Component:
    """A table of hours, the darker the more messages."""
    return card(
        "hours",
        rx.el.table(
            rx.el.caption("Inbound messages by weekday and hour", style=theme.HIDDEN),
            rx.el.thead(
                rx.el.tr(
                    rx.el.td(style={"width": "34px"}),
                    *[_hour(hour) for hour in range(24)],
                )
            ),
            rx.el.tbody(rx.foreach(Analytics.hours, _weekday)),
            style={"width": "100%", "table_layout": "fixed", "border_spacing": "2px"},
        ),
        rx.el.div(
            "Fewer",
            *[rx.el.span(style=_SQUARE | {"background": color}) for color in theme.HEAT],
            "More",
            aria_hidden="true",
            style=theme.ROW | theme.TINY | {"gap": "3px", "justify_content": "flex-end"},
        ),
    )


def _hour(hour: int) -> rx.Component:
    return rx.el.th(
        rx.el.span(hour, aria_hidden="true") if hour % 3 == 0 else rx.fragment(),
        rx.el.span(f"{hour}:00", style=theme.HIDDEN),
        scope="col",
        style=theme.TINY | theme.NUMBER | _NEAR | _HOUR,
    )


def _weekday(row: Any) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            row.weekday,
            scope="row",
            style=theme.TINY | {"text_align": "left", "font_weight": "400"},
        ),
        rx.foreach(
            row.counts,
            lambda number, hour: rx.el.td(
                rx.el.span(number, style=theme.HIDDEN),
                title=f"{row.weekday} {hour}:00: {number} messages",
                style=_NEAR
                | {
                    "height": "18px",
                    "border_radius": "3px",
                    "background": rx.Var.create(list(theme.HEAT))[row.levels[hour]],
                },
            ),
        ),
        key=row.weekday,
    )


SEGMENTS: theme.Style = theme.ROW | {
    "gap": "2px",
    "padding": "2px",
    "background": theme.SUNKEN,
    "border": theme.LINE,
    "border_radius": "9px",
}
_CHOSEN: theme.Style = {
    "background": theme.PANEL,
    "color": theme.TEXT,
    "box_shadow": theme.SHADOW,
}
SEGMENT: theme.Style = theme.FOCUS | {
    "padding": "3px 12px",
    "border_radius": "7px",
    "font_size": "12.5px",
    "line_height": "20px",
    "font_weight": "500",
    "white_space": "nowrap",
    "color": theme.MUTED,
    "cursor": "pointer",
    "&:hover": {"color": theme.TEXT},
    "&[aria-pressed=true]": _CHOSEN,
    "&[aria-current=page]": _CHOSEN,
    theme.PHONE: {"min_height": "40px", "line_height": "34px", "padding": "3px 10px"},
}
_HEAD: theme.Style = theme.TINY | {
    "text_align": "right",
    "padding": "6px 8px",
    "font_weight": "500",
    "position": "sticky",
    "top": "0",
    "background": theme.PANEL,
}
_CELL: theme.Style = theme.NUMBER | {
    "text_align": "right",
    "padding": "6px 8px",
    "white_space": "nowrap",
    "border_top": theme.LINE,
}
_DAY: theme.Style = theme.FOCUS | {
    "cursor": "pointer",
    "text_decoration": "underline",
    "text_underline_offset": "3px",
    theme.PHONE: {"min_height": theme.TOUCH},
}
_HOUR: theme.Style = {"font_weight": "400", "padding": "0", "white_space": "nowrap"}
_NEAR: theme.Style = {"position": "relative"}  # what is hidden must not widen the page
_SQUARE: theme.Style = {"width": "12px", "height": "12px", "border_radius": "3px"}
