"""The lines of a thread. Customers' words are only ever text, never markup."""

from typing import Any

import reflex as rx

from pages import theme
from pages.inbox.attachments import attachment
from state.thread import Item


@rx.memo
def line(rest: rx.RestProp, *, item: rx.Var[Item]) -> rx.Component:
    """One line, by its kind."""
    shown: Any = item
    return rx.el.div(
        rx.match(
            shown.kind,
            ("day", _day(shown)),
            ("unread", _unread(shown)),
            ("system", _system(shown)),
            _bubble(shown),
        ),
        rest,
        style={"display": "contents"},
    )


def _day(item: Any) -> rx.Component:
    return rx.el.div(item.text, style=theme.TINY | {"align_self": "center", "padding": "2px 0"})


def _unread(item: Any) -> rx.Component:
    return rx.el.div(item.text, custom_attrs={"data-unread": ""}, style=_UNREAD)


def _system(item: Any) -> rx.Component:
    return rx.el.div(item.text, style=_SYSTEM)


def _bubble(item: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            _author(item),
            _quote(item),
            attachment(item),
            _words(item),
            _meta(item),
            style=_BUBBLE,
        ),
        rx.cond(item.reactions != "", _reactions(item)),
        rx.cond(item.problem != "", rx.el.div(item.problem, style=_PROBLEM)),
        custom_attrs={"data-side": item.side, "data-message": item.id},
        style=_PLACE,
    )


def _author(item: Any) -> rx.Component:
    return rx.cond(
        item.author != "",
        rx.el.div(
            rx.cond(item.by_assistant, "✦ ", ""),
            item.author,
            style=_AUTHOR | {"color": _author_color(item)},
        ),
    )


def _author_color(item: Any) -> Any:
    return rx.cond(
        item.side == "note",
        theme.on_soft("amber"),
        rx.cond(item.by_assistant, theme.on_soft("jade"), theme.MUTED),
    )


def _quote(item: Any) -> rx.Component:
    return rx.cond(
        item.quote != "",
        rx.el.blockquote(
            rx.cond(
                item.quote_author != "",
                rx.el.div(item.quote_author, style={"font_weight": "500"}),
            ),
            rx.el.div(item.quote, style=theme.CUT),
            style=_QUOTE,
        ),
    )


def _words(item: Any) -> rx.Component:
    return rx.cond(
        item.text != "",
        rx.el.div(
            item.text,
            style=_WORDS
            | {
                "font_style": rx.cond(item.deleted, "italic", "normal"),
                "color": rx.cond(item.deleted, theme.MUTED, theme.TEXT),
            },
        ),
    )


def _meta(item: Any) -> rx.Component:
    return rx.el.div(
        rx.cond(item.edited, rx.el.span("edited")),
        rx.el.time(item.time, date_time=item.time_iso),
        rx.cond(item.tick != "", _tick(item)),
        style=_META,
    )


def _tick(item: Any) -> rx.Component:
    color = rx.cond(item.failed, theme.on_soft("red"), rx.cond(item.read, theme.READ, theme.MUTED))
    return rx.el.span(
        rx.cond(item.failed, rx.el.span(item.tick_label, aria_hidden="true"), ""),
        item.tick,
        role="img",
        aria_label=item.tick_label,
        title=item.tick_label,
        style={"color": color, "display": "inline-flex", "gap": theme.S1},
    )


def _reactions(item: Any) -> rx.Component:
    return rx.el.div(item.reactions, role="img", aria_label="Reactions", style=_REACTIONS)


_UNREAD: theme.Style = theme.ROW | {
    "font_size": "11.5px",
    "font_weight": "500",
    "color": theme.on_soft("jade"),
    "&::before, &::after": {"content": "''", "flex": "1", "border_top": theme.line_of("jade")},
}
_SYSTEM: theme.Style = {
    "align_self": "center",
    "max_width": "90%",
    "text_align": "center",
    "font_size": "12px",
    "line_height": "18px",
    "color": theme.MUTED,
    "background": theme.SUNKEN,
    "border": theme.LINE,
    "border_radius": "20px",
    "padding": "2px 11px",
}
_PLACE: theme.Style = (
    theme.COLUMN
    | {
        "max_width": "70%",
        "align_self": "flex-start",
        "align_items": "flex-start",
        "--bubble": theme.PANEL,
        "--edge": theme.LINE,
        "--corners": "14px 14px 14px 4px",
        "&[data-side=out]": {
            "align_self": "flex-end",
            "align_items": "flex-end",
            "--bubble": theme.soft("jade"),
            "--edge": "1px solid var(--jade-5)",
            "--corners": "14px 14px 4px 14px",
        },
        "&[data-side=note]": {
            "align_self": "flex-end",
            "align_items": "flex-end",
            "--bubble": theme.soft("amber"),
            "--edge": "1px dashed var(--amber-7)",
            "--corners": "14px",
        },
        theme.PHONE: {"max_width": "84%"},
    }
    | theme.appear()
)
_BUBBLE: theme.Style = {
    "max_width": "100%",
    "padding": "8px 12px 6px",
    "background": "var(--bubble)",
    "border": "var(--edge)",
    "border_radius": "var(--corners)",
    "box_shadow": theme.SHADOW,
}
_AUTHOR: theme.Style = {
    "font_size": "11.5px",
    "line_height": "16px",
    "font_weight": "500",
    "margin_bottom": "2px",
}
_WORDS: theme.Style = {"white_space": "pre-wrap", "overflow_wrap": "anywhere"}
_QUOTE: theme.Style = {
    "margin": "2px 0 6px",
    "padding": "4px 8px",
    "border_left": f"3px solid {theme.ACCENT}",
    "border_radius": "4px",
    "background": "var(--gray-a3)",
    "color": theme.TEXT,
    "font_size": "12.5px",
    "line_height": "17px",
    "max_width": "100%",
    "overflow": "hidden",
}
_META: theme.Style = theme.NUMBER | {
    "display": "flex",
    "gap": "5px",
    "justify_content": "flex-end",
    "margin_top": "2px",
    "font_size": "11px",
    "line_height": "15px",
    "color": theme.MUTED,
}
_REACTIONS: theme.Style = {
    "margin_top": "-5px",
    "padding": "1px 7px",
    "border_radius": theme.ROUND,
    "background": theme.PANEL,
    "border": theme.LINE,
    "font_size": "13px",
    "z_index": "1",
}
_PROBLEM: theme.Style = {
    "margin_top": theme.S1,
    "font_size": "12px",
    "line_height": "17px",
    "color": theme.on_soft("red"),
    "max_width": "440px",
}
