"""The lists of the analytics page: conversations, answers, failures, and the day that is open."""

from typing import Any

import reflex as rx

from pages import theme
from pages.assistants.analytics.parts import card, change, label_of
from pages.components.marks import toned_chip
from pages.components.settings_parts import count
from state.analytics import Analytics


def recent() -> rx.Component:
    """The newest conversations, each a link into the inbox."""
    return card(
        "recent",
        rx.cond(
            count(Analytics.recent) > 0,
            rx.el.ul(rx.foreach(Analytics.recent, _talk), style=_LIST),
            _nothing("Customers' conversations appear here as soon as the first one writes."),
        ),
    )


def _talk(each: Any) -> rx.Component:
    return rx.el.li(
        rx.link(
            rx.el.span(each.title, style=theme.CUT | {"font_weight": "500"}),
            rx.el.span(each.line, style=theme.CUT | {"color": theme.MUTED}),
            rx.el.span(toned_chip(each.tone, each.who)),
            rx.el.span(each.time, style=theme.SMALL | theme.NUMBER | _WHEN),
            href=each.href,
            underline="none",
            style=_TALK,
        ),
        key=each.id,
        style=_LINE,
    )


def conversations() -> rx.Component:
    """How many there are, were active, and are with people."""
    return rx.el.section(
        rx.el.h2("Conversations", style=theme.HEADING),
        rx.el.div(rx.foreach(Analytics.facts, _fact)),
        aria_label="Conversations",
        style=theme.CARD | {"padding": "16px 20px"},
    )


def _fact(each: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            label_of(each),
            rx.cond(each.change != "", change(each)),
            style={"flex": "1", "min_width": "0"},
        ),
        rx.el.div(
            each.value,
            custom_attrs={"data-figure": each.key},
            style=theme.NUMBER | {"font_weight": "600"},
        ),
        key=each.key,
        role="group",
        aria_label=each.label,
        style=theme.ROW | _LINE | {"padding": "8px 0"},
    )


def answers() -> rx.Component:
    """How soon customers were answered, by whom."""
    return card(
        "answers",
        _table(
            ("", "Half within", "9 in 10 within", "Answers"),
            rx.foreach(
                Analytics.answers,
                lambda each: _row(each.who, each.half, each.ninety, each.number),
            ),
        ),
    )


def failures() -> rx.Component:
    """Why messages did not arrive."""
    return card(
        "failures",
        rx.cond(
            count(Analytics.failures) > 0,
            _table(("Reason", "Messages", "Share"), rx.foreach(Analytics.failures, _failure)),
            _nothing("Nothing failed in this period."),
        ),
    )


def _failure(each: Any) -> rx.Component:
    return _row(each.reason, each.number, each.share)


def _table(headings: tuple[str, ...], rows: Any) -> rx.Component:
    first, *others = headings
    corner = rx.el.th(first, scope="col", style=_HEAD) if first else rx.el.td()
    return rx.el.table(
        rx.el.thead(
            rx.el.tr(
                corner, *[rx.el.th(each, scope="col", style=_HEAD | _RIGHT) for each in others]
            )
        ),
        rx.el.tbody(rows),
        style={"width": "100%", "border_collapse": "collapse", "font_size": "13px"},
    )


def _row(name: Any, *cells: Any) -> rx.Component:
    return rx.el.tr(
        rx.el.th(name, scope="row", style=_CELL | {"text_align": "left", "font_weight": "400"}),
        *[rx.el.td(each, style=_CELL | _RIGHT | {"white_space": "nowrap"}) for each in cells],
    )


def _nothing(sentence: str) -> rx.Component:
    return rx.el.p(sentence, style=theme.SMALL)


# ---- the day that is open


def day() -> rx.Component:
    """The conversations behind a bar."""
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(Analytics.day_name, size="4"),
            rx.dialog.description(
                "Conversations in which somebody wrote on this day.",
                style=theme.SMALL | {"margin_bottom": theme.S2},
            ),
            rx.cond(
                count(Analytics.day_talks) > 0,
                rx.el.ul(
                    rx.foreach(Analytics.day_talks, _talk),
                    aria_label="Conversations of the day",
                    style=_LIST | {"max_height": "60vh", "overflow_y": "auto"},
                ),
                _nothing("Nobody wrote on this day."),
            ),
            rx.el.div(
                rx.cond(
                    Analytics.day_has_more,
                    rx.button(
                        "Next 50",
                        variant="soft",
                        color_scheme="gray",
                        on_click=Analytics.more_of_day,
                    ),
                ),
                rx.dialog.close(rx.button("Close", variant="soft", color_scheme="gray")),
                style=theme.ROW | {"justify_content": "flex-end", "margin_top": theme.S4},
            ),
            max_width="640px",
        ),
        open=Analytics.open_day != "",
        on_open_change=Analytics.close_day,
    )


_LIST: theme.Style = {"list_style": "none", "padding": "0", "margin": "0"}
_LINE: theme.Style = {"&:not(:last-child)": {"border_bottom": theme.LINE}}
_WHEN: theme.Style = {"text_align": "right", "white_space": "nowrap"}
_TALK: theme.Style = theme.FOCUS | {
    "display": "grid",
    "grid_template_columns": "minmax(0, 3fr) minmax(0, 5fr) 112px 76px",
    "gap": theme.S3,
    "align_items": "center",
    "padding": "8px 4px",
    "font_size": "13px",
    "color": theme.TEXT,
    "&:hover": {"background": theme.SUNKEN, "color": theme.TEXT},
    theme.PHONE: {
        "grid_template_columns": "minmax(0, 1fr) auto auto",
        "min_height": theme.TOUCH,
        "& > span:nth-child(2)": {"grid_row": "2", "grid_column": "1 / -1"},
        "gap": "2px 8px",
    },
}
_HEAD: theme.Style = theme.TINY | {"text_align": "left", "padding": "4px", "font_weight": "500"}
_RIGHT: theme.Style = theme.NUMBER | {"text_align": "right", "vertical_align": "top"}
_CELL: theme.Style = {"padding": "8px 4px", "border_top": theme.LINE}
