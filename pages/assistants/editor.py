"""One assistant: its sections at the left, what is chosen in the middle, the playground beside."""

from typing import Any

import reflex as rx

from pages import theme
from pages.assistants.knowledge import add_button, knowledge
from pages.assistants.leaving import leave_guard
from pages.assistants.playground import playground
from pages.components.marks import avatar
from pages.components.settings_parts import count, labelled, quiet_button
from pages.sign_in import LABEL, problem
from state.assistants import INSTRUCTIONS_LENGTH, MODEL_LENGTH, NAME_LENGTH, Editor, Section
from state.session import Session

MODELS = (
    "offline",
    "openai:gpt-5-mini",
    "openai:gpt-5",
    "anthropic:claude-sonnet-4-5",
    "google:gemini-2.5-flash",
)


def editor() -> rx.Component:
    """The page's content, or why there is none."""
    return rx.fragment(
        leave_guard(changed=Editor.changed, question="Leave without saving your changes?"),
        rx.cond(
            Editor.loaded,
            rx.cond(
                Session.is_admin,
                rx.cond(Editor.missing, _missing(), _open()),
                _for_admins_only(),
            ),
            _waiting(),
        ),
    )


def _open() -> rx.Component:
    return rx.el.div(
        _sections(),
        rx.el.div(
            rx.el.header(
                rx.el.div(
                    rx.el.div(
                        Editor.stored.name,
                        " / ",
                        rx.cond(Editor.section == "general", "General", "Knowledge"),
                        style=theme.SMALL | theme.CUT,
                    ),
                    rx.el.h1(
                        rx.cond(
                            Editor.section == "general",
                            "Settings and playground",
                            "Knowledge and playground",
                        ),
                        style=theme.TITLE,
                    ),
                    style={"flex": "1", "min_width": "0"},
                ),
                rx.cond(Editor.section == "knowledge", add_button()),
                style=theme.ROW | {"gap": theme.S3},
            ),
            rx.el.div(
                rx.cond(Editor.section == "general", _general(), knowledge()),
                playground(),
                style=_GRID,
            ),
            style=_MAIN,
        ),
        on_unmount=Editor.leave,
        style=_PAGE,
    )


def _sections() -> rx.Component:
    return rx.el.aside(
        rx.link(
            rx.icon("arrow-left", size=14, aria_hidden="true"),
            "All assistants",
            href="/assistants/",
            style=theme.SMALL | theme.ROW | {"padding": "0 8px 10px"},
        ),
        rx.el.div(
            avatar(Editor.stored_initials, theme.FACES[6], 32),
            rx.el.div(
                rx.el.div(Editor.stored.name, style=theme.CUT | {"font_weight": "600"}),
                rx.el.div("Assistant", style=theme.TINY),
                style={"min_width": "0"},
            ),
            style=theme.ROW | {"padding": "2px 8px 12px", theme.PHONE: {"display": "none"}},
        ),
        rx.el.nav(
            _section("General", "general"),
            _section("Knowledge", "knowledge"),
            aria_label="Assistant",
            style=_SECTIONS,
        ),
        style=_SIDE,
    )


def _section(label: str, name: Section) -> rx.Component:
    on = Editor.section == name
    return rx.el.button(
        label,
        type="button",
        on_click=Editor.show(name),
        custom_attrs={"aria-current": rx.cond(on, "page", "false")},
        style=_SECTION
        | {
            "color": rx.cond(on, theme.on_soft("jade"), theme.MUTED),
            "background": rx.cond(on, theme.soft("jade"), "transparent"),
        },
    )


def _general() -> rx.Component:
    return rx.form(
        labelled(
            "Name",
            "name",
            value=Editor.name,
            on_change=lambda words: Editor.change("name", words),
            max_length=NAME_LENGTH,
            auto_complete="off",
        ),
        _instructions(),
        _model(),
        _channels(),
        problem(Editor.problem),
        rx.el.div(
            rx.button("Save changes", type="submit", disabled=~Editor.changed),
            rx.cond(
                Editor.changed,
                rx.fragment(
                    quiet_button("Discard", on_click=Editor.discard),
                    rx.el.span("Unsaved changes", role="status", style=theme.SMALL),
                ),
            ),
            style=theme.ROW | {"flex_wrap": "wrap", "gap": theme.S3},
        ),
        on_submit=Editor.save,
        style=theme.CARD | theme.COLUMN | {"gap": theme.S4, "padding": theme.S5},
    )


