"""WhatsApp Analytics of an assistant, and the analytics of the whole workspace."""

from typing import Any

import reflex as rx

from pages import theme
from pages.assistants.analytics.charts import SEGMENT, SEGMENTS, by_day, by_hour
from pages.assistants.analytics.lists import answers, conversations, day, failures, recent
from pages.assistants.analytics.parts import tile
from pages.assistants.channel.tabs import tabs
from pages.assistants.refusals import missing
from pages.components.marks import live_chip
from pages.components.shell import shell
from state.analytics import PRESETS, Analytics
from state.session import Session


@rx.page(
    route="/assistants/[assistant]/whatsapp/analytics",
    title="WhatsApp Analytics · IllumiChat",
    on_load=[Session.load, Analytics.load],
)
def whatsapp_analytics() -> rx.Component:
    """/assistants/<id>/whatsapp/analytics?days=…, or ?from=…&to=…"""
    trail = rx.el.div(
        rx.link(Analytics.name, href=f"/assistants/{Analytics.assistant}/", color="inherit"),
        " / WhatsApp",
        style=theme.SMALL,
    )
    tab_row = tabs(Analytics.assistant, "analytics")
    return _frame("assistants", _header(trail, "WhatsApp Analytics"), tab_row)


@rx.page(
    route="/analytics",
    title="Analytics · IllumiChat",
    on_load=[Session.load, Analytics.load],
)
def analytics() -> rx.Component:
    """/analytics?channel=…&days=…: all WhatsApp channels of the workspace, or one."""
    trail = rx.el.div(Analytics.name, style=theme.SMALL)
    return _frame("analytics", _header(trail, "Analytics", _channels()))


def _frame(active: str, *above: rx.Component) -> rx.Component:
    whole = rx.cond(Analytics.missing, missing(), rx.fragment(*above, _figures()))
    return shell(
        rx.el.div(
            rx.cond(
                Analytics.loaded,
                rx.cond(Session.role == "agent", _admins_only(), whole),
                _waiting(),
            ),
            on_unmount=Analytics.leave,
            style=_PAGE,
        ),
        active=active,
    )


def _figures() -> rx.Component:
    return rx.fragment(
        rx.el.div(rx.foreach(Analytics.tiles, tile), style=_TILES),
        by_day(),
        _beside(recent(), conversations()),
        _beside(by_hour(), answers()),
        failures(),
        day(),
    )


def _beside(wide: rx.Component, narrow: rx.Component) -> rx.Component:
    return rx.el.div(wide, narrow, style=_BESIDE)


# ---- the header


def _header(trail: rx.Component, title: str, *menus: rx.Component) -> rx.Component:
    return rx.el.header(
        rx.el.div(
            trail,
            rx.el.div(rx.el.h1(title, style=theme.TITLE), live_chip(), style=theme.ROW),
            style={"flex": "1", "min_width": "220px"},
        ),
        *menus,
        _periods(),
        rx.link(
            "Export CSV",
            href=Analytics.csv,
            download=True,
            underline="none",
            style=_EXPORT,
        ),
        rx.cond(
            Analytics.problem != "",
            rx.el.p(Analytics.problem, role="alert", style=_PROBLEM),
        ),
        style=theme.ROW | {"flex_wrap": "wrap", "align_items": "flex-end"},
    )


def _periods() -> rx.Component:
    return rx.el.nav(
        *[_period(days) for days in PRESETS],
        _own_period(),
        aria_label="Period",
        style=SEGMENTS | {theme.PHONE: {"width": "100%", "justify_content": "space-between"}},
    )


def _period(days: str) -> rx.Component:
    channel = rx.cond(Analytics.channel > 0, f"&channel={Analytics.channel}", "")
    return rx.link(
        rx.el.span("Last ", style={theme.PHONE: {"display": "none"}}),
        f"{days} days",
        href=f"{Analytics.base}?days={days}{channel}",
        underline="none",
        custom_attrs={"aria-current": rx.cond(Analytics.days == days, "page", "false")},
        style=SEGMENT,
    )


