"""The list of templates: search, filters, a row for each, and what can be done with it."""

from typing import Any

import reflex as rx

from pages import theme
from pages.assistants.channel.parts import plain_button
from pages.assistants.templates.teaching import no_template, nothing_found
from pages.components.marks import toned_chip
from pages.components.settings_parts import count
from pages.setup import SELECT
from state.template_deletion import TemplateDeletion
from state.template_draft import TemplateDraft
from state.templates import CATEGORIES, SEARCH_LENGTH, STATUSES, Templates


def listing() -> rx.Component:
    """The card of the list; it teaches while there is nothing to list."""
    return rx.el.section(
        rx.cond(
            (Templates.total > 0) | Templates.filtered,
            rx.fragment(
                _filters(),
                rx.cond(count(Templates.rows) > 0, _table(), nothing_found()),
                _pages(),
            ),
            no_template(),
        ),
        aria_label="Templates",
        style=theme.CARD | {"overflow": "hidden", "min_width": "0"},
    )


def _filters() -> rx.Component:
    return rx.el.div(
        rx.el.label("Search templates", html_for="template-search", style=theme.HIDDEN),
        rx.debounce_input(
            rx.input(
                id="template-search",
                type="search",
                placeholder="Search templates",
                value=Templates.search,
                on_change=Templates.search_for,
                max_length=SEARCH_LENGTH,
                style={"flex": "1 1 160px", "min_width": "0", theme.PHONE: _TALL | _FULL},
            ),
            debounce_timeout=300,
        ),
        _filter("Status", STATUSES, Templates.status, Templates.show_status),
        _filter("Category", CATEGORIES, Templates.category, Templates.show_category),
        style=theme.ROW
        | {"flex_wrap": "wrap", "padding": "12px 14px", "border_bottom": theme.LINE},
    )


def _filter(label: str, choices: dict[str, str], value: Any, on_change: Any) -> rx.Component:
    return rx.el.select(
        rx.el.option(f"{label}: all", value=""),
        *[rx.el.option(words, value=code) for code, words in choices.items()],
        value=value,
        on_change=on_change,
        aria_label=label,
        style=SELECT | {"height": "32px", "width": "auto", "font_size": "13px", theme.PHONE: _TALL},
    )


def _table() -> rx.Component:
    return rx.el.table(
        rx.el.thead(
            rx.el.tr(
                rx.el.th("Name", scope="col", style=_HEAD),
                rx.el.th("Status", scope="col", style=_HEAD | _STATUS),
                rx.el.th("Category", scope="col", style=_HEAD | {"width": "124px"} | _WIDE),
                rx.el.th("Language", scope="col", style=_HEAD | {"width": "108px"} | _WIDE),
                rx.el.th(
                    rx.el.span("Actions", style=theme.HIDDEN),
                    scope="col",
                    style=_HEAD | {"width": "122px", theme.PHONE: {"width": "72px"}},
                ),
            )
        ),
        rx.el.tbody(rx.foreach(Templates.rows, _template)),
        style={"width": "100%", "border_collapse": "collapse", "table_layout": "fixed"},
    )


def _template(each: Any) -> rx.Component:
    return rx.el.tr(
        rx.el.td(_words(each), style=_CELL),
        rx.el.td(
            toned_chip(each.tone, each.status),
            rx.cond(each.quality != "", _quality(each)),
            style=_CELL,
        ),
        rx.el.td(each.category, style=_CELL | _WIDE),
        rx.el.td(each.language, style=_CELL | _WIDE),
        rx.el.td(_actions(each), style=_CELL | {"padding_left": "0"}),
        key=each.id,
    )


def _words(each: Any) -> rx.Component:
    return rx.fragment(
        rx.el.div(
            each.name, title=each.name, style={"font_weight": "600", "overflow_wrap": "anywhere"}
        ),
        rx.cond(
            each.rejected,
            rx.el.div(each.note, style=theme.SMALL | {"color": theme.on_soft("red")}),
            rx.fragment(
                rx.el.div(each.body, title=each.body, style=theme.SMALL | theme.CUT),
                rx.cond(each.note != "", rx.el.div(each.note, style=theme.SMALL)),
            ),
        ),
        rx.el.div(each.category, " · ", each.language, style=theme.TINY | _ON_PHONE),
    )


