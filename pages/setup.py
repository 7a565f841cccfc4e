"""The page the setup link opens: the first admin of a new deployment."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.native_form import native_form
from pages.sign_in import FORM, LABEL, entrance, field, password_field, problem, submit
from state.settings import TIME_ZONES
from state.sign_in import SetUp


@rx.page(route="/setup", title="Set up · IllumiChat", on_load=SetUp.load)
def setup() -> rx.Component:
    """Name the workspace and make the first admin."""
    return entrance(
        "Set up IllumiChat",
        rx.cond(SetUp.ended, "", "Name your workspace and make the first admin."),
        problem(SetUp.problem),
        rx.cond(SetUp.ended, _ended(), _form()),
    )


def _ended() -> rx.Component:
    return rx.fragment(
        rx.el.p("This setup link was used already or has ended."),
        rx.el.p("If nobody has an account yet, restart the app: it logs a new link."),
        rx.link("Go to sign in", href="/sign-in/"),
    )


def _form() -> rx.Component:
    return native_form(
        rx.el.input(type="hidden", name="token", value=SetUp.token, read_only=True),
        field("Company or team", "workspace", auto_complete="organization", max_length=80),
        time_zone_field(SetUp.time_zone, SetUp.choose_time_zone),
        field("Your name", "name", auto_complete="name", max_length=80),
        field("Your e-mail", "email", type="email", auto_complete="username"),
        password_field("Password", auto_complete="new-password", min_length=10),
        rx.el.p("At least 10 characters.", style=theme.SMALL),
        submit("Create workspace"),
        action="/api/auth/setup",
        method="post",
        style=FORM,
    )


def time_zone_field(chosen: Any, on_change: Any) -> rx.Component:
    """A labelled list of the tz database's zones."""
    return rx.el.div(
        rx.el.label("Time zone", html_for="time_zone", style=LABEL),
        rx.el.select(
            *[rx.el.option(name, value=name) for name in TIME_ZONES],
            id="time_zone",
            name="time_zone",
            value=chosen,
            on_change=on_change,
            style=SELECT,
        ),
        style=theme.COLUMN | {"gap": "6px", "max_width": "420px"},
    )


SELECT: theme.Style = theme.FOCUS | {
    "height": "40px",
    "padding": "0 10px",
    "border": theme.STRONG_LINE,
    "border_radius": "var(--radius-2)",
    "background": theme.PANEL,
    "color": theme.TEXT,
    "width": "100%",
}
