"""The passages of an assistant: search, the table, and the dialog that writes one."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import chip
from pages.components.settings_parts import confirmed, count, quiet_button
from pages.sign_in import LABEL, problem
from state.assistants import BODY_LENGTH, TITLE_LENGTH, Knowledge


def knowledge() -> rx.Component:
    """The card of the section."""
    return rx.el.section(
        _search(),
        rx.cond(
            Knowledge.loaded,
            rx.cond(count(Knowledge.rows) > 0, _table(), _empty()),
            rx.skeleton(height="160px", width="100%"),
        ),
        rx.cond(
            Knowledge.has_more,
            rx.el.div(
                quiet_button("Show more", on_click=Knowledge.more),
                style={"padding": theme.S3, "border_top": theme.LINE},
            ),
        ),
        _dialog(),
        aria_label="Knowledge",
        style=theme.CARD | {"overflow": "hidden", "min_width": "0"},
    )


def add_button() -> rx.Component:
    """Opens the dialog for a new passage."""
    return rx.button("Add passage", on_click=Knowledge.write(True))


def _search() -> rx.Component:
    return rx.el.div(
        rx.el.label("Search passages", html_for="passage-search", style=theme.HIDDEN),
        rx.debounce_input(
            rx.input(
                id="passage-search",
                type="search",
                placeholder="Search passages",
                value=Knowledge.search,
                on_change=Knowledge.search_for,
                max_length=80,
                style={"flex": "1"},
            ),
            debounce_timeout=300,
        ),
        rx.el.span(
            rx.cond(Knowledge.total == 1, "1 passage", f"{Knowledge.total} passages"),
            style=theme.SMALL | theme.NUMBER | {"white_space": "nowrap"},
        ),
        style=theme.ROW | {"padding": "12px 14px", "border_bottom": theme.LINE},
    )


def _table() -> rx.Component:
    return rx.el.table(
        rx.el.thead(
            rx.el.tr(
                rx.el.th("Title", scope="col", style=_HEAD),
                rx.el.th("Used, 30 days", scope="col", style=_HEAD | {"width": "116px"}),
                rx.el.th("Added", scope="col", style=_HEAD | {"width": "84px"} | _WIDE),
                rx.el.th(
                    rx.el.span("Delete", style=theme.HIDDEN),
                    scope="col",
                    style=_HEAD | {"width": "56px"},
                ),
            )
        ),
        rx.el.tbody(rx.foreach(Knowledge.rows, _passage)),
        style={"width": "100%", "border_collapse": "collapse", "table_layout": "fixed"},
    )


def _passage(each: Any) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.el.button(
                rx.el.span(each.title, style=theme.CUT | {"font_weight": "600"}),
                rx.el.span(each.preview, style=theme.SMALL | theme.CUT),
                type="button",
                title="Edit this passage",
                on_click=Knowledge.edit(each.id),
                style=_OPEN,
            ),
            style=_CELL,
        ),
        rx.el.td(
            rx.cond(each.used > 0, each.used, chip("never used", tone="amber")),
            style=_CELL | theme.NUMBER,
        ),
        rx.el.td(each.added, style=_CELL | theme.SMALL | theme.NUMBER | _WIDE),
        rx.el.td(_delete(each), style=_CELL),
        key=each.id,
    )


def _delete(each: Any) -> rx.Component:
    return confirmed(
        rx.el.button(
            rx.icon("trash-2", size=15, aria_hidden="true"),
            aria_label=f"Delete {each.title}",
            type="button",
            style=_BIN,
        ),
        rx.fragment("Delete “", each.title, "”?"),
        "The assistant will not know it any more. Answers it already gave stay as they are.",
        "Delete passage",
        Knowledge.delete(each.id),
    )


def _empty() -> rx.Component:
    return rx.el.div(
        rx.cond(
            Knowledge.search != "",
            rx.fragment(
                rx.el.h2("No passage has these words", style=theme.HEADING),
                rx.el.p("Try fewer letters.", style=theme.SMALL),
            ),
            rx.fragment(
                rx.el.h2("It knows nothing yet", style=theme.HEADING),
                rx.el.p(
                    "A passage is one thing customers ask about, in words the assistant may use: "
                    "delivery times, returns, opening hours.",
                    style=theme.SMALL | {"max_width": "380px"},
                ),
                add_button(),
            ),
        ),
        style=theme.COLUMN
        | {
            "align_items": "center",
            "gap": theme.S2,
            "padding": "40px 28px",
            "text_align": "center",
        },
    )


def _dialog() -> rx.Component:
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(
                rx.cond(Knowledge.passage > 0, "Edit passage", "Add passage"), size="4"
            ),
            rx.dialog.description(
                "One thing customers ask about, in words the assistant may use.", size="2"
            ),
            rx.form(
                rx.el.label("Title", html_for="passage-title", style=LABEL),
                rx.input(
                    id="passage-title",
                    name="title",
                    required=True,
                    max_length=TITLE_LENGTH,
                    default_value=Knowledge.title,
                    auto_complete="off",
                ),
                rx.el.label("Text", html_for="passage-body", style=LABEL),
                rx.text_area(
                    id="passage-body",
                    name="body",
                    required=True,
                    max_length=BODY_LENGTH,
                    default_value=Knowledge.body,
                    rows="9",
                    resize="vertical",
                ),
                problem(Knowledge.problem),
                rx.el.div(
                    rx.dialog.close(quiet_button("Cancel")),
                    rx.button("Save passage", type="submit"),
                    style=theme.ROW | {"justify_content": "flex-end", "margin_top": theme.S3},
                ),
                on_submit=Knowledge.save,
                style=theme.COLUMN | {"gap": theme.S2, "margin_top": theme.S4},
            ),
            max_width="560px",
        ),
        open=Knowledge.writing,
        on_open_change=Knowledge.write,
    )


_WIDE: theme.Style = {theme.PHONE: {"display": "none"}}
_HEAD: theme.Style = {
    "text_align": "left",
    "font_weight": "500",
    "font_size": "12px",
    "color": theme.MUTED,
    "padding": "6px 14px",
    "border_bottom": theme.LINE,
}
_CELL: theme.Style = {
    "padding": "9px 14px",
    "vertical_align": "middle",
    "border_bottom": theme.LINE,
    "tr:last-child > &": {"border_bottom": "0"},
}
_BIN: theme.Style = theme.FOCUS | {
    "display": "grid",
    "place_items": "center",
    "width": "32px",
    "height": "32px",
    "margin": "0 -8px",
    "cursor": "pointer",
    "color": theme.MUTED,
    "border_radius": theme.RADIUS,
    "&:hover": {"background": theme.SUNKEN, "color": theme.TEXT},
    theme.PHONE: {"width": theme.TOUCH, "height": theme.TOUCH},
}
_OPEN: theme.Style = (
    theme.COLUMN
    | theme.FOCUS
    | {
        "width": "100%",
        "min_width": "0",
        "text_align": "left",
        "cursor": "pointer",
        "color": theme.TEXT,
        "border_radius": theme.RADIUS_CHIP,
        "&:hover > span:first-of-type": {"color": theme.on_soft("jade")},
    }
)
