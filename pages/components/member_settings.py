"""The people of a workspace and the links that let more of them in."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import chip
from pages.components.settings_parts import (
    confirmed,
    count,
    labelled,
    quiet_button,
    row,
    rows,
    section,
    words,
)
from pages.setup import SELECT
from pages.sign_in import LABEL
from state.settings import Settings


def content() -> rx.Component:
    """The tab of the admins."""
    return rx.fragment(_members(), _invite(), _open_invitations())


def _members() -> rx.Component:
    return section(
        "Members",
        "Agents answer customers. Admins also connect channels and manage people.",
        rows(rx.foreach(Settings.members, _member)),
    )


def _member(each: Any) -> rx.Component:
    return row(
        words(each.name, each.email),
        rx.cond(
            each.me,
            rx.fragment(chip(_name_of(each.role)), chip("You", tone="jade")),
            rx.fragment(_role_of(each), _remove(each)),
        ),
        key=each.user_id,
    )


def _name_of(role: Any) -> Any:
    return rx.match(role, ("admin", "Admin"), "Agent")


def _role_of(each: Any) -> rx.Component:
    return rx.select.root(
        rx.select.trigger(aria_label=f"Role of {each.name}"),
        rx.select.content(
            rx.select.item("Agent", value="agent"), rx.select.item("Admin", value="admin")
        ),
        value=each.role,
        on_change=lambda role: Settings.change_role(each.user_id, role),
    )


def _remove(each: Any) -> rx.Component:
    return confirmed(
        quiet_button("Remove"),
        rx.fragment("Remove ", each.name, "?"),
        "They lose access at once. What they wrote stays; their conversations become unclaimed.",
        "Remove",
        Settings.remove(each.user_id),
    )


def _invite() -> rx.Component:
    return section(
        "Invite someone",
        "You get a link to send. It works once, for 7 days.",
        rx.form(
            labelled(
                "E-mail (optional: the link then works for this address only)",
                "email",
                type="email",
                required=False,
                auto_complete="off",
            ),
            rx.el.div(
                rx.el.label("Role", html_for="role-field", style=LABEL),
                rx.el.select(
                    rx.el.option("Agent", value="agent"),
                    rx.el.option("Admin", value="admin"),
                    id="role-field",
                    name="role",
                    style=SELECT | {"height": "32px"},
                ),
                style=theme.COLUMN | {"gap": "6px", "max_width": "420px"},
            ),
            rx.el.div(rx.button("Create link", type="submit")),
            on_submit=Settings.invite,
            reset_on_submit=True,
            style=theme.COLUMN | {"gap": theme.S4},
        ),
        rx.cond(Settings.link != "", _link()),
    )


def _link() -> rx.Component:
    return rx.callout.root(
        rx.callout.text(
            "Copy this link now; it is not shown again.",
            rx.el.code(Settings.link, style={"display": "block", "word_break": "break-all"}),
        ),
        rx.button(
            "Copy link",
            size="1",
            type="button",
            on_click=[rx.set_clipboard(Settings.link), rx.toast.success("The link is copied.")],
        ),
        size="1",
        role="status",
    )


def _open_invitations() -> rx.Component:
    return section(
        "Open invitations",
        "Links that nobody used yet.",
        rx.cond(
            count(Settings.invitations) > 0,
            rows(rx.foreach(Settings.invitations, _invitation)),
            rx.el.p("None. Create a link above and it appears here.", style=theme.SMALL),
        ),
    )


def _invitation(each: Any) -> rx.Component:
    return row(
        words(
            rx.cond(each.email != "", each.email, "Anyone with the link"),
            rx.fragment("As ", each.role, " · until ", each.ends),
        ),
        quiet_button("Cancel", on_click=Settings.cancel_invitation(each.id)),
        key=each.id,
    )
