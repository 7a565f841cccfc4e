"""The list of deliveries, newest first, and its filters."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import chip, toned_chip
from pages.components.settings_parts import count, quiet_button
from state.webhook_log import WebhookLog

FILTERS = (
    ("all", "All", WebhookLog.counts.all),
    ("rejected", "Rejected", WebhookLog.counts.rejected),
    ("failed", "Failed", WebhookLog.counts.failed),
    ("duplicate", "Duplicate", WebhookLog.counts.duplicate),
    ("unknown", "Unknown", WebhookLog.counts.unknown),
)
EMPTY = {
    "all": (
        "Nothing was delivered yet",
        "As soon as Meta sends something for one of your numbers, it appears here by itself.",
    ),
    "rejected": (
        "Nothing was rejected lately",
        "A delivery with a wrong signature would stand here, with what to do about it. The last "
        "200 of this server are kept.",
    ),
    "failed": ("Nothing failed", "An item that could not be applied would stand here."),
    "duplicate": (
        "Nothing came twice",
        "Meta repeats deliveries now and then. Each counts once, and the repeats stand here.",
    ),
    "unknown": (
        "Nothing unknown",
        "Kinds of news that this version does not know yet would be kept here.",
    ),
}


def filters() -> rx.Component:
    """Each has its own address."""
    return rx.el.nav(*[_filter(*each) for each in FILTERS], aria_label="Filter", style=_FILTERS)


def _filter(show: str, label: str, number: Any) -> rx.Component:
    on = WebhookLog.show == show
    return rx.link(
        label,
        rx.el.span(number, style=_NUMBER),
        href="/settings/webhooks/" + ("" if show == "all" else f"?show={show}"),
        underline="none",
        aria_current=rx.cond(on, "page", "false"),
        style=_FILTER,
    )


def listing() -> rx.Component:
    """The card with a page of rows and the way to the next."""
    return rx.el.section(
        rx.cond(
            WebhookLog.loaded,
            rx.cond(
                count(WebhookLog.rows) > 0,
                rx.el.ul(rx.foreach(WebhookLog.rows, _row), aria_label="Deliveries", style=_LIST),
                _empty(),
            ),
            _waiting(),
        ),
        _below(),
        aria_label="Webhook log",
        style=theme.CARD | {"overflow": "hidden"},
    )


def _row(each: Any) -> rx.Component:
    return rx.el.li(
        rx.cond(
            each.id > 0,
            rx.link(
                *_facts(each), href=f"/settings/webhooks/{each.id}/", underline="none", style=_ROW
            ),
            rx.el.div(
                rx.el.div(*_facts(each), style=_ROW),
                rx.el.p(each.advice, style=_ADVICE),
            ),
        ),
        key=each.key,
        style={"&:not(:last-child)": {"border_bottom": theme.LINE}},
    )


def _facts(each: Any) -> tuple[rx.Component, ...]:
    return (
        rx.el.div(
            rx.el.div(each.at, style=theme.NUMBER),
            rx.el.div(each.day, style=theme.TINY),
            style=_AT,
        ),
        rx.el.div(
            rx.el.div(each.kinds, style=theme.CUT | {"font_weight": "600"}),
            rx.el.div(each.came, style=theme.SMALL),
            style={"grid_area": "what", "min_width": "0"},
        ),
        rx.el.div(each.number, style=theme.SMALL | theme.NUMBER | theme.CUT | {"grid_area": "who"}),
        rx.el.div(
            rx.cond(each.copies > 1, chip(f"came {each.copies} times")),
            toned_chip(each.tone, each.verdict),
            style=_MARKS,
        ),
    )


def _below() -> rx.Component:
    return rx.fragment(
        rx.cond(
            WebhookLog.looked_at > 0,
            rx.el.p(
                f"Looked at {WebhookLog.looked_at} deliveries. Go on to look further back.",
                style=theme.SMALL | {"padding": "8px 16px"},
            ),
        ),
        rx.cond(
            WebhookLog.has_older | WebhookLog.has_newer,
            rx.el.div(
                rx.cond(
                    WebhookLog.has_newer,
                    quiet_button("Back to the newest", on_click=WebhookLog.newest),
                ),
                rx.cond(
                    WebhookLog.has_older, quiet_button("Show older", on_click=WebhookLog.older)
                ),
                style=theme.ROW | {"padding": theme.S3, "border_top": theme.LINE},
            ),
        ),
    )


def _empty() -> rx.Component:
    return rx.el.div(
        rx.icon("webhook", size=32, stroke_width=1.25, aria_hidden="true", color=theme.MUTED),
        rx.match(
            WebhookLog.show,
            *[(show, _words(*said)) for show, said in EMPTY.items() if show != "all"],
            _words(*EMPTY["all"]),
        ),
        style=_EMPTY,
    )


def _words(heading: str, line: str) -> rx.Component:
    return rx.fragment(
        rx.el.h2(heading, style=theme.HEADING),
        rx.el.p(line, style=theme.SMALL | {"max_width": "420px"}),
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        *[rx.skeleton(height="40px", width="100%") for _ in range(5)],
        aria_label="Loading",
        role="status",
        style=theme.COLUMN | {"gap": theme.S4, "padding": theme.S4},
    )


_FILTERS: theme.Style = theme.ROW | {
    "gap": "0",
    "border_bottom": theme.LINE,
    "overflow_x": "auto",
}
_FILTER: theme.Style = (
    theme.ROW
    | theme.FOCUS
    | {
        "gap": "6px",
        "padding": "8px 12px",
        "min_height": "36px",
        "font_size": "14px",
        "color": theme.MUTED,
        "white_space": "nowrap",
        "margin_bottom": "-1px",
        "border_bottom": "2px solid transparent",
        "&:hover": {"color": theme.TEXT},
        "&[aria-current=page]": {
            "color": theme.TEXT,
            "font_weight": "600",
            "border_bottom_color": theme.ACCENT,
        },
        theme.PHONE: {"min_height": theme.TOUCH},
    }
)
_NUMBER: theme.Style = theme.TINY | theme.NUMBER | {"font_weight": "400"}
_LIST: theme.Style = {"list_style": "none", "padding": "0", "margin": "0"}
_ROW: theme.Style = theme.FOCUS | {
    "display": "grid",
    "grid_template_columns": "76px minmax(0, 1fr) 150px minmax(96px, auto)",
    "grid_template_areas": "'at what who marks'",
    "gap": "2px 12px",
    "align_items": "center",
    "padding": "10px 16px",
    "color": theme.TEXT,
    "&:is(a):hover": {"background": theme.SUNKEN},
    theme.PHONE: {
        "grid_template_columns": "minmax(0, 1fr) auto",
        "grid_template_areas": "'at marks' 'what what' 'who who'",
    },
}
_AT: theme.Style = {
    "grid_area": "at",
    theme.PHONE: {"display": "flex", "gap": theme.S2, "align_items": "baseline"},
}
_MARKS: theme.Style = theme.ROW | {
    "grid_area": "marks",
    "justify_content": "flex-end",
    "gap": "6px",
}
_ADVICE: theme.Style = {
    "margin": "0 16px 12px",
    "padding": "8px 12px",
    "border_radius": theme.RADIUS,
    "font_size": "13px",
    "line_height": "19px",
    "color": theme.on_soft("amber"),
    "background": theme.soft("amber"),
}
_EMPTY: theme.Style = theme.COLUMN | {
    "align_items": "center",
    "gap": theme.S2,
    "padding": "48px 28px",
    "text_align": "center",
}
