"""The views with how many each holds: where one works above, what presses below."""

from typing import Any

import reflex as rx

from pages import theme
from state.inbox import Inbox
from state.search import Search

WHERE = (
    ("open", "Open"),
    ("mine", "Mine"),
    ("unclaimed", "Unclaimed"),
    ("closed", "Closed"),
)
PRESSING = (
    ("needs_human", "Needs a human"),
    ("closing_soon", "Closing soon"),
    ("mentions", "Mentions"),
)


def views() -> rx.Component:
    return rx.el.nav(
        rx.el.div(*[_view(*view, style=_SEGMENT) for view in WHERE], style=_SEGMENTS),
        rx.el.div(*[_view(*view, style=_CHIP) for view in PRESSING], style=_CHIPS),
        aria_label="Views",
        style=_BOTH,
    )


def _view(name: str, label: str, style: theme.Style) -> rx.Component:
    count = [] if name == "closed" else [rx.el.span(_count(name), style=theme.NUMBER)]
    return rx.link(
        label,
        *count,
        href=f"/inbox/{name}/{Inbox.query}",
        underline="none",
        on_click=Search.clear,
        custom_attrs={
            "aria-current": rx.cond(Inbox.view == name, "page", "false"),
            "data-any": rx.cond(_count(name) == "0", "false", "true"),
        },
        style=style,
    )


def _count(name: str) -> rx.Var[str]:
    shown: Any = Inbox.counts.shown
    return shown[name].to(str)


_BOTH: theme.Style = theme.COLUMN | {
    "gap": theme.S2,
    theme.PHONE: {
        "flex_direction": "row",
        "gap": "6px",
        "margin": "0 -16px",
        "padding": "2px 16px",
        "overflow_x": "auto",
        "scrollbar_width": "none",
    },
}
_SEGMENTS: theme.Style = {
    "display": "flex",
    "gap": "2px",
    "padding": "2px",
    "background": "var(--gray-3)",
    "border": theme.LINE,
    "border_radius": "9px",
    theme.PHONE: {"display": "contents"},
}
_CHIPS: theme.Style = {
    "display": "flex",
    "gap": "2px",
    "justify_content": "space-between",
    theme.PHONE: {"display": "contents"},
}
_ANY: theme.Style = {
    "display": "flex",
    "align_items": "center",
    "justify_content": "center",
    "gap": theme.S1,
    "font_weight": "500",
    "white_space": "nowrap",
    "color": theme.MUTED,
} | theme.FOCUS
_ON_PHONE: theme.Style = {
    "flex": "none",
    "min_height": theme.TOUCH,
    "padding": "0 12px",
    "border": theme.LINE,
    "border_radius": theme.RADIUS,
    "font_size": "13px",
    "&[href*='/closed/']": {"order": "1"},
    "&[aria-current=page]": {"background": theme.soft("jade"), "color": theme.on_soft("jade")},
}
_SEGMENT: theme.Style = _ANY | {
    "flex": "1 0 auto",
    "padding": "3px 4px",
    "border_radius": "7px",
    "font_size": "12.5px",
    "&:hover": {"color": theme.TEXT},
    "&[aria-current=page]": {
        "background": theme.PANEL,
        "color": theme.TEXT,
        "box_shadow": theme.SHADOW,
    },
    theme.PHONE: _ON_PHONE,
}
_CHIP: theme.Style = _ANY | {
    "padding": "1px 7px",
    "border_radius": theme.RADIUS_CHIP,
    "font_size": "12px",
    "&[data-any=true] span": {"color": theme.on_soft("amber"), "font_weight": "600"},
    "&:hover": {"background": theme.SUNKEN},
    "&[aria-current=page]": {"background": theme.soft("jade"), "color": theme.on_soft("jade")},
    theme.PHONE: _ON_PHONE,
}
