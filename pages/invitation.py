"""The page an invitation link opens."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.native_form import native_form
from pages.sign_in import FORM, entrance, field, password_field, problem, submit
from state.sign_in import Invite

NEW_PASSWORD = 10


@rx.page(route="/invite", title="Join your team · IllumiChat", on_load=Invite.load)
def invitation() -> rx.Component:
    """Join with the account of this browser, or with an e-mail and a password."""
    return entrance(
        "Join your team",
        rx.cond(Invite.ended, "", _offer()),
        problem(Invite.problem),
        rx.cond(
            Invite.ended,
            _ended(),
            rx.cond(Invite.me != "", rx.fragment(_join_as_me(), _or()), rx.fragment()),
        ),
        rx.cond(Invite.ended, rx.fragment(), _join()),
    )


def _offer() -> rx.Component:
    host = rx.cond(Invite.host != "", Invite.host, "Your team")
    return rx.fragment(host, " invites you to ", rx.el.b(Invite.workspace), ".")


def _ended() -> rx.Component:
    return rx.fragment(
        rx.el.p("This invitation was used already, was cancelled or has ended."),
        rx.el.p("Ask an admin of the workspace for a new link."),
        rx.link("Go to sign in", href="/sign-in/"),
    )


def _join_as_me() -> rx.Component:
    return native_form(
        _token(),
        submit(rx.fragment("Join as ", Invite.me)),
        action="/api/auth/accept-invitation",
        method="post",
        style=FORM,
    )


def _or() -> rx.Component:
    return rx.el.p("or with another account", style=theme.SMALL | {"text_align": "center"})


def _join() -> rx.Component:
    return native_form(
        _token(),
        field("Your name", "name", auto_complete="name", max_length=80),
        field(
            "E-mail",
            "email",
            type="email",
            auto_complete="username",
            default_value=Invite.email,
            key=Invite.email,
        ),
        password_field("Password", auto_complete="new-password", min_length=NEW_PASSWORD),
        rx.el.p(
            "At least 10 characters. If you have an account already, use its password.",
            style=theme.SMALL,
        ),
        submit("Join"),
        action="/api/auth/accept-invitation",
        method="post",
        style=FORM,
    )


def _token() -> Any:
    return rx.el.input(type="hidden", name="token", value=Invite.token, read_only=True)