def _own_period() -> rx.Component:
    own = f"{Analytics.first} – {Analytics.last}"
    return rx.popover.root(
        rx.popover.trigger(
            rx.el.button(
                rx.cond(Analytics.days == "", own, "Custom"),
                type="button",
                custom_attrs={"aria-current": rx.cond(Analytics.days == "", "page", "false")},
                style=SEGMENT,
            )
        ),
        rx.popover.content(
            rx.form(
                _day("First day", "first", Analytics.first),
                _day("Last day", "last", Analytics.last),
                rx.cond(
                    Analytics.problem != "",
                    rx.el.p(Analytics.problem, style=theme.SMALL | {"color": "var(--red-11)"}),
                ),
                rx.button("Show", type="submit"),
                on_submit=Analytics.choose_days,
                style=theme.COLUMN | {"gap": theme.S3},
            ),
            max_width="260px",
        ),
    )


def _day(label: str, name: str, value: Any) -> rx.Component:
    return rx.el.label(
        label,
        rx.el.input(type="date", name=name, default_value=value, required=True, style=_DATE),
        style=theme.COLUMN | {"gap": "4px", "font_size": "13px", "font_weight": "500"},
    )


def _channels() -> rx.Component:
    return rx.select.root(
        rx.select.trigger(
            aria_label="Channel",
            style={"border_radius": theme.RADIUS, "font_size": "13px"},
        ),
        rx.select.content(
            rx.select.item("All channels", value="0"),
            rx.foreach(
                Analytics.choices, lambda each: rx.select.item(each.label, value=each.value)
            ),
        ),
        value=f"{Analytics.channel}",
        on_change=Analytics.choose_channel,
    )


# ---- in its place


def _admins_only() -> rx.Component:
    return rx.el.section(
        rx.el.h1("Only an admin can open this", style=theme.HEADING),
        rx.el.p(
            "Admins of this workspace see how WhatsApp performs. Ask one of them if you need a "
            "figure.",
            style=theme.SMALL,
        ),
        style=theme.CARD | {"padding": theme.S5},
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        rx.skeleton(height="52px", width="260px"),
        rx.el.div(*[rx.skeleton(height="88px") for _ in range(5)], style=_TILES),
        rx.skeleton(height="320px", width="100%", border_radius=theme.RADIUS_CARD),
        role="status",
        aria_label="Loading",
        style=theme.COLUMN | {"gap": theme.S4},
    )


_PAGE: theme.Style = theme.COLUMN | {
    "gap": theme.S4,
    "padding": "22px 34px",
    theme.NARROW: {"padding": theme.S5},
    theme.PHONE: {"padding": theme.S4},
}
_TILES: theme.Style = {
    "display": "grid",
    "grid_template_columns": "repeat(5, minmax(0, 1fr))",
    "gap": theme.S3,
    "@media (max-width: 959px)": {"grid_template_columns": "repeat(3, minmax(0, 1fr))"},
    theme.PHONE: {"grid_template_columns": "repeat(2, minmax(0, 1fr))"},
}
_BESIDE: theme.Style = {
    "display": "grid",
    "grid_template_columns": "minmax(0, 1fr) 380px",
    "gap": theme.S4,
    "align_items": "stretch",
    theme.NARROW: {"grid_template_columns": "minmax(0, 1fr)"},
}
_EXPORT: theme.Style = theme.FOCUS | {
    "height": "32px",
    "padding": "0 12px",
    "display": "inline-flex",
    "align_items": "center",
    "justify_content": "center",
    "border": theme.STRONG_LINE,
    "border_radius": theme.RADIUS,
    "background": theme.PANEL,
    "box_shadow": theme.SHADOW,
    "color": theme.TEXT,
    "font_size": "13px",
    "font_weight": "500",
    "&:hover": {"background": theme.SUNKEN, "color": theme.TEXT},
    theme.PHONE: {"min_height": theme.TOUCH, "width": "100%"},
}
_PROBLEM: theme.Style = {
    "flex_basis": "100%",
    "margin": "0",
    "padding": "8px 12px",
    "border_radius": theme.RADIUS,
    "color": theme.on_soft("amber"),
    "background": theme.soft("amber"),
}
_DATE: theme.Style = theme.FOCUS | {
    "height": "32px",
    "padding": "0 8px",
    "border": theme.STRONG_LINE,
    "border_radius": theme.RADIUS,
    "background": theme.PANEL,
    "color": theme.TEXT,
    "color_scheme": "inherit",
    theme.PHONE: {"height": theme.TOUCH, "font_size": "16px"},
}
