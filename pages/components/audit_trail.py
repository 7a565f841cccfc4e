"""Who changed what, day by day."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import avatar, chip, face
from pages.components.settings_parts import count, quiet_button, section
from pages.setup import SELECT
from pages.sign_in import LABEL
from state.audit import AuditTrail

KINDS = {
    "all": "All changes",
    "numbers": "Numbers and messaging settings",
    "assistants": "Assistants and passages",
    "people": "Members and invitations",
    "workspace": "Workspace",
    "contacts": "Contacts",
    "templates": "Message templates",
    "events": "Webhook log",
}


def content() -> rx.Component:
    """The tab of the admins; it reads while it is open."""
    return rx.el.div(
        section(
            "Audit trail",
            "Who connected, changed, invited and removed what. Nobody can edit or delete it.",
            _filters(),
            rx.cond(AuditTrail.loaded, _lines(), _waiting()),
        ),
        on_mount=AuditTrail.load,
        on_unmount=AuditTrail.leave,
    )


def _filters() -> rx.Component:
    return rx.el.div(
        _choice(
            "Person",
            "audit-person",
            [
                rx.el.option("Everyone", value="all"),
                rx.foreach(AuditTrail.people, lambda one: rx.el.option(one.name, value=one.value)),
                rx.el.option("People who left", value="left"),
            ],
            value=AuditTrail.person,
            on_change=AuditTrail.choose_person,
        ),
        _choice(
            "Kind of change",
            "audit-kind",
            [rx.el.option(words, value=kind) for kind, words in KINDS.items()],
            value=AuditTrail.kind,
            on_change=AuditTrail.choose_kind,
        ),
        style=theme.ROW | {"gap": theme.S3, "flex_wrap": "wrap"},
    )


def _choice(label: str, name: str, options: list[Any], **props: Any) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=name, style=LABEL),
        rx.el.select(*options, id=name, style=_SELECT, **props),
        style=theme.COLUMN | {"gap": "6px", "flex": "1 1 220px"},
    )


def _lines() -> rx.Component:
    return rx.cond(
        count(AuditTrail.lines) > 0,
        rx.fragment(
            rx.el.ol(rx.foreach(AuditTrail.lines, _line), aria_live="polite", style=_LIST),
            rx.cond(
                AuditTrail.has_more,
                rx.el.div(quiet_button("Show older changes", on_click=AuditTrail.more)),
            ),
            rx.cond(
                AuditTrail.cut,
                rx.el.p(
                    "There are older changes. Choose a person or a kind to find them.",
                    style=theme.SMALL,
                ),
            ),
        ),
        _empty(),
    )


def _line(each: Any, index: Any) -> rx.Component:
    opens_day = (index == 0) | (AuditTrail.lines[index - 1].day != each.day)
    return rx.el.li(
        rx.cond(opens_day, rx.el.h3(each.day, style=_DAY)),
        rx.el.div(
            avatar(each.initials, face(each.face), 28),
            rx.el.div(
                rx.el.p(
                    rx.el.span(each.who, style=_STRONG),
                    rx.cond(each.left, rx.fragment(" ", chip("left"))),
                    f" {each.did} ",
                    rx.el.span(each.subject, style=_STRONG),
                    style={"margin": "0"},
                ),
                rx.cond(each.detail != "", rx.el.p(each.detail, style=_DETAIL)),
                style=_WORDS,
            ),
            rx.el.time(each.at, style=theme.SMALL | theme.NUMBER),
            style=_ROW,
        ),
        key=each.id,
    )


def _empty() -> rx.Component:
    return rx.el.div(
        rx.cond(
            AuditTrail.filtered,
            rx.fragment(
                rx.el.h3("No such changes", style=theme.HEADING),
                rx.el.p("Choose another person or another kind.", style=theme.SMALL),
            ),
            rx.fragment(
                rx.el.h3("Nothing changed yet", style=theme.HEADING),
                rx.el.p(
                    "When somebody connects a number, changes a setting or an assistant, or "
                    "invites a person, it is written down here with their name and the time.",
                    style=theme.SMALL | {"max_width": "380px"},
                ),
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


def _waiting() -> rx.Component:
    bar = rx.skeleton(height="16px", width="100%", max_width="420px")
    return rx.el.div(
        *[rx.el.div(rx.skeleton(width="28px", height="28px"), bar, style=_ROW) for _ in range(4)],
        aria_hidden="true",
    )


_SELECT: theme.Style = SELECT | {"height": "32px", theme.PHONE: {"height": theme.TOUCH}}
_LIST: theme.Style = {"list_style": "none", "padding": "0", "margin": "0"}
_STRONG: theme.Style = {"font_weight": "500"}
_WORDS: theme.Style = {"flex": "1", "min_width": "0", "overflow_wrap": "anywhere"}
_DETAIL: theme.Style = theme.SMALL | {"&::first-letter": {"text_transform": "uppercase"}}
_ROW: theme.Style = theme.ROW | {
    "gap": theme.S3,
    "padding": "8px 0",
    "align_items": "flex-start",
}
_DAY: theme.Style = {
    "font_size": "12px",
    "line_height": "16px",
    "font_weight": "500",
    "color": theme.MUTED,
    "margin": "0",
    "padding": "14px 0 6px",
    "border_bottom": theme.LINE,
}
