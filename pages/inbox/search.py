"""The search: one box; people first, then what was said."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import avatar, face
from pages.inbox.row import conversation_row
from state.bulk import Bulk
from state.inbox import Inbox
from state.search import LONGEST, Hit, Search
from state.thread import Thread


def search_box() -> rx.Component:
    return rx.el.label(
        rx.icon("search", size=15, aria_hidden="true"),
        rx.el.input(
            type="search",
            aria_label="Search people and messages",
            placeholder="Search people and messages",
            max_length=LONGEST,
            key=Search.cleared,
            default_value=Search.words,
            on_change=Search.look_for.debounce(250),
            custom_attrs={"data-key": "/"},
            style=_INPUT,
        ),
        rx.cond(
            Search.words != "",
            rx.el.button(
                rx.icon("x", size=15, aria_hidden="true"),
                type="button",
                aria_label="Clear the search",
                on_click=Search.clear,
                custom_attrs={"data-key": "Escape"},
                style=_CLEAR,
            ),
            rx.el.kbd("/", aria_hidden="true", style=_KEY),
        ),
        style=_BOX,
    )


def search_results() -> rx.Component:
    people: Any = Search.people
    hits: Any = Search.hits
    return rx.el.div(
        rx.cond(
            (people.length() > 0) | (hits.length() > 0),
            rx.fragment(
                rx.cond(people.length() > 0, _people()), rx.cond(hits.length() > 0, _hits())
            ),
            _nothing(),
        ),
        role="region",
        aria_label="Search results",
        style=_SCROLL,
    )


def _people() -> rx.Component:
    return rx.el.section(
        rx.el.h2("People", style=_HEADING),
        rx.el.ul(rx.foreach(Search.people, _person), role="list", style=_LIST),
        rx.cond(Search.more_people, _more("More people", Search.show_more_people)),
    )


def _person(row: Any) -> rx.Component:
    chosen: Any = Bulk.chosen
    return conversation_row(
        row=row,
        base=f"/inbox/{Inbox.view}/",
        query=Inbox.query,
        open=Thread.conversation == row.id,
        chosen=chosen.contains(row.id),
        key=row.id,
    )


def _hits() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Messages", style=_HEADING),
        rx.el.ul(
            rx.foreach(Search.hits, lambda hit: message_hit(hit=hit, key=hit.id)),
            role="list",
            style=_LIST,
        ),
        rx.cond(Search.more_hits, _more("More messages", Search.show_more_messages)),
    )


@rx.memo
def message_hit(rest: rx.RestProp, *, hit: rx.Var[Hit]) -> rx.Component:
    """One message that holds the words; opens its conversation at it."""
    shown: Any = hit
    return rx.el.li(
        rx.link(
            avatar(shown.initials, face(shown.face), 32),
            rx.el.div(
                rx.el.div(
                    rx.el.span(shown.title, style=theme.CUT | {"font_weight": "600"}),
                    rx.el.time(
                        shown.time, date_time=shown.time_iso, style=theme.TINY | theme.NUMBER
                    ),
                    style=theme.ROW | {"justify_content": "space-between"},
                ),
                rx.el.p(_author(shown), rx.foreach(shown.parts, _part), style=_SNIPPET),
                style={"min_width": "0", "flex": "1"},
            ),
            href=f"/inbox/{shown.view}/{shown.conversation}/?message={shown.id}",
            underline="none",
            custom_attrs={"data-row": ""},
            style=_HIT,
        ),
        rest,
    )


def _author(hit: Any) -> rx.Component:
    return rx.fragment(
        rx.cond(hit.note, "Note · ", ""),
        rx.cond(hit.author != "", f"{hit.author}: ", ""),
    )


def _part(part: Any) -> rx.Component:
    return rx.cond(part[1], rx.el.mark(part[0], style=_MARK), rx.el.span(part[0]))


def _more(words: str, on_click: Any) -> rx.Component:
    return rx.el.div(
        rx.button(words, variant="soft", color_scheme="gray", on_click=on_click),
        style={"display": "grid", "place_items": "center", "padding": theme.S3},
    )


def _nothing() -> rx.Component:
    return rx.el.div(
        rx.el.h2("Nothing found", style=theme.HEADING),
        rx.el.p(
            "No person and no message has all these words. Try fewer, or the beginning of one.",
            style=theme.SMALL,
        ),
        role="status",
        style=theme.COLUMN | {"gap": theme.S2, "padding": "48px 28px", "text_align": "center"},
    )


_BOX: theme.Style = theme.ROW | {
    "height": "34px",
    "padding": "0 6px 0 10px",
    "border": theme.STRONG_LINE,
    "border_radius": theme.RADIUS,
    "color": theme.MUTED,
    "&:focus-within": {"outline": f"2px solid {theme.solid('jade')}", "outline_offset": "-1px"},
    theme.PHONE: {"height": theme.TOUCH},
}
_INPUT: theme.Style = {
    "flex": "1",
    "min_width": "0",
    "border": "0",
    "outline": "none",
    "background": "transparent",
    "color": theme.TEXT,
    "font_size": "13px",
    "&::placeholder": {"color": theme.MUTED, "opacity": "1"},
    "&::-webkit-search-cancel-button": {"display": "none"},
    theme.PHONE: {"font_size": "16px"},
}
_CLEAR: theme.Style = {
    "width": "24px",
    "height": "24px",
    "display": "grid",
    "place_items": "center",
    "border_radius": theme.RADIUS_CHIP,
    "color": theme.MUTED,
    "cursor": "pointer",
    "&:hover": {"background": "var(--gray-a4)"},
    theme.PHONE: {"width": theme.TOUCH, "height": theme.TOUCH, "margin_right": "-6px"},
} | theme.FOCUS
_KEY: theme.Style = theme.KEY | {theme.PHONE: {"display": "none"}}
_SCROLL: theme.Style = {"flex": "1", "min_height": "0", "overflow_y": "auto"}
_LIST: theme.Style = {"list_style": "none", "margin": "0", "padding": "0"}
_HEADING: theme.Style = theme.TINY | {
    "margin": "0",
    "padding": "10px 16px 4px",
    "font_weight": "600",
}
_HIT: theme.Style = (
    theme.ROW
    | {
        "align_items": "flex-start",
        "gap": "11px",
        "min_height": theme.TOUCH,
        "padding": "10px 16px",
        "border_bottom": theme.LINE,
        "color": theme.TEXT,
        "&:hover": {"background": theme.SUNKEN},
    }
    | theme.FOCUS
)
_SNIPPET: theme.Style = theme.SMALL | {
    "overflow_wrap": "anywhere",
    "display": "-webkit-box",
    "-webkit-line-clamp": "2",
    "-webkit-box-orient": "vertical",
    "overflow": "hidden",
}
_MARK: theme.Style = {
    "background": theme.soft("amber"),
    "color": theme.on_soft("amber"),
    "font_weight": "600",
    "border_radius": "3px",
}
