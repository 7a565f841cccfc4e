"""One assistant: its sections at the left, what is chosen in the middle, the playground beside."""

from typing import Any

import reflex as rx

from pages import theme
from pages.assistants import sidebar
from pages.assistants.knowledge import add_button, knowledge
from pages.assistants.leaving import leave_guard
from pages.assistants.playground import playground
from pages.assistants.refusals import admins_only, missing
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
                rx.cond(Editor.missing, missing(on_unmount=Editor.leave), _open()),
                admins_only(on_unmount=Editor.leave),
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
            style=sidebar.MAIN,
        ),
        on_unmount=Editor.leave,
        style=sidebar.PAGE,
    )


def _sections() -> rx.Component:
    def section(label: str, name: Section) -> rx.Component:
        return sidebar.button(label, Editor.section == name, on_click=Editor.show(name))

    return sidebar.sidebar(
        Editor.stored.name,
        Editor.stored_initials,
        section("General", "general"),
        section("Knowledge", "knowledge"),
        sidebar.channels(Editor.assistant),
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
        rx.link(
            "Open its WhatsApp channel",
            href=sidebar.whatsapp(Editor.assistant),
            style=theme.SMALL | {"color": theme.on_soft("jade")},
        ),
        style=_FIELD,
    )


def _waiting() -> rx.Component:
    blocks: list[Any] = [rx.skeleton(height=height, width="100%") for height in ("28px", "320px")]
    return rx.el.div(
        *blocks,
        role="status",
        aria_label="Loading",
        style=theme.COLUMN | {"gap": theme.S4, "padding": theme.S5},
    )


_GRID: theme.Style = {
    "display": "grid",
    "grid_template_columns": "minmax(0, 1fr) 400px",
    "gap": theme.S4,
    "align_items": "start",
    theme.NARROW: {"grid_template_columns": "minmax(0, 1fr)"},
}
_FIELD: theme.Style = theme.COLUMN | {"gap": "6px"}
