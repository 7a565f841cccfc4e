"""The page to sign in, and the frame it shares with the invitation and the set-up page."""

from typing import Any

import reflex as rx

from pages import theme
from pages.components.native_form import native_form
from state.sign_in import SignIn


@rx.page(route="/sign-in", title="Sign in · IllumiChat", on_load=SignIn.load)
def sign_in() -> rx.Component:
    """E-mail and password, in a form that password managers know."""
    return entrance(
        "Sign in",
        "Your team's WhatsApp inbox.",
        problem(SignIn.problem),
        native_form(
            rx.el.input(type="hidden", name="next", value=SignIn.next_path, read_only=True),
            field("E-mail", "email", type="email", auto_complete="username", auto_focus=True),
            password_field("Password", auto_complete="current-password"),
            submit("Sign in"),
            action="/api/auth/login",
            method="post",
            style=FORM,
        ),
        rx.cond(SignIn.password != "", _demo_people()),
    )


def _demo_people() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Demo sign-ins", style=theme.HEADING),
        rx.el.ul(
            rx.foreach(SignIn.people, lambda email: rx.el.li(rx.el.code(email))),
            style={"list_style": "none", "padding": "0", "margin": "6px 0"},
        ),
        rx.el.p("Password for both: ", rx.el.code(SignIn.password), style=theme.SMALL),
        aria_label="Demo sign-ins",
        style=_DEMO,
    )


# ---- shared with pages.invitation and pages.setup


def entrance(heading: str, line: Any, *content: rx.Component) -> rx.Component:
    """A calm centred card with the product's mark."""
    return rx.el.main(
        rx.el.div(
            rx.el.div("✦", style=_LOGO, aria_hidden="true"),
            rx.el.h1(heading, style=theme.TITLE),
            rx.el.p(line, style=theme.SMALL),
            *content,
            style=_CARD,
        ),
        style=_PAGE,
    )


def problem(sentence: Any) -> rx.Component:
    """Why the last try failed; read aloud by a screen reader when it appears."""
    return rx.cond(
        sentence != "",
        rx.callout.root(
            rx.callout.icon(rx.icon("circle-alert", size=16)),
            rx.callout.text(sentence),
            color_scheme="red",
            size="1",
            role="alert",
        ),
    )


def field(label: str, name: str, **props: Any) -> rx.Component:
    """A labelled text field; `name` is also its id."""
    return rx.el.div(
        rx.el.label(label, html_for=name, style=LABEL),
        rx.input(id=name, name=name, required=True, size="3", **props),
        style=theme.COLUMN | {"gap": "6px"},
    )


def password_field(label: str, **props: Any) -> rx.Component:
    """A password field; a new password is held to its length by the browser already."""
    return field(label, "password", type="password", **props)


def submit(label: Any) -> rx.Component:
    """The form's one button."""
    return rx.button(label, type="submit", size="3", width="100%")


FORM: theme.Style = theme.COLUMN | {"gap": theme.S4, "width": "100%"}
LABEL: theme.Style = {"font_weight": "500", "font_size": "13px"}
_PAGE: theme.Style = {
    "min_height": "100dvh",
    "display": "grid",
    "place_items": "center",
    "padding": theme.S4,
    "background": theme.SUNKEN,
    "color": theme.TEXT,
}
_CARD: theme.Style = (
    theme.CARD
    | theme.COLUMN
    | {"gap": theme.S4, "width": "100%", "max_width": "400px", "padding": theme.S6}
)
_LOGO: theme.Style = {
    "width": "40px",
    "height": "40px",
    "border_radius": theme.RADIUS_CARD,
    "display": "grid",
    "place_items": "center",
    "font_size": "20px",
    "color": theme.ON_SOLID,
    "background": theme.BRAND,
}
_DEMO: theme.Style = {
    "padding": theme.S3,
    "border_radius": theme.RADIUS,
    "background": theme.SUNKEN,
    "border": theme.LINE,
}
