"""One's own account: name, password, signed-in browsers, workspaces."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.marks import chip
from pages.components.native_form import native_form
from pages.components.settings_parts import (
    confirmed,
    count,
    labelled,
    quiet_button,
    row,
    rows,
    save_button,
    section,
    words,
)
from state.session import Session
from state.settings import Settings


def content() -> rx.Component:
    """The tab that everyone has."""
    return rx.fragment(_profile(), _password(), _browsers(), _workspaces())


def _profile() -> rx.Component:
    return section(
        "Profile",
        rx.fragment("You sign in as ", Session.email, ". Colleagues see your name."),
        rx.form(
            labelled(
                "Name",
                "name",
                default_value=Session.name,
                max_length=80,
                auto_complete="name",
            ),
            save_button("Save name"),
            on_submit=Settings.save_name,
            key=Session.name,
            style=_FORM,
        ),
    )


def _password() -> rx.Component:
    return section(
        "Password",
        "A new password signs you out everywhere else.",
        rx.form(
            labelled(
                "Current password", "current", type="password", auto_complete="current-password"
            ),
            labelled(
                "New password, at least 10 characters",
                "new",
                type="password",
                auto_complete="new-password",
                min_length=10,
            ),
            save_button("Change password"),
            on_submit=Settings.change_password,
            reset_on_submit=True,
            style=_FORM,
        ),
    )


def _browsers() -> rx.Component:
    return section(
        "Signed-in browsers",
        "Sign out the ones you do not know, then change your password.",
        rows(rx.foreach(Settings.browsers, _browser)),
        rx.cond(
            count(Settings.browsers) > 1,
            rx.el.div(
                confirmed(
                    quiet_button("Sign out all others"),
                    "Sign out all your other browsers?",
                    "They will have to sign in again. This one stays signed in.",
                    "Sign out others",
                    Settings.revoke_others,
                )
            ),
        ),
    )


def _browser(each: Any) -> rx.Component:
    return row(
        words(each.device, rx.fragment(each.address, " · last used ", each.seen)),
        rx.cond(
            each.current,
            chip("This browser", tone="jade"),
            quiet_button("Sign out", on_click=Settings.revoke(each.id)),
        ),
        key=each.id,
    )


def _workspaces() -> rx.Component:
    return rx.cond(
        count(Session.workspaces) > 1,
        section(
            "Workspaces",
            "Open another of your workspaces in this browser.",
            rows(rx.foreach(Session.workspaces, _workspace)),
        ),
    )


def _workspace(each: Any) -> rx.Component:
    return row(
        words(each.name, ""),
        rx.cond(
            each.id == Session.workspace_id,
            chip("Open now", tone="jade"),
            native_form(
                rx.el.input(type="hidden", name="workspace_id", value=each.id, read_only=True),
                rx.button("Open", variant="soft", color_scheme="gray", type="submit"),
                action="/api/auth/switch-workspace",
                method="post",
            ),
        ),
        key=each.id,
    )


_FORM: theme.Style = theme.COLUMN | {"gap": theme.S4}
