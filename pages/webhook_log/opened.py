"""One delivery: what came of it, what it changed, and the body exactly as it came."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import chip, toned_chip
from pages.components.settings_parts import confirmed, count, quiet_button, section
from state.webhook_log import Delivery


def opened() -> rx.Component:
    """The page below its frame."""
    return rx.cond(
        Delivery.loaded,
        rx.cond(Delivery.missing, _missing(), _delivery()),
        rx.el.div(
            *[rx.skeleton(height="120px", width="100%") for _ in range(3)],
            aria_label="Loading",
            role="status",
            style=theme.COLUMN | {"gap": theme.S4},
        ),
    )


def _missing() -> rx.Component:
    return rx.el.section(
        rx.el.h1("This delivery is not here", style=theme.HEADING),
        rx.el.p("It does not exist, or it concerns another company.", style=theme.SMALL),
        rx.link("Back to the webhook log", href="/settings/webhooks/"),
        style=theme.CARD | theme.COLUMN | {"gap": theme.S2, "padding": theme.S6},
    )


def _delivery() -> rx.Component:
    return rx.fragment(
        _top(),
        rx.el.div(
            rx.el.div(_came(), _touched(), style={"min_width": "0"}),
            rx.el.div(_facts(), _headers(), style={"min_width": "0"}),
            style=_COLUMNS,
        ),
        _body(),
    )


def _top() -> rx.Component:
    return rx.el.header(
        rx.el.div(
            rx.link("Webhook log", href="/settings/webhooks/", style=theme.SMALL),
            rx.el.div(
                rx.el.h1("Delivery ", Delivery.found.id, style=theme.TITLE | theme.NUMBER),
                rx.el.span(
                    toned_chip(Delivery.found.tone, Delivery.found.verdict), aria_live="polite"
                ),
                style=theme.ROW,
            ),
            rx.el.p(Delivery.found.kinds, style=theme.SMALL),
            style={"flex": "1", "min_width": "220px"},
        ),
        confirmed(
            rx.button("Replay", variant="outline", disabled=Delivery.found.waiting),
            "Apply this delivery again?",
            "What it changed already is not changed twice. What could not be applied is tried "
            "again.",
            "Replay",
            Delivery.replay,
        ),
        style=theme.ROW | {"flex_wrap": "wrap", "align_items": "flex-end"},
    )


def _came() -> rx.Component:
    return section(
        "What came of it",
        rx.cond(
            Delivery.found.whole,
            "All of it concerns this workspace.",
            "Parts that concern other companies are left out.",
        ),
        rx.el.ul(
            rx.foreach(Delivery.found.came, lambda words: rx.el.li(words, key=words)),
            style=_PLAIN,
        ),
        rx.cond(
            count(Delivery.found.put_aside) > 0,
            rx.el.ul(
                rx.foreach(Delivery.found.put_aside, _aside), aria_label="Put aside", style=_PLAIN
            ),
        ),
    )


def _aside(each: Any) -> rx.Component:
    return rx.el.li(
        rx.el.code(each.path, style=_PATH), rx.el.div(each.reason), key=each.path, style=_ASIDE
    )


def _touched() -> rx.Component:
    return section(
        "What it speaks of",
        "Conversations and templates of this workspace.",
        rx.cond(
            count(Delivery.found.touched) > 0,
            rx.el.ul(rx.foreach(Delivery.found.touched, _one), style=_PLAIN),
            rx.el.p("None.", style=theme.SMALL),
        ),
    )


def _one(each: Any) -> rx.Component:
    return rx.el.li(
        rx.cond(each.href != "", rx.link(each.what, href=each.href), each.what), key=each.what
    )


def _facts() -> rx.Component:
    return section("Facts", "Times are this server's.", _pairs(Delivery.found.facts))


def _headers() -> rx.Component:
    return section("Headers", "Those that are kept.", _pairs(Delivery.found.headers))


def _pairs(pairs: Any) -> rx.Component:
    return rx.el.dl(
        rx.foreach(
            pairs,
            lambda pair: rx.el.div(
                rx.el.dt(pair[0], style=theme.SMALL),
                rx.el.dd(pair[1], style=_VALUE),
                key=pair[0],
                style=_PAIR,
            ),
        ),
        style={"margin": "0", "display": "grid", "gap": "6px"},
    )


def _body() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Body", style=theme.HEADING | {"flex": "1"}),
            rx.cond(~Delivery.found.whole, chip("your part only", tone="amber")),
            rx.el.label(
                rx.switch(checked=Delivery.pretty, on_change=Delivery.show_pretty, size="1"),
                "Indented",
                style=theme.ROW | theme.SMALL,
            ),
            quiet_button("Download", on_click=Delivery.download),
            style=theme.ROW | {"flex_wrap": "wrap", "gap": theme.S3},
        ),
        rx.el.pre(Delivery.text, tab_index=0, aria_label="Body", style=_TEXT),
        rx.cond(
            Delivery.left_out > 0,
            rx.el.p(
                f"{Delivery.left_out} characters more are in the download.",
                style=theme.SMALL,
            ),
        ),
        aria_label="Body",
        style=theme.CARD | theme.COLUMN | {"gap": theme.S3, "padding": theme.S5},
    )


_COLUMNS: theme.Style = {
    "display": "grid",
    "grid_template_columns": "minmax(0, 1fr) minmax(0, 1fr)",
    "gap": f"0 {theme.S4}",
    "margin": "-16px 0",
    theme.PHONE: {"grid_template_columns": "minmax(0, 1fr)"},
}
_PLAIN: theme.Style = {
    "list_style": "none",
    "padding": "0",
    "margin": "0",
    "display": "grid",
    "gap": "6px",
}
_ASIDE: theme.Style = {
    "padding": "8px 12px",
    "border_radius": theme.RADIUS,
    "color": theme.on_soft("red"),
    "background": theme.soft("red"),
    "font_size": "13px",
}
_PATH: theme.Style = {"font_size": "12px", "overflow_wrap": "anywhere"}
_PAIR: theme.Style = {
    "display": "grid",
    "grid_template_columns": "minmax(90px, 150px) minmax(0, 1fr)",
    "gap": theme.S3,
}
_VALUE: theme.Style = theme.NUMBER | {"margin": "0", "overflow_wrap": "anywhere"}
_TEXT: theme.Style = theme.FOCUS | {
    "margin": "0",
    "padding": "12px",
    "max_height": "480px",
    "overflow": "auto",
    "border": theme.LINE,
    "border_radius": theme.RADIUS,
    "background": theme.SUNKEN,
    "font_size": "12.5px",
    "line_height": "18px",
    "white_space": "pre-wrap",
    "overflow_wrap": "anywhere",
}