def _quality(each: Any) -> rx.Component:
    """How customers take it, by Meta's count of blocks and reports."""
    color = rx.match(
        each.quality_tone,
        *[(tone, theme.on_soft(tone)) for tone in ("jade", "amber", "red")],
        theme.MUTED,
    )
    return rx.el.div(
        rx.el.span("● ", aria_hidden="true", style={"color": color}),
        f"{each.quality} quality",
        style=theme.TINY | {"margin_top": "3px"},
    )


def _actions(each: Any) -> rx.Component:
    return rx.el.div(
        rx.cond(
            each.rejected,
            plain_button(
                "Fix",
                on_click=TemplateDraft.begin(each.id, "fix"),
                custom_attrs={"aria-label": f"Fix {each.name}"},
            ),
        ),
        rx.dropdown_menu.root(
            rx.dropdown_menu.trigger(
                rx.icon_button(
                    rx.icon("ellipsis", size=16, aria_hidden="true"),
                    variant="ghost",
                    color_scheme="gray",
                    type="button",
                    custom_attrs={"aria-label": f"More for {each.name}, {each.language}"},
                    style=_MORE,
                )
            ),
            rx.dropdown_menu.content(
                rx.cond(
                    each.editable,
                    rx.dropdown_menu.item(
                        "Change it", on_select=TemplateDraft.begin(each.id, "edit")
                    ),
                ),
                rx.dropdown_menu.item(
                    "Duplicate to another language",
                    on_select=TemplateDraft.begin(each.id, "copy"),
                ),
                rx.dropdown_menu.separator(),
                rx.dropdown_menu.item(
                    "Delete…", color_scheme="red", on_select=TemplateDeletion.ask(each.id)
                ),
            ),
        ),
        style=theme.ROW
        | {"justify_content": "flex-end", "margin": "-6px 0", theme.PHONE: _STACKED},
    )


def _pages() -> rx.Component:
    return rx.cond(
        Templates.has_more | ~Templates.at_top,
        rx.el.div(
            rx.cond(~Templates.at_top, plain_button("Back to top", on_click=Templates.to_top)),
            rx.cond(Templates.has_more, plain_button("Next page", on_click=Templates.more)),
            rx.el.span(
                f"{Templates.total} templates in all",
                style=theme.SMALL | theme.NUMBER | {"margin_left": "auto"},
            ),
            style=theme.ROW | {"padding": theme.S3, "border_top": theme.LINE},
        ),
    )


_TALL: theme.Style = {"min_height": theme.TOUCH}
_FULL: theme.Style = {"flex_basis": "100%"}
_STACKED: theme.Style = {"flex_direction": "column", "align_items": "flex-end"}
_STATUS: theme.Style = {"width": "126px", theme.PHONE: {"width": "112px"}}
_WIDE: theme.Style = {theme.PHONE: {"display": "none"}}
_ON_PHONE: theme.Style = {"display": "none", theme.PHONE: {"display": "block"}}
_HEAD: theme.Style = {
    "text_align": "left",
    "font_weight": "500",
    "font_size": "12px",
    "color": theme.MUTED,
    "padding": "8px 14px",
    "border_bottom": theme.LINE,
}
_CELL: theme.Style = {
    "padding": "10px 14px",
    "overflow_wrap": "anywhere",
    "font_size": "13px",
    "vertical_align": "top",
    "border_bottom": theme.LINE,
    "tr:last-child > &": {"border_bottom": "0"},
}
_MORE: theme.Style = {
    "width": "32px",
    "height": "32px",
    "margin": "0",
    theme.PHONE: {"width": theme.TOUCH, "height": theme.TOUCH},
}
