"""The settings: the workspace and its people for admins, one's own account for everyone."""

import reflex as rx

from pages import theme
from pages.components import (
    account_settings,
    audit_trail,
    data_settings,
    how_we_work,
    member_settings,
    saved_reply_settings,
)
from pages.components.settings_parts import labelled, save_button, section
from pages.components.shell import shell
from pages.setup import time_zone_field
from state.audit import AuditTrail
from state.data_keeping import DataKeeping
from state.how_we_work import HowWeWork
from state.saved_replies import SavedReplies
from state.session import Session
from state.settings import Settings


@rx.page(
    route="/settings",
    title="Settings · IllumiChat",
    on_load=[
        Session.load,
        Settings.load,
        SavedReplies.load,
        HowWeWork.load,
        DataKeeping.load,
        AuditTrail.resume,
    ],
)
def settings() -> rx.Component:
    """Seven tabs, of which an agent sees three."""
    return shell(
        rx.el.div(
            rx.el.header(
                rx.el.h1("Settings", style=theme.TITLE | {"flex": "1"}),
                _for_admins(
                    rx.fragment(
                        rx.link("System", href="/settings/system/"),
                        rx.link("Webhook log", href="/settings/webhooks/"),
                    )
                ),
                style=theme.ROW | {"gap": theme.S4},
            ),
            rx.tabs.root(
                rx.tabs.list(
                    rx.tabs.trigger("You", value="you"),
                    rx.tabs.trigger("Saved replies", value="replies"),
                    rx.tabs.trigger("How we work", value="work"),
                    _for_admins(rx.tabs.trigger("Workspace", value="workspace")),
                    _for_admins(rx.tabs.trigger("Members", value="members")),
                    _for_admins(rx.tabs.trigger("Data", value="data")),
                    _for_admins(rx.tabs.trigger("Audit", value="audit")),
                ),
                rx.tabs.content(account_settings.content(), value="you"),
                rx.tabs.content(saved_reply_settings.content(), value="replies"),
                rx.tabs.content(how_we_work.content(), value="work"),
                _for_admins(rx.tabs.content(_workspace(), value="workspace")),
                _for_admins(rx.tabs.content(member_settings.content(), value="members")),
                _for_admins(rx.tabs.content(data_settings.content(), value="data")),
                _for_admins(rx.tabs.content(audit_trail.content(), value="audit")),
                value=Settings.tab,
                on_change=Settings.show,
            ),
            style=_PAGE,
        ),
        active="settings",
    )


def _for_admins(part: rx.Component) -> rx.Component:
    return rx.cond(Session.is_admin, part)


def _workspace() -> rx.Component:
    return section(
        "Workspace",
        "Days in the inbox and in the analytics follow the time zone.",
        rx.form(
            labelled("Name", "name", default_value=Session.workspace_name, max_length=80),
            time_zone_field(Settings.time_zone, Settings.choose_time_zone),
            save_button("Save workspace"),
            on_submit=Settings.save_workspace,
            # Uncontrolled fields take their first value only once.
            key=Session.workspace_name,
            style=theme.COLUMN | {"gap": theme.S4},
        ),
    )


_PAGE: theme.Style = {
    "max_width": "760px",
    "margin": "0 auto",
    "padding": theme.S5,
    "display": "grid",
    # On a phone the tabs scroll sideways, not the page.
    "grid_template_columns": "minmax(0, 1fr)",
    "gap": theme.S4,
}
