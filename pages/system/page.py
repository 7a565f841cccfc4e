"""The System page: is everything at work, and what to do where it is not."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import chip, live_chip, toned_chip
from pages.components.settings_parts import count, row, rows, section, words
from pages.components.shell import shell
from state.session import Session
from state.system import System


@rx.page(
    route="/settings/system",
    title="System · IllumiChat",
    on_load=[Session.load, System.load],
)
def system() -> rx.Component:
    """/settings/system, for admins."""
    return shell(
        rx.el.div(
            _top(),
            rx.cond(Session.role == "agent", _for_agents(), _for_admins()),
            style=_PAGE,
            on_unmount=System.leave,
        ),
        active="settings",
    )


def _top() -> rx.Component:
    return rx.el.header(
        rx.link("Settings", href="/settings/", style=theme.SMALL),
        rx.el.div(rx.el.h1("System", style=theme.TITLE), live_chip(), style=theme.ROW),
        rx.el.p(
            "Whether everything is at work, and what to do where it is not.", style=theme.SMALL
        ),
    )


def _for_agents() -> rx.Component:
    return rx.el.p(
        "Only an admin of this workspace can see how the system is. Ask one if something seems to "
        "stand still.",
        style=theme.CARD | {"padding": theme.S5},
    )


def _for_admins() -> rx.Component:
    return rx.cond(
        System.loaded,
        rx.el.div(
            _verdict(),
            _lanes(),
            _unconfirmed(),
            _put_aside(),
            _numbers(),
            _installation(),
        ),
        _waiting(),
    )


def _verdict() -> rx.Component:
    return rx.el.section(
        rx.match(
            System.found.tone,
            ("jade", _sign("circle-check", "jade")),
            ("amber", _sign("clock-alert", "amber")),
            _sign("triangle-alert", "red"),
        ),
        rx.el.div(
            rx.el.h2(System.found.verdict, style=theme.HEADING),
            rx.el.p(System.found.line, style=theme.SMALL),
            style={"min_width": "0"},
        ),
        aria_label="Verdict",
        role="status",
        style=theme.CARD | theme.ROW | {"gap": theme.S3, "padding": "14px 20px"},
    )


def _sign(icon: str, color: str) -> rx.Component:
    return rx.icon(
        icon,
        size=22,
        stroke_width=1.75,
        aria_hidden="true",
        color=theme.on_soft(color),
        flex="none",
    )


def _lanes() -> rx.Component:
    return section(
        "Work",
        "Of the whole installation, all its workspaces together. A rush that goes by within a "
        "minute is nothing to worry about.",
        rows(rx.foreach(System.found.lanes, _lane)),
    )


def _lane(each: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            _whole(each.label, each.does, grid_area="what"),
            rx.el.div(
                rx.cond(
                    each.waiting != "",
                    rx.el.div(rx.el.strong(each.waiting, style=_STRONG), " waiting"),
                ),
                rx.el.div(each.oldest, style=theme.SMALL),
                style=theme.NUMBER | _AMOUNT,
            ),
            rx.el.div(each.workers, style=theme.SMALL | theme.NUMBER | {"grid_area": "who"}),
            rx.el.div(toned_chip(each.tone, each.verdict), style=_MARK),
            style=_LANE,
        ),
        rx.cond(each.advice != "", rx.el.p(each.advice, style=_ADVICE)),
        key=each.name,
        style={"padding": "10px 0", "&:not(:last-child)": {"border_bottom": theme.LINE}},
    )


def _unconfirmed() -> rx.Component:
    found = System.found.unconfirmed
    return section(
        _counted("Unconfirmed messages", System.found.unconfirmed_count),
        "Nobody knows whether these arrived: the line was cut while they were sent. They are never "
        "sent again by themselves. Open the conversation, ask the customer or look at your phone, "
        "then send it again there or leave it.",
        rx.cond(
            count(found) > 0,
            rows(rx.foreach(found, _message)),
            _nothing("Every message you sent is accounted for."),
        ),
        label="Unconfirmed messages",
    )


def _message(each: Any) -> rx.Component:
    return row(
        words(each.title, each.text),
        rx.el.span(each.at, style=theme.SMALL | theme.NUMBER),
        rx.link(
            "Open",
            rx.el.span(" the conversation with ", each.title, style=theme.HIDDEN),
            href=f"/inbox/open/{each.conversation_id}/",
            style=_LINK,
        ),
        key=each.id,
    )


def _put_aside() -> rx.Component:
    found = System.found.put_aside
    return section(
        _counted("Deliveries put aside", System.found.put_aside_count),
        "Something in these could not be applied. They are kept as they came. Open one to see why, "
        "and apply it again once the cause is mended.",
        rx.cond(
            count(found) > 0,
            rx.fragment(
                rows(rx.foreach(found, _delivery)),
                rx.link(
                    "All of them in the webhook log",
                    href="/settings/webhooks/?show=failed",
                    style=_LINK,
                ),
            ),
            _nothing("Everything Meta delivered for your numbers was applied."),
        ),
        label="Deliveries put aside",
    )


def _delivery(each: Any) -> rx.Component:
    return row(
        words(each.kinds, each.came),
        rx.el.span(each.day, " ", each.at, style=theme.SMALL | theme.NUMBER),
        rx.link(
            "Open",
            rx.el.span(" this delivery", style=theme.HIDDEN),
            href=f"/settings/webhooks/{each.id}/",
            style=_LINK,
        ),
        key=each.key,
    )


def _numbers() -> rx.Component:
    found = System.found.numbers
    return section(
        "Your numbers",
        "When Meta last delivered something for each. If a number is silent although customers "
        "write, open it and press Test.",
        rx.cond(
            count(found) > 0,
            rows(rx.foreach(found, _number)),
            _nothing("No number is connected yet. Connect one at an assistant's WhatsApp page."),
        ),
    )


def _number(each: Any) -> rx.Component:
    return row(
        _whole(each.display, rx.fragment(each.name, " · ", each.heard), flex="1"),
        toned_chip(each.tone, each.state),
        rx.link(
            "Open",
            rx.el.span(" ", each.display, style=theme.HIDDEN),
            href=f"/assistants/{each.assistant_id}/whatsapp/",
            style=_LINK,
        ),
        key=each.id,
    )


def _installation() -> rx.Component:
    return section(
        "Installation",
        "What to tell whoever helps you.",
        rx.el.dl(rx.foreach(System.found.facts, _fact), style=_FACTS),
    )


def _fact(each: Any) -> rx.Component:
    return rx.el.div(
        rx.el.dt(each[0], style=theme.SMALL),
        rx.el.dd(each[1], style=theme.NUMBER | {"margin": "0"}),
        style=_FACT,
    )


def _whole(first: Any, second: Any, **place: str) -> rx.Component:
    """A row's name and what is known about it; here the second may take several lines."""
    return rx.el.div(
        rx.el.div(first, style={"font_weight": "500"}),
        rx.el.div(second, style=theme.SMALL),
        style={"min_width": "0"} | place,
    )