def _instructions() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.label("Instructions", html_for="instructions-field", style=LABEL),
            quiet_button("Add WhatsApp guidance", size="1", on_click=Editor.add_guidance),
            style=theme.ROW | {"justify_content": "space-between", "flex_wrap": "wrap"},
        ),
        rx.text_area(
            id="instructions-field",
            name="instructions",
            value=Editor.instructions,
            on_change=lambda words: Editor.change("instructions", words),
            max_length=INSTRUCTIONS_LENGTH,
            rows="12",
            resize="vertical",
            placeholder="Who it answers for, how it speaks, what it must never do.",
        ),
        rx.el.p("How it speaks and what it may do. Facts go into Knowledge.", style=theme.SMALL),
        style=_FIELD,
    )


def _model() -> rx.Component:
    return rx.el.div(
        labelled(
            "Model",
            "model",
            required=False,
            value=Editor.model,
            on_change=lambda words: Editor.change("model", words),
            max_length=MODEL_LENGTH,
            placeholder=Editor.default_model,
            list="models",
            auto_complete="off",
            spell_check=False,
        ),
        rx.el.datalist(*[rx.el.option(value=name) for name in MODELS], id="models"),
        rx.el.p(
            "Empty: this server's default. offline answers from the passages and needs no key; "
            "openai:…, anthropic:… and google:… need theirs.",
            style=theme.SMALL,
        ),
        rx.cond(
            Editor.model_problem != "",
            rx.callout.root(
                rx.callout.icon(rx.icon("triangle-alert", size=16)),
                rx.callout.text(Editor.model_problem),
                color_scheme="amber",
                size="1",
                role="status",
            ),
        ),
        style=_FIELD,
    )


def _channels() -> rx.Component:
    return rx.el.div(
        rx.el.div("Channels", style=LABEL),
        rx.cond(
            count(Editor.stored.channels) > 0,
            rx.el.ul(
                rx.foreach(Editor.stored.channels, lambda each: rx.el.li(each)),
                style=theme.SMALL | theme.NUMBER | {"padding": "0", "list_style": "none"},
            ),
            rx.el.p("No channel uses this assistant yet.", style=theme.SMALL),
        ),
        style=_FIELD,
    )


def _missing() -> rx.Component:
    return _said(
        "This assistant is not here",
        "It was removed, or it belongs to another workspace. Choose one from the list.",
    )


def _for_admins_only() -> rx.Component:
    return _said(
        "Only an admin can open this",
        "Admins of this workspace change assistants. Ask one of them if something should change.",
    )


def _said(heading: str, sentence: str) -> rx.Component:
    return rx.el.section(
        rx.el.h1(heading, style=theme.HEADING),
        rx.el.p(sentence, style=theme.SMALL),
        rx.link("All assistants", href="/assistants/"),
        on_unmount=Editor.leave,
        style=theme.COLUMN
        | {
            "align_items": "center",
            "gap": theme.S2,
            "padding": "80px 28px",
            "text_align": "center",
        },
    )


def _waiting() -> rx.Component:
    blocks: list[Any] = [rx.skeleton(height=height, width="100%") for height in ("28px", "320px")]
    return rx.el.div(
        *blocks,
        role="status",
        aria_label="Loading",
        style=theme.COLUMN | {"gap": theme.S4, "padding": theme.S5},
    )


_PAGE: theme.Style = {
    "display": "grid",
    "grid_template_columns": "230px minmax(0, 1fr)",
    "min_height": "100%",
    theme.NARROW: {"grid_template_columns": "180px minmax(0, 1fr)"},
    theme.PHONE: {"grid_template_columns": "minmax(0, 1fr)", "align_content": "start"},
}
_SIDE: theme.Style = {
    "padding": "18px 12px",
    "background": theme.SUNKEN,
    "border_right": theme.LINE,
    theme.PHONE: {"padding": "12px 12px 8px", "border_right": "0", "border_bottom": theme.LINE},
}
_SECTIONS: theme.Style = theme.COLUMN | {
    "gap": "2px",
    theme.PHONE: {"flex_direction": "row"},
}
_SECTION: theme.Style = theme.FOCUS | {
    "padding": "6px 10px",
    "border_radius": theme.RADIUS,
    "font_weight": "500",
    "font_size": "13.5px",
    "text_align": "left",
    "cursor": "pointer",
    "&:hover": {"background": theme.soft("jade")},
    theme.PHONE: {"min_height": theme.TOUCH},
}
_MAIN: theme.Style = theme.COLUMN | {
    "gap": theme.S4,
    "padding": "22px 34px",
    "min_width": "0",
    theme.NARROW: {"padding": theme.S5},
    theme.PHONE: {"padding": theme.S4},
}
_GRID: theme.Style = {
    "display": "grid",
    "grid_template_columns": "minmax(0, 1fr) 400px",
    "gap": theme.S4,
    "align_items": "start",
    theme.NARROW: {"grid_template_columns": "minmax(0, 1fr)"},
}
_FIELD: theme.Style = theme.COLUMN | {"gap": "6px"}
