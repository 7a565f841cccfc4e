"""The buttons that change who answers; those that find no room stand in a menu."""

from typing import Any, NamedTuple

import reflex as rx

from pages import theme
from state.handling import Handling
from state.thread import Thread

_HEADER: Any = Thread.header
# The width of the header from which every button has room beside the name.
_ROOMY = "@container (min-width: 640px)"


class _Action(NamedTuple):
    verb: str
    words: Any
    key: str  # the keyboard layer presses the button that carries it
    possible: Any
    first: Any  # the one that is always in sight
    mark: str = ""

    @property
    def may_hide(self) -> bool:
        return bool(self.key) and self.first is not True

    @property
    def event(self) -> Any:
        return getattr(Handling, self.verb)


def _take_over() -> rx.Component:
    """Take over from Sam; a phone has no room for the name, a screen reader has."""
    return rx.fragment(
        "Take over",
        rx.el.span(_HEADER.held_by, style={"white_space": "pre", theme.PHONE: theme.HIDDEN}),
    )


_ACTIONS = (
    _Action("claim", "Claim", "c", _HEADER.can_claim, False),
    _Action("release", "Release", "", _HEADER.can_release, False),
    _Action("take_over", _take_over(), "t", _HEADER.can_take_over, True),
    _Action("resume_ai", "Resume AI", "a", _HEADER.can_resume, ~_HEADER.can_take_over, "✦ "),
    _Action("close", "Close", "e", _HEADER.can_close, False),
    _Action("reopen", "Reopen", "", _HEADER.can_reopen, True),
)


def actions(details: rx.Component) -> rx.Component:
    """In one row; `details` is the menu's last item, where there is no room for its button."""
    return rx.el.div(
        *[rx.cond(each.possible, _button(each)) for each in _ACTIONS],
        *[rx.cond(each.possible, _for_its_key(each)) for each in _ACTIONS if each.may_hide],
        _menu(details),
        style=theme.ROW,
    )


def _button(each: _Action) -> rx.Component:
    """A second click within the same second is not a second wish."""
    runs = Handling.running == each.verb
    mark = rx.el.span(each.mark, aria_hidden="true") if each.mark else rx.fragment()
    return rx.el.button(
        rx.cond(runs, rx.spinner(size="1"), mark),
        rx.el.span(each.words),
        type="button",
        disabled=Handling.running != "",
        on_click=each.event.throttle(800),
        custom_attrs=_key(each) | {"aria-busy": rx.cond(runs, "true", "false")},
        style=BUTTON | _shown(each.first) | {_ROOMY: {"display": "inline-flex"}},
    )


def _shown(first: Any) -> theme.Style:
    return {"display": rx.cond(first, "inline-flex", "none")}


def _key(each: _Action) -> dict[str, Any]:
    return {"data-key": each.key, "aria-keyshortcuts": each.key} if each.key else {}


def _for_its_key(each: _Action) -> rx.Component:
    """What the menu hides can still be pressed by its key, and stands in the command bar."""
    return rx.el.button(
        type="button",
        disabled=(Handling.running != "") | each.first,
        on_click=each.event.throttle(800),
        tab_index=-1,
        aria_hidden="true",
        custom_attrs={"data-key": each.key, "data-label": each.words},
        style=theme.HIDDEN | {_ROOMY: {"display": "none"}},
    )


def _menu(details: rx.Component) -> rx.Component:
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(
            rx.el.button(
                rx.cond(
                    Handling.running != "",
                    rx.spinner(size="1"),
                    rx.icon("ellipsis", size=17, aria_hidden="true"),
                ),
                type="button",
                aria_label="More actions",
                disabled=Handling.running != "",
                style=ICON_BUTTON
                | {
                    "display": rx.cond(_HEADER.can_reopen, "none", "grid"),
                    theme.PHONE: {"display": "grid", "width": "40px", "height": theme.TOUCH},
                    _ROOMY: {"display": "none"},
                },
            ),
        ),
        rx.dropdown_menu.content(*[_item(each) for each in _ACTIONS], details, align="end"),
    )


def _item(each: _Action) -> rx.Component:
    if each.first is True:
        return rx.fragment()
    shown = each.possible if each.first is False else each.possible & ~each.first
    return rx.cond(
        shown,
        rx.dropdown_menu.item(
            each.mark, each.words, on_select=each.event, style={theme.PHONE: MENU_TOUCH}
        ),
    )


MENU_TOUCH: theme.Style = {"height": theme.TOUCH}
BUTTON: theme.Style = {
    "align_items": "center",
    "gap": theme.S1,
    "height": "32px",
    "padding": "0 12px",
    "border_radius": theme.RADIUS,
    "border": theme.STRONG_LINE,
    "background": theme.PANEL,
    "box_shadow": theme.SHADOW,
    "color": theme.TEXT,
    "font_size": "13px",
    "font_weight": "500",
    "white_space": "nowrap",
    "cursor": "pointer",
    "&:hover": {"background": theme.SUNKEN},
    "&:disabled": {"cursor": "default", "color": theme.MUTED},
    theme.PHONE: {"height": theme.TOUCH},
} | theme.FOCUS
ICON_BUTTON: theme.Style = {
    "width": "32px",
    "height": "32px",
    "flex": "none",
    "place_items": "center",
    "border_radius": theme.RADIUS,
    "border": theme.STRONG_LINE,
    "background": theme.PANEL,
    "color": theme.TEXT,
    "cursor": "pointer",
} | theme.FOCUS