def _counted(heading: str, number: Any) -> Any:
    return rx.el.span(heading, chip(number), style=theme.ROW)


def _nothing(line: str) -> rx.Component:
    return rx.el.p("✓ ", line, style=theme.SMALL | {"color": theme.on_soft("jade")})


def _waiting() -> rx.Component:
    return rx.el.div(
        *[rx.skeleton(height=height, width="100%") for height in ("64px", "320px", "120px")],
        aria_label="Loading",
        role="status",
        style=theme.COLUMN | {"gap": theme.S4},
    )


_PAGE: theme.Style = {
    "max_width": "760px",
    "margin": "0 auto",
    "padding": theme.S5,
    "display": "grid",
    "grid_template_columns": "minmax(0, 1fr)",
    "gap": theme.S4,
}
_LANE: theme.Style = {
    "display": "grid",
    "grid_template_columns": "minmax(0, 1fr) 120px 84px 76px",
    "grid_template_areas": "'what amount who mark'",
    "gap": "4px 12px",
    "align_items": "center",
    theme.PHONE: {
        "grid_template_columns": "minmax(0, 1fr) auto",
        "grid_template_areas": "'what mark' 'amount who'",
    },
}
_AMOUNT: theme.Style = {
    "grid_area": "amount",
    theme.PHONE: {"display": "flex", "gap": theme.S2, "align_items": "baseline"},
}
_STRONG: theme.Style = {"font_weight": "600"}
_MARK: theme.Style = {"grid_area": "mark", "justify_self": "end"}
_ADVICE: theme.Style = {
    "margin": "8px 0 0",
    "padding": "8px 12px",
    "border_radius": theme.RADIUS,
    "font_size": "13px",
    "line_height": "19px",
    "color": theme.on_soft("amber"),
    "background": theme.soft("amber"),
}
_LINK: theme.Style = {
    "font_size": "13px",
    theme.PHONE: {
        "min_width": theme.TOUCH,
        "min_height": theme.TOUCH,
        "display": "inline-flex",
        "align_items": "center",
        "justify_content": "flex-end",
    },
}
_FACTS: theme.Style = {"margin": "0"}
_FACT: theme.Style = theme.ROW | {
    "justify_content": "space-between",
    "flex_wrap": "wrap",
    "padding": "8px 0",
    "&:not(:last-child)": {"border_bottom": theme.LINE},
}
