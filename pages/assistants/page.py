"""The assistants' two pages: which there are, and one of them."""

from typing import Any

import reflex as rx

from pages import theme
from pages.assistants.editor import editor
from pages.components.marks import avatar, chip
from pages.components.settings_parts import count, quiet_button
from pages.components.shell import shell
from pages.sign_in import LABEL, problem
from state.assistants import NAME_LENGTH, Assistants, Editor
from state.session import Session


@rx.page(
    route="/assistants",
    title="Assistants · IllumiChat",
    on_load=[Session.load, Assistants.load],
)
def assistants() -> rx.Component:
    """Everybody sees the list; admins add to it and open its rows."""
    return shell(
        rx.el.div(
            rx.el.header(
                rx.el.div(
                    rx.el.h1("Assistants", style=theme.TITLE),
                    rx.el.p("Each answers the customers of its channels.", style=theme.SMALL),
                    style={"flex": "1", "min_width": "200px"},
                ),
                rx.cond(Session.is_admin, _new()),
                style=theme.ROW | {"flex_wrap": "wrap"},
            ),
            rx.cond(Session.role == "agent", _for_agents()),
            rx.cond(Assistants.loaded, _list(), _waiting()),
            style=_PAGE,
        ),
        active="assistants",
    )


@rx.page(
    route="/assistants/[assistant]",
    title="Assistant · IllumiChat",
    on_load=[Session.load, Editor.load],
)
def assistant() -> rx.Component:
    """/assistants/<id>: settings, knowledge and playground."""
    return shell(editor(), active="assistants")


def _for_agents() -> rx.Component:
    return rx.el.p("Only an admin of this workspace can change assistants.", style=theme.SMALL)


def _list() -> rx.Component:
    return rx.cond(
        count(Assistants.rows) > 0,
        rx.el.ul(rx.foreach(Assistants.rows, _row), aria_label="Assistants", style=_LIST),
        _empty(),
    )


def _row(each: Any) -> rx.Component:
    return rx.el.li(
        rx.cond(
            Session.is_admin,
            rx.link(_facts(each), href=f"/assistants/{each.id}/", underline="none", style=_ROW),
            rx.el.div(_facts(each), style=_ROW),
        ),
        key=each.id,
        style={"&:not(:last-child)": {"border_bottom": theme.LINE}},
    )


def _facts(each: Any) -> rx.Component:
    return rx.fragment(
        avatar(each.initials, theme.FACES[6], 40),
        rx.el.div(
            rx.el.div(each.name, style=theme.CUT | {"font_weight": "600", "color": theme.TEXT}),
            rx.el.div(
                rx.cond(
                    count(each.channels) > 0,
                    each.channels.join(", "),
                    "No channel yet",
                ),
                style=theme.SMALL | theme.CUT | theme.NUMBER,
            ),
            style={"flex": "1 1 160px", "min_width": "0"},
        ),
        rx.el.div(
            chip(
                rx.cond(each.passages == 1, "1 passage", f"{each.passages} passages"),
            ),
            chip(each.model),
            style=theme.ROW | {"flex_wrap": "wrap"},
        ),
    )


def _empty() -> rx.Component:
    return rx.el.section(
        rx.icon("bot", size=32, stroke_width=1.25, aria_hidden="true", color=theme.MUTED),
        rx.el.h2("No assistant yet", style=theme.HEADING),
        rx.el.p(
            "An assistant answers your customers on WhatsApp from what you teach it, and calls a "
            "person when it cannot help.",
            style=theme.SMALL | {"max_width": "420px"},
        ),
        rx.cond(
            Session.is_admin,
            rx.button("New assistant", on_click=Assistants.ask_name(True)),
        ),
        style=_EMPTY,
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        *[rx.skeleton(height="40px", width="100%") for _ in range(3)],
        aria_label="Loading",
        role="status",
        style=theme.CARD | theme.COLUMN | {"gap": theme.S4, "padding": theme.S4},
    )


def _new() -> rx.Component:
    return rx.fragment(
        rx.button("New assistant", on_click=Assistants.ask_name(True)),
        rx.dialog.root(
            rx.dialog.content(
                rx.dialog.title("New assistant", size="4"),
                rx.dialog.description("Customers may read its name.", size="2"),
                rx.form(
                    rx.el.label("Name", html_for="new-name", style=LABEL),
                    rx.input(
                        id="new-name",
                        name="name",
                        required=True,
                        max_length=NAME_LENGTH,
                        auto_complete="off",
                    ),
                    problem(Assistants.problem),
                    rx.el.div(
                        rx.dialog.close(quiet_button("Cancel")),
                        rx.button("Create assistant", type="submit"),
                        style=theme.ROW | {"justify_content": "flex-end", "margin_top": theme.S3},
                    ),
                    on_submit=Assistants.create,
                    style=theme.COLUMN | {"gap": theme.S2, "margin_top": theme.S4},
                ),
                max_width="420px",
            ),
            open=Assistants.naming,
            on_open_change=Assistants.ask_name,
        ),
    )


_PAGE: theme.Style = {
    "max_width": "860px",
    "margin": "0 auto",
    "padding": theme.S5,
    "display": "grid",
    "gap": theme.S4,
}
_LIST: theme.Style = theme.CARD | {
    "list_style": "none",
    "padding": "0",
    "margin": "0",
    "overflow": "hidden",
}
_ROW: theme.Style = (
    theme.ROW
    | theme.FOCUS
    | {
        "gap": theme.S3,
        "padding": "12px 16px",
        "flex_wrap": "wrap",
        "&:is(a):hover": {"background": theme.SUNKEN},
    }
)
_EMPTY: theme.Style = (
    theme.CARD
    | theme.COLUMN
    | {"align_items": "center", "gap": theme.S2, "padding": "48px 28px", "text_align": "center"}
)
